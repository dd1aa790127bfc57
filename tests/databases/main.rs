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
mod servers;
mod sql;

use std::path::PathBuf;

use support::skip::skip;

/// The first of these files that there is. Where none is, the test is skipped with a line, and fails in
/// CI.
pub(crate) fn find(paths: &[&str], package: &str) -> Option<PathBuf> {
    let found = paths.iter().map(PathBuf::from).find(|path| path.is_file());
    if found.is_none() {
        skip(&format!("package {package} is missing"));
    }
    found
}
