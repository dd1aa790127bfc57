//! The nonces that a server issues and the cnonces that a client makes.

use super::hex;
use crate::error::Result;
use crate::random;
use crate::system::clock;

/// Tells clients that the server understands channel-binding directives; Windows' servers since
/// 2008 R2 begin every nonce with it.
pub(in crate::digest) const PREFIX: &[u8; 12] = b"+Upgraded+v1";
/// Random bytes of a nonce: 128 bits.
const RANDOM_LENGTH: usize = 16;
/// Bytes of a nonce's text: 60. curl's own DIGEST-MD5 has room for 63, and Windows' 124 make each
/// handshake two MD5 blocks longer.
pub const NONCE_LENGTH: usize = PREFIX.len() + 2 * (RANDOM_LENGTH + size_of::<u64>());
/// Bytes of a cnonce's text: 128 bits as lower-case hex digits, as Windows' client sends it.
pub const CNONCE_LENGTH: usize = 32;

/// FILETIME intervals in a second.
pub const FILETIME_SECOND: u64 = 10_000_000;

/// Now, UTC, as a FILETIME value (100 ns since 1601).
#[must_use]
pub fn now() -> u64 {
    clock::filetime()
}

/// A server's nonce: it begins as Windows' have since 2008 R2, with the prefix, then 32 lower-case hex
/// digits of 16 random bytes and 16 of the time of issue (FILETIME, little-endian).
///
/// Windows' nonces have 32 bytes more, which look like a hash that only the issuer could check. A SASL
/// nonce is checked against the context that keeps it.
#[derive(Clone)]
pub struct Nonce {
    random: [u8; RANDOM_LENGTH],
    issued: u64,
}

impl Nonce {
    /// A fresh nonce, issued at `now`.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no randomness.
    #[inline]
    pub fn issue(now: u64) -> Result<Self> {
        let mut nonce = Self { random: [0; RANDOM_LENGTH], issued: now };
        random::fill(&mut nonce.random)?;
        Ok(nonce)
    }

    /// When it was issued.
    #[must_use]
    pub fn issued(&self) -> u64 {
        self.issued
    }

    /// The text between the quotes of the directive.
    #[must_use]
    pub fn text(&self) -> [u8; NONCE_LENGTH] {
        let mut text = [0; NONCE_LENGTH];
        let (prefix, digits) = text.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        let (random_digits, time_digits) = digits.split_at_mut(2 * RANDOM_LENGTH);
        random_digits.copy_from_slice(&hex::of_hash(&self.random));
        // The eight bytes of the time, and as many that are not looked at.
        let time = hex::of_hash(&u128::from(self.issued).to_le_bytes());
        time_digits.copy_from_slice(&time[..16]);
        text
    }

    /// Whether a response that names the nonce `given` answers this one (RFC 2831 §2.1.2).
    #[must_use]
    pub fn is_named_by(&self, given: &[u8]) -> bool {
        *given == self.text()
    }
}

/// A fresh cnonce.
///
/// # Errors
/// `INTERNAL_ERROR` when the system gives no randomness.
pub fn cnonce() -> Result<[u8; CNONCE_LENGTH]> {
    let mut raw = [0; CNONCE_LENGTH / 2];
    random::fill(&mut raw)?;
    let mut text = [0; CNONCE_LENGTH];
    hex::write(&raw, &mut text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_begins_as_windows_do_and_is_whole_in_63_bytes() {
        let nonce = Nonce::issue(0x01D9_0000_1234_5678).unwrap();
        let text = nonce.text();
        assert_eq!(text.len(), 60);
        let digits = text.strip_prefix(b"+Upgraded+v1").unwrap();
        assert!(digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(&digits[32..], b"785634120000d901", "the time, little-endian");
        assert_eq!(nonce.issued(), 0x01D9_0000_1234_5678);
    }

    #[test]
    fn nonces_and_cnonces_do_not_repeat() {
        assert_ne!(Nonce::issue(1).unwrap().text(), Nonce::issue(1).unwrap().text());
        assert_ne!(cnonce().unwrap(), cnonce().unwrap());
    }

    #[test]
    fn a_nonce_is_named_whole() {
        let nonce = Nonce::issue(1).unwrap();
        for length in 0..=NONCE_LENGTH {
            let named = nonce.is_named_by(&nonce.text()[..length]);
            assert_eq!(named, length == NONCE_LENGTH, "{length}");
        }
        let longer = [&nonce.text()[..], b"0"].concat();
        assert!(!nonce.is_named_by(&longer));
        for index in 0..NONCE_LENGTH {
            let mut other = nonce.text();
            other[index] ^= 1;
            assert!(!nonce.is_named_by(&other), "{index}");
        }
    }

    #[test]
    fn now_lies_between_2024_and_the_largest_timestamp() {
        assert!((133_500_000_000_000_000..0x7FFF_FFFF_FFFF_FFFF).contains(&now()));
    }
}
