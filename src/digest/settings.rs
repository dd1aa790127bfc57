//! What secur32.toml says of Digest.
//!
//! [`KEYS`] is the table of all of it: the file is read by it, what is wrong in a file is explained by
//! it, and a test holds docs/configuration.md and README.md to it.

mod keys;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::http::formulas::Algorithm;
use super::http::nonce_counts::Order;
use super::http::shared;
use super::message::qop::{Cipher, Named, Offer, Qop};
use crate::accounts::empty::NoAccounts;
use crate::accounts::{self, Source, Unavailable, htdigest};
use crate::config::{Document, absolute, wrong};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::system::host;

pub use keys::KEYS;
use keys::{REALM, realm};

/// The settings of a credential. They are read when it is acquired, and do not change then.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // as many keys are flags
pub struct Settings {
    /// The ciphers of auth-conf that a server offers and a client takes, the preferred one first.
    pub ciphers: Offer<Cipher>,
    /// Whether a SASL challenge has `charset=utf-8`.
    pub utf8_sasl: bool,
    /// Whether an HTTP challenge has `charset=utf-8`.
    pub utf8_http: bool,
    /// Whether the package is left to the system where that has it.
    pub use_system: bool,
    /// The realm to offer, up to 255 bytes without control characters. An empty one lets in the users of
    /// the empty realm alone; SASL leaves it out.
    pub realm: String,
    /// Realms that are not offered, but whose users are let in.
    pub realms: Vec<String>,
    /// The qualities of protection to offer at most; auth is one.
    pub qops: Offer<Qop>,
    /// The htdigest file; none where no accounts are configured.
    pub accounts: Option<PathBuf>,
    /// The database or directory that accounts are in instead.
    pub databases: accounts::settings::Settings,
    /// How long a nonce is good for, from 1 s to a day.
    pub nonce_lifetime: Duration,
    /// The `maxbuf` to send in bytes, from 17 to 16777215; absent, none is sent, which means 65536
    /// (RFC 2831 §2.1.1).
    pub maxbuf: Option<u32>,
    /// What processes that hand contexts to each other share, at least 16 bytes; absent, exported
    /// contexts can be imported, and HTTP nonces checked, by the same process only.
    pub secret: Option<Secret<Vec<u8>>>,
    /// The algorithms of HTTP challenges, in their order; not empty.
    pub http_algorithms: Vec<Algorithm>,
    /// How strictly the nonce counts of HTTP requests must follow each other.
    pub http_nonce_count: Order,
    /// How many HTTP nonces are remembered once they are used.
    pub http_sessions: usize,
    /// Whether HTTP challenges have an opaque.
    pub http_opaque: bool,
    /// Whether a URI that the caller of an accepting function passes must be the response's.
    pub http_check_uri: bool,
    /// Whether HTTP challenges ask for hashed users' names.
    pub http_userhash: bool,
    /// What answers a valid HTTP response.
    pub http_authentication_info: AuthenticationInfo,
    /// The engine that counts HTTP nonces for many processes, if there is one.
    pub shared: Option<shared::settings::Settings>,
    /// The algorithms of HTTP challenges that a client answers, the best first; not empty.
    pub client_algorithms: Vec<Algorithm>,
    /// Whether names and passwords that fit ISO 8859-1 are hashed in it for servers of DIGEST-MD5 that know
    /// UTF-8, as RFC 2831 §2.1.2.1 has it; else in UTF-8, as servers of XMPP and GNU SASL do.
    pub hash_latin1: bool,
    /// Whether a client that is asked for integrity answers HTTP challenges without auth-int.
    pub client_without_integrity: bool,
    /// What names and passwords are sent and hashed in for HTTP servers that name no charset and ask for MD5:
    /// ISO 8859-1, or UTF-8.
    pub client_http_latin1: bool,
}

/// What is sent with the answer to a valid HTTP response (RFC 7616 §3.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthenticationInfo {
    /// Nothing, as Windows does it.
    None,
    /// The server's proof that it knows the secret.
    Rspauth,
    /// That, and the nonce for the next request.
    NextNonce,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ciphers: [Cipher::TripleDes, Cipher::Rc4].into_iter().collect(),
            utf8_sasl: true,
            utf8_http: true,
            use_system: false,
            realm: host::domain(),
            realms: Vec::new(),
            qops: Qop::ALL.iter().map(|(qop, _)| *qop).collect(),
            accounts: None,
            databases: accounts::settings::Settings::default(),
            nonce_lifetime: Duration::from_secs(300),
            maxbuf: None,
            secret: None,
            // On Windows and Wine as Windows has it; elsewhere what serves most clients (docs/http.md).
            http_algorithms: vec![if cfg!(windows) { Algorithm::MD5_SESS } else { Algorithm::MD5 }],
            http_nonce_count: if cfg!(windows) { Order::Strict } else { Order::Window },
            http_sessions: 100_000,
            http_opaque: false,
            http_check_uri: false,
            http_userhash: false,
            http_authentication_info: AuthenticationInfo::None,
            shared: None,
            client_algorithms: Algorithm::STRONGEST_FIRST.to_vec(),
            hash_latin1: true,
            client_without_integrity: false,
            client_http_latin1: true,
        }
    }
}

impl Settings {
    /// What `document` and its environment say.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file, line and key or the variable in the reason.
    pub fn read(document: &Document) -> Result<Self> {
        let mut settings = Self::default();
        document.read(KEYS, &mut settings)?;
        settings.shared = shared::settings::Settings::read(document, settings.secret.is_some())?;
        let file = settings.accounts.is_some();
        settings.databases =
            accounts::settings::Settings::read(document, file, settings.http_userhash)?;
        if let Some(path) = document.variable("SECUR32_ACCOUNTS") {
            settings.accounts = Some(absolute("SECUR32_ACCOUNTS", &path)?);
            settings.databases = accounts::settings::Settings::default();
        }
        if let Some(value) = document.variable("SECUR32_REALM") {
            settings.realm = value
                .to_str()
                .and_then(realm)
                .ok_or_else(|| wrong(format!("SECUR32_REALM: expected {REALM}")))?;
        }
        Ok(settings)
    }

    /// As [`Self::read`], of this text.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Self::read(&Document::parse(text, std::path::Path::new("/etc/secur32.toml"))?)
    }

    /// The accounts: those of the htdigest file, the database or the directory, which everyone who has
    /// it open shares, or a source that says how to configure some.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file and where it has one the line in the reason: the file cannot
    /// be read, or has a malformed line; the system has no library to ask a database or a directory
    /// by. `INSUFFICIENT_MEMORY`.
    pub fn source(&self) -> Result<Arc<dyn Source>> {
        self.find_source().map_err(|unavailable| {
            if unavailable.is_no_memory() { Error::no_memory() } else { wrong(unavailable.0) }
        })
    }

    fn find_source(&self) -> std::result::Result<Arc<dyn Source>, Unavailable> {
        if let Some(path) = &self.accounts {
            return Ok(htdigest::shared(path, &self.hashed_names())?);
        }
        Ok(self.databases.source()?.unwrap_or_else(|| Arc::new(NoAccounts)))
    }

    /// The algorithms by whose hashes clients may name their users.
    fn hashed_names(&self) -> Vec<accounts::Algorithm> {
        let asked = self.http_algorithms.iter().filter(|_| self.http_userhash);
        asked.map(|algorithm| algorithm.hash.stored()).collect()
    }
}

#[cfg(test)]
mod tests;
