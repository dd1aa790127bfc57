//! The package's functions over a context in HTTP mode.

use super::client::{self, HttpClient, Login};
use super::formulas::{Algorithm, Hash};
use super::nonce::Clock;
use super::request::Granted;
use super::server::HttpServer;
use super::sessions::{HttpSession, Sessions};
use crate::digest::credential::DigestCredential;
use crate::digest::message::charset::to_text;
use crate::digest::message::limits::MAX_TOKEN;
use crate::digest::message::names::display_name;
use crate::digest::message::nonce;
use crate::digest::unfinished_attributes::{no_target, query_unfinished, unknown_attribute};
use crate::error::{Error, Result, Status};
use crate::sspi::{
    Attribute, AttributeId, Call, Flags, KeyInfo, MAXIMUM_TIME, Message, Role, Sizes, Step,
    TokenSink,
};
use crate::system::time_zone;

const CALG_MD5: u32 = 0x8003;
const CALG_SHA_256: u32 = 0x800C;

/// The machine's.
const CLOCK: Clock<'_> = &nonce::now;

/// A context in HTTP mode.
pub(in crate::digest) enum HttpContext {
    /// Made by an accepting call.
    Server(HttpServer),
    /// Made by an initializing call.
    Client(HttpClient),
}

impl HttpContext {
    /// Takes the first step of a context, which there is only if it succeeds.
    pub(in crate::digest) fn begin(
        role: Role,
        credential: &DigestCredential,
        call: &Call<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<(Self, Step)> {
        match role {
            Role::Server => {
                let sessions = Sessions::of_process();
                let (server, step) = HttpServer::begin(sessions, credential, call, CLOCK, output)?;
                Ok((Self::Server(server), step))
            }
            Role::Client => {
                let client = Self::Client(HttpClient::new());
                let step = client.step(credential, call, output)?;
                Ok((client, step))
            }
        }
    }

    /// Takes a further step.
    pub(in crate::digest) fn step(
        &self,
        credential: &DigestCredential,
        call: &Call<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        match self {
            Self::Server(server) => {
                server.step(Sessions::of_process(), credential, call, CLOCK, output)
            }
            Self::Client(client) => {
                client::check_call(call)?;
                client.step(credential, call, output)
            }
        }
    }

    /// `CompleteAuthToken`.
    pub(in crate::digest) fn complete(
        &self,
        credential: &DigestCredential,
        message: &mut Message<'_, '_>,
    ) -> Result<()> {
        match self {
            Self::Server(server) => server.complete(credential, CLOCK, message),
            Self::Client(_) => Err(unsupported("complete: a client has nothing to complete")),
        }
    }

    /// `MakeSignature`.
    pub(in crate::digest) fn sign(&self, message: &mut Message<'_, '_>) -> Result<()> {
        match self {
            Self::Server(_) => Err(unsupported("signature: an HTTP server signs nothing")),
            Self::Client(client) => client.sign(message),
        }
    }

    /// `VerifySignature`.
    pub(in crate::digest) fn verify(
        &self,
        credential: &DigestCredential,
        message: &mut Message<'_, '_>,
    ) -> Result<u32> {
        match self {
            Self::Server(server) => server.verify(credential, CLOCK, message).map(|()| 0),
            Self::Client(_) => Err(unsupported("signature: an HTTP client verifies nothing")),
        }
    }

    /// Whether the user is authenticated, or on a client, a challenge was answered.
    pub(in crate::digest) fn established(&self) -> bool {
        match self {
            Self::Server(server) => server.granted(|_, _| ()).is_some(),
            Self::Client(client) => client.login().is_some(),
        }
    }

    /// The attributes of the last step that ended the exchange.
    pub(in crate::digest) fn flags(&self) -> Option<Flags> {
        match self {
            Self::Server(server) => server.granted(|_, granted| granted.flags),
            Self::Client(client) => client.login().map(|login| login.flags),
        }
    }

    /// Answers a query.
    pub(in crate::digest) fn query(&self, attribute: AttributeId) -> Result<Attribute> {
        match self {
            Self::Server(server) => server
                .granted(|session, granted| of_server(session, granted, attribute))
                .unwrap_or_else(|| query_unfinished(attribute)),
            Self::Client(client) => match client.login() {
                Some(login) => of_client(&login, attribute),
                None => query_unfinished(attribute),
            },
        }
    }
}

fn of_server(
    session: &HttpSession,
    granted: &Granted,
    attribute: AttributeId,
) -> Result<Attribute> {
    let (user, realm) = &session.account;
    Ok(match attribute {
        AttributeId::NAMES => Attribute::Names(display_name(user, realm)),
        AttributeId::AUTHORITY => Attribute::Authority(to_text(realm).into_owned()),
        AttributeId::TARGET => Attribute::Target(granted.uri.to_vec()),
        AttributeId::CLIENT_SPECIFIED_TARGET => match &granted.service {
            Some(service) => Attribute::ClientSpecifiedTarget(to_text(service).into_owned()),
            None => return Err(no_target()),
        },
        attribute => common(attribute, session.started, session.secret.algorithm())?,
    })
}

fn of_client(login: &Login, attribute: AttributeId) -> Result<Attribute> {
    Ok(match attribute {
        AttributeId::NAMES => Attribute::Names(to_text(&login.user).into_owned()),
        AttributeId::AUTHORITY => Attribute::Authority(to_text(&login.realm).into_owned()),
        AttributeId::TARGET => Attribute::Target(login.uri.to_vec()),
        AttributeId::CLIENT_SPECIFIED_TARGET => return Err(no_target()),
        attribute => common(attribute, login.started, login.terms().algorithm)?,
    })
}

fn common(attribute: AttributeId, started: u64, algorithm: Algorithm) -> Result<Attribute> {
    Ok(match attribute {
        // A signature is the text of a whole response.
        AttributeId::SIZES => Attribute::Sizes(Sizes {
            max_token: MAX_TOKEN,
            max_signature: MAX_TOKEN,
            ..Sizes::default()
        }),
        AttributeId::LIFESPAN => {
            Attribute::Lifespan(time_zone::filetime_to_local(started), MAXIMUM_TIME)
        }
        AttributeId::PASSWORD_EXPIRY => Attribute::PasswordExpiry(MAXIMUM_TIME),
        AttributeId::KEY_INFO => Attribute::KeyInfo(key_info(algorithm.hash)),
        _ => return Err(unknown_attribute()),
    })
}

fn key_info(hash: Hash) -> KeyInfo {
    let (signature_name, signature_algorithm, key_bits) = match hash {
        Hash::Md5 => ("MD5", CALG_MD5, 128),
        Hash::Sha256 => ("SHA-256", CALG_SHA_256, 256),
        Hash::Sha512_256 => ("SHA-512-256", 0, 256),
    };
    KeyInfo {
        signature_name,
        encryption_name: "",
        key_bits,
        signature_algorithm,
        encryption_algorithm: 0,
    }
}

fn unsupported(reason: &'static str) -> Error {
    Error::new(Status::UNSUPPORTED_FUNCTION, reason)
}
