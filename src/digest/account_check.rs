//! Whose response it is: the accounts, asked for every candidate of its name. SASL and HTTP ask in
//! the same way; how a secret makes a response is for each to say.

use once_cell::race::OnceBox;

use super::limits::TRIES;
use super::names::{self, Reading, Readings};
use crate::accounts::{Account, Algorithm, Source, Stored, Unavailable};
use crate::random;
use crate::sspi::{Error, Result, Secret, Status};

/// Compares a response with what secrets would make of it.
pub(super) trait Verifier {
    /// What is known of a response that is valid.
    type Match;

    /// Which hash of user, realm and password a stored secret is.
    fn algorithm(&self) -> Algorithm;

    /// Holds the response against a stored hash, in its first octets.
    fn verify_hash(&self, hash: &Secret<[u8; 32]>) -> Option<Self::Match>;

    /// Holds it against the hash of the candidate's name and realm and of this form of a password.
    fn verify_password(&self, candidate: &Reading<'_>, password: &[u8]) -> Option<Self::Match>;
}

/// The candidate whose secret makes the response valid. Every candidate is looked up and compared
/// with as many secrets as any account has, whether or not it is known: who measures the time of a
/// refusal learns only what the message itself says. So it is where `eligible` says that nobody is
/// meant whom this server lets in: what is found then is nobody's.
///
/// # Errors
/// `NO_AUTHENTICATING_AUTHORITY` when the source cannot answer.
pub(super) fn search<'r, V: Verifier>(
    source: &dyn Source,
    candidates: &'r Readings<'r>,
    eligible: bool,
    verifier: &V,
) -> Result<Option<(&'r Reading<'r>, V::Match)>> {
    let mut tries = TRIES;
    for candidate in candidates.iter() {
        let account = Account { user: &candidate.user, realm: &candidate.realm };
        let algorithm = verifier.algorithm();
        let mut stored = source.find(&account, algorithm).map_err(unavailable)?;
        let mut number = 1;
        loop {
            let stored_here = stored.as_ref().filter(|_| eligible);
            if let Some(found) = verify_stored(verifier, candidate, stored_here, &mut tries)? {
                return Ok(Some((candidate, found)));
            }
            if number >= source.secrets_per_account() {
                break;
            }
            stored = source.find_further(&account, algorithm, number).map_err(unavailable)?;
            number += 1;
        }
    }
    Ok(None)
}

fn verify_stored<V: Verifier>(
    verifier: &V,
    candidate: &Reading<'_>,
    stored: Option<&Stored>,
    tries: &mut usize,
) -> Result<Option<V::Match>> {
    match stored {
        None => {
            verifier.verify_hash(absent_hash()?);
            Ok(None)
        }
        Some(Stored::Hash(hash)) => Ok(verifier.verify_hash(hash)),
        Some(Stored::Password(password)) => {
            for form in names::password_forms(candidate.encoding, password.expose()).iter() {
                let Some(left) = tries.checked_sub(1) else { return Ok(None) };
                *tries = left;
                if let Some(found) = verifier.verify_password(candidate, form) {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
    }
}

/// The secret of users that do not exist: random, so that nobody can compute a response from it.
fn absent_hash() -> Result<&'static Secret<[u8; 32]>> {
    static ABSENT: OnceBox<Secret<[u8; 32]>> = OnceBox::new();
    ABSENT.get_or_try_init(|| {
        let mut secret = Box::new(Secret::new([0; 32]));
        random::fill(secret.expose_mut()).map(|()| secret)
    })
}

/// The refusal where a source of accounts could not answer.
pub(super) fn unavailable(Unavailable(reason): Unavailable) -> Error {
    Error::new(Status::NO_AUTHENTICATING_AUTHORITY, format!("accounts: {reason}"))
}

#[cfg(test)]
#[path = "account_check_tests.rs"]
mod tests;
