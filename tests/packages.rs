//! What packaging/make makes can be installed, into a root of its own, and there C programs are built and run
//! with it where no cargo is: by pkg-config, by CMake.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use support::skip::have;
use support::{IMAP_CLIENT, IMAP_SERVER, STRICT, read, root, scratch, succeed};

/// What a machine without Rust has.
const PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin";

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8");
    command
}

/// The packages, made once for all tests of this process.
fn packages() -> Vec<PathBuf> {
    let output = scratch("packages").join("made");
    let _ = fs::remove_dir_all(&output);
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let mut make = Command::new(root().join("packaging/make"));
    // They are for this test alone: to be made fast.
    make.env("DPKG_DEB_COMPRESSOR_LEVEL", "1");
    succeed(make.args(["--profile", profile]).arg(&output));
    let entries = fs::read_dir(&output).expect("the packages");
    let mut found: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

fn of_kind(packages: &[PathBuf], kind: &str) -> Vec<PathBuf> {
    let is = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == kind);
    packages.iter().filter(is).cloned().collect()
}

/// An empty root.
fn empty(name: &str) -> PathBuf {
    let place = scratch("packages").join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).expect("a directory");
    place
}

#[test]
fn programs_are_built_and_run_with_what_packages_install() {
    let tools = ["dpkg-deb", "dpkg-shlibdeps", "rpmbuild", "pkg-config", "cmake", "strip"];
    if !tools.into_iter().all(have) {
        return;
    }
    let made = packages();
    let (debian, rpm) = (of_kind(&made, "deb"), of_kind(&made, "rpm"));
    assert_eq!((debian.len(), rpm.len()), (3, 3), "{made:?}");

    let place = empty("debian");
    let database = place.join("var/lib/dpkg");
    for directory in ["info", "updates", "triggers"] {
        fs::create_dir_all(database.join(directory)).expect("a directory");
    }
    fs::write(database.join("status"), "").expect("a file");
    let mut dpkg = command("dpkg");
    dpkg.arg(format!("--root={}", place.display()));
    // Of what they need, this machine has what programs run with.
    dpkg.args(["--force-not-root", "--force-depends", "--log=/dev/null", "--install"]);
    succeed(dpkg.args(&debian).stderr(Stdio::null()));
    let triplet = succeed(command("dpkg-architecture").arg("-qDEB_HOST_MULTIARCH"));
    log_in(&place, &format!("usr/lib/{}", triplet.trim()));
    check_debug(&place, &format!("usr/lib/{}", triplet.trim()));
    lint(&debian);

    let place = empty("rpm");
    for package in &rpm {
        let mut unpack = command("sh");
        let script = "rpm2cpio \"$1\" | cpio --extract --make-directories --quiet";
        unpack.current_dir(&place).args(["-c", script, "sh"]).arg(package);
        succeed(&mut unpack);
    }
    log_in(&place, "usr/lib64");
    check_debug(&place, "usr/lib64");
}

/// Builds the IMAP example with what is below `place`, by pkg-config, and logs its client in; then a program
/// by CMake, with the shared and the static library.
fn log_in(place: &Path, libraries: &str) {
    let libraries = place.join(libraries);
    let page = place.join("usr/share/man/man5/secur32.toml.5.gz");
    let page = succeed(command("gzip").arg("-dc").arg(page));
    assert!(page.contains(".TH SECUR32.TOML 5") && page.contains("DigestEncryptionAlgorithms"));

    let mut flags = command("pkg-config");
    flags.env("PKG_CONFIG_SYSROOT_DIR", place);
    flags.env("PKG_CONFIG_LIBDIR", libraries.join("pkgconfig"));
    let flags = succeed(flags.args(["--cflags", "--libs", "secur32"]));
    let programs = [("server", IMAP_SERVER), ("client", IMAP_CLIENT)].map(|(name, sources)| {
        let program = place.join(name);
        let mut compile = command("cc");
        compile.args(STRICT).arg("-std=gnu99").arg("-o").arg(&program);
        compile.args(sources.iter().map(|source| root().join(source)));
        succeed(compile.args(flags.split_whitespace()));
        program
    });
    let run = |program: &Path| {
        let mut run = command(&program.display().to_string());
        run.env("LD_LIBRARY_PATH", &libraries).env("SECUR32_REALM", "example.org");
        run
    };
    let mut server = run(&programs[0]);
    server
        .args(["--connections", "1", "--accounts"])
        .arg(root().join("examples/accounts.htdigest"));
    let mut server = server.stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut told = String::new();
    let mut output = std::io::BufReader::new(server.stdout.take().expect("a pipe"));
    std::io::BufRead::read_line(&mut output, &mut told).expect("its first line");
    let port = told.trim_end().strip_prefix("listening on 127.0.0.1:").expect("a port");
    succeed(run(&programs[1]).args(["--password", "secret", "127.0.0.1", port, "alice"]));
    assert!(server.wait().expect("the server").success());

    let build = place.join("cmake-build");
    let mut configure = command("cmake");
    configure.arg("-S").arg(root().join("c_tests/cmake")).arg("-B").arg(&build);
    configure.arg(format!("-Dsecur32_DIR={}", libraries.join("cmake/secur32").display()));
    succeed(&mut configure);
    succeed(command("cmake").arg("--build").arg(&build));
    for name in ["with_shared", "with_static"] {
        assert_eq!(succeed(&mut run(&build.join(name))), "WDigest\n", "{name}");
    }
}

#[test]
fn recipes_are_of_this_version() {
    let port = read("packaging/vcpkg/secur32/vcpkg.json");
    let wanted = concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\"");
    assert!(port.contains(wanted), "{port}");
}

/// The library is stripped, and its debugging information is where debuggers look.
fn check_debug(place: &Path, libraries: &str) {
    let library = place.join(libraries).join(concat!("libsecur32.so.", env!("CARGO_PKG_VERSION")));
    let sections = succeed(command("readelf").arg("-SW").arg(&library));
    assert!(!sections.contains(".debug_info") && sections.contains(".text"), "{sections}");
    let notes = succeed(command("readelf").arg("-n").arg(&library));
    let id = notes.split_once("Build ID: ").expect("a build ID").1;
    let id = id.split_whitespace().next().expect("a build ID");
    let (first, rest) = id.split_at(2);
    let debug = place.join(format!("usr/lib/debug/.build-id/{first}/{rest}.debug"));
    let sections = succeed(command("readelf").arg("-SW").arg(debug));
    assert!(sections.contains(".debug_line"), "{sections}");
}

/// Debian's own look at its packages finds nothing.
fn lint(packages: &[PathBuf]) {
    if !have("lintian") {
        return;
    }
    let mut lintian = command("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"]);
    // A debug build is no package that anybody ships.
    if cfg!(debug_assertions) {
        lintian.args(["--suppress-tags", "hardening-no-fortify-functions"]);
    }
    // Debug symbols are large, and nothing but what objcopy made.
    let is_code = |path: &&PathBuf| !path.to_string_lossy().contains("-dbgsym");
    succeed(lintian.args(packages.iter().filter(is_code)));
}
