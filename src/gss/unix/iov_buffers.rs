//! SSPI's buffers as the buffers of GSSAPI's IOV functions.
//!
//! `EncryptMessage`'s TOKEN, DATA and PADDING, joined in that order, are the token of `gss_wrap`:
//! without a trailer's buffer the library rotates what would stand there into the header (RFC 4121
//! §4.2.5), as Windows does.

use super::state::ContextState;
use super::status::{Doing, check};
use super::types::{Buffer, IovBuffer, iov};
use crate::error::{Error, Result, Status};
use crate::sspi::{MAX_BUFFERS, Message, buffer_type};

/// `SECQOP_WRAP_NO_ENCRYPT`.
pub(super) const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;

/// The message's buffers as the library takes them, one for one.
pub(super) type Iov = [IovBuffer; MAX_BUFFERS];

pub(super) const NO_IOV: Iov = [IovBuffer { kind: iov::EMPTY, buffer: Buffer::EMPTY }; MAX_BUFFERS];

/// Describes the caller's buffers. Read-only DATA is signed where it is `READONLY_WITH_CHECKSUM`, and
/// otherwise no part of the message. Those to be written must be writable.
pub(super) fn lay_out<'i>(
    message: &mut Message<'_, '_>,
    array: &'i mut Iov,
    token: usize,
    padding: Option<usize>,
) -> Result<&'i mut [IovBuffer]> {
    let buffers = array.get_mut(..message.0.len()).ok_or_else(too_many)?;
    for (index, place) in buffers.iter_mut().enumerate() {
        let Some(buffer) = message.0.get(index) else { continue };
        let (kind, passed_over) = (buffer.kind, buffer.passed_over);
        if kind == buffer_type::DATA && passed_over {
            *place = IovBuffer { kind: iov::SIGN_ONLY, buffer: Buffer::over(buffer.data.bytes()) };
            continue;
        }
        let kind = match kind {
            buffer_type::DATA if !buffer.is_plaintext() => continue,
            buffer_type::DATA => iov::DATA,
            _ if index == token => iov::HEADER,
            _ if Some(index) == padding => iov::PADDING,
            _ => continue,
        };
        let bytes = message.writable(index)?;
        let buffer = Buffer { length: bytes.len(), value: bytes.as_mut_ptr().cast() };
        *place = IovBuffer { kind, buffer };
    }
    Ok(buffers)
}

pub(super) fn length_of(buffers: &[IovBuffer], index: Option<usize>) -> usize {
    index.and_then(|index| buffers.get(index)).map_or(0, |buffer| buffer.buffer.length)
}

pub(super) fn token_of(message: &Message<'_, '_>) -> Result<usize> {
    let missing = || Error::new(Status::INVALID_TOKEN, "message: no TOKEN buffer");
    message.position(buffer_type::TOKEN).ok_or_else(missing)
}

/// The first buffer with plaintext, or for it.
pub(super) fn plaintext(message: &Message<'_, '_>) -> Result<usize> {
    let missing = || Error::new(Status::INVALID_TOKEN, "message: no DATA buffer to write");
    message.plaintext().ok_or_else(missing)
}

/// Tells the length that a buffer should have had.
pub(super) fn too_small(
    message: &mut Message<'_, '_>,
    index: Option<usize>,
    needed: usize,
    reason: &'static str,
) -> Error {
    if let Some(buffer) = index.and_then(|index| message.0.get_mut(index)) {
        buffer.length = Some(needed);
    }
    Error::new(Status::BUFFER_TOO_SMALL, reason)
}

pub(super) fn too_many() -> Error {
    Error::new(Status::INVALID_TOKEN, "message: too many buffers")
}

/// Fills in the lengths of header and padding. Bytes are not looked at.
pub(super) fn measure(
    state: &ContextState,
    confidential: bool,
    buffers: &mut [IovBuffer],
) -> Result<()> {
    let functions = state.functions();
    let (mut minor, mut sealed) = (0, 0);
    let handle = state.established()?;
    // SAFETY: the context is live; the array is as long as said, and only its lengths are used.
    let major = unsafe {
        (functions.gss_wrap_iov_length)(
            &raw mut minor,
            handle,
            i32::from(confidential),
            0,
            &raw mut sealed,
            buffers.as_mut_ptr(),
            count(buffers),
        )
    };
    check(functions, Doing::Message, major, minor)
}

/// The length of an array as the library takes it.
pub(super) fn count(buffers: &[IovBuffer]) -> i32 {
    i32::try_from(buffers.len()).unwrap_or(i32::MAX)
}
