//! The hash of a response, from where the responses of a session begin to differ.
//!
//! ```text
//! H( H(A1) ":" nonce ":"   nc ":" cnonce ":" qop ":" H(A2) )       RFC 7616 §3.4.1
//!    kept for a session    each response's own
//! ```
//!
//! With a nonce of ours, of 66 characters, one block of MD5 is kept, or two of SHA-256; of the others, with MD5 the
//! first is hashed beside A2, for which only the second waits. The formulas are those of [`super::formulas`].

use sha2::{Digest, Sha512_256};

use super::a2::A2;
use super::formulas::{Counted, Digits, Hash};
use super::partial_hash::{Blocks, Md5, Sha256};

/// The hash after A1's hash and the nonce. It stands for a password, and is wiped when dropped.
pub struct Keyed(Begun);

enum Begun {
    Md5(Blocks<Md5>),
    Sha256(Blocks<Sha256>),
    Sha512_256(Box<Sha512_256>),
}

impl Keyed {
    /// Begins with A1's hash and the nonce; `None` for a nonce that is too long.
    #[must_use]
    pub fn new(hash: Hash, a1: &[u8], nonce: &[u8]) -> Option<Self> {
        let parts = [a1, b":", nonce, b":"];
        Some(Self(match hash {
            Hash::Md5 => Begun::Md5(Blocks::new(&parts)?),
            Hash::Sha256 => Begun::Sha256(Blocks::new(&parts)?),
            Hash::Sha512_256 => Begun::Sha512_256(Box::new(begin(&parts))),
        }))
    }

    /// The response to a request; `None` for texts that are too long.
    #[must_use]
    pub fn response(&self, counted: Option<Counted<'_>>, covered: &A2<'_>) -> Option<Digits> {
        match &self.0 {
            Begun::Md5(blocks) => blocks.response(counted, covered),
            Begun::Sha256(blocks) => blocks.response(counted, covered),
            Begun::Sha512_256(begun) => {
                Some(finish((**begun).clone(), counted, &covered.hash(Hash::Sha512_256)))
            }
        }
    }
}

fn begin<D: Digest>(parts: &[&[u8]]) -> D {
    let mut begun = D::new();
    for part in parts {
        begun.update(part);
    }
    begun
}

fn finish<D: Digest>(mut begun: D, counted: Option<Counted<'_>>, a2: &[u8]) -> Digits {
    for part in counted_parts(counted.as_ref()) {
        begun.update(part);
    }
    begun.update(a2);
    Digits::of(&mut begun.finalize())
}

fn counted_parts<'a>(counted: Option<&Counted<'a>>) -> impl Iterator<Item = &'a [u8]> {
    let parts =
        counted.map(|Counted { nc, cnonce, qop }| [nc.as_slice(), b":", cnonce, b":", qop, b":"]);
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::super::formulas;
    use super::*;

    #[test]
    fn what_is_kept_of_a_session_agrees_with_the_formulas_for_texts_of_every_length() {
        let bytes = [b'x'; 400];
        for hash in [Hash::Md5, Hash::Sha256, Hash::Sha512_256] {
            let a1 = hash.of(&[b"a1"]);
            for length in 1..300 {
                let nonce = &bytes[..length];
                let cnonce = &bytes[..length * 7 % 90];
                let entity = (length % 3 == 0).then_some(&bytes[..hash.digits()]);
                let uri = &bytes[..length * 5 % 250];
                let covered = A2 { method: b"GET", uri, entity };
                let counted = (length % 4 > 0).then_some(Counted {
                    nc: b"00000001",
                    cnonce,
                    qop: b"auth-int",
                });
                let a2 = formulas::request(hash, b"GET", uri, entity);
                let expected = formulas::response(hash, &a1, nonce, counted, &a2);
                let keyed = Keyed::new(hash, &a1, nonce);
                let found = keyed.and_then(|keyed| keyed.response(counted, &covered));
                match found {
                    Some(found) => assert_eq!(*found, *expected, "{hash:?} {length}"),
                    None => assert!(hash != Hash::Sha512_256 && hash.digits() + length + 2 > 256),
                }
            }
        }
    }

    #[test]
    fn usual_lengths_are_kept_and_longer_ones_not() {
        for hash in [Hash::Md5, Hash::Sha256] {
            let a1 = hash.of(&[b"a1"]);
            let respond = |nonce: &[u8], cnonce: &[u8], uri: &[u8]| {
                let counted = Counted { nc: b"00000001", cnonce, qop: b"auth" };
                let covered = A2 { method: b"OPTIONS", uri, entity: None };
                Keyed::new(hash, &a1, nonce)?.response(Some(counted), &covered)
            };
            assert!(respond(&[b'n'; 124], &[b'c'; 32], &[b'u'; 170]).is_some(), "{hash:?}");
            assert!(respond(&[b'n'; 124], &[b'c'; 32], &[b'u'; 2000]).is_some(), "{hash:?}");
            assert!(respond(&[b'n'; 230], &[b'c'; 32], b"/").is_none(), "{hash:?}");
            assert!(respond(&[b'n'; 124], &[b'c'; 200], b"/").is_none(), "{hash:?}");
        }
    }
}
