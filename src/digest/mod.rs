//! The WDigest package: Digest authentication as RFC 2831 (SASL) defines it and Windows does it.
//!
//! The text of messages goes this way: [`tokenizer`] cuts a token into directives, [`challenge`],
//! [`response`] and [`rspauth`] give them their meaning, [`printer`] writes what is sent;
//! [`names`] and [`charset`] know in which octets a name or password may have been hashed.

pub mod challenge;
pub mod charset;
pub mod limits;
pub mod names;
pub mod printer;
pub mod qop;
pub mod response;
pub mod rspauth;
pub mod tokenizer;
