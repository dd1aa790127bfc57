//! The ciphers and hashes of the security layers, and the search in text and its digits, as fast as
//! the machine allows: inner loops, each with one small safe interface.
//!
//! What depends on the processor is chosen at run time; every kernel gives what the crate of the
//! same name gives, which is its oracle in tests and the portable path where there is no kernel.

/// Whether AVX-512 is looked for: not in a build that shows what other machines get (`cargo xtask bench
/// --without-avx512`).
#[cfg(target_arch = "x86_64")]
const AVX512: bool = !cfg!(without_avx512);

pub mod des;
pub mod des_md5;
pub mod hex;
pub mod md5;
mod pinned;
pub mod rc4;
pub mod rc4_md5;
pub mod scan;
