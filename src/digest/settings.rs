//! What secur32.toml says of Digest.
//!
//! [`KEYS`] is the table of all of it: the file is read by it, what is wrong in a file is explained by
//! it, and a test holds docs/configuration.md and README.md to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::http::formulas::Algorithm;
use super::http::nonce_counts::Order;
use super::http::shared;
use super::message::qop::{Cipher, Named, Offer, Qop};
use crate::accounts::empty::NoAccounts;
use crate::accounts::htdigest::HtdigestFile;
#[cfg(unix)]
use crate::accounts::ldap;
use crate::accounts::{self, Source, Unavailable, sql};
use crate::config::{Document, Key, absolute, wrong};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::system::host;

/// The longest realm in bytes.
const MAX_REALM: usize = 255;
/// Fewer bytes of a secret could be guessed.
const MIN_SECRET: usize = 16;

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
        }
    }
}

/// The keys of Digest, in the order in which the documentation has them.
pub const KEYS: &[Key<Settings>] = &[
    Key {
        table: "WDigest",
        name: "DigestEncryptionAlgorithms",
        expected: "a string that lists some of 3des,des,rc4,rc4-56,rc4-40",
        shown: "\"3des,rc4\"",
        doc: "of 3des, des, rc4, rc4-56, rc4-40: what servers offer and clients take, in this order",
        read: |settings, value| {
            let names = value.string()?.split(',');
            let ciphers = names.map(|name| Cipher::from_name(name.trim_ascii().as_bytes()));
            settings.ciphers = ciphers.collect::<Option<_>>()?;
            Some(())
        },
    },
    Key {
        table: "WDigest",
        name: "UTF8SASL",
        expected: "0 or 1",
        shown: "1",
        doc: "0: challenges of DIGEST-MD5 without charset=utf-8, for JavaMail's users beyond ASCII",
        read: |settings, value| value.flag().map(|on| settings.utf8_sasl = on),
    },
    Key {
        table: "WDigest",
        name: "UTF8HTTP",
        expected: "0 or 1",
        shown: "1",
        doc: "0: the same of HTTP's, for clients that refuse the directive or its spelling",
        read: |settings, value| value.flag().map(|on| settings.utf8_http = on),
    },
    Key {
        table: "WDigest",
        name: "use_system",
        expected: "0 or 1",
        shown: "0",
        doc: "1: WDigest is left to Windows where Windows has it",
        read: |settings, value| value.flag().map(|on| settings.use_system = on),
    },
    Key {
        table: "server",
        name: "realm",
        expected: REALM,
        shown: "\"example.org\"",
        doc: "default: the host's domain name",
        read: |settings, value| value.string().and_then(realm).map(|realm| settings.realm = realm),
    },
    Key {
        table: "server",
        name: "realms",
        expected: "a list, each of its values a string of at most 255 bytes without control characters",
        shown: "[]",
        doc: "others whose users are let in, such as [\"EXAMPLE\"]",
        read: |settings, value| value.list(realm).map(|realms| settings.realms = realms),
    },
    Key {
        table: "server",
        name: "qop",
        expected: "a string that lists auth, and some of auth-int,auth-conf beside it",
        shown: "\"auth,auth-int,auth-conf\"",
        doc: "what is offered at most, where the program asks for it; \"auth\" serves clients that cannot read a list",
        read: |settings, value| {
            let names = value.string()?.split(',');
            let qops = names.map(|name| Qop::from_name(name.trim_ascii().as_bytes()));
            settings.qops =
                qops.collect::<Option<Offer<_>>>().filter(|it| it.contains(Qop::Auth))?;
            Some(())
        },
    },
    Key {
        table: "server",
        name: "accounts",
        expected: "a path",
        shown: "\"accounts\"",
        doc: "an htdigest file, relative to this one; default: no accounts",
        read: |settings, value| value.path().map(|path| settings.accounts = Some(path)),
    },
    Key {
        table: "server",
        name: "nonce_lifetime",
        expected: "a number of seconds from 1 to 86400",
        shown: "300",
        doc: "seconds in which a challenge must be answered, 1 to 86400",
        read: |settings, value| {
            let seconds = value.number(1..=86400)?;
            settings.nonce_lifetime = Duration::from_secs(seconds.into());
            Some(())
        },
    },
    Key {
        table: "server",
        name: "maxbuf",
        expected: "a number of bytes from 17 to 16777215",
        shown: "65536",
        doc: "bytes of a message, 17 to 16777215, which is sent to peers and then insisted on; default: not sent, which means 65536",
        read: |settings, value| {
            value.number(17..=0xff_ffff).map(|bytes| settings.maxbuf = Some(bytes))
        },
    },
    Key {
        table: "server",
        name: "secret",
        expected: "a string of at least 16 bytes",
        shown: "\"at least sixteen bytes\"",
        doc: "shared by processes that hand contexts, or clients of HTTP, to one another; default: none is shared",
        read: |settings, value| {
            let secret = value.string().filter(|secret| secret.len() >= MIN_SECRET)?;
            settings.secret = Some(Secret::new(secret.as_bytes().to_vec()));
            Some(())
        },
    },
    Key {
        table: "server",
        name: "http_algorithms",
        expected: ALGORITHMS,
        shown: "[\"MD5\"]",
        doc: "on Windows [\"MD5-sess\"]; also SHA-256, SHA-256-sess, SHA-512-256, SHA-512-256-sess: a challenge for each",
        read: |settings, value| {
            value.choice(algorithm).map(|algorithms| settings.http_algorithms = algorithms)
        },
    },
    Key {
        table: "server",
        name: "http_nonce_count",
        expected: "\"strict\" or \"window\"",
        shown: "\"window\"",
        doc: "counts may come out of order, within 64; on Windows \"strict\", each is one more than the last",
        read: |settings, value| {
            let order = value.one_of(&[("strict", Order::Strict), ("window", Order::Window)])?;
            settings.http_nonce_count = order;
            Some(())
        },
    },
    Key {
        table: "server",
        name: "http_sessions",
        expected: "a number from 64 to 16777216",
        shown: "100000",
        doc: "nonces to remember, 64 to 16777216",
        read: |settings, value| {
            let number = value.number(64..=0x100_0000)?;
            settings.http_sessions = usize::try_from(number).unwrap_or(usize::MAX);
            Some(())
        },
    },
    Key {
        table: "server",
        name: "http_opaque",
        expected: "0 or 1",
        shown: "0",
        doc: "1: challenges have an opaque",
        read: |settings, value| value.flag().map(|on| settings.http_opaque = on),
    },
    Key {
        table: "server",
        name: "http_check_uri",
        expected: "0 or 1",
        shown: "0",
        doc: "1: a caller's URI buffer must be what the client hashed, or the path of it, or of which that is the path",
        read: |settings, value| value.flag().map(|on| settings.http_check_uri = on),
    },
    Key {
        table: "server",
        name: "http_userhash",
        expected: "0 or 1",
        shown: "0",
        doc: "1: clients are asked to hash names (RFC 7616), and an index of the accounts is kept, 6 to 12 bytes for each",
        read: |settings, value| value.flag().map(|on| settings.http_userhash = on),
    },
    Key {
        table: "server",
        name: "http_authentication_info",
        expected: "\"none\", \"rspauth\" or \"nextnonce\"",
        shown: "\"none\"",
        doc: "\"rspauth\", \"nextnonce\": what answers a valid response; the latter is a nonce for each request",
        read: |settings, value| {
            settings.http_authentication_info = value.one_of(&[
                ("none", AuthenticationInfo::None),
                ("rspauth", AuthenticationInfo::Rspauth),
                ("nextnonce", AuthenticationInfo::NextNonce),
            ])?;
            Some(())
        },
    },
    Key {
        table: "client",
        name: "http_algorithms",
        expected: ALGORITHMS,
        shown: "[\"SHA-512-256-sess\", \"SHA-512-256\", \"SHA-256-sess\", \"SHA-256\", \"MD5-sess\", \"MD5\"]",
        doc: "what HTTP challenges are answered by, the best first",
        read: |settings, value| {
            value.choice(algorithm).map(|algorithms| settings.client_algorithms = algorithms)
        },
    },
    Key {
        table: "client",
        name: "hash_charset",
        expected: "\"ISO-8859-1\" or \"UTF-8\"",
        shown: "\"ISO-8859-1\"",
        doc: "how names and passwords that fit it are hashed for servers of DIGEST-MD5 that know UTF-8; \"UTF-8\" for those of XMPP and GNU SASL",
        read: |settings, value| {
            settings.hash_latin1 = value.one_of(&[("ISO-8859-1", true), ("UTF-8", false)])?;
            Some(())
        },
    },
    Key {
        table: "client",
        name: "http_without_integrity",
        expected: "0 or 1",
        shown: "0",
        doc: "1: servers without auth-int are answered where ISC_REQ_INTEGRITY asks for it",
        read: |settings, value| value.flag().map(|on| settings.client_without_integrity = on),
    },
];

/// What a realm is.
const REALM: &str = "a string of at most 255 bytes without control characters";
/// What a list of algorithms is.
const ALGORITHMS: &str = "a list of different ones of MD5, MD5-sess, SHA-256, SHA-256-sess, \
                          SHA-512-256, SHA-512-256-sess";

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
            return Ok(HtdigestFile::shared(path, &self.hashed_names())?);
        }
        if let Some(settings) = &self.databases.sql {
            return sql::shared(settings);
        }
        #[cfg(unix)]
        if let Some(settings) = &self.databases.ldap {
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

fn realm(name: &str) -> Option<String> {
    let fits = name.len() <= MAX_REALM && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

fn algorithm(name: &str) -> Option<Algorithm> {
    Algorithm::from_name(name.as_bytes())
}

#[cfg(test)]
mod tests;
