//! The output token of an accept or initialize call: the caller's buffer, or a block allocated
//! for it.

use std::ops::Range;

use super::buffers::{self, Slots};
use super::memory::Block;
use super::types::SecBuffer;
use crate::sspi::{Error, Result, Status, TokenSink, buffer_type};

/// Where the token goes. Nothing of the caller's but the token's memory is written before
/// [`Output::finish`].
pub(super) struct Output {
    /// The buffer that receives the token; NULL where the caller gave none.
    slot: *mut SecBuffer,
    /// Its memory and capacity in bytes, or what the caller wants allocated.
    room: Room,
    /// The token's length so far.
    length: usize,
    /// The capacity that was missing.
    needed: Option<usize>,
}

enum Room {
    /// The caller's, this many bytes.
    Callers(*mut u8, usize),
    /// To be allocated; then allocated.
    Allocated(Option<Block>),
}

impl Output {
    /// The first TOKEN buffer of `slots` that is not read-only.
    ///
    /// # Errors
    /// `INVALID_TOKEN` when that buffer cannot be memory.
    ///
    /// # Safety
    /// The buffer's memory can be written while the output lives, unless `allocate`; during the
    /// call this output alone writes it.
    pub(super) unsafe fn of(slots: Slots, allocate: bool) -> Result<Self> {
        let found = slots.iter().position(|buffer| {
            buffers::kind(buffer) == buffer_type::TOKEN && !buffers::read_only(buffer)
        });
        let slot = found.map_or(std::ptr::null_mut(), |index| slots.address(index));
        let room = match found.and_then(|index| slots.iter().nth(index)) {
            Some(buffer) if !allocate => {
                buffers::range(buffer)?;
                Room::Callers(buffer.pvBuffer.cast(), buffers::length(buffer))
            }
            _ => Room::Allocated(None),
        };
        Ok(Self { slot, room, length: 0, needed: None })
    }

    /// The addresses of the caller's that the token may take.
    pub(super) fn range(&self) -> Range<usize> {
        match self.room {
            Room::Callers(start, capacity) if capacity > 0 => start.addr()..start.addr() + capacity,
            _ => 0..0,
        }
    }

    /// Ends the call: after success the token's length (and its block) becomes the caller's, after
    /// a refusal for lack of room the length that was needed. Returns whether a block went over.
    pub(super) fn finish(self, succeeded: bool) -> bool {
        if self.slot.is_null() {
            return false;
        }
        // SAFETY: `slot` is one of the buffers that `Slots::of` was promised can be read.
        let mut buffer = unsafe { self.slot.read() };
        match (succeeded, self.needed) {
            (true, _) => buffer.cbBuffer = buffers::count(self.length),
            (false, Some(needed)) => buffer.cbBuffer = buffers::count(needed),
            (false, None) => return false,
        }
        let mut allocated = false;
        match self.room {
            Room::Callers(start, capacity) => {
                if succeeded && self.length < capacity {
                    // Callers print tokens; the terminator is not part of the length.
                    // SAFETY: inside the capacity, which the caller of `of` promised.
                    unsafe { start.wrapping_add(self.length).write(0) };
                }
            }
            Room::Allocated(block) => {
                allocated = block.is_some();
                buffer.pvBuffer = block.map_or(std::ptr::null_mut(), Block::release);
            }
        }
        // SAFETY: `slot` is one of the buffers that `Slots::of` was promised can be written.
        unsafe { self.slot.write(buffer) };
        allocated
    }
}

impl TokenSink for Output {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        self.length = 0;
        self.needed = None;
        if length == 0 {
            self.room.give_up();
            return Ok(&mut []);
        }
        if self.slot.is_null() {
            return Err(Error::new(
                Status::INVALID_TOKEN,
                "output: no TOKEN buffer to write the token to",
            ));
        }
        match &mut self.room {
            Room::Callers(start, capacity) if length <= *capacity => {
                self.length = length;
                // SAFETY: inside the capacity, which the caller of `of` promised; `self` is
                // borrowed as long as the slice.
                Ok(unsafe { std::slice::from_raw_parts_mut(*start, length) })
            }
            Room::Callers(..) => {
                self.needed = Some(length);
                Err(Error::new(
                    Status::BUFFER_TOO_SMALL,
                    "output: the token is longer than the caller's buffer",
                ))
            }
            Room::Allocated(block) => {
                // One octet more for the terminator.
                let size = length.checked_add(1).ok_or_else(|| {
                    Error::new(Status::INSUFFICIENT_MEMORY, "output: the token is too long")
                })?;
                let block = block.insert(Block::zeroed(size)?);
                self.length = length;
                Ok(block.octets_mut().get_mut(..length).unwrap_or_default())
            }
        }
    }
}

impl Room {
    /// Frees what was allocated for an earlier wish.
    fn give_up(&mut self) {
        if let Self::Allocated(block) = self {
            *block = None;
        }
    }
}
