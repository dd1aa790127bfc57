//! The `Sasl*` functions over Wine's own Kerberos and Negotiate, against native peers in a realm of
//! our own. Wine's Kerberos uses the GSSAPI library of the machine's other side.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::common::{IMAP_CLIENT, IMAP_SERVER, succeed};
use crate::imap_login;
use crate::kdc::{Kdc, REALM};
use crate::matrix::run;
use crate::place::{Bits, Place};
use crate::row::{Elsewhere, Ending, Peer, Row};

const QOPS: [&str; 3] = ["auth", "auth-int", "auth-conf"];

/// Our client and server under Wine. Its Kerberos tells no names.
static WINE: Elsewhere =
    Elsewhere { name: "Ours under Wine", command: under_wine, knows_names: false };

const OURS: Peer = Peer::Elsewhere(&WINE);

fn under_wine(client: bool) -> Command {
    let place = Place::of(Bits::SixtyFour).expect("looked for before");
    place.wine(if client { "our_client.exe" } else { "our_server.exe" })
}

/// The place with both programs, where everything is there.
fn ready() -> Option<&'static Place> {
    let place = Place::of(Bits::SixtyFour)?;
    for name in ["our_client", "our_server"] {
        let source = format!("c_tests/peers/{name}.c");
        place.compile(&[&source], "libsecur32.dll.a", &format!("{name}.exe"));
    }
    Some(place)
}

#[test]
fn clients_log_in_to_native_servers() {
    if ready().is_none() {
        return;
    }
    let mut rows = Vec::new();
    for qop in QOPS {
        rows.extend([Peer::Cyrus, Peer::Jdk, Peer::Ours].map(|server| Row::new(OURS, server, qop)));
    }
    rows.push(Row::new(OURS, Peer::GnuSasl, "auth"));
    rows.push(Row { authzid: Some("bob"), ..Row::new(OURS, Peer::Ours, "auth-int") });
    rows.push(Row { maxbuf: 2048, ..Row::new(OURS, Peer::Cyrus, "auth-conf") });
    let refused = Ending::ClientRefuses("SaslInitializeSecurityContext 0x8009030A");
    rows.push(Row { offered: "auth", end: refused, ..Row::new(OURS, Peer::Cyrus, "auth-int") });
    let none = Ending::ClientRefuses("AcquireCredentialsHandle 0x8009030E");
    let file = Some(("KRB5CCNAME", "nothing"));
    rows.push(Row { client_file: file, end: none, ..Row::new(OURS, Peer::Ours, "auth") });
    // Wine's Negotiate sends Kerberos' tokens as they are, and always asks for all protection.
    let end = Ending::Agreed("auth-conf");
    let spnego = |qop| Row { mechanism: "GSS-SPNEGO", end, ..Row::new(OURS, Peer::Ours, qop) };
    rows.extend(QOPS.map(spnego));
    run("GSSAPI: our client under Wine", &rows);
}

#[test]
fn native_clients_log_in_to_servers() {
    if ready().is_none() {
        return;
    }
    let mut rows = Vec::new();
    for qop in QOPS {
        rows.extend([Peer::Cyrus, Peer::Jdk, Peer::Ours].map(|client| Row::new(client, OURS, qop)));
    }
    rows.push(Row::new(Peer::GnuSasl, OURS, "auth"));
    rows.push(Row { authzid: Some("u:bob"), ..Row::new(Peer::Cyrus, OURS, "auth-conf") });
    rows.push(Row { maxbuf: 2048, ..Row::new(Peer::Cyrus, OURS, "auth-conf") });
    rows.push(Row { maxbuf: 0, ..Row::new(Peer::Ours, OURS, "auth") });
    // Wine tells less than GSSAPI does: SEC_E_INTERNAL_ERROR for every failure of Kerberos'.
    let refused = Ending::ServerRefuses("SaslAcceptSecurityContext 0x80090304");
    for name in ["old", "wrong"] {
        let file = Some(("KRB5_KTNAME", name));
        rows.push(Row { server_file: file, end: refused, ..Row::new(Peer::Ours, OURS, "auth") });
    }
    let forbidden = Ending::ServerRefuses("SaslAcceptSecurityContext 0x80090331");
    rows.push(Row {
        authzid: Some("bob"),
        server_arguments: &["authzid=0"],
        end: forbidden,
        ..Row::new(Peer::Ours, OURS, "auth")
    });
    let spnego = |qop| Row { mechanism: "GSS-SPNEGO", ..Row::new(Peer::Ours, OURS, qop) };
    rows.extend(QOPS.map(spnego));
    run("GSSAPI: our server under Wine", &rows);
}

/// The example's client, by the ticket of a password, with the example's native server.
#[test]
fn the_examples_client_logs_in() {
    let Some(place) = Place::of(Bits::SixtyFour) else { return };
    place.compile(IMAP_CLIENT, "libsecur32.dll.a", "imap_client.exe");
    let kdc = Kdc::shared();
    for (qop, layer) in
        [("auth", "none"), ("auth-int", "integrity"), ("auth-conf", "confidentiality")]
    {
        let mut server = imap_login::start(&kdc).expect("a server");
        let mut client = place.wine("imap_client.exe");
        kdc.enter(&mut client);
        // Wine puts the ticket of a password into the cache.
        client.env("KRB5CCNAME", kdc.path("wine"));
        client.args(["--mechanism", "GSSAPI", "--qop", qop, "--password", "secret"]);
        client.args(["--domain", REALM, "localhost", &server.port, "alice"]);
        let output = client.stderr(Stdio::piped()).output().expect("wine");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{qop}: {}\n{errors}", output.status);
        let told = format!("alice@{REALM} logged in by GSSAPI, security layer: {layer}");
        server.told(&told).expect("a login");
    }
}

/// What Wine does not tell, the example's server cannot do without.
#[test]
fn the_examples_server_refuses_whom_it_cannot_name() {
    let Some(place) = Place::of(Bits::SixtyFour) else { return };
    place.compile(IMAP_SERVER, "libsecur32.dll.a", "imap_server.exe");
    let kdc = Kdc::shared();
    let mut server = place.wine("imap_server.exe");
    kdc.enter(&mut server);
    server.args(["-v", "--once"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = server.spawn().expect("wine");
    let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut first = String::new();
    output.read_line(&mut first).expect("the server's first line");
    let port = first.trim_end().strip_prefix("listening on 127.0.0.1:").expect("a port");
    let curl = imap_login::curl(&kdc, port).output().expect("curl");
    let mut told = String::new();
    output.read_to_string(&mut told).expect("the dialogue");
    server.wait().expect("the server ends");
    // All of the exchange went well.
    assert!(told.contains("whose name the package does not tell"), "{told}");
    assert!(!told.contains("logged in") && !curl.status.success(), "{told}");
}

/// Every cookie that there can be, with both ends under Wine.
#[test]
fn cookies_of_all_kinds() {
    let Some(place) = Place::of(Bits::SixtyFour) else { return };
    place.compile(&["c_tests/gssapi/cookies.c"], "libsecur32.dll.a", "cookies.exe");
    let kdc = Kdc::shared();
    let mut command = place.wine("cookies.exe");
    kdc.enter(&mut command);
    let told = succeed(&mut command);
    assert!(told.trim_end().ends_with(" 0 failures"), "{told}");
}
