//! The exported functions, called as a C program calls them: a server, and a client for it.

use std::env;
use std::ffi::{CStr, c_void};
use std::fs;
use std::path::Path;
use std::ptr;
use std::time::Duration;

use secur32::ffi::abi::identity::SEC_WINNT_AUTH_IDENTITY_A;
use secur32::ffi::abi::types::{SecBuffer, SecBufferDesc, SecHandle};
use secur32::ffi::exports::context::DeleteSecurityContext;
use secur32::ffi::exports::credentials::AcquireCredentialsHandleA;
use secur32::ffi::exports::message::{DecryptMessage, EncryptMessage};
use secur32::ffi::exports::sasl::{SaslAcceptSecurityContext, SaslInitializeSecurityContextA};

use super::Result;

/// Bytes that an encrypted message may be longer than its plain text.
pub(super) const TRAILER: usize = 32;

/// What htdigest writes for alice, example.org and secret.
const ACCOUNT: &str = "alice:example.org:543e1aec5d3614f03141652d6ada51b2\n";

const DATA: u32 = 1;
const TOKEN: u32 = 2;
const PADDING: u32 = 9;
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
const ANSI: u32 = 1;
const CONTINUE_NEEDED: i32 = 0x0009_0312;
const CONFIDENTIALITY: u32 = 0x10;
const ASC_INTEGRITY: u32 = 0x0002_0000;
const ISC_INTEGRITY: u32 = 0x0001_0000;

/// qop, and the cipher of auth-conf.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Auth,
    AuthInt,
    Rc4,
    Des,
    TripleDes,
}

impl Layer {
    pub(super) const ALL: [Self; 5] =
        [Self::Auth, Self::AuthInt, Self::Rc4, Self::Des, Self::TripleDes];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
            Self::Rc4 => "rc4",
            Self::Des => "des",
            Self::TripleDes => "3des",
        }
    }

    /// What it needs to be asked for, by a server and by a client.
    fn flags(self) -> (u32, u32) {
        match self {
            Self::Auth => (0, 0),
            Self::AuthInt => (ASC_INTEGRITY, ISC_INTEGRITY),
            _ => (CONFIDENTIALITY, CONFIDENTIALITY),
        }
    }

    fn cipher(self) -> &'static str {
        match self {
            Self::Auth | Self::AuthInt => "rc4",
            _ => self.name(),
        }
    }
}

/// The credentials of a server that offers one layer, and of its client.
pub(super) struct Parties {
    server: SecHandle,
    client: SecHandle,
    layer: Layer,
}

impl Parties {
    /// Writes the configuration to `directory`. No other thread may use the environment.
    pub(super) fn new(directory: &Path, layer: Layer) -> Result<Self> {
        let accounts = directory.join("accounts.htdigest");
        let config = directory.join("secur32.toml");
        fs::write(&accounts, ACCOUNT)?;
        let cipher = layer.cipher();
        fs::write(&config, format!("[WDigest]\nDigestEncryptionAlgorithms = \"{cipher}\"\n"))?;
        // SAFETY: there is one thread, by this function's contract.
        unsafe { env::set_var("SECUR32_ACCOUNTS", accounts) };
        // SAFETY: the same.
        unsafe { env::set_var("SECUR32_CONFIG", config) };
        // SAFETY: the same.
        unsafe { env::set_var("SECUR32_REALM", "example.org") };
        let mut identity = identity();
        let client = acquire(OUTBOUND, ptr::from_mut(&mut identity).cast())?;
        Ok(Self { server: acquire(INBOUND, ptr::null_mut())?, client, layer })
    }

    /// A new context of the server, and its challenge.
    pub(super) fn challenge(&self) -> Result<(SecHandle, Vec<u8>)> {
        let mut server = none();
        let mut credential = self.server;
        let (flags, _) = self.layer.flags();
        let challenge = with_tokens(&[], |input, output| {
            let (credential, server) = (&raw mut credential, &raw mut server);
            let (attributes, expiry) = (ptr::null_mut(), ptr::null_mut());
            // SAFETY: all pointers are NULL where that is allowed, or to locals.
            let status = unsafe {
                SaslAcceptSecurityContext(
                    credential,
                    ptr::null_mut(),
                    input,
                    flags,
                    0,
                    server,
                    output,
                    attributes,
                    expiry,
                )
            };
            check("challenge", status, CONTINUE_NEEDED)
        })?;
        Ok((server, challenge))
    }

    /// A new context of the client, and its response.
    pub(super) fn answer(&self, challenge: &[u8]) -> Result<(SecHandle, Vec<u8>)> {
        const TARGET: &CStr = c"imap/example.org";
        let mut client = none();
        let mut credential = self.client;
        let (_, flags) = self.layer.flags();
        let response = with_tokens(challenge, |input, output| {
            let (credential, client) = (&raw mut credential, &raw mut client);
            let target = TARGET.as_ptr().cast_mut();
            let (attributes, expiry) = (ptr::null_mut(), ptr::null_mut());
            let old = ptr::null_mut();
            // SAFETY: all pointers are NULL where that is allowed, to a text, or to locals.
            let status = unsafe {
                SaslInitializeSecurityContextA(
                    credential, old, target, flags, 0, 0, input, 0, client, output, attributes,
                    expiry,
                )
            };
            check("response", status, CONTINUE_NEEDED)
        })?;
        Ok((client, response))
    }

    /// Two established contexts.
    pub(super) fn session(&self) -> Result<Session> {
        let (server, challenge) = self.challenge()?;
        let (client, response) = self.answer(&challenge)?;
        let session = Session { server, client };
        let rspauth = session.judge(&response)?;
        session.learn(&rspauth)?;
        Ok(session)
    }
}

/// The contexts of a server and its client.
pub(super) struct Session {
    pub(super) server: SecHandle,
    pub(super) client: SecHandle,
}

impl Session {
    /// The server's answer to a response.
    pub(super) fn judge(&self, response: &[u8]) -> Result<Vec<u8>> {
        let mut server = self.server;
        with_tokens(response, |input, output| {
            let server = &raw mut server;
            let (none, attributes, expiry) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
            // SAFETY: all pointers are NULL where that is allowed, or to locals.
            let status = unsafe {
                SaslAcceptSecurityContext(
                    none, server, input, 0, 0, server, output, attributes, expiry,
                )
            };
            check("rspauth", status, 0)
        })
    }

    fn learn(&self, rspauth: &[u8]) -> Result<()> {
        let mut client = self.client;
        with_tokens(rspauth, |input, output| {
            let client = &raw mut client;
            let (none, target) = (ptr::null_mut(), ptr::null_mut());
            let (attributes, expiry) = (ptr::null_mut(), ptr::null_mut());
            // SAFETY: all pointers are NULL where that is allowed, or to locals.
            let status = unsafe {
                SaslInitializeSecurityContextA(
                    none, client, target, 0, 0, 0, input, 0, client, output, attributes, expiry,
                )
            };
            check("client", status, 0)
        })
        .map(drop)
    }

    /// The server encrypts the first `size` bytes of `frame`.
    pub(super) fn encrypt(&self, frame: &mut [u8], size: usize) -> Result<()> {
        encrypt(self.server, frame, size).map(drop)
    }

    /// The same by the client. Returns the bytes of the whole message.
    pub(super) fn client_encrypt(&self, frame: &mut [u8], size: usize) -> Result<usize> {
        encrypt(self.client, frame, size)
    }

    /// The server decrypts the message that the first `length` bytes of `frame` are.
    pub(super) fn decrypt(&self, frame: &mut [u8], length: usize) -> Result<()> {
        let mut server = self.server;
        let bytes = frame.get_mut(..length).ok_or("no such message")?;
        let mut parts = [buffer(DATA, bytes)?];
        let mut message = describe(&mut parts)?;
        // SAFETY: the pointers are to locals, and through them to `frame`; the last may be NULL.
        let status =
            unsafe { DecryptMessage(&raw mut server, &raw mut message, 0, ptr::null_mut()) };
        check("DecryptMessage", status, 0)
    }

    pub(super) fn delete(&self) {
        self.delete_client();
        self.delete_server();
    }

    pub(super) fn delete_client(&self) {
        delete(self.client);
    }

    pub(super) fn delete_server(&self) {
        delete(self.server);
    }
}

fn delete(mut context: SecHandle) {
    // SAFETY: the pointer is to a local.
    let _ = unsafe { DeleteSecurityContext(&raw mut context) };
}

fn encrypt(mut context: SecHandle, frame: &mut [u8], size: usize) -> Result<usize> {
    let (data, trailer) = frame.split_at_mut_checked(size).ok_or("no room for the message")?;
    let mut parts = [buffer(DATA, data)?, buffer(PADDING, trailer)?];
    let mut message = describe(&mut parts)?;
    // SAFETY: the pointers are to locals, and through them to `frame`.
    let status = unsafe { EncryptMessage(&raw mut context, 0, &raw mut message, 0) };
    check("EncryptMessage", status, 0)?;
    Ok(parts.iter().map(|part| part.cbBuffer as usize).sum())
}

/// Runs a call with an input token and room for another, and returns the latter.
fn with_tokens(
    input: &[u8],
    call: impl FnOnce(*mut SecBufferDesc, *mut SecBufferDesc) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut given = input.to_vec();
    let mut made = vec![0; 1024];
    let mut ins = [buffer(TOKEN, &mut given)?];
    let mut outs = [buffer(TOKEN, &mut made)?];
    let (mut input, mut output) = (describe(&mut ins)?, describe(&mut outs)?);
    call(&raw mut input, &raw mut output)?;
    let length = outs.iter().map(|part| part.cbBuffer as usize).sum();
    made.truncate(length);
    Ok(made)
}

fn acquire(usage: u32, identity: *mut c_void) -> Result<SecHandle> {
    let mut handle = none();
    let package = c"WDigest".as_ptr().cast_mut();
    let (name, logon, argument, expiry) =
        (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let handle_at = &raw mut handle;
    // SAFETY: all pointers are NULL where that is allowed, to a text, an identity or a local.
    let status = unsafe {
        AcquireCredentialsHandleA(
            name, package, usage, logon, identity, None, argument, handle_at, expiry,
        )
    };
    check("AcquireCredentialsHandle", status, 0)?;
    Ok(handle)
}

fn identity() -> SEC_WINNT_AUTH_IDENTITY_A {
    let (user, password) = (c"alice", c"secret");
    SEC_WINNT_AUTH_IDENTITY_A {
        User: user.as_ptr().cast_mut().cast(),
        UserLength: 5,
        Domain: ptr::null_mut(),
        DomainLength: 0,
        Password: password.as_ptr().cast_mut().cast(),
        PasswordLength: 6,
        Flags: ANSI,
    }
}

fn buffer(kind: u32, bytes: &mut [u8]) -> Result<SecBuffer> {
    let length = u32::try_from(bytes.len())?;
    Ok(SecBuffer { cbBuffer: length, BufferType: kind, pvBuffer: bytes.as_mut_ptr().cast() })
}

fn describe(parts: &mut [SecBuffer]) -> Result<SecBufferDesc> {
    let count = u32::try_from(parts.len())?;
    Ok(SecBufferDesc { ulVersion: 0, cBuffers: count, pBuffers: parts.as_mut_ptr() })
}

fn none() -> SecHandle {
    SecHandle { dwLower: 0, dwUpper: 0 }
}

fn check(what: &str, status: i32, wanted: i32) -> Result<()> {
    if status == wanted { Ok(()) } else { Err(format!("{what}: status {status:#010x}").into()) }
}

/// How long this thread has run: other programs on the machine do not count.
pub(super) fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds)
        + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default())
}
