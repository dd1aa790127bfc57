//! The configuration: `secur32.toml`, and the variables of the environment that override it.
//!
//! ```toml
//! [WDigest]            # values of Windows' registry key of that name
//! DigestEncryptionAlgorithms = "3des,rc4"    # what servers offer and clients take, in this order
//! UTF8SASL = 1
//! UTF8HTTP = 1
//! use_system = 0       # ours: 1 leaves WDigest to Windows where Windows has it
//!
//! [server]
//! realm = "example.org"              # else the host's domain name
//! realms = ["EXAMPLE"]               # further ones whose users are let in; default none
//! accounts = "accounts.htdigest"     # relative to this file; SECUR32_ACCOUNTS
//! nonce_lifetime = 300               # seconds, 1 to 86400
//! maxbuf = 65536                     # bytes, 17 to 16777215; not sent where absent
//! secret = "at least 16 bytes"      # lets another process import exported contexts, and take
//!                                    # the nonces of this one's HTTP challenges
//! http_algorithms = ["MD5-sess"]     # also MD5, and of RFC 7616 SHA-256, SHA-256-sess,
//!                                    # SHA-512-256, SHA-512-256-sess: a challenge for each
//! http_nonce_count = "strict"        # "window": counts may come out of order, within 64
//! http_sessions = 100000             # HTTP nonces to remember, 64 to 16777216
//! http_opaque = 0                    # 1: HTTP challenges have an opaque
//! http_check_uri = 0                 # 1: a caller's URI buffer must be what the client hashed
//! http_userhash = 0                  # 1: HTTP clients are asked to hash their users' names
//! http_authentication_info = "none"  # "rspauth", "nextnonce": what answers right HTTP responses
//!
//! [sql]                # accounts in a database, by ODBC; excludes `accounts` and [ldap]
//! connection = "DSN=accounts"        # or connection_file, a file whose first line it is
//! query = "SELECT ha1, username FROM users WHERE username = ? AND realm = ?"
//! form = "hash"                      # or "password"
//! query_sha256 = "..."               # the same for SHA-256's hashes
//! query_userhash = "..."             # the user's name, by the digits of its hash and the realm
//! timeout = 1000                     # milliseconds, 50 to 60000
//! connections = 4                    # 1 to 64
//! cache = 10                         # seconds that answers are kept, 0 to 600
//!
//! [ldap]               # accounts in a directory, on Unix; excludes `accounts` and [sql]
//! uri = "ldapi:///"                  # ldap://, ldaps://; several with blanks between
//! bind_dn = "uid=proxy,dc=example"   # else anonymous
//! bind_password_file = "password"    # whose first line it is
//! starttls = 0
//! base = "dc=example"
//! filter = "(uid=%u)"                # %u the user, %r the realm
//! name = "uid"                       # one value is the user's name, byte for byte
//! attribute = "digestHA1"
//! form = "realm:hash"                # or "hash", "password"
//! timeout = 1000                     # and connections, cache: as above
//!
//! [client]
//! http_algorithms = ["SHA-512-256-sess", "SHA-512-256", "SHA-256-sess", "SHA-256", "MD5-sess", "MD5"]
//!                                    # what HTTP challenges are answered by, the best first
//! http_without_integrity = 0         # 1: servers without auth-int are answered where
//!                                    # ISC_REQ_INTEGRITY asks for it
//!
//! [sasl]
//! profiles = ["GSSAPI", "GSS-SPNEGO", "EXTERNAL", "DIGEST-MD5"]
//!
//! [log]
//! level = "off"                      # or "error", "debug"
//! file = "secur32.log"               # else standard error; relative to this file
//! ```
//!
//! The file is the one that `SECUR32_CONFIG` names, else `secur32.toml` beside the library, else
//! `/etc/secur32.toml` (`%ProgramData%\secur32\secur32.toml` on Windows); without any, everything
//! has its default. `SECUR32_ACCOUNTS` (a path), `SECUR32_REALM` and `SECUR32_LOG` (see
//! [`crate::log`]) override it; an empty variable is as good as none. A process that has more
//! rights than its user, such as a set-user-ID program, takes no notice of the environment.
//!
//! Whatever is wrong is an error that names file, line and key, and nothing of the file is used.

mod databases;
mod file;
mod private_file;
mod read;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::empty::NoAccounts;
use crate::accounts::htdigest::HtdigestFile;
#[cfg(unix)]
use crate::accounts::ldap;
use crate::accounts::{self, Source, Unavailable, sql};
use crate::digest::http::formulas::Algorithm;
use crate::digest::http::nonce_counts::Order;
use crate::digest::message::qop::{Cipher, Offer};
use crate::error::{Error, Result, Status};
use crate::log;
use crate::secret::Secret;
use crate::system::{host, process};

/// The SASL profiles there are, in the order in which they are listed by default.
pub const PROFILES: [&str; 4] = ["GSSAPI", "GSS-SPNEGO", "EXTERNAL", "DIGEST-MD5"];

/// The longest realm in bytes.
const MAX_REALM: usize = 255;

/// The whole configuration. It is read when a credential is acquired, and does not change then.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // as many keys are flags
pub struct Config {
    /// The ciphers of auth-conf that a server offers and a client takes, the preferred one first
    /// (`DigestEncryptionAlgorithms`).
    pub ciphers: Offer<Cipher>,
    /// Whether a SASL challenge has `charset=utf-8` (`UTF8SASL`).
    pub utf8_sasl: bool,
    /// Whether an HTTP challenge has `charset=utf-8` (`UTF8HTTP`).
    pub utf8_http: bool,
    /// Whether a package of ours is left to the machine where that has one of the same name.
    pub use_system: bool,
    /// The realm to offer, up to 255 bytes without control characters. An empty one is offered too,
    /// and lets in the users of the empty realm alone.
    pub realm: String,
    /// Realms that are not offered, but whose users are let in.
    pub realms: Vec<String>,
    /// The htdigest file; none where no accounts are configured.
    pub accounts: Option<PathBuf>,
    /// The database that accounts are in; at most one of these three is there.
    pub sql: Option<Arc<sql::Settings>>,
    /// The directory that accounts are in.
    #[cfg(unix)]
    pub ldap: Option<Arc<ldap::Settings>>,
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
    /// What answers a right HTTP response.
    pub http_authentication_info: AuthenticationInfo,
    /// The algorithms of HTTP challenges that a client answers, the best first; not empty.
    pub client_algorithms: Vec<Algorithm>,
    /// Whether a client that is asked for integrity answers HTTP challenges without auth-int.
    pub client_without_integrity: bool,
    /// The SASL profiles to list, each of [`PROFILES`].
    pub profiles: Vec<&'static str>,
    /// The log.
    pub log: log::Settings,
}

/// What is sent with the answer to a right HTTP response (RFC 7616 §3.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthenticationInfo {
    /// Nothing, as Windows does it.
    None,
    /// The server's proof that it knows the secret.
    Rspauth,
    /// That, and the nonce for the next request.
    NextNonce,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ciphers: [Cipher::TripleDes, Cipher::Rc4].into_iter().collect(),
            utf8_sasl: true,
            utf8_http: true,
            use_system: false,
            realm: host::domain(),
            realms: Vec::new(),
            accounts: None,
            sql: None,
            #[cfg(unix)]
            ldap: None,
            nonce_lifetime: Duration::from_secs(300),
            maxbuf: None,
            secret: None,
            http_algorithms: vec![Algorithm::MD5_SESS],
            http_nonce_count: Order::Strict,
            http_sessions: 100_000,
            http_opaque: false,
            http_check_uri: false,
            http_userhash: false,
            http_authentication_info: AuthenticationInfo::None,
            client_algorithms: Algorithm::STRONGEST_FIRST.to_vec(),
            client_without_integrity: false,
            profiles: PROFILES.to_vec(),
            log: log::Settings::default(),
        }
    }
}

impl Config {
    /// Finds and reads the configuration of this process, and makes the log as it says.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file, line and key or the variable in the reason: the file that
    /// `SECUR32_CONFIG` names does not exist, the file cannot be read, is not UTF-8 text or larger
    /// than 1 MiB; it or a variable says something that is not allowed.
    pub fn load() -> Result<Arc<Self>> {
        let variable = |name: &str| std::env::var_os(name);
        let none = |_: &str| None;
        let config = if process::privileged() {
            Self::load_from(&file::standard_places(), &none)
        } else {
            // Before the rest, so that what is wrong with the rest can be read in the log.
            match log_of_environment(&variable) {
                Ok(None) => {}
                Ok(Some(settings)) => log::configure(&settings),
                Err(wrong) => {
                    log::complain();
                    return Err(wrong);
                }
            }
            Self::load_from(&file::standard_places(), &variable)
        }?;
        log::configure(&config.log);
        Ok(Arc::new(config))
    }

    /// Reads the first file that there is, of the one that the environment names or of `places`.
    fn load_from(places: &[PathBuf], variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self> {
        let config = match set(variable, "SECUR32_CONFIG") {
            Some(path) => {
                let path = absolute("SECUR32_CONFIG", path)?;
                file::read(&path)?.ok_or_else(|| {
                    wrong(format!(
                        "{}: SECUR32_CONFIG names it, but it does not exist",
                        path.display()
                    ))
                })?
            }
            None => file::read_first(places)?.unwrap_or_default(),
        };
        config.apply_environment(variable)
    }

    /// Reads the text of a file. `path` is for messages, and its directory is where relative paths
    /// in the text begin.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with `path`, the line and the key in the reason: it is not TOML, or has an
    /// unknown table or key, or a value that is not allowed.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        read::config(text, path)
    }

    /// The same with what the environment overrides; `variable` is what looks up a name there.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the name of the variable in the reason.
    pub fn apply_environment(
        mut self,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self> {
        if let Some(path) = set(variable, "SECUR32_ACCOUNTS") {
            self.accounts = Some(absolute("SECUR32_ACCOUNTS", path)?);
            self.sql = None;
            #[cfg(unix)]
            {
                self.ldap = None;
            }
        }
        if let Some(realm) = set(variable, "SECUR32_REALM") {
            self.realm = realm
                .into_string()
                .ok()
                .filter(|realm| is_realm(realm))
                .ok_or_else(|| wrong(format!("SECUR32_REALM: expected {}", read::REALM)))?;
        }
        if let Some(settings) = log_of_environment(variable)? {
            self.log = settings;
        }
        Ok(self)
    }

    /// The accounts: those of the htdigest file, the database or the directory, which everyone who has
    /// it open shares, or a source that says how to configure some.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file and where it has one the line in the reason: the file cannot
    /// be read, or has a malformed line; the system has no library to ask a database or a directory
    /// by. `INSUFFICIENT_MEMORY`.
    pub fn accounts(&self) -> Result<Arc<dyn Source>> {
        self.source().map_err(|unavailable| {
            if unavailable.is_no_memory() { Error::no_memory() } else { wrong(unavailable.0) }
        })
    }

    fn source(&self) -> std::result::Result<Arc<dyn Source>, Unavailable> {
        if let Some(path) = &self.accounts {
            return Ok(HtdigestFile::shared(path, &self.hashed_names())?);
        }
        if let Some(settings) = &self.sql {
            return sql::shared(settings);
        }
        #[cfg(unix)]
        if let Some(settings) = &self.ldap {
            return ldap::shared(settings);
        }
        Ok(Arc::new(NoAccounts))
    }

    /// The algorithms by whose hashes clients may name their users.
    fn hashed_names(&self) -> Vec<accounts::Algorithm> {
        let asked = self.http_algorithms.iter().filter(|_| self.http_userhash);
        asked.map(|algorithm| algorithm.hash.stored()).collect()
    }
}

/// The refusal of a configuration. Of the statuses that `AcquireCredentialsHandle` is documented to
/// return, this is the one that blames neither the caller nor the peer.
fn wrong(reason: String) -> Error {
    Error::new(Status::INTERNAL_ERROR, reason)
}

/// The value of a variable, where it is set and not empty.
fn set(variable: &dyn Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
    variable(name).filter(|value| !value.is_empty())
}

fn absolute(name: &str, path: OsString) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| wrong(format!("{name}: {error}")))
}

fn log_of_environment(
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Option<log::Settings>> {
    let Some(text) = set(variable, "SECUR32_LOG") else { return Ok(None) };
    let settings = text.to_str().and_then(log::Settings::from_text).ok_or_else(|| {
        wrong("SECUR32_LOG: expected off, error or debug, then optionally :PATH".to_owned())
    })?;
    Ok(Some(settings))
}

fn is_realm(text: &str) -> bool {
    text.len() <= MAX_REALM && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
