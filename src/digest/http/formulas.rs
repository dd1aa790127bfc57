//! The hash formulas of RFC 2617 §3.2.2 and RFC 7616 §3.4, over the hash that a challenge names.
//!
//! All values are hexadecimal text in lower case, and so is what they are made of: other than in
//! SASL, a session's A1 has the inner hash as digits (RFC 7616 §3.4.2). Nothing here allocates.

use std::fmt;
use std::ops::Deref;

use ::md5::Md5;
use sha2::{Sha256, Sha512_256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::accounts;
use crate::digest::message::hex;
use crate::digest::message::qop::Named;
use crate::digest::sasl::formulas::joined;
use crate::kernels::md5::{self, INITIAL, PaddedMessage, compress};

/// A hash function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hash {
    /// MD5.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512/256 of FIPS 180-4, which is not a truncated SHA-512 (RFC 7616, erratum 4897).
    Sha512_256,
}

impl Hash {
    /// Digits of a hash's text.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 | Self::Sha512_256 => 64,
        }
    }

    /// Whether `text` is as many hexadecimal digits as a hash has.
    #[must_use]
    pub fn has_digits(self, text: &[u8]) -> bool {
        // Without an early end, so that compilers look at many bytes at once.
        let digits =
            |bytes: &[u8; 32]| bytes.iter().fold(true, |all, o| all & o.is_ascii_hexdigit());
        text.len() == self.digits() && text.as_chunks().0.iter().all(digits)
    }

    /// What a source of accounts is asked for.
    #[must_use]
    pub const fn stored(self) -> accounts::Algorithm {
        match self {
            Self::Md5 => accounts::Algorithm::Md5,
            Self::Sha256 => accounts::Algorithm::Sha256,
            Self::Sha512_256 => accounts::Algorithm::Sha512_256,
        }
    }

    /// The hash of `parts` one after another.
    #[must_use]
    pub fn of(self, parts: &[&[u8]]) -> Digits {
        match self {
            Self::Md5 => match short_md5(parts) {
                Some(mut hash) => Digits::of(&mut hash),
                None => Digits::of(&mut joined::<Md5>(parts)),
            },
            Self::Sha256 => Digits::of(&mut joined::<Sha256>(parts)),
            Self::Sha512_256 => Digits::of(&mut joined::<Sha512_256>(parts)),
        }
    }
}

/// MD5 of texts of usual lengths; `None` for longer ones.
fn short_md5(parts: &[&[u8]]) -> Option<[u8; 16]> {
    let mut text = PaddedMessage::new();
    let hash = text_md5(&mut text, parts);
    // Some stand for a password.
    text.wipe(text.len());
    hash
}

fn text_md5(text: &mut PaddedMessage<4>, parts: &[&[u8]]) -> Option<[u8; 16]> {
    for part in parts {
        text.push(part)?;
    }
    let mut state = INITIAL;
    compress(&mut state, text.finish(0)?);
    let hash = md5::bytes_of(&state);
    state.zeroize();
    Some(hash)
}

/// What the directive algorithm names: a hash, and whether A1 covers the nonces of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Algorithm {
    /// The hash.
    pub hash: Hash,
    /// Whether the name ends in `-sess`.
    pub session: bool,
}

impl Algorithm {
    /// What a missing directive means (RFC 2617 §3.2.1).
    pub const MD5: Self = Self { hash: Hash::Md5, session: false };
    /// What Windows' servers offer.
    pub const MD5_SESS: Self = Self { hash: Hash::Md5, session: true };
    const SHA_256: Self = Self { hash: Hash::Sha256, session: false };
    const SHA_256_SESS: Self = Self { hash: Hash::Sha256, session: true };
    const SHA_512_256: Self = Self { hash: Hash::Sha512_256, session: false };
    const SHA_512_256_SESS: Self = Self { hash: Hash::Sha512_256, session: true };

    /// All, in the order of a client's preference.
    pub const STRONGEST_FIRST: [Self; 6] = [
        Self::SHA_512_256_SESS,
        Self::SHA_512_256,
        Self::SHA_256_SESS,
        Self::SHA_256,
        Self::MD5_SESS,
        Self::MD5,
    ];

    /// As [`Named::from_name`], with less ado where a name is written as usual.
    #[must_use]
    pub fn read(name: &[u8]) -> Option<Self> {
        match name {
            b"MD5" => Some(Self::MD5),
            b"MD5-sess" => Some(Self::MD5_SESS),
            b"SHA-256" => Some(Self::SHA_256),
            _ => Self::from_name(name),
        }
    }
}

impl Named for Algorithm {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::MD5, "MD5"),
        (Self::MD5_SESS, "MD5-sess"),
        (Self::SHA_256, "SHA-256"),
        (Self::SHA_256_SESS, "SHA-256-sess"),
        (Self::SHA_512_256, "SHA-512-256"),
        (Self::SHA_512_256_SESS, "SHA-512-256-sess"),
    ];
}

/// The digits of a hash. Wiped when dropped, and not printed, since some stand for a password.
#[derive(Clone)]
pub struct Digits {
    text: [u8; 64],
    length: usize,
}

impl Digits {
    /// The digits of `hash`, of 16 bytes or 32, which is wiped.
    pub fn of(hash: &mut [u8]) -> Self {
        let mut text = [0; 64];
        let length = hex::write(hash, &mut text);
        hash.zeroize();
        Self { text, length }
    }

    /// As many zeroes as `hash` has digits, to measure texts with.
    #[must_use]
    pub fn zeroes(hash: Hash) -> Self {
        Self { text: [b'0'; 64], length: hash.digits() }
    }

    /// Digits received, in lower case; `None` where they are not as many hexadecimal digits as
    /// `hash` has.
    #[must_use]
    pub fn read(digits: &[u8], hash: Hash) -> Option<Self> {
        if !hash.has_digits(digits) {
            return None;
        }
        let mut text = [0; 64];
        for (to, from) in text.iter_mut().zip(digits) {
            *to = from.to_ascii_lowercase();
        }
        Some(Self { text, length: digits.len() })
    }

    /// Whether `received`, hexadecimal digits in either case, are these; in a time that tells only
    /// how many there are.
    #[must_use]
    pub fn are(&self, received: &[u8]) -> bool {
        // The bit that digits have set, and letters in lower case.
        const LOWER: u64 = u64::from_le_bytes([0x20; 8]);
        let ((own, _), (other, _)) = (self.as_chunks(), received.as_chunks());
        let differ = own.iter().zip(other).fold(0, |all, (own, other)| {
            all | u64::from_le_bytes(*own) ^ (u64::from_le_bytes(*other) | LOWER)
        });
        self.len() == received.len() && bool::from(differ.ct_eq(&0))
    }
}

impl Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Digits {
    fn drop(&mut self) {
        self.text.get_mut(..self.length).unwrap_or_default().zeroize();
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// `H(user ":" realm ":" password)`, what servers store; also A1's hash without `-sess`.
#[must_use]
pub fn password(hash: Hash, user: &[u8], realm: &[u8], password: &[u8]) -> Digits {
    hash.of(&[user, b":", realm, b":", password])
}

/// `H(H(user:realm:password) ":" nonce ":" cnonce)`, A1's hash with `-sess`. `secret` is the
/// inner hash as digits, which Windows sends and takes, or as bytes, as RFC 2617's sample code
/// has it.
#[must_use]
pub fn session(hash: Hash, secret: &[u8], nonce: &[u8], cnonce: &[u8]) -> Digits {
    hash.of(&[secret, b":", nonce, b":", cnonce])
}

/// `H(user ":" realm)`, a user's name under userhash (RFC 7616 §3.4.4).
#[must_use]
pub fn user(hash: Hash, user: &[u8], realm: &[u8]) -> Digits {
    hash.of(&[user, b":", realm])
}

/// `H(A2)`: of the method, nothing for Authentication-Info, and the uri; with auth-int also of the
/// entity's hash.
#[must_use]
pub fn request(hash: Hash, method: &[u8], uri: &[u8], entity: Option<&[u8]>) -> Digits {
    match entity {
        None => hash.of(&[method, b":", uri]),
        Some(entity) => hash.of(&[method, b":", uri, b":", entity]),
    }
}

/// What a response says of its counting; nothing in the form of RFC 2069.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The nonce count, as sent.
    pub nc: &'a [u8; 8],
    /// The client's nonce.
    pub cnonce: &'a [u8],
    /// The quality of protection, as sent.
    pub qop: &'a [u8],
}

/// The response, of A1's hash, the nonce and A2's hash.
#[must_use]
pub fn response(
    hash: Hash,
    a1: &[u8],
    nonce: &[u8],
    counted: Option<Counted<'_>>,
    a2: &[u8],
) -> Digits {
    match counted {
        None => hash.of(&[a1, b":", nonce, b":", a2]),
        Some(Counted { nc, cnonce, qop }) => {
            hash.of(&[a1, b":", nonce, b":", nc, b":", cnonce, b":", qop, b":", a2])
        }
    }
}
