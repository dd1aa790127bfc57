//! SCRAM: this library's server and client with the unmodified programs of others. `.ci/install peers` installs
//! what they need on Debian; a row whose peer is not there is skipped with a line on standard error, and fails
//! where the variable CI is set.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

#[path = "scram/accounts.rs"]
mod accounts;
#[path = "peers/base64.rs"]
mod base64;
#[path = "peers/exchange.rs"]
#[allow(dead_code)] // SCRAM has no messages
mod exchange;
#[allow(dead_code)] // what the tests of DIGEST-MD5 use
#[path = "peers/line_protocol.rs"]
mod line_protocol;
#[path = "peers/matrix.rs"]
mod matrix;
#[allow(dead_code)]
#[path = "peers/programs.rs"]
mod programs;
#[path = "scram/row.rs"]
mod row;

use accounts::Kept;
use matrix::run;
use row::{Change, Ending, Peer, Row};

/// Statuses, as our participants tell them.
const LOGON_DENIED: &str = "0x8009030C";
const BAD_BINDINGS: &str = "0x80090346";
const WRONG_PRINCIPAL: &str = "0x80090322";
const INVALID_TOKEN: &str = "0x80090308";
const QOS_FAILED: &str = "0x80090332";

const UNIQUE: &str = "tls-unique:0123456789ab";
const EXPORTER: &str = "tls-exporter:0123456789abcdef0123456789abcdef";
const END_POINT: &str = "tls-server-end-point:fedcba9876543210fedcba9876543210";

fn denied(row: Row) -> Row {
    Row { ending: Ending::ServerRefuses(LOGON_DENIED), ..row }
}

/// The logins of one mechanism that are let in, and those that are not.
fn logins(row: Row) -> Vec<Row> {
    let by_password = Row { kept: Kept::Password, ..row };
    let mut rows = vec![
        row,
        Row { user: "jäger", password: "grün", ..row },
        Row { authzid: Some("bob,=x"), ..row },
        denied(Row { password: "Secret", ..row }),
        denied(Row { user: "mallory", ..row }),
    ];
    if row.server == Peer::Ours {
        rows.extend([by_password, denied(Row { password: "Secret", ..by_password })]);
        rows.push(denied(Row { user: "mallory", ..by_password }));
    }
    rows
}

/// Both ends bound to the same channel, and each to another one.
fn bound(row: Row, types: &[&'static str]) -> Vec<Row> {
    let same = types.iter().map(|&bindings| Row { bindings: [bindings; 2], ..row });
    let mut rows: Vec<Row> = same.collect();
    let other = Row { bindings: [types[0], "tls-unique:another one "], ..row };
    rows.push(Row { ending: Ending::ServerRefuses(BAD_BINDINGS), ..other });
    rows
}

#[test]
fn cyrus_clients_log_in_to_our_server() {
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        rows.extend(logins(Row::new(Peer::Cyrus, Peer::Ours, mechanism)));
    }
    for plus in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"] {
        rows.extend(bound(Row::new(Peer::Cyrus, Peer::Ours, plus), &[UNIQUE, EXPORTER, END_POINT]));
    }
    run("SCRAM: Cyrus SASL's client, our server", &rows);
}

#[test]
fn gnu_sasl_clients_log_in_to_our_server() {
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
        rows.extend(logins(Row::new(Peer::GnuSasl, Peer::Ours, mechanism)));
    }
    for plus in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        rows.extend(bound(Row::new(Peer::GnuSasl, Peer::Ours, plus), &[UNIQUE, EXPORTER]));
    }
    run("SCRAM: GNU SASL's client, our server", &rows);
}

#[test]
fn our_client_logs_in_to_cyrus_servers() {
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        rows.extend(logins(Row::new(Peer::Ours, Peer::Cyrus, mechanism)));
        rows.push(Row { kept: Kept::Keys, ..Row::new(Peer::Ours, Peer::Cyrus, mechanism) });
    }
    for plus in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"] {
        rows.extend(bound(Row::new(Peer::Ours, Peer::Cyrus, plus), &[UNIQUE, EXPORTER, END_POINT]));
    }
    run("SCRAM: our client, Cyrus SASL's server", &rows);
}

#[test]
fn our_client_logs_in_to_gnu_sasl_servers() {
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
        rows.extend(logins(Row::new(Peer::Ours, Peer::GnuSasl, mechanism)));
    }
    for plus in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        rows.extend(bound(Row::new(Peer::Ours, Peer::GnuSasl, plus), &[UNIQUE, EXPORTER]));
    }
    run("SCRAM: our client, GNU SASL's server", &rows);
}

/// A client that could bind, and was not told of -PLUS, says so; a server that offers it knows then that
/// somebody stands between.
#[test]
fn a_downgrade_is_noticed() {
    let ours = Row::new(Peer::Cyrus, Peer::Ours, "SCRAM-SHA-256");
    let theirs = Row::new(Peer::Ours, Peer::Cyrus, "SCRAM-SHA-256");
    let refused = Ending::ServerRefuses(BAD_BINDINGS);
    run(
        "SCRAM: downgrades",
        &[
            Row { bindings: [UNIQUE, UNIQUE], ending: refused, ..ours },
            Row { bindings: [UNIQUE, ""], ..ours },
            Row { bindings: [UNIQUE, UNIQUE], ending: refused, ..theirs },
            Row { bindings: [UNIQUE, ""], ..theirs },
        ],
    );
}

/// What stands between changes one thing.
#[test]
fn what_is_changed_on_the_way_is_refused() {
    let by_server = |change, status| {
        let row = Row::new(Peer::GnuSasl, Peer::Ours, "SCRAM-SHA-256");
        Row { change: Some(change), ending: Ending::ServerRefuses(status), ..row }
    };
    let by_client = |change, status| {
        let row = Row::new(Peer::Ours, Peer::GnuSasl, "SCRAM-SHA-256");
        Row { change: Some(change), ending: Ending::ClientRefuses(status), ..row }
    };
    run(
        "SCRAM: changed on the way",
        &[
            by_server(Change::Name, LOGON_DENIED),
            by_server(Change::FinalNonce, INVALID_TOKEN),
            by_server(Change::Header, BAD_BINDINGS),
            by_server(Change::Proof, LOGON_DENIED),
            by_client(Change::FirstNonce, INVALID_TOKEN),
            by_client(Change::Count, QOS_FAILED),
            by_client(Change::Signature, WRONG_PRINCIPAL),
        ],
    );
}

/// The harness itself: peers with one another, as their makers have them.
#[test]
fn peers_understand_each_other() {
    let row = |mechanism| Row::new(Peer::GnuSasl, Peer::Cyrus, mechanism);
    let back = Row::new(Peer::Cyrus, Peer::GnuSasl, "SCRAM-SHA-256");
    run(
        "SCRAM: peers among themselves",
        &[
            row("SCRAM-SHA-1"),
            Row { kept: Kept::Keys, ..row("SCRAM-SHA-256") },
            Row { bindings: [EXPORTER; 2], ..row("SCRAM-SHA-256-PLUS") },
            Row { password: "Secret", ending: Ending::ServerRefuses(""), ..row("SCRAM-SHA-256") },
            back,
            Row { change: Some(Change::Proof), ending: Ending::ServerRefuses(""), ..back },
            Row { change: Some(Change::Signature), ending: Ending::ClientRefuses(""), ..back },
        ],
    );
}
