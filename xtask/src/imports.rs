//! Import libraries of secur32.dll: for mingw's linker, and for Microsoft's and LLVM's.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::{Result, problem, root, succeed};

/// Makes `libsecur32.dll.a` beside the DLL, and `secur32.lib` where llvm-dlltool is installed.
pub(crate) fn make(directory: &str, place: &Path) -> Result<()> {
    let definition = place.join("secur32.def");
    let write = |error: io::Error| problem(&definition, &error);
    fs::write(&definition, list(directory == "x86")?).map_err(write)?;
    let (tool, machine) = match directory {
        "x86" => ("i686-w64-mingw32-dlltool", "i386"),
        _ => ("x86_64-w64-mingw32-dlltool", "i386:x86-64"),
    };
    // A name of its own for what it writes on the way, or the library would hold its process's number.
    let fixed = ["--deterministic-libraries", "--temp-prefix", "secur32"];
    let mut gnu = with(tool, &fixed, "libsecur32.dll.a", place);
    succeed(&mut gnu)?;
    let mut llvm = with("llvm-dlltool", &["-m", machine], "secur32.lib", place);
    if Command::new("llvm-dlltool").arg("--help").output().is_err() {
        println!("SKIPPED: llvm-dlltool is missing, and with it secur32.lib");
        return Ok(());
    }
    succeed(&mut llvm)
}

/// A tool that makes `library` from the list; the bytes of arguments are no part of the DLL's names.
fn with(tool: &str, words: &[&str], library: &str, place: &Path) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(place).args(words).args(["-k", "-D", "secur32.dll"]);
    command.args(["-d", "secur32.def", "-l", library]);
    command
}

/// The module definition: on 32-bit x86 compilers ask for `Name@bytes`.
fn list(decorated: bool) -> Result<String> {
    let path = root().join("def/exports.txt");
    let text = fs::read_to_string(&path).map_err(|error| problem(&path, &error))?;
    let mut made = String::from("LIBRARY secur32.dll\nEXPORTS\n");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [name, bytes, platforms] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            continue;
        };
        if platforms != "unix" {
            let end = if decorated { format!("@{bytes}") } else { String::new() };
            made.push_str(&format!("    {name}{end}\n"));
        }
    }
    Ok(made)
}
