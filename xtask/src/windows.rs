//! `secur32.dll` for 64-bit and 32-bit Windows, built anywhere.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs, io};

use object::Object;

use crate::{Result, cargo, imports, problem, root, succeed};

/// A machine that runs Windows.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Machine {
    #[value(name = "x86_64", alias = "x86_64-pc-windows-gnu")]
    X86_64,
    #[value(name = "x86", alias = "i686-pc-windows-gnu")]
    X86,
}

impl Machine {
    /// Rust's name of the target, and the directory that its DLL is put into.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::X86_64 => ("x86_64-pc-windows-gnu", "x86_64"),
            Self::X86 => ("i686-pc-windows-gnu", "x86"),
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct Options {
    /// One of them, or its name in Rust; may be given for each [default: both]
    #[arg(long, value_enum)]
    target: Vec<Machine>,
    /// Cargo's profile
    #[arg(long, value_name = "P", default_value = "release")]
    profile: String,
}

/// `cargo xtask windows`: builds the DLLs, and their import libraries, into `target/windows/`.
///
/// What the DLL needs beyond cargo's own build (exports, version, the linker's options, randomness
/// without bcryptprimitives.dll) is in build.rs and the sources, so that a plain `cargo build
/// --target` makes one that works as well. This builds both, each alone: beside a static library and Rust's own
/// cargo leaves link-time optimization out, and GNU ld has the standard library import what nothing calls. It
/// checks what they import and export.
pub(crate) fn run(options: &Options) -> Result<()> {
    let profile = &*options.profile;
    let chosen = match &options.target[..] {
        [] => &[Machine::X86_64, Machine::X86],
        chosen => chosen,
    };
    for (target, directory) in chosen.iter().map(|machine| machine.names()) {
        let mut build = cargo();
        build.args(["rustc", "--package", "secur32", "--lib", "--profile", profile]);
        build.args(["--target", target, "--crate-type", "cdylib"]);
        succeed(&mut build)?;
        let built = if profile == "dev" { "debug" } else { profile };
        let output =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
        let library = output.join(target).join(built).join("secur32.dll");
        let place = output.join("windows").join(directory);
        check(&library)?;
        let wrong = |error: io::Error| problem(&place, &error);
        fs::create_dir_all(&place).map_err(wrong)?;
        fs::copy(&library, place.join("secur32.dll")).map_err(wrong)?;
        imports::make(directory, &place)?;
        println!("{}", place.join("secur32.dll").display());
    }
    Ok(())
}

/// The DLLs that it may import: they are in every Windows since 10, and in Wine since 8.
const SYSTEM: [&str; 6] = [
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ws2_32.dll",
];

/// Refuses a DLL that would not load everywhere, or that exports more or less than the list.
fn check(library: &Path) -> Result<()> {
    let wrong = |what: &str| format!("{}: {what}", library.display());
    let content = fs::read(library).map_err(|error| problem(library, &error))?;
    let image = object::File::parse(&*content).map_err(|error| wrong(&error.to_string()))?;
    let imports = image.imports().map_err(|error| wrong(&error.to_string()))?;
    let foreign = imports
        .iter()
        .map(|import| String::from_utf8_lossy(import.library()))
        .find(|name| !SYSTEM.contains(&&*name.to_ascii_lowercase()));
    if let Some(name) = foreign {
        return Err(wrong(&format!("imports {name}")));
    }
    let exports = image.exports().map_err(|error| wrong(&error.to_string()))?;
    let exports: BTreeSet<_> =
        exports.iter().map(|export| String::from_utf8_lossy(export.name())).collect();
    let list = root().join("def/secur32.def");
    let list = fs::read_to_string(&list).map_err(|error| problem(&list, &error))?;
    let listed = list.lines().filter_map(|line| line.strip_prefix("    ")).map(Cow::from).collect();
    if let Some(name) = exports.symmetric_difference(&listed).next() {
        return Err(wrong(&format!("{name} is exported and not listed, or the other way round")));
    }
    Ok(())
}
