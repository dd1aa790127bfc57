//! The digest-challenge of RFC 2831 §2.1.1: written by a server, read by a client.

use super::response::read_maxbuf;
use crate::digest::message::fields::{read_charset, refused, repeated};
use crate::digest::message::limits::{CHALLENGE_LIMIT, DEFAULT_MAXBUF};
use crate::digest::message::printer::{Print, Printer, check_bytes};
use crate::digest::message::qop::{Cipher, Named, Offer, Qop};
use crate::digest::message::tokenizer::{Name, Value, directives, without_terminator};
use crate::error::{Error, Result, Status};

#[cfg(test)]
mod tests;

/// A digest-challenge to send, in the order and form of Windows: `qop, cipher, algorithm, nonce,
/// charset, realm`; with `stale=true` first and maxbuf after charset where they are wanted.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeText<'a> {
    /// Whether the nonce of a response that was right had expired.
    pub stale: bool,
    /// The qualities of protection offered.
    pub qop: Offer<Qop>,
    /// The ciphers offered; written exactly when auth-conf is.
    pub cipher: Offer<Cipher>,
    /// The nonce.
    pub nonce: &'a [u8],
    /// Whether to write charset=utf-8.
    pub utf8: bool,
    /// The longest security-layer body that this server receives, where it is not to be assumed.
    pub maxbuf: Option<u32>,
    /// The realm, in UTF-8 if `utf8`, where one is offered.
    pub realm: Option<&'a [u8]>,
}

impl ChallengeText<'_> {
    /// Whether the text may be sent. A credential asks this once for all its challenges, with
    /// `stale` set and a nonce as long as they will have.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where the nonce or realm holds a control character, or the text has 2048
    /// bytes or more (RFC 2831 §2.1.1).
    pub fn fits(&self) -> Result<()> {
        check_bytes(self.nonce)?;
        check_bytes(self.realm.unwrap_or_default())?;
        if self.length() >= CHALLENGE_LIMIT {
            return Err(refused("challenge: would have 2048 bytes or more (RFC 2831 §2.1.1)"));
        }
        Ok(())
    }
}

impl Print for ChallengeText<'_> {
    fn print(&self, printer: &mut Printer<'_>) {
        if self.stale {
            printer.bare("stale", b"true");
        }
        printer.list("qop", self.qop.iter().map(Named::name));
        if self.qop.contains(Qop::AuthConf) {
            printer.list("cipher", self.cipher.iter().map(Named::name));
        }
        printer.bare("algorithm", b"md5-sess");
        printer.quoted("nonce", self.nonce);
        if self.utf8 {
            printer.bare("charset", b"utf-8");
        }
        if let Some(maxbuf) = self.maxbuf {
            printer.number("maxbuf", maxbuf);
        }
        if let Some(realm) = self.realm {
            printer.quoted("realm", realm);
        }
    }
}

/// A digest-challenge as received. It borrows the token; nothing is allocated.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// The first realm.
    pub realm: Option<Value<'a>>,
    /// The nonce, not empty.
    pub nonce: Value<'a>,
    /// The known qualities of protection offered, never none; auth where the directive is absent.
    pub qop: Offer<Qop>,
    /// The known ciphers offered with auth-conf; may be none.
    pub cipher: Offer<Cipher>,
    /// Whether the last response was right but for its nonce's age.
    pub stale: bool,
    /// The longest security-layer body that the server receives, in bytes.
    pub maxbuf: u32,
    /// Whether charset=utf-8 was sent. If so, the realms are valid UTF-8.
    pub utf8: bool,
    token: &'a [u8],
}

impl<'a> Challenge<'a> {
    /// Reads a digest-challenge. Unknown directives are passed over, and so are opaque and domain
    /// (RFC 2831 §2.1.1), a cipher list without auth-conf, and unknown names in lists.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for 2048 bytes or more, for text against the grammar, for a directive that
    /// is missing, repeated or empty against RFC 2831 §2.1.1, and for values out of their range.
    /// `QOP_NOT_SUPPORTED` for an algorithm other than md5-sess, or when no qop offered is known.
    pub fn parse(token: &'a [u8]) -> Result<Self> {
        let token = without_terminator(token);
        if token.len() >= CHALLENGE_LIMIT {
            return Err(refused("challenge: 2048 bytes or more (RFC 2831 §2.1.1)"));
        }
        let challenge = ChallengeFields::collect(token)?.understand(token)?;
        let valid = |realm: Value<'_>| std::str::from_utf8(realm.raw()).is_ok();
        if challenge.utf8 && !challenge.realms().all(valid) {
            return Err(refused("challenge: a realm is not UTF-8 (RFC 2831 §2.1.1)"));
        }
        Ok(challenge)
    }

    /// All realms, in the server's order.
    pub fn realms(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        directives(self.token)
            .map_while(Result::ok)
            .filter(|directive| directive.id == REALM)
            .map(|directive| directive.value)
    }
}

const REALM: Name = Name::of(b"realm");
const NONCE: Name = Name::of(b"nonce");
const QOP: Name = Name::of(b"qop");
const STALE: Name = Name::of(b"stale");
const MAXBUF: Name = Name::of(b"maxbuf");
const CHARSET: Name = Name::of(b"charset");
const ALGORITHM: Name = Name::of(b"algorithm");
const CIPHER: Name = Name::of(b"cipher");

/// The values of the directives that have a meaning here.
#[derive(Default)]
struct ChallengeFields<'a> {
    realm: Option<Value<'a>>,
    nonce: Option<Value<'a>>,
    qop: Option<Value<'a>>,
    stale: Option<Value<'a>>,
    maxbuf: Option<Value<'a>>,
    charset: Option<Value<'a>>,
    algorithm: Option<Value<'a>>,
    cipher: Option<Value<'a>>,
    /// A repeated cipher is an error only with auth-conf, and ignored without.
    cipher_repeated: bool,
}

impl<'a> ChallengeFields<'a> {
    fn collect(token: &'a [u8]) -> Result<Self> {
        let mut fields = Self::default();
        for directive in directives(token) {
            let directive = directive?;
            let Some(field) = fields.field(directive.id) else { continue };
            match (directive.id, &field) {
                (REALM, Some(_)) => {}
                (CIPHER, Some(_)) => fields.cipher_repeated = true,
                (_, Some(_)) => return Err(repeated("challenge", directive)),
                (_, None) => *field = Some(directive.value),
            }
        }
        Ok(fields)
    }

    fn field(&mut self, name: Name) -> Option<&mut Option<Value<'a>>> {
        Some(match name {
            REALM => &mut self.realm,
            NONCE => &mut self.nonce,
            QOP => &mut self.qop,
            STALE => &mut self.stale,
            MAXBUF => &mut self.maxbuf,
            CHARSET => &mut self.charset,
            ALGORITHM => &mut self.algorithm,
            CIPHER => &mut self.cipher,
            _ => return None,
        })
    }

    fn understand(self, token: &'a [u8]) -> Result<Challenge<'a>> {
        let nonce = self.nonce.filter(|nonce| !nonce.is_empty());
        let qop = self.read_qop()?;
        let challenge = Challenge {
            realm: self.realm,
            nonce: nonce.ok_or_else(|| refused("challenge: no nonce (RFC 2831 §2.1.1)"))?,
            qop,
            cipher: if qop.contains(Qop::AuthConf) {
                self.read_cipher()?
            } else {
                Offer::default()
            },
            stale: self.stale.is_some_and(|stale| stale.raw().eq_ignore_ascii_case(b"true")),
            maxbuf: self.maxbuf.map_or(Ok(DEFAULT_MAXBUF), read_maxbuf)?,
            utf8: self.charset.map_or(Ok(false), read_charset)?,
            token,
        };
        self.check_algorithm()?;
        Ok(challenge)
    }

    fn read_qop(&self) -> Result<Offer<Qop>> {
        let Some(value) = self.qop else {
            return Ok(Offer::from_iter([Qop::Auth]));
        };
        let offer = read_list(value.plain()?)
            .ok_or_else(|| refused("challenge: qop lists nothing (RFC 2831 §2.1.1)"))?;
        if offer.is_empty() {
            return Err(unsupported("challenge: no known qop is offered (RFC 2831 §2.1.1)"));
        }
        Ok(offer)
    }

    fn read_cipher(&self) -> Result<Offer<Cipher>> {
        if self.cipher_repeated {
            return Err(refused("challenge: cipher appears twice (RFC 2831 §2.1.1)"));
        }
        let value = self
            .cipher
            .ok_or_else(|| refused("challenge: auth-conf without cipher (RFC 2831 §2.1.1)"))?;
        read_list(value.plain()?)
            .ok_or_else(|| refused("challenge: cipher lists nothing (RFC 2831 §2.1.1)"))
    }

    fn check_algorithm(&self) -> Result<()> {
        let value =
            self.algorithm.ok_or_else(|| refused("challenge: no algorithm (RFC 2831 §2.1.1)"))?;
        if value.plain()?.eq_ignore_ascii_case(b"md5-sess") {
            return Ok(());
        }
        Err(unsupported("challenge: the algorithm is not md5-sess (RFC 2831 §2.1.1)"))
    }
}

/// The known names of a list; `None` for a list without elements.
fn read_list<T: Named>(list: &[u8]) -> Option<Offer<T>> {
    let elements = || list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    if elements().all(<[u8]>::is_empty) {
        return None;
    }
    Some(elements().filter_map(T::from_name).collect())
}

// What Windows' client reports for an algorithm it does not know (seen with HTTP's SHA-256).
fn unsupported(reason: &'static str) -> Error {
    Error::new(Status::QOP_NOT_SUPPORTED, reason)
}
