//! What tests share that run C programs against the built library.

#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking
#![allow(dead_code)] // every test crate uses its own part of this

pub(crate) mod examples;
pub(crate) mod parallel;
pub(crate) mod skip;
pub(crate) mod wine;

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The warnings under which every C file here must be clean.
pub(crate) const STRICT: &[&str] = &["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// What counts the checks of the C tests, and is a source of each of their programs.
pub(crate) const HARNESS: &str = "c_tests/harness.c";

/// The sources of the IMAP example's server.
pub(crate) const IMAP_SERVER: &[&str] = &[
    "examples/imap_server.c",
    "examples/listener.c",
    "examples/peer.c",
    "examples/imap_session.c",
    "examples/imap_login.c",
    "examples/imap_mechanisms.c",
    "examples/imap_link.c",
    "examples/imap_layer.c",
    "examples/imap_profiles.c",
    "examples/imap_text.c",
];

/// The sources of its client.
pub(crate) const IMAP_CLIENT: &[&str] = &[
    "examples/imap_client.c",
    "examples/imap_reply.c",
    "examples/imap_link.c",
    "examples/imap_layer.c",
    "examples/imap_profiles.c",
    "examples/imap_text.c",
];

/// The sources of the HTTP example's server.
pub(crate) const HTTP_SERVER: &[&str] = &[
    "examples/http_server.c",
    "examples/listener.c",
    "examples/peer.c",
    "examples/http_session.c",
    "examples/http_gate.c",
    "examples/http_contexts.c",
    "examples/http_link.c",
    "examples/http_text.c",
];

/// The sources of its client.
pub(crate) const HTTP_CLIENT: &[&str] = &[
    "examples/http_client.c",
    "examples/http_login.c",
    "examples/http_link.c",
    "examples/http_text.c",
];

/// The sources of the example that goes through a proxy.
pub(crate) const PROXY_CLIENT: &[&str] = &[
    "examples/proxy_client.c",
    "examples/http_login.c",
    "examples/http_link.c",
    "examples/http_text.c",
];

/// The crate's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the crate.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust sources below a directory of the crate.
pub(crate) fn rust_sources(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(directory)).expect("a directory of the crate");
    let mut found = vec![];
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            found.extend(rust_sources(&path.to_string_lossy()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The shared library that cargo built for this test run.
///
/// Cargo builds all crate types of the library before an integration test and leaves them beside
/// the test's own executable.
pub(crate) fn library() -> PathBuf {
    built(&format!("{}secur32{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX))
}

/// The static library that cargo built for this test run.
pub(crate) fn static_library() -> PathBuf {
    built("libsecur32.a")
}

fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let path = test.parent().expect("a test lies in a directory").join(name);
    assert!(path.is_file(), "{} has not been built", path.display());
    path
}

/// A directory for this build profile's files, kept between runs.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let library = library();
    let mut hasher = DefaultHasher::new();
    library.hash(&mut hasher);
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{:016x}", hasher.finish())).join(name);
    fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

/// A directory where the linker finds `-lsecur32`, and the loader finds it by its soname.
pub(crate) fn library_directory() -> PathBuf {
    let directory = scratch("lib");
    for name in ["libsecur32.so", "libsecur32.so.0"] {
        link(&library(), &directory.join(name));
    }
    directory
}

/// Puts a symbolic link in place at once, because tests run side by side.
fn link(target: &Path, at: &Path) {
    if fs::read_link(at).is_ok_and(|old| old == target) {
        return;
    }
    let mut fresh = at.as_os_str().to_owned();
    fresh.push(format!(".{}.{:?}", std::process::id(), std::thread::current().id()));
    std::os::unix::fs::symlink(target, &fresh).expect("a symbolic link");
    fs::rename(&fresh, at).expect("the link takes its place");
}

/// Compiles C sources (paths from the crate's root, or absolute) into a program linked with the
/// shared library, with `include/` searched first. `flags` go to the compiler as they are.
pub(crate) fn compile_c(sources: &[&str], flags: &[&str]) -> PathBuf {
    let directory = library_directory();
    let program = program_path(sources, flags);
    let mut command = compiler("cc", sources, flags);
    command.arg("-o").arg(&program);
    command.arg("-L").arg(&directory).arg("-lsecur32").arg("-lpthread");
    command.arg(format!("-Wl,-rpath,{}", directory.display()));
    succeed(&mut command);
    program
}

/// As [`compile_c`], linked with the static library.
pub(crate) fn compile_c_static(sources: &[&str], flags: &[&str]) -> PathBuf {
    let program = program_path(sources, &[flags, &["(static)"]].concat());
    let mut command = compiler("cc", sources, flags);
    command.arg("-o").arg(&program).arg(static_library());
    command.args(["-lpthread", "-ldl", "-lm", "-lrt"]);
    succeed(&mut command);
    program
}

/// A compiler's call with the include directory, the flags and the sources.
pub(crate) fn compiler(name: &str, sources: &[&str], flags: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.arg("-I").arg(root().join("include")).args(flags);
    command.args(sources.iter().map(|source| root().join(source)));
    command
}

fn program_path(sources: &[&str], flags: &[&str]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (sources, flags).hash(&mut hasher);
    let first = sources.first().expect("a program has sources");
    let stem = Path::new(first).file_stem().and_then(OsStr::to_str).expect("a source has a name");
    // One directory per compiling thread: two tests may want the same program at once.
    let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "");
    scratch("programs").join(format!("{stem}-{:016x}-{thread}", hasher.finish()))
}

/// Runs a command to its end and returns what it wrote to standard output; panics with both
/// outputs when it fails.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    succeeded(command, &output)
}

/// What a command that has ended wrote to standard output; panics with both outputs when it has failed.
fn succeeded(command: &Command, output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}\n{errors}", output.status);
    text
}

/// The sources of `c_tests/suite`.
pub(crate) fn suite_sources() -> Vec<String> {
    let entries = fs::read_dir(root().join("c_tests/suite")).expect("c_tests/suite");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| format!("c_tests/suite/{}", name.to_string_lossy()));
    let is_source = |name: &String| Path::new(name).extension().is_some_and(|end| end == "c");
    let mut names: Vec<String> = names.filter(is_source).collect();
    names.push(HARNESS.into());
    names.sort();
    assert!(names.len() > 15, "{names:?}");
    names
}

/// How many checks of the C harness a program has counted, none of which may have failed.
pub(crate) fn checks(told: &str) -> u32 {
    let line = told.lines().last().unwrap_or_default();
    let (count, rest) = line.split_once(' ').unwrap_or_default();
    assert_eq!(rest, "checks, 0 failed, 0 differ, 0 skipped", "{told}");
    count.parse().unwrap_or_else(|_| panic!("{told}"))
}

/// Runs a program that counts its checks: there are some, and all hold. What it wrote.
pub(crate) fn all_hold(command: &mut Command) -> String {
    some_hold(succeed(command))
}

/// What a program wrote that has counted checks: there are some, and all hold.
fn some_hold(told: String) -> String {
    assert!(checks(&told) > 0, "{told}");
    told
}
