//! `secur32.dll` for 64-bit and 32-bit Windows, built anywhere.

use std::path::Path;
use std::{env, fs};

use crate::image::Image;
use crate::{Result, cargo, imports, root, succeed};

/// Rust's names of the targets, and the directories that their DLLs are put into.
const TARGETS: [(&str, &str); 2] =
    [("x86_64-pc-windows-gnu", "x86_64"), ("i686-pc-windows-gnu", "x86")];

/// `cargo xtask windows`: builds the DLLs, and their import libraries, into `target/windows/`.
///
/// What the DLL needs beyond cargo's own build (exports, version, the linker's options, randomness
/// without bcryptprimitives.dll) is in build.rs and the sources, so that a plain `cargo build
/// --target` makes the same one; this builds both and checks what they import
/// and export.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let (mut chosen, mut profile) = (vec![], "release");
    let mut words = words.iter().map(|word| &**word);
    while let Some(option) = words.next() {
        let value = words.next().ok_or_else(|| format!("{option} wants a value"))?;
        match option {
            "--target" => chosen.push(known(value)?),
            "--profile" => profile = value,
            _ => return Err(format!("{option} is not an option of this verb")),
        }
    }
    if chosen.is_empty() {
        chosen = TARGETS.to_vec();
    }
    for (target, directory) in chosen {
        let mut build = cargo();
        build.args(["build", "--package", "secur32", "--lib", "--profile", profile]);
        build.args(["--target", target]);
        succeed(&mut build)?;
        let built = if profile == "dev" { "debug" } else { profile };
        let output =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
        let library = output.join(target).join(built).join("secur32.dll");
        let place = output.join("windows").join(directory);
        check(&library)?;
        let problem = |error| format!("{}: {error}", place.display());
        fs::create_dir_all(&place).map_err(problem)?;
        fs::copy(&library, place.join("secur32.dll")).map_err(problem)?;
        imports::make(directory, &place)?;
        println!("{}", place.join("secur32.dll").display());
    }
    Ok(())
}

fn known(target: &str) -> Result<(&'static str, &'static str)> {
    let found = TARGETS.iter().find(|(name, directory)| [*name, *directory].contains(&target));
    found
        .copied()
        .ok_or_else(|| format!("{target} is neither {} nor {}", TARGETS[0].0, TARGETS[1].0))
}

/// The DLLs that it may import: they are in every Windows since 10, and in Wine since 8.
const SYSTEM: [&str; 7] = [
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// Refuses a DLL that would not load everywhere, or that exports more or less than the list.
fn check(library: &Path) -> Result<()> {
    let problem = |what: &str| format!("{}: {what}", library.display());
    let content = fs::read(library).map_err(|error| problem(&error.to_string()))?;
    let image = Image::read(&content).ok_or_else(|| problem("not a DLL"))?;
    let imports = image.imports().ok_or_else(|| problem("no import table"))?;
    if let Some(name) = imports.iter().find(|name| !SYSTEM.contains(&&*name.to_ascii_lowercase())) {
        return Err(problem(&format!("imports {name}")));
    }
    let exports = image.exports().ok_or_else(|| problem("no export table"))?;
    let list = fs::read_to_string(root().join("def/secur32.def"));
    let list = list.map_err(|error| format!("def/secur32.def: {error}"))?;
    let listed =
        list.lines().filter_map(|line| line.strip_prefix("    ")).map(String::from).collect();
    if let Some(name) = exports.symmetric_difference(&listed).next() {
        return Err(problem(&format!("{name} is exported and not listed, or the other way round")));
    }
    Ok(())
}
