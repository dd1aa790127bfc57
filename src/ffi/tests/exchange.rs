//! A whole DIGEST-MD5 exchange through the exports, with accounts from a program's own function.

use std::ffi::c_void;
use std::ptr::null_mut;

use crate::error::Status;
use crate::ffi::abi::identity::{SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_W};
use crate::ffi::abi::types::*;
use crate::ffi::exports::context::DeleteSecurityContext;
use crate::ffi::exports::credentials::{AcquireCredentialsHandleW, FreeCredentialsHandle};
use crate::ffi::exports::message::{DecryptMessage, EncryptMessage};
use crate::ffi::exports::sasl::{SaslAcceptSecurityContext, SaslInitializeSecurityContextW};
use crate::testing::calls::*;

const CONFIDENTIALITY: u32 = 0x10;

/// What the server's program knows: the password of alice, "secret"; or it panics.
unsafe extern "system-unwind" fn accounts(
    argument: *mut c_void,
    principal: *mut c_void,
    _version: ULONG,
    key: *mut *mut c_void,
    status: *mut SECURITY_STATUS,
) {
    assert!(argument.is_null(), "on purpose");
    // SAFETY: the contract.
    let (identity, answer) = unsafe {
        (*principal.cast::<SEC_WINNT_AUTH_IDENTITY_W>(), &mut *(*key).cast::<SecBuffer>())
    };
    // SAFETY: the contract.
    let user = unsafe { crate::ffi::caller::string::wide(identity.User) };
    if user == Ok(Some("alice".to_owned())) {
        let password: Vec<u8> = "secret".encode_utf16().flat_map(u16::to_ne_bytes).collect();
        // SAFETY: the contract: there are 1024 bytes.
        unsafe { answer.pvBuffer.cast::<u8>().copy_from(password.as_ptr(), password.len()) };
        answer.cbBuffer = u32::try_from(password.len()).unwrap();
        answer.BufferType = DATA;
    }
    // SAFETY: the contract.
    unsafe { *status = 0 };
}

fn text(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn acquire(usage: u32, identity: *mut c_void, argument: *mut c_void) -> SecHandle {
    let (mut package, mut handle) = (text("wdigest"), UNTOUCHED);
    // SAFETY: every pointer is to what the header says, or NULL where it allows that.
    let status = unsafe {
        AcquireCredentialsHandleW(
            null_mut(),
            package.as_mut_ptr(),
            usage,
            null_mut(),
            identity,
            Some(accounts),
            argument,
            &raw mut handle,
            null_mut(),
        )
    };
    check(status, Status::OK);
    handle
}

fn client(user: &str, password: &str) -> SecHandle {
    let (mut user, mut password) = (text(user), text(password));
    let length = |text: &[u16]| u32::try_from(text.len() - 1).unwrap();
    let mut identity = SEC_WINNT_AUTH_IDENTITY_W {
        UserLength: length(&user),
        User: user.as_mut_ptr(),
        DomainLength: 0,
        Domain: null_mut(),
        PasswordLength: length(&password),
        Password: password.as_mut_ptr(),
        Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
    };
    acquire(2, (&raw mut identity).cast(), null_mut())
}

/// One end of the exchange.
struct Peer {
    credential: SecHandle,
    context: SecHandle,
    accepts: bool,
}

impl Peer {
    fn new(credential: SecHandle, accepts: bool) -> Self {
        Self { credential, context: ZERO, accepts }
    }

    /// Takes a step; returns its status and its token.
    fn step(&mut self, token: &[u8]) -> (Status, Vec<u8>) {
        let (mut input, mut output) = (Memory::of(token), Memory::of(&[0; 4096]));
        let (mut inputs, mut outputs) = ([input.buffer(TOKEN)], [output.buffer(TOKEN)]);
        let (mut input, mut answer) = (descriptor(&mut inputs), descriptor(&mut outputs));
        let (credential, context) = (&raw mut self.credential, &raw mut self.context);
        let (input, answer) = (&raw mut input, &raw mut answer);
        let mut target = text("imap/mail.example.org");
        // SAFETY: every pointer is to what the header says, or NULL where it allows that.
        let status = unsafe {
            if self.accepts {
                let request = CONFIDENTIALITY;
                SaslAcceptSecurityContext(
                    credential,
                    context,
                    input,
                    request,
                    0,
                    context,
                    answer,
                    null_mut(),
                    null_mut(),
                )
            } else {
                SaslInitializeSecurityContextW(
                    credential,
                    context,
                    target.as_mut_ptr(),
                    CONFIDENTIALITY,
                    0,
                    0,
                    input,
                    0,
                    context,
                    answer,
                    null_mut(),
                    null_mut(),
                )
            }
        };
        let status = Status::from(status.cast_unsigned());
        // A refused step leaves the length as it was.
        let length = usize::try_from(outputs[0].cbBuffer).unwrap();
        let length = if status.is_error() { 0 } else { length };
        (status, output.bytes()[..length].to_vec())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if self.context != ZERO {
            // SAFETY: a handle.
            check(unsafe { DeleteSecurityContext(&raw mut self.context) }, Status::OK);
        }
        // SAFETY: a handle.
        check(unsafe { FreeCredentialsHandle(&raw mut self.credential) }, Status::OK);
    }
}

/// Goes as far as the verification of the response; returns what it came to.
fn verified(server: &mut Peer, client: &mut Peer) -> (Status, Vec<u8>) {
    let (status, challenge) = server.step(b"");
    assert_eq!(status, Status::CONTINUE_NEEDED);
    let (status, response) = client.step(&challenge);
    assert_eq!(status, Status::CONTINUE_NEEDED);
    server.step(&response)
}

#[test]
fn an_account_functions_user_is_authenticated_and_exchanges_messages() {
    let mut server = Peer::new(acquire(1, NOTHING, NOTHING), true);
    let mut client = Peer::new(client("alice", "secret"), false);
    let (status, proof) = verified(&mut server, &mut client);
    assert_eq!(status, Status::OK);
    assert_eq!(client.step(&proof), (Status::OK, Vec::new()));

    let (mut data, mut trailer) = (Memory::of(b"a first message"), Memory::of(&[0; 64]));
    let mut sealed = [data.buffer(DATA), trailer.buffer(9)];
    let mut message = descriptor(&mut sealed);
    // SAFETY: good pointers.
    let status = unsafe { EncryptMessage(&raw mut client.context, 0, &raw mut message, 0) };
    check(status, Status::OK);
    assert_ne!(data.bytes(), b"a first message");
    // SAFETY: written just now.
    let rest = unsafe { pointed(sealed[1]) };
    let mut stream = Memory::of(&[data.bytes(), rest].concat());
    let plain = SecBuffer { cbBuffer: 0, BufferType: DATA, pvBuffer: NOTHING };
    let mut opened = [stream.buffer(10), plain];
    let (mut message, mut qop) = (descriptor(&mut opened), 7);
    // SAFETY: good pointers.
    let status =
        unsafe { DecryptMessage(&raw mut server.context, &raw mut message, 0, &raw mut qop) };
    check(status, Status::OK);
    // SAFETY: inside the stream.
    assert_eq!((unsafe { pointed(opened[1]) }, qop), (&b"a first message"[..], 0));
}

#[test]
fn wrong_passwords_and_unknown_users_are_refused_alike() {
    for (user, password) in [("alice", "Secret"), ("mallory", "secret")] {
        let mut server = Peer::new(acquire(1, NOTHING, NOTHING), true);
        let mut client = Peer::new(client(user, password), false);
        assert_eq!(verified(&mut server, &mut client).0, Status::LOGON_DENIED);
    }
}

#[test]
fn r65_a_panic_in_the_account_function_is_internal_error_and_harms_nobody_else() {
    let broken = std::ptr::without_provenance_mut(1);
    let mut server = Peer::new(acquire(1, NOTHING, broken), true);
    let mut client = Peer::new(client("alice", "secret"), false);
    assert_eq!(verified(&mut server, &mut client).0, Status::INTERNAL_ERROR);
    an_account_functions_user_is_authenticated_and_exchanges_messages();
}
