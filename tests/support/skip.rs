//! Tests that need what a machine may lack: they are skipped there, and fail in CI.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Whether `CI=true`: nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").as_deref() == Ok("true")
}

/// Writes to standard error itself: what a test prints is shown only when it fails.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Says what is skipped, and why; panics in CI.
pub(crate) fn skip(why: &str) {
    assert!(!in_ci(), "{why}");
    say(&format!("SKIPPED: {why}"));
}

/// Whether a tool can be run. Where it cannot, the caller's test is skipped.
pub(crate) fn have(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|out| out.status.success());
    if !found {
        skip(&format!("{tool} is missing"));
    }
    found
}

/// The first of these files that there is. Where none is, the caller's test is skipped.
pub(crate) fn find(paths: &[&str], package: &str) -> Option<PathBuf> {
    let found = paths.iter().map(PathBuf::from).find(|path| path.is_file());
    if found.is_none() {
        skip(&format!("package {package} is missing"));
    }
    found
}
