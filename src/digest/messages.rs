//! The buffer forms of the message functions over a security layer.

use super::layer::{Layer, Protection};
use crate::sspi::{Data, Error, Message, MessageBuffer, Placement, Result, Status, buffer_type};

/// The pfQOP of an opened auth-conf message, and of a verified signature.
const QOP_PROTECTED: u32 = 0;
/// The pfQOP of an opened message that was only signed: `SECQOP_WRAP_NO_ENCRYPT`.
pub(super) const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;
/// Octets of a signature, and the least a body can have.
const SIGNATURE: usize = 16;

/// `MakeSignature`: hashes the DATA buffers in order, writes 16 octets to the TOKEN buffer.
pub(super) fn sign(layer: &Layer, message: &mut Message<'_, '_>) -> Result<()> {
    let token = find(message, &[buffer_type::TOKEN])?;
    if message.writable(token)?.len() < SIGNATURE {
        return Err(too_small(message, token, SIGNATURE));
    }
    let signature = layer.sign(signed_parts(message));
    message.writable(token)?[..SIGNATURE].copy_from_slice(&signature);
    message.0[token].length = Some(SIGNATURE);
    if let Some(padding) = message.position(buffer_type::PADDING) {
        message.0[padding].length = Some(0);
    }
    Ok(())
}

/// `VerifySignature`: the signature in the TOKEN buffer, or as the last octets of a lone DATA.
pub(super) fn verify(layer: &Layer, message: &Message<'_, '_>) -> Result<u32> {
    let Some(token) = message.position(buffer_type::TOKEN) else {
        let data = find(message, &[buffer_type::DATA])?;
        let octets = message.0[data].data.octets();
        let Some((text, signature)) = octets.split_last_chunk() else {
            return Err(Error::new(Status::INVALID_TOKEN, "signature: no room for one in DATA"));
        };
        layer.verify(std::iter::once(text), signature)?;
        return Ok(QOP_PROTECTED);
    };
    find(message, &[buffer_type::DATA])?;
    let Ok(signature) = message.0[token].data.octets().try_into() else {
        let reason = "signature: must have 16 octets (RFC 2831 §2.3)";
        return Err(Error::new(Status::MESSAGE_ALTERED, reason));
    };
    layer.verify(signed_parts(message), signature)?;
    Ok(QOP_PROTECTED)
}

/// `EncryptMessage`: the first writable DATA in place, and a trailer in PADDING, else TOKEN, else a
/// second DATA.
pub(super) fn seal(layer: &Layer, message: &mut Message<'_, '_>) -> Result<()> {
    let writable = |buffer: &MessageBuffer<'_>| {
        !buffer.passed_over && matches!(buffer.data, Data::Writable(_))
    };
    let is_data = |buffer: &MessageBuffer<'_>| buffer.kind == buffer_type::DATA;
    let data = message.0.iter().position(|buffer| is_data(buffer) && writable(buffer));
    let data = data.ok_or_else(|| missing("encrypt: no DATA buffer to write"))?;
    let second = || message.0.iter().skip(data + 1).position(is_data).map(|index| data + 1 + index);
    let trailer = message
        .position(buffer_type::PADDING)
        .or_else(|| message.position(buffer_type::TOKEN))
        .or_else(second)
        .ok_or_else(|| {
            missing("encrypt: no PADDING, TOKEN or second DATA buffer for the trailer")
        })?;
    let (text, space) = message.writable_pair(data, trailer)?;
    let needed = layer.trailer_length(text.len());
    if space.len() < needed {
        return Err(too_small(message, trailer, needed));
    }
    let written = layer.seal(text, space)?;
    message.0[trailer].length = Some(written);
    Ok(())
}

/// `DecryptMessage` in its three forms: STREAM with DATA, DATA alone, or DATA with the trailer.
pub(super) fn open(layer: &Layer, message: &mut Message<'_, '_>) -> Result<u32> {
    if let Some(stream) = message.position(buffer_type::STREAM) {
        open_stream(layer, message, stream)?;
    } else {
        open_data(layer, message)?;
    }
    Ok(match layer.protection() {
        Protection::Confidentiality(_) => QOP_PROTECTED,
        Protection::Integrity => WRAP_NO_ENCRYPT,
    })
}

fn open_stream(layer: &Layer, message: &mut Message<'_, '_>, stream: usize) -> Result<()> {
    let data = find(message, &[buffer_type::DATA])?;
    let length = layer.open(message.writable(stream)?, &mut [])?;
    message.0[data].placement = Some(Placement { buffer: stream, offset: 0, length });
    Ok(())
}

fn open_data(layer: &Layer, message: &mut Message<'_, '_>) -> Result<()> {
    let data = find(message, &[buffer_type::DATA])?;
    let trailer =
        message.position(buffer_type::PADDING).or_else(|| message.position(buffer_type::TOKEN));
    let Some(trailer) = trailer else {
        let length = layer.open(message.writable(data)?, &mut [])?;
        message.0[data].length = Some(length);
        return Ok(());
    };
    let (text, rest) = message.writable_pair(data, trailer)?;
    if rest.len() < SIGNATURE {
        let reason = "decrypt: a trailer has at least 16 octets (RFC 2831 §2.3)";
        return Err(Error::new(Status::BUFFER_TOO_SMALL, reason));
    }
    let (length, before) = (layer.open(text, rest)?, text.len());
    message.0[data].length = Some(length.min(before));
    // Cut elsewhere than EncryptMessage cuts, the body leaves plaintext in the trailer's buffer.
    if length > before {
        message.0[trailer].length = Some(length - before);
    }
    Ok(())
}

/// What a signature covers: each DATA buffer that is not passed over.
fn signed_parts<'b>(message: &'b Message<'_, '_>) -> impl Iterator<Item = &'b [u8]> + Clone {
    message
        .0
        .iter()
        .filter(|buffer| buffer.kind == buffer_type::DATA && !buffer.passed_over)
        .map(|buffer| buffer.data.octets())
}

fn find(message: &Message<'_, '_>, kinds: &[u32]) -> Result<usize> {
    let position = kinds.iter().find_map(|kind| message.position(*kind));
    position.ok_or_else(|| missing("message: no buffer of the needed type"))
}

fn missing(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

/// Reports the size that buffer `index` should have had.
fn too_small(message: &mut Message<'_, '_>, index: usize, needed: usize) -> Error {
    message.0[index].length = Some(needed);
    Error::new(Status::BUFFER_TOO_SMALL, "message: the output buffer is too small")
}
