//! The handle table: turns objects into the two words of a `SecHandle` and back.
//!
//! A handle is a value, never a pointer: {index and kind and generation, tag}. The tag is a keyed
//! function of index, generation and kind, so that forged, stale, copied-and-deleted, swapped or
//! zeroed handles, and those of another process, are all told from live ones. An object that is
//! removed while calls use it lives until the last of them ends.
//!
//! No lock is shared between two objects on the way of a look-up, and no two share a line of the
//! processor's cache. Slots stand in chunks that never move; each has a lock of its own, which calls
//! hold for reading, so that a look-up and its end are one atomic operation each.
//!
//! A slot is held for writing only while no handle is valid for it: before its handle is given out, and
//! after its generation has gone on. So a forked child never comes to a slot that another thread of its
//! parent was changing; such slots, and objects that other threads were using, stay as they are there.

#![allow(clippy::disallowed_types, reason = "a slot that is held for writing has no handle")]

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering, compiler_fence, fence};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use once_cell::race::OnceBox;

use self::free::{FreeLists, List};
use crate::error::{Error, Result, Status};
use crate::random;
use crate::system::{heap, library};

mod free;
#[cfg(test)]
mod tests;

/// Where the kind stands in the lower word's 32 bits, above the index.
const KIND_SHIFT: u32 = 30;
/// Slots are counted from here on, so that all chunks follow one rule: those of [`place`].
const FIRST: u32 = 64;
/// Slots a table may have: as many as an index has bits for.
const MAX_SLOTS: u32 = (1 << KIND_SHIFT) - FIRST;
/// Chunks of as many slots: four for each power of two from [`FIRST`] on.
const CHUNKS: usize = 4 * (KIND_SHIFT - FIRST.ilog2()) as usize;

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

/// The place of an object, for one after another: a whole line of the cache.
#[repr(align(64))]
struct Slot<T> {
    /// Another number after each object, so that older handles name none. Odd while what was removed
    /// is still in use: no handle is valid then.
    generation: AtomicU32,
    /// The link of the list that the slot is in.
    next: AtomicU32,
    /// Held for reading by calls, never across one for writing, nor while a handle is valid.
    object: RwLock<Option<T>>,
}

/// A table of objects of one kind.
pub struct Table<T> {
    kind: Kind,
    chunks: [OnceBox<Box<[Slot<T>]>>; CHUNKS],
    /// Slots ever used; those below it are live, removed or free.
    used: AtomicU32,
    free: FreeLists,
    /// Slots whose object was removed while it was used.
    removed: List,
    key: OnceBox<[u64; 2]>,
}

/// An object in use by a call. Others may use it too; once it is removed nobody else finds it.
pub struct Use<'a, T> {
    // Dropped in this order.
    object: RwLockReadGuard<'a, Option<T>>,
    _end: End<'a, T>,
}

/// The end of a use.
struct End<'a, T>(&'a Table<T>);

impl<T> Deref for Use<'_, T> {
    type Target = T;

    #[inline]
    #[expect(clippy::unreachable, reason = "`get` looked, and this use keeps it where it is")]
    fn deref(&self) -> &T {
        match &*self.object {
            Some(object) => object,
            None => unreachable!("an object in use is in its slot"),
        }
    }
}

impl<T> Drop for End<'_, T> {
    #[inline]
    fn drop(&mut self) {
        unlocked();
        self.0.drop_removed();
    }
}

/// What a use unlocked is unlocked for all before it looks at what was removed.
#[inline]
fn unlocked() {
    // On x86 the instruction that unlocks is a fence; to Miri it is not.
    if cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), not(miri))) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// A slot that is to be filled; given back where it is not.
#[must_use]
pub struct Place<'a, T> {
    table: &'a Table<T>,
    slot: &'a Slot<T>,
    key: [u64; 2],
    index: u32,
    filled: bool,
}

impl<T> Place<'_, T> {
    /// Puts `object` in and returns its handle.
    ///
    /// # Errors
    /// As [`Table::insert`], where somebody looks into the slot by an old handle, and there is no other.
    #[inline]
    pub fn fill(mut self, object: T) -> Result<Handle> {
        loop {
            if let Some(mut place) = try_write(self.slot) {
                *place = Some(object);
                self.filled = true;
                let generation = self.slot.generation.load(Ordering::Relaxed);
                return Ok(self.table.handle(self.key, self.index, generation));
            }
            self.table.set_aside(self.index, self.slot);
            self.filled = true;
            self = self.table.reserve()?;
        }
    }
}

impl<T> Drop for Place<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !self.filled {
            self.table.free.push(self.index, &self.table.links());
        }
    }
}

impl<T> Table<T> {
    /// Bytes of memory for an object, in it or not yet: whole lines of the cache.
    pub const BYTES: usize = size_of::<Slot<T>>();

    /// An empty table.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            chunks: [const { OnceBox::new() }; CHUNKS],
            used: AtomicU32::new(0),
            free: FreeLists::new(),
            removed: List::new(),
            key: OnceBox::new(),
        }
    }

    /// Puts `object` in and returns its handle.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY` when the table is full or cannot grow, `INTERNAL_ERROR` when the system
    /// gives no randomness for the tags.
    pub fn insert(&self, object: T) -> Result<Handle> {
        self.reserve()?.fill(object)
    }

    /// A place for an object, so that nothing can fail once there is one.
    ///
    /// # Errors
    /// As [`Table::insert`].
    #[inline]
    pub fn reserve(&self) -> Result<Place<'_, T>> {
        let key = *self.key.get_or_try_init(|| heap::boxed(new_key()?))?;
        self.drop_removed();
        let index = self.free_slot()?;
        let slot = self.slot(index).ok_or_else(full)?;
        Ok(Place { table: self, slot, key, index, filled: false })
    }

    /// A free slot that somebody looks into by an old handle; in a forked child perhaps for ever.
    #[cold]
    fn set_aside(&self, index: u32, slot: &Slot<T>) {
        slot.generation.fetch_add(1, Ordering::AcqRel);
        self.removed.push(index, &self.links());
    }

    /// The object of `handle`, which stays where it is as long as the answer is kept.
    ///
    /// # Errors
    /// `INVALID_HANDLE` when it is not the handle of a live object of this table.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "measured: what is handed over in memory is waited for"
    )]
    pub fn get(&self, handle: Handle) -> Result<Use<'_, T>> {
        let slot = self.slot(index_of(handle)).ok_or_else(invalid)?;
        let generation = self.check(handle, slot)?;
        let object = slot.object.read().unwrap_or_else(PoisonError::into_inner);
        // It may have been removed meanwhile. From here on it cannot go.
        if object.is_none() || slot.generation.load(Ordering::Acquire) != generation {
            drop(object);
            drop(End(self));
            return Err(invalid());
        }
        Ok(Use { object, _end: End(self) })
    }

    /// Ends the object of `handle`, which is never valid again. It is dropped now, or by the last
    /// call that uses it.
    ///
    /// # Errors
    /// As [`Table::get`]; of two threads that remove one handle, one gets this error.
    pub fn remove(&self, handle: Handle) -> Result<()> {
        let index = index_of(handle);
        let slot = self.slot(index).ok_or_else(invalid)?;
        let generation = self.check(handle, slot)?;
        // A handle that was guessed may name a slot without an object.
        if is_empty(slot) {
            return Err(invalid());
        }
        // Dropped last: this is a use of the slot, too.
        let _end = End(self);
        // Nobody finds it from here on, so that nobody waits for what is done to it.
        let (acquire, relaxed) = (Ordering::AcqRel, Ordering::Relaxed);
        slot.generation
            .compare_exchange(generation, generation.wrapping_add(1), acquire, relaxed)
            .map_err(|_| invalid())?;
        match try_write(slot) {
            Some(object) => self.empty(index, slot, object),
            None => self.removed.push(index, &self.links()),
        }
        Ok(())
    }

    /// Drops the object of a slot that nobody finds any more, and makes it free.
    fn empty(&self, index: u32, slot: &Slot<T>, mut object: RwLockWriteGuard<'_, Option<T>>) {
        let removed = object.take();
        slot.generation.fetch_add(1, Ordering::Release);
        drop(object);
        self.free.push(index, &self.links());
        drop(removed);
    }

    /// Drops what was removed while it was used, as far as it is not any more.
    #[inline]
    fn drop_removed(&self) {
        if !self.removed.is_empty() {
            while self.drop_some_removed() {}
        }
    }

    /// Whether there may be more to drop.
    #[cold]
    fn drop_some_removed(&self) -> bool {
        let mut more = false;
        let mut next = self.removed.take_all();
        while let Some((index, slot)) = next.and_then(|index| Some((index, self.slot(index)?))) {
            next = free::following(&slot.next);
            if let Some(object) = try_write(slot) {
                self.empty(index, slot, object);
                continue;
            }
            self.removed.push(index, &self.links());
            // Its last use may have ended while it was in no list, and seen nothing to do.
            fence(Ordering::SeqCst);
            more |= try_write(slot).is_some();
        }
        more
    }

    /// Whether `handle` is the one that is valid for `slot`; answers with the slot's generation.
    #[inline]
    fn check(&self, handle: Handle, slot: &Slot<T>) -> Result<u32> {
        let key = self.key.get().ok_or_else(invalid)?;
        let generation = slot.generation.load(Ordering::Acquire);
        let own = self.handle(*key, index_of(handle), generation);
        // Where the upper word is somebody else's, the lower one is all there is to go by.
        let named = own == handle || (own.lower == handle.lower && library::is_provider());
        if named && generation.is_multiple_of(2) {
            return Ok(generation);
        }
        Err(invalid())
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

    /// Makes the chunk in which slot `index` is, unless it is there.
    fn make_chunk_of(&self, index: u32) -> Result<()> {
        let (chunk, _) = place(index).ok_or_else(full)?;
        let cell = self.chunks.get(chunk).ok_or_else(full)?;
        cell.get_or_try_init(|| heap::boxed(new_chunk(chunk)?)).map(drop)
    }

    /// Where the lists of slots keep their links.
    fn links<'a>(&'a self) -> impl Fn(u32) -> Option<&'a AtomicU32> {
        |index| self.slot(index).map(|slot| &slot.next)
    }

    fn free_slot(&self) -> Result<u32> {
        if let Some(index) = self.free.pop(&self.links()) {
            return Ok(index);
        }
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            // Before the slot is somebody's: without memory for it, it is nobody's.
            self.make_chunk_of(used)?;
            let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
            match self.used.compare_exchange_weak(used, used + 1, success, failure) {
                Ok(index) => return Ok(index),
                Err(now) => used = now,
            }
        }
    }
}

/// Whether there is no object, or it is just being put in or taken out.
fn is_empty<T>(slot: &Slot<T>) -> bool {
    slot.object.try_read().map_or(true, |object| object.is_none())
}

/// The place of an object, unless anybody else is at it.
fn try_write<T>(slot: &Slot<T>) -> Option<RwLockWriteGuard<'_, Option<T>>> {
    match slot.object.try_write() {
        Ok(object) => Some(object),
        Err(TryLockError::Poisoned(object)) => Some(object.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn new_chunk<T>(chunk: usize) -> Result<Box<[Slot<T>]>> {
    let slot = |_| Slot {
        generation: AtomicU32::new(0),
        next: AtomicU32::new(0),
        object: RwLock::new(None),
    };
    let power = FIRST.ilog2() + u32::try_from(chunk / 4).unwrap_or_default();
    let mut slots = heap::list(chunk_slots(power) as usize)?;
    slots.extend((0..chunk_slots(power)).map(slot));
    Ok(slots.into_boxed_slice())
}

/// Where a slot is: its chunk, and its offset there. A chunk has a quarter of as many slots as there
/// are at a power of two, so that a growing table never has many more than it needs.
fn place(index: u32) -> Option<(usize, usize)> {
    if index >= MAX_SLOTS {
        return None;
    }
    let number = index + FIRST;
    let power = number.ilog2();
    // The two bits after the highest one, and all bits after those.
    let quarter = (number >> (power - 2)) & 3;
    let offset = number & (chunk_slots(power) - 1);
    let chunk = 4 * (power - FIRST.ilog2()) + quarter;
    Some((chunk as usize, offset as usize))
}

/// How many slots the chunks have in which slots are numbered from 2^`power` on.
const fn chunk_slots(power: u32) -> u32 {
    1 << (power - 2)
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
    let mut bytes = [0; 16];
    random::fill(&mut bytes)?;
    let (low, high) = bytes.split_at(8);
    let half = |bytes: &[u8]| bytes.iter().fold(0, |half, byte| (half << 8) | u64::from(*byte));
    Ok([half(low), half(high)])
}

#[cold]
fn invalid() -> Error {
    Error::new(Status::INVALID_HANDLE, "handle: not one of ours, or already deleted")
}

#[cold]
fn full() -> Error {
    Error::new(Status::INSUFFICIENT_MEMORY, "handle: no slot is left")
}
