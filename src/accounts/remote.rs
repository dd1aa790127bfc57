//! What databases and directories have in common as sources: names, the cache, one more look for a
//! response that the cache made wrong.

use super::cache::{Answer, Cache, Kept};
use super::question::{Question, name};
use super::scram::{Hash, KeyPair, Known};
use super::stored_form::{self, Form};
use super::{Account, Algorithm, Source, Stored, Unavailable};
use crate::secret::Secret;

/// What a database or a directory does.
pub trait RemoteStore: Send + Sync {
    /// What it keeps.
    fn form(&self) -> Form;

    /// Whether it can have secrets for responses of this algorithm.
    fn serves(&self, algorithm: Algorithm) -> bool;

    /// Looks an account up.
    ///
    /// # Errors
    /// [`Unavailable`] whenever it is not for certain whether there is such an account, and which.
    fn look_up(&self, question: &Question) -> Result<Option<Stored>, Unavailable>;

    /// Looks up what an account has for SCRAM; its question's realm is empty.
    ///
    /// # Errors
    /// As [`RemoteStore::look_up`]; and where the settings say nothing of SCRAM.
    fn look_up_scram(&self, question: &Question<Hash>) -> Result<Option<Known>, Unavailable>;

    /// The user whose name hashes to `digits`.
    ///
    /// # Errors
    /// As [`RemoteStore::look_up`].
    fn look_up_hashed(&self, digits: &str, realm: &str) -> Result<Option<String>, Unavailable>;
}

/// A database or a directory as a source.
pub struct Remote<D> {
    pub(super) store: D,
    cache: Cache<Stored>,
    scram_cache: Cache<Known>,
}

impl Answer for Stored {
    type Wanted = Algorithm;

    fn copy(&self) -> Result<Self, Unavailable> {
        match self {
            Self::Hash(hash) => Ok(Self::Hash(hash.clone())),
            Self::Password(password) => password_of(password).map(Self::Password),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Hash(_) => 0,
            Self::Password(password) => password.expose().len(),
        }
    }
}

impl Answer for Known {
    type Wanted = Hash;

    fn copy(&self) -> Result<Self, Unavailable> {
        match self {
            Self::Keys(keys) => keys.copy().map(Self::Keys),
            Self::Password(password) => password_of(password).map(Self::Password),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Keys(keys) => keys.salt.len() + keys.pairs.len() * size_of::<KeyPair>(),
            Self::Password(password) => password.expose().len(),
        }
    }
}

fn password_of(password: &Secret<String>) -> Result<Secret<String>, Unavailable> {
    stored_form::to_text(password.expose().as_bytes()).map(Secret::new)
}

impl<D: RemoteStore> Remote<D> {
    /// With answers kept for so many milliseconds, or none for 0.
    pub fn new(store: D, cache: u64) -> Self {
        Self { store, cache: Cache::new(cache), scram_cache: Cache::new(cache) }
    }

    /// The answer that is kept, or that of the directory.
    fn ask<A: Answer>(
        &self,
        cache: &Cache<A>,
        question: Option<Question<A::Wanted>>,
        look_up: impl FnOnce(&D, &Question<A::Wanted>) -> Result<Option<A>, Unavailable>,
    ) -> Result<Option<A>, Unavailable> {
        let Some(question) = question else { return Ok(None) };
        if let Kept::Answer(answer) = cache.get(&question)? {
            return Ok(answer);
        }
        match look_up(&self.store, &question) {
            Ok(answer) => {
                cache.put(question, answer.as_ref());
                Ok(answer)
            }
            Err(unavailable) => {
                cache.trust(&question);
                Err(unavailable)
            }
        }
    }
}

impl<D: RemoteStore> Source for Remote<D> {
    fn find(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
    ) -> Result<Option<Stored>, Unavailable> {
        if !self.store.serves(algorithm) {
            return Ok(None);
        }
        let question = Question::of(account, algorithm)?;
        self.ask(&self.cache, question, D::look_up)
    }

    fn find_scram(&self, user: &[u8], hash: Hash) -> Result<Option<Known>, Unavailable> {
        let question = Question::of(&Account { user, realm: b"" }, hash)?;
        self.ask(&self.scram_cache, question, D::look_up_scram)
    }

    fn tells_passwords(&self) -> bool {
        self.store.form() == Form::Password
    }

    fn find_hashed(
        &self,
        digits: &[u8],
        realm: &[u8],
        _algorithm: Algorithm,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        let (Some(digits), Some(realm)) = (name(digits)?, name(realm)?) else { return Ok(None) };
        let user = self.store.look_up_hashed(&digits, &realm)?;
        Ok(user.map(String::into_bytes))
    }

    fn refresh(&self) -> bool {
        // Each forgets what this thread had from it.
        let [digest, scram] = [self.cache.doubt(), self.scram_cache.doubt()];
        digest || scram
    }
}
