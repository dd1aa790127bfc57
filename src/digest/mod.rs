//! The WDigest package: Digest authentication as RFC 2831 (SASL) defines it and Windows does it.
//!
//! The text side ([`tokenizer`], [`challenge`], [`response`], [`rspauth`], [`charset`], [`names`])
//! reads and writes messages; the hash side ([`hash`], [`proofs`], [`layer`]) computes over their parts;
//! [`nonce`] makes what must not repeat. `account_check` asks the accounts whose a response is;
//! `server` and `client` join all of it into the legs of an exchange, `context` keeps its state, `messages` and `established` serve it afterwards.

mod account_check;
pub mod bindings;
pub mod challenge;
pub mod charset;
mod client;
mod context;
mod credential;
mod established;
pub mod hash;
pub mod hex;
pub mod http;
pub mod layer;
mod layout;
pub mod limits;
mod messages;
pub mod names;
pub mod nonce;
mod package;
mod packed;
pub mod printer;
pub mod proofs;
pub mod qop;
mod realms;
pub mod response;
pub mod rspauth;
mod server;
pub mod tokenizer;

pub use package::WDigest;

#[cfg(test)]
mod exchange_tests;
