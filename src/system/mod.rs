//! The thin edge to the operating system: what safe Rust has no words for.
#![allow(unsafe_code)]

pub mod clock;
pub mod host;
pub mod library;
pub mod process;
#[cfg(test)]
pub(crate) mod scratch;
