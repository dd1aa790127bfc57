//! The formulas of RFC 5802 §3.

use hmac::{KeyInit, Mac, SimpleHmac};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::digest::block_api::BlockSizeUser;
use sha2::{Digest, Sha256, Sha512};

pub use crate::accounts::scram::{Hash, Key, KeyPair};

impl Hash {
    /// `HMAC(key, parts)`, the parts one after the other.
    #[must_use]
    pub fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Key {
        match self {
            Self::Sha1 => hmac::<Sha1>(self, key, parts),
            Self::Sha256 => hmac::<Sha256>(self, key, parts),
            Self::Sha512 => hmac::<Sha512>(self, key, parts),
        }
    }

    /// `H(bytes)`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Key {
        let mut key = Key::zeroed(self);
        match self {
            Self::Sha1 => fill(&mut key, &Sha1::digest(bytes)),
            Self::Sha256 => fill(&mut key, &Sha256::digest(bytes)),
            Self::Sha512 => fill(&mut key, &Sha512::digest(bytes)),
        }
        key
    }

    /// `SaltedPassword := Hi(password, salt, i)`: PBKDF2, the one costly step. `password` has been
    /// prepared.
    #[must_use]
    pub fn salted_password(self, password: &[u8], salt: &[u8], iterations: u32) -> Key {
        let mut key = Key::zeroed(self);
        let space = key.bytes_mut();
        match self {
            Self::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, iterations, space),
            Self::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, iterations, space),
            Self::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, iterations, space),
        }
        key
    }
}

/// `ClientKey := HMAC(SaltedPassword, "Client Key")`.
#[must_use]
pub fn client_key(salted_password: &Key) -> Key {
    salted_password.hash().hmac(salted_password.bytes(), &[b"Client Key"])
}

/// `StoredKey := H(ClientKey)`.
#[must_use]
pub fn stored_key(client_key: &Key) -> Key {
    client_key.hash().digest(client_key.bytes())
}

/// `ServerKey := HMAC(SaltedPassword, "Server Key")`.
#[must_use]
pub fn server_key(salted_password: &Key) -> Key {
    salted_password.hash().hmac(salted_password.bytes(), &[b"Server Key"])
}

/// What a server keeps of a salted password.
#[must_use]
pub fn pair_of(salted_password: &Key) -> KeyPair {
    KeyPair {
        stored_key: stored_key(&client_key(salted_password)),
        server_key: server_key(salted_password),
    }
}

fn hmac<D: Digest + BlockSizeUser>(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Key {
    let mut result = Key::zeroed(hash);
    // Of any length: there is no other error.
    if let Ok(mut mac) = SimpleHmac::<D>::new_from_slice(key) {
        for part in parts {
            mac.update(part);
        }
        fill(&mut result, &mac.finalize().into_bytes());
    }
    result
}

fn fill(key: &mut Key, bytes: &[u8]) {
    key.bytes_mut().iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::unhex;

    struct Vector {
        hash: Hash,
        salt: &'static str,
        auth_message: &'static str,
        salted_password: &'static str,
        client_key: &'static str,
        stored_key: &'static str,
        server_key: &'static str,
        client_signature: &'static str,
    }

    const SHA256: &str = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
        r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
        c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    /// RFC 5802 §5, RFC 7677 §3, and the messages of the latter with SHA-512: all with the password
    /// "pencil" and 4096 iterations.
    const VECTORS: [Vector; 3] = [
        Vector {
            hash: Hash::Sha1,
            salt: "4125c247e43ab1e93c6dff76",
            auth_message: "n=user,r=fyko+d2lbbFgONRv9qkxdawL,\
                r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,\
                c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
            salted_password: "1d96ee3a529b5a5f9e47c01f229a2cb8a6e15f7d",
            client_key: "e234c47bf6c36696dd6d852b99aaa2ba26555728",
            stored_key: "e9d94660c39d65c38fbad91c358f14da0eef2bd6",
            server_key: "0fe09258b3ac852ba502cc62ba903eaacdbf7d31",
            client_signature: "5d7138c486b0bfabdf49e3e2da8bd6e5c79db613",
        },
        Vector {
            hash: Hash::Sha256,
            salt: "5b6d99689d12358eeca04b141236fa81",
            auth_message: SHA256,
            salted_password: "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d",
            client_key: "a60fc923d67e8644a92d16b96eda5ef4656b0c725c484374be25535576996e8b",
            stored_key: "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6",
            server_key: "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5",
            client_signature: "d27312467c28a40a8a7f05c73c0de33eb3cbfb4a83783b58144cf19ac6be1bdf",
        },
        Vector {
            hash: Hash::Sha512,
            salt: "5b6d99689d12358eeca04b141236fa81",
            auth_message: SHA256,
            salted_password: "f16efe1be67f1d09502ebd5ed9262fddffba5a377ab4f0b687e5ed5ba0f50686\
                b8a4ae166476da8ab3b951d2fa9238b63998f45461bc33a464814949cec9631d",
            client_key: "\
                f81d81a6c0467dbd957885e9f3a0387a99e989171077fc3b8d134b710907c424\
                917b624f885a3667838762858a893a4fce39043aa57fa07388a5aaa6fdbac920",
            stored_key: "e8002e6f7d3ae446119b216933644dc2a2be7869eb918b8459b5e7d7d2ec1260\
                6aceef106825cd735170a675fd3611f684affad1dce3f43a0ee43bd590e1dbbe",
            server_key: "8d91db6230b5687874fe129bc7206e1858c3ae08e02934f57ac03b6b05a229c4\
                59d28ff46f5c9611e6c179256490215ec1ff759cb0df285db89af0f99e613aac",
            client_signature: "78dc16e307e9347ef8bd1b5601f420def28e39c70ca99da715c96dcee56064c7\
                a18016394c886b575a7450d14779c98d253e6dd379e4b21350f82e573fccc605",
        },
    ];

    #[test]
    fn vectors() {
        for vector in VECTORS {
            let hash = vector.hash;
            let salted = hash.salted_password(b"pencil", &unhex(vector.salt), 4096);
            assert_eq!(salted.bytes(), unhex(vector.salted_password), "{hash:?}");
            let client = client_key(&salted);
            assert_eq!(client.bytes(), unhex(vector.client_key), "{hash:?}");
            let pair = pair_of(&salted);
            assert_eq!(pair.stored_key.bytes(), unhex(vector.stored_key), "{hash:?}");
            assert_eq!(pair.server_key.bytes(), unhex(vector.server_key), "{hash:?}");
            for at in [0, 1, vector.auth_message.len()] {
                let (first, second) = vector.auth_message.as_bytes().split_at(at);
                let signature = hash.hmac(pair.stored_key.bytes(), &[first, second]);
                assert_eq!(signature.bytes(), unhex(vector.client_signature), "{hash:?}");
                let proof = client.xor(&signature);
                assert!(hash.digest(proof.xor(&signature).bytes()).is_same(&pair.stored_key));
            }
        }
    }
}
