//! What databases and directories have in common as sources: names, the cache, one more look for a
//! response that the cache made wrong.

use super::cache::{Cache, Kept};
use super::stored_form::{self, Form};
use super::{Account, Algorithm, Source, Stored, Unavailable};

/// The longest name or realm in bytes of UTF-8; whoever has a longer one is unknown.
pub const LONGEST_NAME: usize = 1024;

/// What is asked: names are UTF-8 without NUL and not longer than [`LONGEST_NAME`].
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Question {
    /// The user's name.
    pub user: String,
    /// The realm.
    pub realm: String,
    /// Which hash is wanted.
    pub algorithm: Algorithm,
}

impl Question {
    /// `None` where nobody can have such names.
    fn of(account: &Account<'_>, algorithm: Algorithm) -> Result<Option<Self>, Unavailable> {
        let Some(user) = name(account.user)? else { return Ok(None) };
        let Some(realm) = name(account.realm)? else { return Ok(None) };
        Ok(Some(Self { user, realm, algorithm }))
    }
}

/// `None` where nobody can have such a name.
fn name(bytes: &[u8]) -> Result<Option<String>, Unavailable> {
    if bytes.contains(&0) || bytes.len() > LONGEST_NAME {
        return Ok(None);
    }
    let name = stored_form::to_text(bytes)?;
    Ok(Some(name).filter(|name| name.len() <= LONGEST_NAME))
}

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
