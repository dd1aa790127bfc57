//! Which of a server's challenges a client answers, and with what: no more than the caller's flags and
//! the configuration allow. Nothing in a challenge is protected on its way, so that whoever changes
//! it there would otherwise choose the weakest of all that this client knows.

use super::challenge::Challenge;
use super::formulas::{Algorithm, Hash};
use crate::digest::message::nonce;
use crate::digest::message::qop::Qop;
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::sspi::Flags;

/// A challenge to answer, and what is agreed on by answering it.
pub(super) struct Choice<'a> {
    pub(super) challenge: Challenge<'a>,
    pub(super) terms: Terms,
}

/// What was agreed on.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// The algorithm.
    pub(super) algorithm: Algorithm,
    /// None towards a server of RFC 2069.
    pub(super) qop: Option<Qop>,
    /// How names and the password are sent and hashed.
    pub(super) charset: Charset,
}

/// How names and the password become bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Charset {
    /// ISO 8859-1: the server names no other, and asks for MD5 as servers did before RFC 7616.
    Latin1,
    /// As with [`Charset::Utf8`], though the server does not name it: its algorithm is RFC 7616's, and
    /// so is `username*`, which has no other charset; or `[client]` has `http_charset = "UTF-8"`.
    Unnamed,
    /// UTF-8 in Unicode's normalization form C (RFC 7616 §4).
    Utf8,
    /// Sent in UTF-8, and hashed in ISO 8859-1 where all characters fit it, as in SASL (RFC 2831
    /// §2.1.2.1). So Windows' servers have it, which knew charset before RFC 7616 gave it a meaning of
    /// its own: they ask for MD5-sess, and their nonces have had a prefix since 2008 R2.
    Windows,
}

impl Charset {
    fn of(challenge: &Challenge<'_>, settings: &Settings) -> Self {
        match challenge {
            Challenge { utf8: false, algorithm, .. }
                if algorithm.hash == Hash::Md5 && settings.client_http_latin1 =>
            {
                Self::Latin1
            }
            Challenge { utf8: false, .. } => Self::Unnamed,
            Challenge { algorithm: Algorithm::MD5_SESS, nonce, .. }
                if nonce.raw().starts_with(nonce::PREFIX) =>
            {
                Self::Windows
            }
            _ => Self::Utf8,
        }
    }

    /// Whether the server has named it, so that the response does.
    pub(super) fn is_named(self) -> bool {
        matches!(self, Self::Utf8 | Self::Windows)
    }
}

/// Of the Digest challenges in `field` that may be answered, the one whose algorithm is configured
/// first; of two with the same algorithm the server's first.
///
/// # Errors
/// `INVALID_TOKEN` where there is none, or it is malformed; `ALGORITHM_MISMATCH` where no algorithm
/// is configured; `QOP_NOT_SUPPORTED` where integrity was asked for and auth-int is not offered.
pub(super) fn choose<'a>(
    field: &'a [u8],
    requested: Flags,
    settings: &Settings,
) -> Result<Choice<'a>> {
    let mut best: Option<(usize, Choice<'a>)> = None;
    let mut refusal: Option<Error> = None;
    for challenge in Challenge::all(field)? {
        match challenge.and_then(|challenge| ranked(challenge, requested, settings)) {
            Ok((rank, choice)) => {
                if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                    best = Some((rank, choice));
                }
            }
            Err(error) if refusal.as_ref().is_none_or(|known| tells_more(&error, known)) => {
                refusal = Some(error);
            }
            Err(_) => {}
        }
    }
    match (best, refusal) {
        (Some((_, choice)), _) => Ok(choice),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => {
            Err(Error::new(Status::INVALID_TOKEN, "challenge: none is of the scheme Digest"))
        }
    }
}

/// Whether an error says why a well-formed challenge is not answered, where `known` does not.
fn tells_more(error: &Error, known: &Error) -> bool {
    known.status() == Status::INVALID_TOKEN && error.status() != Status::INVALID_TOKEN
}

/// What is agreed on by answering, and how many algorithms would be better.
fn ranked<'a>(
    challenge: Challenge<'a>,
    requested: Flags,
    settings: &Settings,
) -> Result<(usize, Choice<'a>)> {
    let algorithm = challenge.algorithm;
    let rank = settings.client_algorithms.iter().position(|known| *known == algorithm);
    let rank = rank.ok_or_else(|| {
        let reason =
            "challenge: the algorithm is not in [client] `http_algorithms` (RFC 7616 §3.3)";
        Error::new(Status::ALGORITHM_MISMATCH, reason)
    })?;
    let qop = qop(&challenge, requested, settings)?;
    let terms = Terms { algorithm, qop, charset: Charset::of(&challenge, settings) };
    Ok((rank, Choice { challenge, terms }))
}

/// auth-int where integrity was asked for, or nothing else is offered. Without a hash of the body
/// there is none: the caller of a request with a body gives it.
fn qop(challenge: &Challenge<'_>, requested: Flags, settings: &Settings) -> Result<Option<Qop>> {
    let offered = |qop| challenge.qop.contains(qop).then_some(qop);
    if !requested.intersects(Flags::SIGNED) {
        return Ok(offered(Qop::Auth).or(offered(Qop::AuthInt)));
    }
    let qop = offered(Qop::AuthInt);
    if qop.is_none() && !settings.client_without_integrity {
        let reason = "challenge: integrity was asked for, and auth-int is not offered (see \
                      http_without_integrity)";
        return Err(Error::new(Status::QOP_NOT_SUPPORTED, reason));
    }
    Ok(qop.or(offered(Qop::Auth)))
}

#[cfg(test)]
mod tests;
