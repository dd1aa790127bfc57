//! What this machine has of what builds, tests and serves the library, and what each would enable.

use std::env::{self, consts::EXE_SUFFIX};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Result;

/// One thing that a machine may have.
struct Row {
    what: &'static str,
    /// How it shows that it is there.
    found: Found,
    /// What cannot be done without it.
    enables: &'static str,
    /// How to get it: a group of `.ci/install`, or words.
    from: &'static str,
}

enum Found {
    /// All of these programs.
    Programs(&'static [&'static str]),
    /// A compiler of this name, beside the one that runs this.
    Toolchain(&'static str),
    /// A shared library that the dynamic loader knows, by one of the names that this library asks for.
    Library(&'static [&'static str]),
    /// A Python module.
    Module(&'static str),
}

const ROWS: [Row; 28] = [
    row(
        "C compiler",
        Found::Programs(&["cc"]),
        "the C programs of cargo test, cargo xtask demo",
        ".ci/install tools",
    ),
    row(
        "pkg-config",
        Found::Programs(&["pkg-config"]),
        "programs that find the installed library",
        ".ci/install tools",
    ),
    row(
        "CMake",
        Found::Programs(&["cmake"]),
        "the test of find_package(secur32)",
        ".ci/install packages",
    ),
    row(
        "Valgrind",
        Found::Programs(&["valgrind"]),
        "cargo xtask instructions, .ci/constant-time",
        ".ci/install tools",
    ),
    row(
        "libabigail",
        Found::Programs(&["abidw", "abidiff"]),
        "cargo xtask abi",
        ".ci/install tools",
    ),
    row(
        "nightly Rust",
        Found::Toolchain("nightly"),
        ".ci/fuzz, .ci/threads, .ci/miri",
        ".ci/install nightly",
    ),
    row(
        "mingw-w64",
        Found::Programs(&["x86_64-w64-mingw32-gcc", "i686-w64-mingw32-gcc"]),
        "cargo xtask windows",
        ".ci/install windows",
    ),
    row(
        "Wine",
        Found::Programs(&["wine", "wineserver"]),
        "cargo test --test windows",
        "PATH=$(.ci/wine trixie):$PATH",
    ),
    row(
        "qemu",
        Found::Programs(&["qemu-aarch64", "qemu-s390x", "qemu-riscv64"]),
        "other machines: .ci/targets",
        ".ci/install targets",
    ),
    row(
        "GSSAPI library",
        Found::Library(&["libgssapi_krb5.so.2", "libgssapi.so.3"]),
        "Kerberos and Negotiate",
        ".ci/install gssapi",
    ),
    row(
        "MIT's KDC",
        Found::Programs(&["krb5kdc", "kadmin.local"]),
        "cargo test --test gssapi",
        ".ci/install gssapi",
    ),
    row(
        "ODBC library",
        Found::Library(&["libodbc.so.2", "libiodbc.so.2"]),
        "accounts in databases: [sql]",
        ".ci/install databases",
    ),
    row(
        "PostgreSQL",
        Found::Programs(&["psql"]),
        "cargo test --test databases",
        ".ci/install databases",
    ),
    row(
        "MariaDB",
        Found::Programs(&["mariadbd"]),
        "cargo test --test databases",
        ".ci/install databases",
    ),
    row(
        "LDAP library",
        Found::Library(&[
            "libldap.so.2",
            "libldap-2.6.so.0",
            "libldap-2.5.so.0",
            "libldap_r-2.4.so.2",
        ]),
        "accounts in directories: [ldap]",
        ".ci/install databases",
    ),
    row(
        "slapd",
        Found::Programs(&["slapd"]),
        "cargo test --test databases, --test gssapi",
        ".ci/install databases",
    ),
    row(
        "Redis",
        Found::Programs(&["redis-server"]),
        "cargo test --test shared, cargo xtask demo --cluster",
        ".ci/install shared",
    ),
    row(
        "HAProxy",
        Found::Programs(&["haproxy"]),
        "cargo xtask demo --cluster",
        ".ci/install shared",
    ),
    row(
        "Cyrus SASL",
        Found::Library(&["libsasl2.so.2"]),
        "cargo test --test peers, cargo xtask bench",
        ".ci/install peers",
    ),
    row("GNU SASL", Found::Programs(&["gsasl"]), "cargo test --test peers", ".ci/install peers"),
    row("JDK", Found::Programs(&["javac"]), "cargo test --test peers", ".ci/install peers"),
    row(
        "Dovecot",
        Found::Programs(&["dovecot"]),
        "cargo test --test peers, cargo xtask bench --logins",
        ".ci/install peers",
    ),
    row(
        "curl",
        Found::Programs(&["curl"]),
        "cargo test --test peers, --test web",
        ".ci/install peers",
    ),
    row(
        "Apache httpd",
        Found::Programs(&["apache2"]),
        "cargo test --test web, cargo xtask bench --http",
        ".ci/install web",
    ),
    row("Chromium", Found::Programs(&["chromium"]), "cargo test --test web", ".ci/install web"),
    row("Python's requests", Found::Module("requests"), "cargo test --test web", ".ci/install web"),
    row(
        "dpkg-dev",
        Found::Programs(&["dpkg-deb", "dpkg-shlibdeps"]),
        ".deb: packaging/make",
        ".ci/install packages",
    ),
    row("rpmbuild", Found::Programs(&["rpmbuild"]), ".rpm: packaging/make", ".ci/install packages"),
];

const fn row(what: &'static str, found: Found, enables: &'static str, from: &'static str) -> Row {
    Row { what, found, enables, from }
}

/// `cargo xtask doctor`: a line for each row, and how many are missing.
pub(crate) fn run() -> Result<()> {
    let mut missing = 0;
    for Row { what, found, enables, from } in &ROWS {
        match found.look() {
            Some(found) => println!("yes  {what:<18} {enables} ({found})"),
            None => {
                missing += 1;
                println!("no   {what:<18} {enables}; to have it: {from}");
            }
        }
    }
    println!(
        "\n{} of {} are here. What is missing is left out by `cargo test`, which says SKIPPED, and is a \
         failure with CI=true.",
        ROWS.len() - missing,
        ROWS.len(),
    );
    Ok(())
}

impl Found {
    /// What is there, in a few words; `None` where it is not.
    fn look(&self) -> Option<String> {
        match self {
            Self::Programs(names) => {
                let places: Option<Vec<_>> = names.iter().map(|name| place(name)).collect();
                places?.first().map(|place| place.display().to_string())
            }
            // By rustup's cargo, which need not be the one that runs this.
            Self::Toolchain(name) => told("cargo", &[&format!("+{name}"), "--version"]),
            Self::Library(names) => {
                let listed = loader_list();
                let known = |name: &&&str| {
                    listed.lines().any(|line| line.trim_start().starts_with(&format!("{name} ")))
                };
                names.iter().find(known).map(|name| (*name).to_owned())
            }
            Self::Module(name) => {
                told("python3", &["-c", &format!("import {name}; print({name}.__file__)")])
            }
        }
    }
}

/// Where servers are that a user's PATH may lack.
const FURTHER: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/// Where a program is. It is not run: a server might take that for a beginning.
fn place(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&path).chain(FURTHER.map(PathBuf::from));
    let mut files = directories.map(|directory| directory.join(format!("{name}{EXE_SUFFIX}")));
    files.find(|file| file.is_file())
}

/// The first line that a program prints; `None` where it is not, or fails.
fn told(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// The libraries that the dynamic loader knows; empty where it has no such list.
fn loader_list() -> String {
    for program in ["ldconfig", "/sbin/ldconfig"] {
        if let Ok(output) = Command::new(program).arg("-p").output() {
            return String::from_utf8_lossy(&output.stdout).into_owned();
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_what_is_not_is_not() {
        assert!(Found::Programs(&["cargo"]).look().is_some());
        assert_eq!(Found::Toolchain("no-such-toolchain").look(), None);
        assert_eq!(Found::Programs(&["cargo", "no-such-program-of-secur32"]).look(), None);
        assert_eq!(Found::Library(&["libno-such-library.so.1"]).look(), None);
        assert_eq!(Found::Module("no_such_module_of_secur32").look(), None);
    }
}
