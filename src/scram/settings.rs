//! What secur32.toml says of SCRAM.

use std::path::PathBuf;
use std::sync::Arc;

use crate::accounts::{self, Source};
use crate::config::{Document, Key, wrong};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The table of these keys.
pub const TABLE: &str = "scram";

/// The keys of SCRAM, in the order in which the documentation has them.
pub const KEYS: &[Key<Settings>] = &[
    Key {
        table: TABLE,
        name: "accounts",
        expected: "a path",
        shown: "\"scram-accounts\"",
        doc: "a file of stored keys, relative to this one; default: what [sql] or [ldap] says, else no accounts",
        read: |settings, value| value.path().map(|path| settings.accounts = Some(path)),
    },
    Key {
        table: TABLE,
        name: "iterations",
        expected: "a number from 4096 to 1000000",
        shown: "4096",
        doc: "4096 to 1000000, for passwords that pGetKeyFn answers with; Cyrus SASL's clients take 65536 at most",
        read: |settings, value| {
            value.number(FEWEST..=MOST).map(|count| settings.iterations = count)
        },
    },
    Key {
        table: TABLE,
        name: "iterations_min",
        expected: "a number from 1 to 1000000",
        shown: "4096",
        doc: "the fewest that a client hashes its password with, 1 to 1000000",
        read: |settings, value| value.number(1..=MOST).map(|count| settings.iterations_min = count),
    },
    Key {
        table: TABLE,
        name: "iterations_max",
        expected: "a number from 4096 to 100000000",
        shown: "1000000",
        doc: "the most that a client hashes its password with, 4096 to 100000000: a million takes up to a second",
        read: |settings, value| {
            value.number(FEWEST..=100 * MOST).map(|count| settings.iterations_max = count)
        },
    },
    Key {
        table: TABLE,
        name: "cache",
        expected: "a number from 0 to 64",
        shown: "8",
        doc: "salted passwords that a client's credential keeps, so that the next login need not hash again, 0 to 64",
        read: |settings, value| {
            settings.cache = usize::try_from(value.number(0..=64)?).ok()?;
            Some(())
        },
    },
];

/// RFC 7677 §4.
const FEWEST: u32 = 4096;
const MOST: u32 = 1_000_000;

/// What is configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A file of stored keys.
    pub accounts: Option<PathBuf>,
    /// The iteration count for passwords, and for users that there are not.
    pub iterations: u32,
    /// The fewest iterations that a client takes.
    pub iterations_min: u32,
    /// The most.
    pub iterations_max: u32,
    /// How many salted passwords a client's credential keeps.
    pub cache: usize,
    /// `server.secret`: what processes share.
    pub secret: Option<Secret<Vec<u8>>>,
    /// Accounts that are in no file.
    pub databases: accounts::settings::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accounts: None,
            iterations: FEWEST,
            iterations_min: FEWEST,
            iterations_max: MOST,
            cache: 8,
            secret: None,
            databases: accounts::settings::Settings::default(),
        }
    }
}

impl Settings {
    /// What `document` says.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file, line and key in the reason.
    pub fn read(document: &Document) -> Result<Self> {
        let mut settings = Self::read_table(document)?;
        let secret = document.string("server", "secret")?;
        settings.secret = secret.map(|secret| Secret::new(secret.into_bytes()));
        settings.databases = accounts::settings::Settings::read(document, false, false)?;
        Ok(settings)
    }

    /// What the table of SCRAM alone says: the other tables are Digest's too, which checks them.
    ///
    /// # Errors
    /// As [`Settings::read`].
    pub(super) fn read_table(document: &Document) -> Result<Self> {
        let mut settings = Self::default();
        document.read(KEYS, &mut settings)?;
        if settings.iterations_min > settings.iterations_max {
            let reason = "iterations_min is more than iterations_max";
            return Err(document.table_fault(TABLE, reason));
        }
        Ok(settings)
    }

    /// The accounts: those of the file, the database or the directory, or a source that says how to
    /// configure some.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file and where it has one the line in the reason: the file cannot be
    /// read, or has a malformed line; the system has no library to ask a database or a directory by.
    /// `INSUFFICIENT_MEMORY`.
    pub fn source(&self) -> Result<Arc<dyn Source>> {
        self.databases.scram_source(self.accounts.as_deref()).map_err(|unavailable| {
            if unavailable.is_no_memory() { Error::no_memory() } else { wrong(unavailable.0) }
        })
    }
}

#[cfg(test)]
mod tests;
