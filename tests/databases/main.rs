//! Accounts in SQL databases and in a directory: real servers, which are killed, stopped and started
//! again in the middle.
//!
//! A test needs servers that are installed (`.ci/install databases` installs all of them on Debian).
//! Where one is not, its part is skipped with a line on standard error; where `CI=true` it fails.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod directory;
mod programs;
mod scram;
mod servers;
mod sql;
