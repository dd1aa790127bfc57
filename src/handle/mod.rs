//! The handle table: turns objects into the two words of a `SecHandle` and back.
//!
//! A handle is a value, never a pointer: {index and kind and generation, tag}. The tag is a keyed
//! function of index, generation and kind, so that forged, stale, copied-and-deleted, swapped or
//! zeroed handles, and those of another process, are all told from live ones. Objects are counted:
//! one that is removed while a call uses it lives until that call ends.
//!
//! No lock is shared between two objects on the way of a look-up. Slots stand in chunks that never
//! move; each slot has a lock of its own, held for the few instructions that copy a reference.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::OnceCell;

use crate::random;
use crate::sspi::{Error, Result, Status};
use crate::system::library;

/// Slots of the first chunk; each next chunk has twice as many.
const FIRST_CHUNK: u32 = 64;
/// Enough chunks for [`MAX_SLOTS`].
const CHUNKS: usize = 24;
/// Slots a table may have: what 24 chunks hold, and what an index has bits for.
const MAX_SLOTS: u32 = FIRST_CHUNK * ((1 << CHUNKS) - 1);
/// Lists of free slots; threads spread over them.
const FREE_LISTS: usize = 16;
/// Where the kind stands in the lower word's 32 bits, above the index.
const KIND_SHIFT: u32 = 30;

/// What a table's handles stand for. Part of each handle, so that one cannot pass for the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A `CredHandle`.
    Credential = 1,
    /// A `CtxtHandle`.
    Context = 2,
}

/// The two words of a `SecHandle`. Never {0, 0} and never all ones for a live object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle {
    /// `dwLower`.
    pub lower: usize,
    /// `dwUpper`.
    pub upper: usize,
}

struct Entry<T> {
    generation: u32,
    object: Option<Arc<T>>,
}

type Slot<T> = Mutex<Entry<T>>;

/// A table of objects of one kind.
pub struct Table<T> {
    kind: Kind,
    chunks: [OnceCell<Box<[Slot<T>]>>; CHUNKS],
    /// Slots ever used; those below it are live or in a free list.
    used: AtomicU32,
    free: [Mutex<Vec<u32>>; FREE_LISTS],
    key: OnceCell<[u64; 2]>,
}

impl<T> Table<T> {
    /// An empty table.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            chunks: [const { OnceCell::new() }; CHUNKS],
            used: AtomicU32::new(0),
            free: [const { Mutex::new(Vec::new()) }; FREE_LISTS],
            key: OnceCell::new(),
        }
    }

    /// Puts `object` in and returns its handle.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY` when the table is full, `INTERNAL_ERROR` when the system gives no
    /// randomness for the tags.
    pub fn insert(&self, object: Arc<T>) -> Result<Handle> {
        let key = self.key.get_or_try_init(new_key)?;
        let index = self.free_slot()?;
        let Some(slot) = self.slot_or_new(index) else {
            return Err(full());
        };
        let mut entry = lock(slot);
        entry.object = Some(object);
        Ok(self.handle(*key, index, entry.generation))
    }

    /// The object of `handle`.
    ///
    /// # Errors
    /// `INVALID_HANDLE` when it is not the handle of a live object of this table.
    pub fn get(&self, handle: Handle) -> Result<Arc<T>> {
        self.find(handle, |entry| entry.object.clone())
    }

    /// Takes the object of `handle` out; the handle is never valid again.
    ///
    /// # Errors
    /// As [`Table::get`]; of two threads that remove one handle, one gets this error.
    pub fn remove(&self, handle: Handle) -> Result<Arc<T>> {
        let object = self.find(handle, |entry| {
            entry.generation = entry.generation.wrapping_add(1);
            entry.object.take()
        })?;
        lock(&self.free[shard()]).push(index_of(handle));
        Ok(object)
    }

    /// How many objects are in the table. Exact while no other thread changes it.
    pub fn live(&self) -> usize {
        let free: usize = self.free.iter().map(|list| lock(list).len()).sum();
        (self.used.load(Ordering::Relaxed) as usize).saturating_sub(free)
    }

    fn find<R>(&self, handle: Handle, take: impl FnOnce(&mut Entry<T>) -> Option<R>) -> Result<R> {
        let index = index_of(handle);
        let key = self.key.get().ok_or_else(invalid)?;
        let slot = self.slot(index).ok_or_else(invalid)?;
        let mut entry = lock(slot);
        let own = self.handle(*key, index, entry.generation);
        // Where the upper word is somebody else's, the lower one is all there is to go by.
        if own != handle && !(own.lower == handle.lower && library::is_provider()) {
            return Err(invalid());
        }
        take(&mut entry).ok_or_else(invalid)
    }

    /// The only handle that is valid for slot `index` in its `generation`.
    fn handle(&self, key: [u64; 2], index: u32, generation: u32) -> Handle {
        let low = (index + 1) | ((self.kind as u32) << KIND_SHIFT);
        let words = (u64::from(generation) << 32) | u64::from(low);
        Handle { lower: word(words), upper: word(mix(key, words)) }
    }

    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let (chunk, offset) = place(index)?;
        self.chunks.get(chunk)?.get()?.get(offset)
    }

    fn slot_or_new(&self, index: u32) -> Option<&Slot<T>> {
        let (chunk, offset) = place(index)?;
        self.chunks.get(chunk)?.get_or_init(|| new_chunk(chunk)).get(offset)
    }

    fn free_slot(&self) -> Result<u32> {
        let own = shard();
        for list in (own..FREE_LISTS).chain(0..own) {
            if let Some(index) = lock(&self.free[list]).pop() {
                return Ok(index);
            }
        }
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                (used < MAX_SLOTS).then_some(used + 1)
            })
            .map_err(|_| full())
    }
}

fn new_chunk<T>(chunk: usize) -> Box<[Slot<T>]> {
    (0..FIRST_CHUNK << chunk).map(|_| Mutex::new(Entry { generation: 0, object: None })).collect()
}

/// Chunk and offset of a slot: chunk n starts at index 64 * (2^n - 1).
fn place(index: u32) -> Option<(usize, usize)> {
    if index >= MAX_SLOTS {
        return None;
    }
    let chunk = (index / FIRST_CHUNK + 1).ilog2();
    let start = FIRST_CHUNK * ((1 << chunk) - 1);
    Some((chunk as usize, (index - start) as usize))
}

/// The slot a handle claims. Wraps to an index that no slot has for the zero handle.
fn index_of(handle: Handle) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the index stands in the low 32 bits")]
    let low = handle.lower as u32;
    (low & ((1 << KIND_SHIFT) - 1)).wrapping_sub(1)
}

/// A machine word of `value`: its low half where words have 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "on 32-bit targets the low half is the word")]
fn word(value: u64) -> usize {
    value as usize
}

/// A keyed scramble of `value`; whoever does not know the key cannot predict the tag.
fn mix(key: [u64; 2], value: u64) -> u64 {
    let mut tag = (value ^ key[0]).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    tag = (tag ^ (tag >> 32) ^ key[1]).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    tag ^= tag >> 29;
    (tag.wrapping_mul(key[1] | 1)) ^ (tag >> 32)
}

fn new_key() -> Result<[u64; 2]> {
    let mut octets = [0; 16];
    random::fill(&mut octets)?;
    let (low, high) = octets.split_at(8);
    let half = |octets: &[u8]| octets.iter().fold(0, |half, octet| (half << 8) | u64::from(*octet));
    Ok([half(low), half(high)])
}

/// The free list of this thread.
fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARD: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % FREE_LISTS);
    }
    // A thread that is ending has lost its thread-locals but may still delete contexts.
    SHARD.try_with(Cell::get).unwrap_or(0)
}

/// A panic while a lock was held leaves nothing half-done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn invalid() -> Error {
    Error::new(Status::INVALID_HANDLE, "handle: not one of ours, or already deleted")
}

fn full() -> Error {
    Error::new(Status::INSUFFICIENT_MEMORY, "handle: no slot is left")
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn table() -> Table<u32> {
        Table::new(Kind::Context)
    }

    #[test]
    fn a_live_handle_finds_its_object() {
        let table = table();
        let handles: Vec<_> = (0..1000).map(|n| table.insert(Arc::new(n)).unwrap()).collect();
        for (n, handle) in (0..).zip(&handles) {
            assert_eq!(*table.get(*handle).unwrap(), n);
        }
        assert_eq!(table.live(), 1000);
    }

    #[test]
    fn r61_forged_stale_swapped_handles_are_invalid() {
        let table = table();
        let good = table.insert(Arc::new(7)).unwrap();
        let deleted = table.insert(Arc::new(8)).unwrap();
        table.remove(deleted).unwrap();
        let reused = table.insert(Arc::new(9)).unwrap();
        let bad = [
            Handle { lower: 0, upper: 0 },
            Handle { lower: usize::MAX, upper: usize::MAX },
            Handle { lower: good.upper, upper: good.lower },
            Handle { lower: good.lower, upper: good.upper ^ 1 },
            Handle { lower: good.lower + 1, upper: good.upper },
            Handle { lower: good.lower, upper: reused.upper },
            deleted,
        ];
        for handle in bad {
            let status = table.get(handle).unwrap_err().status();
            assert_eq!(status, Status::INVALID_HANDLE, "{handle:?}");
        }
        assert_eq!(*table.get(good).unwrap(), 7);
        assert_eq!(*table.get(reused).unwrap(), 9);
    }

    #[test]
    fn r61_a_credential_is_not_a_context_and_tables_do_not_share_handles() {
        let contexts = table();
        let credentials: Table<u32> = Table::new(Kind::Credential);
        let context = contexts.insert(Arc::new(1)).unwrap();
        let credential = credentials.insert(Arc::new(2)).unwrap();
        assert!(credentials.get(context).is_err());
        assert!(contexts.get(credential).is_err());
        assert!(table().get(context).is_err(), "another process has another key");
    }

    #[test]
    fn r61_one_of_two_threads_removes() {
        let table = table();
        for round in 0..1000 {
            let handle = table.insert(Arc::new(round)).unwrap();
            let removed = thread::scope(|scope| {
                let other = scope.spawn(|| table.remove(handle).is_ok());
                let own = table.remove(handle).is_ok();
                usize::from(own) + usize::from(other.join().unwrap())
            });
            assert_eq!(removed, 1);
        }
        assert_eq!(table.live(), 0);
    }

    #[test]
    fn r42_an_object_removed_while_in_use_lives_until_the_use_ends() {
        let table = table();
        let handle = table.insert(Arc::new(5)).unwrap();
        let in_use = table.get(handle).unwrap();
        let removed = table.remove(handle).unwrap();
        drop(removed);
        assert_eq!(*in_use, 5);
    }

    #[test]
    fn slots_are_used_again() {
        let table = table();
        for n in 0..10_000 {
            let handle = table.insert(Arc::new(n)).unwrap();
            table.remove(handle).unwrap();
        }
        assert_eq!(table.used.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn chunks_follow_one_another_without_gap() {
        assert_eq!(place(0), Some((0, 0)));
        assert_eq!(place(63), Some((0, 63)));
        assert_eq!(place(64), Some((1, 0)));
        assert_eq!(place(191), Some((1, 127)));
        assert_eq!(place(192), Some((2, 0)));
        assert_eq!(place(MAX_SLOTS - 1).map(|(chunk, _)| chunk), Some(CHUNKS - 1));
        assert_eq!(place(MAX_SLOTS), None);
        assert_eq!(place(u32::MAX), None);
    }
}
