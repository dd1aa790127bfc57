//! Instructions of a 64-bit ARM processor, counted under qemu's user mode by a plugin of our own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::callgrind::Dump;
use crate::demo::{Compiler, target_directory};
use crate::{Result, bench, cargo, problem, root, succeed};

const TARGET: &str = "aarch64-unknown-linux-gnu";
const COMPILER: &str = "aarch64-linux-gnu-gcc";
const QEMU: &str = "qemu-aarch64";

/// Why nothing can be counted here.
pub(crate) fn missing() -> Option<String> {
    let runs = |program: &&str| {
        Command::new(program).arg("--version").stdout(Stdio::null()).status().is_err()
    };
    let program = [QEMU, COMPILER].into_iter().find(|program| runs(program))?;
    Some(format!("{program} is missing (.ci/install targets, and rustup target add {TARGET})"))
}

/// Builds the library, the counted program and the plugin, and runs them.
pub(crate) fn count() -> Result<Vec<Dump>> {
    let place = target_directory()?.join("bench/aarch64");
    fs::create_dir_all(&place).map_err(|error| problem(&place, &error))?;
    build_library(&place)?;
    let program = place.join("instructions");
    let sources = bench::counted_sources()?;
    let qemu = root().join("benches/instructions/qemu");
    let mut compiler = Command::new(COMPILER);
    compiler.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-I"]);
    compiler.arg(root().join("include"));
    compiler.args(sources.iter().filter(|source| !source.ends_with("callgrind.c")));
    compiler.arg(qemu.join("counter.c")).arg(place.join("libsecur32.so.0"));
    succeed(compiler.args(["-lm", "-lpthread", "-o"]).arg(&program))?;
    let plugin = place.join("plugin.so");
    let mut compiler = Compiler::find()?.command();
    compiler.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC"]);
    succeed(compiler.arg(qemu.join("plugin.c")).arg("-o").arg(&plugin))?;
    let mut command = Command::new(QEMU);
    command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
    command.args(["-L", "/usr/aarch64-linux-gnu", "-E"]);
    command.arg(format!("LD_LIBRARY_PATH={}", place.display()));
    command.arg("-plugin").arg(&plugin).arg(&program);
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let [names, counts] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    if !output.status.success() {
        return Err(format!("{command:?}: {}: {counts}", output.status));
    }
    read(&names, &counts)
}

fn build_library(place: &Path) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--release", "--package", "secur32", "--lib", "--target", TARGET]);
    succeed(build.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", COMPILER))?;
    let output = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let library = output.join(TARGET).join("release/libsecur32.so");
    let copied = fs::copy(&library, place.join("libsecur32.so.0"));
    copied.map(drop).map_err(|error| problem(&library, &error))
}

/// The program names its operations, the plugin counts them.
fn read(names: &str, counts: &str) -> Result<Vec<Dump>> {
    let (names, counts): (Vec<_>, Vec<_>) = (names.lines().collect(), counts.lines().collect());
    if names.is_empty() || names.len() != counts.len() {
        return Err(format!("{} operations have {} counts", names.len(), counts.len()));
    }
    let dump = |(name, count): (&&str, &&str)| {
        let instructions = count.parse().map_err(|_| format!("{name}: no count: {count}"))?;
        Ok(Dump { name: (*name).into(), instructions })
    };
    names.iter().zip(&counts).map(dump).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_count() {
        let dump = Dump { name: "seal 4 0".into(), instructions: 460 };
        assert_eq!(read("seal 4 0\n", "460\n"), Ok(vec![dump]));
        for (names, counts) in [("", ""), ("seal 4 0\n", ""), ("seal 4 0\n", "plugin: failed\n")] {
            assert!(read(names, counts).is_err());
        }
    }
}
