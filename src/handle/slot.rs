//! Slots, and the chunks that they stand in, which never move.

#![allow(clippy::disallowed_types, reason = "a slot that is held for writing has no handle")]

use std::sync::atomic::AtomicU32;
use std::sync::{RwLock, RwLockWriteGuard, TryLockError};

use super::value::KIND_SHIFT;
use crate::error::Result;
use crate::system::heap;

/// Slots are counted from here on, so that all chunks follow one rule: those of [`place`].
const FIRST: u32 = 64;
/// Slots a table may have: as many as an index has bits for.
pub(super) const MAX_SLOTS: u32 = (1 << KIND_SHIFT) - FIRST;
/// Chunks of as many slots: four for each power of two from [`FIRST`] on.
pub(super) const CHUNKS: usize = 4 * (KIND_SHIFT - FIRST.ilog2()) as usize;

/// The place of an object, for one after another: a whole line of the cache.
#[repr(align(64))]
pub(super) struct Slot<T> {
    /// Another number after each object, so that older handles name none. Odd while what was removed
    /// is still in use: no handle is valid then.
    pub(super) generation: AtomicU32,
    /// The link of the list that the slot is in.
    pub(super) next: AtomicU32,
    /// Held for reading by calls, never across one for writing, nor while a handle is valid.
    pub(super) object: RwLock<Option<T>>,
}

/// Whether there is no object, or it is just being put in or taken out.
pub(super) fn is_empty<T>(slot: &Slot<T>) -> bool {
    slot.object.try_read().map_or(true, |object| object.is_none())
}

/// The place of an object, unless anybody else is at it.
pub(super) fn try_write<T>(slot: &Slot<T>) -> Option<RwLockWriteGuard<'_, Option<T>>> {
    match slot.object.try_write() {
        Ok(object) => Some(object),
        Err(TryLockError::Poisoned(object)) => Some(object.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

pub(super) fn new_chunk<T>(chunk: usize) -> Result<Box<[Slot<T>]>> {
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
pub(super) fn place(index: u32) -> Option<(usize, usize)> {
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
