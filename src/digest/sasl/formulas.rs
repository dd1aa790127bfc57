//! The hash formulas of RFC 2831 §2.1.2.1, as pure functions. Nothing here allocates.
//!
//! `SS` is the hash of user, realm and password; `H(A1)` is what both peers and both security
//! layers go on from. Both stand for the password, and the arrays returned are the caller's to
//! wipe.

use md5::digest::Output;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use crate::digest::message::hex;

/// What A2 has after the digest-uri when the qop is auth-int or auth-conf: the hash of an entity
/// body that SASL does not have (RFC 2831 §2.1.2.1).
pub(super) const NO_ENTITY: &[u8] = b":00000000000000000000000000000000";

/// The hash of `parts` one after another.
#[must_use]
pub fn joined<D: Digest>(parts: &[&[u8]]) -> Output<D> {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// `SS = H({user, ":", realm, ":", password})`, 16 raw bytes: what a server stores.
#[must_use]
pub fn password_hash(user: &[u8], realm: &[u8], password: &[u8]) -> [u8; 16] {
    joined::<Md5>(&[user, b":", realm, b":", password]).into()
}

/// `H(A1)`, with `SS` as raw bytes inside A1. An authzid takes part when it was sent, that is,
/// `Some` (RFC 2831 §2.1.2.1).
#[must_use]
pub fn session_hash(
    password_hash: &[u8; 16],
    nonce: &[u8],
    cnonce: &[u8],
    authzid: Option<&[u8]>,
) -> [u8; 16] {
    let mut hasher = Md5::new();
    hasher.update(password_hash);
    for part in [b":", nonce, b":", cnonce] {
        hasher.update(part);
    }
    if let Some(authzid) = authzid {
        hasher.update(b":");
        hasher.update(authzid);
    }
    hasher.finalize().into()
}

/// `H(A2)`, in the form that the client's response takes.
#[must_use]
pub fn request_hash(digest_uri: &[u8], protected: bool) -> [u8; 16] {
    second_hash(b"AUTHENTICATE:", digest_uri, protected)
}

/// `H(A2')`, in the form that the server's rspauth takes (RFC 2831 §2.1.3).
#[must_use]
pub fn answer_hash(digest_uri: &[u8], protected: bool) -> [u8; 16] {
    second_hash(b":", digest_uri, protected)
}

fn second_hash(method: &[u8], digest_uri: &[u8], protected: bool) -> [u8; 16] {
    joined::<Md5>(&[method, digest_uri, if protected { NO_ENTITY } else { b"" }]).into()
}

/// The client's `response` and the server's `rspauth`, in hex; what the two have in common is
/// hashed once.
///
/// `nc` and `qop_text` are taken as the client sent them, `auth` where it sent no qop; `protected`
/// is whether the qop is auth-int or auth-conf.
#[must_use]
pub fn response_pair(
    h_a1: &[u8; 16],
    nonce: &[u8],
    nc: &[u8; 8],
    cnonce: &[u8],
    qop_text: &[u8],
    digest_uri: &[u8],
    protected: bool,
) -> ([u8; 32], [u8; 32]) {
    let keyed = keyed(h_a1, nonce, nc, cnonce, qop_text);
    let response = finish(keyed.clone(), &request_hash(digest_uri, protected));
    (response, finish(keyed, &answer_hash(digest_uri, protected)))
}

/// The hasher after `HEX(H(A1)) ":" nonce ":" nc ":" cnonce ":" qop ":"`.
fn keyed(h_a1: &[u8; 16], nonce: &[u8], nc: &[u8], cnonce: &[u8], qop_text: &[u8]) -> Md5 {
    let mut hasher = Md5::new();
    hasher.update(Zeroizing::new(hex::of_hash(h_a1)).as_slice());
    for part in [nonce, nc, cnonce, qop_text] {
        hasher.update(b":");
        hasher.update(part);
    }
    hasher.update(b":");
    hasher
}

fn finish(mut keyed: Md5, h_a2: &[u8; 16]) -> [u8; 32] {
    keyed.update(hex::of_hash(h_a2));
    hex::of_hash(&keyed.finalize().into())
}

#[cfg(test)]
mod tests;
