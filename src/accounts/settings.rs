//! Which database or directory has the accounts: the tables `[sql]` and `[ldap]` of secur32.toml.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::empty::NoAccounts;
use super::ldap;
use super::{Source, Unavailable, scram, sql};
use crate::config::{Document, Key};
use crate::error::Result;

/// The names of the tables.
pub const TABLES: [&str; 2] = ["sql", "ldap"];

/// Where accounts are, other than in a file; at most one of both is there.
#[derive(Clone, Default, Debug)]
pub struct Settings {
    /// The database.
    pub sql: Option<Arc<sql::Settings>>,
    /// The directory.
    pub ldap: Option<Arc<ldap::Settings>>,
}

impl Settings {
    /// What `document` says; `file` where it names a file of accounts, `hashed_names` where users may
    /// be named by hashes.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file, line and key or table in the reason.
    pub fn read(document: &Document, file: bool, hashed_names: bool) -> Result<Self> {
        let mut settings = Self::default();
        if document.has("sql")? {
            let sql = sql::settings::read(document)?;
            if hashed_names && sql.query_userhash.is_none() {
                return Err(document.table_fault("sql", NO_HASHED_NAMES));
            }
            settings.sql = Some(Arc::new(sql));
        }
        if document.has("ldap")? {
            if settings.sql.is_some() {
                let reason = "there is [sql] too: accounts come from one place";
                return Err(document.table_fault("ldap", reason));
            }
            if hashed_names {
                return Err(document.table_fault("ldap", NO_HASHED_NAMES));
            }
            settings.ldap = Some(Arc::new(ldap::settings::read(document)?));
        }
        for table in TABLES {
            if file && document.has(table)? {
                let reason = "there is server.accounts too: accounts come from one place";
                return Err(document.table_fault(table, reason));
            }
        }
        Ok(settings)
    }

    /// Where accounts for SCRAM are: in `file` where there is one, else in the database or the directory.
    ///
    /// # Errors
    /// [`Unavailable`]: the file cannot be read, or has a malformed line; the system has no library to ask
    /// a database or a directory by.
    pub fn scram_source(
        &self,
        file: Option<&Path>,
    ) -> std::result::Result<Arc<dyn Source>, Unavailable> {
        if let Some(path) = file {
            return Ok(scram::shared(path)?);
        }
        Ok(self.source()?.unwrap_or_else(|| Arc::new(NoAccounts)))
    }

    /// The database or the directory, where there is one.
    ///
    /// # Errors
    /// [`Unavailable`]: the system has no library to ask it by.
    pub fn source(&self) -> std::result::Result<Option<Arc<dyn Source>>, Unavailable> {
        if let Some(settings) = &self.sql {
            return sql::shared(settings).map(Some);
        }
        if let Some(settings) = &self.ldap {
            return ldap::shared(settings).map(Some);
        }
        Ok(None)
    }
}

const NO_HASHED_NAMES: &str = "server.http_userhash wants sql.query_userhash, or an htdigest file";

/// The bounds that both tables have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) timeout: Duration,
    pub(super) connections: usize,
    /// Milliseconds.
    pub(super) cache: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(1), connections: 4, cache: 10_000 }
    }
}

/// What is being read of a table with bounds.
pub(super) trait Bounded {
    fn bounds(&mut self) -> &mut Bounds;
}

/// The key `timeout` of a table.
pub(super) const fn timeout<S: Bounded>(table: &'static str) -> Key<S> {
    Key {
        table,
        name: "timeout",
        expected: "a number of milliseconds from 50 to 60000",
        shown: "1000",
        doc: "milliseconds, 50 to 60000",
        read: |settings, value| {
            let milliseconds = value.number(50..=60_000)?;
            settings.bounds().timeout = Duration::from_millis(milliseconds.into());
            Some(())
        },
    }
}

/// The key `connections` of a table.
pub(super) const fn connections<S: Bounded>(table: &'static str) -> Key<S> {
    Key {
        table,
        name: "connections",
        expected: "a number from 1 to 64",
        shown: "4",
        doc: "1 to 64",
        read: |settings, value| {
            settings.bounds().connections = usize::try_from(value.number(1..=64)?).ok()?;
            Some(())
        },
    }
}

/// The key `cache` of a table.
pub(super) const fn cache<S: Bounded>(table: &'static str) -> Key<S> {
    Key {
        table,
        name: "cache",
        expected: "a number of seconds from 0 to 600",
        shown: "10",
        doc: "seconds that answers are kept, 0 to 600",
        read: |settings, value| {
            settings.bounds().cache = u64::from(value.number(0..=600)?) * 1000;
            Some(())
        },
    }
}

#[cfg(test)]
mod tests;
