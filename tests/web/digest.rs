//! HTTP Digest by its formulas (RFC 7616 §3.4), independent of the library.

use data_encoding::HEXLOWER;
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::example::REALM;

#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    pub(crate) fn hex(self, text: impl AsRef<[u8]>) -> String {
        let bytes = match self {
            Self::Md5 => Md5::digest(text).to_vec(),
            Self::Sha256 => Sha256::digest(text).to_vec(),
        };
        HEXLOWER.encode(&bytes)
    }
}

/// What a response says, and what it is made for.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) hash: Hash,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) nonce: String,
    pub(crate) count: u32,
    pub(crate) method: &'static str,
    pub(crate) uri: &'static str,
}

impl Response {
    /// Alice's to the challenge of a 401, for `GET /`.
    pub(crate) fn to(challenge: &str) -> Self {
        Self::with_nonce(&directive(challenge, "nonce"))
    }

    pub(crate) fn with_nonce(nonce: &str) -> Self {
        Self {
            hash: Hash::Md5,
            user: "alice",
            password: "secret",
            nonce: nonce.to_owned(),
            count: 1,
            method: "GET",
            uri: "/",
        }
    }

    /// What the server sends to prove that it knows the secret (RFC 7616 §3.5).
    pub(crate) fn rspauth(&self) -> String {
        self.hash_for("")
    }

    fn hash_for(&self, method: &str) -> String {
        let Self { hash, user, password, nonce, count, uri, .. } = self;
        let first = hash.hex(format!("{user}:{REALM}:{password}"));
        let second = hash.hex(format!("{method}:{uri}"));
        hash.hex(format!("{first}:{nonce}:{count:08x}:0a4f113b:auth:{second}"))
    }

    /// The field's value, with the algorithm MD5 or SHA-256 and qop auth.
    pub(crate) fn text(&self) -> String {
        let Self { hash, user, nonce, count, method, uri, .. } = self;
        let algorithm = match hash {
            Hash::Md5 => "MD5",
            Hash::Sha256 => "SHA-256",
        };
        let response = self.hash_for(method);
        format!(
            "Digest username=\"{user}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             algorithm={algorithm}, qop=auth, nc={count:08x}, cnonce=\"0a4f113b\", \
             response=\"{response}\""
        )
    }
}

/// The value of a quoted directive.
pub(crate) fn directive(text: &str, name: &str) -> String {
    let before = format!("{name}=\"");
    let from = text.find(&before).unwrap_or_else(|| panic!("no {name} in {text}")) + before.len();
    text[from..].split('"').next().expect("a quoted value").to_owned()
}
