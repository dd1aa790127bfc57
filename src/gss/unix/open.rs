//! `DecryptMessage`.

use zeroize::Zeroizing;

use super::buffer::OwnedBuffer;
use super::iov_buffers::{NO_IOV, WRAP_NO_ENCRYPT, count, lay_out, plaintext, token_of};
use super::state::ContextState;
use super::status::{Doing, check, check_order};
use super::types::{Buffer, iov};
use crate::error::{Error, Result, Status};
use crate::sspi::{Message, Placement, buffer_type};

/// Bytes of the least header that a message has (RFC 4121 §4.2.6.2).
const HEADER: usize = 16;

/// `DecryptMessage`. The plaintext replaces the message after all of it was checked.
pub(super) fn open(state: &ContextState, message: &mut Message<'_, '_>) -> Result<u32> {
    state.established()?;
    let data = plaintext(message)?;
    if let Some(stream) = message.position(buffer_type::STREAM) {
        let (length, protection) = open_whole(state, message, stream)?;
        if let Some(buffer) = message.0.get_mut(data) {
            buffer.placement = Some(Placement { buffer: stream, offset: 0, length });
        }
        return Ok(protection);
    }
    if message.position(buffer_type::TOKEN).is_some() {
        return open_parts(state, message);
    }
    let (length, protection) = open_whole(state, message, data)?;
    if let Some(buffer) = message.0.get_mut(data) {
        buffer.length = Some(length);
    }
    Ok(protection)
}

/// Opens a buffer that holds a whole wrap token; its first bytes become the plaintext.
fn open_whole(
    state: &ContextState,
    message: &mut Message<'_, '_>,
    index: usize,
) -> Result<(usize, u32)> {
    let bytes = message.writable(index)?;
    check_whole(bytes)?;
    let (plain, protection) = unwrap(state, bytes)?;
    let length = plain.bytes().len();
    let place = bytes.get_mut(..length).ok_or_else(|| {
        Error::new(Status::INTERNAL_ERROR, "decrypt: the plaintext is longer than the message")
    })?;
    place.copy_from_slice(plain.bytes());
    Ok((length, protection))
}

/// The library calls all that is no message of its own defective: what is the start of one, or
/// nothing, is incomplete.
fn check_whole(message: &[u8]) -> Result<()> {
    // RFC 4121 §4.2.6.2, and RFC 2743 §3.1.
    let starts: [&[u8]; 2] = [&[0x05, 0x04], &[0x60]];
    let is_start = starts.iter().any(|start| start.iter().zip(message).all(|(a, b)| a == b));
    if message.len() < HEADER && is_start {
        let reason = "message: shorter than its header (RFC 4121 §4.2.6.2)";
        return Err(Error::new(Status::INCOMPLETE_MESSAGE, reason));
    }
    Ok(())
}

fn unwrap(state: &ContextState, token: &[u8]) -> Result<(OwnedBuffer<'static>, u32)> {
    let functions = state.functions();
    let handle = state.established()?;
    // The library turns a rotated message back in place, also one that it refuses then.
    let mut copy = Zeroizing::new(token.to_vec());
    let token = Buffer { length: copy.len(), value: copy.as_mut_ptr().cast() };
    let mut plain = OwnedBuffer::empty(functions);
    let (mut minor, mut sealed, mut qop) = (0, 0, 0);
    // SAFETY: the context is live; the token is writable memory of ours; the others are live locals.
    let major = unsafe {
        (functions.gss_unwrap)(
            &raw mut minor,
            handle,
            &raw const token,
            plain.fill(),
            &raw mut sealed,
            &raw mut qop,
        )
    };
    check(functions, Doing::Received, major, minor)?;
    check_order(major)?;
    Ok((plain, protection(sealed)))
}

const fn protection(sealed: i32) -> u32 {
    if sealed == 0 { WRAP_NO_ENCRYPT } else { 0 }
}

/// What is sealed with AES has no filler (RFC 4121 §4.2.3): a header that tells of some is refused before
/// a library reads it, and nothing in it has been verified yet.
fn check_filler(header: &[u8]) -> Result<()> {
    const SEALED: u8 = 2;
    match header {
        [0x05, 0x04, flags, _, filler @ ..]
            if flags & SEALED != 0 && !filler.starts_with(&[0, 0]) =>
        {
            let reason = "message: filler in a sealed message (RFC 4121 §4.2.3)";
            Err(Error::new(Status::INVALID_TOKEN, reason))
        }
        _ => Ok(()),
    }
}

/// Opens what `EncryptMessage` left in its buffers. The library works in place and spoils what it
/// refuses, so it gets a copy.
fn open_parts(state: &ContextState, message: &mut Message<'_, '_>) -> Result<u32> {
    let token = token_of(message)?;
    let padding = message.position(buffer_type::PADDING);
    let handle = state.established()?;
    let length = |index: usize| message.0.get(index).map_or(0, |buffer| buffer.data.bytes().len());
    if message.plaintext_length() + length(token) + padding.map_or(0, length) < HEADER {
        check_whole(message.0.get(token).map_or(&[][..], |buffer| buffer.data.bytes()))?;
    }
    check_filler(message.0.get(token).map_or(&[][..], |buffer| buffer.data.bytes()))?;
    let mut copy = Zeroizing::new(Vec::new());
    for buffer in message.0.iter() {
        copy.extend_from_slice(buffer.data.bytes());
    }
    let mut array = NO_IOV;
    let buffers = lay_out(message, &mut array, token, padding)?;
    let mut rest = copy.as_mut_slice();
    for (buffer, place) in message.0.iter().zip(buffers.iter_mut()) {
        let Some((own, others)) = rest.split_at_mut_checked(buffer.data.bytes().len()) else {
            break;
        };
        place.buffer.value = own.as_mut_ptr().cast();
        rest = others;
    }
    let functions = state.functions();
    let (mut minor, mut sealed, mut qop) = (0, 0, 0);
    // SAFETY: the context is live; every buffer lies in the copy, and none overlaps another.
    let major = unsafe {
        (functions.gss_unwrap_iov)(
            &raw mut minor,
            handle,
            &raw mut sealed,
            &raw mut qop,
            buffers.as_mut_ptr(),
            count(buffers),
        )
    };
    check(functions, Doing::Received, major, minor)?;
    check_order(major)?;
    let mut rest = copy.as_slice();
    for (index, place) in buffers.iter().enumerate() {
        let length = message.0.get(index).map_or(0, |buffer| buffer.data.bytes().len());
        let Some((own, others)) = rest.split_at_checked(length) else { break };
        rest = others;
        if place.kind == iov::DATA {
            message.writable(index)?.copy_from_slice(own);
        }
    }
    Ok(protection(sealed))
}
