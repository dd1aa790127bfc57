//! The hash of a response, from where the responses of a session begin to differ.
//!
//! ```text
//! H( H(A1) ":" nonce ":"   nc ":" cnonce ":" qop ":" H(A2) )       RFC 7616 §3.4.1
//!    kept for a session    each response's own
//! ```
//!
//! With MD5 and a nonce of Windows' length, two blocks of four are kept. Of the other two, the first
//! is hashed beside A2, for which only the second waits. The formulas are those of [`hash`].

use sha2::{Digest, Sha256, Sha512_256};
use zeroize::Zeroize;

use super::hash::{self, Counted, Digits, Hash};
use crate::digest::hex;
use crate::kernels::md5::{self, Block, INITIAL, State, Text, compress, compress_all};

/// What A2 is made of.
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// The method; empty for Authentication-Info.
    pub method: &'a [u8],
    /// The uri.
    pub uri: &'a [u8],
    /// The entity's hash, with auth-int.
    pub entity: Option<&'a [u8]>,
}

/// The hash after A1's hash and the nonce. It stands for a password, and is wiped when dropped.
pub enum Keyed {
    /// MD5.
    Md5(Blocks),
    /// SHA-256.
    Sha256(Sha256),
    /// SHA-512/256.
    Sha512_256(Sha512_256),
}

impl Keyed {
    /// Begins with A1's hash and the nonce; `None` for a nonce that is too long.
    #[must_use]
    pub fn new(hash: Hash, a1: &[u8], nonce: &[u8]) -> Option<Self> {
        let parts = [a1, b":", nonce, b":"];
        Some(match hash {
            Hash::Md5 => Self::Md5(Blocks::new(&parts)?),
            Hash::Sha256 => Self::Sha256(begin(&parts)),
            Hash::Sha512_256 => Self::Sha512_256(begin(&parts)),
        })
    }

    /// The response to a request; `None` for texts that are too long.
    #[must_use]
    pub fn response(&self, counted: Option<Counted<'_>>, covered: &Covered<'_>) -> Option<Digits> {
        match self {
            Self::Md5(blocks) => blocks.response(counted, covered),
            Self::Sha256(begun) => {
                Some(finish(begun.clone(), counted, &covered.hash(Hash::Sha256)))
            }
            Self::Sha512_256(begun) => {
                Some(finish(begun.clone(), counted, &covered.hash(Hash::Sha512_256)))
            }
        }
    }
}

impl Covered<'_> {
    /// `H(A2)`.
    #[must_use]
    pub fn hash(&self, hash: Hash) -> Digits {
        hash::request(hash, self.method, self.uri, self.entity)
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

/// MD5's state after whole blocks, and what is left of the text.
pub struct Blocks {
    state: State,
    /// Octets in the state.
    hashed: u64,
    rest: Block,
    /// Octets in the rest.
    length: usize,
}

impl Blocks {
    fn new(parts: &[&[u8]]) -> Option<Self> {
        let mut octets = [[0; 64]; 4];
        let length = parts.iter().try_fold(0, |length, part| {
            let end = length + part.len();
            octets.as_flattened_mut().get_mut(length..end)?.copy_from_slice(part);
            Some(end)
        });
        let blocks = length.and_then(|length| Self::of(&octets, length));
        // A1's hash.
        octets[0].zeroize();
        blocks
    }

    fn of(octets: &[Block; 4], length: usize) -> Option<Self> {
        let (whole, left) = octets.split_at_checked(length / 64)?;
        let mut state = INITIAL;
        compress(&mut state, whole);
        let hashed = 64 * whole.len() as u64;
        let rest = left.first().copied().unwrap_or([0; 64]);
        Some(Self { state, hashed, rest, length: length % 64 })
    }

    fn response(&self, counted: Option<Counted<'_>>, covered: &Covered<'_>) -> Option<Digits> {
        let mut request = Text::<3>::new();
        for part in [covered.method, b":", covered.uri] {
            request.push(part)?;
        }
        if let Some(entity) = covered.entity {
            request.push(b":")?;
            request.push(entity)?;
        }
        let mut text = Text::<4>::new();
        text.push(self.rest.get(..self.length)?)?;
        for part in counted_parts(counted.as_ref()) {
            text.push(part)?;
        }
        let end = text.len();
        text.push(&[0; 32])?;
        let (common, last) = text.finish(self.hashed)?.split_at_mut_checked(end / 64)?;
        let mut states = [self.state, INITIAL, INITIAL, INITIAL];
        compress_all(&mut states, [common, request.finish(0)?, &[], &[]]);
        let [mut state, a2, ..] = states;
        let place = last.as_flattened_mut().get_mut(end % 64..)?.get_mut(..32)?;
        place.copy_from_slice(&hex::of_hash(&md5::octets(&a2)));
        compress(&mut state, last);
        if self.hashed == 0 {
            // Then A1's hash is in the text.
            text.wipe(self.length);
        }
        Some(Digits::of(&mut md5::octets(&state)))
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.state.zeroize();
        self.rest.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_session_agrees_with_the_formulas_for_texts_of_every_length() {
        let octets = [b'x'; 400];
        for hash in [Hash::Md5, Hash::Sha256, Hash::Sha512_256] {
            let a1 = hash.of(&[b"a1"]);
            for length in 1..300 {
                let nonce = &octets[..length];
                let cnonce = &octets[..length * 7 % 90];
                let entity = (length % 3 == 0).then_some(&octets[..hash.digits()]);
                let uri = &octets[..length * 5 % 250];
                let covered = Covered { method: b"GET", uri, entity };
                let counted = (length % 4 > 0).then_some(Counted {
                    nc: b"00000001",
                    cnonce,
                    qop: b"auth-int",
                });
                let a2 = hash::request(hash, b"GET", uri, entity);
                let expected = hash::response(hash, &a1, nonce, counted, &a2);
                let keyed = Keyed::new(hash, &a1, nonce);
                let found = keyed.and_then(|keyed| keyed.response(counted, &covered));
                match found {
                    Some(found) => assert_eq!(*found, *expected, "{hash:?} {length}"),
                    None => assert!(hash == Hash::Md5 && (length > 222 || uri.len() > 146)),
                }
            }
        }
    }

    #[test]
    fn usual_lengths_are_kept_and_longer_ones_not() {
        let respond = |nonce: &[u8], uri: &[u8]| {
            let counted = Counted { nc: b"00000001", cnonce: &[b'c'; 32], qop: b"auth" };
            let covered = Covered { method: b"OPTIONS", uri, entity: None };
            Keyed::new(Hash::Md5, &[b'a'; 32], nonce)?.response(Some(counted), &covered)
        };
        assert!(respond(&[b'n'; 124], &[b'u'; 170]).is_some());
        assert!(respond(&[b'n'; 230], b"/").is_none());
        assert!(respond(&[b'n'; 124], &[b'u'; 180]).is_none());
    }
}
