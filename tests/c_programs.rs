//! The C tests of `c_tests/suite`: compiled strictly, and run plainly, under the sanitizers and under
//! Valgrind, against the shared and the static library.

#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::examples::{SANITIZE, have_sanitizers};
use support::skip::have;
use support::{
    HARNESS, STRICT, checks, compile_c, compile_c_static, parallel, read, root, scratch, succeed,
    suite_sources,
};

/// Writes one byte past a block of the heap, by way of the library: as its worst mistake would.
const OVERFLOW: &str = r"#include <sspi.h>
#include <stdlib.h>
int main(void)
{
    volatile char *block = malloc(16);
    volatile ULONG end = 16;
    if (FreeContextBuffer(NULL) == SEC_E_OK)
        block[end] = 1;
    free((void *)block);
    return 0;
}
";

/// Loses a block of its own.
const LEAK: &str = r"#include <stdlib.h>
static void lose(void)
{
    volatile char *volatile block = malloc(16);
    block[0] = 1;
}
int main(void)
{
    volatile char stack[4096];
    unsigned i;
    lose();
    for (i = 0; i < sizeof stack; i++)
        stack[i] = 0;
    return 0;
}
";

/// Acquires a credential of the package named, for a user's name of the length said; succeeds where
/// that is refused.
const FIRST_REFUSAL: &str = r#"#include <sspi.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    SEC_WINNT_AUTH_IDENTITY_A identity = {0};
    CredHandle credential;
    identity.User = (unsigned char *)"alice";
    identity.UserLength = argc == 3 ? (ULONG)atoi(argv[2]) : 0;
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    return argc != 3
        || AcquireCredentialsHandleA(NULL, argv[1], SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL,
                                     &credential, NULL) >= 0;
}
"#;

/// Answers a response to a nonce of somebody else's.
const CHALLENGED_AGAIN: &str = r#"#include <sspi.h>
#include <string.h>
int main(void)
{
    char text[] = "username=\"alice\",realm=\"r\",nonce=\"x\",uri=\"/\",qop=auth,nc=00000001,"
                  "cnonce=\"c\",response=\"00000000000000000000000000000000\"";
    char method[] = "GET", challenge[4096];
    SecBuffer in[2] = {{0, SECBUFFER_TOKEN, 0}, {3, SECBUFFER_PKG_PARAMS, 0}};
    SecBuffer out = {sizeof challenge, SECBUFFER_TOKEN, 0};
    SecBufferDesc input = {SECBUFFER_VERSION, 2, 0}, output = {SECBUFFER_VERSION, 1, 0};
    CredHandle credential;
    CtxtHandle context;
    ULONG flags;
    char package[] = "WDigest";
    in[0].cbBuffer = (ULONG)strlen(text);
    in[0].pvBuffer = text;
    in[1].pvBuffer = method;
    out.pvBuffer = challenge;
    input.pBuffers = in;
    output.pBuffers = &out;
    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                     &credential, NULL) != SEC_E_OK
        || AcceptSecurityContext(&credential, NULL, &input, ASC_REQ_HTTP, SECURITY_NATIVE_DREP, &context,
                                 &output, &flags, NULL) != SEC_I_CONTINUE_NEEDED;
}
"#;

/// Keeps what the library handed out: a block and a handle.
const KEPT: &str = r#"#include <sspi.h>
int main(void)
{
    PSecPkgInfoA info = 0;
    CredHandle credential;
    SEC_CHAR name[] = "WDigest";
    return QuerySecurityPackageInfoA(name, &info) != SEC_E_OK
        || AcquireCredentialsHandleA(0, name, SECPKG_CRED_INBOUND, 0, 0, 0, 0, &credential, 0)
            != SEC_E_OK;
}
"#;

/// Where the library makes what its callers own.
const HANDED_OUT: &[(&str, &str)] = &[
    ("a block", "ffi::caller::memory::heap::zeroed"),
    ("a context", "sasl::session::Session::begin"),
    ("an imported context", "Package>::import"),
    ("a credential", "Package>::acquire"),
];

fn strict(more: &[&'static str]) -> Vec<&'static str> {
    [&["-std=c99"], STRICT, more].concat()
}

/// A command in which nothing of this machine's configuration counts.
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in ["SECUR32_CONFIG", "SECUR32_ACCOUNTS", "SECUR32_REALM", "SECUR32_LOG"] {
        command.env_remove(name);
    }
    command
}

fn suite(more: &[&'static str]) -> PathBuf {
    let sources = suite_sources();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    compile_c(&sources, &strict(more))
}

fn subjects(suite: &Path) -> Vec<String> {
    succeed(&mut command(suite)).lines().map(String::from).collect()
}

/// The subjects in parts for as many processes, since one is slow to start under such tools.
fn parts(subjects: &[String]) -> Vec<Vec<&String>> {
    let count = parallel::processors().min(subjects.len());
    (0..count).map(|first| subjects.iter().skip(first).step_by(count).collect()).collect()
}

fn small_program(name: &str, text: &str, more: &[&'static str]) -> PathBuf {
    let path = scratch(name).join(format!("{name}.c"));
    fs::write(&path, text).expect("a scratch file");
    compile_c(&[path.to_str().expect("a path")], &strict(more))
}

fn output(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, text)
}

#[test]
fn every_subject_passes_in_a_process_of_its_own() {
    let suite = suite(&[]);
    let subjects = subjects(&suite);
    assert!(subjects.len() >= 20, "{subjects:?}");
    parallel::for_each(&subjects, |subject| {
        let text = succeed(command(&suite).arg(subject));
        assert!(checks(&text) > 50, "{text}");
    });
}

#[test]
fn a_failed_check_fails_the_program() {
    let main = root().join("c_tests/suite/main.c");
    let path = scratch("failing").join("failing.c");
    let text = "#include \"../harness.h\"\nSTART_TEST(fails)\n{\n    ok(1, \"good\");\n    \
                ours(0, \"bad %d\", 7);\n}\n";
    fs::write(&path, text).expect("a scratch file");
    let list = fs::read_to_string(main).expect("main.c");
    let (before, rest) = list.split_once("#define SUBJECTS(X) \\\n").expect("the list");
    let after = rest.split_once("\n\n").expect("the end of the list").1;
    let copy = scratch("failing").join("main.c");
    fs::write(&copy, format!("{before}#define SUBJECTS(X) X(fails)\n\n{after}")).expect("a copy");

    let include = format!("-I{}", root().join("c_tests/suite").display());
    let paths = [copy, path].map(|path| path.to_str().expect("a path").to_owned());
    let paths = [HARNESS, &paths[0], &paths[1]];
    let flags = [&["-std=c99"], STRICT, &[include.as_str()]].concat();
    let (output, _) = output(command(compile_c(&paths, &flags)).arg("all"));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FAILED: bad 7") && text.contains("2 checks, 1 failed"), "{text}");
}

#[test]
fn all_subjects_pass_under_the_sanitizers() {
    if !have_sanitizers("the suite runs without") {
        return;
    }
    let options = ("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:strict_string_checks=1");

    // They are there: an overflow and a leak are caught.
    let overflow = small_program("overflow", OVERFLOW, SANITIZE);
    let (result, errors) = output(command(overflow).env(options.0, options.1));
    assert!(!result.status.success() && errors.contains("heap-buffer-overflow"), "{errors}");
    let leak = small_program("leak", LEAK, SANITIZE);
    let (result, errors) = output(command(leak).env(options.0, options.1));
    assert!(!result.status.success() && errors.contains("LeakSanitizer"), "{errors}");

    let suite = suite(SANITIZE);
    parallel::for_each(&parts(&subjects(&suite)), |part| {
        checks(&succeed(command(&suite).env(options.0, options.1).args(part)));
    });
}

/// What of the library's was not given back, by Valgrind's list of all blocks at the end. Leak
/// checkers alone do not tell: the library knows the addresses of all that it handed out.
///
/// The library itself keeps its tables, one list of the accounts files in use, and what it finds out
/// once.
fn kept(list: &str) -> Vec<&'static str> {
    let records: Vec<&str> = list.split("in loss record").skip(1).collect();
    let once = ["WatchedFile", "hashbrown", "once_cell"];
    let made_at = |record: &str, place: &str| {
        record.contains(place) && !once.iter().any(|kept| record.contains(kept))
    };
    let found = |place: &str| records.iter().any(|record| made_at(record, place));
    HANDED_OUT.iter().filter(|(_, place)| found(place)).map(|(what, _)| *what).collect()
}

#[test]
fn all_subjects_pass_under_valgrind() {
    if !have("valgrind") {
        return;
    }
    // "Possible" are the library's own tables, of which only the middle is pointed to.
    let valgrind = |program: PathBuf| {
        let mut valgrind = command("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=99", "--num-callers=40", "--leak-check=full"]);
        valgrind.args(["--show-leak-kinds=all", "--errors-for-leak-kinds=definite,indirect"]);
        valgrind.arg(program);
        valgrind
    };
    let (result, errors) = output(&mut valgrind(small_program("overflow", OVERFLOW, &["-g"])));
    assert!(result.status.code() == Some(99) && errors.contains("Invalid write"), "{errors}");
    let (result, errors) = output(&mut valgrind(small_program("leak", LEAK, &["-g"])));
    assert!(result.status.code() == Some(99) && errors.contains("definitely lost"), "{errors}");
    let (result, errors) = output(&mut valgrind(small_program("kept", KEPT, &["-g"])));
    assert!(result.status.success(), "{errors}");
    assert_eq!(kept(&errors), ["a block", "a credential"], "{errors}");

    let suite = suite(&["-g"]);
    parallel::for_each(&parts(&subjects(&suite)), |part| {
        let (result, errors) = output(valgrind(suite.clone()).args(part));
        let text = String::from_utf8_lossy(&result.stdout);
        assert!(result.status.success(), "{text}\n{errors}");
        checks(&text);
        assert_eq!(kept(&errors), [""; 0], "{errors}");
    });
}

#[test]
fn the_log_tells_why_a_first_call_was_refused() {
    let program = small_program("first-refusal", FIRST_REFUSAL, &[]);
    let file = scratch("first-refusal").join("secur32.toml");
    fs::write(&file, "[log]\nlevel = \"debug\"\n").expect("a scratch file");
    let file = file.to_str().expect("a path");
    let terminator = "does its length count the terminator?";
    for (package, length, name, value, reason) in [
        ("WDigest", "6", "SECUR32_LOG", "debug", terminator),
        ("WDigest", "6", "SECUR32_CONFIG", file, terminator),
        ("None", "5", "SECUR32_LOG", "debug", "no package of that name"),
        ("None", "5", "SECUR32_CONFIG", file, "no package of that name"),
        // Whoever asks for a log in the wrong words has to learn it from somewhere.
        ("WDigest", "5", "SECUR32_LOG", "Debug", "SECUR32_LOG: expected off, error or debug"),
    ] {
        let (result, errors) = output(command(&program).args([package, length]).env(name, value));
        assert!(result.status.success(), "{package}");
        assert_eq!(errors.lines().count(), 1, "{package}, {name}: {errors}");
        assert!(errors.contains("AcquireCredentialsHandleA"), "{errors}");
        assert!(errors.contains(reason), "{package}, {name}: {errors}");
    }
}

#[test]
fn the_log_tells_why_a_response_is_answered_by_a_challenge() {
    let program = small_program("challenged-again", CHALLENGED_AGAIN, &[]);
    let accounts = scratch("challenged-again").join("accounts");
    fs::write(&accounts, "alice:r:9f4c47c8ab0e4ef6e4ac2cd8d0ba2ccd\n").expect("a scratch file");
    let mut command = command(&program);
    command.env("SECUR32_LOG", "debug").env("SECUR32_REALM", "r").env("SECUR32_ACCOUNTS", accounts);
    let (result, errors) = output(&mut command);
    assert!(result.status.success(), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains("nonce was not issued here"), "{errors}");
}

#[test]
fn the_static_library_serves_as_well() {
    let sources = suite_sources();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let suite = compile_c_static(&sources, &strict(&[]));
    for subject in ["accept", "messages", "packages", "identities"] {
        checks(&succeed(command(&suite).arg(subject)));
    }
}

#[test]
fn the_sources_compile_for_windows() {
    let name = "x86_64-w64-mingw32-gcc";
    if !have(name) {
        return;
    }
    let sources = suite_sources();
    let mut command = Command::new(name);
    command.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror"]);
    command.args(sources.iter().map(|source| root().join(source)));
    command.arg("-o").arg(scratch("windows").join("suite.exe")).arg("-lsecur32");
    succeed(&mut command);
}

#[test]
fn every_export_is_called() {
    let text: String =
        suite_sources().iter().map(|source| without_comments(&read(source))).collect();
    let exports = read("def/exports.txt");
    // What only Windows' own library has is handed over to it; its calls are tested there.
    let names = exports.lines().filter(|line| !line.starts_with('#') && !line.ends_with("windows"));
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 50, "{names:?}");
    let called = |name: &&&str| {
        text.match_indices(&format!("{name}(")).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
        })
    };
    let missing: Vec<&&str> = names.iter().filter(|name| !called(name)).collect();
    assert!(missing.is_empty(), "no C test calls {missing:?}");
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}
