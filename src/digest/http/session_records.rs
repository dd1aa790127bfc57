//! The records behind the lock of one shard of the sessions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Weak};

use super::nonce::Key;
use crate::error::{Error, Result};
use crate::system::heap;

/// Records, and what is left of those that were dropped.
pub(super) struct Shard<S> {
    /// By the nonces' keys.
    pub(super) records: HashMap<Key, Record<S>>,
    /// Nonces issued at this time or before that have no record count as used.
    pub(super) floor: u64,
}

/// What is known of a nonce that has been used.
pub(super) struct Record<S> {
    /// When it was issued: FILETIME.
    pub(super) issued: u64,
    /// When the nonce is refused for its age, FILETIME.
    pub(super) expires: u64,
    /// A number for the user.
    pub(super) user: u64,
    /// None after the session's end.
    pub(super) session: Option<Weak<S>>,
}

impl<S> Default for Shard<S> {
    fn default() -> Self {
        Self { records: HashMap::default(), floor: 0 }
    }
}

impl<S> Shard<S> {
    /// Adds a record; `false` where its nonce has been used.
    pub(super) fn add(
        &mut self,
        key: Key,
        record: Record<S>,
        now: u64,
        limit: usize,
    ) -> Result<bool> {
        if self.records.contains_key(&key) || record.issued <= self.floor {
            return Ok(false);
        }
        self.make_room(now, limit)?;
        Ok(match self.records.entry(key) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(record);
                true
            }
        })
    }

    /// Puts a record in the place of one whose session is over; else the session that goes on.
    pub(super) fn adopt(
        &mut self,
        key: Key,
        record: Record<S>,
        now: u64,
        limit: usize,
    ) -> Result<Option<Arc<S>>> {
        let known = self.records.get(&key).and_then(|record| record.session.as_ref());
        if let Some(live) = known.and_then(Weak::upgrade) {
            return Ok(Some(live));
        }
        self.make_room(now, limit)?;
        self.records.insert(key, record);
        Ok(None)
    }

    fn make_room(&mut self, now: u64, limit: usize) -> Result<()> {
        if self.records.len() >= limit.max(1) {
            self.drop_expired(now);
        }
        if self.records.len() >= limit.max(1) {
            self.drop_some()?;
        }
        heap::reserve(&mut self.records)
    }

    fn drop_expired(&mut self, now: u64) {
        let mut floor = self.floor;
        self.records.retain(|_, record| {
            let keep = record.session.is_some() || record.expires >= now;
            if !keep {
                floor = floor.max(record.issued);
            }
            keep
        });
        self.floor = floor;
    }

    /// Drops the oldest half of what the user with most records has, of ended sessions if there
    /// are any.
    fn drop_some(&mut self) -> Result<()> {
        let ended = self.records.values().any(|record| record.session.is_none());
        let eligible = |record: &Record<S>| !ended || record.session.is_none();
        let mut users = HashMap::<u64, usize>::new();
        users.try_reserve(self.records.len()).map_err(|_| Error::no_memory())?;
        for record in self.records.values().filter(|record| eligible(record)) {
            *users.entry(record.user).or_default() += 1;
        }
        let Some((user, _)) = users.into_iter().max_by_key(|(_, count)| *count) else {
            return Ok(());
        };
        let theirs = |record: &Record<S>| record.user == user && eligible(record);
        let mut times = heap::list(self.records.len())?;
        times.extend(self.records.values().filter(|record| theirs(record)).map(|r| r.issued));
        times.sort_unstable();
        let Some(last) = times.get(times.len().saturating_sub(1) / 2).copied() else {
            return Ok(());
        };
        self.records.retain(|_, record| !theirs(record) || record.issued > last);
        self.floor = self.floor.max(last);
        Ok(())
    }
}
