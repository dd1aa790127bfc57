//! The chores of secur32: `cargo xtask help`.

mod abi;
mod bench;
mod callgrind;
mod chart;
mod circuits;
mod cluster;
mod daemons;
mod demo;
mod dist;
mod doctor;
mod generate;
mod imports;
mod install;
mod instructions;
mod jdk;
mod load;
mod logins;
mod machines;
mod manual;
mod markdown;
mod peers;
mod qemu;
mod rc4_starts;
mod results;
mod sbom;
#[cfg(test)]
mod skipped;
mod start_up;
mod timing;
mod windows;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{CommandFactory, Parser, Subcommand};

/// What a verb returns: a failure is a message for the one who gave the command.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// The chores of secur32.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Compare the ABI with that kept
    Abi(abi::Options),
    /// Compare speed with the SASL libraries installed here
    Bench(bench::Options),
    /// Look for the S-box circuits of src/kernels/des anew
    Circuits(circuits::Options),
    /// Log a client in to the IMAP example and print it
    Demo(demo::Options),
    /// Make the archives in dist/
    Dist(dist::Options),
    /// Say what this machine has for building and testing, and what each enables
    Doctor,
    /// Write include/secur32.h and def/secur32.{def,map} anew
    Generate,
    /// Build and install
    Install(install::Options),
    /// Compare instruction counts with those kept
    Instructions(instructions::Options),
    /// Write the table of docs/peers.md anew, from what its tests find
    Peers(peers::Options),
    /// Remove what install put there, with the same options
    Uninstall(install::Options),
    /// Build secur32.dll into target/windows
    Windows(windows::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    match arguments.verb {
        Some(Verb::Abi(options)) => abi::run(&options),
        Some(Verb::Bench(options)) => bench::run(&options),
        Some(Verb::Circuits(options)) => circuits::run(&options),
        Some(Verb::Demo(options)) => demo::run(&options),
        Some(Verb::Dist(options)) => dist::run(&options),
        Some(Verb::Doctor) => doctor::run(),
        Some(Verb::Generate) => generate::run(),
        Some(Verb::Install(options)) => install::install(&options),
        Some(Verb::Instructions(options)) => instructions::run(&options),
        Some(Verb::Peers(options)) => peers::run(&options),
        Some(Verb::Uninstall(options)) => install::uninstall(&options),
        Some(Verb::Windows(options)) => windows::run(&options),
        None => Arguments::command().print_help().map_err(|error| error.to_string()),
    }
}

/// The root of the source tree.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Whether a check that cannot be made is a failure.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// What went wrong with a file or directory.
pub(crate) fn problem(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Runs a command whose output the user sees.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command lines that the documents, tests and scripts use.
    #[test]
    fn every_verb_is_understood() {
        for line in [
            "",
            "help",
            "abi --write",
            "bench --full --http --logins --rc4 --shared --start-up --timing --without-avx512 --chart FILE --markdown --targets --from FILE",
            "circuits",
            "circuits 10",
            "demo --http --once --port 8080",
            "demo --scram --once",
            "demo --cluster",
            "dist --output DIR --profile dev",
            "doctor",
            "generate",
            "install --prefix /p --destdir DIR --libdir=lib --profile dev --strip",
            "instructions --write --aarch64",
            "peers",
            "peers --from FILE",
            "install --destdir=",
            "uninstall --prefix=/p",
            "windows --target x86_64 --target i686-pc-windows-gnu --profile dev",
        ] {
            let words = ["xtask"].into_iter().chain(line.split_whitespace());
            let read = Arguments::try_parse_from(words);
            let wanted = line == "help";
            let is_help = |error: &clap::Error| error.kind() == clap::error::ErrorKind::DisplayHelp;
            assert!(if wanted { read.is_err_and(|e| is_help(&e)) } else { read.is_ok() }, "{line}");
        }
        for line in ["fly", "generate x", "install --prefix", "windows --target arm", "circuits x"]
        {
            let words = ["xtask"].into_iter().chain(line.split_whitespace());
            assert!(Arguments::try_parse_from(words).is_err(), "{line}");
        }
    }
}
