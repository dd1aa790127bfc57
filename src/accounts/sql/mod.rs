//! Accounts in an SQL database, by the system's ODBC driver manager (ODBC 3), which is loaded when a
//! credential first wants it.
//!
//! Names go to the database as parameters, never as part of a query. Calls run on threads of the
//! library, as many as there may be connections, begun when they are wanted; callers wait for a
//! deadline. A lost connection is made anew once within a look-up; where that fails too, nobody is said
//! to be unknown.

#![allow(unsafe_code)]

mod characters;
mod library;
mod odbc;
mod session;
pub mod settings;
mod workers;

use std::sync::{Arc, Weak};
use std::time::Duration;

use self::session::{Asked, SqlSession};
use self::workers::Workers;
use super::question::Question;
use super::remote::{Remote, RemoteStore};
use super::scram::{self, Hash, Known};
use super::stored_form::{Form, Meaning, Value};
use super::{Algorithm, Source, Stored, Unavailable};
use crate::secret::Secret;
use crate::system::fork::Gated;

/// The table `[sql]` of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// ODBC's connection string.
    pub connection: Secret<String>,
    /// A query with a user's name and, where it has a second parameter, the realm; none, and there are no
    /// accounts for Digest.
    pub query: Option<String>,
    /// What its first column is: a hash of MD5, or a password.
    pub form: Form,
    /// The same for hashes of SHA-256; none, and such responses are nobody's.
    pub query_sha256: Option<String>,
    /// A query with a user's name and, where it has a second parameter, SCRAM's mechanism, whose first
    /// column has keys.
    pub query_scram: Option<String>,
    /// A query with the digits of a hashed name and the realm, whose first column is the user's name.
    pub query_userhash: Option<String>,
    /// How long a caller waits for an answer.
    pub timeout: Duration,
    /// How many connections, and threads, there may be.
    pub connections: usize,
    /// How long answers are kept, in milliseconds; 0 for not at all.
    pub cache: u64,
}

impl Settings {
    fn is_same(&self, other: &Self) -> bool {
        self.connection.expose() == other.connection.expose()
            && self.query == other.query
            && self.form == other.form
            && self.query_sha256 == other.query_sha256
            && self.query_scram == other.query_scram
            && self.query_userhash == other.query_userhash
            && self.timeout == other.timeout
            && self.connections == other.connections
            && self.cache == other.cache
    }
}

/// A database as a source of accounts.
pub struct Database {
    settings: Arc<Settings>,
    workers: Arc<Workers<SqlSession>>,
}

/// The database of these settings, shared with everyone who has it already.
///
/// # Errors
/// [`Unavailable`] when the system has no driver manager. The database itself is first asked when an
/// account is looked up.
pub fn shared(settings: &Arc<Settings>) -> Result<Arc<dyn Source>, Unavailable> {
    static DATABASES: Gated<Vec<Weak<Remote<Database>>>> = Gated::new(Vec::new());
    odbc::load()?;
    let fresh = Arc::new(Remote::new(Database::of(settings), settings.cache));
    let mut databases = DATABASES.lock();
    let known: Vec<_> = databases.iter().filter_map(Weak::upgrade).collect();
    let first = known.iter().find(|known| known.store.settings.is_same(settings)).cloned();
    if first.is_none() {
        databases.retain(|database| database.strong_count() > 0);
        databases.push(Arc::downgrade(&fresh));
    }
    // Before `known`, whose end may close connections.
    drop(databases);
    Ok(first.unwrap_or(fresh))
}

impl Database {
    fn of(settings: &Arc<Settings>) -> Self {
        let settings = Arc::clone(settings);
        let of_threads = Arc::clone(&settings);
        let make = move || SqlSession::new(Arc::clone(&of_threads));
        let workers = Workers::new(settings.connections, settings.timeout, make);
        Self { settings, workers }
    }

    fn serves_passwords(&self) -> bool {
        self.settings.form == Form::Password && self.settings.query.is_some()
    }

    fn ask(&self, asked: Asked) -> Result<Option<session::Row>, Unavailable> {
        self.workers.ask(asked).map_err(|unavailable| match unavailable {
            Unavailable(reason) if reason.is_empty() => Unavailable::no_memory(),
            Unavailable(reason) => Unavailable(format!("[sql]: {reason}")),
        })
    }
}

/// `MariaDB`'s and SQL Server's collations find alice for 'ALICE' and for 'alice '.
fn differs(cell: Option<&Secret<Vec<u8>>>, asked: &str) -> bool {
    cell.is_some_and(|cell| cell.expose() != asked.as_bytes())
}

impl RemoteStore for Database {
    fn form(&self) -> Form {
        self.settings.form
    }

    /// Columns have no sign for SHA-512/256.
    fn serves(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            _ if self.settings.form == Form::Password => self.settings.query.is_some(),
            Algorithm::Md5 => self.settings.query.is_some(),
            Algorithm::Sha256 => self.settings.query_sha256.is_some(),
            Algorithm::Sha512_256 => false,
        }
    }

    fn look_up(&self, question: &Question) -> Result<Option<Stored>, Unavailable> {
        let Some(row) = self.ask(Asked::account(question, self.settings.form)?)? else {
            return Ok(None);
        };
        if differs(row.name.as_ref(), &question.user)
            || differs(row.realm.as_ref(), &question.realm)
        {
            return Ok(None);
        }
        let Some(value) = &row.value else { return Ok(None) };
        let value = Value { bytes: value.bytes.expose(), binary: value.binary };
        let realm = question.realm.as_bytes();
        let reason = match self.settings.form.read(value, realm, question.algorithm)? {
            Meaning::Secret(stored) => return Ok(Some(stored)),
            Meaning::Nothing => return Ok(None),
            Meaning::Foreign => "the value is a hash of another length",
            Meaning::Malformed(reason) => reason,
        };
        Err(Unavailable(format!("[sql]: {reason}")))
    }

    fn look_up_scram(&self, question: &Question<Hash>) -> Result<Option<Known>, Unavailable> {
        let of_scram = self.settings.query_scram.is_some();
        if !of_scram && !self.serves_passwords() {
            let reason =
                "[sql]: for SCRAM it wants query_scram, or a query with the form \"password\"";
            return Err(Unavailable(reason.to_owned()));
        }
        let Some(row) = self.ask(Asked::scram(question, of_scram)?)? else { return Ok(None) };
        let Some(value) = row.value.filter(|_| !differs(row.name.as_ref(), &question.user)) else {
            return Ok(None);
        };
        if of_scram {
            let values = std::iter::once(value.bytes.expose().as_slice());
            let keys = scram::choose(values, question.algorithm);
            return Ok(keys.map_err(|refused| refused.unavailable("[sql]"))?.map(Known::Keys));
        }
        let value = Value { bytes: value.bytes.expose(), binary: value.binary };
        match Form::Password.read(value, b"", Algorithm::Md5)? {
            Meaning::Secret(Stored::Password(password)) => Ok(Some(Known::Password(password))),
            Meaning::Malformed(reason) => Err(Unavailable(format!("[sql]: {reason}"))),
            _ => Ok(None),
        }
    }

    fn look_up_hashed(&self, digits: &str, realm: &str) -> Result<Option<String>, Unavailable> {
        if self.settings.query_userhash.is_none() {
            return Ok(None);
        }
        let row = self.ask(Asked::hashed(digits, realm)?)?;
        let name = row.and_then(|row| row.value).filter(|name| !name.bytes.expose().is_empty());
        Ok(name.and_then(|name| String::from_utf8(name.bytes.expose().clone()).ok()))
    }
}
