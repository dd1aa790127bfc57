//! What a server keeps of its users for SCRAM (RFC 5802 §3): salt, iteration count, StoredKey and
//! ServerKey, in the forms in which others write them.

pub mod file;
mod key;
mod stored;
mod table;

pub use file::shared;
pub use key::{Hash, Key};
pub use stored::{LONGEST_SALT, Refused, SHORTEST_SALT, choose, read};

use super::Unavailable;
use crate::secret::Secret;
use crate::system::heap;

/// How many pairs of keys an account may have of one hash: one for each spelling in which its clients
/// hash a password beyond ASCII.
pub const MOST_PAIRS: usize = 4;

/// The keys that one spelling of a password makes.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// `H(ClientKey)`.
    pub stored_key: Key,
    /// `ServerKey`.
    pub server_key: Key,
}

/// What is stored of an account for one hash.
#[derive(Debug)]
pub struct StoredKeys {
    /// Whose keys they are.
    pub hash: Hash,
    /// The iteration count, at least 1.
    pub iterations: u32,
    /// From [`SHORTEST_SALT`] to [`LONGEST_SALT`] bytes.
    pub salt: Vec<u8>,
    /// From one to [`MOST_PAIRS`]. A list that is never added to: that would leave copies behind.
    pub pairs: Vec<KeyPair>,
}

impl StoredKeys {
    /// A copy.
    ///
    /// # Errors
    /// For want of memory.
    pub fn copy(&self) -> Result<Self, Unavailable> {
        let no_memory = |_| Unavailable::no_memory();
        let salt = heap::copied(&self.salt).map_err(no_memory)?;
        let mut pairs = heap::list(self.pairs.len()).map_err(no_memory)?;
        pairs.extend(self.pairs.iter().cloned());
        Ok(Self { hash: self.hash, iterations: self.iterations, salt, pairs })
    }
}

/// What a source knows of an account for SCRAM.
#[derive(Debug)]
pub enum Known {
    /// Keys.
    Keys(StoredKeys),
    /// The password, UTF-8.
    Password(Secret<String>),
}

/// The salt length and iteration count that most accounts of a source have, so that whoever does not
/// exist can be challenged alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usual {
    /// Bytes.
    pub salt: usize,
    /// The iteration count.
    pub iterations: u32,
}
