//! The `Sasl*` functions over Wine's own Kerberos and Negotiate, against native peers in a realm of
//! our own. Wine's Kerberos uses the GSSAPI library of the machine's other side.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::imap_login;
use crate::kdc::{self, Kdc, REALM};
use crate::place::{Bits, Place, for_both_word_sizes};
use crate::row::{Elsewhere, Ending, Peer, Row};
use crate::runner::run;
use crate::support::skip::skip;
use crate::support::wine::run_all_checks;
use crate::support::{HARNESS, IMAP_CLIENT, IMAP_SERVER};

for_both_word_sizes!(
    clients_log_in_to_native_servers,
    native_clients_log_in_to_servers,
    the_examples_client_logs_in,
    the_examples_server_refuses_whom_it_cannot_name,
    cookies_of_all_kinds,
);

const QOPS: [&str; 3] = ["auth", "auth-int", "auth-conf"];

/// Our client and server under Wine, whose Kerberos tells no names.
static OURS: [Elsewhere; 2] = [
    Elsewhere {
        name: "Ours under Wine",
        command: |client| program(Bits::SixtyFour, client),
        knows_names: false,
    },
    Elsewhere {
        name: "Ours under Wine, 32 bit",
        command: |client| program(Bits::ThirtyTwo, client),
        knows_names: false,
    },
];

fn program(bits: Bits, client: bool) -> Command {
    let place = Place::of(bits).expect("looked for before");
    place.wine(if client { "our_client.exe" } else { "our_server.exe" })
}

/// Our program, compiled into a place.
fn ours(place: &Place, name: &str) -> Peer {
    let source = format!("c_tests/peers/{name}.c");
    place.compile(&[&source], "libsecur32.dll.a", &format!("{name}.exe"));
    Peer::Elsewhere(&OURS[usize::from(place.bits == Bits::ThirtyTwo)])
}

fn clients_log_in_to_native_servers(place: &Place) {
    let ours = ours(place, "our_client");
    let mut rows = QOPS.map(|qop| Row::new(ours, Peer::Cyrus, qop)).to_vec();
    rows.push(Row { maxbuf: 2048, authzid: Some("alice"), ..rows[2] });
    // Wine's Negotiate sends Kerberos' tokens as they are, and always asks for all protection.
    let end = Ending::Agreed("auth-conf");
    rows.push(Row { mechanism: "GSS-SPNEGO", end, ..Row::new(ours, Peer::Ours, "auth") });
    if place.bits == Bits::ThirtyTwo {
        rows.truncate(3);
    } else {
        rows.push(Row::new(ours, Peer::Jdk, "auth-conf"));
        rows.push(Row::new(ours, Peer::GnuSasl, "auth"));
        rows.push(Row::new(ours, Peer::Ours, "auth-int"));
        let refused = Ending::ClientRefuses("SaslInitializeSecurityContext 0x8009030A");
        rows.push(Row { offered: "auth", end: refused, ..rows[1] });
        let none = Ending::ClientRefuses("AcquireCredentialsHandle 0x8009030E");
        rows.push(Row { client_file: Some(("KRB5CCNAME", "nothing")), end: none, ..rows[0] });
    }
    run("GSSAPI: our client under Wine", &rows);
}

fn native_clients_log_in_to_servers(place: &Place) {
    let ours = ours(place, "our_server");
    let mut rows = QOPS.map(|qop| Row::new(Peer::Cyrus, ours, qop)).to_vec();
    rows.push(Row { maxbuf: 2048, authzid: Some("u:bob"), ..rows[2] });
    rows.push(Row { mechanism: "GSS-SPNEGO", ..Row::new(Peer::Ours, ours, "auth-int") });
    if place.bits == Bits::ThirtyTwo {
        rows.truncate(3);
    } else {
        rows.push(Row::new(Peer::Jdk, ours, "auth-conf"));
        rows.push(Row::new(Peer::GnuSasl, ours, "auth"));
        rows.push(Row { maxbuf: 0, ..Row::new(Peer::Ours, ours, "auth") });
        // Wine tells less than GSSAPI does: SEC_E_INTERNAL_ERROR for every failure of Kerberos'.
        let end = Ending::ServerRefuses("SaslAcceptSecurityContext 0x80090304");
        let server_file = Some(("KRB5_KTNAME", "wrong"));
        rows.push(Row { server_file, end, ..rows[0] });
        let end = Ending::ServerRefuses("SaslAcceptSecurityContext 0x80090331");
        let server_arguments = &["authzid=0"];
        rows.push(Row { authzid: Some("bob"), server_arguments, end, ..rows[0] });
    }
    run("GSSAPI: our server under Wine", &rows);
}

/// The realm. `None`, with a line on standard error, where there is no KDC and need not be one.
fn realm() -> Option<Arc<Kdc>> {
    if let Some(package) = kdc::missing() {
        skip(&format!("Kerberos under Wine: package {package} is missing"));
        return None;
    }
    Some(Kdc::shared())
}

/// The example's client, by the ticket of a password, with the example's native server.
fn the_examples_client_logs_in(place: &Place) {
    place.compile(IMAP_CLIENT, "libsecur32.dll.a", "imap_client.exe");
    let Some(kdc) = realm() else { return };
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
fn the_examples_server_refuses_whom_it_cannot_name(place: &Place) {
    place.compile(IMAP_SERVER, "libsecur32.dll.a", "imap_server.exe");
    let Some(kdc) = realm() else { return };
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
fn cookies_of_all_kinds(place: &Place) {
    place.compile(&[HARNESS, "c_tests/gssapi/cookies.c"], "libsecur32.dll.a", "cookies.exe");
    let Some(kdc) = realm() else { return };
    let mut command = place.wine("cookies.exe");
    kdc.enter(&mut command);
    run_all_checks(&mut command);
}
