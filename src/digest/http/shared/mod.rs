//! Nonce counts and sessions of one realm in an engine that many processes share: `[shared]` of
//! secur32.toml.
//!
//! The engine keeps a record for each nonce that has been used: its counts, whose it is (as a keyed
//! hash) and the client's first nonce. A response that is right is granted only once the engine has said
//! that its count is new. Whatever else the engine says, or that it says nothing, refuses it: there is no
//! way to fail open.
//!
//! So that lost records let no replay in, nonces belong to an *epoch*, which ends whenever records may have
//! been lost: the engine's process was another one, or its data were deleted. The nonces of the epoch
//! before cost their clients a stale challenge each.
//!
//! [`Engine`] is what an engine can be asked, `redis` is Redis and Valkey, `pool` its connections, `realm` what
//! a server does with them.

#[cfg(feature = "shared")]
mod connection;
mod engine;
#[cfg(feature = "shared")]
mod pool;
pub(in crate::digest::http) mod realm;
#[cfg(feature = "shared")]
mod redis;
pub mod settings;

use std::sync::Arc;

pub use engine::{Answer, Claim, Engine, LONGEST_CNONCE};
use settings::Settings;

use crate::error::Result;
#[cfg(not(feature = "shared"))]
use crate::error::{Error, Status};

/// The engine of these settings, for the records of one realm.
///
/// # Errors
/// `INTERNAL_ERROR` where this build has no client; `INSUFFICIENT_MEMORY`.
#[cfg(feature = "shared")]
pub fn engine(settings: &Settings, realm_id: [u8; 16]) -> Result<Arc<dyn Engine>> {
    Ok(redis::of_process(settings, realm_id)?)
}

/// The engine of these settings, for the records of one realm.
///
/// # Errors
/// `INTERNAL_ERROR`: this build has no client.
#[cfg(not(feature = "shared"))]
pub fn engine(_: &Settings, _: [u8; 16]) -> Result<Arc<dyn Engine>> {
    Err(Error::new(Status::INTERNAL_ERROR, "shared: this build lacks the feature shared"))
}
