//! The response-auth of RFC 2831 §2.1.3: `rspauth=` and 32 hexadecimal digits.

use super::response::hash_text;
use crate::digest::message::fields::refused;
use crate::digest::message::limits::{CHALLENGE_LIMIT, RSPAUTH_LENGTH};
use crate::digest::message::tokenizer::{Name, directives, without_terminator};
use crate::error::Result;

/// Reads a response-auth; the digits are in lower case, and may stand in quotes.
///
/// # Errors
/// `INVALID_TOKEN` for anything else, another directive beside it included.
pub fn parse(token: &[u8]) -> Result<[u8; 32]> {
    let token = without_terminator(token);
    if token.len() >= CHALLENGE_LIMIT {
        return Err(refused("rspauth: 2048 bytes or more (RFC 2831 §2.1.3)"));
    }
    let mut found = directives(token);
    let (Some(directive), None) = (found.next().transpose()?, found.next().transpose()?) else {
        return Err(refused("rspauth: not exactly one directive (RFC 2831 §2.1.3)"));
    };
    if directive.id != Name::of(b"rspauth") {
        return Err(refused("rspauth: another directive in its place (RFC 2831 §2.1.3)"));
    }
    hash_text(directive.value).copied()
}

/// The response-auth of these digits, as it is sent.
#[must_use]
pub fn text(digits: &[u8; 32]) -> [u8; RSPAUTH_LENGTH] {
    let mut text = *b"rspauth=--------------------------------";
    for (place, digit) in text.iter_mut().skip(RSPAUTH_LENGTH - digits.len()).zip(digits) {
        *place = *digit;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &[u8; 32] = b"8d422ca64ae5e0a809f28ae7bd969e13";

    #[test]
    fn what_is_written_is_read() {
        let text = text(DIGITS);
        assert_eq!(text, *b"rspauth=8d422ca64ae5e0a809f28ae7bd969e13");
        assert_eq!(parse(&text).unwrap(), *DIGITS);
    }

    #[test]
    fn tolerated_forms_are_read() {
        for token in [
            "rspauth=\"8d422ca64ae5e0a809f28ae7bd969e13\"",
            "RspAuth=8d422ca64ae5e0a809f28ae7bd969e13",
            "rspauth=8d422ca64ae5e0a809f28ae7bd969e13\0",
            " rspauth = 8d422ca64ae5e0a809f28ae7bd969e13 ,",
        ] {
            assert_eq!(parse(token.as_bytes()).unwrap(), *DIGITS, "{token:?}");
        }
    }

    #[test]
    fn anything_else_is_invalid_token() {
        use crate::error::Status;
        let long = format!("rspauth=8d422ca64ae5e0a809f28ae7bd969e13{}", " ".repeat(2008));
        for token in [
            "",
            "\0",
            "rspauth",
            "rspauth=",
            "rspauth=\"\"",
            "rspauth=8d422ca64ae5e0a809f28ae7bd969e1",
            "rspauth=8d422ca64ae5e0a809f28ae7bd969e130",
            "rspauth=8D422CA64AE5E0A809F28AE7BD969E13",
            "rspauth=8d422ca64ae5e0a809f28ae7bd969e1g",
            "rspauth=8d422ca64ae5e0a8\09f28ae7bd969e13",
            "rspauth=8d422ca64ae5e0a809f28ae7bd969e13,x=y",
            "rspauth=8d422ca64ae5e0a809f28ae7bd969e13,,\"",
            "response=8d422ca64ae5e0a809f28ae7bd969e13",
            "8d422ca64ae5e0a809f28ae7bd969e13",
            long.as_str(),
        ] {
            let error = parse(token.as_bytes()).unwrap_err();
            assert_eq!(error.status(), Status::INVALID_TOKEN, "{token:?}");
        }
        assert!(parse(long.trim_end().as_bytes()).is_ok());
    }
}
