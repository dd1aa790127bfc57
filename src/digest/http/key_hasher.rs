//! A hasher for the keys of nonces, which are random already: a multiplication for each eight bytes.
//!
//! Only keys that this secret issued become records, but their clients see them, and may choose
//! with which of many they begin a session. So that none can be chosen that fall together, what is
//! multiplied depends on numbers of this process that nobody sees.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes hashers with the same secret numbers.
#[derive(Clone)]
pub(super) struct KeyHashers {
    numbers: [u64; 2],
}

/// The hash so far.
pub(super) struct KeyHasher {
    numbers: [u64; 2],
    state: u64,
}

impl KeyHashers {
    /// Hashers with numbers of their own.
    #[must_use]
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        Self { numbers: [0, 1].map(|number: u8| random.hash_one(number)) }
    }
}

impl Default for KeyHashers {
    fn default() -> Self {
        Self::new()
    }
}

impl BuildHasher for KeyHashers {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher { numbers: self.numbers, state: 0 }
    }
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.write_u64(u64::from(*byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let [add, multiply] = self.numbers;
        let product = u128::from(self.state ^ word ^ add) * u128::from(multiply | 1);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (high, low) = ((product >> 64) as u64, product as u64);
        self.state = high ^ low;
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_that_differ_in_a_bit_have_different_hashes() {
        let hashers = KeyHashers::new();
        let found: HashSet<u64> = (0..128)
            .map(|bit: usize| {
                let mut key = [0_u8; 16];
                key[bit / 8] = 1 << (bit % 8);
                hashers.hash_one(key)
            })
            .chain([hashers.hash_one([0_u8; 16])])
            .collect();
        assert_eq!(found.len(), 129);
        let buckets: HashSet<u64> = found.iter().map(|hash| hash % 64).collect();
        assert!(buckets.len() > 32, "{}", buckets.len());
    }

    #[test]
    fn nobody_knows_another_processs_hashes() {
        let key = [7_u8; 16];
        assert_ne!(KeyHashers::new().hash_one(key), KeyHashers::new().hash_one(key));
        let hashers = KeyHashers::new();
        assert_eq!(hashers.hash_one(key), hashers.clone().hash_one(key));
    }
}
