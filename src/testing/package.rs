//! A package for tests: its tokens are words, its messages are masked with one byte. It shows
//! what the boundary does with any package.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::Document;
use crate::digest::WDigest;
use crate::error::{Error, Result, Status};
use crate::packages::Packages;
use crate::scram;
use crate::secret::Secret;
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Credential, CredentialRequest, Flags, KeyInfo, Logins,
    MAXIMUM_TIME, Message, Outcome, Package, PackageInfo, Placement, Role, Sizes, Step,
    StreamSizes, TokenSink, Usage, buffer_type,
};

/// The packages of tests: the same on every machine.
pub(crate) static PACKAGES: Packages = Packages::new(
    &[
        &WDigest,
        &FakePackage,
        &scram::PACKAGES[0],
        &scram::PACKAGES[1],
        &scram::PACKAGES[2],
        &scram::PACKAGES[3],
        &scram::PACKAGES[4],
        &scram::PACKAGES[5],
    ],
    &[],
);

thread_local! {
    static INJECTED: Cell<Option<&'static Packages>> = const { Cell::new(None) };
}

/// From here on the exported functions that this thread calls find [`PACKAGES`].
pub(crate) fn inject() -> &'static Packages {
    INJECTED.set(Some(&PACKAGES));
    &PACKAGES
}

/// What the thread was given.
pub(crate) fn injected() -> Option<&'static Packages> {
    INJECTED.get()
}

pub(crate) const INFO: PackageInfo = PackageInfo {
    name: "Fake",
    comment: "Tést fake",
    capabilities: 0x304,
    version: 1,
    rpc_id: 21,
    max_token: 4096,
};

pub(crate) struct FakePackage;

pub(crate) static LOGINS: Logins = Logins::new();

impl Package for FakePackage {
    fn info(&self) -> &PackageInfo {
        &INFO
    }

    fn logins(&self) -> &Logins {
        &LOGINS
    }

    fn recognizes(&self, token: &[u8]) -> bool {
        token.starts_with(b"hello")
    }

    fn acquire(&self, request: CredentialRequest) -> Result<Arc<dyn Credential>> {
        Ok(Arc::new(FakeCredential { usage: request.usage }))
    }

    fn import(&self, packed: &[u8], _: &Document) -> Result<Box<dyn Context>> {
        match packed {
            b"packed" => Ok(Box::new(FakeContext::new(Role::Server, 2))),
            _ => Err(Error::new(Status::INVALID_TOKEN, "fake: damaged")),
        }
    }
}

pub(crate) struct FakeCredential {
    pub(crate) usage: Usage,
}

impl Credential for FakeCredential {
    fn package(&self) -> &'static dyn Package {
        &FakePackage
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn name(&self) -> String {
        "alicé".to_owned()
    }

    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>> {
        let served = match role {
            Role::Server => self.usage.inbound,
            Role::Client => self.usage.outbound,
        };
        if !served {
            return Err(Error::new(Status::NO_CREDENTIALS, "fake: the other direction"));
        }
        Ok(Box::new(FakeContext::new(role, 0)))
    }
}

/// Step 0: says "hello". Step 1: echoes its token, except the words below. Then established.
pub(crate) struct FakeContext {
    role: Role,
    step: AtomicUsize,
    /// Held as long as this is.
    _alive: Option<Arc<()>>,
}

impl FakeContext {
    pub(crate) fn new(role: Role, step: usize) -> Self {
        Self { role, step: AtomicUsize::new(step), _alive: None }
    }

    /// A server's before its first step, which holds `alive` as long as it is.
    pub(crate) fn holding(alive: Arc<()>) -> Self {
        Self { _alive: Some(alive), ..Self::new(Role::Server, 0) }
    }

    fn check_established(&self) -> Result<()> {
        if self.established() {
            return Ok(());
        }
        Err(Error::new(Status::INVALID_HANDLE, "fake: not established"))
    }
}

pub(crate) const MASK: u8 = 0x5A;

fn mask(bytes: &mut [u8]) {
    for byte in bytes {
        *byte ^= MASK;
    }
}

impl Context for FakeContext {
    fn package(&self) -> &'static dyn Package {
        &FakePackage
    }

    fn role(&self) -> Role {
        self.role
    }

    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let step = self.step.load(Ordering::SeqCst);
        let token = call.inputs.token();
        match token {
            b"refuse" => return Err(Error::new(Status::LOGON_DENIED, "fake: refused")),
            b"panic" => panic!("on purpose"),
            b"silence" => (),
            b"target" => {
                let target = call.target.unwrap_or_default().as_bytes();
                output.space(target.len())?.copy_from_slice(target);
            }
            _ if step == 0 => output.space(5)?.copy_from_slice(b"hello"),
            _ => output.space(token.len())?.copy_from_slice(token),
        }
        self.step.store(step + 1, Ordering::SeqCst);
        let outcome = if step == 0 { Outcome::Continue } else { Outcome::Done };
        Ok(Step { outcome, flags: Flags::CONNECTION | Flags::INTEGRITY })
    }

    fn flags(&self) -> Flags {
        Flags::CONNECTION | Flags::INTEGRITY
    }

    fn established(&self) -> bool {
        self.step.load(Ordering::SeqCst) >= 2
    }

    fn query(&self, attribute: AttributeId) -> Result<Attribute> {
        Ok(match attribute {
            AttributeId::SIZES => Attribute::Sizes(Sizes {
                max_token: 4096,
                max_signature: 16,
                block_size: 8,
                security_trailer: 24,
            }),
            AttributeId::NAMES => Attribute::Names("alicé".to_owned()),
            AttributeId::LIFESPAN => Attribute::Lifespan(1 << 32, MAXIMUM_TIME),
            AttributeId::STREAM_SIZES => Attribute::StreamSizes(StreamSizes {
                header: 1,
                trailer: 2,
                maximum_message: 3,
                buffers: 4,
                block_size: 5,
            }),
            AttributeId::KEY_INFO => Attribute::KeyInfo(KeyInfo {
                signature_name: "MD5",
                encryption_name: "RC4",
                key_bits: 128,
                signature_algorithm: 0x8003,
                encryption_algorithm: 0x6801,
            }),
            AttributeId::AUTHORITY => Attribute::Authority("réalm".to_owned()),
            AttributeId::PASSWORD_EXPIRY => Attribute::PasswordExpiry(MAXIMUM_TIME),
            AttributeId::SESSION_KEY => Attribute::SessionKey(Secret::new(vec![7; 16])),
            AttributeId::TARGET => Attribute::Target(b"imap/host".to_vec()),
            AttributeId::CLIENT_SPECIFIED_TARGET => {
                Attribute::ClientSpecifiedTarget("imap".to_owned())
            }
            _ => return Err(Error::new(Status::UNSUPPORTED_FUNCTION, "fake: no such thing")),
        })
    }

    fn sign(&self, _qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        self.check_established()?;
        let missing = || Error::new(Status::INVALID_TOKEN, "fake: no TOKEN");
        let index = message.position(buffer_type::TOKEN).ok_or_else(missing)?;
        let token = message.writable(index)?;
        let too_small = || Error::new(Status::BUFFER_TOO_SMALL, "fake: 16 bytes");
        token
            .first_chunk_mut()
            .ok_or_else(too_small)
            .map(|bytes: &mut [u8; 16]| *bytes = [9; 16])?;
        message.0[index].length = Some(16);
        Ok(())
    }

    fn verify(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        self.check_established()?;
        let index = message.position(buffer_type::TOKEN);
        match index.map(|index| message.0[index].data.bytes()) {
            Some([9, ..]) => Ok(0),
            _ => Err(Error::new(Status::MESSAGE_ALTERED, "fake: altered")),
        }
    }

    fn seal(&self, _qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        self.check_established()?;
        let missing = || Error::new(Status::INVALID_TOKEN, "fake: no DATA");
        let data = message.position(buffer_type::DATA).ok_or_else(missing)?;
        mask(message.writable(data)?);
        if let Some(padding) = message.position(buffer_type::PADDING) {
            message.0[padding].length = Some(0);
        }
        Ok(())
    }

    fn open(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        self.check_established()?;
        let missing = || Error::new(Status::INVALID_TOKEN, "fake: no DATA");
        let data = message.position(buffer_type::DATA).ok_or_else(missing)?;
        let stream = message.position(buffer_type::STREAM);
        let bytes = message.writable(stream.unwrap_or(data))?;
        mask(bytes);
        let length = bytes.len();
        if let Some(buffer) = stream {
            // A stream that begins with "!" makes the package err.
            let length = if bytes.first() == Some(&b'!') { length + 1 } else { length };
            message.0[data].placement = Some(Placement { buffer, offset: 1, length: length - 1 });
        }
        Ok(0x8000_0001)
    }

    fn export(&self, _reset: bool) -> Result<Vec<u8>> {
        if self.established() {
            return Ok(b"packed".to_vec());
        }
        Err(Error::new(Status::CANNOT_PACK, "fake: not established"))
    }
}
