//! The nonce counts of clients: one for each user and nonce, whichever context uses it, as Windows
//! counts (RFC 7616 §3.4 wants no count used twice).

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use once_cell::race::OnceBox;

use crate::system::fork::Gated;

/// Locks.
const SHARDS: usize = 16;
/// Counts of each shard. The oldest gives way: its context goes on from its own count.
const PER_SHARD: usize = 256;

/// Where counts are kept.
pub struct ClientCounts {
    hasher: RandomState,
    shards: [Gated<Shard>; SHARDS],
}

/// A ring of counts.
#[derive(Default)]
struct Shard {
    /// The number of user and nonce, and the last count used.
    counts: Vec<(u64, u32)>,
    /// The oldest, once all places are taken.
    oldest: usize,
}

/// The counts of this process.
#[must_use]
pub fn of_process() -> &'static ClientCounts {
    static COUNTS: OnceBox<ClientCounts> = OnceBox::new();
    COUNTS.get_or_init(Box::default)
}

impl Default for ClientCounts {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: Default::default() }
    }
}

impl ClientCounts {
    /// The next count for this user, in this realm, with this nonce; above `last`, the last one
    /// that the caller knows of. `None` after ffffffff.
    pub fn next(&self, user: &[u8], realm: &[u8], nonce: &[u8], last: u32) -> Option<u32> {
        let number = self.hasher.hash_one((user, realm, nonce));
        let shard = usize::try_from(number % SHARDS as u64).ok()?;
        let mut shard = self.shards.get(shard)?.lock();
        if let Some((_, known_last)) = shard.counts.iter_mut().find(|(known, _)| *known == number) {
            *known_last = (*known_last).max(last).checked_add(1)?;
            return Some(*known_last);
        }
        let next = last.checked_add(1)?;
        let oldest = shard.oldest;
        if shard.counts.len() < PER_SHARD {
            shard.counts.push((number, next));
        } else if let Some(place) = shard.counts.get_mut(oldest) {
            *place = (number, next);
            shard.oldest = (oldest + 1) % PER_SHARD;
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_of_one_user_and_nonce_share_a_count() {
        let counts = ClientCounts::default();
        let next = |user: &[u8], nonce: &[u8], used| counts.next(user, b"r", nonce, used);
        assert_eq!(next(b"a", b"n", 0), Some(1));
        assert_eq!(next(b"a", b"n", 0), Some(2));
        assert_eq!(next(b"a", b"n", 1), Some(3));
        assert_eq!(next(b"b", b"n", 0), Some(1));
        assert_eq!(next(b"a", b"m", 0), Some(1));
    }

    #[test]
    fn a_count_that_gave_way_goes_on_from_the_contexts_own() {
        let counts = ClientCounts::default();
        assert_eq!(counts.next(b"a", b"r", b"n", 0), Some(1));
        for nonce in 0..u32::try_from(SHARDS * PER_SHARD * 3).unwrap() {
            counts.next(b"a", b"r", &nonce.to_le_bytes(), 0);
        }
        assert_eq!(counts.next(b"a", b"r", b"n", 1), Some(2));
    }

    #[test]
    fn counts_do_not_wrap() {
        let counts = ClientCounts::default();
        assert_eq!(counts.next(b"a", b"r", b"n", u32::MAX - 1), Some(u32::MAX));
        assert_eq!(counts.next(b"a", b"r", b"n", u32::MAX), None);
        assert_eq!(counts.next(b"a", b"r", b"n", 0), None);
    }
}
