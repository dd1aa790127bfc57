//! HTTP Digest through the exports, with the buffers that .NET's listener and libcurl pass.

use crate::digest::http::tests::credentials;
use crate::error::Status;
use crate::ffi::abi::types::*;
use crate::ffi::caller::pointer;
use crate::ffi::exports::attributes::QueryContextAttributesW;
use crate::ffi::exports::context::*;
use crate::ffi::exports::credentials::FreeCredentialsHandle;
use crate::ffi::exports::memory::FreeContextBuffer;
use crate::ffi::exports::message::{MakeSignature, VerifySignature};
use crate::ffi::tables::{CREDENTIALS, CredentialEntry};
use crate::sspi::buffer_type;
use crate::testing::calls::*;

const PARAMS: u32 = buffer_type::PKG_PARAMS;
const PADDING: u32 = buffer_type::PADDING;
const BINDINGS: u32 = buffer_type::CHANNEL_BINDINGS | buffer_type::READONLY;
const CONNECTION: u32 = 0x800;
const ALLOCATE: u32 = 0x100;
const ASC_HTTP: u32 = 0x1000_0000;
const HTTP_STYLE: u32 = 0x0100_0000;

/// Handles of a server's credential and a client's.
fn handles(config: &str) -> [SecHandle; 2] {
    credentials(config)
        .map(|credential| pointer::words(CREDENTIALS.insert(CredentialEntry(credential)).unwrap()))
}

#[track_caller]
fn delete(mut context: SecHandle) {
    // SAFETY: a handle.
    check(unsafe { DeleteSecurityContext(&raw mut context) }, Status::OK);
}

/// The buffers of .NET's listener.
struct Listener {
    memory: [Memory; 6],
}

impl Listener {
    fn new(token: &str, method: &str, bindings: &[u8]) -> Self {
        let texts = [token.as_bytes(), method.as_bytes(), b"", b"", b"", bindings];
        Self { memory: texts.map(Memory::of) }
    }

    fn buffers(&mut self) -> Vec<SecBuffer> {
        let kinds = [TOKEN, PARAMS, PARAMS, PARAMS, PARAMS, BINDINGS];
        let pairs = self.memory.iter_mut().zip(kinds);
        // .NET has NULL where there is nothing, and no sixth buffer without bindings.
        let mut buffers: Vec<_> = pairs
            .map(|(memory, kind)| match memory.buffer(kind) {
                empty @ SecBuffer { cbBuffer: 0, .. } => SecBuffer { pvBuffer: NOTHING, ..empty },
                buffer => buffer,
            })
            .collect();
        if buffers.last().is_some_and(|bindings| bindings.cbBuffer == 0) {
            buffers.pop();
        }
        buffers
    }

    /// Accepts without a context, as for every request; returns what came out.
    fn accept(&mut self, credential: SecHandle, request: u32) -> (SECURITY_STATUS, Accept, String) {
        let mut output = Memory::of(&[0xFF; 4096]);
        let mut call = Accept { request, ..Accept::first(credential) };
        call.input = self.buffers();
        call.output = vec![output.buffer(TOKEN)];
        let status = call.call();
        let length = usize::try_from(call.output[0].cbBuffer).unwrap();
        let token = output.bytes().get(..length).unwrap_or_default();
        let token =
            if status < 0 { String::new() } else { String::from_utf8(token.into()).unwrap() };
        (status, call, token)
    }

    /// `CompleteAuthToken` with the array of the accepting call, the fifth buffer replaced.
    fn complete(&mut self, mut context: SecHandle) -> (SECURITY_STATUS, u32) {
        let mut output = Memory::of(&[0xFF; 4096]);
        let mut buffers = self.buffers();
        buffers[4] = output.buffer(TOKEN);
        let mut message = descriptor(&mut buffers);
        // SAFETY: a handle, and buffers with their memory.
        let status = unsafe { CompleteAuthToken(&raw mut context, &raw mut message) };
        (status, buffers[4].cbBuffer)
    }
}

/// libcurl's client.
struct Curl {
    credential: SecHandle,
    context: SecHandle,
}

impl Curl {
    fn initialize(&mut self, challenge: &str, method: &str, uri: &str, request: u32) -> String {
        let mut texts = [challenge, method, ""].map(|text| Memory::of(text.as_bytes()));
        let [token, verb, entity] = &mut texts;
        let mut input = [
            token.buffer(TOKEN),
            verb.buffer(PARAMS),
            SecBuffer { pvBuffer: NOTHING, ..entity.buffer(PARAMS) },
        ];
        let mut output = Memory::of(&[0; 4096]);
        let mut out = [output.buffer(TOKEN)];
        let mut input = descriptor(&mut input);
        let mut out_descriptor = descriptor(&mut out);
        let mut target: Vec<u16> = uri.encode_utf16().chain([0]).collect();
        let mut attributes = 0;
        // SAFETY: every pointer is to what the header says, or NULL where it allows that.
        let status = unsafe {
            InitializeSecurityContextW(
                &raw mut self.credential,
                std::ptr::null_mut(),
                target.as_mut_ptr(),
                request,
                0,
                0,
                &raw mut input,
                0,
                &raw mut self.context,
                &raw mut out_descriptor,
                &raw mut attributes,
                std::ptr::null_mut(),
            )
        };
        check(status, Status::OK);
        assert_eq!(attributes, request & (HTTP_STYLE | 0x1000_0000));
        // SAFETY: as above. curl frees it as soon as it has a context.
        check(unsafe { FreeCredentialsHandle(&raw mut self.credential) }, Status::OK);
        let length = usize::try_from(out[0].cbBuffer).unwrap();
        String::from_utf8(output.bytes()[..length].to_vec()).unwrap()
    }

    fn sign(&mut self, method: &str, uri: &str, room: usize) -> Result<String, SECURITY_STATUS> {
        let mut texts = [method, uri].map(|text| Memory::of(text.as_bytes()));
        let [verb, path] = &mut texts;
        let mut output = Memory::of(&vec![0xFF; room]);
        let nothing = SecBuffer { cbBuffer: 0, BufferType: TOKEN, pvBuffer: NOTHING };
        let mut buffers = [
            nothing,
            verb.buffer(PARAMS),
            path.buffer(PARAMS),
            SecBuffer { BufferType: PARAMS, ..nothing },
            output.buffer(PADDING),
        ];
        let mut message = descriptor(&mut buffers);
        // SAFETY: a handle, and buffers with their memory.
        let status = unsafe { MakeSignature(&raw mut self.context, 0, &raw mut message, 0) };
        if status != 0 {
            return Err(status);
        }
        let length = usize::try_from(buffers[4].cbBuffer).unwrap();
        Ok(String::from_utf8(output.bytes()[..length].to_vec()).unwrap())
    }
}

#[test]
fn nets_listener_and_libcurl_talk_to_each_other() {
    let [server, client] = handles("");
    let (status, pending, challenge) = Listener::new("", "GET", b"").accept(server, CONNECTION);
    check(status, Status::CONTINUE_NEEDED);
    assert_eq!(pending.attributes, CONNECTION);
    let mut curl = Curl { credential: client, context: ZERO };
    let response = curl.initialize(&challenge, "GET", "/x?y=%41", HTTP_STYLE);

    let (status, first, token) = Listener::new(&response, "GET", b"").accept(server, CONNECTION);
    check(status, Status::OK);
    assert_eq!((token.as_str(), first.attributes), ("", CONNECTION));
    delete(pending.new_context);

    let response = curl.sign("POST", "/z", 4096).unwrap();
    let mut listener = Listener::new(&response, "POST", b"");
    let (status, second, token) = listener.accept(server, CONNECTION);
    check(status, Status::COMPLETE_NEEDED);
    assert_eq!(token, "");
    assert_ne!(second.new_context, first.new_context, "a handle of its own");
    let (status, length) = listener.complete(second.new_context);
    check(status, Status::OK);
    assert_eq!(length, 0);
    delete(first.new_context);

    let response = curl.sign("GET", "/third", 4096).unwrap();
    let mut listener = Listener::new(&response, "GET", b"");
    let (status, third, _) = listener.accept(server, CONNECTION);
    check(status, Status::COMPLETE_NEEDED);
    delete(second.new_context);
    check(listener.complete(third.new_context).0, Status::OK);
    check(listener.complete(third.new_context).0, Status::INTERNAL_ERROR);
    delete(third.new_context);
    let (status, again, token) = listener.accept(server, CONNECTION);
    check(status, Status::CONTINUE_NEEDED);
    assert!(token.starts_with("stale=true,"), "the last handle's end is the session's");
    delete(again.new_context);
    let (status, _) = listener.complete(third.new_context);
    check(status, Status::INVALID_HANDLE);
    delete(curl.context);
}

#[test]
fn r42_a_context_deleted_while_its_request_is_completed_harms_nobody() {
    let [server, client] = handles("http_nonce_count = \"window\"");
    let (_, pending, challenge) = Listener::new("", "GET", b"").accept(server, CONNECTION);
    let mut curl = Curl { credential: client, context: ZERO };
    let response = curl.initialize(&challenge, "GET", "/", HTTP_STYLE);
    let (status, first, _) = Listener::new(&response, "GET", b"").accept(server, CONNECTION);
    check(status, Status::OK);
    let barrier = std::sync::Barrier::new(3);
    for _ in 0..if cfg!(miri) { 2 } else { 200 } {
        let response = curl.sign("GET", "/page", 4096).unwrap();
        let (status, context, _) = Listener::new(&response, "GET", b"").accept(server, CONNECTION);
        check(status, Status::COMPLETE_NEEDED);
        let context = context.new_context;
        let statuses: Vec<_> = std::thread::scope(|scope| {
            let complete = || {
                barrier.wait();
                Listener::new(&response, "GET", b"").complete(context).0.cast_unsigned()
            };
            let threads = [scope.spawn(complete), scope.spawn(complete)];
            barrier.wait();
            delete(context);
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let allowed = [Status::OK, Status::INVALID_HANDLE, Status::INTERNAL_ERROR];
        for status in &statuses {
            assert!(allowed.iter().any(|allowed| allowed.code() == *status), "{status:08x}");
        }
        assert!(statuses.iter().filter(|status| **status == 0).count() <= 1, "taken twice");
        check(Listener::new(&response, "GET", b"").complete(context).0, Status::INVALID_HANDLE);
    }
    for context in [first.new_context, pending.new_context, curl.context] {
        delete(context);
    }
}

#[test]
fn flags_alone_ask_for_http_too() {
    let [server, client] = handles("");
    let mut output = Memory::of(&[0; 4096]);
    let mut call = Accept { request: ASC_HTTP, ..Accept::first(server) };
    call.output = vec![output.buffer(TOKEN)];
    check(call.call(), Status::CONTINUE_NEEDED);
    let length = usize::try_from(call.output[0].cbBuffer).unwrap();
    let challenge = String::from_utf8(output.bytes()[..length].to_vec()).unwrap();
    assert!(challenge.contains("algorithm=MD5"));
    let mut curl = Curl { credential: client, context: ZERO };
    let response = curl.initialize(&challenge, "GET", "/", ASC_HTTP);
    let (status, done, _) = Listener::new(&response, "GET", b"").accept(server, ASC_HTTP);
    check(status, Status::OK);
    for context in [call.new_context, done.new_context, curl.context] {
        delete(context);
    }
}

#[test]
fn bindings_come_in_a_sixth_buffer() {
    let [server, client] = handles("");
    let mut block = [0_u8; 33];
    block[24..28].copy_from_slice(&1_u32.to_ne_bytes());
    block[28..32].copy_from_slice(&32_u32.to_ne_bytes());
    let (status, pending, challenge) = Listener::new("", "GET", &block).accept(server, CONNECTION);
    check(status, Status::CONTINUE_NEEDED);
    let mut curl = Curl { credential: client, context: ZERO };
    let response = curl.initialize(&challenge, "GET", "/", HTTP_STYLE);
    let mut listener = Listener::new(&response, "GET", &block);
    check(listener.accept(server, CONNECTION).0, Status::BAD_BINDINGS);
    let (status, allowed, _) = listener.accept(server, CONNECTION | ASC_HTTP);
    check(status, Status::OK);
    let (status, ..) = Listener::new(&response, "GET", &block[..32]).accept(server, CONNECTION);
    check(status, Status::INVALID_TOKEN);
    for context in [pending.new_context, allowed.new_context, curl.context] {
        delete(context);
    }
}

#[test]
fn a_response_that_does_not_fit_uses_no_count_up() {
    let [server, client] = handles("");
    let (_, pending, challenge) = Listener::new("", "GET", b"").accept(server, CONNECTION);
    let mut curl = Curl { credential: client, context: ZERO };
    let response = curl.initialize(&challenge, "GET", "/", HTTP_STYLE);
    check(curl.sign("GET", "/", 10).unwrap_err(), Status::BUFFER_TOO_SMALL);
    let second = curl.sign("GET", "/", response.len()).unwrap();
    assert!(second.contains("nc=00000002"));
    let mut message = SecBufferDesc { ulVersion: 0, cBuffers: 0, pBuffers: std::ptr::null_mut() };
    // SAFETY: a handle and an empty descriptor.
    let status = unsafe { MakeSignature(&raw mut curl.context, 0, &raw mut message, 0) };
    check(status, Status::INVALID_TOKEN);
    for context in [pending.new_context, curl.context] {
        delete(context);
    }
}

#[test]
fn several_output_tokens_receive_several_challenges() {
    let [server, _] = handles("http_algorithms = [\"SHA-256\", \"MD5\"]");
    for allocate in [false, true] {
        let mut memory = [(); 3].map(|()| Memory::of(&[0xFF; 512]));
        let mut call = Accept { request: ASC_HTTP, ..Accept::first(server) };
        call.request |= if allocate { ALLOCATE } else { 0 };
        call.output = memory.iter_mut().map(|memory| memory.buffer(TOKEN)).collect();
        check(call.call(), Status::CONTINUE_NEEDED);
        assert_eq!(call.attributes & ALLOCATE != 0, allocate);
        let names = ["algorithm=SHA-256,", "algorithm=MD5,"];
        for (buffer, name) in call.output.iter().zip(names) {
            // SAFETY: the library's answer.
            let text = String::from_utf8_lossy(unsafe { pointed(*buffer) }).into_owned();
            assert!(text.contains(name), "{text}");
        }
        assert_eq!(call.output[2].cbBuffer, 0);
        for buffer in &call.output[..if allocate { 2 } else { 0 }] {
            // SAFETY: the library's block.
            check(unsafe { FreeContextBuffer(buffer.pvBuffer) }, Status::OK);
        }
        delete(call.new_context);
    }
    let mut memory = Memory::of(&[0xFF; 512]);
    let mut call = Accept { request: ASC_HTTP, ..Accept::first(server) };
    call.output = vec![memory.buffer(TOKEN), memory.buffer(TOKEN)];
    check(call.call(), Status::INVALID_TOKEN);
    let (mut large, mut small) = (Memory::of(&[0xFF; 512]), Memory::of(&[0xFF; 16]));
    call.output = vec![large.buffer(TOKEN), small.buffer(TOKEN)];
    check(call.call(), Status::BUFFER_TOO_SMALL);
    assert_eq!(call.output[0].cbBuffer, 512, "only what was missing is told");
    assert!(call.output[1].cbBuffer > 100);
    assert_eq!((small.bytes(), call.new_context), (&[0xFF; 16][..], UNTOUCHED));
    assert_eq!(large.bytes(), [0xFF; 512], "nothing is written before there is room for all");
}

#[test]
fn the_uri_and_the_service_are_attributes() {
    let [server, client] = handles("");
    let (_, pending, challenge) = Listener::new("", "GET", b"").accept(server, CONNECTION);
    let mut curl = Curl { credential: client, context: ZERO };
    let response = curl.initialize(&challenge, "GET", "/x", HTTP_STYLE);
    let (_, mut done, _) = Listener::new(&response, "GET", b"").accept(server, CONNECTION);
    let mut target = std::mem::MaybeUninit::<SecPkgContext_Target>::zeroed();
    let mut query = |context: &mut SecHandle, attribute| {
        // SAFETY: the structure of either attribute has no more than this one's size.
        unsafe { QueryContextAttributesW(context, attribute, target.as_mut_ptr().cast()) }
    };
    check(query(&mut done.new_context, 27), Status::TARGET_UNKNOWN);
    check(query(&mut done.new_context, 19), Status::OK);
    // SAFETY: zeroed, then written.
    let target = unsafe { target.assume_init() };
    assert_eq!(target.TargetLength, 2);
    // SAFETY: the library's block.
    check(unsafe { FreeContextBuffer(target.Target.cast()) }, Status::OK);
    for context in [pending.new_context, done.new_context, curl.context] {
        delete(context);
    }
}

#[test]
fn verify_signature_reads_the_next_request() {
    let [server, client] = handles("");
    let (_, pending, challenge) = Listener::new("", "GET", b"").accept(server, CONNECTION);
    let mut curl = Curl { credential: client, context: ZERO };
    let response = curl.initialize(&challenge, "GET", "/", HTTP_STYLE);
    let (_, mut done, _) = Listener::new(&response, "GET", b"").accept(server, CONNECTION);
    let response = curl.sign("GET", "/2", 4096).unwrap();
    for expected in [Status::OK, Status::OUT_OF_SEQUENCE] {
        let mut buffers = Listener::new(&response, "GET", b"").buffers();
        let mut token = Memory::of(response.as_bytes());
        let mut method = Memory::of(b"GET");
        buffers[0] = token.buffer(TOKEN);
        buffers[1] = method.buffer(PARAMS);
        let mut message = descriptor(&mut buffers[..4]);
        let mut qop = 77;
        // SAFETY: a handle, and buffers with their memory.
        let status = unsafe {
            VerifySignature(&raw mut done.new_context, &raw mut message, 0, &raw mut qop)
        };
        check(status, expected);
        assert_eq!(qop, if expected == Status::OK { 0 } else { 77 });
    }
    for context in [pending.new_context, done.new_context, curl.context] {
        delete(context);
    }
}
