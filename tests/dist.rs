//! The archives of `cargo xtask dist`: the same when made twice, enough to build and run the C examples
//! elsewhere, without debugging information, which is in archives beside them.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, fs};

use support::skip::{have, say};
use support::{IMAP_CLIENT, IMAP_SERVER, STRICT, root, scratch, succeed, wine};

/// Makes the archives anew; their names and contents.
fn archives(output: &Path) -> BTreeMap<String, Vec<u8>> {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let _ = fs::remove_dir_all(output);
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(["run", "--quiet", "--package", "xtask", "--", "dist"]);
    succeed(command.args(["--profile", profile, "--output"]).arg(output));
    let entries = fs::read_dir(output).expect("the output").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

#[test]
fn archives_are_the_same_when_made_twice_and_serve_elsewhere() {
    let mut tools = vec!["tar", "gzip", "pkg-config", "objcopy", "addr2line"];
    if root().join("target/windows").exists() {
        tools.extend(["zip", "unzip", "x86_64-w64-mingw32-objcopy", "i686-w64-mingw32-objcopy"]);
    }
    if !tools.into_iter().all(tool) {
        return;
    }
    let directory = scratch("dist");
    let output = directory.join("archives");
    let first = archives(&output);
    let again = archives(&output);
    let changed: Vec<_> =
        first.iter().filter(|(name, file)| again.get(*name) != Some(file)).collect();
    let changed: Vec<_> = changed.into_iter().map(|(name, _)| name).collect();
    assert!(changed.is_empty() && first.len() == again.len(), "{changed:?}");
    if env::var_os("SECUR32_TEST_WINDOWS").is_some() {
        let zips = first.keys().filter(|name| name.contains("-windows-"));
        assert_eq!(zips.count(), 4, "{:?}", first.keys());
    }
    succeed(Command::new("sha256sum").current_dir(&output).args(["--check", "SHA256SUMS"]));

    let elsewhere = directory.join("elsewhere");
    let _ = fs::remove_dir_all(&elsewhere);
    fs::create_dir_all(&elsewhere).expect("a directory");
    let mut places = vec![];
    for name in first.keys().filter(|name| *name != "SHA256SUMS") {
        let archive = output.join(name);
        let (mut unpack, folder) = if let Some(folder) = name.strip_suffix(".tar.gz") {
            let mut tar = Command::new("tar");
            tar.arg("-xzf").arg(&archive);
            (tar, folder)
        } else {
            let mut unzip = Command::new("unzip");
            unzip.arg("-q").arg(&archive);
            (unzip, name.strip_suffix(".zip").expect("a zip archive"))
        };
        succeed(unpack.current_dir(&elsewhere));
        let place = elsewhere.join(folder);
        succeed(Command::new("sha256sum").current_dir(&place).args(["--check", "SHA256SUMS"]));
        for text in ["CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "examples/scram_line.py"] {
            assert!(place.join(text).is_file(), "{name}: {text}");
        }
        let page = fs::read_to_string(place.join("README.md")).expect("README.md");
        let links = page.split("](").skip(1).filter_map(|link| link.split([')', '#']).next());
        for link in links.filter(|link| !link.contains("://")) {
            assert!(place.join(link).is_file(), "{name}: README.md leads to {link}");
        }
        places.push(place);
    }
    let (debug, places): (Vec<_>, _) =
        places.into_iter().partition(|place| place.to_string_lossy().ends_with("-debug"));
    assert_eq!(debug.len(), places.len(), "{:?}", first.keys());
    for (place, debug) in places.iter().zip(&debug) {
        check_debug(place, debug);
        check_materials(place);
    }
    log_in(&places);
}

/// A library has no debugging information, but finds the file beside it that has.
fn check_debug(place: &Path, debug: &Path) {
    let (library, tools) = if is_windows(place) {
        (place.join("secur32.dll"), format!("{}-w64-mingw32-", machine(place)))
    } else {
        let name = concat!("libsecur32.so.", env!("CARGO_PKG_VERSION"));
        (place.join("lib").join(name), String::new())
    };
    let sections =
        |file: &Path| succeed(Command::new(format!("{tools}objdump")).arg("-h").arg(file));
    let own = sections(&library);
    assert!(own.contains(".gnu_debuglink") && !own.contains(".debug_line"), "{own}");
    let name = library.file_name().expect("a name").to_string_lossy().into_owned() + ".debug";
    assert!(sections(&debug.join(&name)).contains(".debug_line"), "{name}");

    let mut nm = Command::new(format!("{tools}nm"));
    let symbols = succeed(nm.arg("--defined-only").arg(debug.join(&name)));
    let symbol = symbols.lines().find(|line| line.contains("FreeContextBuffer"));
    let address = symbol.and_then(|line| line.split(' ').next()).expect("an address");
    let line =
        || succeed(Command::new(format!("{tools}addr2line")).arg("-e").arg(&library).arg(address));
    assert!(line().starts_with("??"), "{}", line());
    fs::copy(debug.join(&name), library.with_file_name(&name)).expect("copied");
    assert!(line().contains("src/ffi/"), "{}", line());
}

/// What is built in, as the packages' lock has it.
fn check_materials(place: &Path) {
    let text = fs::read_to_string(place.join("sbom.cdx.json")).expect("sbom.cdx.json");
    assert!(text.contains("\"bomFormat\": \"CycloneDX\""), "{text}");
    let windows = text.contains("pkg:cargo/windows-sys@");
    assert!(text.contains("pkg:cargo/md-5@") && windows == is_windows(place), "{text}");
    assert!(!text.contains("pkg:cargo/cbindgen@"), "{text}");
}

fn is_windows(place: &Path) -> bool {
    place.to_string_lossy().contains("-windows-")
}

/// As mingw calls it.
fn machine(place: &Path) -> &'static str {
    if place.to_string_lossy().ends_with("x86_64") { "x86_64" } else { "i686" }
}

/// Clients that are built from each archive log in to a server that is built from this machine's.
fn log_in(places: &[PathBuf]) {
    let place = places.iter().find(|place| !is_windows(place)).expect("this machine's archive");
    let mut clients = vec![native(place, IMAP_CLIENT, "imap_client")];
    let all = places.iter().filter(|place| is_windows(place));
    clients.extend(all.flat_map(|place| windows(place)));
    let server = Server::start(native(place, IMAP_SERVER, "imap_server"), clients.len());
    for client in &mut clients {
        client.args(["--password", "secret", "127.0.0.1", &server.port, "alice"]);
        succeed(client);
    }
    let told = server.finish();
    assert_eq!(told.matches("alice logged in by DIGEST-MD5").count(), clients.len(), "{told}");
}

/// A server that ends after a number of connections.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(mut program: Command, connections: usize) -> Self {
        program.args(["-v", "--connections", &connections.to_string(), "--accounts"]);
        program.arg(root().join("examples/accounts.htdigest")).env("SECUR32_REALM", "example.org");
        let mut process = program.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut first = String::new();
        output.read_line(&mut first).expect("the server's first line");
        let port = first.trim_end().strip_prefix("listening on 127.0.0.1:").expect("a port");
        Self { process, output, port: port.to_owned() }
    }

    fn finish(mut self) -> String {
        let mut told = String::new();
        self.output.read_to_string(&mut told).expect("the dialogue");
        told
    }
}

/// Not every one of these tools knows `--version`.
fn tool(name: &str) -> bool {
    if name == "unzip" && Command::new(name).output().is_ok() { true } else { have(name) }
}

/// Compiles an example with what an archive has, and is the command that runs it.
fn build(mut compile: Command, sources: &[&str], program: &Path, words: &[String]) -> Command {
    compile.args(STRICT).arg("-std=gnu99");
    compile.args(sources.iter().map(|source| root().join(source))).args(words);
    succeed(compile.arg("-o").arg(program));
    Command::new(program)
}

fn native(place: &Path, sources: &[&str], name: &str) -> Command {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", place.join("lib/pkgconfig"));
    let flags = succeed(command.args(["--cflags", "--libs", "secur32"]));
    assert!(flags.contains(&place.join("lib").display().to_string()), "{flags}");
    let flags: Vec<String> = flags.split_whitespace().map(String::from).collect();
    let mut run = build(Command::new("cc"), sources, &place.join(name), &flags);
    run.env("LD_LIBRARY_PATH", place.join("lib")).env_remove("SECUR32_CONFIG");
    run
}

/// A client for each import library.
fn windows(place: &Path) -> Vec<Command> {
    let machine = machine(place);
    let gcc = format!("{machine}-w64-mingw32-gcc");
    assert!(place.join("include/secur32.h").is_file());
    let runs = |tool: &&&str| Command::new(tool).arg("--version").output().is_ok();
    let lacks = match [&*gcc, "wine"].iter().find(|tool| !runs(tool)) {
        None if machine == "i686" && !wine::runs_32_bits(&wine::PREFIX) => Some("32-bit Wine"),
        other => other.copied(),
    };
    if let Some(what) = lacks {
        assert!(env::var_os("SECUR32_TEST_WINDOWS").is_none(), "{what} is missing");
        say(&format!(
            "SKIPPED: {what} is missing, and with it the programs of {}",
            place.display()
        ));
        return vec![];
    }
    ["libsecur32.dll.a", "secur32.lib"]
        .into_iter()
        .filter(|library| place.join("lib").join(library).is_file())
        .map(|library| {
            let path = place.join("lib").join(library).display().to_string();
            let name = format!("{library}.exe");
            let words = [path, "-lws2_32".into()];
            build(Command::new(&gcc), IMAP_CLIENT, &place.join(&name), &words);
            let mut run = wine::wine(&wine::PREFIX);
            run.env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=;secur32=n,b");
            run.current_dir(place).arg(name);
            run
        })
        .collect()
}
