//! The participants' programs: compiled once for a test run, where their peer is installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support;

/// A program, or the Debian package that it needs and that is not there.
pub(crate) type Found = Result<PathBuf, &'static str>;

fn once(cell: &'static OnceLock<Found>, make: impl FnOnce() -> Found) -> Found {
    cell.get_or_init(make).clone()
}

/// Our server.
pub(crate) fn our_server() -> Found {
    static PROGRAM: OnceLock<Found> = OnceLock::new();
    once(&PROGRAM, || Ok(ours("our_server")))
}

/// Our client.
pub(crate) fn our_client() -> Found {
    static PROGRAM: OnceLock<Found> = OnceLock::new();
    once(&PROGRAM, || Ok(ours("our_client")))
}

fn ours(name: &str) -> PathBuf {
    let flags = [&["-std=c99"], support::STRICT].concat();
    support::compile_c(&[&format!("c_tests/peers/{name}.c")], &flags)
}

/// The participant by Cyrus SASL.
pub(crate) fn cyrus() -> Found {
    static PROGRAM: OnceLock<Found> = OnceLock::new();
    once(&PROGRAM, || {
        if !header("sasl/saslplug.h") {
            return Err("libsasl2-dev");
        }
        if !plugin_installed() {
            return Err("libsasl2-modules");
        }
        Ok(peer("cyrus_peer", "-lsasl2"))
    })
}

/// The library that lets Debian's Cyrus SASL do 3des.
pub(crate) fn des_parity() -> Found {
    static LIBRARY: OnceLock<Found> = OnceLock::new();
    once(&LIBRARY, || {
        let library = support::scratch("peers").join("des_parity.so");
        let mut command = strict(&["c_tests/peers/des_parity.c"]);
        command.args(["-shared", "-fPIC", "-o"]).arg(&library).arg("-ldl");
        support::succeed(&mut command);
        Ok(library)
    })
}

/// The participant by GNU SASL.
pub(crate) fn gnu_sasl() -> Found {
    static PROGRAM: OnceLock<Found> = OnceLock::new();
    once(&PROGRAM, || {
        if header("gsasl.h") { Ok(peer("gsasl_peer", "-lgsasl")) } else { Err("libgsasl-dev") }
    })
}

/// The directory of the JDK participant's classes.
pub(crate) fn jdk() -> Found {
    static CLASSES: OnceLock<Found> = OnceLock::new();
    once(&CLASSES, || {
        if !runs("javac", "--version") || !runs("java", "--version") {
            return Err("openjdk-17-jdk-headless");
        }
        let classes = support::scratch("peers/classes");
        let mut command = Command::new("javac");
        command.args(["-encoding", "UTF-8", "-Xlint:all", "-Werror", "-d"]).arg(&classes);
        support::succeed(command.arg(support::root().join("c_tests/peers/JdkPeer.java")));
        Ok(classes)
    })
}

/// Makes of a command of `python3` the participant by sspilib, which holds both ends over this
/// library; its arguments follow. Otherwise tells what is missing.
pub(crate) fn sspilib(command: &mut Command) -> Result<(), &'static str> {
    let modules = support::root().join("target/python");
    if !modules.join("sspilib").exists() {
        return Err("sspilib (of PyPI)");
    }
    command.env("PYTHONPATH", modules).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("LD_PRELOAD", support::library());
    command.arg(support::root().join("c_tests/peers/sspilib_peer.py"));
    Ok(())
}

/// An installed program, by its package.
pub(crate) fn installed(name: &str, package: &'static str) -> Found {
    [name.to_owned(), format!("/usr/sbin/{name}"), format!("/usr/local/sbin/{name}")]
        .into_iter()
        .find(|path| runs(path, "--version"))
        .map(PathBuf::from)
        .ok_or(package)
}

/// A program that is not to be run to see whether it is there, by its package.
#[allow(dead_code)] // not every test crate has one
pub(crate) fn file(path: &str, package: &'static str) -> Found {
    if Path::new(path).is_file() { Ok(PathBuf::from(path)) } else { Err(package) }
}

pub(crate) fn runs(program: &str, option: &str) -> bool {
    Command::new(program).arg(option).output().is_ok_and(|output| output.status.success())
}

fn header(name: &str) -> bool {
    let mut command = Command::new("cc");
    command.args(["-E", "-x", "c", "-include", name, "/dev/null"]);
    command.output().is_ok_and(|output| output.status.success())
}

/// Whether Cyrus SASL has DIGEST-MD5: its mechanisms are files of their own.
fn plugin_installed() -> bool {
    let triplet = Command::new("cc").arg("-print-multiarch").output();
    let triplet = triplet.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    [format!("/usr/lib/{}/sasl2", triplet.unwrap_or_default()), "/usr/lib/sasl2".to_owned()]
        .iter()
        .any(|directory| Path::new(directory).join("libdigestmd5.so").exists())
}

fn peer(name: &str, library: &str) -> PathBuf {
    let program = support::scratch("peers").join(name);
    let mut command = strict(&[&format!("c_tests/peers/{name}.c")]);
    // Cyrus has all its callbacks cast to one type of function.
    command.arg("-Wno-cast-function-type").arg("-o").arg(&program).arg(library);
    support::succeed(&mut command);
    program
}

fn strict(sources: &[&str]) -> Command {
    support::compiler("cc", sources, &[&["-std=c99"], support::STRICT].concat())
}
