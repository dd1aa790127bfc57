//! The WDigest package: Digest authentication as RFC 2831 (SASL) defines it and Windows does it.

pub mod hash;
pub mod hex;
pub mod layer;
pub mod qop;
