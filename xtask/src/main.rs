//! The chores of secur32: `cargo xtask help`.

mod bench;
mod callgrind;
mod chart;
mod circuits;
mod demo;
mod dist;
mod generate;
mod image;
mod imports;
mod install;
mod instructions;
mod jdk;
mod load;
mod markdown;
mod results;
mod timing;
mod windows;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What a verb returns: a failure is a message for the one who gave the command.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// A verb: its name, what it does in one line, and what runs it with the words after its name.
type Verb = (&'static str, &'static str, fn(&[String]) -> Result<()>);

const VERBS: &[Verb] = &[
    (
        "bench",
        "compare speed with the SASL libraries installed here: --full --http --timing --chart FILE \
         --markdown --targets --from FILE",
        bench::run,
    ),
    ("circuits", "look for the S-box circuits of src/kernels/des anew: ATTEMPTS", circuits::run),
    ("demo", "log a client in to the IMAP example and print it: --http --once --port N", demo::run),
    ("dist", "make the archives in dist/: --output DIR --profile P", dist::run),
    ("generate", "write include/secur32.h and def/secur32.{def,map} anew", generate::run),
    ("install", "build and install: --prefix DIR --destdir DIR --libdir DIR", install::install),
    ("instructions", "compare instruction counts with those kept: --write", instructions::run),
    ("uninstall", "remove what install put there, with the same options", install::uninstall),
    (
        "windows",
        "build secur32.dll into target/windows: --target x86_64|x86 --profile P",
        windows::run,
    ),
    ("help", "print this", help),
];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let (name, rest) = words.split_first().map_or(("help", &[][..]), |(name, rest)| (name, rest));
    let verb = VERBS.iter().find(|verb| verb.0 == name.trim_start_matches('-'));
    let result = verb.map_or_else(
        || Err(format!("no verb is called {name}; `cargo xtask help` lists them")),
        |verb| verb.2(rest),
    );
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn help(_: &[String]) -> Result<()> {
    println!("cargo xtask VERB [OPTIONS]\n");
    for (name, about, _) in VERBS {
        println!("  {name:<12} {about}");
    }
    Ok(())
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

/// Runs a command whose output the user sees.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}
