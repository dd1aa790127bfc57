//! The table `[shared]` of secur32.toml: which engine counts for many processes.

use std::path::PathBuf;
use std::time::Duration;

use subtle::ConstantTimeEq;

use crate::config::{Document, Key, Value};
use crate::error::Result;
use crate::secret::Secret;

/// The name of the table.
const TABLE: &str = "shared";
/// Where Redis listens when a URL does not say it.
const PORT: u16 = 6379;
/// The longest prefix of keys.
const MAX_PREFIX: usize = 16;

/// How the engine is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// By TCP; with TLS or without.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
        /// Whether TLS is spoken.
        tls: bool,
    },
    /// By a Unix socket.
    Unix(PathBuf),
}

/// A password, which is compared in constant time.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

impl Password {
    /// The bytes, which are UTF-8.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Password {}

/// What `[shared]` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Where the engine is; absent until `url` has been read, which must be there.
    pub address: Option<Address>,
    /// The number of the database.
    pub database: u32,
    /// The ACL user; absent: the engine's default one.
    pub user: Option<String>,
    /// The password: the first line of its file.
    pub password: Option<Password>,
    /// What keys begin with.
    pub prefix: String,
    /// How long a call waits for the engine, connecting included.
    pub timeout: Duration,
    /// How many connections a process has, at most.
    pub connections: usize,
    /// How long a session lives without a request.
    pub idle: Duration,
    /// How far clocks may be apart.
    pub skew: Duration,
    /// Replicas that must have a claim before it is granted.
    pub replicas: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: None,
            database: 0,
            user: None,
            password: None,
            prefix: "s32".to_owned(),
            timeout: Duration::from_millis(250),
            connections: 4,
            idle: Duration::from_secs(1800),
            skew: Duration::from_secs(30),
            replicas: 0,
        }
    }
}

/// The keys of the table, in the order in which the documentation has them.
pub const KEYS: &[Key<Settings>] = &[
    Key {
        table: TABLE,
        name: "url",
        expected: "redis://HOST:PORT/DATABASE, rediss:// the same, or unix:///PATH?db=DATABASE",
        shown: "\"redis://127.0.0.1:6379/0\"",
        doc: "or rediss:// the same, or unix:///PATH?db=0; required",
        read: |settings, value| {
            let (address, database) = address(value)?;
            settings.address = Some(address);
            settings.database = database;
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "user",
        expected: "a user's name",
        shown: "# \"secur32\"",
        doc: "beside password_file, the engine's ACL user; default: the one without a name",
        read: |settings, value| {
            let named = |user: &&str| !user.is_empty() && !user.contains(char::is_whitespace);
            settings.user = Some(value.string().filter(named)?.to_owned());
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "password_file",
        expected: "a path",
        shown: "# \"shared.password\"",
        doc: "a file that others cannot read, whose first line it is; default: none",
        read: |settings, value| {
            settings.password = Some(Password(value.private_line()?));
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "prefix",
        expected: "1 to 16 letters, digits, - and _",
        shown: "\"s32\"",
        doc: "of the keys: 1 to 16 letters, digits, - and _",
        read: |settings, value| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            let is_prefix = |prefix: &&str| {
                (1..=MAX_PREFIX).contains(&prefix.len()) && prefix.bytes().all(allowed)
            };
            value.string().filter(is_prefix)?.clone_into(&mut settings.prefix);
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "timeout",
        expected: "a number of milliseconds from 10 to 10000",
        shown: "250",
        doc: "milliseconds for a call, 10 to 10000",
        read: |settings, value| {
            settings.timeout = Duration::from_millis(value.number(10..=10_000)?.into());
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "connections",
        expected: "a number from 1 to 64",
        shown: "4",
        doc: "of each process, 1 to 64",
        read: |settings, value| {
            settings.connections = usize::try_from(value.number(1..=64)?).ok()?;
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "idle",
        expected: "a number of seconds from 60 to 604800",
        shown: "1800",
        doc: "seconds that a session lives without a request, 60 to 604800",
        read: |settings, value| {
            settings.idle = Duration::from_secs(value.number(60..=604_800)?.into());
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "skew",
        expected: "a number of seconds from 1 to 600",
        shown: "30",
        doc: "seconds that clocks may be apart, 1 to 600",
        read: |settings, value| {
            settings.skew = Duration::from_secs(value.number(1..=600)?.into());
            Some(())
        },
    },
    Key {
        table: TABLE,
        name: "replicas",
        expected: "a number from 0 to 9",
        shown: "0",
        doc: "copies that must have a claim before it is granted, 0 to 9",
        read: |settings, value| {
            settings.replicas = value.number(0..=9)?;
            Some(())
        },
    },
];

impl Settings {
    /// What `document` says; `None` where it has no such table. `secret` where it has a secret, without
    /// which no process takes another's nonces.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file, line and key or table in the reason.
    pub fn read(document: &Document, secret: bool) -> Result<Option<Self>> {
        if !document.has(TABLE)? {
            return Ok(None);
        }
        let mut settings = Self::default();
        document.read(KEYS, &mut settings)?;
        let missing = match &settings.address {
            _ if cfg!(not(feature = "shared")) => "needs a build with the feature shared",
            None => "needs `url`",
            Some(_) if !secret => "needs `secret` under [server]",
            Some(_) if settings.user.is_some() && settings.password.is_none() => {
                "needs `password_file` beside `user`"
            }
            Some(_) => return Ok(Some(settings)),
        };
        Err(document.table_fault(TABLE, missing))
    }
}

/// What the URL says: the address and the database.
fn address(value: &Value<'_>) -> Option<(Address, u32)> {
    let url = value.string()?;
    if url.contains(|letter: char| letter.is_control() || letter == ' ') {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let tls = match scheme {
        "unix" => return unix_address(rest),
        "redis" => false,
        "rediss" => true,
        _ => return None,
    };
    if tls && cfg!(not(feature = "shared-tls")) {
        return value.refuse("rediss:// needs a build with the feature shared-tls".to_owned());
    }
    if rest.contains('@') {
        return value.refuse("name and password are the keys user and password_file".to_owned());
    }
    let (host, database) = rest.split_once('/').unwrap_or((rest, ""));
    let database = if database.is_empty() { 0 } else { number(database)? };
    let bracketed = host.strip_prefix('[').and_then(|host| host.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => u16::try_from(number(port)?).ok().filter(|port| *port > 0)?,
        None => PORT,
    };
    if host.is_empty() || host.contains(['?', '#']) || (bracketed.is_none() && host.contains(':')) {
        return None;
    }
    Some((Address::Tcp { host: host.to_owned(), port, tls }, database))
}

/// What follows `unix://`.
fn unix_address(rest: &str) -> Option<(Address, u32)> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, "db=0"));
    let database = number(query.strip_prefix("db=")?)?;
    let is_path = path.starts_with('/') && cfg!(unix);
    is_path.then(|| (Address::Unix(PathBuf::from(path)), database))
}

/// A decimal number, without a sign.
fn number(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
