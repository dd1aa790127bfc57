//! Messages in SSPI's buffers, through GSSAPI's functions.
//!
//! `EncryptMessage`'s TOKEN, DATA and PADDING, joined in that order, are the token of `gss_wrap`:
//! without a trailer's buffer the library rotates what would stand there into the header (RFC 4121
//! §4.2.5), as Windows does.

use zeroize::Zeroizing;

use super::calls::{Owned, check};
use super::context::State;
use super::sizes::{count, measure};
use super::status::Doing;
use super::types::{Buffer, IovBuffer, ORDER_BITS, iov};
use crate::error::{Error, Result, Status};
use crate::sspi::{Flags, MAX_BUFFERS, Message, Placement, buffer_type};

/// `SECQOP_WRAP_NO_ENCRYPT`.
const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;

/// Bytes of the least header that a message has (RFC 4121 §4.2.6.2).
const HEADER: usize = 16;

/// The message's buffers as the library takes them, one for one.
type Iov = [IovBuffer; MAX_BUFFERS];

const NO_IOV: Iov = [IovBuffer { kind: iov::EMPTY, buffer: Buffer::EMPTY }; MAX_BUFFERS];

/// `EncryptMessage`. The capacity is checked before the library changes anything.
pub(super) fn seal(state: &State, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
    let handle = state.established()?;
    let confidential = confidentiality(state, qop)?;
    let token = token_of(message)?;
    text(message)?;
    let padding = message.position(buffer_type::PADDING);
    let mut array = NO_IOV;
    let buffers = lay_out(message, &mut array, token, padding)?;
    // A copy: the library forgets where header and padding are while it measures them.
    let mut needed = NO_IOV;
    let needed = measured(state, confidential, buffers, &mut needed)?;
    for index in [Some(token), padding] {
        let (needed, place) = (length_of(needed, index), index.and_then(|i| buffers.get_mut(i)));
        let Some(place) = place else { continue };
        if needed > place.buffer.length {
            let reason = "encrypt: TOKEN or PADDING is shorter than SECPKG_ATTR_SIZES says";
            return Err(too_small(message, index, needed, reason));
        }
        place.buffer.length = needed;
    }
    let functions = state.functions();
    let (mut minor, mut sealed) = (0, 0);
    // SAFETY: the context is live; the buffers are the caller's memory, writable where the library
    // writes, and as long as they say.
    let major = unsafe {
        (functions.gss_wrap_iov)(
            &raw mut minor,
            handle,
            i32::from(confidential),
            0,
            &raw mut sealed,
            buffers.as_mut_ptr(),
            count(buffers),
        )
    };
    check(functions, Doing::Message, major, minor)?;
    if confidential && sealed == 0 {
        return Err(Error::new(Status::ENCRYPT_FAILURE, "encrypt: the library did not encrypt"));
    }
    for index in [Some(token), padding].into_iter().flatten() {
        let length = length_of(buffers, Some(index));
        if let Some(buffer) = message.0.get_mut(index) {
            buffer.length = Some(length);
        }
    }
    Ok(())
}

/// How many bytes [`seal`] makes of a message: TOKEN, DATA and PADDING together.
pub(super) fn sealed_length(
    state: &State,
    qop: u32,
    message: &mut Message<'_, '_>,
) -> Result<usize> {
    let confidential = confidentiality(state, qop)?;
    let token = token_of(message)?;
    let padding = message.position(buffer_type::PADDING);
    let (mut array, mut needed) = (NO_IOV, NO_IOV);
    let buffers = lay_out(message, &mut array, token, padding)?;
    let needed = measured(state, confidential, buffers, &mut needed)?;
    let around = length_of(needed, Some(token)).saturating_add(length_of(needed, padding));
    Ok(message.text_length().saturating_add(around))
}

/// Whether the message is to be encrypted; the text never leaves in clear instead.
fn confidentiality(state: &State, qop: u32) -> Result<bool> {
    match qop {
        WRAP_NO_ENCRYPT => Ok(false),
        0 if state.flags().contains(Flags::CONFIDENTIALITY) => Ok(true),
        0 => {
            let reason = "encrypt: the context was made without confidentiality";
            Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason))
        }
        _ => Err(Error::new(Status::QOP_NOT_SUPPORTED, "encrypt: fQOP has no such value")),
    }
}

/// The buffers as [`measure`] leaves them.
fn measured<'i>(
    state: &State,
    confidential: bool,
    buffers: &[IovBuffer],
    needed: &'i mut Iov,
) -> Result<&'i [IovBuffer]> {
    let (needed, _) = needed.split_at_mut_checked(buffers.len()).ok_or_else(too_many)?;
    needed.copy_from_slice(buffers);
    measure(state, confidential, needed)?;
    Ok(needed)
}

/// Describes the caller's buffers. Read-only DATA is signed where it is `READONLY_WITH_CHECKSUM`, and
/// otherwise no part of the message. Those to be written must be writable.
fn lay_out<'i>(
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
            buffer_type::DATA if !buffer.is_text() => continue,
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

fn length_of(buffers: &[IovBuffer], index: Option<usize>) -> usize {
    index.and_then(|index| buffers.get(index)).map_or(0, |buffer| buffer.buffer.length)
}

fn token_of(message: &Message<'_, '_>) -> Result<usize> {
    let missing = || Error::new(Status::INVALID_TOKEN, "message: no TOKEN buffer");
    message.position(buffer_type::TOKEN).ok_or_else(missing)
}

/// The first buffer with text, or for it.
fn text(message: &Message<'_, '_>) -> Result<usize> {
    let missing = || Error::new(Status::INVALID_TOKEN, "message: no DATA buffer to write");
    message.text().ok_or_else(missing)
}

/// Tells the length that a buffer should have had.
fn too_small(
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

fn too_many() -> Error {
    Error::new(Status::INVALID_TOKEN, "message: too many buffers")
}

/// `DecryptMessage`. The plaintext replaces the message after all of it was checked.
pub(super) fn open(state: &State, message: &mut Message<'_, '_>) -> Result<u32> {
    state.established()?;
    let data = text(message)?;
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
fn open_whole(state: &State, message: &mut Message<'_, '_>, index: usize) -> Result<(usize, u32)> {
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

fn unwrap(state: &State, token: &[u8]) -> Result<(Owned<'static>, u32)> {
    let functions = state.functions();
    let handle = state.established()?;
    // The library turns a rotated message back in place, also one that it refuses then.
    let mut copy = Zeroizing::new(token.to_vec());
    let token = Buffer { length: copy.len(), value: copy.as_mut_ptr().cast() };
    let mut plain = Owned::empty(functions);
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

/// A message that came before, late, or after one that did not: intact, but not in its turn.
fn check_order(major: u32) -> Result<()> {
    if major & ORDER_BITS == 0 {
        return Ok(());
    }
    let reason = "message: seen before, or not the next one (RFC 2743 §1.2.3)";
    Err(Error::new(Status::OUT_OF_SEQUENCE, reason))
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
fn open_parts(state: &State, message: &mut Message<'_, '_>) -> Result<u32> {
    let token = token_of(message)?;
    let padding = message.position(buffer_type::PADDING);
    let handle = state.established()?;
    let length = |index: usize| message.0.get(index).map_or(0, |buffer| buffer.data.bytes().len());
    if message.text_length() + length(token) + padding.map_or(0, length) < HEADER {
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
pub(super) fn sign(state: &State, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
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
    let mut signature = Owned::empty(functions);
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
pub(super) fn verify(state: &State, message: &mut Message<'_, '_>) -> Result<u32> {
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
