//! The archives of `cargo xtask dist`: the same when made twice, and enough to build and run a C
//! program elsewhere.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use common::{STRICT, have, root, scratch, succeed};

const PROGRAM: &str = r#"#ifdef _WIN32
#define SECURITY_WIN32
#include <windows.h>
#endif
#include <sspi.h>
#include <stdio.h>

int main(void)
{
    PSecPkgInfoA info;
    SEC_CHAR name[] = "WDigest";
    if (QuerySecurityPackageInfoA(name, &info) != SEC_E_OK)
        return 1;
    printf("%s %d\n", info->Name, (int)info->wRPCID);
    return FreeContextBuffer(info) != SEC_E_OK;
}
"#;

/// Makes the archives anew; their names and contents.
fn archives(output: &Path) -> BTreeMap<String, Vec<u8>> {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let _ = fs::remove_dir_all(output);
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(["run", "--quiet", "--package", "xtask", "--", "dist"]);
    succeed(command.args(["--profile", profile, "--output"]).arg(output));
    let entries = fs::read_dir(output).expect("the output").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

fn build(compiler: &str, directory: &Path, name: &str, words: &[String]) -> PathBuf {
    let source = directory.join("program.c");
    fs::write(&source, PROGRAM).expect("a scratch file");
    let program = directory.join(name);
    let mut compile = Command::new(compiler);
    compile.args(STRICT).arg("-std=c99").arg(&source).args(words).arg("-o").arg(&program);
    succeed(&mut compile);
    program
}

#[test]
fn archives_are_the_same_when_made_twice_and_serve_elsewhere() {
    let mut tools = vec!["tar", "gzip", "pkg-config"];
    if root().join("target/windows").exists() {
        tools.extend(["zip", "unzip"]);
    }
    if !tools.into_iter().all(tool) {
        return;
    }
    let directory = scratch("dist");
    let output = directory.join("archives");
    let first = archives(&output);
    let again = archives(&output);
    assert!(first == again, "{:?} {:?}", first.keys(), again.keys());
    succeed(Command::new("sha256sum").current_dir(&output).args(["--check", "SHA256SUMS"]));

    let elsewhere = directory.join("elsewhere");
    let _ = fs::remove_dir_all(&elsewhere);
    fs::create_dir_all(&elsewhere).expect("a directory");
    for name in first.keys().filter(|name| *name != "SHA256SUMS") {
        let archive = output.join(name);
        let (mut unpack, folder) = if let Some(folder) = name.strip_suffix(".tar.gz") {
            let mut tar = Command::new("tar");
            tar.arg("-xzf").arg(&archive);
            (tar, folder)
        } else {
            let mut unzip = Command::new("unzip");
            unzip.arg("-q").arg(&archive);
            (unzip, name.strip_suffix(".zip").expect("a zip archive"))
        };
        succeed(unpack.current_dir(&elsewhere));
        let place = elsewhere.join(folder);
        succeed(Command::new("sha256sum").current_dir(&place).args(["--check", "SHA256SUMS"]));
        for text in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(place.join(text).is_file(), "{name}: {text}");
        }
        if folder.contains("-windows-") { windows(&place) } else { native(&place) }
    }
}

/// Not every one of these tools knows `--version`.
fn tool(name: &str) -> bool {
    if name == "unzip" && Command::new(name).output().is_ok() { true } else { have(name) }
}

fn native(place: &Path) {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", place.join("lib/pkgconfig"));
    let flags = succeed(command.args(["--cflags", "--libs", "secur32"]));
    assert!(flags.contains(&place.join("lib").display().to_string()), "{flags}");
    let flags: Vec<String> = flags.split_whitespace().map(String::from).collect();
    let program = build("cc", place, "program", &flags);
    let mut run = Command::new(program);
    assert_eq!(succeed(run.env("LD_LIBRARY_PATH", place.join("lib"))), "WDigest 21\n");
}

fn windows(place: &Path) {
    let machine = if place.to_string_lossy().ends_with("x86_64") { "x86_64" } else { "i686" };
    let gcc = format!("{machine}-w64-mingw32-gcc");
    assert!(place.join("include/secur32.h").is_file());
    let libraries = ["libsecur32.dll.a", "secur32.lib"];
    for library in libraries.into_iter().filter(|name| place.join("lib").join(name).is_file()) {
        if !have(&gcc) {
            return;
        }
        let path = place.join("lib").join(library).display().to_string();
        let program = build(&gcc, place, &format!("{library}.exe"), &[path]);
        if machine != "x86_64" || !have("wine") {
            eprintln!("SKIPPED: {machine}, {library}: linked, and not run under Wine");
            continue;
        }
        let mut run = Command::new("wine");
        run.arg(&program).env("WINEPREFIX", scratch("dist").join("prefix"));
        run.env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", "mscoree,mshtml=;secur32=n,b");
        assert_eq!(succeed(&mut run).replace('\r', ""), "WDigest 21\n", "{library}");
    }
}
