//! Interoperability: this library's server and client with the unmodified programs of others.
//!
//! A row needs a peer that is installed (`.ci/install peers` installs all of them on Debian). Where it is
//! not, the row is skipped with a line on standard error; where `CI=true` it fails.

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod applications;
mod base64;
mod dovecot;
mod exchange;
mod imap;
mod line_protocol;
mod peer;
mod programs;
mod results;
mod runner;
mod setting;

use std::path::Path;
use std::process::Command;

use accounts::Setting;
use exchange::Outcome;
use imap::Client;
use line_protocol::{Agreed, End, Event};
use peer::{Login, MAXBUF, Peer, Row};
use results::Entry;
use runner::{Case, run};

impl Case for Row {
    fn missing(&self) -> Option<&'static str> {
        Row::missing(self)
    }

    fn entry(&self) -> Option<Entry> {
        Row::entry(self)
    }

    fn play(&self) -> Result<(), String> {
        let account = (!self.asks_program).then(|| self.account());
        let setting = Setting::new(account, self.configured_ciphers(), self.maxbuf)?;
        let setting = setting.with(self.lines())?;
        let mut transcript = String::new();
        play(self, &setting, &mut transcript).map_err(|error| error + &transcript + &setting.logs())
    }
}

/// Plays a row to its end and checks it.
fn play(row: &Row, setting: &Setting, transcript: &mut String) -> Result<(), String> {
    let mut server = row.start_server(setting)?;
    let mut client = row.start_client(setting)?;
    match exchange::exchange(client.as_mut(), server.as_mut(), false, transcript)? {
        Outcome::Established { .. } if !row.welcome() => Err("it was let in".to_owned()),
        Outcome::Established { client: of_client, server: of_server } => {
            check(row, &of_client, &of_server)?;
            if row.qop == "auth" || row.client == Peer::GnuSaslTool {
                return Ok(());
            }
            let seed = row
                .to_string()
                .bytes()
                .fold(1, |seed: u32, byte| seed.wrapping_mul(31).wrapping_add(u32::from(byte)));
            let largest = (of_client.largest, of_server.largest);
            exchange::messages(client.as_mut(), server.as_mut(), largest, seed)
        }
        Outcome::ClientRefused(reason) => Err(format!("the client refused: {reason}")),
        Outcome::ServerRefused(reason) if row.welcome() => Err(format!("refused: {reason}")),
        // SEC_E_LOGON_DENIED, whichever was wrong.
        Outcome::ServerRefused(reason)
            if row.server == Peer::Ours && reason != "SaslAcceptSecurityContext 0x8009030C" =>
        {
            Err(format!("refused with another status: {reason}"))
        }
        Outcome::ServerRefused(_) => Ok(()),
    }
}

/// Whether both ends agreed what the row says.
fn check(row: &Row, client: &Agreed, server: &Agreed) -> Result<(), String> {
    let (user, _, authzid) = row.claims();
    for (name, end) in [("the client", client), ("the server", server)] {
        if end.qop != row.qop && end.qop != "?" {
            return Err(format!("{name} agreed {}", end.qop));
        }
    }
    if row.server == Peer::Ours {
        if !server.user.ends_with(user) {
            return Err(format!("the server calls the user {}", server.user));
        }
        if server.authzid != authzid.unwrap_or("-") {
            return Err(format!("the server has the authorization identity {}", server.authzid));
        }
    }
    if row.client == Peer::Ours
        && let Some(authzid) = authzid
        && !server.authzid.starts_with(authzid)
    {
        return Err(format!("the server was asked for {}", server.authzid));
    }
    Ok(())
}

const fn row(client: Peer, server: Peer, qop: &'static str, cipher: &'static str) -> Row {
    Row { client, server, qop, cipher, login: Login::Right, maxbuf: MAXBUF, asks_program: false }
}

/// The same row with other logins.
fn logins(row: Row, logins: &[Login]) -> impl Iterator<Item = Row> {
    logins.iter().map(move |&login| Row { login, ..row })
}

/// The same row with other logins, once by the account file and once by the server's program.
fn logins_both_ways(row: Row) -> impl Iterator<Item = Row> {
    let program = Row { asks_program: true, ..row };
    logins(row, &ALL_LOGINS).chain([program]).chain(logins(program, &ALL_LOGINS))
}

const ALL_LOGINS: [Login; 5] =
    [Login::WrongPassword, Login::UnknownUser, Login::ForAnother, Login::Umlauts, Login::Wide];

/// The harness itself: peers with one another, as their makers have them.
#[test]
fn peers_understand_each_other() {
    run(
        "peers among themselves",
        &[
            row(Peer::Cyrus, Peer::Jdk, "auth-conf", "rc4"),
            row(Peer::Jdk, Peer::Cyrus, "auth-conf", "rc4-40"),
            row(Peer::CyrusRepaired, Peer::Jdk, "auth-conf", "3des"),
            row(Peer::GnuSasl, Peer::Cyrus, "auth-int", ""),
            row(Peer::Jdk, Peer::GnuSasl, "auth-int", ""),
            row(Peer::GnuSaslTool, Peer::Jdk, "auth-int", ""),
            row(Peer::Cyrus, Peer::Dovecot, "auth", ""),
            Row { login: Login::Wide, ..row(Peer::Cyrus, Peer::Dovecot, "auth", "") },
            Row { maxbuf: 2048, ..row(Peer::Cyrus, Peer::Jdk, "auth-conf", "des") },
        ],
    );
}

/// An end to which messages come changed.
struct Forging(Box<dyn End>);

impl End for Forging {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        self.0.token(base64)
    }

    fn event(&mut self) -> Result<Event, String> {
        self.0.event()
    }

    fn ask(&mut self, line: &str) -> Result<String, String> {
        match line.strip_prefix("RECV ") {
            Some(body) if body.starts_with('A') => self.0.ask(&format!("RECV B{}", &body[1..])),
            Some(body) => self.0.ask(&format!("RECV A{}", &body[1..])),
            None => self.0.ask(line),
        }
    }
}

/// The harness itself: a message that does not arrive as it was sent is a failure.
#[test]
fn a_changed_message_is_noticed() {
    let row = row(Peer::GnuSasl, Peer::Cyrus, "auth-int", "");
    if runner::skip(&row) {
        return;
    }
    let setting = Setting::new(None, None, MAXBUF).unwrap();
    let mut server = Forging(row.start_server(&setting).unwrap());
    let mut client = row.start_client(&setting).unwrap();
    let outcome =
        exchange::exchange(client.as_mut(), &mut server, false, &mut String::new()).unwrap();
    assert!(matches!(outcome, Outcome::Established { .. }));
    let result = exchange::messages(client.as_mut(), &mut server, (100, 100), 1);
    let error = result.unwrap_err();
    assert!(error.contains("sasl_decode"), "{error}");
}

#[test]
fn cyrus_clients_log_in_to_our_server() {
    let mut rows = vec![
        row(Peer::Cyrus, Peer::Ours, "auth", ""),
        row(Peer::Cyrus, Peer::Ours, "auth-int", ""),
        row(Peer::Cyrus, Peer::Ours, "auth-conf", "rc4"),
        row(Peer::Cyrus, Peer::Ours, "auth-conf", "rc4-56"),
        row(Peer::Cyrus, Peer::Ours, "auth-conf", "rc4-40"),
        row(Peer::Cyrus, Peer::Ours, "auth-conf", "des"),
        row(Peer::CyrusRepaired, Peer::Ours, "auth-conf", "3des"),
    ];
    rows.extend([rows[1], rows[2], rows[5]].map(|row| Row { maxbuf: 2048, ..row }));
    rows.extend(logins_both_ways(rows[1]));
    run("Cyrus SASL's client, our server", &rows);
}

#[test]
fn gnu_sasl_clients_log_in_to_our_server() {
    let mut rows = vec![
        row(Peer::GnuSaslTool, Peer::Ours, "auth", ""),
        row(Peer::GnuSaslTool, Peer::Ours, "auth-int", ""),
        row(Peer::GnuSasl, Peer::Ours, "auth", ""),
        row(Peer::GnuSasl, Peer::Ours, "auth-int", ""),
    ];
    rows.extend(logins(rows[0], &ALL_LOGINS));
    rows.extend(logins_both_ways(rows[3]));
    run("GNU SASL's client, our server", &rows);
}

#[test]
fn jdk_clients_log_in_to_our_server() {
    let mut rows = vec![
        row(Peer::Jdk, Peer::Ours, "auth", ""),
        row(Peer::Jdk, Peer::Ours, "auth-int", ""),
        row(Peer::Jdk, Peer::Ours, "auth-conf", "3des"),
        row(Peer::JdkWithCipher, Peer::Ours, "auth-conf", "rc4"),
        row(Peer::JdkWithCipher, Peer::Ours, "auth-conf", "des"),
        row(Peer::JdkWithCipher, Peer::Ours, "auth-conf", "rc4-56"),
        row(Peer::Jdk, Peer::Ours, "auth-conf", "rc4-40"),
    ];
    rows.push(Row { maxbuf: 2048, ..rows[2] });
    rows.extend(logins_both_ways(rows[1]));
    run("the JDK's client, our server", &rows);
}

#[test]
fn our_client_logs_in_to_cyrus_servers() {
    let mut rows = vec![
        row(Peer::Ours, Peer::Cyrus, "auth", ""),
        row(Peer::Ours, Peer::Cyrus, "auth-int", ""),
        row(Peer::Ours, Peer::Cyrus, "auth-conf", "rc4"),
        row(Peer::Ours, Peer::Cyrus, "auth-conf", "rc4-56"),
        row(Peer::Ours, Peer::Cyrus, "auth-conf", "rc4-40"),
        row(Peer::Ours, Peer::Cyrus, "auth-conf", "des"),
        row(Peer::Ours, Peer::CyrusRepaired, "auth-conf", "3des"),
    ];
    rows.extend([rows[1], rows[2], rows[5]].map(|row| Row { maxbuf: 2048, ..row }));
    rows.extend(logins(rows[1], &ALL_LOGINS));
    run("our client, Cyrus SASL's server", &rows);
}

#[test]
fn our_client_logs_in_to_gnu_sasl_servers() {
    let mut rows = vec![
        row(Peer::Ours, Peer::GnuSaslTool, "auth", ""),
        row(Peer::Ours, Peer::GnuSasl, "auth", ""),
        row(Peer::Ours, Peer::GnuSasl, "auth-int", ""),
    ];
    // It hashes names in UTF-8 and passwords in ISO 8859-1, which our client does in one charset: a name
    // beyond ASCII needs another password.
    let shared = ALL_LOGINS.map(|login| match login {
        Login::Umlauts => Login::NameInUtf8,
        shared => shared,
    });
    rows.extend(logins(rows[2], &shared));
    run("our client, GNU SASL's server", &rows);
}

#[test]
fn our_client_logs_in_to_jdk_servers() {
    let mut rows = vec![
        row(Peer::Ours, Peer::Jdk, "auth", ""),
        row(Peer::Ours, Peer::Jdk, "auth-int", ""),
        row(Peer::Ours, Peer::Jdk, "auth-conf", "3des"),
        row(Peer::Ours, Peer::Jdk, "auth-conf", "rc4"),
        row(Peer::Ours, Peer::Jdk, "auth-conf", "des"),
        row(Peer::Ours, Peer::Jdk, "auth-conf", "rc4-56"),
        row(Peer::Ours, Peer::Jdk, "auth-conf", "rc4-40"),
    ];
    rows.push(Row { maxbuf: 2048, ..rows[2] });
    rows.extend(logins(rows[1], &ALL_LOGINS));
    run("our client, the JDK's server", &rows);
}

#[test]
fn our_client_logs_in_to_dovecot() {
    let mut rows = vec![row(Peer::Ours, Peer::Dovecot, "auth", "")];
    // It hashes UTF-8 where RFC 2831 §2.1.2.1 wants ISO 8859-1.
    let shared = [Login::WrongPassword, Login::UnknownUser, Login::UmlautsInUtf8, Login::Wide];
    rows.extend(logins(rows[0], &shared));
    run("our client, Dovecot's IMAP server", &rows);
}

#[test]
fn clients_log_in_to_the_example_server() {
    let clients = [Client::Curl, Client::Gsasl("qop-auth"), Client::Gsasl("qop-int")];
    let logins = [
        ("alice", "secret", true),
        ("alice", "Secret", false),
        ("mallory", "secret", false),
        ("jäger", "grün", true),
    ];
    let rows = clients
        .iter()
        .flat_map(|&client| {
            logins.map(|(user, password, welcome)| imap::Login { client, user, password, welcome })
        })
        .collect::<Vec<_>>();
    run("clients of the example's IMAP server", &rows);
}

/// A generic caller's wrap and unwrap, with each cipher and without one; by sspilib.
struct Generic(&'static str);

impl std::fmt::Display for Generic {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "sspilib -> sspilib, {}", self.0)
    }
}

impl Case for Generic {
    fn missing(&self) -> Option<&'static str> {
        programs::sspilib(&mut Command::new("python3")).err()
    }

    fn play(&self) -> Result<(), String> {
        let (layer, cipher) = match self.0 {
            "auth-int" => ("integrity", None),
            cipher => ("confidentiality", Some(cipher)),
        };
        let setting = Setting::new(Some(("alice", "secret")), cipher, MAXBUF)?;
        let mut command = setting.ours(Path::new("python3"));
        programs::sspilib(&mut command)?;
        let told =
            support::succeed(command.args(["WDigest", "ldap/host", layer, "alice", "secret"]));
        if told == "184 messages\n" { Ok(()) } else { Err(told) }
    }
}

#[test]
fn generic_callers_wrap_and_unwrap() {
    let rows = ["auth-int", "3des", "rc4", "des", "rc4-56", "rc4-40"].map(Generic);
    run("sspilib", &rows);
}
