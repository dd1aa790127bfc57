//! What the directives that both SASL and HTTP have say, and how wrong ones are refused.

use super::tokenizer::{Directive, Value};
use crate::error::{Error, Result, Status};

/// A nonce count as eight digits in lower case (RFC 2831 §2.1.2), as the hash covers it.
#[must_use]
pub fn hexadecimal(count: u32) -> [u8; 8] {
    let mut digits = [0; 8];
    for (digit, shift) in digits.iter_mut().zip((0..8).rev()) {
        *digit = match (count >> (4 * shift) & 0xF) as u8 {
            value @ 0..=9 => b'0' + value,
            value => b'a' + value - 10,
        };
    }
    digits
}

/// Reads charset, whose only value is utf-8 (RFC 2831 §2.1.1); the answer is always true.
///
/// # Errors
/// `INVALID_TOKEN` for anything else.
pub(in crate::digest) fn read_charset(value: Value<'_>) -> Result<bool> {
    let charset = value.plain()?;
    // In lower case nearly always, which is seen at once.
    if charset == b"utf-8" || charset.eq_ignore_ascii_case(b"utf-8") {
        return Ok(true);
    }
    Err(refused("token: charset is not utf-8 (RFC 2831 §2.1.1)"))
}

/// The refusal of a second directive of this name in a `message`.
#[cold]
pub(in crate::digest) fn repeated(message: &str, directive: Directive<'_>) -> Error {
    let name = String::from_utf8_lossy(directive.name).to_ascii_lowercase();
    Error::new(Status::INVALID_TOKEN, format!("{message}: {name} appears twice (RFC 2831 §2.1)"))
}

#[cold]
pub(in crate::digest) fn refused(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}
