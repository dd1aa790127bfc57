//! The cookies that GSSAPI peers exchange after the package's tokens, as bytes (RFC 4752 §3.3): a
//! mask of layers, the largest message that the sender takes, and from clients an identity.

use crate::error::{Error, Result, Status};
use crate::sspi::Flags;

/// The largest size that three bytes can carry.
pub(super) const LARGEST: u32 = 0xFF_FFFF;

const NO_LAYER: u8 = 1;
const INTEGRITY: u8 = 2;
const CONFIDENTIALITY: u8 = 4;

/// What protects the messages after the exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Layer {
    None,
    Integrity,
    Confidentiality,
}

impl Layer {
    const fn bit(self) -> u8 {
        match self {
            Self::None => NO_LAYER,
            Self::Integrity => INTEGRITY,
            Self::Confidentiality => CONFIDENTIALITY,
        }
    }

    /// The attributes that are left of a context's when this layer was chosen.
    pub(super) fn mask(self, flags: Flags) -> Flags {
        match self {
            Self::None => flags - Flags::SIGNED - Flags::CONFIDENTIALITY,
            Self::Integrity => flags - Flags::CONFIDENTIALITY,
            Self::Confidentiality => flags,
        }
    }
}

/// What the cookies settled.
pub(super) struct Agreed {
    pub(super) layer: Layer,
    /// The largest message that the peer takes, at most 0xFFFFFF.
    pub(super) peer_size: u32,
    /// Server: for whom the client acts; may be empty.
    pub(super) authorization: Box<[u8]>,
}

/// Layers that one side has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layers(u8);

impl Layers {
    /// What a context with these attributes can protect, for an end that takes messages of
    /// `receive_size` bytes: none at all where that is 0.
    pub(super) fn of(flags: Flags, receive_size: u32) -> Self {
        let mut mask = NO_LAYER;
        if receive_size > 0 && flags.contains(Flags::INTEGRITY) {
            mask |= INTEGRITY;
        }
        if receive_size > 0 && flags.contains(Flags::CONFIDENTIALITY) {
            mask |= CONFIDENTIALITY;
        }
        Self(mask)
    }

    const fn contains(self, layer: Layer) -> bool {
        self.0 & layer.bit() != 0
    }
}

/// What an end asked for by its attributes.
pub(super) fn requested(flags: Flags) -> Layer {
    if flags.contains(Flags::CONFIDENTIALITY) {
        Layer::Confidentiality
    } else if flags.intersects(Flags::SIGNED) {
        Layer::Integrity
    } else {
        Layer::None
    }
}

fn head(mask: u8, size: u32) -> [u8; 4] {
    let [_, sizes @ ..] = size.min(LARGEST).to_be_bytes();
    let [high, middle, low] = if mask == NO_LAYER { [0; 3] } else { sizes };
    [mask, high, middle, low]
}

/// The server's cookie.
pub(super) fn offer(layers: Layers, receive_size: u32) -> [u8; 4] {
    head(layers.0, receive_size)
}

/// The client's cookie.
pub(super) fn choice(layer: Layer, receive_size: u32, authorization: &[u8]) -> Vec<u8> {
    let mut bytes = head(layer.bit(), receive_size).to_vec();
    bytes.extend_from_slice(authorization);
    bytes
}

/// What a client reads out of the server's cookie: the layers, and how much the server takes.
///
/// # Errors
/// `INVALID_TOKEN` for another length than four bytes, and for an offer without a known layer.
pub(super) fn read_offer(bytes: &[u8]) -> Result<(Layers, u32)> {
    let &[mask, ref size @ ..] =
        <&[u8; 4]>::try_from(bytes).map_err(|_| malformed("cookie: an offer has four bytes"))?;
    let known = mask & (NO_LAYER | INTEGRITY | CONFIDENTIALITY);
    if known == 0 {
        return Err(malformed("cookie: the server offers no layer that there is"));
    }
    Ok((Layers(known), read_size(*size)))
}

/// What a server reads out of the client's cookie: the layer, how much the client takes, and for
/// whom it acts, which may be empty.
///
/// # Errors
/// `INVALID_TOKEN` for fewer than four bytes, for a choice that is none or was not offered, and for an
/// identity that is not UTF-8 (RFC 4752 §3.3) or has control characters: whoever shows it, or reads it as
/// C reads its strings, would take it for another.
pub(super) fn read_choice(bytes: &[u8], offered: Layers) -> Result<(Layer, u32, &[u8])> {
    let (&[mask, ref size @ ..], authorization) = bytes
        .split_first_chunk::<4>()
        .ok_or_else(|| malformed("cookie: a choice has four bytes at least"))?;
    if mask & !offered.0 != 0 {
        return Err(malformed("cookie: the client chose a layer that was not offered"));
    }
    // Clients of Active Directory set several bits.
    let layers = [Layer::Confidentiality, Layer::Integrity, Layer::None];
    let layer = layers.into_iter().find(|layer| mask & layer.bit() != 0);
    let layer = layer.ok_or_else(|| malformed("cookie: the client chose no layer"))?;
    // Some clients end it as C ends its strings.
    let authorization = authorization.strip_suffix(b"\0").unwrap_or(authorization);
    if authorization.iter().any(u8::is_ascii_control) || std::str::from_utf8(authorization).is_err()
    {
        return Err(malformed("cookie: the authorization identity is no text (RFC 4752 §3.3)"));
    }
    Ok((layer, read_size(*size), authorization))
}

/// A size; peers send 0 for "no limit", also with a layer.
fn read_size([high, middle, low]: [u8; 3]) -> u32 {
    match u32::from_be_bytes([0, high, middle, low]) {
        0 => LARGEST,
        size => size,
    }
}

/// The layer that a client takes: the one it asked for.
///
/// # Errors
/// `QOP_NOT_SUPPORTED` when either side does not have it.
pub(super) fn choose(requested: Layer, offered: Layers, own: Layers) -> Result<Layer> {
    if offered.contains(requested) && own.contains(requested) {
        return Ok(requested);
    }
    let reason = format!("cookie: {requested:?} was asked for, and one side does not have it");
    Err(Error::new(Status::QOP_NOT_SUPPORTED, reason))
}

fn malformed(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Layers = Layers(7);

    #[test]
    fn offers() {
        let both = Flags::INTEGRITY | Flags::CONFIDENTIALITY;
        for (flags, size, expected) in [
            (both, 0xFFFF, [7, 0, 0xFF, 0xFF]),
            (both, 0xA0_0000, [7, 0xA0, 0, 0]),
            (both, 0xFF_FFFF, [7, 0xFF, 0xFF, 0xFF]),
            (both, 0x100_0000, [7, 0xFF, 0xFF, 0xFF]),
            (both, u32::MAX, [7, 0xFF, 0xFF, 0xFF]),
            (both, 0, [1, 0, 0, 0]),
            (Flags::INTEGRITY, 0x01_0000, [3, 1, 0, 0]),
            (Flags::CONFIDENTIALITY, 1, [5, 0, 0, 1]),
            (Flags::NONE, 0xFFFF, [1, 0, 0, 0]),
        ] {
            assert_eq!(offer(Layers::of(flags, size), size), expected, "{flags:?} {size}");
        }
    }

    #[test]
    fn choices() {
        assert_eq!(choice(Layer::None, 0xFFFF, b""), [1, 0, 0, 0]);
        assert_eq!(choice(Layer::Confidentiality, 0xFFFF, b""), [4, 0, 0xFF, 0xFF]);
        assert_eq!(choice(Layer::Integrity, 0x01_0000, b"u:bob"), *b"\x02\x01\0\0u:bob");
        assert_eq!(choice(Layer::Integrity, u32::MAX, b""), [2, 0xFF, 0xFF, 0xFF]);
    }

    #[test]
    fn r56_cookies_too_short_or_senseless() {
        for bytes in [&b""[..], b"\x01", b"\x01\0\0", b"\0\0\0\0", b"\x08\0\0\0", b"\x09\0\0\0"] {
            let status = read_choice(bytes, ALL).unwrap_err().status();
            assert_eq!(status, Status::INVALID_TOKEN, "{bytes:02x?}");
        }
        for bytes in [&b""[..], b"\x07\0\xFF", b"\x07\0\xFF\xFF\xFF", b"\0\0\0\0", b"\xF8\0\0\0"] {
            let status = read_offer(bytes).unwrap_err().status();
            assert_eq!(status, Status::INVALID_TOKEN, "{bytes:02x?}");
        }
        // Not offered, alone and with one that was.
        for mask in [2, 4, 5, 3, 6, 7] {
            let status = read_choice(&[mask, 0, 1, 0], Layers(1)).unwrap_err().status();
            assert_eq!(status, Status::INVALID_TOKEN, "{mask}");
        }
    }

    #[test]
    fn choices_as_clients_send_them() {
        for (bytes, expected) in [
            (&b"\x01\0\0\0"[..], (Layer::None, LARGEST, &b""[..])),
            (b"\x01\xFF\xFF\xFF", (Layer::None, 0xFF_FFFF, b"")),
            (b"\x02\x01\0\0", (Layer::Integrity, 0x1_0000, b"")),
            (b"\x04\0\0\0", (Layer::Confidentiality, LARGEST, b"")),
            (b"\x06\0\xFF\xFF", (Layer::Confidentiality, 0xFFFF, b"")),
            (b"\x03\0\xFF\xFF", (Layer::Integrity, 0xFFFF, b"")),
            (b"\x01\0\0\0b", (Layer::None, LARGEST, b"b")),
            (b"\x02\x01\0\0u:bob", (Layer::Integrity, 0x1_0000, b"u:bob")),
            (b"\x01\0\0\0bob\0", (Layer::None, LARGEST, b"bob")),
            (b"\x01\0\0\0\0", (Layer::None, LARGEST, b"")),
        ] {
            assert_eq!(read_choice(bytes, ALL).unwrap(), expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn an_identity_is_utf8_that_ends_no_line_and_no_string() {
        for identity in ["bob", "u:bob", "b b", "J\u{e4}ger", "\u{17c}\u{f3}\u{142}w"] {
            let bytes = [b"\x01\0\0\0", identity.as_bytes()].concat();
            assert_eq!(read_choice(&bytes, ALL).unwrap().2, identity.as_bytes());
        }
        for identity in [
            &b"bob\r\nX: y"[..],
            b"bob\n",
            b"root\0bob",
            b"bob\0\0",
            b"\0bob",
            b"bob\x7F",
            b"b\tb",
            b"j\xE4ger",
            b"\xC3",
        ] {
            let bytes = [b"\x01\0\0\0", identity].concat();
            let status = read_choice(&bytes, ALL).unwrap_err().status();
            assert_eq!(status, Status::INVALID_TOKEN, "{}", identity.escape_ascii());
        }
    }

    #[test]
    fn unknown_bits_with_known_ones_are_ignored() {
        assert_eq!(read_offer(b"\xF3\0\xFF\xFF").unwrap(), (Layers(3), 0xFFFF));
    }

    #[test]
    fn a_client_takes_what_it_asked_for_or_nothing() {
        let own = Layers(7);
        for (asked, offered, expected) in [
            (Layer::None, 7, Some(Layer::None)),
            (Layer::Integrity, 7, Some(Layer::Integrity)),
            (Layer::Confidentiality, 7, Some(Layer::Confidentiality)),
            (Layer::Confidentiality, 5, Some(Layer::Confidentiality)),
            (Layer::Confidentiality, 3, None),
            (Layer::Integrity, 5, None),
            (Layer::None, 6, None),
        ] {
            let chosen = choose(asked, Layers(offered), own);
            assert_eq!(chosen.ok(), expected, "{asked:?} of {offered}");
        }
        let status = choose(Layer::Integrity, ALL, Layers(1)).unwrap_err().status();
        assert_eq!(status, Status::QOP_NOT_SUPPORTED);
    }

    #[test]
    fn what_attributes_ask_for() {
        for (flags, expected) in [
            (Flags::MUTUAL_AUTH, Layer::None),
            (Flags::INTEGRITY, Layer::Integrity),
            (Flags::REPLAY_DETECT, Layer::Integrity),
            (Flags::SEQUENCE_DETECT, Layer::Integrity),
            (Flags::CONFIDENTIALITY, Layer::Confidentiality),
            (Flags::CONFIDENTIALITY | Flags::INTEGRITY, Layer::Confidentiality),
        ] {
            assert_eq!(requested(flags), expected, "{flags:?}");
        }
    }
}
