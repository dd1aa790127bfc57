//! Safe views of a caller's `SecBufferDesc`, made by `ffi` after every pointer was checked.

use crate::error::{Error, Result, Status};

/// Buffers a descriptor may have. Windows' own packages use six at most.
pub const MAX_BUFFERS: usize = 32;

/// The `SECBUFFER_*` types, without their attribute bits.
pub mod buffer_type {
    /// `SECBUFFER_EMPTY`.
    pub const EMPTY: u32 = 0;
    /// `SECBUFFER_DATA`.
    pub const DATA: u32 = 1;
    /// `SECBUFFER_TOKEN`.
    pub const TOKEN: u32 = 2;
    /// `SECBUFFER_PKG_PARAMS`.
    pub const PKG_PARAMS: u32 = 3;
    /// `SECBUFFER_PADDING`.
    pub const PADDING: u32 = 9;
    /// `SECBUFFER_STREAM`.
    pub const STREAM: u32 = 10;
    /// `SECBUFFER_CHANNEL_BINDINGS`.
    pub const CHANNEL_BINDINGS: u32 = 14;
    /// `SECBUFFER_TARGET_HOST`.
    pub const TARGET_HOST: u32 = 16;
    /// The bits of `BufferType` that are attributes and not the type.
    pub const ATTRIBUTE_MASK: u32 = 0xF000_0000;
    /// `SECBUFFER_READONLY`: may be signed by `MakeSignature`, must not be written, and is no part of
    /// what `EncryptMessage` seals.
    pub const READONLY: u32 = 0x8000_0000;
    /// `SECBUFFER_READONLY_WITH_CHECKSUM`: not written, signed by `EncryptMessage` where the package
    /// has a place for that, and not processed by Digest.
    pub const READONLY_WITH_CHECKSUM: u32 = 0x1000_0000;
}

/// One input buffer of an accept or initialize call.
#[derive(Clone, Copy, Debug)]
pub struct InputBuffer<'a> {
    /// A `buffer_type`, attribute bits removed.
    pub kind: u32,
    /// The bytes; empty for a NULL or zero-length buffer.
    pub data: &'a [u8],
}

/// The input buffers of an accept or initialize call, in the caller's order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'a>(pub &'a [InputBuffer<'a>]);

impl<'a> Inputs<'a> {
    /// The first buffer of type `kind`.
    #[must_use]
    pub fn first(self, kind: u32) -> Option<&'a [u8]> {
        self.0.iter().find(|buffer| buffer.kind == kind).map(|buffer| buffer.data)
    }

    /// The peer's token: the first TOKEN buffer; empty where there is none.
    #[must_use]
    pub fn token(self) -> &'a [u8] {
        self.first(buffer_type::TOKEN).unwrap_or_default()
    }
}

/// Where an output token goes: the caller's buffer, or memory allocated for it.
///
/// A package asks for its space before it changes its own state, so that a refusal loses nothing.
pub trait TokenSink {
    /// Exactly `length` bytes to fill; `length` becomes the token's length.
    ///
    /// # Errors
    /// `BUFFER_TOO_SMALL` when the caller's buffer holds less (the needed length is reported to
    /// the caller), `INVALID_TOKEN` when the caller gave no output token buffer,
    /// `INSUFFICIENT_MEMORY` when memory was asked for and is not to be had.
    fn space(&mut self, length: usize) -> Result<&mut [u8]>;

    /// Goes on to the caller's next TOKEN buffer, for packages that have several tokens to offer,
    /// of which the peer takes one. Says whether there is such a buffer.
    fn next(&mut self) -> bool {
        false
    }

    /// Goes back to the first of these buffers, so that room for all tokens is had before any is
    /// written. Whoever has a [`TokenSink::next`] has this.
    fn rewind(&mut self) {}

    /// Writes a token that goes to the caller although the step fails, where the package has something to
    /// tell the peer; nothing where there is no room for it.
    fn write_failure(&mut self, _token: &[u8]) {}

    /// Whether space was refused: a step that failed may then be taken again.
    fn refused(&self) -> bool;

    /// The length of the token so far.
    fn length(&self) -> usize;
}

/// Whether a step that failed with `error` may be taken again: it was for want of room in the caller's
/// buffer, or of memory.
pub(crate) fn is_repeatable(error: &Error, output: &dyn TokenSink) -> bool {
    output.refused() || error.status() == Status::INSUFFICIENT_MEMORY
}

/// A sink over plain memory, for callers inside the library and for tests.
impl TokenSink for Vec<u8> {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        self.clear();
        self.resize(length, 0);
        Ok(self)
    }

    fn refused(&self) -> bool {
        false
    }

    fn length(&self) -> usize {
        self.len()
    }
}

/// The memory behind a message buffer.
#[derive(Debug)]
pub enum Data<'a> {
    /// Marked `READONLY` by the caller.
    ReadOnly(&'a [u8]),
    /// May be written, to its whole length.
    Writable(&'a mut [u8]),
}

impl Data<'_> {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::ReadOnly(bytes) => bytes,
            Self::Writable(bytes) => bytes,
        }
    }
}

/// A range of another buffer's memory that this buffer is to point at after the call: how
/// `DecryptMessage` hands out the plaintext inside a STREAM buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placement {
    /// Index of the buffer whose memory holds the bytes.
    pub buffer: usize,
    /// Offset of the first byte.
    pub offset: usize,
    /// Number of bytes.
    pub length: usize,
}

/// One buffer of a message call.
#[derive(Debug)]
pub struct MessageBuffer<'a> {
    /// A `buffer_type`, attribute bits removed.
    pub kind: u32,
    /// `READONLY_WITH_CHECKSUM`: to be passed over.
    pub passed_over: bool,
    /// The memory: its length is what the caller's `cbBuffer` said.
    pub data: Data<'a>,
    /// The new `cbBuffer`, where the call sets one: never larger than the memory, except with
    /// `BUFFER_TOO_SMALL`, where it is the length that was needed.
    pub length: Option<usize>,
    /// Where to point `pvBuffer` (and `cbBuffer`) instead of the buffer's own memory.
    pub placement: Option<Placement>,
}

impl MessageBuffer<'_> {
    /// Whether it has plaintext to be sealed, or receives plaintext: DATA that may be written.
    #[must_use]
    pub fn is_plaintext(&self) -> bool {
        self.kind == buffer_type::DATA
            && !self.passed_over
            && matches!(self.data, Data::Writable(_))
    }
}

/// The buffers of a signing, sealing, verifying or opening call, in the caller's order. No two
/// writable ones overlap.
#[derive(Debug)]
pub struct Message<'m, 'a>(pub &'m mut [MessageBuffer<'a>]);

impl Message<'_, '_> {
    /// Index of the first buffer of type `kind` that is not passed over.
    #[must_use]
    pub fn position(&self, kind: u32) -> Option<usize> {
        self.0.iter().position(|buffer| buffer.kind == kind && !buffer.passed_over)
    }

    /// Index of the first buffer that [has plaintext](MessageBuffer::is_plaintext).
    #[must_use]
    pub fn plaintext(&self) -> Option<usize> {
        self.0.iter().position(MessageBuffer::is_plaintext)
    }

    /// Bytes of all buffers that [have plaintext](MessageBuffer::is_plaintext).
    #[must_use]
    pub fn plaintext_length(&self) -> usize {
        let plaintexts = self.0.iter().filter(|buffer| buffer.is_plaintext());
        plaintexts.map(|buffer| buffer.data.bytes().len()).fold(0, usize::saturating_add)
    }

    /// The writable bytes of buffer `index`.
    ///
    /// # Errors
    /// `INVALID_TOKEN` when the caller marked the buffer read-only, or there is no such buffer.
    pub fn writable(&mut self, index: usize) -> Result<&mut [u8]> {
        match self.0.get_mut(index).map(|buffer| &mut buffer.data) {
            Some(Data::Writable(bytes)) => Ok(bytes),
            _ => Err(Error::new(
                Status::INVALID_TOKEN,
                "message: a buffer to be written is read-only",
            )),
        }
    }

    /// The writable bytes of two different buffers at once, in the order asked for.
    ///
    /// # Errors
    /// `INVALID_TOKEN` when either is read-only, missing, or both are the same.
    pub fn writable_pair(&mut self, first: usize, second: usize) -> Result<(&mut [u8], &mut [u8])> {
        match self.0.get_disjoint_mut([first, second]) {
            Ok(
                [
                    MessageBuffer { data: Data::Writable(one), .. },
                    MessageBuffer { data: Data::Writable(other), .. },
                ],
            ) => Ok((one, other)),
            _ => Err(Error::new(
                Status::INVALID_TOKEN,
                "message: a buffer to be written is read-only",
            )),
        }
    }
}
