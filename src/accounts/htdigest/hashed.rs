//! The users of a table by the hash of user and realm, under which RFC 7616 §3.4.4 lets clients
//! hide their names.

use std::collections::HashMap;
use std::sync::OnceLock;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::table::Table;
use crate::accounts::Algorithm;

/// Octets of the longest hash.
const LONGEST: usize = 32;

/// The indices of a table, each made when it is first asked for.
#[derive(Default)]
pub(super) struct Hashed {
    md5: OnceLock<Index>,
    sha256: OnceLock<Index>,
}

/// The number of an entry by its hash, which zeroes follow where it is short.
type Index = HashMap<[u8; LONGEST], u32>;

impl Hashed {
    /// The user of `realm` in `table` whose hash has these digits, in lower case.
    pub(super) fn find(
        &self,
        table: &Table,
        digits: &[u8],
        realm: &[u8],
        algorithm: Algorithm,
    ) -> Option<Vec<u8>> {
        let (index, length) = match algorithm {
            Algorithm::Md5 => (self.md5.get_or_init(|| index::<Md5>(table, algorithm)), 16),
            Algorithm::Sha256 => {
                (self.sha256.get_or_init(|| index::<Sha256>(table, algorithm)), LONGEST)
            }
            Algorithm::Sha512_256 => return None,
        };
        let (user, its_realm) = table.names(*index.get(&octets(digits, length)?)?)?;
        (its_realm == realm).then(|| user.to_vec())
    }
}

fn index<D: Digest>(table: &Table, algorithm: Algorithm) -> Index {
    let mut index = Index::new();
    for number in table.numbers(algorithm) {
        let Some((user, realm)) = table.names(number) else { continue };
        let hash = D::new().chain_update(user).chain_update(b":").chain_update(realm).finalize();
        let mut key = [0; LONGEST];
        for (to, from) in key.iter_mut().zip(hash.iter()) {
            *to = *from;
        }
        index.insert(key, number);
    }
    index
}

/// The octets of `length` times two lower-case digits.
fn octets(digits: &[u8], length: usize) -> Option<[u8; LONGEST]> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != length || !rest.is_empty() {
        return None;
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut octets = [0; LONGEST];
    for (octet, [high, low]) in octets.iter_mut().zip(pairs) {
        *octet = value(*high)? << 4 | value(*low)?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(hash: &[u8]) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for octet in hash {
            write!(text, "{octet:02x}").unwrap();
        }
        text
    }

    #[test]
    fn users_are_found_by_the_hash_of_their_name_and_realm() {
        let (md5, sha256) = ("0".repeat(32), "0".repeat(64));
        let text = format!("alice:r:{md5}\nalice:s:{sha256}\nbob:r:{sha256}\n");
        let table = Table::read(text.as_bytes()).unwrap();
        let hashed = Hashed::default();
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
}
