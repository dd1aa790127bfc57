//! Children of a process whose other threads are inside the library: `c_tests/fork`.

#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking
#![cfg(target_os = "linux")]

mod support;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use support::{STRICT, compile_c, scratch, succeed};

/// Of each run; by hand a thousand tell more.
const CHILDREN: &str = "40";

fn program() -> PathBuf {
    compile_c(&["c_tests/fork/fork.c"], &[&["-std=c99", "-O1"], STRICT].concat())
}

/// Runs the program with a log as `log` says, and checks that no child hung or went wrong.
fn run(name: &str, processors: &str, log: &str) {
    let directory = scratch(name);
    let accounts = directory.join("accounts");
    let text = format!(
        "[server]\nrealm = \"example.org\"\naccounts = \"accounts\"\n\
         http_algorithms = [\"MD5\"]\nhttp_nonce_count = \"window\"\n[log]\n{log}\n"
    );
    fs::write(directory.join("secur32.toml"), text).expect("a configuration");
    let mut command = Command::new(program());
    for name in ["SECUR32_ACCOUNTS", "SECUR32_REALM", "SECUR32_LOG"] {
        command.env_remove(name);
    }
    command.env("SECUR32_CONFIG", directory.join("secur32.toml"));
    command.stderr(File::create(directory.join("errors")).expect("a file"));
    let text = succeed(command.args([CHILDREN, processors]).arg(accounts));
    assert_eq!(text.trim_end(), format!("{CHILDREN} children, 0 hung, 0 wrong"));
}

#[test]
fn no_child_hangs_or_goes_wrong() {
    run("fork-free", "free", "level = \"off\"");
}

#[test]
fn no_child_hangs_on_one_processor() {
    run("fork-pinned", "pinned", "level = \"off\"");
}

#[test]
fn no_child_hangs_where_all_threads_write_to_a_log() {
    run("fork-log", "pinned", "level = \"debug\"\nfile = \"log\"");
    let log = fs::read_to_string(scratch("fork-log").join("log")).expect("a log");
    assert!(log.ends_with('\n'));
    let whole = |line: &str| line.contains("Z secur32[") && line.matches("Z secur32[").count() == 1;
    let torn: Vec<&str> = log.lines().filter(|line| !whole(line)).collect();
    assert!(torn.is_empty(), "{torn:?}");
}

#[test]
fn no_child_hangs_where_all_threads_write_to_standard_error() {
    run("fork-errors", "free", "level = \"debug\"");
}

#[test]
fn a_fork_does_not_wait_for_a_handler_that_waits_for_a_thread_in_the_library() {
    let flags = [&["-std=c99", "-O1", "-pthread"], STRICT].concat();
    let mut command = Command::new(compile_c(&["c_tests/fork/handlers.c"], &flags));
    for name in ["SECUR32_CONFIG", "SECUR32_ACCOUNTS", "SECUR32_REALM", "SECUR32_LOG"] {
        command.env_remove(name);
    }
    assert_eq!(succeed(&mut command).trim_end(), "3 forks, 0 wrong");
}
