//! The participants of `tests/peers`, where their GSSAPI is installed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(crate) use crate::peers_programs::{Found, gnu_sasl, jdk, our_client, our_server};
use crate::support;

/// The participant by Cyrus SASL, with its plugin for GSSAPI and GSS-SPNEGO.
pub(crate) fn cyrus() -> Found {
    let program = crate::peers_programs::cyrus()?;
    let directories = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let plugin = |directory: &Path| directory.join("sasl2/libgssapiv2.so").exists();
    let found = directories.map(|entry| entry.path()).any(|directory| plugin(&directory));
    if found { Ok(program) } else { Err("libsasl2-modules-gssapi-mit") }
}

/// The clock of others.
pub(crate) fn other_clock() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            let library = support::scratch("gssapi").join("other_clock.so");
            let flags = [&["-std=c99", "-shared", "-fPIC", "-o"][..], &[]].concat();
            let mut command =
                support::compiler("cc", &["c_tests/gssapi/other_clock.c"], support::STRICT);
            support::succeed(command.args(flags).arg(&library));
            library
        })
        .clone()
}

/// A program of `c_tests/gssapi`.
pub(crate) fn compiled(name: &str) -> PathBuf {
    let flags = [&["-std=c99"], support::STRICT].concat();
    support::compile_c(&[&format!("c_tests/gssapi/{name}.c"), support::HARNESS], &flags)
}
