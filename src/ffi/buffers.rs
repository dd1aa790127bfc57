//! A caller's `SecBufferDesc`: its input buffers, and its message buffers.
//!
//! Every count, pointer and length is checked before a view is made, no view is made of memory
//! that is only to be written by pointer, and no two views overlap where one of them is writable.
//! Up to eight buffers are held on the stack.

use std::ffi::c_void;
use std::ops::Range;

use super::pointer;
use super::types::{SecBuffer, SecBufferDesc};
use crate::sspi::{
    Data, Error, InputBuffer, Inputs, MAX_BUFFERS, Message, MessageBuffer, Result, Status,
    buffer_type,
};

/// Buffers that are held without allocating.
const INLINE: usize = 8;

fn malformed(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

/// The checked array of a descriptor's buffers.
#[derive(Clone, Copy)]
pub(super) struct Slots {
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
    pub(super) unsafe fn of(descriptor: *const SecBufferDesc) -> Result<Self> {
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
    pub(super) fn count(self) -> usize {
        self.count
    }

    /// The address of buffer `index`, which is below the count.
    pub(super) fn address(self, index: usize) -> *mut SecBuffer {
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
    pub(super) fn iter(self) -> impl Iterator<Item = SecBuffer> {
        (0..self.count).map(move |index| self.get(index))
    }
}

/// A buffer's type without its attribute bits.
pub(super) fn kind(buffer: SecBuffer) -> u32 {
    buffer.BufferType & !buffer_type::ATTRIBUTE_MASK
}

/// Whether the caller forbids to write a buffer.
pub(super) fn read_only(buffer: SecBuffer) -> bool {
    buffer.BufferType & (buffer_type::READONLY | buffer_type::READONLY_WITH_CHECKSUM) != 0
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

/// A buffer's length.
pub(super) fn length(buffer: SecBuffer) -> usize {
    usize::try_from(buffer.cbBuffer).unwrap_or(usize::MAX)
}

/// The addresses of a buffer's memory, after a check that it can be memory.
pub(super) fn range(buffer: SecBuffer) -> Result<Range<usize>> {
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
pub(super) fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
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
pub(super) unsafe fn with_inputs<R>(
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

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
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
/// As [`Slots::of`], and the memory of all buffers that are not EMPTY, or receive a pointer only,
/// can be read, and where not read-only written, during the call, by this call alone.
pub(super) unsafe fn with_message<R>(
    descriptor: *const SecBufferDesc,
    direction: Direction,
    body: impl FnOnce(&mut Message<'_, '_>) -> Result<R>,
) -> Result<R> {
    if descriptor.is_null() {
        return Err(malformed("message: no buffers"));
    }
    // SAFETY: the caller's promise.
    let slots = unsafe { Slots::of(descriptor) }?;
    let call = MessageCall::new(slots, direction);
    call.check_overlaps()?;
    // Only as many views are set up as are likely to be used.
    let (mut two, mut four, mut eight, mut many);
    let views: &mut [MessageBuffer<'_>] = match slots.count() {
        0..=2 => {
            two = [const { unused() }; 2];
            &mut two
        }
        3..=4 => {
            four = [const { unused() }; 4];
            &mut four
        }
        5..=INLINE => {
            eight = [const { unused() }; INLINE];
            &mut eight
        }
        count => {
            many = Vec::new();
            many.resize_with(count, unused);
            &mut many
        }
    };
    // SAFETY: the caller's promise, and the check above.
    unsafe { call.run(views, body) }
}

const fn unused<'a>() -> MessageBuffer<'a> {
    MessageBuffer {
        kind: buffer_type::EMPTY,
        passed_over: false,
        data: Data::ReadOnly(&[]),
        length: None,
        placement: None,
    }
}

/// One message call's buffers.
#[derive(Clone, Copy)]
struct MessageCall {
    slots: Slots,
    /// Whether DATA buffers only receive a pointer.
    data_is_placed: bool,
}

impl MessageCall {
    fn new(slots: Slots, direction: Direction) -> Self {
        let data_is_placed = direction == Direction::Opening
            && slots.iter().any(|buffer| kind(buffer) == buffer_type::STREAM);
        Self { slots, data_is_placed }
    }

    /// Whether the memory of `buffer` takes part.
    fn takes_part(self, buffer: SecBuffer) -> bool {
        match kind(buffer) {
            buffer_type::EMPTY => false,
            buffer_type::DATA => !self.data_is_placed,
            _ => true,
        }
    }

    /// The addresses of `buffer` that take part.
    fn range(self, buffer: SecBuffer) -> Result<Range<usize>> {
        if self.takes_part(buffer) { range(buffer) } else { Ok(0..0) }
    }

    fn check_overlaps(self) -> Result<()> {
        let array = self.slots.range();
        for (index, buffer) in self.slots.iter().enumerate() {
            let addresses = self.range(buffer)?;
            // Where both are only read, two may share their memory.
            if addresses.is_empty() || only_read(index, buffer) {
                continue;
            }
            if overlap(&addresses, &array) {
                return Err(malformed("message: a buffer overlaps the array of buffers"));
            }
            for (place, other) in self.slots.iter().enumerate() {
                if place != index && overlap(&addresses, &self.range(other)?) {
                    return Err(malformed("message: two buffers overlap"));
                }
            }
        }
        Ok(())
    }

    /// Fills `views`, which are enough, runs `body` on them and sets what it decided.
    ///
    /// # Safety
    /// As [`with_message`], and [`MessageCall::check_overlaps`] found nothing.
    unsafe fn run<'a, R>(
        self,
        views: &mut [MessageBuffer<'a>],
        body: impl FnOnce(&mut Message<'_, 'a>) -> Result<R>,
    ) -> Result<R> {
        let views = views.get_mut(..self.slots.count()).unwrap_or_default();
        for (index, (view, buffer)) in views.iter_mut().zip(self.slots.iter()).enumerate() {
            view.kind = kind(buffer);
            view.passed_over = buffer.BufferType & buffer_type::READONLY_WITH_CHECKSUM != 0;
            // SAFETY: the caller's promise.
            view.data = unsafe { self.data(index, buffer) }?;
        }
        let result = match body(&mut Message(views)) {
            Ok(result) => result,
            Err(error) => {
                if error.status() == Status::BUFFER_TOO_SMALL {
                    self.tell_needed(views);
                }
                return Err(error);
            }
        };
        for view in views.iter() {
            self.check_decisions(view)?;
        }
        for (index, view) in views.iter().enumerate() {
            self.set(index, view);
        }
        Ok(result)
    }

    /// # Safety
    /// As [`MessageCall::run`].
    unsafe fn data<'a>(self, index: usize, buffer: SecBuffer) -> Result<Data<'a>> {
        if !self.takes_part(buffer) {
            return Ok(Data::Writable(&mut []));
        }
        if only_read(index, buffer) {
            // SAFETY: the caller's promise, and no writable buffer overlaps.
            return unsafe { view(buffer) }.map(Data::ReadOnly);
        }
        let length = length(buffer);
        if length == 0 {
            return Ok(Data::Writable(&mut []));
        }
        // SAFETY: the range was checked, no other view overlaps, and the caller's promise.
        let octets =
            unsafe { std::slice::from_raw_parts_mut(buffer.pvBuffer.cast::<u8>(), length) };
        Ok(Data::Writable(octets))
    }

    /// Tells the caller the lengths that buffers would have needed.
    fn tell_needed(self, views: &[MessageBuffer<'_>]) {
        for (index, view) in views.iter().enumerate() {
            if let Some(needed) = view.length {
                let mut buffer = self.slots.get(index);
                buffer.cbBuffer = count(needed);
                // SAFETY: `Slots::of` was promised that the array can be written.
                unsafe { self.slots.address(index).write(buffer) };
            }
        }
    }

    /// A package's mistake must not become a pointer out of bounds in C.
    fn check_decisions(self, view: &MessageBuffer<'_>) -> Result<()> {
        let length_fits = view.length.is_none_or(|length| length <= view.data.octets().len());
        let placement_fits = view.placement.is_none_or(|placement| {
            let end = placement.offset.checked_add(placement.length);
            placement.buffer < self.slots.count()
                && end.is_some_and(|end| {
                    let buffer = self.slots.get(placement.buffer);
                    self.takes_part(buffer) && end <= length(buffer)
                })
        });
        if length_fits && placement_fits {
            return Ok(());
        }
        Err(Error::new(Status::INTERNAL_ERROR, "message: a result lies outside its buffer"))
    }

    /// Sets the length or the place of buffer `index`.
    fn set(self, index: usize, view: &MessageBuffer<'_>) {
        let slot = self.slots.address(index);
        let mut buffer = self.slots.get(index);
        if let Some(placement) = view.placement {
            let origin = self.slots.get(placement.buffer).pvBuffer;
            buffer.pvBuffer = origin.cast::<u8>().wrapping_add(placement.offset).cast::<c_void>();
            buffer.cbBuffer = count(placement.length);
        } else if let Some(length) = view.length {
            buffer.cbBuffer = count(length);
        } else {
            return;
        }
        // SAFETY: `Slots::of` was promised that the array can be written.
        unsafe { slot.write(buffer) };
    }
}

/// A length that fits a buffer fits its `cbBuffer`.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
