//! Base64 as SCRAM has it (RFC 4648 §4): its alphabet alone, padded, no line ends, and unused bits
//! zero, so that bytes have one form only.
//! Nothing here reads a table or branches by a byte's value, since some stand for keys.

use base64ct::{Base64, Encoding as _};

/// How many characters stand for so many bytes.
#[must_use]
pub const fn length_of(bytes: usize) -> usize {
    bytes.div_ceil(3).saturating_mul(4)
}

/// Writes `bytes` to the front of `text`, and gives what was written; `None` where there is no room.
#[must_use]
pub fn write<'t>(bytes: &[u8], text: &'t mut [u8]) -> Option<&'t [u8]> {
    Base64::encode(bytes, text).ok().map(str::as_bytes)
}

/// Reads `text` into the front of `space`, and gives the bytes that it stands for; `None` where it is
/// not base64, or `space` is too short for them.
#[must_use]
pub fn read<'s>(text: &[u8], space: &'s mut [u8]) -> Option<&'s [u8]> {
    Base64::decode(text, space).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_form() {
        for (bytes, expected) in [
            (&b""[..], &b""[..]),
            (b"f", b"Zg=="),
            (b"fo", b"Zm8="),
            (b"foo", b"Zm9v"),
            (&[0xFB, 0xEF, 0xFF], b"++//"),
        ] {
            let (mut text, mut space) = ([0; 8], [0; 8]);
            let written = write(bytes, &mut text).unwrap();
            assert_eq!((written, written.len()), (expected, length_of(bytes.len())));
            assert_eq!(read(written, &mut space), Some(bytes));
        }
    }

    #[test]
    fn nothing_else_is_read() {
        for text in [
            "Z",
            "Zg",
            "Zg=",
            "Zg==\n",
            " Zg==",
            "Zg= =",
            "Zh==",
            "Zm9=",
            "Zm9v=",
            "Zm9v====",
            "====",
            "-_-_",
            "Zg==Zg==",
            "Z===",
            "Zm\u{e9}=",
            "\0\0\0\0",
        ] {
            assert_eq!(read(text.as_bytes(), &mut [0; 16]), None, "{text:?}");
        }
    }

    #[test]
    fn what_has_no_room_is_refused() {
        assert_eq!(write(b"foo", &mut [0; 3]), None);
        assert_eq!(read(b"Zm9v", &mut [0; 2]), None);
        assert_eq!(read(b"Zm8=", &mut [0; 2]), Some(&b"fo"[..]));
    }
}
