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
use crate::sspi::{Error, Flags, MAX_BUFFERS, Message, Placement, Result, Status, buffer_type};

/// `SECQOP_WRAP_NO_ENCRYPT`.
const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;

/// The message's buffers as the library takes them, one for one.
type Iov = [IovBuffer; MAX_BUFFERS];

const NO_IOV: Iov = [IovBuffer { kind: iov::EMPTY, buffer: Buffer::EMPTY }; MAX_BUFFERS];

/// `EncryptMessage`. The capacity is checked before the library changes anything.
pub(super) fn seal(state: &State, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
    let confidential = match qop {
        WRAP_NO_ENCRYPT => false,
        0 => state.flags().contains(Flags::CONFIDENTIALITY),
        _ => return Err(Error::new(Status::QOP_NOT_SUPPORTED, "encrypt: fQOP has no such value")),
    };
    let handle = state.established()?;
    let token = required(message, buffer_type::TOKEN)?;
    required(message, buffer_type::DATA)?;
    let padding = message.position(buffer_type::PADDING);
    let mut array = NO_IOV;
    let buffers = lay_out(message, &mut array, token, padding)?;
    // A copy: the library forgets where header and padding are while it measures them.
    let mut needed = NO_IOV;
    let (needed, _) = needed.split_at_mut_checked(buffers.len()).ok_or_else(too_many)?;
    needed.copy_from_slice(buffers);
    measure(state, confidential, needed)?;
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

/// Describes the caller's buffers. Those to be written must be writable.
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
            *place = IovBuffer { kind: iov::SIGN_ONLY, buffer: Buffer::over(buffer.data.octets()) };
            continue;
        }
        let kind = match kind {
            buffer_type::DATA => iov::DATA,
            _ if index == token => iov::HEADER,
            _ if Some(index) == padding => iov::PADDING,
            _ => continue,
        };
        let octets = message.writable(index)?;
        let buffer = Buffer { length: octets.len(), value: octets.as_mut_ptr().cast() };
        *place = IovBuffer { kind, buffer };
    }
    Ok(buffers)
}

fn length_of(buffers: &[IovBuffer], index: Option<usize>) -> usize {
    index.and_then(|index| buffers.get(index)).map_or(0, |buffer| buffer.buffer.length)
}

fn required(message: &Message<'_, '_>, kind: u32) -> Result<usize> {
    message.position(kind).ok_or_else(|| {
        let reason = match kind {
            buffer_type::TOKEN => "message: no TOKEN buffer",
            _ => "message: no DATA buffer",
        };
        Error::new(Status::INVALID_TOKEN, reason)
    })
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
    let data = required(message, buffer_type::DATA)?;
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

/// Opens a buffer that holds a whole wrap token; its first octets become the plaintext.
fn open_whole(state: &State, message: &mut Message<'_, '_>, index: usize) -> Result<(usize, u32)> {
    let octets = message.writable(index)?;
    let (plain, protection) = unwrap(state, octets)?;
    let length = plain.octets().len();
    let place = octets.get_mut(..length).ok_or_else(|| {
        Error::new(Status::INTERNAL_ERROR, "decrypt: the plaintext is longer than the message")
    })?;
    place.copy_from_slice(plain.octets());
    Ok((length, protection))
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
    check(functions, Doing::Message, major, minor)?;
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

/// Opens what `EncryptMessage` left in its buffers. The library works in place and spoils what it
/// refuses, so it gets a copy.
fn open_parts(state: &State, message: &mut Message<'_, '_>) -> Result<u32> {
    let token = required(message, buffer_type::TOKEN)?;
    let padding = message.position(buffer_type::PADDING);
    let handle = state.established()?;
    let mut copy = Zeroizing::new(Vec::new());
    for buffer in message.0.iter() {
        copy.extend_from_slice(buffer.data.octets());
    }
    let mut array = NO_IOV;
    let buffers = lay_out(message, &mut array, token, padding)?;
    let mut rest = copy.as_mut_slice();
    for (buffer, place) in message.0.iter().zip(buffers.iter_mut()) {
        let Some((own, others)) = rest.split_at_mut_checked(buffer.data.octets().len()) else {
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
    check(functions, Doing::Message, major, minor)?;
    check_order(major)?;
    let mut rest = copy.as_slice();
    for (index, place) in buffers.iter().enumerate() {
        let length = message.0.get(index).map_or(0, |buffer| buffer.data.octets().len());
        let Some((own, others)) = rest.split_at_checked(length) else { break };
        rest = others;
        if place.kind == iov::DATA {
            message.writable(index)?.copy_from_slice(own);
        }
    }
    Ok(protection(sealed))
}

/// The octets that a signature is over: all DATA buffers, also those that are passed over in
/// encryption.
fn signed(message: &Message<'_, '_>) -> Zeroizing<Vec<u8>> {
    let mut octets = Zeroizing::new(Vec::new());
    for buffer in message.0.iter().filter(|buffer| buffer.kind == buffer_type::DATA) {
        octets.extend_from_slice(buffer.data.octets());
    }
    octets
}

/// `MakeSignature`.
pub(super) fn sign(state: &State, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
    let _ = qop;
    let handle = state.established()?;
    let index = required(message, buffer_type::TOKEN)?;
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
    let octets = signature.octets();
    let place = message.writable(index)?.get_mut(..octets.len()).ok_or_else(|| {
        Error::new(Status::BUFFER_TOO_SMALL, "signature: longer than the TOKEN buffer")
    })?;
    place.copy_from_slice(octets);
    if let Some(padding) = message.position(buffer_type::PADDING)
        && let Some(buffer) = message.0.get_mut(padding)
    {
        buffer.length = Some(0);
    }
    if let Some(buffer) = message.0.get_mut(index) {
        buffer.length = Some(octets.len());
    }
    Ok(())
}

/// `VerifySignature`.
pub(super) fn verify(state: &State, message: &mut Message<'_, '_>) -> Result<u32> {
    let handle = state.established()?;
    let index = required(message, buffer_type::TOKEN)?;
    let data = signed(message);
    let signature = message.0.get(index).map_or(&[][..], |buffer| buffer.data.octets());
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
    check(functions, Doing::Message, major, minor)?;
    check_order(major)?;
    Ok(0)
}
