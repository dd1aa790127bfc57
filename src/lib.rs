//! A drop-in replacement for the part of Windows' secur32.dll that authenticates network peers:
//! the SASL functions, the SSPI functions around them, and a Digest package behind both.
//!
//! C programs use the exported functions through `include/secur32.h`. This page is the map of the
//! house for whoever reads or changes it; bytes take this way through it:
//!
//! ```text
//! C caller -> ffi -> sasl -> sspi (Package, Credential, Context) -> digest -> accounts
//!              |                                                     |
//!              +-- handle: the values C holds                        +-- random, config, log
//! ```
//!
//! * [`ffi`] is the C boundary: pointers become checked views, results become statuses. `unsafe`
//!   lives there, in the thin edge of [`system`] to the operating system, and where a kernel needs
//!   an instruction.
//! * [`handle`] turns objects into the two words of a `SecHandle` and back, and knows no protocol.
//! * [`sspi`] is the vocabulary that every package shares.
//! * [`sasl`] adds to any package what the `Sasl*` functions add: profiles, options, cookies.
//! * [`digest`] is the WDigest package: DIGEST-MD5 for SASL, with its security layers, and HTTP's
//!   Digest.
//! * [`scram`] is SCRAM (RFC 5802), a package for each mechanism.
//! * [`gss`] is Kerberos and Negotiate: on Unix by the system's GSSAPI library, on Windows by the
//!   system's own secur32.dll.
//! * [`packages`] is the list of packages, their profiles and their tables of secur32.toml.
//! * [`accounts`] is where a server finds its users: a file, an SQL database by the system's ODBC, an
//!   LDAP directory by its libldap. The calls of these two libraries are `unsafe` there.
//! * [`kernels`] has the inner loops of hashes and ciphers, as fast as the machine allows.
//! * [`error`], [`secret`], [`config`], [`hex`], [`base64`], [`log`] and [`random`] are leaves that the others use.

// Where processes fork, locks and what is made once are those of [`system::fork`].
#![cfg_attr(all(unix, not(test)), warn(clippy::disallowed_types))]

// The interface is C's. What Rust sees of this crate is for its own benchmarks, tests and fuzz targets, and may
// change in any version.
#[doc(hidden)]
pub mod accounts;
#[doc(hidden)]
pub mod base64;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod digest;
#[doc(hidden)]
pub mod error;
#[doc(hidden)]
pub mod ffi;
#[doc(hidden)]
pub mod gss;
#[doc(hidden)]
pub mod handle;
#[doc(hidden)]
pub mod hex;
#[doc(hidden)]
pub mod kernels;
#[doc(hidden)]
pub mod log;
#[doc(hidden)]
pub mod packages;
#[doc(hidden)]
pub mod random;
#[doc(hidden)]
pub mod sasl;
#[doc(hidden)]
pub mod scram;
#[doc(hidden)]
pub mod secret;
#[doc(hidden)]
pub mod sspi;
#[doc(hidden)]
pub mod system;
#[cfg(test)]
mod testing;
