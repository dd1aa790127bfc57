//! The heap of the Rust side: the system's, with two differences.
//!
//! What is given back is wiped first, so that no password, hash or key is left in memory that nobody
//! owns any more, whichever string, list or map it was in.
//!
//! And where the system has no memory, what cannot be refused is served from a small reserve: strings of
//! errors and of the log, the parser of the configuration, the standard library's own needs. Rust ends
//! the process when such an allocation fails. Whatever peers decide on (contexts, responses, sessions,
//! tables) is refused instead, and never put into the reserve: see [`boxed`] and its neighbours.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

#[cfg(test)]
mod tests;

#[global_allocator]
static HEAP: Heap = Heap;

struct Heap;

// SAFETY: blocks are the system's or the reserve's, both of which keep the contract of the trait, and
// each goes back to where it came from.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() { RESERVE.take(layout) } else { block }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { System.alloc_zeroed(layout) };
        // What lies in the reserve is zero: it begins so, and is wiped when it is given back.
        if block.is_null() { RESERVE.take(layout) } else { block }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is as long as that, and the caller's to give back.
        unsafe { wipe(block, layout.size()) };
        if RESERVE.holds(block) {
            RESERVE.give_back(block, layout);
            return;
        }
        // SAFETY: the caller's promise; it is the system's.
        unsafe { System.dealloc(block, layout) };
    }

    /// Into a new block, so that the old one can be wiped.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise about `size`.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the caller's promise: no size is zero.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both blocks are as long as that, and the second is new.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size().min(size)) };
            // SAFETY: the caller's promise.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}

/// Overwrites a block with zeros, which the compiler does not leave out.
///
/// # Safety
/// `length` bytes at `block` can be written.
#[inline]
unsafe fn wipe(block: *mut u8, length: usize) {
    // SAFETY: the caller's promise.
    unsafe { ptr::write_bytes(block, 0, length) };
    // SAFETY: those bytes were just written.
    zeroize::optimization_barrier(unsafe { std::slice::from_raw_parts(block, length) });
}

/// Bytes of a unit of the reserve, and the largest alignment that it serves.
const UNIT: usize = 64;
/// How many it has: half a mebibyte, of which nothing is used until it is needed.
const UNITS: usize = 8192;
/// The largest block that it serves.
const LARGEST: usize = 64 * 1024;

static RESERVE: Reserve = Reserve {
    memory: Memory(UnsafeCell::new([[0; UNIT]; UNITS])),
    taken: [const { AtomicBool::new(false) }; UNITS],
};

/// Memory for when the system has none. No lock guards it, so that a forked child finds none held.
struct Reserve {
    memory: Memory,
    /// Whether a unit is part of a block.
    taken: [AtomicBool; UNITS],
}

#[repr(align(64))]
struct Memory(UnsafeCell<[[u8; UNIT]; UNITS]>);

// SAFETY: each unit is used by whoever has set its mark in `taken` alone.
unsafe impl Sync for Memory {}

impl Reserve {
    fn start(&self) -> *mut u8 {
        self.memory.0.get().cast()
    }

    #[inline]
    fn holds(&self, block: *mut u8) -> bool {
        block.addr().wrapping_sub(self.start().addr()) < UNIT * UNITS
    }

    /// A block of zeros, or NULL.
    #[cold]
    fn take(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST || layout.align() > UNIT {
            return ptr::null_mut();
        }
        let wanted = layout.size().div_ceil(UNIT);
        let mut found = 0;
        for (index, unit) in self.taken.iter().enumerate() {
            if unit.swap(true, Ordering::Acquire) {
                // Somebody else's: what stands before it is not enough.
                self.clear(index - found, found);
                found = 0;
                continue;
            }
            found += 1;
            if found == wanted {
                return self.start().wrapping_add((index + 1 - found) * UNIT);
            }
        }
        self.clear(UNITS - found, found);
        ptr::null_mut()
    }

    #[cold]
    fn give_back(&self, block: *mut u8, layout: Layout) {
        let first = block.addr().wrapping_sub(self.start().addr()) / UNIT;
        self.clear(first, layout.size().div_ceil(UNIT));
    }

    fn clear(&self, first: usize, count: usize) {
        for unit in self.taken.iter().skip(first).take(count) {
            unit.store(false, Ordering::Release);
        }
    }
}

/// A block of the system's; never of the reserve.
fn allocate(layout: Layout) -> Result<NonNull<u8>> {
    // SAFETY: the callers' layouts are of at least one byte.
    NonNull::new(unsafe { System.alloc(layout) }).ok_or_else(Error::no_memory)
}

/// As `Box::new`, for what peers decide on.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`; `value` is dropped.
#[inline]
pub fn boxed<T>(value: T) -> Result<Box<T>> {
    Ok(Box::write(room()?, value))
}

/// A box to be filled, for what must not fail any more once it is there.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
#[inline]
pub fn room<T>() -> Result<Box<MaybeUninit<T>>> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        return Ok(Box::new_uninit());
    }
    let place = allocate(layout)?.cast::<MaybeUninit<T>>();
    // SAFETY: a block of this crate's allocator, which takes it back, with a T's size and alignment.
    Ok(unsafe { Box::from_raw(place.as_ptr()) })
}

/// As `Vec::with_capacity`, for what peers decide on.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
#[inline]
pub fn list<T>(capacity: usize) -> Result<Vec<T>> {
    let layout = Layout::array::<T>(capacity).map_err(|_| Error::no_memory())?;
    if layout.size() == 0 {
        return Ok(Vec::new());
    }
    let start = allocate(layout)?.cast::<T>();
    // SAFETY: a block of this crate's allocator, which takes it back, with room for `capacity`.
    Ok(unsafe { Vec::from_raw_parts(start.as_ptr(), 0, capacity) })
}

/// A copy of `bytes`, for what peers decide on.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
#[inline]
pub fn copied(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = list(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// As `Arc::new`, for what peers decide on. Rust has no way to make one that can be refused: where
/// another thread takes the memory that was there a moment before, the reserve has it.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`; `value` is dropped.
pub fn shared<T>(value: T) -> Result<Arc<T>> {
    look_for(size_of::<T>() + 2 * size_of::<usize>())?;
    Ok(Arc::new(value))
}

/// Makes room in `map` for one more entry, for what peers decide on.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`; the map is as it was.
#[inline]
pub fn reserve<K: Eq + Hash, V, S: BuildHasher>(map: &mut HashMap<K, V, S>) -> Result<()> {
    if map.len() < map.capacity() {
        return Ok(());
    }
    grow(map)
}

#[cold]
fn grow<K: Eq + Hash, V, S: BuildHasher>(map: &mut HashMap<K, V, S>) -> Result<()> {
    // Twice as large, at seven entries in eight places, with a byte for each place.
    look_for((map.capacity() + 8).saturating_mul(3).saturating_mul(size_of::<(K, V)>() + 1))?;
    map.try_reserve(1).map_err(|_| Error::no_memory())
}

/// Looks whether the system has `bytes` of memory, before something grows by so much that cannot be
/// refused, or that would be put into the reserve for long.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
pub fn look_for(bytes: usize) -> Result<()> {
    let layout = Layout::array::<u8>(bytes.max(1)).map_err(|_| Error::no_memory())?;
    // Where nobody could see the block, an optimizing compiler leaves malloc and free out and takes it for had.
    let block = std::hint::black_box(allocate(layout)?);
    // SAFETY: allocated above with that layout, and not used.
    unsafe { System.dealloc(block.as_ptr(), layout) };
    Ok(())
}
