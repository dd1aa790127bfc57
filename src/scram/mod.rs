//! SCRAM (RFC 5802, RFC 7677): passwords that are proven without being sent, kept by servers in a form
//! that lets nobody in. A package for each of the mechanisms, off until `sasl.profiles` names it.

mod bindings;
mod client;
mod context;
mod credential;
mod established;
mod failures;
pub mod hash;
mod message;
mod nonce;
mod package;
pub mod prepare;
mod salt;
mod server;
pub mod settings;

pub use package::{PACKAGES, ScramPackage, is_bound, named};

#[cfg(test)]
pub(crate) mod tests;
