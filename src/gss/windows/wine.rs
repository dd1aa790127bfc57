//! Messages of Wine's Kerberos, which differ from Windows' in four ways (as of Wine 8 and 10):
//!
//! * `EncryptMessage` lays the message out as DATA and then TOKEN, where Windows has TOKEN and then
//!   DATA, and leaves PADDING's length alone;
//! * `DecryptMessage` knows no STREAM, wants DATA to be exactly as long as the plaintext, and reads
//!   past it otherwise;
//! * `MakeSignature` does not look at the room in TOKEN;
//! * `SECPKG_ATTR_SIZES` is the same for all ciphers, and too small for AES.
//!
//! The message itself is RFC 4121's in all cases: its parts are put where Windows has them, and a
//! message is cut where the plaintext will end, which its header tells (RFC 4121 §4.2.4).

use zeroize::Zeroizing;

use super::established::{EstablishedContext, succeeded};
use super::types::{SecBuffer, SecBufferDesc, WRAP_NO_ENCRYPT};
use crate::error::{Error, Result, Status};
use crate::sspi::{Flags, Message, Placement, Sizes, buffer_type};

/// `TOK_ID` of a wrap token.
const WRAP: [u8; 2] = [5, 4];
/// Bytes of a token's header.
const HEADER: usize = 16;
/// The header again, and a block of the cipher's by chance: AES' and Camellia's blocks have 16 bytes.
const ENCRYPTED_OVERHEAD: usize = 32;
/// The header's flag of an encrypted message.
const SEALED: u8 = 2;
/// Bytes of the longest checksum there is, HMAC-SHA384-192 (RFC 8009 §3).
const LONGEST_CHECKSUM: usize = 24;
/// Room for what Wine puts into TOKEN.
const SCRATCH: usize = 256;

/// What a message grows by, with a checksum of this length.
fn overhead(sealed: bool, checksum: usize) -> usize {
    HEADER + checksum + if sealed { ENCRYPTED_OVERHEAD } else { 0 }
}

/// What programs have to make room for.
pub(super) fn sizes(told: Sizes, checksum: Option<usize>) -> Sizes {
    let checksum = checksum.unwrap_or(LONGEST_CHECKSUM);
    let bytes = |sealed| u32::try_from(overhead(sealed, checksum)).unwrap_or(u32::MAX);
    Sizes { max_signature: bytes(false), security_trailer: bytes(true), ..told }
}

/// The header of a wrap token.
struct TokenHeader {
    sealed: bool,
    /// "EC": of a signed message the checksum's length, of an encrypted one the filler's.
    extra: usize,
}

/// # Errors
/// `INVALID_TOKEN` for what is no wrap token of RFC 4121.
fn header(token: &[u8]) -> Result<TokenHeader> {
    match token.first_chunk::<HEADER>() {
        Some(&[a, b, flags, 0xFF, high, low, ..]) if [a, b] == WRAP => Ok(TokenHeader {
            sealed: flags & SEALED != 0,
            extra: usize::from(u16::from_be_bytes([high, low])),
        }),
        _ => Err(Error::new(Status::INVALID_TOKEN, "message: no wrap token (RFC 4121 §4.2.6.2)")),
    }
}

/// The length of the plaintext in a wrap token.
fn plaintext(context: &EstablishedContext<'_>, token: &[u8]) -> Result<usize> {
    let TokenHeader { sealed, extra } = header(token)?;
    let around = match (sealed, context.checksum()) {
        (false, _) => overhead(false, extra),
        // HMAC-SHA1-96 where none was seen: Negotiate has no cookies, and these are RFC 4120's.
        (true, checksum) => overhead(true, checksum.unwrap_or(12)) + extra,
    };
    let length = token
        .len()
        .checked_sub(around)
        .ok_or_else(|| Error::new(Status::INVALID_TOKEN, "message: shorter than its checksum"))?;
    Ok(length)
}

/// Refuses what `EncryptMessage` does not take.
pub(super) fn check_qop(qop: u32) -> Result<()> {
    if [0, WRAP_NO_ENCRYPT].contains(&qop) {
        return Ok(());
    }
    Err(Error::new(Status::QOP_NOT_SUPPORTED, "encrypt: fQOP has no such value"))
}

/// `EncryptMessage`. The capacity is checked before Wine counts the message.
pub(super) fn seal(
    context: &EstablishedContext<'_>,
    qop: u32,
    message: &mut Message<'_, '_>,
) -> Result<()> {
    let handle = context.handle;
    let token = required(message, buffer_type::TOKEN)?;
    let data = only_data(message)?;
    // Wine would encrypt also where the peers have not agreed on it.
    let sealed = qop == 0 && context.flags.contains(Flags::CONFIDENTIALITY);
    let qop = if sealed { 0 } else { WRAP_NO_ENCRYPT };
    let room = message.writable(token)?.len();
    let needed = overhead(sealed, context.checksum().unwrap_or(LONGEST_CHECKSUM));
    if room < needed {
        return Err(too_small(message, token, needed));
    }
    let length = message.writable(data)?.len();
    let mut joined = Zeroizing::new(vec![0; length + SCRATCH]);
    let (front, back) = joined.split_at_mut(length);
    front.copy_from_slice(message.writable(data)?);
    let mut buffers = [
        SecBuffer::over_mut(buffer_type::DATA, front),
        SecBuffer::over_mut(buffer_type::TOKEN, back),
    ];
    let mut description = SecBufferDesc::of(&mut buffers);
    let function = context.functions.seal;
    // SAFETY: the system's handle; buffers over memory of this call's.
    let status = unsafe { function(&raw const handle, qop, &raw mut description, 0) };
    succeeded("encrypt", status)?;
    let grown = buffers[1].length();
    let whole = joined.get_mut(..length + grown).ok_or_else(senseless)?;
    let TokenHeader { sealed: encrypted, extra } = header(whole).map_err(|_| senseless())?;
    if sealed && !encrypted {
        return Err(Error::new(Status::ENCRYPT_FAILURE, "encrypt: the package did not encrypt"));
    }
    if !encrypted {
        context.learn_checksum(extra);
    }
    rotate(whole, length)?;
    let (first, rest) = whole.split_at(grown);
    let place = message.writable(token)?.get_mut(..grown).ok_or_else(senseless)?;
    place.copy_from_slice(first);
    message.writable(data)?.copy_from_slice(rest);
    set_length(message, Some(token), grown);
    let padding = message.position(buffer_type::PADDING);
    set_length(message, padding, 0);
    Ok(())
}

/// Turns a message so that what stands for the plaintext comes last, and the checksum before it, as
/// Windows has it: "RRC", bytes 6 and 7, tells receivers how far (RFC 4121 §4.2.5).
fn rotate(whole: &mut [u8], plaintext: usize) -> Result<()> {
    let (head, body) = whole.split_first_chunk_mut::<HEADER>().ok_or_else(senseless)?;
    let before = if head[2] & SEALED == 0 { 0 } else { HEADER };
    let distance = body.len().checked_sub(before + plaintext).ok_or_else(senseless)?;
    let [high, low] = u16::try_from(distance).map_err(|_| senseless())?.to_be_bytes();
    if head[6..8] == [0, 0] {
        body.rotate_right(distance);
        (head[6], head[7]) = (high, low);
    }
    Ok(())
}

/// `DecryptMessage`, of a whole message in STREAM or DATA, or of its parts in Windows' order.
pub(super) fn open(context: &EstablishedContext<'_>, message: &mut Message<'_, '_>) -> Result<u32> {
    let data = only_data(message)?;
    if let Some(stream) = message.position(buffer_type::STREAM) {
        let bytes = message.writable(stream)?;
        let (plain, qop) = unwrap(context, bytes)?;
        let length = plain.len();
        bytes.get_mut(..length).ok_or_else(senseless)?.copy_from_slice(&plain);
        if let Some(buffer) = message.0.get_mut(data) {
            buffer.placement = Some(Placement { buffer: stream, offset: 0, length });
        }
        return Ok(qop);
    }
    let parts =
        [message.position(buffer_type::TOKEN), Some(data), message.position(buffer_type::PADDING)];
    let mut joined = Zeroizing::new(Vec::new());
    for buffer in parts.into_iter().flatten().filter_map(|index| message.0.get(index)) {
        joined.extend_from_slice(buffer.data.bytes());
    }
    let (plain, qop) = unwrap(context, &joined)?;
    let place = message.writable(data)?.get_mut(..plain.len()).ok_or_else(|| {
        Error::new(Status::INVALID_TOKEN, "decrypt: DATA is shorter than the plaintext")
    })?;
    place.copy_from_slice(&plain);
    set_length(message, Some(data), plain.len());
    Ok(qop)
}

/// The plaintext of a wrap token, and the quality of protection.
fn unwrap(context: &EstablishedContext<'_>, token: &[u8]) -> Result<(Zeroizing<Vec<u8>>, u32)> {
    let handle = context.handle;
    let length = plaintext(context, token)?;
    let mut copy = Zeroizing::new(token.to_vec());
    let (plain, rest) = copy.split_at_mut(length);
    let mut buffers = [
        SecBuffer::over_mut(buffer_type::DATA, plain),
        SecBuffer::over_mut(buffer_type::TOKEN, rest),
    ];
    let mut description = SecBufferDesc::of(&mut buffers);
    let function = context.functions.open;
    let mut qop = 0;
    // SAFETY: the system's handle; buffers over memory of this call's.
    let status = unsafe { function(&raw const handle, &raw mut description, 0, &raw mut qop) };
    succeeded("decrypt", status)?;
    let TokenHeader { sealed, extra } = header(token)?;
    if !sealed {
        context.learn_checksum(extra);
    }
    copy.truncate(length);
    Ok((copy, qop))
}

/// `MakeSignature`, with room that is checked.
pub(super) fn sign(
    context: &EstablishedContext<'_>,
    qop: u32,
    message: &mut Message<'_, '_>,
) -> Result<()> {
    let handle = context.handle;
    let token = required(message, buffer_type::TOKEN)?;
    let needed = overhead(false, context.checksum().unwrap_or(LONGEST_CHECKSUM));
    if message.writable(token)?.len() < needed {
        return Err(too_small(message, token, needed));
    }
    let data = signed(message);
    let mut scratch = [0; SCRATCH];
    let mut buffers = [
        SecBuffer::over(buffer_type::DATA, &data),
        SecBuffer::over_mut(buffer_type::TOKEN, &mut scratch),
    ];
    let mut description = SecBufferDesc::of(&mut buffers);
    let function = context.functions.sign;
    // SAFETY: the system's handle; buffers over memory of this call's, of which DATA is only read.
    let status = unsafe { function(&raw const handle, qop, &raw mut description, 0) };
    succeeded("signature", status)?;
    let length = buffers[1].length();
    let signature = scratch.get(..length).ok_or_else(senseless)?;
    message.writable(token)?.get_mut(..length).ok_or_else(senseless)?.copy_from_slice(signature);
    set_length(message, Some(token), length);
    let padding = message.position(buffer_type::PADDING);
    set_length(message, padding, 0);
    Ok(())
}

/// `VerifySignature`.
pub(super) fn verify(
    context: &EstablishedContext<'_>,
    message: &mut Message<'_, '_>,
) -> Result<u32> {
    let handle = context.handle;
    let token = required(message, buffer_type::TOKEN)?;
    let data = signed(message);
    let signature = message.0.get(token).map_or(&[][..], |buffer| buffer.data.bytes());
    let mut buffers =
        [SecBuffer::over(buffer_type::DATA, &data), SecBuffer::over(buffer_type::TOKEN, signature)];
    let mut description = SecBufferDesc::of(&mut buffers);
    let function = context.functions.verify;
    let mut qop = 0;
    // SAFETY: the system's handle; buffers over memory that is only read.
    let status = unsafe { function(&raw const handle, &raw mut description, 0, &raw mut qop) };
    succeeded("verify", status).map(|()| qop)
}

/// The bytes that a signature is over.
fn signed(message: &Message<'_, '_>) -> Zeroizing<Vec<u8>> {
    let data = message.0.iter().filter(|buffer| buffer.kind == buffer_type::DATA);
    Zeroizing::new(data.flat_map(|buffer| buffer.data.bytes()).copied().collect())
}

fn required(message: &Message<'_, '_>, kind: u32) -> Result<usize> {
    message
        .position(kind)
        .ok_or_else(|| Error::new(Status::INVALID_TOKEN, "message: no TOKEN or no DATA buffer"))
}

/// The message's DATA buffer: Wine looks at the first one alone.
fn only_data(message: &Message<'_, '_>) -> Result<usize> {
    if message.0.iter().filter(|buffer| buffer.kind == buffer_type::DATA).count() > 1 {
        let reason = "message: Wine's Kerberos takes one DATA buffer";
        return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
    }
    required(message, buffer_type::DATA)
}

fn too_small(message: &mut Message<'_, '_>, token: usize, needed: usize) -> Error {
    set_length(message, Some(token), needed);
    let reason = "message: TOKEN is shorter than SECPKG_ATTR_SIZES says";
    Error::new(Status::BUFFER_TOO_SMALL, reason)
}

fn set_length(message: &mut Message<'_, '_>, index: Option<usize>, length: usize) {
    if let Some(buffer) = index.and_then(|index| message.0.get_mut(index)) {
        buffer.length = Some(length);
    }
}

fn senseless() -> Error {
    Error::new(Status::INTERNAL_ERROR, "message: not as Wine's Kerberos makes them")
}
