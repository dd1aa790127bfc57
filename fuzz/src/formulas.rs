//! The formulas of RFC 2831, RFC 2617 and RFC 7616, by the hash crates alone.

use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha512_256};

/// A hash that Digest knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hash {
    Md5,
    Sha256,
    Sha512_256,
}

impl Hash {
    /// The hash of an algorithm's name, and whether it is a session's.
    pub fn named(name: &[u8]) -> Option<(Self, bool)> {
        let name = name.to_ascii_lowercase();
        let (base, session) = match name.strip_suffix(b"-sess") {
            Some(base) => (base, true),
            None => (name.as_slice(), false),
        };
        let hash = match base {
            b"md5" => Self::Md5,
            b"sha-256" => Self::Sha256,
            b"sha-512-256" => Self::Sha512_256,
            _ => return None,
        };
        Some((hash, session))
    }

    pub fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let text = parts.concat();
        match self {
            Self::Md5 => Md5::digest(&text).to_vec(),
            Self::Sha256 => Sha256::digest(&text).to_vec(),
            Self::Sha512_256 => Sha512_256::digest(&text).to_vec(),
        }
    }

    /// The hash of texts with colons between them, as digits.
    pub fn joined(self, parts: &[&[u8]]) -> Vec<u8> {
        hex(&self.of(&[&parts.join(&b':')]))
    }
}

pub fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// What a response of DIGEST-MD5 covers.
pub struct Sasl<'a> {
    pub nonce: &'a [u8],
    pub cnonce: &'a [u8],
    pub nc: &'a [u8],
    pub qop: &'a [u8],
    pub digest_uri: &'a [u8],
    pub authzid: Option<&'a [u8]>,
}

impl Sasl<'_> {
    /// The response, or with an empty `method` the proof, of who knows H(user:realm:password).
    pub fn proof(&self, secret: &[u8], method: &[u8]) -> Vec<u8> {
        let mut a1 = [secret, b":", self.nonce, b":", self.cnonce].concat();
        if let Some(authzid) = self.authzid {
            a1.extend_from_slice(&[b":", authzid].concat());
        }
        let mut a2 = [method, b":", self.digest_uri].concat();
        if !self.qop.eq_ignore_ascii_case(b"auth") {
            a2.extend_from_slice(b":00000000000000000000000000000000");
        }
        let md5 = Hash::Md5;
        let (a1, a2) = (hex(&md5.of(&[&a1])), hex(&md5.of(&[&a2])));
        md5.joined(&[&a1, self.nonce, self.nc, self.cnonce, self.qop, &a2])
    }
}

/// What a response of HTTP covers.
pub struct Http<'a> {
    pub hash: Hash,
    pub nonce: &'a [u8],
    /// nc, cnonce and qop, where there is a qop.
    pub counted: Option<[&'a [u8]; 3]>,
    pub method: &'a [u8],
    pub uri: &'a [u8],
    /// The entity's hash as digits, with auth-int.
    pub entity: Option<&'a [u8]>,
}

impl Http<'_> {
    /// The response of who knows this H(A1), given as digits.
    pub fn response(&self, a1: &[u8]) -> Vec<u8> {
        let a2 = match self.entity {
            Some(entity) => self.hash.joined(&[self.method, self.uri, entity]),
            None => self.hash.joined(&[self.method, self.uri]),
        };
        match self.counted {
            Some([nc, cnonce, qop]) => self.hash.joined(&[a1, self.nonce, nc, cnonce, qop, &a2]),
            None => self.hash.joined(&[a1, self.nonce, &a2]),
        }
    }

    /// H(A1) of a session, in both ways that clients have: of the digits, and of the bytes.
    pub fn sessions(hash: Hash, secret: &[u8], nonce: &[u8], cnonce: &[u8]) -> [Vec<u8>; 2] {
        [hash.joined(&[&hex(secret), nonce, cnonce]), hash.joined(&[secret, nonce, cnonce])]
    }
}

/// The digits of a channel's hash: the block is eight numbers and what they point to.
pub fn channel_hash(application: &[u8]) -> Vec<u8> {
    let length = u32::try_from(application.len()).unwrap().to_le_bytes();
    hex(&Hash::Md5.of(&[&[0; 16], &length, application]))
}
