//! The C boundary: the exported functions, the types they take, and the checked views through
//! which the rest of the library sees a caller's memory. All unsafe code but the system's edge is
//! here.
//!
//! * [`exports`]: the exported functions, one file for each family.
//! * [`abi`]: C's types; cbindgen makes the header's structures of them.
//! * `caller`: the checked views of the caller's memory.
//! * `passthrough`: on Windows, the calls that are its own secur32.dll's.
//! * `acquire`: a credential is made.
//! * `tables`: what stands behind the handles that C holds. `step`: one step of an exchange.
//!   `pending`: first steps whose token did not fit. `guard`: no panic leaves an export.
//!
//! What the exports ask of their callers is what C always asks: a pointer is NULL where its
//! documentation allows it, or points to memory of the documented type that nobody else writes
//! during the call. Everything else (counts, lengths, types, handles, strings, alignment) is checked.
//! An export reads like this: `guard` first; pointers become views (`caller`); handles become
//! objects; one safe call; results go back through the views.
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

pub mod abi;
mod acquire;
pub(crate) mod caller;
pub mod exports;
mod guard;
mod passthrough;
mod pending_first_steps;
mod step;
mod tables;

#[cfg(test)]
mod tests;
