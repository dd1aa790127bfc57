//! SCRAM through the exports: vectors, and what is written where a step is refused.

use std::ptr::null_mut;

use crate::error::Status;
use crate::ffi::abi::types::*;
use crate::ffi::caller::pointer;
use crate::ffi::exports::context::DeleteSecurityContext;
use crate::ffi::exports::credentials::FreeCredentialsHandle;
use crate::ffi::exports::sasl::{
    SaslAcceptSecurityContext, SaslGetContextOption, SaslInitializeSecurityContextA,
    SaslInitializeSecurityContextW, SaslSetContextOption,
};
use crate::ffi::tables::{CREDENTIALS, CredentialEntry};
use crate::scram::tests::vectors::{self, Vector};
use crate::scram::tests::{credential, serving};
use crate::testing::calls::*;

const CHANNEL_BINDINGS: u32 = 14;
const ALLOCATE_MEMORY: u32 = 0x100;
const EXTENDED_ERROR: u32 = 0x8000;
const AUTHZ_STRING: u32 = 3;

/// One end of an exchange.
struct End {
    credential: SecHandle,
    context: SecHandle,
    accepts: bool,
    wide: bool,
    request: u32,
    bindings: Option<Vec<u8>>,
}

impl End {
    fn new(credential: std::sync::Arc<dyn crate::sspi::Credential>, accepts: bool) -> Self {
        let credential = pointer::words(CREDENTIALS.insert(CredentialEntry(credential)).unwrap());
        let (context, wide, request, bindings) = (ZERO, true, 0, None);
        Self { credential, context, accepts, wide, request, bindings }
    }

    /// Takes a step with a token of its exact size and room for `room` bytes; its status, and what is in
    /// the output buffer, whose length is told too.
    fn step_into(&mut self, token: &[u8], room: usize) -> (Status, u32, Vec<u8>) {
        let (mut input, mut output) = (Memory::of(token), Memory::of(&vec![0; room]));
        let mut bindings = Memory::of(self.bindings.as_deref().unwrap_or_default());
        let mut inputs = vec![input.buffer(TOKEN)];
        if self.bindings.is_some() {
            inputs.push(bindings.buffer(CHANNEL_BINDINGS));
        }
        let mut outputs = [output.buffer(TOKEN)];
        let (mut input, mut answer) = (descriptor(&mut inputs), descriptor(&mut outputs));
        let (credential, context) = (&raw mut self.credential, &raw mut self.context);
        let (input, answer) = (&raw mut input, &raw mut answer);
        let none = null_mut();
        // SAFETY: every pointer is to what the header says, or NULL where it allows that.
        let status = unsafe {
            if self.accepts {
                SaslAcceptSecurityContext(
                    credential,
                    context,
                    input,
                    self.request,
                    0,
                    context,
                    answer,
                    null_mut(),
                    null_mut(),
                )
            } else if self.wide {
                SaslInitializeSecurityContextW(
                    credential,
                    context,
                    null_mut(),
                    self.request,
                    0,
                    0,
                    input,
                    0,
                    context,
                    answer,
                    none,
                    null_mut(),
                )
            } else {
                SaslInitializeSecurityContextA(
                    credential,
                    context,
                    null_mut(),
                    self.request,
                    0,
                    0,
                    input,
                    0,
                    context,
                    answer,
                    none,
                    null_mut(),
                )
            }
        };
        let status = Status::from(status.cast_unsigned());
        if self.request & ALLOCATE_MEMORY == 0 {
            return (status, outputs[0].cbBuffer, output.bytes().to_vec());
        }
        let token = if outputs[0].pvBuffer == output.buffer(TOKEN).pvBuffer
            || outputs[0].pvBuffer.is_null()
        {
            vec![]
        } else {
            // SAFETY: the library's block.
            let token = unsafe { pointed(outputs[0]) }.to_vec();
            free(outputs[0].pvBuffer);
            token
        };
        (status, outputs[0].cbBuffer, token)
    }

    #[track_caller]
    fn step(&mut self, token: &str, expected: Status) -> String {
        let (status, length, bytes) = self.step_into(token.as_bytes(), 4096);
        assert_eq!(status, expected, "{token}");
        let length = if status.is_error() { 0 } else { usize::try_from(length).unwrap() };
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    fn set_authorization(&mut self, authorization: &str) {
        let mut value = Memory::of(authorization.as_bytes());
        let place = value.buffer(0);
        // SAFETY: good pointers.
        let status = unsafe {
            let context = &raw mut self.context;
            SaslSetContextOption(context, AUTHZ_STRING, place.pvBuffer, place.cbBuffer)
        };
        check(status, Status::OK);
    }

    fn authorization(&mut self) -> Vec<u8> {
        let (mut value, mut needed) = (vec![0; 64], 0);
        // SAFETY: good pointers.
        let status = unsafe {
            SaslGetContextOption(
                &raw mut self.context,
                AUTHZ_STRING,
                value.as_mut_ptr().cast(),
                64,
                &raw mut needed,
            )
        };
        check(status, Status::OK);
        value.truncate(usize::try_from(needed).unwrap());
        value
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if self.context != ZERO {
            // SAFETY: a handle.
            check(unsafe { DeleteSecurityContext(&raw mut self.context) }, Status::OK);
        }
        // SAFETY: a handle.
        check(unsafe { FreeCredentialsHandle(&raw mut self.credential) }, Status::OK);
    }
}

fn ends(vector: &Vector) -> (End, End) {
    let mut server = End::new(serving(vector.package, vector.accounts()), true);
    let user = Some((vector.user, vector.password));
    let mut client = End::new(credential(vector.package, user, None, ""), false);
    if let Some(bindings) = vector.bindings {
        client.bindings = Some(vectors::block(bindings));
        if vector.package.ends_with("-PLUS") {
            server.bindings.clone_from(&client.bindings);
        }
    }
    (server, client)
}

#[test]
fn v1_to_v6_byte_for_byte() {
    for vector in vectors::all() {
        for wide in [true, false] {
            for memory in [0, ALLOCATE_MEMORY] {
                let (mut server, mut client) = ends(&vector);
                (server.request, client.request, client.wide) = (memory, memory, wide);
                let [first, challenge, last, proof] = vector.messages;
                if !vector.authorization.is_empty() {
                    // The only way to say it: the handle is there after the first call.
                    client.step("", Status::CONTINUE_NEEDED);
                    client.set_authorization(vector.authorization);
                }
                vector.give_nonces();
                assert_eq!(client.step("", Status::CONTINUE_NEEDED), first);
                assert_eq!(server.step(first, Status::CONTINUE_NEEDED), challenge);
                assert_eq!(client.step(challenge, Status::CONTINUE_NEEDED), last);
                assert_eq!(server.step(last, Status::OK), proof);
                assert_eq!(client.step(proof, Status::OK), "");
                assert_eq!(server.authorization(), vector.authorization.as_bytes());
                server.step(last, Status::STATUS_LOGON_FAILURE);
            }
        }
    }
}

#[test]
fn a_token_that_does_not_fit_is_asked_for_again_and_is_the_same() {
    let vector = &vectors::all()[1];
    let (mut server, mut client) = ends(vector);
    vector.give_nonces();
    let [first, challenge, last, proof] = vector.messages;
    // The client's first call leaves no handle, and so its nonce is another one then.
    assert_eq!(client.step("", Status::CONTINUE_NEEDED), first);
    for (token, answer, server_s) in
        [(first, challenge, true), (challenge, last, false), (last, proof, true)]
    {
        let end = if server_s { &mut server } else { &mut client };
        for room in [0, answer.len() - 1] {
            let (status, needed, bytes) = end.step_into(token.as_bytes(), room);
            assert_eq!(status, Status::BUFFER_TOO_SMALL);
            assert_eq!(usize::try_from(needed), Ok(answer.len()));
            assert!(bytes.iter().all(|byte| *byte == 0), "written to");
        }
        let (status, length, bytes) = end.step_into(token.as_bytes(), answer.len());
        assert!(!status.is_error(), "{status}");
        assert_eq!(usize::try_from(length), Ok(answer.len()));
        assert_eq!(bytes, answer.as_bytes());
    }
}

#[test]
fn a_refusal_is_told_the_client_where_the_caller_asks_for_it() {
    for memory in [0, ALLOCATE_MEMORY] {
        for (extended, expected) in [(0, ""), (EXTENDED_ERROR, "e=invalid-proof")] {
            let vector = &vectors::all()[1];
            let (mut server, _) = ends(vector);
            vector.give_nonces();
            vectors::skip_nonce();
            server.request = memory | extended;
            let [first, challenge, last, _] = vector.messages;
            assert_eq!(server.step(first, Status::CONTINUE_NEEDED), challenge);
            let wrong = last.replace("p=dHzb", "p=eHzb");
            let (status, length, bytes) = server.step_into(wrong.as_bytes(), 4096);
            assert_eq!(status, Status::LOGON_DENIED);
            let length = usize::try_from(length).unwrap();
            let told = if extended == 0 { &b""[..] } else { &bytes[..length] };
            assert_eq!(told, expected.as_bytes());
            if extended == 0 && memory == 0 {
                assert_eq!(length, 4096, "untouched");
            }
        }
    }
}

#[test]
fn packages_that_are_not_listed_are_not_there() {
    use crate::ffi::exports::credentials::AcquireCredentialsHandleA;
    use crate::ffi::exports::packages::QuerySecurityPackageInfoA;
    use crate::ffi::exports::sasl::SaslGetProfilePackageA;
    crate::testing::package::inject();
    for name in ["SCRAM-SHA-256", "scram-sha-1-plus", "SCRAM-SHA-512"] {
        let mut name = narrow_name(name);
        let name = name.buffer(0).pvBuffer.cast();
        let mut info = null_mut();
        // SAFETY: good pointers.
        let status = unsafe { SaslGetProfilePackageA(name, &raw mut info) };
        check(status, Status::SECPKG_NOT_FOUND);
        // SAFETY: good pointers.
        let status = unsafe { QuerySecurityPackageInfoA(name, &raw mut info) };
        check(status, Status::SECPKG_NOT_FOUND);
        let mut handle = UNTOUCHED;
        // SAFETY: good pointers.
        let status = unsafe {
            AcquireCredentialsHandleA(
                null_mut(),
                name,
                2,
                null_mut(),
                null_mut(),
                None,
                null_mut(),
                &raw mut handle,
                null_mut(),
            )
        };
        check(status, Status::SECPKG_NOT_FOUND);
    }
    assert!(crate::testing::package::PACKAGES.enumerated().len() == 2);
}
