//! Where the entries of a table are, by a hash of what they are looked for by.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::hint::black_box;

use hashbrown::HashTable;

/// The numbers of entries, found by keyed hashes: nobody who may choose names can choose which of them
/// fall together. Six to twelve bytes for each entry.
pub(in crate::accounts) struct Index {
    hasher: RandomState,
    numbers: HashTable<u32>,
}

impl Index {
    /// What an entry takes at most.
    pub(in crate::accounts) const MOST_BYTES: usize = 12;

    /// An index of at most `count` entries.
    pub(in crate::accounts) fn with_capacity(count: usize) -> Self {
        Self { hasher: RandomState::new(), numbers: HashTable::with_capacity(count) }
    }

    /// The hash of two names. The byte between them is none of UTF-8's, so that no two pairs of UTF-8
    /// fall together by being cut elsewhere.
    pub(in crate::accounts) fn hash(&self, first: &[u8], second: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(first);
        hasher.write_u8(0xFF);
        hasher.write(second);
        hasher.finish()
    }

    /// The entry of this hash that `is_meant`, which few others are asked.
    pub(in crate::accounts) fn find(
        &self,
        hash: u64,
        mut is_meant: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        self.numbers.find(hash, |number| is_meant(*number)).copied()
    }

    /// Adds an entry, if there is room for it, as there is for as many as was said.
    pub(in crate::accounts) fn insert(&mut self, hash: u64, number: u32) {
        if self.numbers.len() < self.numbers.capacity() {
            // Never asked for a hash: what has room does not grow.
            self.numbers.insert_unique(hash, number, |_| hash);
        }
    }

    /// Any one entry where there is none of this hash, always the same one; zero where there are none at
    /// all. As for an entry that is there, it is not known before its place has been read, which is near
    /// where the search has begun.
    #[cold]
    pub(in crate::accounts) fn any_of(&self, hash: u64) -> u32 {
        let places = self.numbers.num_buckets();
        let start = usize::try_from(hash & 0xFFFF_FFFF).unwrap_or_default();
        (0..places)
            .find_map(|step| self.numbers.get_bucket(black_box((start + step) & (places - 1))))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: u32) -> Index {
        let mut index = Index::with_capacity(count as usize);
        for number in 0..count {
            index.insert(index.hash(&u32::to_le_bytes(number), b"realm"), number);
        }
        index
    }

    #[test]
    fn every_entry_is_found_and_few_others_are_asked() {
        let index = filled(3000);
        let mut asked = 0;
        for number in 0..3000 {
            let hash = index.hash(&u32::to_le_bytes(number), b"realm");
            let found = index.find(hash, |other| {
                asked += 1;
                other == number
            });
            assert_eq!(found, Some(number));
        }
        // One in 128 of those that are near; as a rule some 3100 in all.
        assert!(asked < 6000, "{asked}");
    }

    #[test]
    fn a_hash_is_of_both_names_and_of_one_index() {
        let index = Index::with_capacity(1);
        let hash = index.hash(b"alice", b"r");
        assert_eq!(index.hash(b"alice", b"r"), hash);
        for (first, second) in [(&b"alic"[..], &b"er"[..]), (b"alicer", b""), (b"r", b"alice")] {
            assert_ne!(index.hash(first, second), hash);
        }
        assert_ne!(Index::with_capacity(1).hash(b"alice", b"r"), hash);
    }

    #[test]
    fn whoever_is_not_there_has_always_the_same_one_in_their_stead() {
        for count in [0, 1, 2, 20, 1000] {
            let index = filled(count);
            for name in 0..100_u8 {
                let hash = index.hash(&[name], b"");
                let other = index.any_of(hash);
                assert!(other < count.max(1), "{other} of {count}");
                assert_eq!(index.any_of(hash), other);
            }
        }
    }

    #[test]
    fn an_entry_takes_six_to_twelve_bytes_and_what_has_no_room_is_not_added() {
        for count in [10_000, 1_000_000, 1_835_008, 1_835_009] {
            let index = Index::with_capacity(count);
            let bytes = index.numbers.allocation_size();
            assert!((5 * count..=12 * count).contains(&bytes), "{bytes} for {count}");
        }
        let mut index = filled(3);
        for number in 3..100 {
            index.insert(index.hash(&[7], &[]), number);
        }
        assert_eq!(index.numbers.allocation_size(), filled(3).numbers.allocation_size());
    }
}
