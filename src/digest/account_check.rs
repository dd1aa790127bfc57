//! Whose response it is: the accounts, asked for every candidate of its name. SASL and HTTP ask in
//! the same way; how a secret makes a response is for each to say.

mod effort;

use once_cell::race::OnceBox;

use self::effort::Effort;
use super::message::limits::TRIES;
use super::message::names::{self, NameCandidate, NameCandidates};
use crate::accounts::{Account, Algorithm, Source, Stored, Unavailable};
use crate::error::{Error, Result, Status};
use crate::random;
use crate::secret::Secret;

/// Compares a response with what secrets would make of it.
pub(super) trait Verifier {
    /// What is known of a response that is valid.
    type Match;

    /// Which hash of user, realm and password a stored secret is.
    fn algorithm(&self) -> Algorithm;

    /// Holds the response against a stored hash, in its first bytes.
    fn verify_hash(&self, hash: &Secret<[u8; 32]>) -> Option<Self::Match>;

    /// Holds it against the hash of the candidate's name and realm and of this form of a password.
    fn verify_password(
        &self,
        candidate: &NameCandidate<'_>,
        password: &[u8],
    ) -> Option<Self::Match>;

    /// Makes that hash only, for the time it takes.
    fn hash_password(&self, candidate: &NameCandidate<'_>, password: &[u8]);
}

/// The candidate whose secret makes the response valid. Every candidate is looked up and compared
/// with as many secrets as any account has, whether or not it is known: who measures the time of a
/// refusal learns only what the message itself says. So it is where `eligible` says that nobody is
/// meant whom this server lets in: what is found then is nobody's.
///
/// A source that may tell passwords tells by that how many hashes a response costs: with it, each
/// refusal costs as many as any could.
///
/// # Errors
/// `NO_AUTHENTICATING_AUTHORITY` when the source cannot answer.
pub(super) fn search<'r, V: Verifier>(
    source: &dyn Source,
    candidates: &'r NameCandidates<'r>,
    eligible: bool,
    verifier: &V,
) -> Result<Option<(&'r NameCandidate<'r>, V::Match)>> {
    let equal = source.tells_passwords();
    let mut effort = Effort::default();
    for candidate in candidates.iter() {
        let account = Account { user: &candidate.user, realm: &candidate.realm };
        let algorithm = verifier.algorithm();
        let mut stored = source.find(&account, algorithm).map_err(unavailable)?;
        let mut number = 1;
        loop {
            let stored_here = stored.as_ref().filter(|_| eligible);
            effort.answers += 1;
            let found = match stored_here {
                None if equal => None,
                None => verifier.verify_hash(&absent(algorithm)?).filter(|_| false),
                Some(Stored::Hash(hash)) => {
                    effort.verified += 1;
                    verifier.verify_hash(hash)
                }
                Some(Stored::Password(password)) => {
                    verify_forms(verifier, candidate, password, &mut effort)
                }
            };
            if let Some(found) = found {
                return Ok(Some((candidate, found)));
            }
            if number >= source.secrets_per_account() {
                break;
            }
            stored = source.find_further(&account, algorithm, number).map_err(unavailable)?;
            number += 1;
        }
    }
    if equal {
        effort.complete(verifier, candidates)?;
    }
    Ok(None)
}

/// Holds the response against each form of a password, as long as there are tries left.
fn verify_forms<V: Verifier>(
    verifier: &V,
    candidate: &NameCandidate<'_>,
    password: &Secret<String>,
    effort: &mut Effort,
) -> Option<V::Match> {
    effort.tell(password.expose());
    for form in names::password_forms(candidate.encoding, password.expose()).iter() {
        if effort.hashed == TRIES {
            return None;
        }
        effort.verified += 1;
        effort.hashed += 1;
        effort.blocks += effort::blocks_of(verifier.algorithm(), candidate, form.len());
        if let Some(found) = verifier.verify_password(candidate, form) {
            return Some(found);
        }
    }
    None
}

/// The secret of users that do not exist: random, so that nobody can compute a response from it. A
/// copy, as a source makes it.
fn absent(algorithm: Algorithm) -> Result<Secret<[u8; 32]>> {
    static ABSENT: OnceBox<Secret<[u8; 32]>> = OnceBox::new();
    let hash = ABSENT.get_or_try_init(|| {
        let mut secret = Box::new(Secret::new([0; 32]));
        random::fill(secret.expose_mut()).map(|()| secret)
    })?;
    let bytes = if algorithm == Algorithm::Md5 { 16 } else { 32 };
    let mut copy = Secret::new([0; 32]);
    let pairs = copy.expose_mut().iter_mut().zip(hash.expose());
    pairs.take(bytes).for_each(|(to, from)| *to = *from);
    Ok(copy)
}

/// The refusal where a source of accounts could not answer.
pub(super) fn unavailable(unavailable: Unavailable) -> Error {
    if unavailable.is_no_memory() {
        return Error::no_memory();
    }
    let Unavailable(reason) = unavailable;
    Error::new(Status::NO_AUTHENTICATING_AUTHORITY, format!("accounts: {reason}"))
}

#[cfg(test)]
mod tests;
