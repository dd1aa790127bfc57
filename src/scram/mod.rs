//! SCRAM (RFC 5802, RFC 7677): passwords that are proven without being sent, kept by servers in a form
//! that lets nobody in.

pub mod hash;
pub mod prepare;
