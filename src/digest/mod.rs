//! The WDigest package: Digest authentication as RFC 2831 (SASL) defines it and Windows does it.

pub mod qop;
