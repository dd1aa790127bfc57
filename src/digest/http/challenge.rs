//! The challenge of HTTP: written by a server, read by a client (RFC 2617 §3.2.1, RFC 7616 §3.3).

use super::challenge_list::digests;
use super::formulas::Algorithm;
use super::response::LIMIT;
use crate::digest::message::fields::{refused, repeated};
use crate::digest::message::limits::MAX_TOKEN;
use crate::digest::message::printer::{Print, Printer, check_bytes};
use crate::digest::message::qop::{Named, Offer, Qop};
use crate::digest::message::tokenizer::{Name, Value, directives, without_terminator};
use crate::error::Result;

/// A challenge to send, in the order and form of IIS: `qop, algorithm, nonce, charset, realm`,
/// with `stale=true` before and opaque and userhash, which IIS does not send, behind.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // as many directives are flags
pub struct ChallengeText<'a> {
    /// Whether a response was right but for its nonce.
    pub stale: bool,
    /// Whether auth-int is offered beside auth.
    pub integrity: bool,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The nonce.
    pub nonce: &'a [u8],
    /// Whether to write charset=UTF-8.
    pub utf8: bool,
    /// The realm.
    pub realm: &'a [u8],
    /// The opaque, where one is wanted.
    pub opaque: Option<&'a [u8]>,
    /// Whether to write userhash=true.
    pub userhash: bool,
}

/// UTF-8 as RFC 7616 §3.3 spells it, which is to be compared without regard to case and is not by all
/// clients (Rust's `digest_auth`); on Windows as IIS spells it.
const CHARSET: &[u8] = if cfg!(windows) { b"utf-8" } else { b"UTF-8" };

impl ChallengeText<'_> {
    /// Whether the text may be sent.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where the realm holds a control character, or the text is longer than
    /// cbMaxToken.
    pub fn check(&self) -> Result<()> {
        check_bytes(self.realm)?;
        if self.length() > MAX_TOKEN as usize {
            return Err(refused("challenge: would be longer than cbMaxToken"));
        }
        Ok(())
    }
}

impl Print for ChallengeText<'_> {
    fn print(&self, printer: &mut Printer<'_>) {
        if self.stale {
            printer.bare("stale", b"true");
        }
        let qops = [Some(Qop::Auth), self.integrity.then_some(Qop::AuthInt)];
        printer.list("qop", qops.into_iter().flatten().map(Named::name));
        printer.bare("algorithm", self.algorithm.name().as_bytes());
        printer.quoted("nonce", self.nonce);
        if self.utf8 {
            printer.bare("charset", CHARSET);
        }
        printer.quoted("realm", self.realm);
        if let Some(opaque) = self.opaque {
            printer.quoted("opaque", opaque);
        }
        if self.userhash {
            printer.bare("userhash", b"true");
        }
    }
}

/// A challenge as received. It borrows the token; nothing is allocated.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// The realm; empty where there is none.
    pub realm: Value<'a>,
    /// The nonce, not empty.
    pub nonce: Value<'a>,
    /// The opaque, to be sent back.
    pub opaque: Option<Value<'a>>,
    /// The algorithm; MD5 where the directive is absent.
    pub algorithm: Algorithm,
    /// The algorithm's name as sent, where it was.
    pub algorithm_text: Option<&'a [u8]>,
    /// The known qualities of protection offered; none with a server of RFC 2069.
    pub qop: Offer<Qop>,
    /// Whether the last response was right but for its nonce.
    pub stale: bool,
    /// Whether charset=utf-8 was sent.
    pub utf8: bool,
    /// Whether the user's name is to be sent hashed.
    pub userhash: bool,
}

impl<'a> Challenge<'a> {
    /// The Digest challenges of a field, which may have the word before the first of them or not, and
    /// challenges of other schemes between them.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for 65536 bytes or more.
    pub fn all(field: &'a [u8]) -> Result<impl Iterator<Item = Result<Self>>> {
        let field = without_terminator(field);
        if field.len() >= LIMIT {
            return Err(refused("challenge: 65536 bytes or more"));
        }
        Ok(digests(field).map(Self::parse))
    }

    /// Reads the parameters of a challenge. Unknown directives and names in lists are passed over,
    /// and so is domain.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for text against the grammar, for a directive that is repeated, without a
    /// nonce, for an unknown algorithm, for a qop list without auth and auth-int, and for a session's
    /// algorithm without qop.
    fn parse(parameters: &'a [u8]) -> Result<Self> {
        ChallengeFields::collect(parameters)?.understand()
    }
}

/// The values of the directives that have a meaning here.
#[derive(Default)]
struct ChallengeFields<'a> {
    realm: Option<Value<'a>>,
    nonce: Option<Value<'a>>,
    opaque: Option<Value<'a>>,
    stale: Option<Value<'a>>,
    algorithm: Option<Value<'a>>,
    qop: Option<Value<'a>>,
    charset: Option<Value<'a>>,
    userhash: Option<Value<'a>>,
}

impl<'a> ChallengeFields<'a> {
    fn collect(token: &'a [u8]) -> Result<Self> {
        let mut fields = Self::default();
        for directive in directives(token) {
            let directive = directive?;
            let Some(field) = fields.field(directive.id) else { continue };
            if field.replace(directive.value).is_some() {
                return Err(repeated("challenge", directive));
            }
        }
        Ok(fields)
    }

    fn field(&mut self, name: Name) -> Option<&mut Option<Value<'a>>> {
        const REALM: Name = Name::of(b"realm");
        const NONCE: Name = Name::of(b"nonce");
        const OPAQUE: Name = Name::of(b"opaque");
        const STALE: Name = Name::of(b"stale");
        const ALGORITHM: Name = Name::of(b"algorithm");
        const QOP: Name = Name::of(b"qop");
        const CHARSET: Name = Name::of(b"charset");
        const USERHASH: Name = Name::of(b"userhash");
        Some(match name {
            REALM => &mut self.realm,
            NONCE => &mut self.nonce,
            OPAQUE => &mut self.opaque,
            STALE => &mut self.stale,
            ALGORITHM => &mut self.algorithm,
            QOP => &mut self.qop,
            CHARSET => &mut self.charset,
            USERHASH => &mut self.userhash,
            _ => return None,
        })
    }

    fn understand(self) -> Result<Challenge<'a>> {
        let says = |value: Option<Value<'_>>, word: &[u8]| {
            value.is_some_and(|value| value.raw().eq_ignore_ascii_case(word))
        };
        let nonce = self.nonce.filter(|nonce| !nonce.is_empty());
        let algorithm_text = self.algorithm.map(Value::plain).transpose()?;
        let algorithm = algorithm_text.map_or(Some(Algorithm::MD5), Algorithm::from_name);
        let challenge = Challenge {
            realm: self.realm.unwrap_or(Value::bare(b"")),
            nonce: nonce.ok_or_else(|| refused("challenge: no nonce (RFC 7616 §3.3)"))?,
            opaque: self.opaque,
            algorithm: algorithm
                .ok_or_else(|| refused("challenge: an unknown algorithm (RFC 7616 §3.3)"))?,
            algorithm_text,
            qop: self.read_qop()?,
            stale: says(self.stale, b"true"),
            utf8: says(self.charset, b"utf-8"),
            userhash: says(self.userhash, b"true"),
        };
        if challenge.qop.is_empty() && challenge.algorithm.session {
            return Err(refused("challenge: a session's algorithm without qop"));
        }
        Ok(challenge)
    }

    fn read_qop(&self) -> Result<Offer<Qop>> {
        let Some(value) = self.qop else { return Ok(Offer::default()) };
        let names = value.plain()?.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let known = names.filter_map(Qop::from_name).filter(|qop| *qop != Qop::AuthConf);
        let offer: Offer<Qop> = known.collect();
        if offer.is_empty() {
            return Err(refused("challenge: neither auth nor auth-int is offered"));
        }
        Ok(offer)
    }
}

#[cfg(test)]
mod tests;
