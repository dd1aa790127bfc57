//! GSSAPI and GSS-SPNEGO: this library's server and client with the unmodified programs of others,
//! in a realm of their own. `.ci/install peers gssapi` installs what they need on Debian; a row whose peer is
//! not there is skipped with a line on standard error, and fails where `CI=true`.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

#[path = "peers/base64.rs"]
mod base64;
#[path = "peers/exchange.rs"]
mod exchange;
#[path = "gssapi/heimdal.rs"]
mod heimdal;
#[path = "gssapi/holder.rs"]
mod holder;
#[path = "gssapi/imap.rs"]
mod imap;
#[path = "gssapi/kdc.rs"]
mod kdc;
#[path = "gssapi/ldap.rs"]
mod ldap;
#[allow(dead_code)] // what the tests of DIGEST-MD5 use
#[path = "peers/line_protocol.rs"]
mod line_protocol;
#[allow(dead_code)]
#[path = "peers/programs.rs"]
mod peers_programs;
#[path = "gssapi/programs.rs"]
mod programs;
#[path = "peers/results.rs"]
mod results;
#[path = "gssapi/row.rs"]
mod row;
#[path = "peers/runner.rs"]
mod runner;

use imap::Login;
use kdc::Kdc;
use line_protocol::{End, Event, Process};
use row::{Ending, Peer, Row, established, started};
use runner::{run, skip};

const QOPS: [&str; 3] = ["auth", "auth-int", "auth-conf"];

#[test]
fn cyrus_clients_log_in_to_our_server() {
    let mut rows = QOPS.map(|qop| Row::new(Peer::Cyrus, Peer::Ours, qop)).to_vec();
    let for_another = rows.iter().map(|row| Row { authzid: Some("u:bob"), ..*row });
    rows.extend(for_another.collect::<Vec<_>>());
    for qop in ["auth-int", "auth-conf"] {
        rows.push(Row { maxbuf: 2048, ..Row::new(Peer::Cyrus, Peer::Ours, qop) });
    }
    run("GSSAPI: Cyrus SASL's client, our server", &rows);
}

#[test]
fn our_client_logs_in_to_cyrus_servers() {
    let mut rows = QOPS.map(|qop| Row::new(Peer::Ours, Peer::Cyrus, qop)).to_vec();
    rows.push(Row { authzid: Some("alice"), ..rows[1] });
    rows.push(Row { maxbuf: 2048, ..rows[1] });
    rows.push(Row { maxbuf: 2048, ..rows[2] });
    // A layer that the server does not have.
    let refused = Ending::ClientRefuses("SaslInitializeSecurityContext 0x8009030A");
    rows.push(Row { offered: "auth", end: refused, ..rows[1] });
    rows.push(Row { offered: "auth,auth-int", end: refused, ..rows[2] });
    run("GSSAPI: our client, Cyrus SASL's server", &rows);
}

#[test]
fn gnu_sasl_both_ways() {
    let rows = [
        Row::new(Peer::GnuSasl, Peer::Ours, "auth"),
        Row { authzid: Some("bob"), ..Row::new(Peer::GnuSasl, Peer::Ours, "auth") },
        Row::new(Peer::Ours, Peer::GnuSasl, "auth"),
        Row { authzid: Some("bob"), ..Row::new(Peer::Ours, Peer::GnuSasl, "auth") },
    ];
    run("GSSAPI: GNU SASL", &rows);
}

#[test]
fn jdk_both_ways() {
    let mut rows = Vec::new();
    for qop in QOPS {
        rows.push(Row::new(Peer::Jdk, Peer::Ours, qop));
        rows.push(Row::new(Peer::Ours, Peer::Jdk, qop));
    }
    rows.push(Row { authzid: Some("bob"), ..rows[2] });
    rows.push(Row { maxbuf: 2048, ..rows[4] });
    rows.push(Row { offered: "auth-conf", ..rows[5] });
    run("GSSAPI: the JDK", &rows);
}

#[test]
fn spnego_with_cyrus_both_ways() {
    let mut rows = Vec::new();
    for qop in QOPS {
        rows.push(Row::new(Peer::Ours, Peer::Ours, qop));
        rows.push(Row::new(Peer::Ours, Peer::Cyrus, qop));
        // Cyrus asks for confidentiality where it is to have integrity.
        let agreed = if qop == "auth-int" { "auth-conf" } else { qop };
        rows.push(Row { end: Ending::Agreed(agreed), ..Row::new(Peer::Cyrus, Peer::Ours, qop) });
    }
    let rows = rows.into_iter().map(|row| Row { mechanism: "GSS-SPNEGO", ..row });
    run("GSS-SPNEGO: Cyrus SASL", &rows.collect::<Vec<_>>());
}

#[test]
fn clients_log_in_to_the_example_server() {
    let mut rows = vec![Login::Curl];
    for mechanism in ["GSSAPI", "GSS-SPNEGO"] {
        rows.extend(QOPS.map(|qop| Login::Example(mechanism, qop)));
    }
    run("GSSAPI: clients of the example's IMAP server", &rows);
}

#[test]
fn our_client_searches_openldaps_slapd() {
    run("GSSAPI: our client, OpenLDAP's slapd", &QOPS.map(ldap::Search));
}

/// What C programs see of a context.
#[test]
fn attributes_messages_and_bindings() {
    if no_kdc("attributes") {
        return;
    }
    let kdc = Kdc::shared();
    let program = programs::compiled("attributes");
    let mut forwardable = kdc.command(&program);
    forwardable.env("KRB5CCNAME", kdc.path("forwardable")).arg("forwardable");
    for command in [&mut kdc.command(&program), &mut forwardable] {
        support::all_hold(command);
    }
}

/// Whether there is no KDC to be had, and need not be; says so.
fn no_kdc(what: &str) -> bool {
    is_skipped(what, kdc::missing())
}

fn is_skipped(what: &str, missing: Option<&str>) -> bool {
    if let Some(package) = missing {
        support::skip::skip(&format!("{what}: package {package} is missing"));
    }
    missing.is_some()
}

/// Every shape of messages, what is not sealed, and what is too long.
#[test]
fn messages_of_every_shape() {
    if no_kdc("messages") {
        return;
    }
    let kdc = Kdc::shared();
    support::all_hold(&mut kdc.command(programs::compiled("messages")));
}

/// A generic caller's wrap and unwrap, as `tests/peers` has it over DIGEST-MD5.
#[test]
fn sspilib_wraps_and_unwraps() {
    let missing = peers_programs::sspilib(&mut std::process::Command::new("python3")).err();
    if no_kdc("sspilib") || is_skipped("sspilib", missing) {
        return;
    }
    let kdc = Kdc::shared();
    for package in ["Kerberos", "Negotiate"] {
        for layer in ["confidentiality", "integrity"] {
            let mut command = kdc.command("python3");
            peers_programs::sspilib(&mut command).expect("sspilib");
            let told = support::succeed(command.args([package, "imap/localhost", layer]));
            assert_eq!(told, "184 messages\n", "{package}, {layer}");
        }
    }
}

/// Every cookie that there can be, from either side.
#[test]
fn cookies_of_all_kinds() {
    if no_kdc("cookies") {
        return;
    }
    let kdc = Kdc::shared();
    support::all_hold(&mut kdc.command(programs::compiled("cookies")));
}

#[test]
fn package_lists_decide() {
    if no_kdc("package lists") {
        return;
    }
    let kdc = Kdc::shared();
    support::all_hold(&mut kdc.command(programs::compiled("package_lists")));
}

/// Every step with every capacity that is too small, by a pool of threads.
#[test]
fn steps_without_room_are_repeated_by_any_thread() {
    if no_kdc("rooms") {
        return;
    }
    let kdc = Kdc::shared();
    support::all_hold(&mut kdc.command(programs::compiled("rooms")));
}

/// Kerberos' own words are in the log, also of programs that use nothing else.
#[test]
fn the_log_tells_why() {
    if no_kdc("the log") {
        return;
    }
    let kdc = Kdc::shared();
    let server = programs::our_server().expect("our own");
    let mut command = kdc.command(server);
    command.arg("mechanism=GSSAPI").env("KRB5_KTNAME", kdc.path("nothing"));
    let mut server = Process::start_merged("our server", &mut command).expect("our server");
    let line = server.read_until(|line| line.contains(" debug ").then(|| line.to_owned()));
    let line = line.expect("a line");
    assert!(line.contains("AcquireCredentialsHandle") && line.contains("/nothing"), "{line}");
    assert!(line.contains("SEC_E_NO_CREDENTIALS"), "{line}");
}

/// A credential handle by a user and a password serves for longer than a ticket lives.
#[test]
fn a_password_fetches_a_new_ticket_when_the_old_one_has_expired() {
    if no_kdc("new tickets") {
        return;
    }
    let kdc = Kdc::with_clock().expect("a KDC");
    let mut command = kdc.command(programs::compiled("renewed"));
    kdc.follow_clock(&mut command);
    let mut client = Process::start("the client", &mut command).expect("a client");
    // Of one ticket, of the same again, after its end, and after that one's.
    for ahead in [0, 10, 200_000, 400_000] {
        kdc.set_clock(ahead).expect("a clock");
        client.write("next").expect("a client");
        assert_eq!(client.read().as_deref(), Ok("0x00090312"), "{ahead} s later");
    }
}

#[test]
fn ours_with_ours() {
    let ours = |qop| Row::new(Peer::Ours, Peer::Ours, qop);
    let mut rows = QOPS.map(ours).to_vec();
    rows.push(Row { client_arguments: &["user=alice", "password=secret"], ..ours("auth-conf") });
    rows.push(Row {
        client_arguments: &["user=alice", "password=secret", "domain=example.org"],
        ..ours("auth-conf")
    });
    rows.push(Row { maxbuf: 0, ..ours("auth") });
    rows.push(Row { maxbuf: 0x0200_0000, ..ours("auth-int") });
    rows.push(Row { client_arguments: &["target=imap/localhost@EXAMPLE.ORG"], ..ours("auth") });
    rows.push(Row { client_arguments: &["target=imap@localhost"], ..ours("auth") });
    run("GSSAPI: our client, our server", &rows);
}

/// Rows of keys, credentials and services that are wrong, and of a ticket that has expired; by any
/// library each has the same status.
fn refusals(ours: Peer) -> Vec<Row> {
    let row = |end| Row { end, ..Row::new(ours, ours, "auth-int") };
    let server = |status| row(Ending::ServerRefuses(status));
    let client = |status| row(Ending::ClientRefuses(status));
    let keytab = |name| Some(("KRB5_KTNAME", name));
    let denied = "SaslAcceptSecurityContext 0x8009030C";
    vec![
        // Keys: of another number, another one of that number, another service's, none at all.
        Row { server_file: keytab("old"), ..server(denied) },
        Row { server_file: keytab("wrong"), ..server(denied) },
        Row { server_file: keytab("other"), ..server(denied) },
        Row { server_file: keytab("nothing"), ..server("AcquireCredentialsHandle 0x8009030E") },
        // A clock after the ticket's end.
        Row { server_ahead: 200_000, ..server("SaslAcceptSecurityContext 0x80090317") },
        // Credentials: no ticket, a wrong password, an unknown and a locked user.
        Row {
            client_file: Some(("KRB5CCNAME", "nothing")),
            ..client("SaslInitializeSecurityContext 0x8009030E")
        },
        Row {
            client_arguments: &["user=alice", "password=Secret"],
            ..client("SaslInitializeSecurityContext 0x8009030C")
        },
        Row {
            client_arguments: &["user=mallory", "password=secret"],
            ..client("SaslInitializeSecurityContext 0x8009030C")
        },
        Row {
            client_arguments: &["user=locked", "password=secret"],
            ..client("SaslInitializeSecurityContext 0x8009030C")
        },
        // A service that there is not.
        Row {
            client_arguments: &["target=pop/localhost"],
            ..client("SaslInitializeSecurityContext 0x80090303")
        },
    ]
}

#[test]
fn what_is_wrong_has_its_status() {
    let row = |end| Row { end, ..Row::new(Peer::Ours, Peer::Ours, "auth-int") };
    let server = |status| row(Ending::ServerRefuses(status));
    let client = |status| row(Ending::ClientRefuses(status));
    let mut rows = refusals(Peer::Ours);
    rows.extend([
        // Clocks: an hour apart, and after the ticket's end.
        Row { server_ahead: 3600, ..server("SaslAcceptSecurityContext 0x80090324") },
        Row { client_ahead: 200_000, ..client("SaslInitializeSecurityContext 0x80090317") },
        // An identity where none may be.
        Row {
            authzid: Some("bob"),
            server_arguments: &["authzid=0"],
            ..server("SaslAcceptSecurityContext 0x80090331")
        },
        // The server takes no messages.
        Row {
            server_arguments: &["maxbuf=0"],
            ..client("SaslInitializeSecurityContext 0x8009030A")
        },
    ]);
    run("GSSAPI: refusals", &rows);
}

/// What an end answers to a message.
fn answer(end: &mut dyn End, line: &str) -> String {
    end.ask(line).unwrap_or_else(|error| error)
}

#[test]
fn messages_replayed_skipped_or_altered_are_refused() {
    let row = Row::new(Peer::Cyrus, Peer::Ours, "auth-conf");
    if skip(&row) {
        return;
    }
    let kdc = Kdc::shared();
    for (name, status) in [
        ("replayed", "0x80090310"),
        ("skipped", "0x80090310"),
        ("altered", "0x8009030F"),
        ("garbage", "0x80090308"),
    ] {
        let (mut client, mut server) = established(&row, &kdc);
        let [first, second] = [1, 2].map(|seed| answer(&mut client, &format!("SEND 100 {seed}")));
        let [first, second] = [first, second].map(|line| line.replace("DATA", "RECV"));
        let bad = match name {
            "replayed" => {
                assert!(answer(&mut server, &first).starts_with("GOT 100 "), "{name}");
                first
            }
            "skipped" => second,
            "altered" => {
                let (before, after) = first.split_at(first.len() - 8);
                let other = if after.starts_with('A') { "B" } else { "A" };
                format!("{before}{other}{}", &after[1..])
            }
            _ => "RECV Z2FyYmFnZQ==".to_owned(),
        };
        let refusal = answer(&mut server, &bad);
        assert!(refusal.ends_with(&format!("DecryptMessage {status}")), "{name}: {refusal}");
    }
}

#[test]
fn a_replayed_ticket_is_refused() {
    let row = Row::new(Peer::Ours, Peer::Ours, "auth");
    if skip(&row) {
        return;
    }
    let kdc = Kdc::shared();
    let (mut client, mut server) = started(&row, &kdc);
    let (_, mut other) = started(&row, &kdc);
    let token = client.event();
    let Ok(Event::Token(token)) = token else { panic!("{token:?}") };
    server.token(&token).expect("a server");
    assert!(matches!(server.event(), Ok(Event::Token(_))));
    other.token(&token).expect("a server");
    let refusal = other.event();
    let expected = "SaslAcceptSecurityContext 0x80090310";
    assert!(matches!(&refusal, Ok(Event::Refused(reason)) if reason == expected), "{refusal:?}");
}

#[test]
fn tokens_that_are_none_are_refused() {
    let row = Row::new(Peer::Ours, Peer::Ours, "auth");
    if skip(&row) {
        return;
    }
    let kdc = Kdc::shared();
    for token in ["-", "AAAA", "YIIB", "Z2FyYmFnZQ=="] {
        let (_, mut server) = started(&row, &kdc);
        server.token(token).expect("a server");
        let refusal = server.event();
        let expected = "SaslAcceptSecurityContext 0x80090308";
        assert!(
            matches!(&refusal, Ok(Event::Refused(reason)) if reason == expected),
            "{refusal:?}"
        );
    }
}
