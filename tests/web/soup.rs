//! libsoup, of both its series, which keeps to RFC 7616 with next nonces as no other client here does:
//! its key is made once, and the opaque of its challenge sent back.

use std::path::PathBuf;
use std::process::Command;

use crate::applications::passed;
use crate::example::{Ending, Server, peer, run, run_forgotten};
use crate::results::Version;
use crate::{count, support};

const SOURCE: &str = "c_tests/web/soup_client.c";

/// The client for one series of the library, where that is installed.
pub(crate) fn build(package: &str, debian: &str) -> Option<PathBuf> {
    let pkg_config = peer(&["pkg-config"], &["--exists", package], debian)?;
    let output = Command::new(pkg_config).args(["--cflags", "--libs", package]).output();
    let output = output.expect("pkg-config runs");
    let flags = String::from_utf8(output.stdout).expect("its output is text");
    let program = support::scratch("web").join(format!("soup_client-{package}"));
    let status = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg(support::root().join(SOURCE))
        .args(flags.split_whitespace())
        .status();
    assert!(status.expect("cc runs").success(), "{SOURCE} compiles for {package}");
    Some(program)
}

/// Six pages and ten at once, all of which come, with one question for the password.
fn check(ending: Ending) {
    let ending = ending.expect(0);
    let lines: Vec<&str> = ending.output.lines().collect();
    let (asked, answers) = lines.split_last().expect("a line");
    assert!(answers.iter().all(|line| line.ends_with(" 200")), "{}", ending.output);
    assert_eq!((answers.len(), *asked), (16, "asked 1"), "{}", ending.output);
    assert!(answers.contains(&"POST /form 200"), "{}", ending.output);
}

#[test]
fn libsoup_goes_from_page_to_page() {
    for (package, debian) in [("libsoup-2.4", "libsoup2.4-dev"), ("libsoup-3.0", "libsoup-3.0-dev")]
    {
        let Some(program) = build(package, debian) else { continue };
        for algorithm in ["MD5", "MD5-sess"] {
            for info in ["none", "nextnonce"] {
                for more in ["", "http_opaque = 1", "http_nonce_count = \"window\""] {
                    let server = Server::start(&format!(
                        "http_algorithms = [\"{algorithm}\"]\n\
                         http_authentication_info = \"{info}\"\n{more}"
                    ));
                    check(run(&program, &[&server.url(""), "alice", "secret", "10"]));
                    let told = server.stop();
                    assert_eq!(told.contains("nextnonce=\""), info == "nextnonce", "{told}");
                }
            }
        }
        let server = Server::start("");
        let words = [&server.url(""), "alice", "secret", "10", "wait"];
        check(run_forgotten(&program, &words, &server));
        let told = server.stop();
        assert_eq!(count(&told, "stale=true"), 1, "{told}");
        let server = Server::start("http_authentication_info = \"nextnonce\"");
        let ending = run(&program, &[&server.url(""), "alice", "wrong"]).expect(0);
        assert!(!ending.output.contains("200"), "{}", ending.output);
        server.stop();
        let program = if package == "libsoup-2.4" { "libsoup 2" } else { "libsoup 3" };
        passed(program, Version::Debian(debian), "client", "MD5, MD5-sess", "none", "UTF-8");
    }
}
