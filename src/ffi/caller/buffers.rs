//! A caller's `SecBufferDesc`: its input buffers, and its message buffers.
//!
//! Every count, pointer and length is checked before a view is made, no view is made of memory
//! that is only to be written by pointer, and no two views overlap where one of them is writable.
//! Up to eight inputs are held on the stack, and all buffers of a message.

mod message;

use std::ops::Range;

pub(crate) use self::message::{MessageUse, with_message};
use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{SecBuffer, SecBufferDesc};
use crate::ffi::caller::pointer;
use crate::sspi::{InputBuffer, Inputs, MAX_BUFFERS, buffer_type};

/// Buffers that are held without allocating.
const INLINE: usize = 8;

fn malformed(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

/// The checked array of a descriptor's buffers.
#[derive(Clone, Copy)]
pub(crate) struct BufferSlots {
    first: *mut SecBuffer,
    count: usize,
}

impl BufferSlots {
    /// The buffers of `descriptor`; none for NULL.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for more than [`MAX_BUFFERS`], and for buffers at NULL or unaligned.
    ///
    /// # Safety
    /// Not NULL, the descriptor can be read, and the buffers that it names can be read and
    /// written during the call.
    pub(crate) unsafe fn of(descriptor: *const SecBufferDesc) -> Result<Self> {
        // SAFETY: NULL or readable (the caller's promise).
        let Some(descriptor) = (unsafe { pointer::read(descriptor) }) else {
            return Ok(Self { first: std::ptr::null_mut(), count: 0 });
        };
        let count = usize::try_from(descriptor.cBuffers).unwrap_or(usize::MAX);
        if count > MAX_BUFFERS {
            return Err(malformed("buffers: more than 32"));
        }
        if count > 0 && (descriptor.pBuffers.is_null() || !descriptor.pBuffers.is_aligned()) {
            return Err(malformed("buffers: pBuffers is NULL or unaligned"));
        }
        Ok(Self { first: descriptor.pBuffers, count })
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        self.count
    }

    /// The address of buffer `index`, which is below the count.
    pub(crate) fn address(self, index: usize) -> *mut SecBuffer {
        self.first.wrapping_add(index)
    }

    /// A copy of buffer `index`, which is below the count.
    fn get(self, index: usize) -> SecBuffer {
        debug_assert!(index < self.count);
        // SAFETY: inside the array that `of` was promised to be readable.
        unsafe { self.address(index).read() }
    }

    /// The addresses of the array itself.
    fn range(self) -> Range<usize> {
        let start = self.first.addr();
        start..start.wrapping_add(self.count * size_of::<SecBuffer>())
    }

    /// Copies of all buffers, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = SecBuffer> {
        (0..self.count).map(move |index| self.get(index))
    }
}

/// A buffer's type without its attribute bits.
pub(crate) fn kind(buffer: SecBuffer) -> u32 {
    buffer.BufferType & !buffer_type::ATTRIBUTE_MASK
}

/// Whether the caller forbids to write a buffer.
pub(crate) fn read_only(buffer: SecBuffer) -> bool {
    buffer.BufferType & (buffer_type::READONLY | buffer_type::READONLY_WITH_CHECKSUM) != 0
}

/// A buffer's length.
pub(crate) fn length(buffer: SecBuffer) -> usize {
    usize::try_from(buffer.cbBuffer).unwrap_or(usize::MAX)
}

/// The addresses of a buffer's memory, after a check that it can be memory.
pub(crate) fn range(buffer: SecBuffer) -> Result<Range<usize>> {
    let start = buffer.pvBuffer.cast::<u8>();
    match length(buffer) {
        0 => Ok(0..0),
        length => {
            pointer::check_range(start, length, Status::INVALID_TOKEN)?;
            Ok(start.addr()..start.addr() + length)
        }
    }
}

/// Whether two ranges of addresses share a byte.
pub(crate) fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Copies of the inputs that overlap the memory which the call writes, by their index.
pub(crate) struct Copies(Vec<(usize, Vec<u8>)>);

impl Copies {
    /// Copies the buffers of `slots` that overlap `output`, the addresses that the call may write.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for a buffer that cannot be memory, `INSUFFICIENT_MEMORY`.
    ///
    /// # Safety
    /// The memory of all buffers can be read, and nobody writes it meanwhile.
    pub(crate) unsafe fn of(slots: BufferSlots, output: &Range<usize>) -> Result<Self> {
        let mut copies = Vec::new();
        for (index, buffer) in slots.iter().enumerate() {
            if kind(buffer) != buffer_type::EMPTY && overlap(&range(buffer)?, output) {
                // SAFETY: readable (the caller's promise); the view ends before anything is written.
                let copy = copy(unsafe { view(buffer) }?)?;
                copies.push((index, copy));
            }
        }
        Ok(Self(copies))
    }

    /// Of a call that writes none of its inputs.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    fn get(&self, index: usize) -> Option<&[u8]> {
        let copy = self.0.iter().find(|(copied, _)| *copied == index);
        copy.map(|(_, bytes)| bytes.as_slice())
    }
}

/// Room for the views of the input buffers.
pub(crate) struct InputViews<'a> {
    few: [InputBuffer<'a>; INLINE],
    many: Vec<InputBuffer<'a>>,
}

impl<'a> InputViews<'a> {
    const UNUSED: InputBuffer<'a> = InputBuffer { kind: buffer_type::EMPTY, data: &[] };

    pub(crate) const fn new() -> Self {
        Self { few: [Self::UNUSED; INLINE], many: Vec::new() }
    }

    /// Views of the buffers of `slots`, or of their `copies`. EMPTY buffers are passed without their
    /// memory.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for a buffer that cannot be memory.
    ///
    /// # Safety
    /// The memory of all buffers can be read while the views live, and nobody writes it, but for that
    /// of the copied ones.
    pub(crate) unsafe fn fill<'v>(
        &'v mut self,
        slots: BufferSlots,
        copies: &'a Copies,
    ) -> Result<Inputs<'v>> {
        let views = if let Some(views) = self.few.get_mut(..slots.count()) {
            views
        } else {
            self.many.resize(slots.count(), Self::UNUSED);
            &mut *self.many
        };
        for (index, (input, buffer)) in views.iter_mut().zip(slots.iter()).enumerate() {
            input.kind = kind(buffer);
            if input.kind != buffer_type::EMPTY {
                input.data = match copies.get(index) {
                    Some(copy) => copy,
                    // SAFETY: readable and not written (the caller's promise).
                    None => unsafe { view(buffer) }?,
                };
            }
        }
        Ok(Inputs(views))
    }
}

fn copy(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len()).map_err(|_| {
        Error::new(Status::INSUFFICIENT_MEMORY, "buffers: no memory to copy an input")
    })?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// The bytes of a buffer.
///
/// # Safety
/// As [`pointer::bytes`].
unsafe fn view<'a>(buffer: SecBuffer) -> Result<&'a [u8]> {
    // SAFETY: readable for its length (the caller's promise).
    unsafe { pointer::bytes(buffer.pvBuffer.cast::<u8>(), length(buffer), Status::INVALID_TOKEN) }
}

/// A length that fits a buffer fits its `cbBuffer`.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
