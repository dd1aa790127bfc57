//! secur32.dll, as `cargo xtask windows` built it last, under Wine: the C tests as .exe, and the
//! examples against native peers.
//!
//! Skipped with a line on standard error where the DLL, mingw-w64 or Wine is missing; with
//! `SECUR32_TEST_WINDOWS=1` that is a failure.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod common;
#[allow(dead_code)] // its server alone is used here
mod imap;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::{env, fs};

use common::{read, root, scratch, succeed};

const GCC: &str = "x86_64-w64-mingw32-gcc";

const OBJDUMP: &str = "x86_64-w64-mingw32-objdump";

/// Where the DLL is built, with its import libraries.
fn built() -> PathBuf {
    root().join("target/windows/x86_64")
}

/// What is missing for these tests, if anything.
fn missing() -> Option<String> {
    if !built().join("secur32.dll").is_file() {
        return Some("target/windows/x86_64/secur32.dll (cargo xtask windows)".into());
    }
    let runs = |tool: &&str| Command::new(tool).arg("--version").output().is_ok();
    [GCC, OBJDUMP, "wine", "curl"].into_iter().find(|tool| !runs(tool)).map(String::from)
}

/// A directory with our DLL and, below, Wine's own directory, made once for all tests. `None` where
/// something is missing.
static PLACE: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    if let Some(what) = missing() {
        assert!(env::var_os("SECUR32_TEST_WINDOWS").is_none(), "{what} is missing");
        eprintln!("SKIPPED: {what} is missing");
        return None;
    }
    let place = scratch("windows-programs");
    fs::copy(built().join("secur32.dll"), place.join("secur32.dll")).expect("a copy");
    let accounts = root().join("examples/accounts.htdigest");
    fs::copy(accounts, place.join("accounts.htdigest")).expect("a copy");
    // What it starts keeps its output open after it has ended: a pipe would not end.
    let told = fs::File::create(place.join("wineboot.txt")).expect("a file");
    let status = wine(&place, "wineboot").arg("--init").stdout(Stdio::null()).stderr(told).status();
    if !status.as_ref().is_ok_and(ExitStatus::success) {
        // Half of it would spoil the next run.
        let _ = fs::remove_dir_all(place.join("prefix"));
        let text = fs::read_to_string(place.join("wineboot.txt")).unwrap_or_default();
        panic!("wineboot: {status:?} {text}");
    }
    Some(place)
});

/// A program under Wine, with our DLL first and nothing of this machine's configuration.
fn wine(place: &Path, program: &str) -> Command {
    let mut command = Command::new("wine");
    command.current_dir(place).arg(program);
    for name in ["SECUR32_CONFIG", "SECUR32_ACCOUNTS", "SECUR32_LOG"] {
        command.env_remove(name);
    }
    command.env("WINEPREFIX", place.join("prefix")).env("WINEDEBUG", "-all");
    command.env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=;secur32=n,b");
    command.env("SECUR32_OURS", "1").env("SECUR32_REALM", "example.org");
    command
}

/// Compiles a program and links it by the import library given.
fn compile(sources: &[&str], library: &str, program: &Path) {
    let mut command = Command::new(GCC);
    command.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror"]);
    command.args(sources.iter().map(|source| root().join(source)));
    command.arg("-o").arg(program).arg(built().join(library)).arg("-lws2_32");
    succeed(&mut command);
}

fn suite_sources() -> Vec<String> {
    let entries = fs::read_dir(root().join("c_tests/suite")).expect("c_tests/suite");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| format!("c_tests/suite/{}", name.to_string_lossy()));
    let is_source = |name: &String| Path::new(name).extension().is_some_and(|end| end == "c");
    let mut names: Vec<String> = names.filter(is_source).collect();
    names.sort();
    names
}

#[test]
fn every_subject_passes_under_wine() {
    let Some(place) = &*PLACE else { return };
    let sources = suite_sources();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    compile(&sources, "libsecur32.dll.a", &place.join("suite.exe"));
    let subjects = succeed(&mut wine(place, "suite.exe"));
    assert!(subjects.lines().count() >= 20, "{subjects}");
    let mut failed = String::new();
    for subject in subjects.lines() {
        let output = wine(place, "suite.exe").arg(subject.trim()).output().expect("wine");
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        if !output.status.success() || !last.contains(" checks, 0 failed, 0 differ, 0 skipped") {
            let _ = writeln!(failed, "{subject}: {}\n{text}", output.status);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// What `objdump -p` says of the DLL, as pieces: imported DLLs, and exported names.
fn objdump() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = succeed(Command::new(OBJDUMP).arg("-p").arg(built().join("secur32.dll")));
    let imports = text.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    let table = text.split_once("[Ordinal/Name Pointer] Table").expect("exports").1;
    let names = table.lines().skip(1).map_while(|line| line.trim().strip_prefix('['));
    let names = names.filter_map(|line| line.split_whitespace().last());
    (imports.map(str::to_ascii_lowercase).collect(), names.map(String::from).collect())
}

#[test]
fn the_dll_exports_its_list_and_needs_windows_alone() {
    if PLACE.is_none() {
        return;
    }
    let (imports, exports) = objdump();
    let list = read("def/secur32.def");
    let listed: BTreeSet<String> =
        list.lines().filter_map(|line| line.strip_prefix("    ")).map(String::from).collect();
    assert!(listed.len() >= 101, "{listed:?}");
    assert_eq!(exports, listed);
    for name in &imports {
        let known = ["advapi32", "kernel32", "msvcrt", "ntdll", "userenv", "ws2_32"];
        let known = known.iter().any(|known| *name == format!("{known}.dll"));
        assert!(known || name == "api-ms-win-core-synch-l1-2-0.dll", "{name}");
    }
}

#[test]
fn a_native_client_logs_in_to_a_server_under_wine() {
    let Some(place) = &*PLACE else { return };
    compile(common::IMAP_SERVER, "libsecur32.dll.a", &place.join("imap_server.exe"));
    let mut server = wine(place, "imap_server.exe")
        .args(["-v", "--once", "--accounts", "accounts.htdigest"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("wine");
    let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut first = String::new();
    output.read_line(&mut first).expect("the server's first line");
    let port = first.trim_end().strip_prefix("listening on 127.0.0.1:").expect("a port");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "--login-options", "AUTH=DIGEST-MD5"]);
    curl.args(["-u", "alice:secret", &format!("imap://127.0.0.1:{port}/")]);
    let ending = curl.output().expect("curl");
    let errors = String::from_utf8_lossy(&ending.stderr);
    if !ending.status.success() {
        let _ = server.kill();
    }
    let mut told = String::new();
    output.read_to_string(&mut told).expect("the dialogue");
    let status = server.wait().expect("the server ends");
    assert!(ending.status.success() && status.success(), "{errors}\n{told}");
    assert!(told.contains("alice logged in by DIGEST-MD5"), "{told}");
}

#[test]
fn a_client_under_wine_logs_in_to_a_native_server() {
    let Some(place) = &*PLACE else { return };
    let mut programs = vec![("imap_client.exe", "libsecur32.dll.a")];
    // GNU ld takes the library that is made for Microsoft's linker, too.
    if built().join("secur32.lib").is_file() {
        programs.push(("imap_client_lib.exe", "secur32.lib"));
    } else {
        eprintln!("SKIPPED: secur32.lib has not been made");
    }
    for (program, library) in programs {
        compile(common::IMAP_CLIENT, library, &place.join(program));
        let server = imap::Server::start(1);
        let mut client = wine(place, program)
            .args(["--qop", "auth-conf", "127.0.0.1", &server.port.to_string(), "alice"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("wine");
        client.stdin.take().expect("a pipe").write_all(b"secret\n").expect("the password");
        let ending = client.wait_with_output().expect("the client ends");
        let dialogue = String::from_utf8_lossy(&ending.stdout);
        assert!(ending.status.success(), "{}\n{dialogue}", ending.status);
        let told = server.finish();
        assert!(told.contains("alice logged in by DIGEST-MD5"), "{told}");
        assert!(told.contains("(sealed "), "{told}");
    }
}
