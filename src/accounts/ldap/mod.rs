//! Accounts in an LDAP directory, by the system's LDAP library (`OpenLDAP`'s libldap, Windows'
//! wldap32.dll), which is loaded when a credential first wants it.
//!
//! Names go into a filter, escaped. Calls run on the threads that accept, each on a connection of its
//! own out of as many as there may be, bounded by the library's time-outs. A lost connection is made
//! anew once within a look-up; where that fails too, nobody is said to be unknown.

#![allow(unsafe_code)]

mod connections;
mod filter;
mod libldap;
mod library;
#[cfg(unix)]
mod openldap;
pub mod settings;
#[cfg(windows)]
mod winldap;

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use self::connections::Connections;
use self::dialect::{Character, terminated};
pub use self::filter::Filter;
use self::libldap::{Connection, Fault, Found, Target};
#[cfg(unix)]
use self::openldap as dialect;
#[cfg(windows)]
use self::winldap as dialect;
use super::question::Question;
use super::remote::{Remote, RemoteStore};
use super::scram::{self, Hash, Known};
use super::stored_form::{self, Form, Meaning, Value};
use super::{Algorithm, Source, Stored, Unavailable};
use crate::secret::Secret;
use crate::system::fork::Gated;
use crate::system::sigpipe;

/// The table `[ldap]` of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `ldap://`, `ldaps://` or `ldapi://`; several with blanks between.
    pub uri: String,
    /// Whom to bind as; empty for anonymous.
    pub bind_dn: String,
    /// The password of that.
    pub bind_password: Secret<String>,
    /// Whether to go over to TLS before binding.
    pub starttls: bool,
    /// Below which entry to search.
    pub base: String,
    /// What the entry of an account matches.
    pub filter: Filter,
    /// The attribute of which one value is the account's name, byte for byte.
    pub name: String,
    /// The attribute that has the secret; none, and there are no accounts for Digest.
    pub attribute: Option<String>,
    /// The attribute that has keys of SCRAM.
    pub attribute_scram: Option<String>,
    /// What its values are.
    pub form: Form,
    /// How long a caller waits for an answer.
    pub timeout: Duration,
    /// How many connections there may be.
    pub connections: usize,
    /// How long answers are kept, in milliseconds; 0 for not at all.
    pub cache: u64,
}

impl Settings {
    fn is_same(&self, other: &Self) -> bool {
        self.uri == other.uri
            && self.bind_dn == other.bind_dn
            && self.bind_password.expose() == other.bind_password.expose()
            && self.starttls == other.starttls
            && self.base == other.base
            && self.filter == other.filter
            && self.name == other.name
            && self.attribute == other.attribute
            && self.attribute_scram == other.attribute_scram
            && self.form == other.form
            && self.timeout == other.timeout
            && self.connections == other.connections
            && self.cache == other.cache
    }
}

/// A directory as a source of accounts.
pub struct Ldap {
    settings: Arc<Settings>,
    base: Vec<Character>,
    name: Vec<Character>,
    attribute: Option<Vec<Character>>,
    attribute_scram: Option<Vec<Character>>,
    connections: Connections<Connection>,
}

/// The directory of these settings, shared with everyone who has it already.
///
/// # Errors
/// [`Unavailable`] when the system has no LDAP library. The directory itself is first asked when an
/// account is looked up.
pub fn shared(settings: &Arc<Settings>) -> Result<Arc<dyn Source>, Unavailable> {
    static DIRECTORIES: Gated<Vec<Weak<Remote<Ldap>>>> = Gated::new(Vec::new());
    libldap::functions()?;
    let fresh = Arc::new(Remote::new(Ldap::of(settings), settings.cache));
    let mut directories = DIRECTORIES.lock();
    let known: Vec<_> = directories.iter().filter_map(Weak::upgrade).collect();
    let first = known.iter().find(|known| known.store.settings.is_same(settings)).cloned();
    if first.is_none() {
        directories.retain(|directory| directory.strong_count() > 0);
        directories.push(Arc::downgrade(&fresh));
    }
    // Before `known`, whose end may close connections.
    drop(directories);
    Ok(first.unwrap_or(fresh))
}

/// Connects and binds, until `until`.
fn connect(target: &Target<'_>, until: Instant) -> Result<Connection, Fault> {
    let functions = libldap::functions().map_err(Fault::missing)?;
    let _blocked = sigpipe::Blocked::begin();
    let connection = Connection::begin(functions, target)?;
    if target.starttls {
        connection.secure(until)?;
    }
    connection.bind(target, until)?;
    Ok(connection)
}

impl Ldap {
    fn of(settings: &Arc<Settings>) -> Self {
        Self {
            base: terminated(&settings.base),
            name: terminated(&settings.name),
            attribute: settings.attribute.as_deref().map(terminated),
            attribute_scram: settings.attribute_scram.as_deref().map(terminated),
            connections: Connections::new(settings.connections),
            settings: Arc::clone(settings),
        }
    }

    /// Of several servers the first that answers. Each has its share of the time that is left, so that one
    /// which is silent leaves some for the next.
    fn open(&self, until: Instant) -> Result<Connection, Fault> {
        let uris = self.settings.uri.split(' ').filter(|uri| !uri.is_empty());
        let mut ahead = u32::try_from(uris.clone().count()).unwrap_or(u32::MAX);
        let open = |uri, until| {
            let target = Target {
                uri,
                starttls: self.settings.starttls,
                bind_dn: &self.settings.bind_dn,
                password: self.settings.bind_password.expose().as_bytes(),
            };
            connect(&target, until)
        };
        let mut opened = None;
        for uri in uris {
            let now = Instant::now();
            let share = until.saturating_duration_since(now) / ahead.max(1);
            ahead = ahead.saturating_sub(1);
            let result = open(uri, now + share);
            let is_next = result.as_ref().is_err_and(|fault| fault.is_lost() || fault.is_late());
            opened = Some(result);
            if !is_next {
                break;
            }
        }
        opened.unwrap_or_else(|| open("", until))
    }

    /// Searches on a kept connection, and where that has been lost once more on a new one.
    fn search(&self, filter: &str, attribute: &[Character]) -> Result<Found, Unavailable> {
        let until = Instant::now() + self.settings.timeout;
        let filter = terminated(filter);
        let attributes = [self.name.as_slice(), attribute];
        let mut place = self.connections.take(until)?;
        let was_kept = place.connection.is_some();
        let mut result = Err(None);
        for _ in 0..=u8::from(was_kept) {
            let connection = match place.connection.take() {
                Some(connection) => connection,
                None => self.open(until).map_err(Fault::unavailable)?,
            };
            let found = connection.search(&self.base, &filter, attributes, until);
            let is_lost = found.as_ref().is_err_and(Fault::is_lost);
            if found.as_ref().map_or_else(Fault::is_late, |_| true) {
                place.connection = Some(connection);
            }
            result = found.map_err(Some);
            if !is_lost {
                break;
            }
        }
        result.map_err(|fault| fault.map_or_else(Unavailable::no_memory, Fault::unavailable))
    }

    /// The attribute's values in the account's entry.
    fn values(
        &self,
        user: &str,
        realm: &str,
        attribute: &[Character],
    ) -> Result<Option<Vec<Secret<Vec<u8>>>>, Unavailable> {
        let filter = self.settings.filter.of(user, realm);
        let [names, values] = match self.search(&filter, attribute)? {
            Found::Nobody => return Ok(None),
            Found::Several => return Err(unavailable("the filter finds more than one entry")),
            Found::Entry(values) => values,
        };
        // Directories find alice for 'ALICE' and for 'alice '.
        let is_the_one = |name: &Secret<Vec<u8>>| name.expose() == user.as_bytes();
        Ok(names.iter().any(is_the_one).then_some(values))
    }

    /// The secret that one of an entry's values is.
    fn secret(
        &self,
        values: &[Secret<Vec<u8>>],
        question: &Question,
    ) -> Result<Option<Stored>, Unavailable> {
        let (mut found, mut wrong): (Option<Stored>, _) = (None, None);
        for value in values {
            let value = Value { bytes: value.expose(), binary: true };
            let realm = question.realm.as_bytes();
            match self.settings.form.read(value, realm, question.algorithm)? {
                Meaning::Secret(stored) => {
                    if found.as_ref().is_some_and(|first| !stored_form::are_same(first, &stored)) {
                        return Err(unavailable("the account has several secrets"));
                    }
                    found = Some(stored);
                }
                Meaning::Nothing | Meaning::Foreign => {}
                Meaning::Malformed(reason) => wrong = Some(reason),
            }
        }
        match (found, wrong) {
            (None, Some(reason)) => Err(unavailable(reason)),
            (found, _) => Ok(found),
        }
    }
}

fn unavailable(reason: &str) -> Unavailable {
    Unavailable(format!("[ldap]: {reason}"))
}

impl RemoteStore for Ldap {
    fn form(&self) -> Form {
        self.settings.form
    }

    /// Values have no sign for SHA-512/256.
    fn serves(&self, algorithm: Algorithm) -> bool {
        self.settings.form == Form::Password || algorithm != Algorithm::Sha512_256
    }

    fn look_up(&self, question: &Question) -> Result<Option<Stored>, Unavailable> {
        let Some(attribute) = &self.attribute else { return Ok(None) };
        let values = self.values(&question.user, &question.realm, attribute)?;
        values.map_or(Ok(None), |values| self.secret(&values, question))
    }

    fn look_up_scram(&self, question: &Question<Hash>) -> Result<Option<Known>, Unavailable> {
        let user = &question.user;
        if let Some(attribute) = &self.attribute_scram {
            let Some(values) = self.values(user, "", attribute)? else { return Ok(None) };
            let values = values.iter().map(|value| value.expose().as_slice());
            let keys = scram::choose(values, question.algorithm);
            return Ok(keys.map_err(|refused| refused.unavailable("[ldap]"))?.map(Known::Keys));
        }
        let passwords = self.attribute.as_ref().filter(|_| self.settings.form == Form::Password);
        let Some(attribute) = passwords else {
            let reason =
                "for SCRAM it wants attribute_scram, or an attribute with the form \"password\"";
            return Err(unavailable(reason));
        };
        let Some(values) = self.values(user, "", attribute)? else { return Ok(None) };
        let (user, realm) = (user.clone(), String::new());
        let question = Question { user, realm, algorithm: Algorithm::Md5 };
        Ok(match self.secret(&values, &question)? {
            Some(Stored::Password(password)) => Some(Known::Password(password)),
            _ => None,
        })
    }

    /// No attribute has hashes of names.
    fn look_up_hashed(&self, _digits: &str, _realm: &str) -> Result<Option<String>, Unavailable> {
        Ok(None)
    }
}
