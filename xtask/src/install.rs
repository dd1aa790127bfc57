//! Installation in the way of `make install`: the libraries, the headers, what pkg-config and CMake look for,
//! and the manual page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::{Result, cargo, manual, problem, root, succeed};

/// The manual page, from the prefix on.
const PAGE: &str = "share/man/man5/secur32.toml.5";
/// What CMake looks for, from the libraries' directory on; packaging/cmake has what they are made of.
const CMAKE: [&str; 2] = ["secur32-config.cmake", "secur32-config-version.cmake"];
const HEADERS: [&str; 3] = ["secur32.h", "sspi.h", "security.h"];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Below which directory
    #[arg(long, value_name = "DIR", default_value = "/usr/local")]
    prefix: PathBuf,
    /// What stands before every path when the files are put there, for those who make packages
    #[arg(long, value_name = "DIR", default_value = "", value_parser = any_path())]
    destdir: PathBuf,
    /// Where the libraries go, from the prefix on or absolute
    #[arg(long, value_name = "DIR", default_value = "lib")]
    libdir: PathBuf,
    /// The profile that cargo builds
    #[arg(long, value_name = "P", default_value = "release")]
    profile: String,
    /// Leave out debugging information, which is most of the files, by the system's strip
    #[arg(long)]
    strip: bool,
    /// Words for the compiler of the library
    #[arg(skip)]
    flags: Vec<&'static str>,
}

/// Takes an empty one too, which `--destdir "$DESTDIR"` makes where there is none.
fn any_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

impl Options {
    /// What is asked for where nothing else is said.
    pub(crate) fn below(prefix: &Path, profile: &str) -> Self {
        Self {
            prefix: prefix.into(),
            destdir: PathBuf::new(),
            libdir: "lib".into(),
            profile: profile.into(),
            strip: false,
            flags: vec![],
        }
    }

    /// With words for the compiler of the library, of which the libraries that it uses are built without.
    pub(crate) fn with(self, flags: Vec<&'static str>) -> Self {
        Self { flags, ..self }
    }
}

/// Where things go.
struct Places {
    destdir: PathBuf,
    prefix: PathBuf,
    libdir: PathBuf,
}

/// `cargo xtask install`.
pub(crate) fn install(options: &Options) -> Result<()> {
    let places = Places::of(options)?;
    let package = Package::read()?;
    let built = build(&options.profile, &options.flags)?;
    let names = Names::new(&package.version)?;
    for (name, mode) in [(names.shared(), 0o755), ("libsecur32.a", 0o644)] {
        let source = if mode == 0o755 { &built.shared } else { &built.fixed };
        let target = places.library(name);
        put(source, &target, mode)?;
        if options.strip {
            strip(&target)?;
        }
    }
    for link in names.links() {
        symlink(names.shared(), &places.library(link))?;
    }
    for header in HEADERS {
        put(&root().join("include").join(header), &places.header(header), 0o644)?;
    }
    write(&places.library("pkgconfig/secur32.pc"), &package.description(&places)?)?;
    for name in CMAKE {
        write(&places.library(&cmake(name)), &package.for_cmake(name, &places, &names)?)?;
    }
    let configuration = read(&root().join("docs/configuration.md"))?;
    let page = manual::page(&configuration, &package.version);
    write(&places.destdir(&places.prefix.join(PAGE)), &page)?;
    println!("secur32 {} is in {}", package.version, places.destdir(&places.prefix).display());
    Ok(())
}

/// A file for CMake, from the libraries' directory on.
fn cmake(name: &str) -> String {
    format!("cmake/secur32/{name}")
}

/// `cargo xtask uninstall`.
pub(crate) fn uninstall(options: &Options) -> Result<()> {
    let places = Places::of(options)?;
    let names = Names::new(&Package::read()?.version)?;
    let libraries = names.files.iter().map(|name| &**name);
    let libraries = libraries.chain(["libsecur32.a", "pkgconfig/secur32.pc"]);
    let files = libraries.map(String::from).chain(CMAKE.map(cmake));
    let files = files.map(|name| places.library(&name));
    let files = files.chain(HEADERS.map(|header| places.header(header)));
    for file in files.chain([places.destdir(&places.prefix.join(PAGE))]) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(problem(&file, &error));
            }
            _ => {}
        }
    }
    // They stay when something else is in them.
    let _ = fs::remove_dir(places.header(""));
    let _ = fs::remove_dir(places.library("cmake/secur32"));
    Ok(())
}

impl Places {
    fn of(options: &Options) -> Result<Self> {
        if !options.prefix.is_absolute() {
            return Err(format!("--prefix {} is not absolute", options.prefix.display()));
        }
        Ok(Self {
            destdir: options.destdir.clone(),
            prefix: options.prefix.clone(),
            // An absolute --libdir replaces the prefix.
            libdir: options.prefix.join(&options.libdir),
        })
    }

    fn destdir(&self, path: &Path) -> PathBuf {
        if self.destdir.as_os_str().is_empty() {
            return path.into();
        }
        self.destdir.join(path.strip_prefix("/").unwrap_or(path))
    }

    fn library(&self, name: &str) -> PathBuf {
        self.destdir(&self.libdir.join(name))
    }

    fn header(&self, name: &str) -> PathBuf {
        self.destdir(&self.prefix.join("include/secur32").join(name))
    }
}

/// The package's version.
pub(crate) fn version() -> Result<String> {
    Ok(Package::read()?.version)
}

/// What Rust's standard library calls: `rustc --print native-static-libs`.
const PRIVATE: &str = if cfg!(target_os = "macos") {
    "-liconv -lSystem -lc -lm"
} else {
    "-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc"
};

/// What Cargo.toml says.
struct Package {
    version: String,
    about: String,
}

impl Package {
    fn read() -> Result<Self> {
        let text = read(&root().join("Cargo.toml"))?;
        let document: toml::Table = text.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
        let value = |key: &str| {
            let value = document.get("package").and_then(|package| package.get(key)?.as_str());
            value.map(String::from).ok_or_else(|| format!("Cargo.toml has no {key}"))
        };
        Ok(Self { version: value("version")?, about: value("description")? })
    }

    /// The pkg-config file.
    fn description(&self, places: &Places) -> Result<String> {
        let libdir = match places.libdir.strip_prefix(&places.prefix) {
            Ok(below) => format!("${{prefix}}/{}", below.display()),
            Err(_) => places.libdir.display().to_string(),
        };
        Ok(read(&root().join("def/secur32.pc.in"))?
            .replace("@PREFIX@", &places.prefix.display().to_string())
            .replace("@LIBDIR@", &libdir)
            .replace("@DESCRIPTION@", &self.about)
            .replace("@VERSION@", &self.version)
            .replace("@PRIVATE@", PRIVATE))
    }

    /// A file of packaging/cmake.
    fn for_cmake(&self, name: &str, places: &Places, names: &Names) -> Result<String> {
        // From the file on, so that what was installed can be moved, where one prefix has both.
        let include = match places.libdir.strip_prefix(&places.prefix) {
            Ok(below) => {
                let up = "/..".repeat(below.components().count() + 2);
                format!("${{_secur32_here}}{up}/include/secur32")
            }
            Err(_) => places.prefix.join("include/secur32").display().to_string(),
        };
        Ok(read(&root().join("packaging/cmake").join(format!("{name}.in")))?
            .replace("@INCLUDE@", &include)
            .replace("@SHARED@", names.shared())
            .replace("@SONAME@", names.links().next().unwrap_or_default())
            .replace("@PRIVATE@", &PRIVATE.replace(' ', ";"))
            .replace("@VERSION@", &self.version)
            .replace("@MAJOR@", self.version.split('.').next().unwrap_or_default())
            .replace("@POINTER@", &size_of::<usize>().to_string()))
    }
}

/// The names of the shared library: the file first, then the links to it.
struct Names {
    files: Vec<String>,
}

impl Names {
    fn new(version: &str) -> Result<Self> {
        let major = version.split('.').next().unwrap_or(version);
        let names: [String; 3] = if cfg!(target_os = "macos") {
            [format!("{version}.dylib"), format!("{major}.dylib"), "dylib".into()]
        } else if cfg!(unix) {
            [format!("so.{version}"), format!("so.{major}"), "so".into()]
        } else {
            return Err("on this system copy the library to where it is wanted".into());
        };
        Ok(Self { files: names.map(|name| format!("libsecur32.{name}")).into() })
    }

    fn shared(&self) -> &str {
        self.files.first().map_or("", |name| name)
    }

    fn links(&self) -> impl Iterator<Item = &str> {
        self.files.iter().skip(1).map(|name| &**name)
    }
}

/// The files that cargo made.
struct Built {
    shared: PathBuf,
    fixed: PathBuf,
}

fn build(profile: &str, flags: &[&str]) -> Result<Built> {
    let mut build = cargo();
    // `cargo rustc` would build anew what `cargo build` has made.
    build.arg(if flags.is_empty() { "build" } else { "rustc" });
    build.args(["--package", "secur32", "--lib", "--profile", profile]);
    build.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    if !flags.is_empty() {
        build.arg("--").args(flags);
    }
    let output = build.output().map_err(|error| format!("{build:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{build:?}: {}", output.status));
    }
    // Cargo names the files it made in strings of JSON.
    let text = String::from_utf8_lossy(&output.stdout);
    let file = |end: &str| {
        let mut paths = text.split('"').filter(|path| path.ends_with(end));
        paths.next().map(PathBuf::from).ok_or_else(|| format!("cargo built no {end}"))
    };
    let shared = if cfg!(target_os = "macos") { "/libsecur32.dylib" } else { "/libsecur32.so" };
    Ok(Built { shared: file(shared)?, fixed: file("/libsecur32.a")? })
}

/// Copies a file and puts it in place in one step: a program may be using the old one.
fn put(source: &Path, target: &Path, mode: u32) -> Result<()> {
    let content = fs::read(source).map_err(|error| problem(source, &error))?;
    replace(target, |fresh| {
        fs::write(fresh, content)?;
        permissions(fresh, mode)
    })
}

/// Takes the debugging information out of a library.
pub(crate) fn strip(library: &Path) -> Result<()> {
    let is_static = library.extension().is_some_and(|extension| extension == "a");
    let words: &[&str] = match (is_static, cfg!(target_os = "macos")) {
        (true, false) => &["--strip-debug", "--enable-deterministic-archives"],
        (false, false) => &["--strip-unneeded"],
        (true, true) => &["-S"],
        (false, true) => &["-x"],
    };
    // What may be in use is left alone: a new file takes its place.
    let fresh = library.with_extension("new");
    succeed(Command::new("strip").args(words).arg("-o").arg(&fresh).arg(library))?;
    fs::rename(&fresh, library).map_err(|error| problem(library, &error))
}

fn write(target: &Path, text: &str) -> Result<()> {
    replace(target, |fresh| {
        fs::write(fresh, text)?;
        permissions(fresh, 0o644)
    })
}

fn symlink(name: &str, target: &Path) -> Result<()> {
    replace(target, |fresh| link(name, fresh))
}

fn replace(target: &Path, make: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    let fresh = target.with_extension("new");
    let directory = target.parent().map_or(Ok(()), fs::create_dir_all);
    directory
        .and_then(|()| make(&fresh))
        .and_then(|()| fs::rename(&fresh, target))
        .map_err(|error| problem(target, &error))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| problem(path, &error))
}

#[cfg(unix)]
pub(crate) fn permissions(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(crate) fn permissions(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn link(name: &str, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(name, at)
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
