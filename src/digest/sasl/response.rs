//! The digest-response of RFC 2831 §2.1.2: read by a server, written by a client.

use crate::digest::message::fields::{hexadecimal, read_charset, refused, repeated};
use std::fmt;

use crate::digest::message::bindings::ClaimText;
use crate::digest::message::hex;
use crate::digest::message::limits::{self, DEFAULT_MAXBUF, RESPONSE_LIMIT};
use crate::digest::message::printer::{Print, Printer, check_bytes};
use crate::digest::message::qop::{Cipher, Named, Qop};
use crate::digest::message::tokenizer::{Names, Value, directives, without_terminator};
use crate::error::Result;
use crate::kernels::scan;

#[cfg(test)]
mod tests;

/// A digest-response as received: well-formed in itself, not yet compared with what was offered.
/// It borrows the token; nothing is allocated. The hash is not printed: a password can be guessed
/// from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// The user's name.
    pub username: Value<'a>,
    /// The realm; one that is present but empty differs from none only on the wire.
    pub realm: Option<Value<'a>>,
    /// The server's nonce, repeated.
    pub nonce: Value<'a>,
    /// The client's nonce; not empty.
    pub cnonce: Value<'a>,
    /// The nonce count.
    pub nc: u32,
    /// The nonce count as sent, which is what the hash covers.
    pub nc_text: &'a [u8; 8],
    /// The quality of protection, auth where the directive is absent.
    pub qop: Qop,
    /// qop as sent, which is what the hash covers; `auth` where the directive is absent.
    pub qop_text: &'a [u8],
    /// The service's name; not empty.
    pub digest_uri: Value<'a>,
    /// The 32 hexadecimal digits of the hash, in lower case.
    pub response: &'a [u8; 32],
    /// The longest security-layer body that the client receives, in bytes.
    pub maxbuf: u32,
    /// Whether charset=utf-8 was sent. If so, username and realm are valid UTF-8.
    pub utf8: bool,
    /// The cipher, exactly with qop=auth-conf.
    pub cipher: Option<Cipher>,
    /// The authorization identity; valid UTF-8, not empty.
    pub authzid: Option<Value<'a>>,
}

impl<'a> Response<'a> {
    /// Reads a digest-response. Unknown directives are passed over, and so are algorithm, opaque
    /// and domain (RFC 2831 §2.1.2).
    ///
    /// # Errors
    /// `INVALID_TOKEN` for 4096 bytes or more, for text against the grammar, for a directive that
    /// is missing, repeated or empty against RFC 2831 §2.1.2, and for values out of their range.
    pub fn parse(token: &'a [u8]) -> Result<Self> {
        let token = without_terminator(token);
        if token.len() >= RESPONSE_LIMIT {
            return Err(refused("response: 4096 bytes or more (RFC 2831 §2.1.2)"));
        }
        // In one place from start to end: they are too many to be moved.
        let mut fields = ResponseFields::default();
        fields.collect(token)?;
        fields.understand()
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("username", &self.username.raw().escape_ascii().to_string())
            .field("qop", &self.qop)
            .field("cipher", &self.cipher)
            .finish_non_exhaustive()
    }
}

/// The directives that have a meaning here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Username,
    Realm,
    Nonce,
    Cnonce,
    Nc,
    Qop,
    DigestUri,
    Response,
    Maxbuf,
    Charset,
    Authzid,
    Cipher,
}

/// Their names, in this order.
static NAMES: Names<12> = Names::of([
    b"username",
    b"realm",
    b"nonce",
    b"cnonce",
    b"nc",
    b"qop",
    b"digest-uri",
    b"response",
    b"maxbuf",
    b"charset",
    b"authzid",
    b"cipher",
]);

/// The values of these directives.
#[derive(Default)]
struct ResponseFields<'a> {
    values: [Option<Value<'a>>; 12],
    /// A repeated cipher is an error only with auth-conf, and ignored without.
    cipher_repeated: bool,
}

impl<'a> ResponseFields<'a> {
    fn collect(&mut self, token: &'a [u8]) -> Result<()> {
        let mut directives = directives(token);
        while let Some(directive) = directives.take_next()? {
            let Some(place) = NAMES.place(directive.id) else { continue };
            let Some(value) = self.values.get_mut(place) else { continue };
            if value.replace(directive.value).is_some() {
                if place != Field::Cipher as usize {
                    return Err(repeated("response", directive));
                }
                self.cipher_repeated = true;
            }
        }
        Ok(())
    }

    fn get(&self, field: Field) -> Option<Value<'a>> {
        self.values.get(field as usize).copied().flatten()
    }

    fn understand(&self) -> Result<Response<'a>> {
        let qop = self.get(Field::Qop);
        let (qop, qop_text) = qop.map_or(Ok((Qop::Auth, &b"auth"[..])), read_qop)?;
        let nc = needed(self.get(Field::Nc), "response: no nc (RFC 2831 §2.1.2)")?;
        let (nc, nc_text) = read_nc(nc)?;
        let hash = needed(self.get(Field::Response), "response: no response (RFC 2831 §2.1.2)")?;
        let username =
            needed(self.get(Field::Username), "response: no username (RFC 2831 §2.1.2)")?;
        let nonce = needed(self.get(Field::Nonce), "response: no nonce (RFC 2831 §2.1.2)")?;
        let nonce = filled(nonce)?;
        let cnonce = needed(self.get(Field::Cnonce), "response: no cnonce (RFC 2831 §2.1.2)")?;
        let cnonce = filled(cnonce)?;
        let digest_uri =
            needed(self.get(Field::DigestUri), "response: no digest-uri (RFC 2831 §2.1.2)")?;
        let digest_uri = filled(digest_uri)?;
        let response = hash_text(hash)?;
        let maxbuf = self.get(Field::Maxbuf).map_or(Ok(DEFAULT_MAXBUF), read_maxbuf)?;
        let utf8 = self.get(Field::Charset).map_or(Ok(false), read_charset)?;
        let cipher = if qop == Qop::AuthConf { Some(self.read_cipher()?) } else { None };
        let authzid = self.get(Field::Authzid).map(filled).transpose()?;
        let realm = self.get(Field::Realm);
        check_encoding(username, realm, authzid, utf8)?;
        Ok(Response {
            username,
            realm,
            nonce,
            cnonce,
            nc,
            nc_text,
            qop,
            qop_text,
            digest_uri,
            response,
            maxbuf,
            utf8,
            cipher,
            authzid,
        })
    }

    fn read_cipher(&self) -> Result<Cipher> {
        if self.cipher_repeated {
            return Err(refused("response: cipher appears twice (RFC 2831 §2.1.2)"));
        }
        let cipher = self.get(Field::Cipher);
        let cipher =
            needed(cipher, "response: auth-conf without cipher (RFC 2831 §2.1.2)")?.plain()?;
        Cipher::from_name(cipher)
            .ok_or_else(|| refused("response: cipher is not a known one (RFC 2831 §2.1.2)"))
    }
}

fn check_encoding(
    username: Value<'_>,
    realm: Option<Value<'_>>,
    authzid: Option<Value<'_>>,
    utf8: bool,
) -> Result<()> {
    // A backslash is no part of any longer UTF-8 sequence, so that the raw text tells.
    let valid =
        |value: Value<'_>| scan::is_ascii(value.raw()) || std::str::from_utf8(value.raw()).is_ok();
    if utf8 && !(valid(username) && realm.is_none_or(valid)) {
        return Err(refused("response: username or realm is not UTF-8 (RFC 2831 §2.1.2)"));
    }
    if !authzid.is_none_or(valid) {
        return Err(refused("response: authzid is not UTF-8 (RFC 2831 §2.1.2)"));
    }
    Ok(())
}

fn needed<'a>(value: Option<Value<'a>>, otherwise: &'static str) -> Result<Value<'a>> {
    value.ok_or_else(|| refused(otherwise))
}

fn filled(value: Value<'_>) -> Result<Value<'_>> {
    if value.is_empty() {
        return Err(refused("response: nonce, cnonce, digest-uri or authzid is empty"));
    }
    Ok(value)
}

fn read_qop(value: Value<'_>) -> Result<(Qop, &[u8])> {
    let text = value.plain()?;
    let qop = Qop::from_name(text)
        .ok_or_else(|| refused("response: qop is not a known one (RFC 2831 §2.1.2)"))?;
    Ok((qop, text))
}

/// Eight hexadecimal digits. RFC 2831 writes them in lower case; since the hash covers the text as
/// sent, either case is understood, as other servers do.
fn read_nc(value: Value<'_>) -> Result<(u32, &[u8; 8])> {
    let wrong = || refused("response: nc is not eight hexadecimal digits (RFC 2831 §2.1.2)");
    let text = <&[u8; 8]>::try_from(value.plain()?).map_err(|_| wrong())?;
    Ok((hex::read_number(*text).ok_or_else(wrong)?, text))
}

/// Reads 32 hexadecimal digits in lower case: an MD5 hash as text (RFC 2831 §7.1).
///
/// # Errors
/// `INVALID_TOKEN` for anything else.
pub(super) fn hash_text(value: Value<'_>) -> Result<&[u8; 32]> {
    let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    <&[u8; 32]>::try_from(value.plain()?)
        .ok()
        // Without an early end, so that the digits can be looked at several at a time.
        .filter(|text| text.iter().fold(true, |all, byte| all & digit(byte)))
        .ok_or_else(|| refused("token: a hash is not 32 lower-case digits (RFC 2831 §7.1)"))
}

/// Reads maxbuf: decimal digits for a number from 17 to 16777215 (RFC 2831 §2.1.1).
///
/// # Errors
/// `INVALID_TOKEN` for anything else.
pub(super) fn read_maxbuf(value: Value<'_>) -> Result<u32> {
    let digits = value.plain()?;
    let number = digits.iter().try_fold(0_u32, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        // More than the largest legal value stays more, however many digits follow.
        Some(number.saturating_mul(10).saturating_add(digit))
    });
    number
        .filter(|number| limits::MAXBUF.contains(number))
        .ok_or_else(|| refused("token: maxbuf is not 17 to 16777215 (RFC 2831 §2.1.1)"))
}

/// A digest-response to send, in the order and form of Windows: `username, realm, nonce,
/// digest-uri, cnonce, nc, response, qop, cipher, charset`, then maxbuf, authzid and the directives
/// of channel binding, where they are wanted. Quotes and backslashes are escaped in writing.
#[derive(Clone, Copy)]
pub struct ResponseText<'a> {
    /// The user's name, in the charset agreed on.
    pub username: &'a [u8],
    /// The realm; `None` writes no directive.
    pub realm: Option<&'a [u8]>,
    /// The challenge's nonce, repeated byte for byte.
    pub nonce: Value<'a>,
    /// The service's name.
    pub digest_uri: &'a [u8],
    /// The client's nonce.
    pub cnonce: &'a [u8],
    /// The nonce count.
    pub nc: u32,
    /// The 32 hexadecimal digits of the hash.
    pub response: &'a [u8; 32],
    /// The quality of protection chosen.
    pub qop: Qop,
    /// The cipher chosen, with auth-conf.
    pub cipher: Option<Cipher>,
    /// Whether to write charset=utf-8.
    pub utf8: bool,
    /// The longest security-layer body that this client receives, where it is not to be assumed.
    pub maxbuf: Option<u32>,
    /// The authorization identity, UTF-8.
    pub authzid: Option<&'a [u8]>,
    /// What is claimed about the channel.
    pub claim: Option<&'a ClaimText>,
}

impl ResponseText<'_> {
    /// Whether the text may be sent.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where a value holds a control character, or the text has 4096 bytes or more
    /// (RFC 2831 §2.1.2).
    pub fn check(&self) -> Result<()> {
        let values = [self.username, self.nonce.raw(), self.digest_uri, self.cnonce];
        for value in values.into_iter().chain(self.realm).chain(self.authzid) {
            check_bytes(value)?;
        }
        if self.length() >= RESPONSE_LIMIT {
            return Err(refused("response: would have 4096 bytes or more (RFC 2831 §2.1.2)"));
        }
        Ok(())
    }
}

impl Print for ResponseText<'_> {
    fn print(&self, printer: &mut Printer<'_>) {
        printer.quoted("username", self.username);
        if let Some(realm) = self.realm {
            printer.quoted("realm", realm);
        }
        printer.repeated("nonce", self.nonce);
        printer.quoted("digest-uri", self.digest_uri);
        printer.quoted("cnonce", self.cnonce);
        printer.bare("nc", &hexadecimal(self.nc));
        printer.bare("response", self.response);
        printer.bare("qop", self.qop.name().as_bytes());
        if let Some(cipher) = self.cipher {
            printer.bare("cipher", cipher.name().as_bytes());
        }
        if self.utf8 {
            printer.bare("charset", b"utf-8");
        }
        if let Some(maxbuf) = self.maxbuf {
            printer.number("maxbuf", maxbuf);
        }
        if let Some(authzid) = self.authzid {
            printer.quoted("authzid", authzid);
        }
        if let Some(claim) = self.claim {
            claim.print(printer);
        }
    }
}
