//! What a request's response covers beside nonce and count: A2 (RFC 7616 §3.4.3).

use super::formulas::{self, Digits, Hash};
use crate::kernels::md5::PaddedMessage;

/// What A2 is made of.
#[derive(Clone, Copy, Debug)]
pub struct A2<'a> {
    /// The method; empty for Authentication-Info.
    pub method: &'a [u8],
    /// The uri.
    pub uri: &'a [u8],
    /// The entity's hash, with auth-int.
    pub entity: Option<&'a [u8]>,
}

impl A2<'_> {
    /// `H(A2)`.
    #[must_use]
    pub fn hash(&self, hash: Hash) -> Digits {
        formulas::request(hash, self.method, self.uri, self.entity)
    }

    /// A2; `None` where it has no room.
    pub(super) fn write<const N: usize>(&self, text: &mut PaddedMessage<N>) -> Option<()> {
        for part in [self.method, b":", self.uri] {
            text.push(part)?;
        }
        if let Some(entity) = self.entity {
            text.push(b":")?;
            text.push(entity)?;
        }
        Some(())
    }
}
