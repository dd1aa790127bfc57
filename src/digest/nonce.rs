//! The nonces that a server issues and the cnonces that a client makes.

use super::hex;
use crate::random;
use crate::sspi::Result;
use crate::system::clock;

/// Tells clients that the server understands channel-binding directives; Windows' servers since
/// 2008 R2 begin every nonce with it.
pub(super) const PREFIX: &[u8; 12] = b"+Upgraded+v1";
/// Random octets, of which the time of issue stands after the first sixteen.
const RANDOM_LENGTH: usize = 48;
/// Octets of a nonce's text.
pub const NONCE_LENGTH: usize = PREFIX.len() + 2 * (RANDOM_LENGTH + size_of::<u64>());
/// Octets of a cnonce's text: 128 bits as lower-case hex digits, as Windows' client sends it.
pub const CNONCE_LENGTH: usize = 32;

/// FILETIME intervals in a second.
pub const FILETIME_SECOND: u64 = 10_000_000;

/// Now, UTC, as a FILETIME value (100 ns since 1601).
#[must_use]
pub fn now() -> u64 {
    clock::filetime()
}

/// A server's nonce in the form Windows gives it since 2008 R2: the prefix, then 112 lower-case
/// hex digits of 16 random octets, the time of issue (FILETIME, little-endian) and 32 more octets.
///
/// Windows' last 32 octets look like a hash; only the issuer could check them. A SASL nonce is
/// checked against the context that keeps it, so here they are random too.
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
        let (first, rest) = self.random.split_at(16);
        let (first_digits, digits) = digits.split_at_mut(32);
        let (time_digits, rest_digits) = digits.split_at_mut(16);
        hex::write(first, first_digits);
        // The eight octets of the time, and as many that are not looked at.
        let time = hex::of_hash(&u128::from(self.issued).to_le_bytes());
        time_digits.copy_from_slice(&time[..16]);
        hex::write(rest, rest_digits);
        text
    }

    /// Whether a response that names the nonce `given` answers this one: octet for octet (RFC 2831
    /// §2.1.2), or cut to the 63 octets that curl's own DIGEST-MD5 has room for, which still hold
    /// all 128 random bits. curl hashes what it names, so that nothing is lost by it.
    #[must_use]
    pub fn is_named_by(&self, given: &[u8]) -> bool {
        const CUT_BY_CURL: usize = 63;
        let text = self.text();
        given == text || (given.len() == CUT_BY_CURL && text.starts_with(given))
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
    fn a_nonce_has_windows_form() {
        let nonce = Nonce::issue(0x01D9_0000_1234_5678).unwrap();
        assert_eq!(nonce.text().len(), 124);
        let text = nonce.text();
        let digits = text.strip_prefix(b"+Upgraded+v1").unwrap();
        assert!(digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(&digits[32..48], b"785634120000d901", "the time, little-endian");
        assert_eq!(nonce.issued(), 0x01D9_0000_1234_5678);
    }

    #[test]
    fn nonces_and_cnonces_do_not_repeat() {
        assert_ne!(Nonce::issue(1).unwrap().text(), Nonce::issue(1).unwrap().text());
        assert_ne!(cnonce().unwrap(), cnonce().unwrap());
    }

    #[test]
    fn a_nonce_is_named_whole_or_as_curl_cuts_it() {
        let nonce = Nonce::issue(1).unwrap();
        for length in 0..=NONCE_LENGTH {
            let named = nonce.is_named_by(&nonce.text()[..length]);
            assert_eq!(named, length == 63 || length == NONCE_LENGTH, "{length}");
        }
        let longer = [&nonce.text()[..], b"0"].concat();
        assert!(!nonce.is_named_by(&longer));
        let mut other = nonce.text()[..63].to_vec();
        other[62] ^= 1;
        assert!(!nonce.is_named_by(&other));
    }

    #[test]
    fn now_lies_between_2024_and_the_largest_timestamp() {
        assert!((133_500_000_000_000_000..0x7FFF_FFFF_FFFF_FFFF).contains(&now()));
    }
}
