//! What later responses of a session are checked with.

use super::a2::A2;
use super::formulas::{self, Algorithm, Counted, Digits};
use super::midstate::Keyed;
use super::response::Response;
use crate::digest::message::hex;

/// The secret behind a session, and A1's hash with the client's first nonce.
pub struct SessionSecret {
    algorithm: Algorithm,
    /// The hash of user, realm and password.
    secret: Digits,
    /// How the client puts it into A1.
    inner: Inner,
    /// The client's nonce that A1 was made with.
    cnonce: Box<[u8]>,
    first: First,
}

/// How the hash of user, realm and password stands in a session's A1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Inner {
    /// As digits, as Windows, curl and browsers have it.
    Digits,
    /// As bytes, as RFC 2617's sample code has it.
    Bytes,
}

/// A1's hash, and what responses begin with: it and the nonce.
struct First {
    a1: Digits,
    keyed: Option<Keyed>,
}

/// What of a request the response covers beside its own directives.
pub struct Request<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The hash of the entity body, with auth-int.
    pub entity: Option<Digits>,
}

/// The nonces of a response that begins a session.
#[derive(Clone, Copy)]
pub struct Nonces<'a> {
    /// The server's.
    nonce: &'a [u8],
    /// The server's and the client's that A1 was made with, where this one was the next of a session:
    /// A1 is made once (RFC 7616 §3.4.2), though some clients make it anew.
    first: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Nonces<'a> {
    /// Of a response to a challenge, or to a next nonce where A1 covers none.
    #[must_use]
    pub fn of(nonce: &'a [u8]) -> Self {
        Self { nonce, first: None }
    }

    /// Of a response to a nonce whose session began with this nonce of the client's, in another process.
    #[must_use]
    pub fn begun_with(nonce: &'a [u8], cnonce: &'a [u8]) -> Self {
        Self { nonce, first: Some((nonce, cnonce)) }
    }

    /// Of a response to a next nonce of the session that began with `first` and has `secret`.
    #[must_use]
    pub fn after(nonce: &'a [u8], first: &'a [u8], secret: &'a SessionSecret) -> Self {
        Self { nonce, first: Some((first, &secret.cnonce)) }
    }
}

impl SessionSecret {
    /// A session's secret, where `secret`, a hash of user, realm and password, makes `response`
    /// right.
    #[must_use]
    pub fn of(
        secret: &Digits,
        response: &Response<'_>,
        Nonces { nonce, first }: Nonces<'_>,
        request: &Request<'_>,
    ) -> Option<Self> {
        let algorithm = response.algorithm;
        let (cnonce, uri) = (response.cnonce(), response.uri());
        let covered = request.covered(&uri);
        let inners: &[Inner] =
            if algorithm.session { &[Inner::Digits, Inner::Bytes] } else { &[Inner::Digits] };
        let made_with = first.into_iter().chain([(nonce, &*cnonce)]);
        let mut ways = made_with.flat_map(|with| inners.iter().map(move |inner| (with, *inner)));
        ways.find_map(|(with, inner)| {
            let first = First::new(algorithm, secret, inner, with, nonce);
            let digits = first.hash(algorithm, nonce, response.counted(&cnonce), &covered);
            digits.are(response.response).then(|| Self {
                algorithm,
                secret: secret.clone(),
                inner,
                cnonce: with.1.into(),
                first,
            })
        })
    }

    /// Whether this secret makes `response` right, in a session of this nonce. A client's nonce of
    /// its own in each request is taken in both ways that clients have: in A1, or only beside an A1
    /// that stays (RFC 7616 §3.4.2).
    #[must_use]
    pub fn makes(&self, response: &Response<'_>, nonce: &[u8], request: &Request<'_>) -> bool {
        let algorithm = response.algorithm;
        if algorithm != self.algorithm {
            return false;
        }
        let (cnonce, uri) = (response.cnonce(), response.uri());
        let (counted, covered) = (response.counted(&cnonce), request.covered(&uri));
        let makes =
            |first: &First| first.hash(algorithm, nonce, counted, &covered).are(response.response);
        self.anew(&cnonce, nonce).is_some_and(|anew| makes(&anew)) || makes(&self.first)
    }

    /// The length of the cnonce that is kept.
    #[must_use]
    pub fn cnonce_length(&self) -> usize {
        self.cnonce.len()
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `rspauth`: what a response that is right would be without its method (RFC 7616 §3.5), by the A1
    /// that makes it right.
    #[must_use]
    pub fn answer(&self, response: &Response<'_>, nonce: &[u8], request: &Request<'_>) -> Digits {
        let algorithm = response.algorithm;
        let (cnonce, uri) = (response.cnonce(), response.uri());
        let counted = response.counted(&cnonce);
        let anew = self.anew(&cnonce, nonce).filter(|anew| {
            anew.hash(algorithm, nonce, counted, &request.covered(&uri)).are(response.response)
        });
        let covered = A2 { method: b"", uri: &uri, entity: None };
        anew.as_ref().unwrap_or(&self.first).hash(algorithm, nonce, counted, &covered)
    }

    /// A1 with a client's nonce that is not the session's first.
    fn anew(&self, cnonce: &[u8], nonce: &[u8]) -> Option<First> {
        let other = self.algorithm.session && *cnonce != *self.cnonce;
        let with = (nonce, cnonce);
        other.then(|| First::new(self.algorithm, &self.secret, self.inner, with, nonce))
    }
}

impl Request<'_> {
    /// A2 of a response with this uri.
    fn covered<'a>(&'a self, uri: &'a [u8]) -> A2<'a> {
        A2 { method: self.method, uri, entity: self.entity.as_deref() }
    }
}

impl First {
    fn new(
        algorithm: Algorithm,
        secret: &Digits,
        inner: Inner,
        with: (&[u8], &[u8]),
        nonce: &[u8],
    ) -> Self {
        let a1 = first_part(algorithm, secret, inner, with);
        let keyed = Keyed::new(algorithm.hash, &a1, nonce);
        Self { a1, keyed }
    }

    fn hash(
        &self,
        algorithm: Algorithm,
        nonce: &[u8],
        counted: Option<Counted<'_>>,
        covered: &A2<'_>,
    ) -> Digits {
        let kept = self.keyed.as_ref().and_then(|keyed| keyed.response(counted, covered));
        kept.unwrap_or_else(|| {
            let hash = algorithm.hash;
            formulas::response(hash, &self.a1, nonce, counted, &covered.hash(hash))
        })
    }
}

fn first_part(
    algorithm: Algorithm,
    secret: &Digits,
    inner: Inner,
    (nonce, cnonce): (&[u8], &[u8]),
) -> Digits {
    if !algorithm.session {
        return secret.clone();
    }
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    let inner: &[u8] = match inner {
        Inner::Digits => secret,
        Inner::Bytes => {
            let bytes = bytes.get_mut(..secret.len() / 2).unwrap_or_default();
            let _digits_of_ours = hex::read(secret, bytes);
            bytes
        }
    };
    formulas::session(algorithm.hash, inner, nonce, cnonce)
}
