//! The ciphers and hashes of the security layers, as fast as the machine allows.
//!
//! What depends on the processor is chosen at run time; every kernel gives what the crates of the
//! same name give, which the tests hold it against.

pub mod des;
pub mod rc4;
