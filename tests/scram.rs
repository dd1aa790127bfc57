//! SCRAM: this library's server and client with the unmodified programs of others. `.ci/install peers` installs
//! what they need on Debian; a row whose peer is not there is skipped with a line on standard error, and fails
//! where `CI=true`.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

#[path = "scram/accounts.rs"]
mod accounts;
#[path = "peers/base64.rs"]
mod base64;
#[path = "peers/dovecot.rs"]
mod dovecot;
#[path = "peers/exchange.rs"]
#[allow(dead_code)] // SCRAM has no messages
mod exchange;
#[path = "scram/gateway.rs"]
mod gateway;
#[path = "scram/imap.rs"]
mod imap;
#[allow(dead_code)] // what the tests of DIGEST-MD5 use
#[path = "peers/line_protocol.rs"]
mod line_protocol;
#[path = "scram/postgres.rs"]
mod postgres;
#[allow(dead_code)]
#[path = "peers/programs.rs"]
mod programs;
#[path = "scram/prosody.rs"]
mod prosody;
#[path = "peers/results.rs"]
mod results;
#[path = "scram/row.rs"]
mod row;
#[path = "peers/runner.rs"]
mod runner;
#[path = "peers/setting.rs"]
mod setting;
#[path = "scram/slapd.rs"]
mod slapd;

use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};

use accounts::{Kept, Setting};
use imap::{Ends, Login};
use runner::{Case, run};
// As the tests of DIGEST-MD5 call it.
use row as peer;
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

#[test]
fn scramp_logs_in_to_our_server_and_we_to_its() {
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        for row in [(Peer::Scramp, Peer::Ours), (Peer::Ours, Peer::Scramp)] {
            let row = Row::new(row.0, row.1, mechanism);
            // It knows nothing of authorization identities.
            rows.extend(logins(row).into_iter().filter(|row| row.authzid.is_none()));
        }
    }
    for plus in ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"] {
        rows.extend(bound(Row::new(Peer::Scramp, Peer::Ours, plus), &[UNIQUE, END_POINT]));
        rows.extend(bound(Row::new(Peer::Ours, Peer::Scramp, plus), &[UNIQUE, END_POINT]));
    }
    run("SCRAM: scramp", &rows);
}

#[test]
fn our_client_logs_in_to_dovecot() {
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
        let row = Row::new(Peer::Ours, Peer::Dovecot, mechanism);
        rows.extend(logins(row).into_iter().filter(|row| row.authzid.is_none()));
    }
    run("SCRAM: our client, Dovecot's IMAP server", &rows);
}

/// The example programs, which know no mechanism of SCRAM by name.
#[test]
fn the_imap_example_speaks_scram_with_others() {
    let mut rows = Vec::new();
    for (ends, mechanisms) in [
        (Ends::Gsasl, &["SCRAM-SHA-1", "SCRAM-SHA-256"][..]),
        (Ends::Imaplib, &["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
        (Ends::Dovecot, &["SCRAM-SHA-1", "SCRAM-SHA-256"]),
    ] {
        for mechanism in mechanisms {
            let [user, password] = ["alice", "secret"];
            let right = Login { ends, mechanism, user, password, welcome: true };
            rows.push(right);
            rows.push(Login { user: "jäger", password: "grün", ..right });
            rows.push(Login { password: "Secret", welcome: false, ..right });
            rows.push(Login { user: "mallory", welcome: false, ..right });
        }
    }
    run("SCRAM: the IMAP example", &rows);
}

#[test]
fn our_client_logs_in_to_prosody() {
    let row = Row::new(Peer::Ours, Peer::Prosody, "SCRAM-SHA-1");
    let mut rows: Vec<Row> = logins(row).into_iter().filter(|row| row.authzid.is_none()).collect();
    let changed = Ending::ClientRefuses(WRONG_PRINCIPAL);
    rows.push(Row { change: Some(Change::Signature), ending: changed, ..row });
    run("SCRAM: our client, Prosody", &rows);
}

#[test]
fn our_client_binds_to_slapd() {
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let row = Row::new(Peer::Ours, Peer::Slapd, mechanism);
        rows.extend(logins(row).into_iter().filter(|row| row.authzid.is_none()));
    }
    run("SCRAM: our client, slapd", &rows);
}

/// Lines of a file as others make them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Maker {
    GnuSasl,
    Dovecot,
    /// `examples/scram_line.py`.
    Script,
}

/// A login whose client's password goes through such a line.
#[derive(Clone, Copy)]
struct Made {
    maker: Maker,
    client: Peer,
    mechanism: &'static str,
    password: &'static str,
}

impl Made {
    fn line(&self) -> Result<String, String> {
        let Self { maker, mechanism, password, .. } = *self;
        let (mut command, name) = match maker {
            Maker::GnuSasl => {
                let mut command = Command::new(programs::installed("gsasl", "gsasl")?);
                command.args(["--mkpasswd", "--mechanism", mechanism, "--password", password]);
                (command, "alice:")
            }
            Maker::Dovecot => {
                let mut command = Command::new("doveadm");
                command.args(["pw", "-s", mechanism, "-p", password]);
                (command, "alice:")
            }
            Maker::Script => {
                let mut command = Command::new("python3");
                command.arg(support::root().join("examples/scram_line.py"));
                command.args(["--mechanism", mechanism, "alice"]);
                (command, "")
            }
        };
        let failed = |error: std::io::Error| format!("{maker:?}: {error}");
        command.env("LC_ALL", "C.UTF-8").env("PYTHONUTF8", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let input = child.stdin.take().expect("a pipe");
        writeln!(&input, "{password}").or(Ok(())).map_err(failed)?;
        drop(input);
        let made = child.wait_with_output().map_err(failed)?;
        let lines = String::from_utf8_lossy(&made.stdout).into_owned();
        let lines = format!("{name}{lines}");
        // A passwd-file of Dovecot's has more fields.
        Ok(if maker == Maker::Dovecot { lines.replace('\n', ":1000:1000::/:\n") } else { lines })
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { maker, client, mechanism, password } = self;
        write!(f, "{client:?} -> Ours, {mechanism}, {password}, in a line of {maker:?}")
    }
}

impl Case for Made {
    fn missing(&self) -> Option<&'static str> {
        let tool = match self.maker {
            Maker::GnuSasl => programs::installed("gsasl", "gsasl").err(),
            Maker::Dovecot => programs::installed("dovecot", "dovecot-imapd").err(),
            Maker::Script => (!programs::runs("python3", "--version")).then_some("python3"),
        };
        tool.or_else(|| Row::new(self.client, Peer::Ours, self.mechanism).missing())
    }

    fn play(&self) -> Result<(), String> {
        let Self { client, mechanism, password, .. } = *self;
        let lines = self.line()?;
        let right = Row { password, ..Row::new(client, Peer::Ours, mechanism) };
        right.play_with(&Setting::new(&lines)?).map_err(|error| format!("{lines}{error}"))?;
        denied(Row { password: "another", ..right }).play_with(&Setting::new(&lines)?)
    }
}

#[test]
fn lines_that_others_make_let_their_users_in() {
    let made = |maker, client, mechanism| Made { maker, client, mechanism, password: "secret" };
    let mut rows = Vec::new();
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
        rows.push(made(Maker::GnuSasl, Peer::Cyrus, mechanism));
        rows.push(made(Maker::Dovecot, Peer::GnuSasl, mechanism));
    }
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        rows.push(made(Maker::Script, Peer::Ours, mechanism));
        // SASLprep makes IX of it, Cyrus SASL nothing.
        for client in [Peer::Ours, Peer::Cyrus, Peer::Scramp] {
            rows.push(Made { password: "\u{2168}", ..made(Maker::Script, client, mechanism) });
        }
    }
    run("SCRAM: lines of others", &rows);
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
