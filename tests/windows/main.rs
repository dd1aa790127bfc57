//! secur32.dll, as `cargo xtask windows` built it last, under Wine, for both word sizes.
//!
//! Skipped with a line on standard error where the DLL, mingw-w64 or Wine is missing; with
//! `SECUR32_TEST_WINDOWS=1` that is a failure.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

#[allow(dead_code)] // its server alone is used here
#[path = "../imap/mod.rs"]
mod imap;
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code)]
#[path = "../databases/accounts.rs"]
mod accounts;
#[path = "../peers/base64.rs"]
mod base64;
#[allow(dead_code)]
#[path = "../shared/servers.rs"]
mod engines;
#[path = "../peers/exchange.rs"]
mod exchange;
#[allow(dead_code)] // what other tests use of these
#[path = "../gssapi/imap.rs"]
mod imap_login;
#[allow(dead_code)]
#[path = "../gssapi/kdc.rs"]
mod kdc;
#[allow(dead_code)]
#[path = "../peers/line_protocol.rs"]
mod line_protocol;
#[allow(dead_code)]
#[path = "../peers/programs.rs"]
mod peers_programs;
#[allow(dead_code)]
#[path = "../gssapi/programs.rs"]
mod programs;
#[allow(dead_code)]
#[path = "../peers/results.rs"]
mod results;
#[allow(dead_code)]
#[path = "../gssapi/row.rs"]
mod row;
#[path = "../peers/runner.rs"]
mod runner;

mod abi;
mod calls;
mod databases;
mod differences;
mod image;
mod kerberos;
mod lifetimes;
mod linkers;
mod page;
mod peers;
mod place;
mod server;
#[allow(dead_code)]
#[path = "../databases/servers.rs"]
mod servers;
mod strangers;
mod suite;
mod system_package;
