//! The buffers of a message: read once, checked against one another, then seen as memory.

use std::ffi::c_void;
use std::ops::Range;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{SecBuffer, SecBufferDesc};
use crate::ffi::caller::buffers::{
    BufferSlots, INLINE, count, kind, length, malformed, overlap, read_only,
};
use crate::ffi::caller::pointer;
use crate::sspi::{Data, MAX_BUFFERS, Message, MessageBuffer, buffer_type};

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageUse {
    /// Signed, verified or sealed: every buffer has its memory.
    Plain,
    /// Opened: beside a STREAM buffer, DATA buffers only receive a pointer into it.
    Opening,
}

/// Runs `body` on the message buffers of `descriptor`, and after its success sets the lengths and
/// pointers that it decided on. On failure nothing is set, but for the lengths that were needed
/// after `BUFFER_TOO_SMALL`.
///
/// # Errors
/// `INVALID_TOKEN` for a NULL descriptor, for a buffer that cannot be memory and for buffers that
/// overlap; those of `body`; `INTERNAL_ERROR` when the body placed a buffer outside another.
///
/// # Safety
/// As [`BufferSlots::of`], and the memory of all buffers that are not EMPTY, or receive a pointer only,
/// can be read, and where not read-only written, during the call, by this call alone.
pub(crate) unsafe fn with_message<R>(
    descriptor: *const SecBufferDesc,
    direction: MessageUse,
    body: impl FnOnce(&mut Message<'_, '_>) -> Result<R>,
) -> Result<R> {
    if descriptor.is_null() {
        return Err(malformed("message: no buffers"));
    }
    // SAFETY: NULL or a descriptor of buffers (the caller's promise).
    let slots = unsafe { BufferSlots::of(descriptor) }?;
    // Only as many are set up as are likely to be used: mostly two.
    match slots.count() {
        // SAFETY: the caller's promise.
        2 => unsafe { with_room::<2, R>(slots, direction, body) },
        // As HTTP's requests have them.
        // SAFETY: as above.
        5 => unsafe { with_more_room::<5, R>(slots, direction, body) },
        // SAFETY: as above.
        0..=INLINE => unsafe { with_more_room::<INLINE, R>(slots, direction, body) },
        // SAFETY: as above.
        _ => unsafe { with_more_room::<MAX_BUFFERS, R>(slots, direction, body) },
    }
}

/// [`with_room`], out of the way.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe fn with_more_room<const MOST: usize, R>(
    slots: BufferSlots,
    direction: MessageUse,
    body: impl FnOnce(&mut Message<'_, '_>) -> Result<R>,
) -> Result<R> {
    // SAFETY: the caller's promise.
    unsafe { with_room::<MOST, R>(slots, direction, body) }
}

/// [`with_message`] for at most `MOST` buffers.
///
/// # Safety
/// As there.
#[inline]
unsafe fn with_room<const MOST: usize, R>(
    slots: BufferSlots,
    direction: MessageUse,
    body: impl FnOnce(&mut Message<'_, '_>) -> Result<R>,
) -> Result<R> {
    let is_stream = |buffer| kind(buffer) == buffer_type::STREAM;
    let placed = direction == MessageUse::Opening && slots.iter().any(is_stream);
    let pieces: [Piece; MOST] = std::array::from_fn(|index| {
        if index < slots.count() { Piece::of(index, slots.get(index), placed) } else { Piece::NONE }
    });
    let pieces = pieces.get(..slots.count()).unwrap_or_default();
    check(pieces, &slots.range())?;
    let mut views: [MessageBuffer<'_>; MOST] = std::array::from_fn(|index| {
        // SAFETY: the caller's promise, and the check above.
        unsafe { pieces.get(index).unwrap_or(&Piece::NONE).view() }
    });
    let views = views.get_mut(..slots.count()).unwrap_or_default();
    let result = match body(&mut Message(views)) {
        Ok(result) => result,
        Err(error) => {
            if error.status() == Status::BUFFER_TOO_SMALL {
                tell_needed(slots, views);
            }
            return Err(error);
        }
    };
    if !views.iter().all(|view| is_inside(view, pieces)) {
        return Err(Error::new(
            Status::INTERNAL_ERROR,
            "message: a result lies outside its buffer",
        ));
    }
    for (index, view) in views.iter().enumerate() {
        set(slots, index, view);
    }
    Ok(result)
}

/// A buffer as the caller gave it.
#[derive(Clone, Copy)]
struct Piece {
    kind: u32,
    passed_over: bool,
    takes_part: bool,
    only_read: bool,
    start: *mut u8,
    /// Bytes that take part.
    length: usize,
}

impl Piece {
    const NONE: Self = Self {
        kind: buffer_type::EMPTY,
        passed_over: false,
        takes_part: false,
        only_read: false,
        start: std::ptr::dangling_mut(),
        length: 0,
    };

    /// Buffer `index`. DATA takes part, unless it is `placed`.
    #[inline]
    fn of(index: usize, buffer: SecBuffer, placed: bool) -> Self {
        let kind = kind(buffer);
        let takes_part = kind != buffer_type::EMPTY && !(placed && kind == buffer_type::DATA);
        let length = if takes_part { length(buffer) } else { 0 };
        Self {
            kind,
            passed_over: buffer.BufferType & buffer_type::READONLY_WITH_CHECKSUM != 0,
            takes_part,
            only_read: only_read(index, buffer),
            start: if length == 0 { Self::NONE.start } else { buffer.pvBuffer.cast() },
            length,
        }
    }

    #[inline]
    fn range(&self) -> Range<usize> {
        let start = self.start.addr();
        start..start.wrapping_add(self.length)
    }

    /// # Safety
    /// The memory is memory, can be read, and where not only that, written by whom has this alone.
    #[inline]
    unsafe fn view<'a>(&self) -> MessageBuffer<'a> {
        let Self { kind, passed_over, .. } = *self;
        let data = if self.only_read {
            // SAFETY: readable for its length (the caller's promise).
            Data::ReadOnly(unsafe { std::slice::from_raw_parts(self.start, self.length) })
        } else {
            // SAFETY: readable for its length (the caller's promise).
            Data::Writable(unsafe { std::slice::from_raw_parts_mut(self.start, self.length) })
        };
        MessageBuffer { kind, passed_over, data, length: None, placement: None }
    }
}

/// Checks that all pieces can be memory, and that none that is written overlaps another or the
/// array of buffers, whose addresses are `array`.
#[inline]
fn check(pieces: &[Piece], array: &Range<usize>) -> Result<()> {
    for (index, piece) in pieces.iter().enumerate() {
        if piece.length != 0 {
            pointer::check_range(piece.start, piece.length, Status::INVALID_TOKEN)?;
        }
        let range = piece.range();
        if overlap(&range, array) && !piece.only_read {
            return Err(malformed("message: a buffer overlaps the array of buffers"));
        }
        for other in pieces.iter().take(index) {
            // Where both are only read, two may share their memory.
            if overlap(&range, &other.range()) && !(piece.only_read && other.only_read) {
                return Err(malformed("message: two buffers overlap"));
            }
        }
    }
    Ok(())
}

/// Whether buffer `index` is only read: as the caller says, or because its type is one of input.
/// Callers share such memory between threads and buffers. What HTTP's `MakeSignature` writes to
/// may be of type PKG_PARAMS too, in the fifth place.
fn only_read(index: usize, buffer: SecBuffer) -> bool {
    const OUTPUT: usize = 4;
    read_only(buffer)
        || match kind(buffer) {
            buffer_type::CHANNEL_BINDINGS | buffer_type::TARGET_HOST => true,
            buffer_type::PKG_PARAMS => index < OUTPUT,
            _ => false,
        }
}

/// A package's mistake must not become a pointer out of bounds in C.
#[inline]
fn is_inside(view: &MessageBuffer<'_>, pieces: &[Piece]) -> bool {
    view.length.is_none_or(|length| length <= view.data.bytes().len())
        && view.placement.is_none_or(|placement| {
            let end = placement.offset.checked_add(placement.length);
            let piece = pieces.get(placement.buffer).filter(|piece| piece.takes_part);
            piece.zip(end).is_some_and(|(piece, end)| end <= piece.length)
        })
}

/// Tells the caller the lengths that buffers would have needed.
#[cold]
fn tell_needed(slots: BufferSlots, views: &[MessageBuffer<'_>]) {
    for (index, view) in views.iter().enumerate() {
        if let Some(needed) = view.length {
            let buffer = SecBuffer { cbBuffer: count(needed), ..slots.get(index) };
            // SAFETY: `BufferSlots::of` was promised that the array can be written.
            unsafe { slots.address(index).write(buffer) };
        }
    }
}

/// Sets the length or the place of buffer `index`.
#[inline]
fn set(slots: BufferSlots, index: usize, view: &MessageBuffer<'_>) {
    let mut buffer = slots.get(index);
    if let Some(placement) = view.placement {
        let origin = slots.get(placement.buffer).pvBuffer;
        buffer.pvBuffer = origin.cast::<u8>().wrapping_add(placement.offset).cast::<c_void>();
        buffer.cbBuffer = count(placement.length);
    } else if let Some(length) = view.length {
        buffer.cbBuffer = count(length);
    } else {
        return;
    }
    // SAFETY: `BufferSlots::of` was promised that the array can be written.
    unsafe { slots.address(index).write(buffer) };
}
