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
pub mod scram;
pub mod scram_ends;
pub mod scram_login;
pub mod scram_people;
pub mod strict;
pub mod tokenizer;
pub mod transfer;

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("sasl_login", sasl_login::run),
    ("http_login", http_login::run),
    ("scram_login", scram_login::run),
    ("layers", layers::run),
    ("identities", identities::run),
    ("import", import::run),
    ("configuration", configuration::run),
    ("accounts", accounts::run),
    ("tokenizer", tokenizer::run),
    ("kernels", kernels::run),
];

/// What comes before each input: under a fuzzer, random bytes that the input decides, and how often
/// this process has had it before, since no nonce may be issued twice.
pub fn begin(input: &[u8]) {
    #[cfg(fuzzing)]
    {
        use std::cell::RefCell;
        use std::collections::HashMap;
        /// Inputs that are remembered: those of longer than a nonce lives.
        const MOST: usize = 1 << 20;
        thread_local! {
            static KNOWN: RefCell<HashMap<u64, u64>> = RefCell::default();
        }
        let mut seed: [u8; 32] = formulas::Hash::Sha256.of(&[input]).try_into().unwrap();
        let hash = u64::from_le_bytes(*seed.first_chunk().unwrap());
        let before = KNOWN.with_borrow_mut(|known| {
            if known.len() >= MOST {
                known.clear();
            }
            let before = known.entry(hash).or_default();
            *before += 1;
            *before
        });
        seed.iter_mut().zip(before.to_le_bytes()).for_each(|(byte, more)| *byte ^= more);
        secur32::random::repeat(seed);
    }
    #[cfg(not(fuzzing))]
    let _ = input;
}
