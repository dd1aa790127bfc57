//! Digest over HTTP: RFC 2617 as Windows does it, and RFC 7616 by configuration.
//!
//! A caller asks for it by flag or by the buffers that only HTTP has, in the first call on a
//! context. [`challenge`], [`response`] and [`response_printer`] are the messages, [`challenge_list`] what several
//! challenges stand in, of which a client makes its `choice`, [`formulas`] the formulas, [`buffers`] the callers' buffers. A server's [`nonce`] proves itself, so that nothing
//! is kept until a response to it is right; then [`sessions`] remembers it, [`nonce_counts`] its counts
//! and [`session_secret`] what later responses are checked with, by a hash that [`midstate`] has begun already,
//! in `blocks`, over what is `covered`. `verify` says what becomes of a response by all of these, with `account_match` asking the accounts;
//! `subsequent` completes those of sessions that go on, `request` is what a call asks for and is granted, `checks` is what both hold a response to, [`shared`] what many processes have in common;
//! `server` and `client` are the two ends, `context` answers for both.

pub mod a2;
pub mod account_match;
mod authentication_info;
pub mod buffers;
pub mod challenge;
pub mod challenge_list;
mod checks;
mod choice;
mod client;
pub(in crate::digest) mod context;
pub mod formulas;
mod partial_hash;

pub mod client_counts;
pub mod midstate;
pub mod nonce;
pub mod nonce_counts;
mod request;
pub mod response;
pub mod response_printer;
mod server;
mod session_records;
pub mod session_secret;
pub mod sessions;
pub mod shared;
mod subsequent;
mod verify;

use crate::sspi::{Call, Flags, Role, buffer_type};

/// Whether a first call asks for HTTP: by a `PKG_PARAMS` buffer, which nothing else has, or by
/// flag. The server's flag is also `ASC_REQ_ALLOW_MISSING_BINDINGS`, which it is where bindings
/// come with it.
#[must_use]
pub fn is_asked_for(role: Role, call: &Call<'_>) -> bool {
    let has = |kind| call.inputs.0.iter().any(|buffer| buffer.kind == kind);
    if has(buffer_type::PKG_PARAMS) {
        return true;
    }
    match role {
        Role::Client => call.flags.intersects(Flags::HTTP | Flags::USE_HTTP_STYLE),
        Role::Server => call.flags.contains(Flags::HTTP) && !has(buffer_type::CHANNEL_BINDINGS),
    }
}

/// A token without the word Digest, which some callers leave before it.
#[must_use]
pub fn without_scheme(token: &[u8]) -> &[u8] {
    match token.split_first_chunk::<7>() {
        Some((word, rest)) if word.eq_ignore_ascii_case(b"digest ") => rest,
        _ => token,
    }
}

#[cfg(test)]
pub(crate) mod tests;
