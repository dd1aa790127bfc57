//! Our ends by Heimdal's library, with peers that have MIT's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::kdc::{self, Kdc};
use crate::line_protocol::Process;
use crate::programs;
use crate::refusals;
use crate::row::{Elsewhere, Ending, Peer, Row};
use crate::runner::run;
use crate::support;

const QOPS: [&str; 3] = ["auth", "auth-int", "auth-conf"];

/// A directory where the loader finds Heimdal's library by the name of MIT's, which is asked for
/// first. `None` where there is no such library.
static DIRECTORY: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let places = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut libraries = places.map(|place| place.path().join("libgssapi.so.3"));
    let library = libraries.find(|library| library.exists())?;
    let directory = support::scratch("heimdal");
    let link = directory.join("libgssapi_krb5.so.2");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(library, link).expect("a symbolic link");
    Some(directory)
});

static HEIMDAL: Elsewhere =
    Elsewhere { name: "Ours with Heimdal", command: with_heimdal, knows_names: true };

const OURS: Peer = Peer::Elsewhere(&HEIMDAL);

fn with_heimdal(client: bool) -> Command {
    let program = if client { programs::our_client() } else { programs::our_server() };
    let mut command = Command::new(program.expect("our own"));
    load_heimdal(&mut command);
    command
}

pub(crate) fn load_heimdal(command: &mut Command) {
    command.env("LD_LIBRARY_PATH", DIRECTORY.as_deref().unwrap_or(Path::new("")));
}

/// Whether our client has Heimdal's library when it has made a token.
fn is_used(kdc: &Kdc) -> bool {
    let mut command = with_heimdal(true);
    kdc.enter(&mut command);
    command.args(["mechanism=GSSAPI", "target=imap/localhost"]).stderr(Stdio::null());
    let mut client = Process::start("our client", &mut command).expect("our client");
    assert!(client.read().expect("a token").starts_with("TOKEN "));
    let maps = fs::read_to_string(format!("/proc/{}/maps", client.id())).expect("maps");
    maps.contains("/libgssapi.so.3") && !maps.contains("/libkrb5.so.3")
}

/// Whether something is missing that need not be there; says so.
pub(crate) fn skipped() -> bool {
    let missing = match &*DIRECTORY {
        None => Some("libgssapi3-heimdal"),
        Some(_) => kdc::missing(),
    };
    if let Some(package) = missing {
        support::skip::skip(&format!("Heimdal: package {package} is missing"));
    }
    missing.is_some()
}

#[test]
fn heimdals_library_both_ways() {
    if skipped() {
        return;
    }
    assert!(is_used(&Kdc::shared()), "another library was loaded");
    let mut rows = Vec::new();
    for qop in QOPS {
        rows.push(Row::new(OURS, Peer::Cyrus, qop));
        rows.push(Row::new(Peer::Cyrus, OURS, qop));
        rows.push(Row::new(OURS, Peer::Ours, qop));
        rows.push(Row::new(Peer::Ours, OURS, qop));
        rows.push(Row::new(OURS, OURS, qop));
    }
    let spnego =
        |client, server, qop| Row { mechanism: "GSS-SPNEGO", ..Row::new(client, server, qop) };
    for qop in QOPS {
        rows.push(spnego(OURS, Peer::Ours, qop));
        rows.push(spnego(Peer::Ours, OURS, qop));
    }
    rows.push(Row {
        client_arguments: &["user=alice", "password=secret"],
        ..Row::new(OURS, Peer::Ours, "auth-conf")
    });
    run("GSSAPI: Heimdal's library", &rows);
}

#[test]
fn what_is_wrong_has_its_status_with_heimdal_too() {
    if skipped() {
        return;
    }
    let mut rows = refusals(OURS);
    // It has no expired tickets in its caches.
    let end = Ending::ClientRefuses("SaslInitializeSecurityContext 0x8009030E");
    rows.push(Row { client_ahead: 200_000, end, ..Row::new(OURS, OURS, "auth-int") });
    run("GSSAPI: refusals with Heimdal", &rows);
}

/// What C programs see of a context, cookies of all kinds, steps without room, and package lists.
#[test]
fn attributes_messages_and_cookies_with_heimdal() {
    if skipped() {
        return;
    }
    let kdc = Kdc::shared();
    for name in ["attributes", "messages", "cookies", "rooms", "package_lists"] {
        let mut command = kdc.command(programs::compiled(name));
        load_heimdal(command.arg("heimdal"));
        support::all_hold(&mut command);
    }
}
