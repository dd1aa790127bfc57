//! Makes `include/secur32.h`, `def/secur32.def` and `def/secur32.map` from the sources and from
//! `def/exports.txt`, fails when the checked-in files differ, and tells the linker what the shared
//! library needs.
//!
//! `cargo xtask generate` (which sets `SECUR32_UPDATE=1`) writes the files instead. This runs before
//! the library is compiled, so that it works also when the library does not compile.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

#[path = "def/header/make.rs"]
mod header;

/// What a step of this script returns: nothing is caught, every failure ends the build.
type Result<T> = std::result::Result<T, String>;

fn main() {
    if let Err(message) = run() {
        for line in message.lines() {
            println!("cargo::error={line}");
        }
        process::exit(1);
    }
}

fn run() -> Result<()> {
    for path in ["build.rs", "cbindgen.toml", "def", "include", "src/ffi"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=SECUR32_UPDATE");

    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    link_arguments()?;
    // A crate from a registry comes with its files as they were published; cargo leaves this mark
    // in it. Another version of cbindgen may write them differently, which is not its user's worry.
    if root.join("Cargo.toml.orig").exists() {
        return Ok(());
    }
    let exports = Export::list(&root)?;
    let made = [
        ("def/secur32.def", windows_exports(&exports)),
        ("def/secur32.map", version_script(&exports)),
        ("include/secur32.h", header::make(&root, &exports)?),
    ];
    windows_resource()?;
    let update = env::var("SECUR32_UPDATE").is_ok_and(|value| value == "1");
    let stale: Vec<_> = made.iter().filter(|(path, text)| !same(&root.join(path), text)).collect();
    for (path, text) in &stale {
        if update {
            write(&root.join(path), text)?;
            println!("cargo::warning={path} has been written anew");
        }
    }
    if stale.is_empty() || update {
        return Ok(());
    }
    let names: Vec<_> = stale.iter().map(|(path, _)| *path).collect();
    Err(format!("{} is stale; `cargo xtask generate` writes it anew", names.join(", ")))
}

/// The shared library's soname and the like; the packages' rpath and install names follow them.
fn link_arguments() -> Result<()> {
    let major = variable("CARGO_PKG_VERSION_MAJOR")?;
    let arguments: Vec<String> = match variable("CARGO_CFG_TARGET_OS")?.as_str() {
        "linux" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" | "android" | "illumos" => vec![
            format!("-Wl,-soname,libsecur32.so.{major}"),
            // The function table must hold our functions also in a process where another library
            // has functions of the same names.
            "-Wl,-Bsymbolic-functions".into(),
            "-Wl,-z,relro,-z,now".into(),
            // A thread of ours may run, and forks are watched: dlclose leaves the library where it is,
            // as FreeLibrary does.
            "-Wl,-z,nodelete".into(),
        ],
        "macos" => vec![
            format!("-Wl,-install_name,@rpath/libsecur32.{major}.dylib"),
            format!("-Wl,-current_version,{}", variable("CARGO_PKG_VERSION")?),
            format!("-Wl,-compatibility_version,{major}"),
        ],
        "windows" if variable("CARGO_CFG_TARGET_ENV")? == "gnu" => {
            let mut arguments: Vec<String> = vec![
                // Addresses chosen at random, no code in data: not every linker's defaults.
                "-Wl,--dynamicbase,--nxcompat".into(),
                // The same bytes from the same sources, whenever they are built.
                "-Wl,--no-insert-timestamp".into(),
                // The unwinder and the threads of mingw inside: no DLL beside ours.
                "-static-libgcc".into(),
            ];
            if variable("CARGO_CFG_TARGET_ARCH")? == "x86" {
                // rustc names the exports without the bytes of their arguments, and the linker finds
                // `_Name@8` for `Name`; it need not say so for each.
                arguments.push("-Wl,--enable-stdcall-fixup".into());
            }
            arguments
        }
        _ => vec![],
    };
    // rustc gives the linker a list of exactly the #[no_mangle] functions and GNU ld takes no second
    // one, so def/secur32.map is not passed here: it is for who links a shared library from
    // libsecur32.a. tests/exports.rs compares both results with def/exports.txt.
    for argument in arguments {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
    Ok(())
}

/// Gives the DLL its VERSIONINFO, which the file's properties show, by the resource compiler that
/// comes with the linker.
fn windows_resource() -> Result<()> {
    if variable("CARGO_CFG_TARGET_OS")? != "windows" || variable("CARGO_CFG_TARGET_ENV")? != "gnu" {
        return Ok(());
    }
    let directory = PathBuf::from(variable("OUT_DIR")?);
    let (source, object) = (directory.join("version.rc"), directory.join("version.o"));
    let part = |name: &str| variable(&format!("CARGO_PKG_VERSION_{name}"));
    let numbers = format!("{},{},{},0", part("MAJOR")?, part("MINOR")?, part("PATCH")?);
    let text = read(Path::new("def/version.rc.in"))?
        .replace("@NUMBERS@", &numbers)
        .replace("@VERSION@", &variable("CARGO_PKG_VERSION")?)
        .replace("@DESCRIPTION@", &variable("CARGO_PKG_DESCRIPTION")?);
    write(&source, &text)?;
    let machine = match variable("CARGO_CFG_TARGET_ARCH")?.as_str() {
        "x86" => "i686".into(),
        other => other.to_owned(),
    };
    // With the target's name where it is a cross compiler's, without on Windows itself.
    for compiler in [format!("{machine}-w64-mingw32-windres"), "windres".into()] {
        let mut command = process::Command::new(&compiler);
        command.args(["-O", "coff", "-i"]).arg(&source).arg("-o").arg(&object);
        match command.status() {
            Ok(status) if status.success() => {
                println!("cargo::rustc-cdylib-link-arg={}", object.display());
                return Ok(());
            }
            Ok(status) => return Err(format!("{compiler}: {status}")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{compiler}: {error}")),
        }
    }
    Err(format!("{machine}-w64-mingw32-windres, of mingw-w64's binutils, is not installed"))
}

/// One line of `def/exports.txt`.
struct Export {
    name: String,
    platforms: String,
}

impl Export {
    fn list(root: &Path) -> Result<Vec<Self>> {
        let path = "def/exports.txt";
        let mut exports: Vec<Self> = vec![];
        for (number, line) in read(&root.join(path))?.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let problem = |what: &str| format!("{path}:{}: {what}", number + 1);
            let [name, bytes, platforms] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                return Err(problem("a name, a number of bytes and a platform are wanted"));
            };
            if bytes.parse::<u8>().map_or(true, |bytes| bytes % 4 != 0) {
                return Err(problem("the bytes are a multiple of 4"));
            }
            if !["all", "unix", "windows"].contains(&platforms) {
                return Err(problem("the platform is all, unix or windows"));
            }
            if exports.last().is_some_and(|last| *last.name >= *name) {
                return Err(problem("the names are in order, each once"));
            }
            exports.push(Self { name: name.into(), platforms: platforms.into() });
        }
        Ok(exports)
    }

    fn on_unix(&self) -> bool {
        self.platforms != "windows"
    }

    fn on_windows(&self) -> bool {
        self.platforms != "unix"
    }
}

/// The module-definition file: undecorated names, also on 32-bit x86.
fn windows_exports(exports: &[Export]) -> String {
    let mut text = String::from("; Made from def/exports.txt.\nLIBRARY secur32\nEXPORTS\n");
    for export in exports.iter().filter(|export| export.on_windows()) {
        let _ = writeln!(text, "    {}", export.name);
    }
    text
}

/// The ELF version script.
fn version_script(exports: &[Export]) -> String {
    let mut text = String::from("# Made from def/exports.txt.\n{\n    global:\n");
    for export in exports.iter().filter(|export| export.on_unix()) {
        let _ = writeln!(text, "        {};", export.name);
    }
    text + "    local:\n        *;\n};\n"
}

fn collect(directory: &Path, sources: &mut Vec<PathBuf>) -> Result<()> {
    let problem = |error| format!("{}: {error}", directory.display());
    for entry in fs::read_dir(directory).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.is_dir() {
            collect(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    Ok(())
}

fn same(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|old| old.replace("\r\n", "\n") == text)
}

fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.replace("\r\n", "\n"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let problem = |error| format!("{}: {error}", path.display());
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(problem)?;
    }
    fs::write(path, text).map_err(problem)
}

fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(|_| format!("cargo did not set {name}"))
}
