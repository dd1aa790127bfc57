//! A cookie through the package's message functions, as a program would call them.

use crate::error::{Error, Result, Status};
use crate::sspi::{Attribute, AttributeId, Context, Data, Message, MessageBuffer, buffer_type};

/// `SECQOP_WRAP_NO_ENCRYPT`: cookies are signed only (RFC 4752 §3.1, §3.2).
pub(crate) const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;

/// Bytes of the longest cookie that is read, sealed: it holds four bytes and a name. A peer chooses how
/// much memory it takes.
const LONGEST: usize = 65535;

fn buffer(kind: u32, bytes: &mut [u8]) -> MessageBuffer<'_> {
    let data = Data::Writable(bytes);
    MessageBuffer { kind, passed_over: false, data, length: None, placement: None }
}

/// Protects `plain`: TOKEN, DATA and PADDING, joined.
pub(super) fn wrap(context: &dyn Context, plain: &[u8]) -> Result<Vec<u8>> {
    let Attribute::Sizes(sizes) = context.query(AttributeId::SIZES)? else {
        return Err(Error::new(Status::INTERNAL_ERROR, "cookie: the package tells no sizes"));
    };
    let zeroes = |length| vec![0; usize::try_from(length).unwrap_or_default()];
    let mut token: Vec<u8> = zeroes(sizes.security_trailer.max(sizes.max_signature));
    let mut data = plain.to_vec();
    let mut padding: Vec<u8> = zeroes(sizes.block_size);
    let mut buffers = [
        buffer(buffer_type::TOKEN, &mut token),
        buffer(buffer_type::DATA, &mut data),
        buffer(buffer_type::PADDING, &mut padding),
    ];
    context.seal(WRAP_NO_ENCRYPT, &mut Message(&mut buffers))?;
    let mut joined = Vec::new();
    for buffer in &buffers {
        let bytes = buffer.data.bytes();
        let length = buffer.length.unwrap_or(bytes.len());
        joined.extend_from_slice(bytes.get(..length).unwrap_or(bytes));
    }
    Ok(joined)
}

/// Opens what the peer protected, by encryption or not.
///
/// # Errors
/// `INVALID_TOKEN` for all that a peer can have done wrong, otherwise the package's own.
pub(super) fn unwrap(context: &dyn Context, token: &[u8]) -> Result<Vec<u8>> {
    if token.len() > LONGEST {
        return Err(Error::new(Status::INVALID_TOKEN, "cookie: 65536 bytes or more"));
    }
    let mut stream = token.to_vec();
    let mut buffers =
        [buffer(buffer_type::STREAM, &mut stream), buffer(buffer_type::DATA, &mut [])];
    context.open(&mut Message(&mut buffers)).map_err(peers_fault)?;
    let [stream, data] = &buffers;
    let place =
        data.placement.unwrap_or(crate::sspi::Placement { buffer: 0, offset: 0, length: 0 });
    let end = place.offset.saturating_add(place.length);
    let plain = stream.data.bytes().get(place.offset..end).filter(|_| place.buffer == 0);
    plain.map(<[u8]>::to_vec).ok_or_else(|| {
        Error::new(Status::INTERNAL_ERROR, "cookie: the package put it somewhere else")
    })
}

fn peers_fault(error: Error) -> Error {
    match error.status() {
        Status::MESSAGE_ALTERED | Status::OUT_OF_SEQUENCE | Status::INCOMPLETE_MESSAGE => {
            let reason = format!("cookie: {}: {}", error.status(), error.reason());
            Error::new(Status::INVALID_TOKEN, reason)
        }
        _ => error,
    }
}
