//! The hashes of SCRAM, and what is as long as one of them.

use subtle::ConstantTimeEq as _;

use crate::secret::Secret;

/// Bytes of the longest hash.
const LONGEST: usize = 64;

/// The hash function of a mechanism.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hash {
    /// RFC 5802.
    Sha1,
    /// RFC 7677.
    Sha256,
    /// draft-melnikov-scram-sha-512.
    Sha512,
}

impl Hash {
    /// All of them, the strongest first.
    pub const ALL: [Self; 3] = [Self::Sha512, Self::Sha256, Self::Sha1];

    /// Its bytes.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => LONGEST,
        }
    }

    /// The mechanism without channel bindings, which is also what stored keys are called.
    #[must_use]
    pub const fn mechanism(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }
}

/// A key, proof or signature: as many bytes as its hash has, wiped when dropped.
#[derive(Clone, Debug)]
pub struct Key {
    hash: Hash,
    bytes: Secret<[u8; LONGEST]>,
}

impl Key {
    /// Zeros, to be filled.
    #[must_use]
    pub const fn zeroed(hash: Hash) -> Self {
        Self { hash, bytes: Secret::new([0; LONGEST]) }
    }

    /// These bytes; `None` where they are more or fewer than the hash has.
    #[must_use]
    pub fn from_slice(hash: Hash, bytes: &[u8]) -> Option<Self> {
        let mut key = Self::zeroed(hash);
        if bytes.len() != hash.size() {
            return None;
        }
        key.bytes_mut().iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some(key)
    }

    /// The hash that it is as long as.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.expose().get(..self.hash.size()).unwrap_or_default()
    }

    /// The same, to be filled.
    #[must_use]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.expose_mut().get_mut(..self.hash.size()).unwrap_or_default()
    }

    /// Whether both are the same, in constant time but for their lengths.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }

    /// The exclusive or of both: a proof is that of a key and a signature.
    #[must_use]
    pub fn xor(&self, other: &Self) -> Self {
        let mut result = self.clone();
        result.bytes_mut().iter_mut().zip(other.bytes()).for_each(|(to, with)| *to ^= with);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_as_long_as_its_hash() {
        for hash in Hash::ALL {
            let bytes = [7; LONGEST + 1];
            for length in 0..bytes.len() {
                let key = Key::from_slice(hash, &bytes[..length]);
                assert_eq!(key.is_some(), length == hash.size());
                assert_eq!(key.map_or(length, |key| key.bytes().len()), length);
            }
        }
    }

    #[test]
    fn every_byte_counts() {
        let one = Key::from_slice(Hash::Sha1, &[7; 20]).unwrap();
        assert!(one.is_same(&one.clone()));
        for position in 0..20 {
            let mut other = one.clone();
            other.bytes_mut()[position] ^= 0x80;
            assert!(!one.is_same(&other));
            assert_eq!(one.xor(&other).bytes()[position], 0x80);
        }
        assert!(!one.is_same(&Key::zeroed(Hash::Sha256)));
        assert_eq!(format!("{one:?}"), "Key { hash: Sha1, bytes: [redacted] }");
    }
}
