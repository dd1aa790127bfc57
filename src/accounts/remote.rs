//! What databases and directories have in common as sources: names, the cache, one more look for a
//! response that the cache made wrong.

use super::cache::{Cache, Kept};
use super::question::{Question, name};
use super::stored_form::Form;
use super::{Account, Algorithm, Source, Stored, Unavailable};

/// What a database or a directory does.
pub trait Directory: Send + Sync {
    /// What it keeps.
    fn form(&self) -> Form;

    /// Whether it can have secrets for responses of this algorithm.
    fn serves(&self, algorithm: Algorithm) -> bool;

    /// Looks an account up.
    ///
    /// # Errors
    /// [`Unavailable`] whenever it is not for certain whether there is such an account, and which.
    fn look_up(&self, question: &Question) -> Result<Option<Stored>, Unavailable>;

    /// The user whose name hashes to `digits`.
    ///
    /// # Errors
    /// As [`Directory::look_up`].
    fn look_up_hashed(&self, digits: &str, realm: &str) -> Result<Option<String>, Unavailable>;
}

/// A directory as a source.
pub struct Remote<D> {
    pub(super) directory: D,
    cache: Cache,
}

impl<D: Directory> Remote<D> {
    /// With answers kept for so many milliseconds, or none for 0.
    pub fn new(directory: D, cache: u64) -> Self {
        Self { directory, cache: Cache::new(cache) }
    }
}

impl<D: Directory> Source for Remote<D> {
    fn find(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
    ) -> Result<Option<Stored>, Unavailable> {
        if !self.directory.serves(algorithm) {
            return Ok(None);
        }
        let Some(question) = Question::of(account, algorithm)? else { return Ok(None) };
        if let Kept::Answer(answer) = self.cache.get(&question)? {
            return Ok(answer);
        }
        match self.directory.look_up(&question) {
            Ok(answer) => {
                self.cache.put(question, answer.as_ref());
                Ok(answer)
            }
            Err(unavailable) => {
                self.cache.trust(&question);
                Err(unavailable)
            }
        }
    }

    fn tells_passwords(&self) -> bool {
        self.directory.form() == Form::Password
    }

    fn find_hashed(
        &self,
        digits: &[u8],
        realm: &[u8],
        _algorithm: Algorithm,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        let (Some(digits), Some(realm)) = (name(digits)?, name(realm)?) else { return Ok(None) };
        let user = self.directory.look_up_hashed(&digits, &realm)?;
        Ok(user.map(String::into_bytes))
    }

    fn refresh(&self) -> bool {
        self.cache.doubt()
    }
}
