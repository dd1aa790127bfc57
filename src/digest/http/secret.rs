//! What later responses of a session are checked with.

use subtle::ConstantTimeEq;

use super::hash::{self, Algorithm, Digits};
use super::response::Response;
use crate::digest::hex;

/// The secret behind a session, and A1's hash with the client's first nonce.
pub struct SessionSecret {
    algorithm: Algorithm,
    /// The hash of user, realm and password.
    secret: Digits,
    /// How the client puts it into A1.
    inner: Inner,
    /// The client's nonce that A1 was made with.
    cnonce: Box<[u8]>,
    a1: Digits,
}

/// How the hash of user, realm and password stands in a session's A1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Inner {
    /// As digits, as Windows, curl and browsers have it.
    Digits,
    /// As octets, as RFC 2617's sample code has it.
    Octets,
}

/// What of a request the response covers beside its own directives.
pub struct Request<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The hash of the entity body, with auth-int.
    pub entity: Option<Digits>,
}

impl SessionSecret {
    /// A session's secret, where `secret`, a hash of user, realm and password, makes `response`
    /// right.
    #[must_use]
    pub fn of(
        secret: &Digits,
        response: &Response<'_>,
        nonce: &[u8],
        request: &Request<'_>,
    ) -> Option<Self> {
        let (algorithm, cnonce) = (response.algorithm, response.cnonce());
        let a2 = request.hash(response);
        let inners: &[Inner] =
            if algorithm.session { &[Inner::Digits, Inner::Octets] } else { &[Inner::Digits] };
        inners.iter().find_map(|inner| {
            let a1 = first_part(algorithm, secret, *inner, nonce, &cnonce);
            is_right(response, &a1, nonce, &a2).then(|| Self {
                algorithm,
                secret: secret.clone(),
                inner: *inner,
                cnonce: cnonce.as_ref().into(),
                a1,
            })
        })
    }

    /// Whether this secret makes `response` right. A client's nonce of its own in each request is
    /// taken in both ways that clients have: in A1, or only beside an A1 that stays (RFC 7616
    /// §3.4.2).
    #[must_use]
    pub fn makes(&self, response: &Response<'_>, nonce: &[u8], request: &Request<'_>) -> bool {
        if response.algorithm != self.algorithm {
            return false;
        }
        let a2 = request.hash(response);
        let cnonce = response.cnonce();
        if self.algorithm.session && *cnonce != *self.cnonce {
            let a1 = first_part(self.algorithm, &self.secret, self.inner, nonce, &cnonce);
            if is_right(response, &a1, nonce, &a2) {
                return true;
            }
        }
        is_right(response, &self.a1, nonce, &a2)
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `rspauth`: what a response would be without its method (RFC 7616 §3.5).
    #[must_use]
    pub fn answer(&self, response: &Response<'_>, nonce: &[u8]) -> Digits {
        let (hash, cnonce) = (self.algorithm.hash, response.cnonce());
        let a1 = if self.algorithm.session && *cnonce != *self.cnonce {
            first_part(self.algorithm, &self.secret, self.inner, nonce, &cnonce)
        } else {
            self.a1.clone()
        };
        let a2 = hash::request(hash, b"", &response.uri(), None);
        hash::response(hash, &a1, nonce, response.counted(&cnonce), &a2)
    }
}

impl Request<'_> {
    fn hash(&self, response: &Response<'_>) -> Digits {
        let entity = self.entity.as_deref();
        hash::request(response.algorithm.hash, self.method, &response.uri(), entity)
    }
}

fn first_part(
    algorithm: Algorithm,
    secret: &Digits,
    inner: Inner,
    nonce: &[u8],
    cnonce: &[u8],
) -> Digits {
    if !algorithm.session {
        return secret.clone();
    }
    let mut octets = zeroize::Zeroizing::new([0; 32]);
    let inner: &[u8] = match inner {
        Inner::Digits => secret,
        Inner::Octets => {
            let octets = octets.get_mut(..secret.len() / 2).unwrap_or_default();
            let _digits_of_ours = hex::read(secret, octets);
            octets
        }
    };
    hash::session(algorithm.hash, inner, nonce, cnonce)
}

fn is_right(response: &Response<'_>, a1: &[u8], nonce: &[u8], a2: &[u8]) -> bool {
    let cnonce = response.cnonce();
    let counted = response.counted(&cnonce);
    let expected = hash::response(response.algorithm.hash, a1, nonce, counted, a2);
    bool::from(expected.ct_eq(&response.response))
}
