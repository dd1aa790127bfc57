//! DIGEST-MD5 (RFC 2831): the SASL mechanism, and its security layers.
//!
//! [`challenge`], [`response`] and [`rspauth`] are the messages, [`formulas`] the hashes over their
//! parts, `proofs` those of a whole handshake at once. `server` and `client` are the two ends,
//! `context` keeps the state of an exchange; `established` and `messages` serve it afterwards, over
//! the security [`layer`]. `serialized` is an established context for another process.

pub mod challenge;
pub(in crate::digest) mod challenge_template;
pub(in crate::digest) mod client;
pub(in crate::digest) mod established;
pub mod formulas;
pub mod layer;
pub(in crate::digest) mod messages;
pub mod proofs;
pub mod response;
pub mod rspauth;
pub(in crate::digest) mod serialized;
pub(in crate::digest) mod server;

#[cfg(test)]
mod tests;
