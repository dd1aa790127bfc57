//! The digest-response of HTTP as a client sends it.

use super::formulas::Digits;
use super::response::LIMIT;
use crate::digest::message::bindings::ClaimText;
use crate::digest::message::fields::{hexadecimal, refused};
use crate::digest::message::printer::{Print, Printer, check_bytes};
use crate::digest::message::tokenizer::Value;
use crate::error::Result;

/// A digest-response to send, in the order and form of Windows: `username, realm, nonce, uri,
/// cnonce, nc, algorithm, response, qop, charset, opaque`, then what Windows' clients send no
/// record of: userhash and the directives of channel binding.
#[derive(Clone, Copy)]
pub struct ResponseText<'a> {
    /// The user's name.
    pub username: Name<'a>,
    /// The realm, in the charset agreed on.
    pub realm: &'a [u8],
    /// The challenge's nonce, repeated byte for byte.
    pub nonce: Value<'a>,
    /// The request's URI.
    pub uri: &'a [u8],
    /// Nonce, count and qop of the client; none for a server of RFC 2069.
    pub counted: Option<Count<'a>>,
    /// The algorithm's name as the challenge has it, where it has one.
    pub algorithm: Option<&'a [u8]>,
    /// The hash.
    pub response: &'a Digits,
    /// Whether to write charset=utf-8.
    pub utf8: bool,
    /// The challenge's opaque, repeated byte for byte.
    pub opaque: Option<Value<'a>>,
    /// What is claimed about the channel.
    pub claim: Option<&'a ClaimText>,
}

/// How the user is named.
#[derive(Clone, Copy)]
pub enum Name<'a> {
    /// `username="..."`.
    Plain(&'a [u8]),
    /// `username*=UTF-8''...`, for a name that is not ASCII (RFC 7616 §3.4).
    Extended(&'a [u8]),
    /// `username="..."` with userhash=true.
    Hashed(&'a Digits),
}

/// The directives that only come with qop.
#[derive(Clone, Copy)]
pub struct Count<'a> {
    /// The client's nonce.
    pub cnonce: &'a [u8],
    /// The nonce count.
    pub nc: u32,
    /// The quality of protection.
    pub qop: &'static str,
}

impl ResponseText<'_> {
    /// Whether the text may be sent.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where a value holds a control character, or the text has 65536 bytes or
    /// more.
    pub fn check(&self) -> Result<()> {
        let name = match self.username {
            Name::Plain(name) | Name::Extended(name) => name,
            Name::Hashed(_) => b"",
        };
        for value in [name, self.realm, self.nonce.raw(), self.uri] {
            check_bytes(value)?;
        }
        self.opaque.map_or(Ok(()), |opaque| check_bytes(opaque.raw()))?;
        if self.length() >= LIMIT {
            return Err(refused("response: would have 65536 bytes or more"));
        }
        Ok(())
    }
}

impl Print for ResponseText<'_> {
    fn print(&self, printer: &mut Printer<'_>) {
        match self.username {
            Name::Plain(name) => printer.quoted("username", name),
            Name::Hashed(digits) => printer.quoted("username", digits),
            Name::Extended(name) => printer.extended("username*", name),
        }
        printer.quoted("realm", self.realm);
        printer.repeated("nonce", self.nonce);
        printer.quoted("uri", self.uri);
        if let Some(count) = &self.counted {
            printer.quoted("cnonce", count.cnonce);
            printer.bare("nc", &hexadecimal(count.nc));
        }
        if let Some(algorithm) = self.algorithm {
            printer.bare("algorithm", algorithm);
        }
        printer.quoted("response", self.response);
        if let Some(count) = &self.counted {
            printer.quoted("qop", count.qop.as_bytes());
        }
        if self.utf8 {
            printer.bare("charset", b"utf-8");
        }
        if let Some(opaque) = self.opaque {
            printer.repeated("opaque", opaque);
        }
        if matches!(self.username, Name::Hashed(_)) {
            printer.bare("userhash", b"true");
        }
        if let Some(claim) = self.claim {
            claim.print(printer);
        }
    }
}
