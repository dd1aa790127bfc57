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
    if line.starts_with("SKIPPED") {
        let _ = keep(line);
    }
}

/// Keeps a line for what `cargo test` says at its end, in a file of that process (xtask/src/skipped.rs).
#[cfg_attr(not(unix), expect(unused_variables))]
fn keep(line: &str) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::fs::{self, File};
        let test = std::env::current_exe()?;
        let place = test.ancestors().nth(2).unwrap_or(&test).join("skipped");
        fs::create_dir_all(&place)?;
        let file = place.join(std::os::unix::process::parent_id().to_string());
        // In one call: other tests write as well.
        File::options()
            .create(true)
            .append(true)
            .open(file)?
            .write_all(format!("{line}\n").as_bytes())?;
    }
    Ok(())
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
