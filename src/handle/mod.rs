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
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

use once_cell::race::OnceBox;

use self::free_lists::{FreeLists, List};
use self::slot::{CHUNKS, Slot, is_empty, new_chunk, place, try_write};
use self::value::TagKey;
pub use self::value::{Handle, Kind};
use crate::error::{Error, Result, Status};
use crate::system::{heap, location};

mod free_lists;
mod slot;
#[cfg(test)]
mod tests;
mod value;

/// A table of objects of one kind.
pub struct Table<T> {
    kind: Kind,
    chunks: [OnceBox<Box<[Slot<T>]>>; CHUNKS],
    /// Slots ever used; those below it are live, removed or free.
    used: AtomicU32,
    free: FreeLists,
    /// Slots whose object was removed while it was used.
    removed: List,
    key: OnceBox<TagKey>,
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
        // What this use unlocked is unlocked for all before it looks at what was removed: whoever
        // removes looks at the lock after it has put the slot into that list, behind a fence as this.
        fence(Ordering::SeqCst);
        self.0.drop_removed();
    }
}

/// A slot that is to be filled; given back where it is not.
#[must_use]
pub struct Place<'a, T> {
    table: &'a Table<T>,
    slot: &'a Slot<T>,
    key: &'a TagKey,
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
                return Ok(self.key.handle(self.table.kind, self.index, generation));
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
        let key = self.key.get_or_try_init(|| heap::boxed(TagKey::random()?))?;
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
    #[inline]
    pub fn get(&self, handle: Handle) -> Result<Use<'_, T>> {
        let slot = self.slot(handle.index()).ok_or_else(invalid)?;
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
        let index = handle.index();
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
            next = free_lists::following(&slot.next);
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
        let own = key.handle(self.kind, handle.index(), generation);
        // Where the upper word is somebody else's, the lower one is all there is to go by.
        let named = own == handle || (own.lower == handle.lower && location::is_provider());
        if named && generation.is_multiple_of(2) {
            return Ok(generation);
        }
        Err(invalid())
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

#[cold]
fn invalid() -> Error {
    Error::new(Status::INVALID_HANDLE, "handle: not one of ours, or already deleted")
}

#[cold]
fn full() -> Error {
    Error::new(Status::INSUFFICIENT_MEMORY, "handle: no slot is left")
}
