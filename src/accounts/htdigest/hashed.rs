//! The users of a table by the hash of user and realm, under which RFC 7616 §3.4.4 lets clients
//! hide their names.

use md5::{Digest, Md5};
use sha2::Sha256;

use super::table::Table;
use crate::accounts::Algorithm;
use crate::accounts::file::index::Index;
use crate::hex;

/// Bytes of the longest hash.
const LONGEST: usize = 32;

/// A hash, which zeroes follow where it is short.
type Hash = [u8; LONGEST];

/// By which algorithms' hashes users can be found.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Indexed {
    md5: bool,
    sha256: bool,
}

/// The indices of a table, which know numbers of entries alone: an entry is told by hashing its names
/// once more.
#[derive(Default)]
pub(super) struct Hashed {
    md5: Option<Index>,
    sha256: Option<Index>,
}

impl Indexed {
    /// By those of one or the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self { md5: self.md5 || other.md5, sha256: self.sha256 || other.sha256 }
    }

    /// By how many.
    pub(super) fn count(self) -> usize {
        usize::from(self.md5) + usize::from(self.sha256)
    }
}

impl FromIterator<Algorithm> for Indexed {
    /// The format has no accounts of SHA-512/256 that could be found.
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        algorithms.into_iter().fold(Self::default(), |indexed, algorithm| match algorithm {
            Algorithm::Md5 => Self { md5: true, ..indexed },
            Algorithm::Sha256 => Self { sha256: true, ..indexed },
            Algorithm::Sha512_256 => indexed,
        })
    }
}

impl Hashed {
    /// Indices of `table`. Takes its time: two tenths of a microsecond for an account and algorithm.
    pub(super) fn of(table: &Table, indexed: Indexed) -> Self {
        Self {
            md5: indexed.md5.then(|| index(table, Algorithm::Md5)),
            sha256: indexed.sha256.then(|| index(table, Algorithm::Sha256)),
        }
    }

    /// What there are indices of.
    pub(super) fn indexed(&self) -> Indexed {
        Indexed { md5: self.md5.is_some(), sha256: self.sha256.is_some() }
    }

    /// The user of `realm` in `table` whose hash has these digits, in lower case.
    pub(super) fn find(
        &self,
        table: &Table,
        digits: &[u8],
        realm: &[u8],
        algorithm: Algorithm,
    ) -> Option<Vec<u8>> {
        let (index, length) = match algorithm {
            Algorithm::Md5 => (self.md5.as_ref()?, 16),
            Algorithm::Sha256 => (self.sha256.as_ref()?, LONGEST),
            Algorithm::Sha512_256 => return None,
        };
        let hash = bytes(digits, length)?;
        let keyed = index.hash(&hash, b"");
        let found = index.find(keyed, |number| hash_of(table, number, algorithm) == Some(hash));
        if found.is_none() {
            // An account that is not there takes as long.
            std::hint::black_box(hash_of(table, index.any_of(keyed), algorithm));
        }
        let (user, its_realm) = table.names(found?)?;
        (its_realm == realm).then(|| user.to_vec())
    }
}

fn index(table: &Table, algorithm: Algorithm) -> Index {
    let mut index = Index::with_capacity(table.numbers(algorithm).count());
    for number in table.numbers(algorithm) {
        // Of an account's entries, which have the same names, any one is found.
        let Some(hash) = hash_of(table, number, algorithm) else { continue };
        index.insert(index.hash(&hash, b""), number);
    }
    index
}

/// The hash of an entry's names.
fn hash_of(table: &Table, number: u32, algorithm: Algorithm) -> Option<Hash> {
    let (user, realm) = table.names(number)?;
    let mut hash = [0; LONGEST];
    match algorithm {
        Algorithm::Md5 => *hash.first_chunk_mut()? = digest::<Md5>(user, realm).into(),
        _ => hash = digest::<Sha256>(user, realm).into(),
    }
    Some(hash)
}

fn digest<D: Digest>(user: &[u8], realm: &[u8]) -> md5::digest::Output<D> {
    D::new().chain_update(user).chain_update(b":").chain_update(realm).finalize()
}

/// The bytes of `length` times two lower-case digits.
fn bytes(digits: &[u8], length: usize) -> Option<Hash> {
    let mut hash = [0; LONGEST];
    hex::read(digits, hash.get_mut(..length)?)?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(hash: &[u8]) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for byte in hash {
            write!(text, "{byte:02x}").unwrap();
        }
        text
    }

    fn table() -> Table {
        let (md5, sha256) = ("0".repeat(32), "0".repeat(64));
        let text = format!("alice:r:{md5}\nalice:s:{sha256}\nbob:r:{sha256}\n");
        Table::of(&text).unwrap()
    }

    #[test]
    fn users_are_found_by_the_hash_of_their_name_and_realm() {
        let table = table();
        let both = [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256];
        let hashed = Hashed::of(&table, both.into_iter().collect());
        let find = |user: &str, hashed_realm: &str, realm: &str, algorithm| {
            let name = format!("{user}:{hashed_realm}");
            let digits = match algorithm {
                Algorithm::Md5 => digits(&Md5::digest(name)),
                _ => digits(&Sha256::digest(name)),
            };
            hashed.find(&table, digits.as_bytes(), realm.as_bytes(), algorithm)
        };
        for (user, hashed_realm, realm, algorithm, found) in [
            ("alice", "r", "r", Algorithm::Md5, true),
            ("alice", "s", "s", Algorithm::Sha256, true),
            ("bob", "r", "r", Algorithm::Sha256, true),
            ("alice", "r", "r", Algorithm::Sha256, false),
            ("bob", "r", "r", Algorithm::Md5, false),
            ("alice", "r", "s", Algorithm::Md5, false),
            ("alice", "s", "r", Algorithm::Sha256, false),
            ("carol", "r", "r", Algorithm::Md5, false),
            ("bob", "r", "r", Algorithm::Sha512_256, false),
        ] {
            let expected = found.then(|| user.as_bytes().to_vec());
            assert_eq!(find(user, hashed_realm, realm, algorithm), expected, "{user} {realm}");
        }
        for digits in ["", "alice", &"0".repeat(33), &"G".repeat(32)] {
            assert_eq!(hashed.find(&table, digits.as_bytes(), b"r", Algorithm::Md5), None);
        }
    }

    #[test]
    fn only_what_is_wanted_is_indexed() {
        let table = table();
        let alice = digits(&Md5::digest("alice:r"));
        for (wanted, found) in [
            (&[][..], false),
            (&[Algorithm::Md5], true),
            (&[Algorithm::Sha256], false),
            (&[Algorithm::Sha512_256], false),
        ] {
            let indexed = wanted.iter().copied().collect();
            let hashed = Hashed::of(&table, indexed);
            assert_eq!(hashed.indexed(), indexed);
            let user = hashed.find(&table, alice.as_bytes(), b"r", Algorithm::Md5);
            assert_eq!(user.is_some(), found, "{wanted:?}");
        }
    }

    #[test]
    fn every_user_of_many_is_found() {
        let lines: Vec<_> = (0..3000).map(|user| format!("user{user}:r:{user:032x}\n")).collect();
        let table = Table::of(lines.concat()).unwrap();
        let hashed = Hashed::of(&table, [Algorithm::Md5].into_iter().collect());
        for user in 0..3000 {
            let name = format!("user{user}");
            let digits = digits(&Md5::digest(format!("{name}:r")));
            let found = hashed.find(&table, digits.as_bytes(), b"r", Algorithm::Md5);
            assert_eq!(found, Some(name.into_bytes()));
        }
    }
}
