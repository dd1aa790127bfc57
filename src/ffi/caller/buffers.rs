//! A caller's `SecBufferDesc`: its input buffers, and its message buffers.
//!
//! Every count, pointer and length is checked before a view is made, no view is made of memory
//! that is only to be written by pointer, and no two views overlap where one of them is writable.
//! Up to eight inputs are held on the stack, and all buffers of a message.

mod message;

use std::ops::Range;

pub(crate) use self::message::{Direction, with_message};
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
pub(crate) struct Slots {
    first: *mut SecBuffer,
    count: usize,
}

impl Slots {
    /// The buffers of `descriptor`; none for NULL.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for more than [`MAX_BUFFERS`], and for buffers at NULL or unaligned.
    ///
    /// # Safety
    /// Not NULL, the descriptor can be read, and the buffers that it names can be read and
    /// written during the call.
    pub(crate) unsafe fn of(descriptor: *const SecBufferDesc) -> Result<Self> {
        // SAFETY: the caller's promise.
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

/// Whether two ranges of addresses share an octet.
pub(crate) fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Runs `body` on the input buffers of `slots`. Those that overlap `output`, the addresses that
/// the body may write, are copied first. EMPTY buffers are passed without their memory.
///
/// # Errors
/// `INVALID_TOKEN` for a buffer that cannot be memory, `INSUFFICIENT_MEMORY`, and those of `body`.
///
/// # Safety
/// The memory of all buffers can be read during the call, and nobody writes it outside `output`.
// Measured: what is handed over in memory is waited for.
#[inline(always)]
pub(crate) unsafe fn with_inputs<R>(
    slots: Slots,
    output: &Range<usize>,
    body: impl FnOnce(Inputs<'_>) -> Result<R>,
) -> Result<R> {
    const UNUSED: InputBuffer<'_> = InputBuffer { kind: buffer_type::EMPTY, data: &[] };
    let mut copies: Vec<Vec<u8>> = Vec::new();
    // Only as many are set up as are likely to be used.
    let (mut two, mut eight, mut many);
    let inputs: &mut [InputBuffer<'_>] = match slots.count() {
        0..=2 => {
            two = [UNUSED; 2];
            &mut two
        }
        3..=INLINE => {
            eight = [UNUSED; INLINE];
            &mut eight
        }
        count => {
            many = vec![UNUSED; count];
            &mut many
        }
    };
    let inputs = inputs.get_mut(..slots.count()).unwrap_or_default();
    for (input, buffer) in inputs.iter_mut().zip(slots.iter()) {
        input.kind = kind(buffer);
        if input.kind == buffer_type::EMPTY {
            continue;
        }
        if overlap(&range(buffer)?, output) {
            // SAFETY: the caller's promise; the view ends before anything is written.
            copies.push(copy(unsafe { view(buffer) }?)?);
        } else {
            // SAFETY: the caller's promise.
            input.data = unsafe { view(buffer) }?;
        }
    }
    if !copies.is_empty() {
        let mut copies = copies.iter();
        for (input, buffer) in inputs.iter_mut().zip(slots.iter()) {
            if input.kind != buffer_type::EMPTY && overlap(&range(buffer)?, output) {
                input.data = copies.next().map(Vec::as_slice).unwrap_or_default();
            }
        }
    }
    body(Inputs(inputs))
}

fn copy(octets: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(octets.len()).map_err(|_| {
        Error::new(Status::INSUFFICIENT_MEMORY, "buffers: no memory to copy an input")
    })?;
    copy.extend_from_slice(octets);
    Ok(copy)
}

/// The octets of a buffer.
///
/// # Safety
/// As [`pointer::octets`].
unsafe fn view<'a>(buffer: SecBuffer) -> Result<&'a [u8]> {
    // SAFETY: the caller's promise.
    unsafe { pointer::octets(buffer.pvBuffer.cast::<u8>(), length(buffer), Status::INVALID_TOKEN) }
}

/// A length that fits a buffer fits its `cbBuffer`.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
