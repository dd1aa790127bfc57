//! HTTP nonce counts and sessions of many processes, in real engines: `[shared]` of secur32.toml.
//!
//! A test needs redis-server or a Valkey (`.ci/install shared` installs both on Debian). Where one is not there,
//! the test is skipped with a line on standard error; where `CI=true` it fails.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a test fails by panicking

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code)] // what the tests of one server use
#[path = "../web/digest.rs"]
mod digest;
#[allow(dead_code)]
#[path = "../web/example.rs"]
mod example;
#[allow(dead_code)]
#[path = "../web/raw.rs"]
mod raw;

mod engine;
mod http;
mod refusals;
mod servers;
#[cfg(feature = "shared-tls")]
mod tls;
