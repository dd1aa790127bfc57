//! The benchmark against other libraries of SASL: a C program that drives all of them in one run.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::demo::{Compiler, target_directory};
use crate::{Result, install, root, succeed};

/// A library to compare with.
struct Peer {
    name: &'static str,
    header: &'static str,
    library: &'static str,
    /// What the program is told when the peer is there.
    macro_name: &'static str,
    source: &'static str,
    /// Debian's package of it.
    package: &'static str,
}

const PEERS: [Peer; 2] = [
    Peer {
        name: "Cyrus libsasl2",
        header: "sasl/sasl.h",
        library: "-lsasl2",
        macro_name: "-DHAVE_CYRUS",
        source: "cyrus.c",
        package: "libsasl2-dev",
    },
    Peer {
        name: "GNU SASL",
        header: "gsasl.h",
        library: "-lgsasl",
        macro_name: "-DHAVE_GSASL",
        source: "gsasl.c",
        package: "libgsasl-dev",
    },
];

/// `cargo xtask bench [--full]`: builds the library and the program, and runs it. It needs glibc,
/// whose allocator it counts; the table has the peers that are installed.
pub(crate) fn run(words: &[String]) -> Result<()> {
    if let Some(word) = words.iter().find(|word| *word != "--full") {
        return Err(format!("{word} is not an option of this verb"));
    }
    let compiler = Compiler::find()?;
    let prefix = target_directory()?.join("bench");
    let place = prefix.to_str().ok_or("the target directory's name is not UTF-8")?;
    install::install(&["--prefix".to_string(), place.to_string()])?;
    let program = build(&compiler, &prefix)?;
    succeed(std::process::Command::new(program).args(words))
}

fn build(compiler: &Compiler, prefix: &Path) -> Result<PathBuf> {
    let program = prefix.join("peers");
    let library = prefix.join("lib");
    let (found, missing): (Vec<&Peer>, Vec<&Peer>) =
        PEERS.iter().partition(|peer| is_there(compiler, prefix, peer));
    for peer in &missing {
        println!("{} is missing (Debian: apt install {})", peer.name, peer.package);
    }
    let mut command = compiler.command();
    command.args(["-std=gnu11", "-O2", "-Wall", "-Wextra"]);
    command.args(found.iter().map(|peer| peer.macro_name));
    command.arg("-I").arg(prefix.join("include/secur32"));
    command.args(sources(&missing)?);
    command.arg("-o").arg(&program).arg("-L").arg(&library).arg("-lsecur32");
    command.args(found.iter().map(|peer| peer.library)).args(["-lm", "-lpthread"]);
    command.arg(format!("-Wl,-rpath,{}", library.display()));
    succeed(&mut command)?;
    Ok(program)
}

/// The C files, without those of peers that are missing.
fn sources(missing: &[&Peer]) -> Result<Vec<PathBuf>> {
    let directory = root().join("benches/peers");
    let wrong = |error| format!("{}: {error}", directory.display());
    let mut sources = Vec::new();
    for entry in fs::read_dir(&directory).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let is_missing = missing.iter().any(|peer| path.ends_with(peer.source));
        if path.extension().is_some_and(|extension| extension == "c") && !is_missing {
            sources.push(path);
        }
    }
    Ok(sources)
}

/// Whether a program can be built with the peer.
fn is_there(compiler: &Compiler, prefix: &Path, peer: &Peer) -> bool {
    let mut command = compiler.command();
    command.args(["-x", "c", "-", "-o"]).arg(prefix.join("probe"));
    command.arg(peer.library).stdin(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut process) = command.spawn() else { return false };
    let text = format!(
        "#include <stddef.h>\n#include <{}>\nint main(void) {{ return 0; }}\n",
        peer.header
    );
    let written =
        process.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    process.wait().is_ok_and(|status| status.success()) && written
}
