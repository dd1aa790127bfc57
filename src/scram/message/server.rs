//! What servers send: server-first and server-final.

use super::grammar::{Attributes, Base64, MAX_NONCE, MAX_SALT, is_nonce, malformed, print_base64};
use crate::base64;
use crate::error::Result;
use crate::system::heap;

/// A server-first message.
pub(in crate::scram) struct ServerFirst<'a> {
    /// The nonce of both.
    pub(in crate::scram) nonce: &'a [u8],
    pub(in crate::scram) salt: Base64<MAX_SALT>,
    pub(in crate::scram) iterations: u32,
}

impl<'a> ServerFirst<'a> {
    /// Parses what follows client-first, whose nonce is `own`.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for what is against the grammar or too long, and for a nonce that does not begin
    /// with `own` and go on; `UNSUPPORTED_FUNCTION` for a mandatory extension.
    pub(in crate::scram) fn parse(message: &'a [u8], own: &[u8]) -> Result<Self> {
        let mut attributes = Attributes::of(message)?;
        let nonce = attributes.value(b'r')?;
        let further = nonce.strip_prefix(own).is_some_and(|servers| !servers.is_empty());
        if !is_nonce(nonce) || nonce.len() > MAX_NONCE || !further {
            let reason = "server-first: the nonce is not the client's and more (RFC 5802 §5.1)";
            return Err(malformed(reason));
        }
        let salt = Base64::read(attributes.value(b's')?)
            .filter(|salt| !salt.bytes().is_empty())
            .ok_or_else(|| malformed("server-first: s= is not base64 of 1 to 1024 bytes"))?;
        let iterations = number(attributes.value(b'i')?)
            .ok_or_else(|| malformed("server-first: i= is not a number (RFC 5802 §7)"))?;
        attributes.end()?;
        Ok(Self { nonce, salt, iterations })
    }
}

/// A number of `posit-number`'s form, of 32 bits.
fn number(digits: &[u8]) -> Option<u32> {
    let [b'1'..=b'9', rest @ ..] = digits else { return None };
    rest.iter().all(u8::is_ascii_digit).then_some(())?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Prints a server-first message behind the client-first that it answers and a comma.
pub(in crate::scram) fn server_first(
    client_first: &[u8],
    client_nonce: &[u8],
    nonce: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Result<Vec<u8>> {
    let digits = iterations.to_string();
    let nonces = client_nonce.len() + nonce.len();
    let rest = base64::length_of(salt.len()) + digits.len();
    let length = client_first.len() + b",r=,s=,i=".len() + nonces + rest;
    let mut text = heap::list(length)?;
    text.extend_from_slice(client_first);
    text.extend_from_slice(b",r=");
    text.extend_from_slice(client_nonce);
    text.extend_from_slice(nonce);
    text.extend_from_slice(b",s=");
    print_base64(&mut text, salt);
    text.extend_from_slice(b",i=");
    text.extend_from_slice(digits.as_bytes());
    Ok(text)
}

/// The signature of a server-final message, for a hash of `size` bytes.
///
/// # Errors
/// As [`super::ClientFirst::parse`].
pub(in crate::scram) fn server_signature(message: &[u8], size: usize) -> Result<Base64<64>> {
    let mut attributes = Attributes::of(message)?;
    let signature = Base64::read(attributes.value(b'v')?)
        .filter(|signature: &Base64<64>| signature.bytes().len() == size)
        .ok_or_else(|| malformed("server-final: v= is not base64 of a signature"))?;
    attributes.end()?;
    Ok(signature)
}

/// Why the server refuses, where the message is one that says so (`e=`), at once or in the place of its
/// signature.
///
/// # Errors
/// As [`super::ClientFirst::parse`], of such a message.
pub(in crate::scram) fn server_error(message: &[u8]) -> Result<Option<&[u8]>> {
    if !message.starts_with(b"e=") {
        return Ok(None);
    }
    let mut attributes = Attributes::of(message)?;
    let value = attributes.value(b'e')?;
    if value.is_empty() {
        return Err(malformed("server-final: e= without a value (RFC 5802 §7)"));
    }
    attributes.end()?;
    Ok(Some(value))
}

/// Prints a server-final message into the bytes that [`server_final_length`] says.
pub(in crate::scram) fn server_final(signature: &[u8], space: &mut [u8]) {
    if let Some((name, value)) = space.split_at_mut_checked(2) {
        name.copy_from_slice(b"v=");
        // As long as what is written.
        let _ = base64::write(signature, value);
    }
}

/// The length of such a message for a hash of `size` bytes.
pub(in crate::scram) const fn server_final_length(size: usize) -> usize {
    b"v=".len() + base64::length_of(size)
}
