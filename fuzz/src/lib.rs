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

/// What comes before each input: under a fuzzer, random octets that the input decides, and how often it
/// came before in a row, since no nonce may be issued twice.
pub fn begin(input: &[u8]) {
    #[cfg(fuzzing)]
    {
        use std::cell::Cell;
        thread_local! {
            static LAST: Cell<([u8; 32], u64)> = const { Cell::new(([0; 32], 0)) };
        }
        let hash: [u8; 32] = formulas::Hash::Sha256.of(&[input]).try_into().unwrap();
        let (last, times) = LAST.get();
        let times = if last == hash { times + 1 } else { 0 };
        LAST.set((hash, times));
        let mut seed = hash;
        seed.iter_mut().zip(times.to_le_bytes()).for_each(|(octet, more)| *octet ^= more);
        secur32::random::repeat(seed);
    }
    #[cfg(not(fuzzing))]
    let _ = input;
}
