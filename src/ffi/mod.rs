//! The C boundary: the exported functions, the types they take, and the checked views through
//! which the rest of the library sees a caller's memory. All unsafe code but the system's edge is
//! here.
//!
//! What the exports ask of their callers is what C always asks: a pointer is NULL where its
//! documentation allows it, or points to memory of the documented type that nobody else writes
//! during the call. Everything else (counts, lengths, types, handles, texts, alignment) is checked.
//! An export reads like this: `guard` first; pointers become views (`pointer`, `text`,
//! `buffers`); handles become objects; one safe call; results go back through the views.
#![allow(unsafe_code)]
// C sees the parameters' names in the header, so they have their Windows spelling.
#![allow(non_snake_case)]
// The promise that an export needs is the one above, written once.
#![allow(clippy::missing_safety_doc)]
// The exports' documentation is the header's, where C's names stand without backticks.
#![allow(clippy::doc_markdown)]
// A test's call on the exports is one step, however many pointers it passes.
#![cfg_attr(test, allow(clippy::multiple_unsafe_ops_per_block))]
// The signatures are Windows'.
#![allow(clippy::too_many_arguments)]

pub mod attributes;
mod buffers;
mod callback;
pub mod context;
pub mod credentials;
pub mod function_types;
mod guard;
pub mod identity;
pub mod interface;
pub mod interface_types;
mod leg;
mod machine;
pub mod memory;
pub mod message;
mod output;
pub mod package;
pub mod password;
mod pending;
mod pointer;
pub mod sasl;
pub mod text;
pub mod token;
pub mod transfer;
pub mod types;

#[cfg(test)]
pub(crate) mod double;
#[cfg(test)]
mod exchange_tests;
#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod query_tests;
#[cfg(test)]
mod support;
