//! The WDigest package: Digest authentication as RFC 2831 (SASL) and RFC 7616 (HTTP) define it and
//! Windows does it.
//!
//! [`message`] reads and writes what both speak. [`sasl`] is DIGEST-MD5 with its security layers,
//! [`http`] is HTTP's Digest. `account_check` asks the accounts whose a response is, for both;
//! `package` and `credential` are what callers of the package begin with.

mod account_check;
mod context;
mod credential;
pub mod http;
pub mod message;
mod package;
mod realms;
pub mod sasl;
pub mod settings;
mod unfinished_attributes;

pub use package::WDigest;
