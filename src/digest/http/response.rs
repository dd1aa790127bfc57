//! The digest-response of HTTP as a server receives it (RFC 2617 §3.2.2, RFC 7616 §3.4).

use std::borrow::Cow;
use std::fmt;

use super::formulas::{Algorithm, Counted};
use super::without_scheme;
use crate::digest::message::fields::{read_charset, refused, repeated};
use crate::digest::message::hex;
use crate::digest::message::qop::{Named, Qop};
use crate::digest::message::tokenizer::{Directive, Name, Value, directives, without_terminator};
use crate::error::{Error, Result, Status};

/// A response is shorter than this, in bytes: URIs may be long, though not without end.
pub const LIMIT: usize = 65_536;

/// A digest-response as received: well-formed in itself, compared with nothing yet. It borrows
/// the token; only names that had to be decoded are copies. The hash is not printed.
pub struct Response<'a> {
    /// The user's name, or its hash.
    pub username: Username<'a>,
    /// The realm; may be empty.
    pub realm: Value<'a>,
    /// The server's nonce, repeated; not empty.
    pub nonce: Value<'a>,
    uri: Value<'a>,
    /// The algorithm; MD5 where the directive is absent.
    pub algorithm: Algorithm,
    /// The hash: as many hexadecimal digits as the algorithm's has.
    pub response: &'a [u8],
    /// The server's opaque, repeated.
    pub opaque: Option<Value<'a>>,
    /// nc as a number; none in the form of RFC 2069.
    pub nc: Option<u32>,
    /// The quality of protection; auth where the directive is absent.
    pub qop: Qop,
    cnonce: Option<Value<'a>>,
    nc_text: [u8; 8],
    qop_text: &'a [u8],
}

/// How a response names its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Username<'a> {
    /// By the directive username.
    Plain(Value<'a>),
    /// By username*, decoded: UTF-8 (RFC 5987).
    Extended(String),
    /// By the hash of name and realm (RFC 7616 §3.4.4).
    Hashed(Value<'a>),
}

impl<'a> Response<'a> {
    /// Reads a digest-response, with or without the word Digest before it. Unknown directives are
    /// passed over.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for 65536 bytes or more, for text against the grammar, for a directive that
    /// is missing, repeated or empty, and for values out of their range; `wrong_count` for an nc
    /// that is not eight hexadecimal digits.
    pub fn parse(token: &'a [u8], wrong_count: Status) -> Result<Self> {
        let token = without_terminator(token);
        if token.len() >= LIMIT {
            return Err(refused("response: 65536 bytes or more"));
        }
        let mut fields = ResponseFields::default();
        fields.collect(without_scheme(token))?;
        fields.understand(wrong_count)
    }

    /// The uri, not empty.
    #[must_use]
    pub fn uri(&self) -> Cow<'a, [u8]> {
        self.uri.unquoted()
    }

    /// The client's nonce; empty where it sent none.
    #[must_use]
    pub fn cnonce(&self) -> Cow<'a, [u8]> {
        self.cnonce.map(Value::unquoted).unwrap_or_default()
    }

    /// What the hash covers beside nonce and uri; none in the form of RFC 2069. `cnonce` is what
    /// [`Response::cnonce`] gave.
    #[must_use]
    pub fn counted<'b>(&'b self, cnonce: &'b [u8]) -> Option<Counted<'b>> {
        self.nc.map(|_| Counted { nc: &self.nc_text, cnonce, qop: self.qop_text })
    }

    /// qop as sent.
    #[must_use]
    pub fn qop_text(&self) -> &'a [u8] {
        self.qop_text
    }

    /// nc as sent; eight zeroes in the form of RFC 2069.
    #[must_use]
    pub fn nc_text(&self) -> &[u8; 8] {
        &self.nc_text
    }
}

impl Username<'_> {
    /// The name as it stands, decoded.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Plain(value) | Self::Hashed(value) => value.unquoted(),
            Self::Extended(text) => Cow::Borrowed(text.as_bytes()),
        }
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("username", &self.username.bytes().escape_ascii().to_string())
            .field("algorithm", &self.algorithm)
            .field("qop", &self.qop)
            .finish_non_exhaustive()
    }
}

const USERNAME: Name = Name::of(b"username");
const EXTENDED: Name = Name::of(b"username*");
const REALM: Name = Name::of(b"realm");
const NONCE: Name = Name::of(b"nonce");
const URI: Name = Name::of(b"uri");
const RESPONSE: Name = Name::of(b"response");
const ALGORITHM: Name = Name::of(b"algorithm");
const CNONCE: Name = Name::of(b"cnonce");
const OPAQUE: Name = Name::of(b"opaque");
const QOP: Name = Name::of(b"qop");
const NC: Name = Name::of(b"nc");
const USERHASH: Name = Name::of(b"userhash");
const CHARSET: Name = Name::of(b"charset");

/// The values of the directives that have a meaning here.
#[derive(Default)]
struct ResponseFields<'a> {
    username: Option<Value<'a>>,
    extended: Option<Value<'a>>,
    realm: Option<Value<'a>>,
    nonce: Option<Value<'a>>,
    uri: Option<Value<'a>>,
    response: Option<Value<'a>>,
    algorithm: Option<Value<'a>>,
    cnonce: Option<Value<'a>>,
    opaque: Option<Value<'a>>,
    qop: Option<Value<'a>>,
    nc: Option<Value<'a>>,
    userhash: Option<Value<'a>>,
    charset: Option<Value<'a>>,
}

impl<'a> ResponseFields<'a> {
    fn collect(&mut self, token: &'a [u8]) -> Result<()> {
        let mut directives = directives(token);
        while let Some(directive) = directives.take_next()? {
            let Some(field) = self.field(&directive) else { continue };
            if field.replace(directive.value).is_some() {
                return Err(repeated("response", directive));
            }
        }
        Ok(())
    }

    /// Where a directive's value goes. By the length of its name first, so that few names are
    /// compared.
    fn field(&mut self, directive: &Directive<'a>) -> Option<&mut Option<Value<'a>>> {
        Some(match (directive.name.len(), directive.id) {
            (2, NC) => &mut self.nc,
            (3, URI) => &mut self.uri,
            (3, QOP) => &mut self.qop,
            (5, NONCE) => &mut self.nonce,
            (5, REALM) => &mut self.realm,
            (6, CNONCE) => &mut self.cnonce,
            (6, OPAQUE) => &mut self.opaque,
            (7, CHARSET) => &mut self.charset,
            (8, USERNAME) => &mut self.username,
            (8, RESPONSE) => &mut self.response,
            (8, USERHASH) => &mut self.userhash,
            (9, ALGORITHM) => &mut self.algorithm,
            (9, EXTENDED) => &mut self.extended,
            _ => return None,
        })
    }

    fn understand(&self, wrong_count: Status) -> Result<Response<'a>> {
        let algorithm = self.algorithm.map_or(Ok(Algorithm::MD5), |value| {
            Algorithm::read(value.plain()?)
                .ok_or_else(|| refused("response: an unknown algorithm (RFC 7616 §3.4)"))
        })?;
        let response = needed(self.response, "response: no response (RFC 7616 §3.4)")?.plain()?;
        if !algorithm.hash.has_digits(response) {
            let reason =
                "response: not as many hexadecimal digits as the hash has (RFC 7616 §3.4.1)";
            return Err(refused(reason));
        }
        let (qop, nc, nc_text) = self.read_counted(wrong_count)?;
        if self.cnonce.is_some_and(Value::is_empty) || (self.cnonce.is_none() && nc.is_some()) {
            return Err(refused("response: qop without cnonce (RFC 7616 §3.4)"));
        }
        if self.cnonce.is_none() && algorithm.session {
            return Err(refused("response: a session's algorithm without cnonce (RFC 7616 §3.4)"));
        }
        Ok(Response {
            username: self.read_username()?,
            realm: needed(self.realm, "response: no realm (RFC 7616 §3.4)")?,
            nonce: filled(needed(self.nonce, "response: no nonce (RFC 7616 §3.4)")?)?,
            uri: filled(needed(self.uri, "response: no uri (RFC 7616 §3.4)")?)?,
            algorithm,
            response,
            opaque: self.opaque,
            nc,
            qop: qop.map_or(Qop::Auth, |(qop, _)| qop),
            cnonce: self.cnonce,
            nc_text,
            qop_text: qop.map_or(b"", |(_, text)| text),
        })
    }

    /// qop and nc, which come together or not at all.
    #[allow(clippy::type_complexity)] // three directives' worth, taken apart at once
    fn read_counted(
        &self,
        wrong: Status,
    ) -> Result<(Option<(Qop, &'a [u8])>, Option<u32>, [u8; 8])> {
        match (self.qop, self.nc) {
            (None, None) => Ok((None, None, [b'0'; 8])),
            (Some(qop), Some(nc)) => {
                let text = qop.plain()?;
                let qop = read_qop(text)
                    .ok_or_else(|| refused("response: an unknown qop (RFC 7616 §3.4)"))?;
                let (count, digits) = read_count(nc, wrong)?;
                Ok((Some((qop, text)), Some(count), digits))
            }
            (Some(_), None) => Err(refused("response: qop without nc (RFC 7616 §3.4)")),
            (None, Some(nc)) => {
                read_count(nc, wrong)?;
                Err(refused("response: nc without qop (RFC 7616 §3.4)"))
            }
        }
    }

    fn read_username(&self) -> Result<Username<'a>> {
        let hashed = match self.userhash.map(Value::plain).transpose()? {
            Some(value) if value.eq_ignore_ascii_case(b"true") => true,
            Some(value) if value.eq_ignore_ascii_case(b"false") => false,
            None => false,
            Some(_) => return Err(refused("response: userhash is true or false")),
        };
        // Names are read as UTF-8 and ISO 8859-1 both, whatever this says.
        self.charset.map(read_charset).transpose()?;
        match (self.username, self.extended) {
            (Some(value), None) if hashed => Ok(Username::Hashed(value)),
            (Some(value), None) => Ok(Username::Plain(value)),
            (None, Some(value)) if !hashed => Ok(Username::Extended(read_extended(value)?)),
            (None, Some(_)) => Err(refused("response: username* with userhash (RFC 7616 §3.4)")),
            (Some(_), Some(_)) => Err(refused("response: username twice (RFC 7616 §3.4)")),
            (None, None) => Err(refused("response: no username (RFC 7616 §3.4)")),
        }
    }
}

fn needed<'a>(value: Option<Value<'a>>, otherwise: &'static str) -> Result<Value<'a>> {
    value.ok_or_else(|| refused(otherwise))
}

fn filled(value: Value<'_>) -> Result<Value<'_>> {
    if value.is_empty() {
        return Err(refused("response: nonce or uri is empty"));
    }
    Ok(value)
}

/// The qop of a name, one that HTTP has.
fn read_qop(name: &[u8]) -> Option<Qop> {
    match name {
        // As everybody writes it.
        b"auth" => Some(Qop::Auth),
        _ => Qop::from_name(name).filter(|qop| *qop != Qop::AuthConf),
    }
}

/// Eight hexadecimal digits in either case (RFC 7616 §3.4).
fn read_count(value: Value<'_>, wrong: Status) -> Result<(u32, [u8; 8])> {
    let refusal = || Error::new(wrong, "response: nc is not eight hexadecimal digits (RFC 7616)");
    let text = <[u8; 8]>::try_from(value.plain()?).map_err(|_| refusal())?;
    Ok((hex::read_number(text).ok_or_else(refusal)?, text))
}

/// Reads `UTF-8'language'percent-encoded` (RFC 5987 §3.2), also where a client quotes it.
fn read_extended(value: Value<'_>) -> Result<String> {
    let wrong = || refused("response: username* is not UTF-8''name (RFC 5987 §3.2)");
    let mut parts = value.plain()?.splitn(3, |byte| *byte == b'\'');
    let (charset, language, name) = (parts.next(), parts.next(), parts.next());
    let (Some(charset), Some(_), Some(name)) = (charset, language, name) else {
        return Err(wrong());
    };
    if !charset.eq_ignore_ascii_case(b"UTF-8") {
        return Err(wrong());
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut source = name.iter().copied();
    while let Some(byte) = source.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(source.next()?).to_digit(16);
                let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
                u8::try_from(high << 4 | low).map_err(|_| wrong())?
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    if text.chars().any(char::is_control) {
        return Err(wrong());
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
