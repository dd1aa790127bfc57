//! The output tokens of an accept or initialize call: the caller's buffers, or blocks allocated
//! for them.

use std::ops::Range;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::SecBuffer;
use crate::ffi::caller::buffers::{self, BufferSlots};
use crate::ffi::caller::memory::ContextBuffer;
use crate::sspi::{TokenSink, buffer_type};

/// Where the token goes: the first TOKEN buffer that may be written, and the further ones for
/// packages that have several tokens. Nothing of the caller's but the tokens' memory is written
/// before [`Output::finish`].
pub(crate) struct Output {
    first: TokenPart,
    /// Empty, without memory of its own, where the caller gave one buffer.
    further: Vec<TokenPart>,
    /// How many of `further` the package has gone on to.
    current: usize,
    /// Whether the token is the caller's although the step failed.
    tells_failure: bool,
}

/// One buffer.
struct TokenPart {
    /// The buffer that receives the token; NULL where the caller gave none.
    slot: *mut SecBuffer,
    /// Its memory and capacity in bytes, or what the caller wants allocated.
    room: TokenRoom,
    /// The token's length so far.
    length: usize,
    /// The capacity that was missing.
    needed: Option<usize>,
    /// Whether a token could not be had from it.
    refused: bool,
}

enum TokenRoom {
    /// The caller's, this many bytes.
    Callers(*mut u8, usize),
    /// To be allocated; then allocated.
    Allocated(Option<ContextBuffer>),
}

impl Output {
    /// Of a caller who gave no buffer.
    pub(crate) const fn absent() -> Self {
        Self { first: TokenPart::absent(), further: Vec::new(), current: 0, tells_failure: false }
    }

    /// Goes to the TOKEN buffers of `slots` that are not read-only.
    ///
    /// # Errors
    /// `INVALID_TOKEN` when such a buffer cannot be memory, or two of them overlap.
    ///
    /// # Safety
    /// The buffers' memory can be written while the output lives, unless `allocate`; during the
    /// call this output alone writes it.
    pub(crate) unsafe fn open(&mut self, slots: BufferSlots, allocate: bool) -> Result<()> {
        for (index, buffer) in slots.iter().enumerate() {
            if buffers::kind(buffer) != buffer_type::TOKEN || buffers::read_only(buffer) {
                continue;
            }
            let slot = slots.address(index);
            if self.first.slot.is_null() {
                self.first.open(slot, buffer, allocate)?;
            } else {
                self.add(slot, buffer, allocate)?;
            }
        }
        Ok(())
    }

    #[cold]
    fn add(&mut self, slot: *mut SecBuffer, buffer: SecBuffer, allocate: bool) -> Result<()> {
        let mut part = TokenPart::absent();
        part.open(slot, buffer, allocate)?;
        let taken = self.further.iter().chain([&self.first]).map(TokenPart::range);
        if taken.into_iter().any(|range| buffers::overlap(&range, &part.range())) {
            let reason = "output: two TOKEN buffers overlap";
            return Err(Error::new(Status::INVALID_TOKEN, reason));
        }
        self.further.push(part);
        Ok(())
    }

    /// The addresses of the caller's that the tokens may take, with those between them.
    pub(crate) fn range(&self) -> Range<usize> {
        self.further.iter().map(TokenPart::range).fold(self.first.range(), |all, range| {
            match (all.is_empty(), range.is_empty()) {
                (_, true) => all,
                (true, _) => range,
                _ => all.start.min(range.start)..all.end.max(range.end),
            }
        })
    }

    /// Ends the call: after success, and after a failure that the peer is told of, the tokens' lengths (and their blocks) become the caller's,
    /// after a refusal for lack of room the length that was needed. Buffers that the package did
    /// not go on to are left as they are. Returns whether a block went over.
    pub(crate) fn finish(&mut self, succeeded: bool) -> bool {
        let succeeded = succeeded || self.tells_failure;
        let further = self.further.iter_mut().take(self.current);
        // Each part is to be finished, whatever the others say.
        further.fold(self.first.finish(succeeded), |went, part| part.finish(succeeded) | went)
    }

    fn part(&mut self) -> &mut TokenPart {
        let further = self.current.checked_sub(1).and_then(|index| self.further.get_mut(index));
        further.unwrap_or(&mut self.first)
    }
}

impl TokenSink for Output {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        self.part().space(length)
    }

    fn next(&mut self) -> bool {
        let more = self.current < self.further.len();
        self.current += usize::from(more);
        more
    }

    fn rewind(&mut self) {
        self.current = 0;
    }

    fn write_failure(&mut self, token: &[u8]) {
        if let Ok(space) = self.space(token.len()) {
            space.copy_from_slice(token);
            self.tells_failure = true;
        }
    }

    fn refused(&self) -> bool {
        self.first.refused || self.further.iter().any(|part| part.refused)
    }

    fn length(&self) -> usize {
        self.first.length
    }
}

impl TokenPart {
    /// Of a caller who gave no buffer.
    const fn absent() -> Self {
        let (slot, room) = (std::ptr::null_mut(), TokenRoom::Allocated(None));
        Self { slot, room, length: 0, needed: None, refused: false }
    }

    /// Goes to `buffer`, which stands at `slot`.
    fn open(&mut self, slot: *mut SecBuffer, buffer: SecBuffer, allocate: bool) -> Result<()> {
        if !allocate {
            buffers::range(buffer)?;
            self.room = TokenRoom::Callers(buffer.pvBuffer.cast(), buffers::length(buffer));
        }
        self.slot = slot;
        Ok(())
    }

    fn range(&self) -> Range<usize> {
        match self.room {
            TokenRoom::Callers(start, capacity) if capacity > 0 => {
                start.addr()..start.addr() + capacity
            }
            _ => 0..0,
        }
    }

    fn finish(&mut self, succeeded: bool) -> bool {
        if self.slot.is_null() {
            return false;
        }
        // SAFETY: `slot` is one of the buffers that `BufferSlots::of` was promised can be read.
        let mut buffer = unsafe { self.slot.read() };
        match (succeeded, self.needed) {
            (true, _) => buffer.cbBuffer = buffers::count(self.length),
            (false, Some(needed)) => buffer.cbBuffer = buffers::count(needed),
            (false, None) => return false,
        }
        let mut allocated = false;
        match &mut self.room {
            TokenRoom::Callers(start, capacity) => {
                if succeeded && self.length < *capacity {
                    // Callers print tokens; the terminator is not part of the length.
                    // SAFETY: inside the capacity, which the caller of `open` promised.
                    unsafe { start.wrapping_add(self.length).write(0) };
                }
            }
            TokenRoom::Allocated(block) => {
                allocated = block.is_some();
                buffer.pvBuffer = block.take().map_or(std::ptr::null_mut(), ContextBuffer::release);
            }
        }
        // SAFETY: `slot` is one of the buffers that `BufferSlots::of` was promised can be written.
        unsafe { self.slot.write(buffer) };
        allocated
    }

    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        self.length = 0;
        self.needed = None;
        if length == 0 {
            self.room.give_up();
            return Ok(&mut []);
        }
        if self.slot.is_null() {
            let reason = "output: no TOKEN buffer to write the token to";
            return Err(refuse(&mut self.refused, Error::new(Status::INVALID_TOKEN, reason)));
        }
        match &mut self.room {
            TokenRoom::Callers(start, capacity) if length <= *capacity => {
                self.length = length;
                // SAFETY: inside the capacity, which the caller of `open` promised; `self` is
                // borrowed as long as the slice.
                Ok(unsafe { std::slice::from_raw_parts_mut(*start, length) })
            }
            TokenRoom::Callers(..) => {
                self.needed = Some(length);
                let reason = "output: the token is longer than the caller's buffer";
                Err(refuse(&mut self.refused, Error::new(Status::BUFFER_TOO_SMALL, reason)))
            }
            TokenRoom::Allocated(place) => {
                // One byte more for the terminator.
                let block = match ContextBuffer::zeroed(length.saturating_add(1)) {
                    Ok(block) => place.insert(block),
                    Err(error) => return Err(refuse(&mut self.refused, error)),
                };
                self.length = length;
                Ok(block.bytes_mut().get_mut(..length).unwrap_or_default())
            }
        }
    }
}

#[cold]
fn refuse(refused: &mut bool, error: Error) -> Error {
    *refused = true;
    error
}

impl TokenRoom {
    /// Frees what was allocated for an earlier wish.
    fn give_up(&mut self) {
        if let Self::Allocated(block) = self {
            *block = None;
        }
    }
}
