//! Whose response it is: the accounts, asked for every candidate for its name.

use std::borrow::Cow;
use std::hint::black_box;

use super::formulas::{self, Digits};
use super::response::{Response, Username};
use super::session_secret::{Nonces, Request, SessionSecret};
use crate::accounts::{Algorithm, Source};
use crate::digest::account_check::{self, Verifier, unavailable};
use crate::digest::message::names::{self, NameCandidate, NameCandidates};
use crate::error::Result;
use crate::secret::Secret;

/// An account whose secret makes the response right.
pub struct Match {
    /// The name, as looked up.
    pub user: Vec<u8>,
    /// The realm, as looked up.
    pub realm: Vec<u8>,
    /// What later responses are checked with.
    pub secret: SessionSecret,
}

/// Compares `response` with what the secrets of `source` would make of it, where it is `eligible`:
/// as `account_check::search`. A name that is hashed (RFC 7616 §3.4.4) is nobody's unless `userhash`
/// says that this server asks for such names.
///
/// # Errors
/// `NO_AUTHENTICATING_AUTHORITY` when the source cannot answer.
pub fn search(
    source: &dyn Source,
    response: &Response<'_>,
    eligible: bool,
    nonces: Nonces<'_>,
    request: &Request<'_>,
    userhash: bool,
) -> Result<Option<Match>> {
    let search = Search { source, response, eligible, nonces, request, userhash };
    let found = search.run()?;
    if found.is_none() && source.refresh() {
        return search.run();
    }
    Ok(found)
}

struct Search<'a> {
    source: &'a dyn Source,
    response: &'a Response<'a>,
    eligible: bool,
    nonces: Nonces<'a>,
    request: &'a Request<'a>,
    userhash: bool,
}

impl Search<'_> {
    fn run(&self) -> Result<Option<Match>> {
        let (candidates, known) = self.candidates()?;
        let eligible = self.eligible && known;
        let found = account_check::search(self.source, &candidates, eligible, self)?;
        Ok(found.map(|(candidate, secret)| Match {
            user: candidate.user.to_vec(),
            realm: candidate.realm.to_vec(),
            secret,
        }))
    }

    /// The candidates for the user's name, and whether they can be an account's; of a hashed one,
    /// the name behind it as it is stored, where there is one.
    fn candidates(&self) -> Result<(NameCandidates<'_>, bool)> {
        let (response, realm) = (self.response, self.response.realm);
        Ok(match &response.username {
            Username::Plain(name) => (names::candidates_of(*name, Some(realm)), true),
            Username::Extended(name) => {
                let name = Cow::Borrowed(name.as_bytes());
                (names::candidates_of_unquoted(name, realm.unquoted()), true)
            }
            Username::Hashed(name) => {
                let (hash, realm) = (response.algorithm.hash, realm.unquoted());
                let name = name.unquoted();
                let user = match Digits::read(&name, hash).filter(|_| self.userhash) {
                    None => None,
                    Some(digits) => self
                        .source
                        .find_hashed(&digits, &realm, hash.stored())
                        .map_err(unavailable)?,
                };
                // Without an account the look-up is made all the same, for its time.
                let known = user.is_some();
                (names::candidates_as_stored(user.map_or(name, Cow::Owned), realm), known)
            }
        })
    }
}

impl Verifier for Search<'_> {
    type Match = SessionSecret;

    fn algorithm(&self) -> Algorithm {
        self.response.algorithm.hash.stored()
    }

    fn verify_hash(&self, hash: &Secret<[u8; 32]>) -> Option<SessionSecret> {
        let bytes = self.response.algorithm.hash.digits() / 2;
        let mut hash = hash.clone();
        self.try_secret(&Digits::of(hash.expose_mut().get_mut(..bytes)?))
    }

    fn verify_password(
        &self,
        candidate: &NameCandidate<'_>,
        password: &[u8],
    ) -> Option<SessionSecret> {
        let hash = self.response.algorithm.hash;
        self.try_secret(&formulas::password(hash, &candidate.user, &candidate.realm, password))
    }

    fn hash_password(&self, candidate: &NameCandidate<'_>, password: &[u8]) {
        let hash = self.response.algorithm.hash;
        black_box(formulas::password(hash, &candidate.user, &candidate.realm, password));
    }
}

impl Search<'_> {
    fn try_secret(&self, secret: &Digits) -> Option<SessionSecret> {
        SessionSecret::of(secret, self.response, self.nonces, self.request)
    }
}
