//! A package with GSSAPI semantics for tests: its tokens are words, its wrap is a header that counts
//! messages and a mask over the bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::error::{Error, Result, Status};
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Credential, CredentialRequest, Flags, Logins, Message,
    Outcome, Package, PackageInfo, Placement, Role, SaslSemantics, Sizes, Step, TokenSink, Usage,
    buffer_type,
};

/// What a context of the fake's says in its first step, and what it has.
pub(crate) struct FakeMechanism {
    pub(crate) role: Role,
    /// The token of its last step; empty for none.
    pub(crate) last_token: &'static [u8],
    /// Steps before that, each answered with "more".
    pub(crate) steps: usize,
    pub(crate) flags: Flags,
    pub(crate) taken: AtomicUsize,
    pub(crate) asked: std::sync::Mutex<Flags>,
    /// What its wrap refuses with.
    pub(crate) refuses_to_seal: Option<Status>,
    sent: AtomicU8,
    received: AtomicU8,
}

impl FakeMechanism {
    pub(crate) fn new(role: Role, last_token: &'static [u8], flags: Flags) -> Self {
        Self {
            role,
            last_token,
            steps: 0,
            flags,
            taken: AtomicUsize::new(0),
            asked: std::sync::Mutex::new(Flags::NONE),
            refuses_to_seal: None,
            sent: AtomicU8::new(0),
            received: AtomicU8::new(0),
        }
    }
}

/// A package with GSSAPI semantics whose contexts are [`FakeMechanism`]s.
pub(crate) struct FakeMechanismPackage;

impl Package for FakeMechanismPackage {
    fn info(&self) -> &PackageInfo {
        &crate::testing::package::INFO
    }

    fn logins(&self) -> &Logins {
        &crate::testing::package::LOGINS
    }

    fn sasl_semantics(&self) -> SaslSemantics {
        SaslSemantics::Gssapi
    }

    fn recognizes(&self, _: &[u8]) -> bool {
        false
    }

    fn acquire(&self, _: CredentialRequest) -> Result<Arc<dyn Credential>> {
        Ok(Arc::new(FakeMechanismCredential))
    }
}

/// Its credential: servers end without a token, and have all attributes.
pub(crate) struct FakeMechanismCredential;

impl Credential for FakeMechanismCredential {
    fn package(&self) -> &'static dyn Package {
        &FakeMechanismPackage
    }

    fn usage(&self) -> Usage {
        Usage { inbound: true, outbound: true }
    }

    fn name(&self) -> String {
        "fake".to_owned()
    }

    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>> {
        Ok(Box::new(FakeMechanism::new(role, b"", Flags::SEALED)))
    }
}

const MASK: u8 = 0x55;

/// What the fake's peer sends as its `number`th message.
pub(crate) fn wrapped(number: u8, plain: &[u8]) -> Vec<u8> {
    let masked = plain.iter().map(|byte| byte ^ MASK);
    [b'W', number].into_iter().chain(masked).collect()
}

/// What is in a message of the fake's, which is its `number`th.
#[track_caller]
pub(crate) fn unwrapped(number: u8, message: &[u8]) -> Vec<u8> {
    assert_eq!(message[..2], [b'W', number], "{message:02x?}");
    message[2..].iter().map(|byte| byte ^ MASK).collect()
}

fn error(status: Status) -> Error {
    Error::new(status, "fake")
}

impl Context for FakeMechanism {
    fn package(&self) -> &'static dyn Package {
        &crate::testing::package::FakePackage
    }

    fn role(&self) -> Role {
        self.role
    }

    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        *self.asked.lock().unwrap() = call.flags;
        if call.inputs.token() == b"refuse" {
            return Err(error(Status::LOGON_DENIED));
        }
        let flags = self.flags;
        let step = self.taken.load(Ordering::SeqCst);
        let last = step == self.steps;
        let token = if last { self.last_token } else { b"more" };
        if !token.is_empty() {
            output.space(token.len())?.copy_from_slice(token);
        }
        self.taken.store(step + 1, Ordering::SeqCst);
        let outcome = match call.inputs.token() {
            b"complete" => Outcome::Complete,
            b"complete and continue" => Outcome::CompleteAndContinue,
            _ if last => Outcome::Done,
            _ => Outcome::Continue,
        };
        Ok(Step { outcome, flags })
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn established(&self) -> bool {
        self.taken.load(Ordering::SeqCst) > self.steps
    }

    fn query(&self, attribute: AttributeId) -> Result<Attribute> {
        match attribute {
            AttributeId::SIZES => Ok(Attribute::Sizes(Sizes {
                max_token: 100,
                max_signature: 2,
                block_size: 1,
                security_trailer: 5,
            })),
            _ => Err(error(Status::UNSUPPORTED_FUNCTION)),
        }
    }

    fn sign(&self, _: u32, _: &mut Message<'_, '_>) -> Result<()> {
        Err(error(Status::UNSUPPORTED_FUNCTION))
    }

    fn verify(&self, _: &mut Message<'_, '_>) -> Result<u32> {
        Err(error(Status::UNSUPPORTED_FUNCTION))
    }

    /// Counts, so that a cookie that was made twice is noticed. Cookies are not encrypted, which is
    /// to be seen by their first byte.
    fn seal(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        if let Some(status) = self.refuses_to_seal {
            return Err(error(status));
        }
        let kind = if qop == crate::sasl::wrap::WRAP_NO_ENCRYPT { b'W' } else { b'S' };
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        let token = message.position(buffer_type::TOKEN).unwrap();
        message.writable(token)?[..2].copy_from_slice(&[kind, number]);
        message.0[token].length = Some(2);
        let data = message.position(buffer_type::DATA).unwrap();
        for byte in message.writable(data)? {
            *byte ^= MASK;
        }
        let padding = message.position(buffer_type::PADDING).unwrap();
        message.0[padding].length = Some(0);
        Ok(())
    }

    fn open(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        let stream = message.position(buffer_type::STREAM).unwrap();
        let bytes = message.writable(stream)?;
        let [b'W', number, plain @ ..] = bytes else {
            return Err(error(match bytes {
                [] => Status::INCOMPLETE_MESSAGE,
                [b'E', ..] => Status::CONTEXT_EXPIRED,
                _ => Status::MESSAGE_ALTERED,
            }));
        };
        if *number != self.received.fetch_add(1, Ordering::SeqCst) {
            return Err(error(Status::OUT_OF_SEQUENCE));
        }
        for byte in plain.iter_mut() {
            *byte ^= MASK;
        }
        let length = plain.len();
        let data = message.position(buffer_type::DATA).unwrap();
        message.0[data].placement = Some(Placement { buffer: stream, offset: 2, length });
        Ok(0)
    }
}
