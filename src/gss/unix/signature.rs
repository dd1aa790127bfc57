//! `MakeSignature` and `VerifySignature`.

use zeroize::Zeroizing;

use super::buffer::OwnedBuffer;
use super::iov_buffers::{length_of, measure, token_of, too_small};
use super::state::ContextState;
use super::status::{Doing, check, check_order};
use super::types::{Buffer, IovBuffer, iov};
use crate::error::{Error, Result, Status};
use crate::sspi::{Message, buffer_type};

/// The bytes that a signature is over: all DATA buffers, also those that are passed over in
/// encryption.
fn signed(message: &Message<'_, '_>) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::new());
    for buffer in message.0.iter().filter(|buffer| buffer.kind == buffer_type::DATA) {
        bytes.extend_from_slice(buffer.data.bytes());
    }
    bytes
}

/// `MakeSignature`.
pub(super) fn sign(state: &ContextState, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
    let _ = qop;
    let handle = state.established()?;
    let index = token_of(message)?;
    let data = signed(message);
    let capacity = message.writable(index)?.len();
    // A signature has what a wrapped message has around it: asked for first, since signing counts.
    let mut sample = [
        IovBuffer { kind: iov::HEADER, buffer: Buffer::EMPTY },
        IovBuffer { kind: iov::DATA, buffer: Buffer { length: 1, ..Buffer::EMPTY } },
        IovBuffer { kind: iov::PADDING, buffer: Buffer::EMPTY },
    ];
    measure(state, false, &mut sample)?;
    let needed = length_of(&sample, Some(0));
    if capacity < needed {
        let reason = "signature: TOKEN is shorter than cbMaxSignature";
        return Err(too_small(message, Some(index), needed, reason));
    }
    let functions = state.functions();
    let mut signature = OwnedBuffer::empty(functions);
    let (mut minor, data) = (0, Buffer::over(&data));
    // SAFETY: the context is live; the data is only read; the others are live locals.
    let major = unsafe {
        (functions.gss_get_mic)(&raw mut minor, handle, 0, &raw const data, signature.fill())
    };
    check(functions, Doing::Message, major, minor)?;
    let bytes = signature.bytes();
    let place = message.writable(index)?.get_mut(..bytes.len()).ok_or_else(|| {
        Error::new(Status::BUFFER_TOO_SMALL, "signature: longer than the TOKEN buffer")
    })?;
    place.copy_from_slice(bytes);
    if let Some(padding) = message.position(buffer_type::PADDING)
        && let Some(buffer) = message.0.get_mut(padding)
    {
        buffer.length = Some(0);
    }
    if let Some(buffer) = message.0.get_mut(index) {
        buffer.length = Some(bytes.len());
    }
    Ok(())
}

/// `VerifySignature`.
pub(super) fn verify(state: &ContextState, message: &mut Message<'_, '_>) -> Result<u32> {
    let handle = state.established()?;
    let index = token_of(message)?;
    let data = signed(message);
    let signature = message.0.get(index).map_or(&[][..], |buffer| buffer.data.bytes());
    if signature.is_empty() {
        return Err(Error::new(Status::MESSAGE_ALTERED, "signature: there is none"));
    }
    let functions = state.functions();
    let (mut minor, mut qop) = (0, 0);
    let (data, signature) = (Buffer::over(&data), Buffer::over(signature));
    // SAFETY: the context is live; data and signature are only read; the others are live locals.
    let major = unsafe {
        (functions.gss_verify_mic)(
            &raw mut minor,
            handle,
            &raw const data,
            &raw const signature,
            &raw mut qop,
        )
    };
    check(functions, Doing::Received, major, minor)?;
    check_order(major)?;
    Ok(0)
}
