//! The two charsets of RFC 2831: UTF-8, and the ISO 8859-1 that names which fit it are hashed in.

use crate::error::{Error, Result, Status};
use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::kernels::scan::is_ascii;

/// UTF-8 bytes as ISO 8859-1, where all characters are at most U+00FF (RFC 2831 §2.1.2.1); `None`
/// where one is not, or the bytes are not UTF-8. Borrowed when there are only ASCII characters.
///
/// The copy is made in one piece of memory, so that a caller with a secret can wipe all of it.
#[must_use]
pub fn downgrade(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    if is_ascii(bytes) {
        return Some(Cow::Borrowed(bytes));
    }
    let mut latin1 = Vec::with_capacity(bytes.len());
    if downgrade_into(bytes, &mut latin1) {
        return Some(Cow::Owned(latin1));
    }
    zeroize::Zeroize::zeroize(&mut latin1);
    None
}

fn downgrade_into(bytes: &[u8], latin1: &mut Vec<u8>) -> bool {
    let mut source = bytes.iter().copied();
    while let Some(lead) = source.next() {
        latin1.push(match lead {
            0..=0x7F => lead,
            // C0 and C1 would be overlong; C4 and above are characters beyond U+00FF.
            0xC2 | 0xC3 => match source.next() {
                Some(next @ 0x80..=0xBF) => lead << 6 | next & 0x3F,
                _ => return false,
            },
            _ => return false,
        });
    }
    true
}

/// ISO 8859-1 bytes as text. Borrowed when there are only ASCII characters.
#[must_use]
pub fn latin1_to_utf8(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Bytes of a name as text for people: as UTF-8, or as ISO 8859-1 where they are not that.
#[must_use]
pub fn to_text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| latin1_to_utf8(bytes), Cow::Borrowed)
}

/// Whether `text` is known to have Unicode's normalization form C.
#[must_use]
pub fn is_composed(text: &str) -> bool {
    is_nfc_quick(text.chars()) == IsNormalized::Yes
}

/// `text` in Unicode's normalization form C. Borrowed when it is known to have that form.
///
/// The copy is made in one piece of memory, so that a caller with a secret can wipe all of it.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    if is_composed(text) {
        return Cow::Borrowed(text);
    }
    // Normalization form C makes UTF-8 three times as long at most (Unicode Annex 15, §14.1).
    let mut normal = String::with_capacity(text.len().saturating_mul(3));
    normal.extend(text.nfc());
    Cow::Owned(normal)
}

/// `text` as it goes over the wire: UTF-8 where the server knows it, else ISO 8859-1.
pub(in crate::digest) fn encode(text: &str, utf8: bool) -> Result<Cow<'_, [u8]>> {
    if utf8 {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    downgrade(text.as_bytes()).ok_or_else(|| {
        let reason =
            "initialize: a name or password is not ISO 8859-1, and the server knows no other";
        Error::new(Status::NO_CREDENTIALS, reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_up_to_00ff_are_downgraded() {
        for (utf8, latin1) in [
            ("", &b""[..]),
            ("alice", b"alice"),
            ("j\u{e4}ger", b"j\xE4ger"),
            ("\u{80}\u{bf}\u{c0}\u{ff}", b"\x80\xBF\xC0\xFF"),
        ] {
            let downgraded = downgrade(utf8.as_bytes()).unwrap();
            assert_eq!(&*downgraded, latin1);
            assert_eq!(matches!(downgraded, Cow::Borrowed(_)), utf8.is_ascii());
            assert_eq!(latin1_to_utf8(latin1), utf8);
        }
    }

    #[test]
    fn r22_other_characters_and_broken_utf8_are_not_downgraded() {
        for bytes in [
            "\u{100}".as_bytes(),
            "\u{20ac}uro".as_bytes(),
            "g\u{fc}n\u{20ac}".as_bytes(),
            b"\xE4",
            b"a\xC3",
            b"\xC3a",
            b"\xC3\xC3",
            b"\xC2\x7F",
            b"\xC2\xC0",
            b"\xC0\x80",
            b"\xC1\xBF",
            b"\x80",
            b"\xBF\xBF",
            b"\xE0\x83\xA9",
            b"\xF0\x80\x83\xA9",
            b"\xFF",
        ] {
            assert_eq!(downgrade(bytes), None, "{bytes:02x?}");
        }
    }

    #[test]
    fn text_falls_back_to_latin1() {
        assert_eq!(to_text("j\u{e4}ger".as_bytes()), "j\u{e4}ger");
        assert_eq!(to_text(b"j\xE4ger"), "j\u{e4}ger");
        assert!(matches!(to_text(b"alice"), Cow::Borrowed("alice")));
    }

    #[test]
    fn composed_form_is_made_in_one_allocation() {
        assert!(matches!(nfc("gr\u{fc}n"), Cow::Borrowed("gr\u{fc}n")));
        assert_eq!(nfc("gru\u{308}n"), "gr\u{fc}n");
        // The characters that grow most: U+1D160 and U+FB2C, and U+0958, which decomposes.
        for text in ["\u{1D160}", "\u{FB2C}", "\u{958}", "\u{390}\u{345}\u{301}"] {
            let text = text.repeat(50);
            let Cow::Owned(normal) = nfc(&text) else { panic!("{text} is in form C") };
            assert!(normal.capacity() == text.len() * 3, "{text} was reallocated");
        }
    }
}
