//! What `cargo xtask install` puts into a prefix is enough to build and run a C program, by
//! pkg-config, with the shared and with the static library.

#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use support::skip::say;
use support::{STRICT, read, root, scratch, succeed};

const PROGRAM: &str = r"#include <sspi.h>
#include <security.h>
#include <secur32.h>
#include <stdio.h>

int main(void)
{
    SecHandle handle = { 0, 0 };
    if (DeleteSecurityContext(&handle) == SEC_E_OK)
        return 1;
    puts(WDIGEST_SP_NAME_A);
    return 0;
}
";

fn xtask(words: &[&str]) {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(["run", "--quiet", "--package", "xtask", "--"]);
    succeed(command.args(words));
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}

/// The flags that pkg-config gives, or without it those of the file's own lines.
fn flags(prefix: &Path, fixed: bool) -> Vec<String> {
    let directory = prefix.join("lib/pkgconfig");
    let pkg_config = Command::new("pkg-config").arg("--version").output();
    let text = if pkg_config.is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("pkg-config");
        command.env("PKG_CONFIG_PATH", &directory).args(["--cflags", "--libs"]);
        succeed(command.args(fixed.then_some("--static")).arg("secur32"))
    } else {
        say("SKIPPED: pkg-config is missing; reading secur32.pc without it");
        by_hand(&fs::read_to_string(directory.join("secur32.pc")).expect("secur32.pc"), fixed)
    };
    text.split_whitespace().map(String::from).collect()
}

fn by_hand(file: &str, fixed: bool) -> String {
    let field = |name: &str| {
        let line = file.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} in {file}")).trim()
    };
    let private = if fixed { field("Libs.private:") } else { "" };
    let text = [field("Cflags:"), field("Libs:"), private].join(" ");
    let text =
        text.replace("${libdir}", field("libdir=")).replace("${includedir}", field("includedir="));
    text.replace("${prefix}", field("prefix="))
}

fn build(directory: &Path, name: &str, flags: &[String]) -> PathBuf {
    let source = directory.join("program.c");
    fs::write(&source, PROGRAM).expect("a scratch file");
    let program = directory.join(name);
    let mut compile = Command::new("cc");
    compile.args(STRICT).arg("-std=c99").arg(&source).args(flags).arg("-o").arg(&program);
    succeed(&mut compile);
    program
}

#[test]
fn a_program_builds_and_runs_with_what_was_installed_until_it_is_uninstalled() {
    let directory = scratch("install");
    let prefix = directory.join("prefix");
    let _ = fs::remove_dir_all(&prefix);
    let place = prefix.display().to_string();
    xtask(&["install", "--prefix", &place, "--profile", profile()]);

    let version = env!("CARGO_PKG_VERSION");
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    let file = format!("libsecur32.so.{version}");
    for link in ["libsecur32.so", &format!("libsecur32.so.{major}")] {
        let target = fs::read_link(prefix.join("lib").join(link)).expect("a link");
        assert_eq!(target, Path::new(&file), "{link}");
    }
    let description = fs::read_to_string(prefix.join("lib/pkgconfig/secur32.pc")).expect("it");
    assert!(description.contains(&format!("\nVersion: {version}\n")), "{description}");
    assert!(!description.contains('@'), "{description}");
    let header = fs::read_to_string(prefix.join("include/secur32/secur32.h")).expect("it");
    assert_eq!(header, read("include/secur32.h"));

    let shared = build(&directory, "shared", &flags(&prefix, false));
    let mut run = Command::new(&shared);
    assert_eq!(succeed(run.env("LD_LIBRARY_PATH", prefix.join("lib"))), "WDigest\n");

    // Without the shared library -lsecur32 is the static one.
    for entry in fs::read_dir(prefix.join("lib")).expect("lib") {
        let path = entry.expect("an entry").path();
        if path.display().to_string().contains(".so") {
            fs::remove_file(path).expect("removed");
        }
    }
    let fixed = build(&directory, "static", &flags(&prefix, true));
    assert_eq!(succeed(&mut Command::new(fixed)), "WDigest\n");

    xtask(&["install", "--prefix", &place, "--profile", profile()]);
    xtask(&["uninstall", "--prefix", &place]);
    assert_eq!(files(&prefix), Vec::<PathBuf>::new());
}

#[test]
fn destdir_and_libdir_say_where_and_strip_how_much() {
    let directory = scratch("destdir");
    let _ = fs::remove_dir_all(&directory);
    let place = directory.display().to_string();
    let options = ["--destdir", &place, "--prefix=/opt/it", "--libdir=lib/machine"];
    let whole = directory.join("opt/it/lib/machine/libsecur32.a");
    let size = || fs::metadata(&whole).expect("the static library").len();
    xtask(&[&["install", "--profile", profile()], &options[..]].concat());
    let with_debugging = size();
    xtask(&[&["install", "--strip", "--profile", profile()], &options[..]].concat());
    assert!(size() < with_debugging / 2, "{} of {with_debugging}", size());
    let description = directory.join("opt/it/lib/machine/pkgconfig/secur32.pc");
    let text = fs::read_to_string(description).expect("secur32.pc");
    assert!(text.starts_with("prefix=/opt/it\nlibdir=${prefix}/lib/machine\n"), "{text}");
    assert!(directory.join("opt/it/share/man/man5/secur32.toml.5").is_file());
    assert!(directory.join("opt/it/include/secur32/sspi.h").is_file());
    xtask(&[&["uninstall"], &options[..]].concat());
    assert_eq!(files(&directory), Vec::<PathBuf>::new());
}

#[test]
fn the_description_can_be_read_without_pkg_config() {
    let text = "prefix=/p\nlibdir=${prefix}/l\nincludedir=${prefix}/include\nLibs: -L${libdir} -la\n\
                Libs.private: -lm\nCflags: -I${includedir}/a\n";
    assert_eq!(by_hand(text, true), "-I/p/include/a -L/p/l -la -lm");
    assert_eq!(by_hand(text, false).trim(), "-I/p/include/a -L/p/l -la");
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
