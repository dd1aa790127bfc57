//! What DIGEST-MD5 and HTTP's Digest have in common: messages made of directives, and what stands in
//! them.
//!
//! [`tokenizer`] and [`printer`] read and write directives, [`fields`] those that both have; [`charset`] and [`names`] know which bytes a
//! name may have been hashed in; [`qop`] has the tokens of protections and ciphers, [`bindings`] the
//! directives of channel bindings; [`nonce`] makes what must not repeat.

pub mod bindings;
pub mod charset;
pub mod fields;
pub mod limits;
pub mod names;
pub mod nonce;
pub mod printer;
pub mod qop;
pub mod tokenizer;

pub use crate::hex;
