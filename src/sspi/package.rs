//! The traits that a security package implements.

use std::any::Any;
use std::sync::Arc;

use super::{
    Attribute, AttributeId, Flags, Identity, Inputs, Logins, MAXIMUM_TIME, Message, PackageList,
    TokenSink,
};
use crate::accounts::Source;
use crate::config::Document;
use crate::error::{Error, Result, Status};

/// `SECPKG_FLAG_*` bits of `SecPkgInfo`.
pub mod capability {
    /// `SECPKG_FLAG_TOKEN_ONLY`.
    pub const TOKEN_ONLY: u32 = 0x4;
    /// `SECPKG_FLAG_CONNECTION`.
    pub const CONNECTION: u32 = 0x10;
    /// `SECPKG_FLAG_IMPERSONATION`.
    pub const IMPERSONATION: u32 = 0x100;
    /// `SECPKG_FLAG_ACCEPT_WIN32_NAME`.
    pub const ACCEPT_WIN32_NAME: u32 = 0x200;
    /// `SECPKG_FLAG_MUTUAL_AUTH`.
    pub const MUTUAL_AUTH: u32 = 0x1_0000;
    /// `SECPKG_FLAG_APPCONTAINER_CHECKS`.
    pub const APPCONTAINER_CHECKS: u32 = 0x80_0000;
}

/// What `EnumerateSecurityPackages` tells of a package (`SecPkgInfo`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PackageInfo {
    /// The name that `AcquireCredentialsHandle` takes, compared without regard to case.
    pub name: &'static str,
    /// One line for people.
    pub comment: &'static str,
    /// `capability` bits.
    pub capabilities: u32,
    /// `wVersion`.
    pub version: u16,
    /// `wRPCID`.
    pub rpc_id: u16,
    /// The largest token, in bytes.
    pub max_token: u32,
}

/// What SASL adds around a package's own tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SaslSemantics {
    /// The package's tokens are the whole exchange.
    Plain,
    /// The same, and the layer follows from the context's attributes: integrity alone where they have
    /// no confidentiality.
    Attributes,
    /// After the package's last token the peers exchange cookies (RFC 4752 §3).
    Gssapi,
}

/// Which directions a credential serves (`SECPKG_CRED_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// `SECPKG_CRED_INBOUND`: accepts.
    pub inbound: bool,
    /// `SECPKG_CRED_OUTBOUND`: initializes.
    pub outbound: bool,
}

/// Which end of the exchange a context is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Made by an accepting call.
    Server,
    /// Made by an initializing call.
    Client,
}

/// The arguments of `AcquireCredentialsHandle`, copied out of the caller's memory.
#[derive(Default)]
pub struct CredentialRequest {
    /// The directions asked for.
    pub usage: Usage,
    /// `pszPrincipal`.
    pub principal: Option<String>,
    /// `pAuthData`.
    pub identity: Option<Identity>,
    /// The identity's package list.
    pub packages: PackageList,
    /// `pGetKeyFn`, as a source of accounts.
    pub source: Option<Arc<dyn Source>>,
    /// The configuration.
    pub configuration: Arc<Document>,
}

impl Default for Usage {
    fn default() -> Self {
        Self { inbound: false, outbound: true }
    }
}

/// One step of an exchange: what the caller passed to an accept or initialize function.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The input buffers.
    pub inputs: Inputs<'a>,
    /// The attributes asked for.
    pub flags: Flags,
    /// `pszTargetName` of an initializing call.
    pub target: Option<&'a str>,
    /// Whether the peer's authorization identity is allowed (`SASL_OPTION_AUTHZ_PROCESSING`).
    pub authorization_allowed: bool,
    /// The authorization identity to send (`SASL_OPTION_AUTHZ_STRING` of a client), UTF-8 bytes.
    pub authorization: &'a [u8],
}

/// How a step ended, when it did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// `SEC_E_OK`: the context is established.
    Done,
    /// `SEC_I_CONTINUE_NEEDED`.
    Continue,
    /// `SEC_I_COMPLETE_NEEDED`.
    Complete,
    /// `SEC_I_COMPLETE_AND_CONTINUE`.
    CompleteAndContinue,
}

/// A step's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// How it ended.
    pub outcome: Outcome,
    /// The attributes to return, [`Flags::ALLOCATE_MEMORY`] aside, which the memory's owner adds.
    pub flags: Flags,
}

/// A security package: something with a name that makes credentials.
pub trait Package: Send + Sync {
    /// What the package says of itself.
    fn info(&self) -> &PackageInfo;

    /// The names by which the package lists of identities mean it.
    fn names_in_lists(&self) -> &[&'static str] {
        std::slice::from_ref(&self.info().name)
    }

    /// Whether this machine has what the package needs. Loads what is not loaded yet.
    fn available(&self) -> bool {
        true
    }

    /// How many of its exchanges have succeeded, which [`crate::sasl::Session`] counts.
    fn logins(&self) -> &Logins;

    /// Whether there is such a package only where `sasl.profiles` of secur32.toml lists its name.
    fn has_to_be_listed(&self) -> bool {
        false
    }

    /// What SASL has to add around this package.
    fn sasl_semantics(&self) -> SaslSemantics {
        SaslSemantics::Plain
    }

    /// Whether `token` looks like a first token of this package (`SaslIdentifyPackage`).
    fn recognizes(&self, token: &[u8]) -> bool;

    /// The tables of secur32.toml that are this package's.
    fn tables(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether what stands in them can be read.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with file, line and key in the reason.
    fn check_settings(&self, _configuration: &Document) -> Result<()> {
        Ok(())
    }

    /// Makes a credential.
    ///
    /// # Errors
    /// `NO_CREDENTIALS`, `UNKNOWN_CREDENTIALS` for unusable identities, `INTERNAL_ERROR` when the
    /// configuration is wrong.
    fn acquire(&self, request: CredentialRequest) -> Result<Arc<dyn Credential>>;

    /// Makes an established context of what [`Context::export`] made.
    ///
    /// # Errors
    /// `UNSUPPORTED_FUNCTION` where the package cannot, `INVALID_TOKEN` for damaged bytes.
    fn import(&self, _exported: &[u8], _configuration: &Document) -> Result<Box<dyn Context>> {
        Err(Error::new(Status::UNSUPPORTED_FUNCTION, "import: not a function of this package"))
    }
}

/// A credential: makes contexts. Contexts keep what they need of it, so that it may be freed first.
pub trait Credential: Send + Sync {
    /// The package it belongs to.
    fn package(&self) -> &'static dyn Package;

    /// The directions it serves.
    fn usage(&self) -> Usage;

    /// The user it speaks for (`SECPKG_CRED_ATTR_NAMES`).
    fn name(&self) -> String;

    /// A new context, before its first step.
    ///
    /// # Errors
    /// `NO_CREDENTIALS` when the credential does not serve `role`.
    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>>;
}

/// One end of an exchange, and afterwards of the conversation it secures.
///
/// All methods may be called from several threads; encryption and decryption run at once.
pub trait Context: Any + Send + Sync {
    /// The package it belongs to.
    fn package(&self) -> &'static dyn Package;

    /// The package whose tokens were agreed on, where this one negotiates others.
    fn negotiated(&self) -> &'static dyn Package {
        self.package()
    }

    /// Which end it is.
    fn role(&self) -> Role;

    /// Takes one step.
    ///
    /// # Errors
    /// What the package's specification says. After `BUFFER_TOO_SMALL`, and after `INVALID_TOKEN`
    /// for a missing output buffer, the step may be repeated; any other error ends the context.
    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step>;

    /// `CompleteAuthToken`: ends what a step that returned [`Outcome::Complete`] began. `message`
    /// has that step's input buffers, of which one may be replaced by one to be written.
    ///
    /// # Errors
    /// `UNSUPPORTED_FUNCTION` where the package has no such step, `INTERNAL_ERROR` when nothing is
    /// to be completed; what the package's specification says.
    fn complete(&self, _message: &mut Message<'_, '_>) -> Result<()> {
        Err(Error::new(Status::UNSUPPORTED_FUNCTION, "complete: not a function of this package"))
    }

    /// The attributes of the last step.
    fn flags(&self) -> Flags;

    /// Whether the exchange has succeeded.
    fn established(&self) -> bool;

    /// When the context ends, as a FILETIME value in local time.
    fn expiry(&self) -> u64 {
        MAXIMUM_TIME
    }

    /// The peer's authorization identity, UTF-8 bytes, empty where none was sent.
    fn authorization(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Answers a query.
    ///
    /// # Errors
    /// `UNSUPPORTED_FUNCTION` for attributes that the package does not have, `TARGET_UNKNOWN`.
    fn query(&self, attribute: AttributeId) -> Result<Attribute>;

    /// `MakeSignature`.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, `BUFFER_TOO_SMALL`, `QOP_NOT_SUPPORTED`, `INVALID_HANDLE` before the end
    /// of the exchange.
    fn sign(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()>;

    /// `VerifySignature`; returns the quality of protection.
    ///
    /// # Errors
    /// As [`Context::sign`], and `MESSAGE_ALTERED`, `OUT_OF_SEQUENCE`.
    fn verify(&self, message: &mut Message<'_, '_>) -> Result<u32>;

    /// How many bytes [`Context::seal`] makes of a message, or a few more.
    ///
    /// # Errors
    /// Those of [`Context::seal`].
    fn sealed_length(&self, _qop: u32, message: &mut Message<'_, '_>) -> Result<usize> {
        let Attribute::Sizes(sizes) = self.query(AttributeId::SIZES)? else {
            return Err(Error::new(Status::INTERNAL_ERROR, "encrypt: the package tells no sizes"));
        };
        let around = sizes.security_trailer.saturating_add(sizes.block_size);
        Ok(message.plaintext_length().saturating_add(usize::try_from(around).unwrap_or(usize::MAX)))
    }

    /// `EncryptMessage`, in place.
    ///
    /// # Errors
    /// As [`Context::sign`]; `UNSUPPORTED_FUNCTION` where the context has no confidentiality, unless
    /// the message is to be signed only.
    fn seal(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()>;

    /// `DecryptMessage`, in place; returns the quality of protection. On failure the buffers hold
    /// what they held.
    ///
    /// # Errors
    /// As [`Context::verify`], and `INCOMPLETE_MESSAGE`.
    fn open(&self, message: &mut Message<'_, '_>) -> Result<u32>;

    /// Exports an established context for [`Package::import`]; with `reset`, as if no message had
    /// been exchanged yet.
    ///
    /// # Errors
    /// `CANNOT_PACK` where the context is not established, `UNSUPPORTED_FUNCTION`.
    fn export(&self, _reset: bool) -> Result<Vec<u8>> {
        Err(Error::new(Status::UNSUPPORTED_FUNCTION, "export: not a function of this package"))
    }
}
