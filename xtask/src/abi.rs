//! What programs were compiled against: prototypes, structures and constants of the header, and the library's
//! symbols, compared by libabigail with what the repository keeps (packaging/abi).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::demo::{Compiler, target_directory};
use crate::{Result, cargo, in_ci, problem, root, succeed};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Keep what stands now
    #[arg(long)]
    write: bool,
}

/// `cargo xtask abi`: compares, or keeps. Any difference is a failure, additions too: they are kept by `--write`, so
/// that a review sees them.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(reason) = missing() {
        println!("SKIPPED: {reason}");
        return if in_ci() || options.write { Err(reason) } else { Ok(()) };
    }
    let target = target_directory()?;
    succeed(cargo().args(["build", "--quiet", "--package", "secur32", "--lib", "--locked"]))?;
    let place = target.join("abi");
    let kept = root().join("packaging/abi");
    for directory in [&place, &kept] {
        fs::create_dir_all(directory).map_err(|error| problem(directory, &error))?;
    }
    let symbols = describe("symbols", &target.join("debug/libsecur32.so"), &place)?;
    let interface = describe("interface", &compile(&place)?, &place)?;
    for made in [symbols, interface] {
        let Some(name) = made.file_name() else { continue };
        let kept = kept.join(name);
        if options.write {
            fs::copy(&made, &kept).map_err(|error| problem(&kept, &error))?;
            println!("{} has been written", kept.display());
            continue;
        }
        let mut compare = Command::new("abidiff");
        // What libabigail calls harmless, as another name for a type, is still a difference.
        succeed(compare.args(["--harmless", "--redundant"]).args([&kept, &made])).map_err(|error| {
            format!(
                "{error}: the ABI is not that of {}; where that is wanted, CHANGELOG.md has it under \"ABI\", \
                 and `cargo xtask abi --write` keeps it",
                kept.display()
            )
        })?;
    }
    println!("The ABI is as packaging/abi has it");
    Ok(())
}

/// Why nothing can be compared here.
fn missing() -> Option<String> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Some("the ABI that is kept is that of Linux on x86-64".into());
    }
    let runs = |tool| Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok();
    let both = runs("abidw") && runs("abidiff");
    (!both).then(|| "libabigail's tools are missing (Debian: apt install abigail-tools)".into())
}

/// libabigail's description of a shared object, without what differs between machines.
fn describe(name: &str, object: &Path, place: &Path) -> Result<PathBuf> {
    let made = place.join(format!("{name}.abi"));
    let mut command = Command::new("abidw");
    command.args(["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed"]);
    command.args(["--no-parameter-names", "--no-write-default-sizes", "--type-id-style", "hash"]);
    // Else Rust's types come in as well, of every package that is built in.
    command.arg("--exported-interfaces-only");
    succeed(command.arg("--out-file").arg(&made).arg(object))?;
    Ok(made)
}

/// An object whose debugging information has all that the header declares, since Rust's names types otherwise.
fn compile(place: &Path) -> Result<PathBuf> {
    let wrong = |path: &Path| {
        let path = path.to_path_buf();
        move |error: io::Error| problem(&path, &error)
    };
    let header = root().join("include/secur32.h");
    let text = fs::read_to_string(&header).map_err(wrong(&header))?;
    let source = place.join("interface.c");
    fs::write(&source, interface(&text)).map_err(wrong(&source))?;
    let mut command = Compiler::find()?.command();
    command.current_dir(place).args(["-std=gnu11", "-g", "-shared", "-fPIC"]);
    command.arg("-I").arg(root().join("include"));
    succeed(command.args(["interface.c", "-o", "interface.so"]))?;
    Ok(place.join("interface.so"))
}

/// A C source with one variable: a union, where no member moves another, of each function and type of the header, and an enumeration
/// of its constants.
fn interface(header: &str) -> String {
    let mut text = String::from("#include <secur32.h>\n\nunion interface {\n");
    for name in header.lines().filter_map(function) {
        let _ = writeln!(text, "    __typeof__({name}) *{name}_;");
    }
    for name in header.lines().filter_map(defined_type) {
        let _ = writeln!(text, "    {name} {name}_;");
    }
    text.push_str("    enum {\n");
    for name in header.lines().filter_map(constant) {
        let _ = writeln!(text, "        {name}_ = (LONG)({name}),");
    }
    text + "    } constants;\n} interface;\n"
}

/// The name in the first line of a prototype.
fn function(line: &str) -> Option<&str> {
    let (result, rest) = line.split_once("SEC_ENTRY ")?;
    let (name, _) = rest.split_once('(')?;
    (!result.starts_with([' ', '#']) && !result.starts_with("typedef")).then_some(name)
}

/// The name in the last line of a structure or enumeration, or in the first of a pointer to functions.
fn defined_type(line: &str) -> Option<&str> {
    let name = match line.strip_prefix("} ") {
        Some(rest) => rest.split([',', ';']).next(),
        None if line.starts_with("typedef ") => {
            line.split_once("(SEC_ENTRY *")?.1.split(')').next()
        }
        None => None,
    };
    name.filter(|name| !name.is_empty())
}

/// The name of a macro that is a number.
fn constant(line: &str) -> Option<&str> {
    let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
    let casts = ["((SECURITY_STATUS)", "((NTSTATUS)"];
    let digits = casts.iter().find_map(|cast| value.strip_prefix(cast)).unwrap_or(value);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit());
    (is_number && !name.contains('(')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header that is written otherwise than this reads it would leave holes.
    #[test]
    fn everything_of_the_header_is_in_it() {
        let read = |path| fs::read_to_string(root().join(path)).unwrap();
        let header = read("include/secur32.h");
        let exports = read("def/exports.txt");
        let exports =
            exports.lines().filter(|row| !row.starts_with('#') && !row.ends_with(" windows"));
        let exports = exports.filter_map(|row| row.split_whitespace().next());
        let mut functions: Vec<_> = header.lines().filter_map(function).collect();
        functions.sort_unstable();
        assert_eq!(functions, exports.collect::<Vec<_>>());
        let types: Vec<_> = header.lines().filter_map(defined_type).collect();
        for name in ["SecBuffer", "SASL_AUTHZID_STATE", "SecurityFunctionTableW", "SEC_GET_KEY_FN"]
        {
            assert!(types.contains(&name), "{name}: {types:?}");
        }
        let begun = header.lines().filter(|line| {
            let words = ["typedef struct ", "typedef enum ", "typedef union "];
            words.iter().any(|word| line.starts_with(word)) && line.ends_with('{')
        });
        let ended = header.lines().filter(|line| line.starts_with("} ") && line.ends_with(';'));
        assert_eq!(begun.count(), ended.count());
        let text = interface(&header);
        for part in [
            "__typeof__(EncryptMessage) *EncryptMessage_;",
            "SecBuffer SecBuffer_;",
            "SEC_E_OK_ = ",
        ] {
            assert!(text.contains(part), "{part}");
        }
    }
}
