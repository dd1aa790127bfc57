//! The hash behind the table of accounts: keyed, so that nobody who may choose names can choose
//! which of them share a place; and quick, since every login asks for one.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A table's key.
#[derive(Clone, Copy)]
pub(super) struct HashKey([u64; 3]);

impl HashKey {
    /// A key that nobody knows.
    pub(super) fn random() -> Self {
        Self([(); 3].map(|()| RandomState::new().build_hasher().finish()))
    }

    /// The hash of two names.
    pub(super) fn hash(self, user: &[u8], realm: &[u8]) -> u64 {
        let Self([_, _, start]) = self;
        let hash = self.absorb(self.absorb(start, user), realm);
        folded(hash ^ start, 0x9E37_79B9_7F4A_7C15)
    }

    /// Takes `bytes` and their number into `hash`.
    fn absorb(self, hash: u64, bytes: &[u8]) -> u64 {
        let (sixteens, rest) = bytes.as_chunks::<16>();
        let hash = sixteens.iter().fold(hash, |hash, sixteen| {
            let both = u128::from_le_bytes(*sixteen);
            self.mix(hash, halves(both))
        });
        self.mix(hash ^ bytes.len() as u64, ends(rest))
    }

    fn mix(self, hash: u64, (low, high): (u64, u64)) -> u64 {
        let Self([first, second, _]) = self;
        folded(low ^ first ^ hash, high ^ second.wrapping_add(hash))
    }
}

/// Both halves of the product, on top of one another.
fn folded(one: u64, other: u64) -> u64 {
    let (low, high) = halves(u128::from(one) * u128::from(other));
    low ^ high
}

#[expect(clippy::cast_possible_truncation, reason = "the two halves")]
fn halves(both: u128) -> (u64, u64) {
    (both as u64, (both >> 64) as u64)
}

/// Fewer than sixteen bytes as two words, which overlap where they are fewer than two words have:
/// no two strings of one length have the same.
fn ends(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    (bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_that_differ_hash_differently() {
        let key = HashKey::random();
        let text = b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
        let mut seen = HashSet::new();
        for user in 0..50 {
            for realm in 0..50 {
                assert!(seen.insert(key.hash(&text[..user], &text[..realm])), "{user} {realm}");
            }
        }
        for at in 0..50 {
            for bit in 0..8 {
                let mut other = text[..50].to_vec();
                other[at] ^= 1 << bit;
                assert!(seen.insert(key.hash(&other, b"realm")), "{at} {bit}");
            }
        }
    }

    #[test]
    fn keys_differ_and_a_key_stays_what_it_is() {
        let (one, other) = (HashKey::random(), HashKey::random());
        assert_eq!(one.hash(b"alice", b"r"), one.hash(b"alice", b"r"));
        assert_ne!(one.hash(b"alice", b"r"), other.hash(b"alice", b"r"));
    }

    #[test]
    fn places_of_a_table_are_taken_evenly() {
        let key = HashKey::random();
        let mut taken = [0_u32; 64];
        for number in 0..6400 {
            let hash = key.hash(format!("user{number}").as_bytes(), b"example.org");
            taken[(hash % 64) as usize] += 1;
        }
        // A hundred on average; less than forty comes once in a hundred million tables.
        assert!(taken.iter().all(|count| (40..=170).contains(count)), "{taken:?}");
    }
}
