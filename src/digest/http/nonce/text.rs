//! The text of a server's nonce: Windows' prefix, then the bytes that it proves itself with, in base64 for URLs
//! (RFC 4648 §5) without padding.
//!
//! In digits, which Windows writes, the shortest nonce would have 92 characters instead of 66. Every block that
//! a nonce makes longer is hashed for each response; 66 characters and a cnonce of Windows' length leave two blocks of
//! MD5 or SHA-256 after the part that a session keeps ([`crate::digest::http::midstate`]).

use std::ops::Deref;

use data_encoding::BASE64URL_NOPAD as BASE64;

use super::{KEY, Key};
use crate::digest::message::nonce::PREFIX;

/// The most bytes that stand in a nonce.
pub(super) const LONGEST_RAW: usize = 72;
/// Characters that the longest nonce has.
const LONGEST: usize = PREFIX.len() + (LONGEST_RAW * 4).div_ceil(3);
/// Characters that stand for whole bytes, the first of which are the key.
const OF_KEY: usize = KEY.div_ceil(3) * 4;

/// A nonce between the quotes of the directive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text {
    /// Zeros behind the first `length`.
    characters: [u8; LONGEST],
    length: u8,
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let length = usize::from(self.length);
        self.characters.get(..length).unwrap_or(&self.characters)
    }
}

impl Text {
    /// What stands for `raw`, of which only [`LONGEST_RAW`] bytes have room.
    #[must_use]
    pub(in crate::digest::http) fn of(raw: &[u8]) -> Self {
        let mut characters = [0; LONGEST];
        let (prefix, rest) = characters.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        let written = BASE64.encode_len(raw.len());
        let length = match rest.get_mut(..written) {
            Some(place) => {
                BASE64.encode_mut(raw, place);
                PREFIX.len() + written
            }
            None => 0,
        };
        let length = u8::try_from(length).unwrap_or_default();
        Self { characters, length }
    }

    /// The text and the bytes that it stands for, in `space`; `None` where it is no nonce's.
    #[must_use]
    pub(super) fn read<'s>(
        text: &[u8],
        space: &'s mut [u8; LONGEST_RAW],
    ) -> Option<(Self, &'s [u8])> {
        let rest = text.strip_prefix(PREFIX)?;
        // Bytes have one form only: unused bits are zero.
        let raw = space.get_mut(..BASE64.decode_len(rest.len()).ok()?)?;
        BASE64.decode_mut(rest, raw).ok()?;
        let mut characters = [0; LONGEST];
        characters.get_mut(..text.len())?.copy_from_slice(text);
        let length = u8::try_from(text.len()).ok()?;
        Some((Self { characters, length }, raw))
    }

    /// The random bytes that name a nonce, whoever issued it.
    #[must_use]
    pub fn key(text: &[u8]) -> Option<Key> {
        let characters = text.strip_prefix(PREFIX)?.get(..OF_KEY)?;
        let mut bytes = [0; OF_KEY / 4 * 3];
        BASE64.decode_mut(characters, &mut bytes).ok()?;
        bytes.first_chunk().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for length in 0..=LONGEST_RAW {
            let raw: Vec<u8> = (0..=255).rev().take(length).collect();
            let text = Text::of(&raw);
            assert_eq!(text.len(), PREFIX.len() + (length * 4).div_ceil(3));
            assert_eq!(Text::read(&text, &mut [0; LONGEST_RAW]), Some((text, &*raw)));
            assert_eq!(Text::key(&text), raw.get(..18).and_then(|raw| raw.first_chunk()).copied());
        }
    }

    #[test]
    fn nothing_else_is_read() {
        let text = Text::of(&[0xFF; 40]).to_vec();
        for (place, byte) in [(0, b'-'), (11, b'2'), (12, b'+'), (12, b'/'), (30, b'='), (65, b'-')]
        {
            let mut changed = text.clone();
            changed[place] = byte;
            assert_eq!(Text::read(&changed, &mut [0; LONGEST_RAW]), None, "{place} {byte}");
        }
        let long = [&PREFIX[..], &[b'A'; 100]].concat();
        for text in [&b""[..], b"+Upgraded+v", &text[..53], &[&text[..], b"="].concat(), &long] {
            assert_eq!(Text::read(text, &mut [0; LONGEST_RAW]), None, "{text:?}");
        }
        assert_eq!(Text::key(&text[..35]), None);
    }
}
