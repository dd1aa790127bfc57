//! What a handle is: two words, of which the second proves the first.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;

use crate::error::Result;
use crate::random;

/// Where the kind stands in the lower word's 32 bits, above the index.
pub(super) const KIND_SHIFT: u32 = 30;

/// What a table's handles stand for. Part of each handle, so that one cannot pass for the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A `CredHandle`.
    Credential = 1,
    /// A `CtxtHandle`.
    Context = 2,
}

/// The two words of a `SecHandle`. Never {0, 0} and never all ones for a live object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle {
    /// `dwLower`.
    pub lower: usize,
    /// `dwUpper`.
    pub upper: usize,
}

/// What the tags of a table's handles are made with: whoever does not know it cannot foresee them.
pub(super) struct TagKey(FixedState);

impl TagKey {
    /// A key that no other table has.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no randomness.
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; 8];
        random::fill(&mut bytes)?;
        Ok(Self(FixedState::with_seed(u64::from_le_bytes(bytes))))
    }

    /// The only handle that is valid for slot `index` in its `generation`.
    pub(super) fn handle(&self, kind: Kind, index: u32, generation: u32) -> Handle {
        let low = (index + 1) | ((kind as u32) << KIND_SHIFT);
        let words = (u64::from(generation) << 32) | u64::from(low);
        Handle { lower: word(words), upper: word(self.0.hash_one(words)) }
    }
}

impl Handle {
    /// The slot that it claims. Wraps to an index that no slot has for the zero handle.
    pub(super) fn index(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the index stands in the low 32 bits")]
        let low = self.lower as u32;
        (low & ((1 << KIND_SHIFT) - 1)).wrapping_sub(1)
    }
}

/// A machine word of `value`: its low half where words have 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "on 32-bit targets the low half is the word")]
fn word(value: u64) -> usize {
    value as usize
}
