//! The buffers of HTTP calls, by place on the server and by type on the client.

use std::borrow::Cow;

use super::formulas::{Digits, Hash};
use crate::digest::message::qop::Qop;
use crate::error::{Error, Result, Status};
use crate::sspi::{InputBuffer, Message, buffer_type};

/// The input buffers of an accepting call, in Windows' order.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerInputs<'a> {
    /// The response; empty on a first call.
    pub token: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// The request's URI; empty where the caller leaves it to the response.
    pub uri: &'a [u8],
    /// The hash of the entity body; empty where unknown.
    pub entity: &'a [u8],
    /// The realm to offer, UTF-16LE; empty for the configured one.
    realm: &'a [u8],
    /// The `SEC_CHANNEL_BINDINGS` block; empty where there is none.
    pub bindings: &'a [u8],
}

impl<'a> ServerInputs<'a> {
    /// Takes the buffers apart: token, method, URI (which Windows reserves, and which the response
    /// names itself), entity hash, realm, bindings. Any number of them may be missing at the end.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for another type at one of the places 1 to 4.
    pub fn of(buffers: &[InputBuffer<'a>]) -> Result<Self> {
        let parameter = |place: usize| match buffers.get(place) {
            None => Ok(&[][..]),
            Some(buffer) if buffer.kind == buffer_type::PKG_PARAMS => Ok(buffer.data),
            Some(buffer) if buffer.kind == buffer_type::EMPTY => Ok(&[][..]),
            Some(_) => Err(wrong("buffers: one of 1 to 4 is not SECBUFFER_PKG_PARAMS")),
        };
        let (method, uri) = (text(parameter(1)?), text(parameter(2)?));
        let (entity, realm) = (text(parameter(3)?), parameter(4)?);
        // Where other types can be now.
        let bytes = |kind| {
            let others = buffers.get(5..).unwrap_or_default();
            let found =
                buffers.first().into_iter().chain(others).find(|buffer| buffer.kind == kind);
            found.map_or(&[][..], |buffer| buffer.data)
        };
        let (token, bindings) = (bytes(buffer_type::TOKEN), bytes(buffer_type::CHANNEL_BINDINGS));
        Ok(Self { token, method, uri, entity, realm, bindings })
    }

    /// The same of a `CompleteAuthToken` or `VerifySignature` call, where the place of the realm
    /// may have a buffer of another type, to be written.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where there is no response or no method, or another type at its place.
    pub fn of_message(message: &'a Message<'_, '_>) -> Result<Self> {
        let parameter = |place: usize| match message.0.get(place) {
            None => Ok(&[][..]),
            Some(buffer) if buffer.kind == buffer_type::PKG_PARAMS => Ok(buffer.data.bytes()),
            Some(buffer) if buffer.kind == buffer_type::EMPTY => Ok(&[][..]),
            Some(_) => Err(wrong("buffers: one of 1 to 3 is not SECBUFFER_PKG_PARAMS")),
        };
        let token = match message.0.first() {
            Some(buffer) if buffer.kind == buffer_type::TOKEN => buffer.data.bytes(),
            _ => &[],
        };
        let (method, uri, entity) = (text(parameter(1)?), text(parameter(2)?), text(parameter(3)?));
        if token.is_empty() || method.is_empty() {
            return Err(wrong("buffers: no response or no method"));
        }
        // Where other types can be now.
        let others = message.0.get(OUTPUT..).unwrap_or_default();
        let realm = others.first().filter(|buffer| buffer.kind == buffer_type::PKG_PARAMS);
        let realm = realm.map_or(&[][..], |buffer| buffer.data.bytes());
        let mut others = others.iter();
        let bindings = others.find(|buffer| buffer.kind == buffer_type::CHANNEL_BINDINGS);
        let bindings = bindings.map_or(&[][..], |buffer| buffer.data.bytes());
        Ok(Self { token, method, uri, entity, realm, bindings })
    }

    /// The realm to offer, or that was, where the caller gives one.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for one that is not UTF-16LE of ASCII characters.
    pub fn realm(&self) -> Result<Option<Vec<u8>>> {
        if self.realm.is_empty() {
            return Ok(None);
        }
        let (units, rest) = self.realm.as_chunks::<2>();
        let units = units.strip_suffix(&[[0, 0]]).unwrap_or(units);
        let ascii = |unit: &[u8; 2]| match *unit {
            [low @ 1..=0x7F, 0] => Some(low),
            _ => None,
        };
        let text: Option<Vec<u8>> = units.iter().map(ascii).collect();
        match text {
            Some(text) if rest.is_empty() => Ok((!text.is_empty()).then_some(text)),
            _ => Err(wrong("buffers: the realm is not UTF-16LE of ASCII characters")),
        }
    }
}

/// The buffer of a message that a new token goes to: the fifth, whatever its type.
pub const OUTPUT: usize = 4;

/// The input buffers of an initializing call.
#[derive(Clone, Debug, Default)]
pub struct ClientInputs<'a> {
    /// The challenge.
    pub token: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// The hash of the entity body; empty where unknown.
    pub entity: &'a [u8],
    /// The service's name (SPN), UTF-8; empty where none is given.
    pub service: Cow<'a, [u8]>,
    /// The `SEC_CHANNEL_BINDINGS` block; empty where there is none.
    pub bindings: &'a [u8],
}

impl<'a> ClientInputs<'a> {
    /// Takes the buffers apart: the first token, method and entity hash in `PKG_PARAMS` buffers, and
    /// the others by their types wherever they are.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for a service's name that is neither UTF-8 nor UTF-16LE.
    pub fn of(buffers: &[InputBuffer<'a>]) -> Result<Self> {
        let first = |kind| {
            let found = buffers.iter().find(|buffer| buffer.kind == kind);
            found.map_or(&[][..], |buffer| buffer.data)
        };
        let mut parameters = buffers.iter().filter(|buffer| buffer.kind == buffer_type::PKG_PARAMS);
        Ok(Self {
            token: first(buffer_type::TOKEN),
            method: text(parameters.next().map_or(&[], |buffer| buffer.data)),
            entity: text(parameters.next().map_or(&[], |buffer| buffer.data)),
            service: service_name(first(buffer_type::TARGET_HOST))?,
            bindings: first(buffer_type::CHANNEL_BINDINGS),
        })
    }
}

/// A service's name: Windows' documentation says UTF-8, its own programs pass UTF-16LE, which is
/// told by the zeroes at its odd places.
///
/// # Errors
/// `INVALID_TOKEN` where it is neither.
pub fn service_name(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    let malformed = || wrong("buffers: the service's name is neither UTF-8 nor UTF-16LE");
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() || !units.iter().any(|[_, high]| *high == 0) {
        let bytes = text(bytes);
        return std::str::from_utf8(bytes).map(|_| Cow::Borrowed(bytes)).map_err(|_| malformed());
    }
    let units = units.strip_suffix(&[[0, 0]]).unwrap_or(units);
    let units = units.iter().copied().map(u16::from_le_bytes);
    let name: std::result::Result<String, _> = char::decode_utf16(units).collect();
    name.map(|name| Cow::Owned(name.into_bytes())).map_err(|_| malformed())
}

/// The entity's hash for a response with this qop: none with auth, that of an empty body where the
/// caller gives none (RFC 7616 §3.4.3).
///
/// # Errors
/// `INVALID_TOKEN` for a hash that is not as many hexadecimal digits as `hash` has.
pub fn entity(qop: Qop, given: &[u8], hash: Hash) -> Result<Option<Digits>> {
    match (qop, given) {
        (Qop::AuthInt, []) => Ok(Some(hash.of(&[]))),
        (Qop::AuthInt, given) => Digits::read(given, hash).map(Some).ok_or_else(|| {
            wrong("buffers: the entity's hash is not as many hexadecimal digits as a hash has")
        }),
        _ => Ok(None),
    }
}

/// Text without the terminator that some callers count.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(&[0]).unwrap_or(bytes)
}

fn wrong(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(kind: u32, data: &[u8]) -> InputBuffer<'_> {
        InputBuffer { kind, data }
    }

    #[test]
    fn server_buffers_are_taken_by_place() {
        let realm: Vec<u8> = "Digest\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let params = buffer_type::PKG_PARAMS;
        let buffers = [
            buffer(buffer_type::TOKEN, b"token"),
            buffer(params, b"GET\0"),
            buffer(params, b"/x"),
            buffer(params, b"entity"),
            buffer(params, &realm),
            buffer(buffer_type::CHANNEL_BINDINGS, b"bindings"),
        ];
        for count in 0..=buffers.len() {
            let inputs = ServerInputs::of(&buffers[..count]).unwrap();
            let given = |place: usize, data: &'static [u8]| if place < count { data } else { b"" };
            assert_eq!(inputs.token, given(0, b"token"));
            assert_eq!(inputs.method, given(1, b"GET"));
            assert_eq!((inputs.uri, inputs.entity), (given(2, b"/x"), given(3, b"entity")));
            let realm = inputs.realm().unwrap();
            assert_eq!(realm.as_deref(), (count > 4).then_some(&b"Digest"[..]));
            assert_eq!(inputs.bindings, given(5, b"bindings"));
        }
        for place in 1..5 {
            let mut wrong = buffers;
            wrong[place].kind = buffer_type::DATA;
            assert_eq!(ServerInputs::of(&wrong).unwrap_err().status(), Status::INVALID_TOKEN);
            wrong[place] = buffer(buffer_type::EMPTY, b"");
            assert!(ServerInputs::of(&wrong).is_ok());
        }
    }

    #[test]
    fn a_realm_is_utf16_of_ascii_characters() {
        for (bytes, realm) in [
            (&b""[..], Some(None)),
            (b"\0\0", Some(None)),
            (b"a\0", Some(Some("a"))),
            (b"a\0\0\0", Some(Some("a"))),
            (b"a", None),
            (b"a\0b", None),
            (b"\xE4\0", None),
            (b"a\x01", None),
            (b"\0\0a\0", None),
        ] {
            let inputs = ServerInputs { realm: bytes, ..ServerInputs::default() };
            let read =
                inputs.realm().ok().map(|realm| realm.map(|r| String::from_utf8(r).unwrap()));
            assert_eq!(read.as_ref().map(Option::as_deref), realm, "{bytes:?}");
        }
    }

    #[test]
    fn a_service_name_is_utf8_or_utf16() {
        let wide: Vec<u8> = "HTTP/hö\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, name) in [
            (&b"HTTP/h"[..], "HTTP/h"),
            (b"HTTP/h\0", "HTTP/h"),
            ("HTTP/hö".as_bytes(), "HTTP/hö"),
            (&wide, "HTTP/hö"),
            (b"", ""),
        ] {
            assert_eq!(service_name(bytes).unwrap(), name.as_bytes());
        }
        assert!(service_name(b"\xFF\xFE\xFF").is_err());
        assert!(service_name(b"a\0\x00\xD8").is_err(), "half a surrogate pair");
    }

    #[test]
    fn an_entity_hash_is_asked_for_with_auth_int_only() {
        let digits = b"38609A28EFE1DA66FB338FE868FC4428";
        assert!(entity(Qop::Auth, b"nonsense", Hash::Md5).unwrap().is_none());
        let read = entity(Qop::AuthInt, digits, Hash::Md5).unwrap().unwrap();
        assert_eq!(&*read, b"38609a28efe1da66fb338fe868fc4428");
        let empty = entity(Qop::AuthInt, b"", Hash::Md5).unwrap().unwrap();
        assert_eq!(&*empty, b"d41d8cd98f00b204e9800998ecf8427e");
        for wrong in [&digits[1..], b"x", &[b'g'; 32]] {
            assert!(entity(Qop::AuthInt, wrong, Hash::Md5).is_err());
        }
        assert!(entity(Qop::AuthInt, digits, Hash::Sha256).is_err());
    }
}
