//! What an engine that many processes share can be asked.

use crate::digest::http::nonce::{Epoch, Key, UserHash};
use crate::digest::http::nonce_counts::Order;
use crate::error::Result;
#[cfg(feature = "shared")]
use crate::error::{Error, Status};

/// The longest client's nonce that a record keeps, in bytes; of a longer one it has none.
pub const LONGEST_CNONCE: usize = 128;

/// A request for the right to use a count.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The random bytes of the nonce.
    pub nonce: &'a Key,
    /// The epoch that the nonce was proven to be of.
    pub epoch: &'a Epoch,
    /// The count, or `u32::MAX` of a response that has none.
    pub count: u32,
    /// How strictly counts must follow each other.
    pub order: Order,
    /// Whose the response is.
    pub user: &'a UserHash,
    /// The client's nonce, for the record of one that begins.
    pub cnonce: &'a [u8],
    /// How long the record is kept, in milliseconds.
    pub life: u64,
    /// Whether a nonce without a record may begin one.
    pub may_begin: bool,
    /// The time here, in seconds since 1970.
    pub now: u64,
}

/// What becomes of a claim that the engine has understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The count is the first of its nonce.
    Begun,
    /// The count is taken.
    Taken,
    /// The count has been used, or is not the next.
    Used,
    /// Nothing is known of the nonce, and it is too old to begin with.
    Unknown,
    /// The nonce is of another epoch.
    OtherEpoch,
    /// Another user has begun with the nonce.
    OtherUser,
}

impl Answer {
    /// Whether the request may be granted.
    #[must_use]
    pub fn grants(self) -> bool {
        matches!(self, Self::Begun | Self::Taken)
    }
}

/// Keeps the records of one realm. All of its errors are `NO_AUTHENTICATING_AUTHORITY`, with a reason
/// that holds neither names nor keys; or `INSUFFICIENT_MEMORY`.
pub trait Engine: Send + Sync {
    /// The epoch. It is asked for only where none is known yet, or the one known is `past`, which
    /// turned out to be over.
    ///
    /// # Errors
    /// The engine cannot be asked.
    fn epoch(&self, past: Option<&Epoch>) -> Result<Epoch>;

    /// Claims a count.
    ///
    /// # Errors
    /// The engine cannot be asked, or its clock is not the one here.
    fn claim(&self, claim: &Claim<'_>) -> Result<Answer>;

    /// The client's nonce in the record of a nonce; `None` where there is no record, or none in it.
    ///
    /// # Errors
    /// The engine cannot be asked.
    fn first_cnonce(&self, nonce: &Key) -> Result<Option<Vec<u8>>>;
}

/// A refusal because the engine cannot be asked.
#[cfg(feature = "shared")]
pub(super) fn unavailable(reason: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Status::NO_AUTHENTICATING_AUTHORITY, reason)
}
