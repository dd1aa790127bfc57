//! Whose response it is: the accounts, asked for every reading of its name.

use std::borrow::Cow;

use once_cell::sync::OnceCell;

use super::hash::{self, Digits};
use super::response::{Response, Username};
use super::secret::{Request, SessionSecret};
use crate::accounts::{Account, Source, Stored, Unavailable};
use crate::digest::limits::TRIES;
use crate::digest::names::{self, Reading, Readings};
use crate::random;
use crate::sspi::{Error, Result, Secret, Status};

/// An account whose secret makes the response right.
pub struct Match {
    /// The name, as looked up.
    pub user: Vec<u8>,
    /// The realm, as looked up.
    pub realm: Vec<u8>,
    /// What later responses are checked with.
    pub secret: SessionSecret,
}

/// Compares `response` with what the secrets of `source` would make of it. Every reading of the
/// name is tried whether or not it is known: who measures the time of a refusal learns only what
/// the message itself says.
///
/// # Errors
/// `NO_AUTHENTICATING_AUTHORITY` when the source cannot answer.
pub fn search(
    source: &dyn Source,
    response: &Response<'_>,
    nonce: &[u8],
    request: &Request<'_>,
) -> Result<Option<Match>> {
    let judge = Judge { source, response, nonce, request };
    let found = judge.search()?;
    if found.is_none() && source.refresh() {
        return judge.search();
    }
    Ok(found)
}

struct Judge<'a> {
    source: &'a dyn Source,
    response: &'a Response<'a>,
    nonce: &'a [u8],
    request: &'a Request<'a>,
}

impl Judge<'_> {
    fn search(&self) -> Result<Option<Match>> {
        let mut tries = TRIES;
        let (readings, known) = self.readings()?;
        for reading in readings.iter() {
            let account = Account { user: &reading.user, realm: &reading.realm };
            let algorithm = self.response.algorithm.hash.stored();
            let stored = self.source.find(&account, algorithm).map_err(unavailable)?;
            let stored = stored.filter(|_| known);
            if let Some(secret) = self.try_stored(reading, stored.as_ref(), &mut tries)? {
                let (user, realm) = (reading.user.to_vec(), reading.realm.to_vec());
                return Ok(Some(Match { user, realm, secret }));
            }
        }
        Ok(None)
    }

    /// The readings of the user's name, and whether they can be an account's; of a hashed one,
    /// those of the name behind it, where there is one.
    fn readings(&self) -> Result<(Readings<'_>, bool)> {
        let (response, realm) = (self.response, self.response.realm);
        Ok(match &response.username {
            Username::Plain(name) => (names::readings_of(*name, Some(realm)), true),
            Username::Extended(name) => {
                let name = Cow::Borrowed(name.as_bytes());
                (names::readings_of_text(name, realm.unquoted()), true)
            }
            Username::Hashed(name) => {
                let (hash, realm) = (response.algorithm.hash, realm.unquoted());
                let name = name.unquoted();
                let user = match Digits::read(&name, hash) {
                    None => None,
                    Some(digits) => self
                        .source
                        .find_hashed(&digits, &realm, hash.stored())
                        .map_err(unavailable)?,
                };
                // Without an account the look-up is made all the same, for its time.
                let known = user.is_some();
                (names::readings_of_text(user.map_or(name, Cow::Owned), realm), known)
            }
        })
    }

    fn try_stored(
        &self,
        reading: &Reading<'_>,
        stored: Option<&Stored>,
        tries: &mut usize,
    ) -> Result<Option<SessionSecret>> {
        let hash = self.response.algorithm.hash;
        let octets = hash.digits() / 2;
        match stored {
            None => {
                self.try_secret(&absent(octets)?);
                Ok(None)
            }
            Some(Stored::Hash(stored)) => {
                let mut stored = stored.clone();
                let stored = stored.expose_mut().get_mut(..octets).unwrap_or_default();
                Ok(self.try_secret(&Digits::of(stored)))
            }
            Some(Stored::Password(password)) => {
                for form in names::password_forms(reading.encoding, password.expose()).iter() {
                    let Some(left) = tries.checked_sub(1) else { return Ok(None) };
                    *tries = left;
                    let secret = hash::password(hash, &reading.user, &reading.realm, form);
                    if let Some(secret) = self.try_secret(&secret) {
                        return Ok(Some(secret));
                    }
                }
                Ok(None)
            }
        }
    }

    fn try_secret(&self, secret: &Digits) -> Option<SessionSecret> {
        SessionSecret::of(secret, self.response, self.nonce, self.request)
    }
}

/// The secret of users that do not exist: random, so that nobody can compute a response from it.
fn absent(octets: usize) -> Result<Digits> {
    static ABSENT: OnceCell<Secret<[u8; 32]>> = OnceCell::new();
    let secret = ABSENT.get_or_try_init(|| {
        let mut secret = Secret::new([0; 32]);
        random::fill(secret.expose_mut()).map(|()| secret)
    })?;
    let mut secret = secret.clone();
    Ok(Digits::of(secret.expose_mut().get_mut(..octets).unwrap_or_default()))
}

fn unavailable(Unavailable(reason): Unavailable) -> Error {
    Error::new(Status::NO_AUTHENTICATING_AUTHORITY, format!("accounts: {reason}"))
}
