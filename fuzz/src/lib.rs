//! Fuzz targets that know what is wrong: each module that has `run` is a target, and takes the
//! library through its exported functions as a C program would. What they hold it against are rules
//! and second implementations of this crate's own, never the library's own word. A broken rule is a
//! panic that begins with ORACLE. How to run them: docs/testing.md.

pub mod abi;
pub mod accounts;
pub mod bindings;
pub mod configuration;
pub mod editor;
pub mod ends;
pub mod established;
pub mod fault;
pub mod formulas;
pub mod http_login;
pub mod identities;
pub mod import;
pub mod input;
pub mod kernels;
pub mod layers;
pub mod people;
pub mod place;
pub mod sasl_login;
pub mod strict;
pub mod tokenizer;
pub mod transfer;

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("sasl_login", sasl_login::run),
    ("http_login", http_login::run),
    ("layers", layers::run),
    ("identities", identities::run),
    ("import", import::run),
    ("configuration", configuration::run),
    ("accounts", accounts::run),
    ("tokenizer", tokenizer::run),
    ("kernels", kernels::run),
];

/// What comes before each input: under a fuzzer, random octets that are the same for each.
pub fn begin() {
    #[cfg(fuzzing)]
    secur32::random::repeat(*b"the same octets for every input.");
}
