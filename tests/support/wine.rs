//! Wine, for the tests that run Windows programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::LazyLock;

use super::skip::say;
use super::{scratch, some_hold, succeed, succeeded};

/// Wine's own directory for these tests, made once. Each version of Wine has one.
pub(crate) static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
    let version = succeed(Command::new("wine").arg("--version"));
    let version = version.split_whitespace().next().expect("a version");
    let prefix = scratch("windows").join(version).join("prefix");
    boot(&prefix);
    prefix
});

/// How often a directory of Wine's is made. Before any program of ours runs, Wine's own set-up fails now and
/// then where others are being made on a busy machine ("could not load kernel32.dll").
const BOOTS: usize = 3;

/// Makes a directory of Wine's, or brings it up to date.
pub(crate) fn boot(prefix: &Path) {
    let mut told = String::new();
    for _ in 0..BOOTS {
        match boot_once(prefix) {
            Ok(()) => return,
            Err(error) => told.push_str(&error),
        }
        // Half of it would spoil the next run.
        let _ = with_wine("wineserver", prefix).arg("-k").status();
        let _ = fs::remove_dir_all(prefix);
    }
    panic!("{told}");
}

fn boot_once(prefix: &Path) -> Result<(), String> {
    fs::create_dir_all(prefix).expect("a directory");
    // Wine's server ends a little after its last program, and whoever comes just then dies without a
    // word. This one stays for a minute.
    let mut server = with_wine("wineserver", prefix);
    let _ = server
        .arg("-p60")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // What it starts keeps its output open after it has ended: a pipe would not end.
    let told = prefix.with_extension("txt");
    let output = fs::File::create(&told).expect("a file");
    let status =
        wine(prefix).args(["wineboot", "--init"]).stdout(Stdio::null()).stderr(output).status();
    if status.as_ref().is_ok_and(ExitStatus::success) {
        return Ok(());
    }
    Err(format!("wineboot: {status:?} {}\n", fs::read_to_string(&told).unwrap_or_default()))
}

/// `wine` with its own secur32.
pub(crate) fn wine(prefix: &Path) -> Command {
    with_wine("wine", prefix)
}

/// A program that may use Wine, for at most some minutes.
pub(crate) fn with_wine(program: &str, prefix: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["600", program]);
    for name in ["SECUR32_CONFIG", "SECUR32_ACCOUNTS", "SECUR32_LOG"] {
        command.env_remove(name);
    }
    command.env("WINEPREFIX", prefix).env("WINEDEBUG", "-all");
    command.env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=");
    command
}

/// How often Wine is asked to start a program.
const STARTS: usize = 3;

/// What it says when its loader cannot load the program, before that or any DLL of ours has run: it hands it to
/// `start.exe`, which fails in turn. On a busy machine that happens once in thousands of starts.
const NEVER_STARTED: &str = "Application could not be started, or no application associated";

/// Runs a program under Wine to its end; once more, with a line on standard error, where it was never started.
pub(crate) fn run(program: &mut Command) -> Output {
    let mut starts = 0;
    loop {
        starts += 1;
        let output = program.output().unwrap_or_else(|error| panic!("{program:?}: {error}"));
        let never = String::from_utf8_lossy(&output.stdout).contains(NEVER_STARTED);
        if !never || starts == STARTS {
            return output;
        }
        say(&format!("Wine did not start {program:?}; once more"));
    }
}

/// As [`super::succeed`], for what [`run`] runs.
pub(crate) fn run_to_success(program: &mut Command) -> String {
    let output = run(program);
    succeeded(program, &output)
}

/// As [`super::all_hold`], for what [`run`] runs.
pub(crate) fn run_all_checks(program: &mut Command) -> String {
    some_hold(run_to_success(program))
}

/// Whether this Wine runs 32-bit programs: a 64-bit one fills this directory only then.
pub(crate) fn runs_32_bits(prefix: &Path) -> bool {
    prefix.join("drive_c/windows/syswow64/kernel32.dll").exists()
}
