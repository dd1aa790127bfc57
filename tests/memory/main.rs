//! What the library does with memory: every allocation that fails is a refusal and no more, no secret
//! is left in what is freed, and no message of a peer costs more than its length.

#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

#[path = "../support/mod.rs"]
mod support;

mod allocations;
mod leftovers;
mod lengths;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use support::{STRICT, compile_c, scratch};

/// A program of `c_tests/memory`, by its sources.
fn program(sources: &[&str]) -> PathBuf {
    let sources: Vec<String> =
        sources.iter().map(|name| format!("c_tests/memory/{name}.c")).collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    compile_c(&sources, &[&["-std=c99", "-g"], STRICT].concat())
}

/// A directory with a configuration and accounts.
struct Place(PathBuf);

impl Place {
    /// `digest` and `server` are lines of the tables of these names.
    fn new(name: &str, digest: &str, server: &str, accounts: &str) -> Self {
        let path = scratch(&format!("memory-{name}"));
        let text = format!(
            "[WDigest]\n{digest}\n[server]\nrealm = \"example.org\"\naccounts = \"accounts\"\n{server}\n"
        );
        fs::write(path.join("secur32.toml"), text).expect("a configuration");
        fs::write(path.join("accounts"), accounts).expect("accounts");
        Self(path)
    }

    /// A command in which this configuration alone counts.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for name in ["SECUR32_ACCOUNTS", "SECUR32_REALM", "SECUR32_LOG"] {
            command.env_remove(name);
        }
        command.env("SECUR32_CONFIG", self.0.join("secur32.toml"));
        command
    }
}

/// A line of an accounts file, by the hash of `D`.
fn account<D: md5::Digest>(user: &str, password: &[u8]) -> (String, Vec<u8>) {
    let mut hash = D::new();
    for part in [user.as_bytes(), b":example.org:", password] {
        hash.update(part);
    }
    let hash = hash.finalize().to_vec();
    (format!("{user}:example.org:{}\n", HEXLOWER.encode(&hash)), hash)
}
