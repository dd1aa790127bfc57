//! What a passed test is worth in the table of docs/peers.md, which `cargo xtask peers` writes.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Command;

/// The variable that names the file to which results are added.
const VARIABLE: &str = "SECUR32_PEERS_RESULTS";

/// Where a program's version is known from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Version {
    /// Debian's package of this name.
    Debian(&'static str),
    /// Another registry's package, pinned by `.ci`.
    #[allow(dead_code)] // not every test crate has one
    Pinned(&'static str),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) protocol: &'static str,
    pub(crate) program: &'static str,
    pub(crate) version: Version,
    /// What the program is to ours: "client", "server", "proxy".
    pub(crate) role: &'static str,
    /// The qop and the cipher, or the algorithm.
    pub(crate) agreed: &'static str,
    /// The lines of secur32.toml that it needs.
    pub(crate) settings: &'static str,
    /// How it takes names beyond ASCII, where that was tried.
    pub(crate) names: &'static str,
}

/// Adds the row of a passed test where results are wanted.
pub(crate) fn record(entry: &Entry) -> Result<(), String> {
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let Entry { protocol, program, role, agreed, settings, names, .. } = entry;
    let version = match entry.version {
        Version::Pinned(version) => version.to_owned(),
        Version::Debian(package) => installed(package)?,
    };
    let line = [protocol, program, &version[..], role, agreed, settings, names].join("\t");
    let file = OpenOptions::new().create(true).append(true).open(&path);
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn installed(package: &str) -> Result<String, String> {
    let mut command = Command::new("dpkg-query");
    let output = command.args(["-W", "-f", "${Version}", package]).output();
    let output = output.map_err(|error| format!("dpkg-query: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // Without the epoch, without Debian's own number, and without what it says of its own sources.
    let upstream = text.rsplit(':').next().unwrap_or_default();
    let upstream = upstream.rsplit_once('-').map_or(upstream, |(version, _)| version);
    Ok(upstream.split("+dfsg").next().unwrap_or_default().to_owned())
}
