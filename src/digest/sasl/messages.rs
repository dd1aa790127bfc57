//! The buffer forms of the message functions over a security layer.

mod parts;

use super::layer::{Layer, Protection};
use crate::error::{Error, Result, Status};
use crate::sspi::buffer_type::{DATA, PADDING, STREAM, TOKEN};
use crate::sspi::{Data, Message, MessageBuffer, Placement};

/// The pfQOP of an opened auth-conf message, and of a verified signature.
const QOP_PROTECTED: u32 = 0;
/// The pfQOP of an opened message that was only signed: `SECQOP_WRAP_NO_ENCRYPT`.
pub(in crate::digest) const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;
/// Bytes of a signature, and the least a body can have.
const SIGNATURE: usize = 16;

/// `MakeSignature`: hashes the DATA buffers in order, writes 16 bytes to the TOKEN buffer.
pub(in crate::digest) fn sign(layer: &Layer, message: &mut Message<'_, '_>) -> Result<()> {
    let token = message.position(TOKEN).ok_or_else(no_buffer)?;
    if message.writable(token)?.len() < SIGNATURE {
        message.0[token].length = Some(SIGNATURE);
        return Err(too_small());
    }
    let signature = layer.sign(signed_parts(message))?;
    message.writable(token)?[..SIGNATURE].copy_from_slice(&signature);
    message.0[token].length = Some(SIGNATURE);
    if let Some(padding) = message.position(PADDING) {
        message.0[padding].length = Some(0);
    }
    Ok(())
}

/// `VerifySignature`: the signature in the TOKEN buffer, or where there is none as the last bytes of
/// the last DATA.
pub(in crate::digest) fn verify(layer: &Layer, message: &Message<'_, '_>) -> Result<u32> {
    let parts = signed_parts(message);
    let Some(token) = message.position(TOKEN) else {
        let last = parts.clone().last().ok_or_else(no_buffer)?;
        let Some((text, signature)) = last.split_last_chunk() else {
            return Err(Error::new(Status::INVALID_TOKEN, "signature: no room for one in DATA"));
        };
        let before = parts.clone().count() - 1;
        layer.verify(parts.take(before).chain(std::iter::once(text)), signature)?;
        return Ok(QOP_PROTECTED);
    };
    let Ok(signature) = message.0[token].data.bytes().try_into() else {
        let reason = "signature: must have 16 bytes (RFC 2831 §2.3)";
        return Err(Error::new(Status::MESSAGE_ALTERED, reason));
    };
    layer.verify(parts, signature)?;
    Ok(QOP_PROTECTED)
}

/// What a signature covers: each DATA buffer that is not passed over.
fn signed_parts<'b>(message: &'b Message<'_, '_>) -> impl Iterator<Item = &'b [u8]> + Clone {
    message
        .0
        .iter()
        .filter(|buffer| buffer.kind == DATA && !buffer.passed_over)
        .map(|buffer| buffer.data.bytes())
}

/// `EncryptMessage`: all writable DATA buffers as one text, in place, and the rest of the body in
/// PADDING, TOKEN or a second DATA.
pub(in crate::digest) fn seal(layer: &Layer, message: &mut Message<'_, '_>) -> Result<()> {
    let [
        MessageBuffer { kind: DATA, passed_over: false, data: Data::Writable(text), .. },
        MessageBuffer {
            kind: DATA | PADDING | TOKEN,
            passed_over: false,
            data: Data::Writable(space),
            length,
            ..
        },
    ] = &mut *message.0
    else {
        return parts::seal(layer, message);
    };
    let needed = layer.trailer_length(text.len())?;
    if space.len() < needed {
        *length = Some(needed);
        return Err(too_small());
    }
    *length = Some(layer.seal(text, space)?);
    Ok(())
}

/// `DecryptMessage`: STREAM with DATA, DATA alone, or DATA with what `EncryptMessage` left beside it.
pub(in crate::digest) fn open(layer: &Layer, message: &mut Message<'_, '_>) -> Result<u32> {
    match &mut *message.0 {
        [
            MessageBuffer {
                kind: DATA,
                passed_over: false,
                data: Data::Writable(body),
                length,
                ..
            },
        ] => {
            *length = Some(layer.open(body, &mut [])?);
        }
        [
            MessageBuffer {
                kind: DATA,
                passed_over: false,
                data: Data::Writable(text),
                length: plaintext_length,
                ..
            },
            MessageBuffer {
                kind: PADDING | TOKEN,
                passed_over: false,
                data: Data::Writable(trailer),
                length: trailer_length,
                ..
            },
        ] => {
            check_trailer(trailer)?;
            let length = layer.open(text, trailer)?;
            *plaintext_length = Some(length.min(text.len()));
            // Cut elsewhere than EncryptMessage cuts, the body leaves plaintext in the trailer's
            // buffer.
            if length > text.len() {
                *trailer_length = Some(length - text.len());
            }
        }
        _ => match message.position(STREAM) {
            Some(stream) => open_stream(layer, message, stream)?,
            None => parts::open(layer, message)?,
        },
    }
    Ok(match layer.protection() {
        Protection::Confidentiality(_) => QOP_PROTECTED,
        Protection::Integrity => WRAP_NO_ENCRYPT,
    })
}

fn open_stream(layer: &Layer, message: &mut Message<'_, '_>, stream: usize) -> Result<()> {
    let data = message.plaintext().ok_or_else(no_buffer)?;
    let length = layer.open(message.writable(stream)?, &mut [])?;
    message.0[data].placement = Some(Placement { buffer: stream, offset: 0, length });
    Ok(())
}

/// A buffer that alone has what follows the text has all of the MAC block.
fn check_trailer(trailer: &[u8]) -> Result<()> {
    if trailer.len() < SIGNATURE {
        let reason = "decrypt: a trailer has at least 16 bytes (RFC 2831 §2.3)";
        return Err(Error::new(Status::BUFFER_TOO_SMALL, reason));
    }
    Ok(())
}

#[cold]
fn no_buffer() -> Error {
    Error::new(Status::INVALID_TOKEN, "message: no buffer of the needed type")
}

/// The size that a buffer should have had is told beside it.
#[cold]
fn too_small() -> Error {
    Error::new(Status::BUFFER_TOO_SMALL, "message: the output buffer is too small")
}

#[cfg(test)]
mod tests;
