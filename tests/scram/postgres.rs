//! PostgreSQL's server as an end, and the framing that its peers share (the PostgreSQL manual, "Message Formats").

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::BASE64;

use crate::accounts::{ACCOUNTS, Setting};
use crate::base64::decode;
use crate::line_protocol::{Agreed, End, Event, PATIENCE, Process};
use crate::programs::{self, Found};
use crate::row::{Ending, Peer, Row};
use crate::runner::{Case, run};

/// `AuthenticationSASL`, and what follows it.
pub(crate) const SASL: u32 = 10;
pub(crate) const SASL_CONTINUE: u32 = 11;
pub(crate) const SASL_FINAL: u32 = 12;
pub(crate) const OK: u32 = 0;
/// The version of the start-up message.
pub(crate) const VERSION: u32 = 3 << 16;

pub(crate) fn program() -> Found {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin/postgres")).collect();
    found.sort();
    found.pop().filter(|program| program.is_file()).ok_or("postgresql")
}

/// A connection, on either side of it.
pub(crate) struct Frames<S>(pub(crate) S);

impl<S: Read + Write> Frames<S> {
    /// A message: its kind, and what it says.
    pub(crate) fn read(&mut self) -> Result<(u8, Vec<u8>), String> {
        let mut kind = [0];
        self.0.read_exact(&mut kind).map_err(|error| format!("the connection: {error}"))?;
        Ok((kind[0], self.read_start()?))
    }

    /// A message that has no kind: the first of a client's.
    pub(crate) fn read_start(&mut self) -> Result<Vec<u8>, String> {
        let broken = |error| format!("the connection: {error}");
        let mut length = [0; 4];
        self.0.read_exact(&mut length).map_err(broken)?;
        let length = u32::from_be_bytes(length) as usize;
        let length = length.checked_sub(4).filter(|length| *length < 1 << 16);
        let mut content = vec![0; length.ok_or("a message of another protocol")?];
        self.0.read_exact(&mut content).map_err(broken)?;
        Ok(content)
    }

    pub(crate) fn write(&mut self, kind: Option<u8>, content: &[u8]) -> Result<(), String> {
        let length = u32::try_from(content.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
        let kind = kind.as_slice();
        let message = [kind, &length, content].concat();
        self.0.write_all(&message).map_err(|error| format!("the connection: {error}"))
    }

    /// `Authentication...`, with its number.
    pub(crate) fn authentication(&mut self, number: u32, content: &[u8]) -> Result<(), String> {
        self.write(Some(b'R'), &[&number.to_be_bytes(), content].concat())
    }
}

/// Divides a message after its first four bytes.
fn numbered(content: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = content.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// A running PostgreSQL in a directory of its own, whose users log in by SCRAM over its socket.
struct Daemon {
    process: Process,
    socket: PathBuf,
}

impl Drop for Daemon {
    /// Its children end with it only when it is asked to end.
    fn drop(&mut self) {
        self.process.terminate();
    }
}

fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    let own = Command::new("id").arg("-u").output().map(|output| output.stdout);
    if own.is_ok_and(|id| id == b"0\n") {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.arg(program);
    command
}

fn succeed(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let [said, errors] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    if output.status.success() { Ok(said) } else { Err(format!("{command:?}: {errors}")) }
}

impl Daemon {
    fn start(setting: &Setting) -> Result<Self, String> {
        let (program, directory) = (program()?, setting.path("postgres"));
        fs::create_dir(&directory).map_err(|error| error.to_string())?;
        // Where this is root, PostgreSQL is a user of its own.
        let _ = Command::new("chown").arg("postgres").arg(&directory).output();
        let data = directory.join("data");
        let mut init = as_postgres(&program.with_file_name("initdb"));
        init.args(["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]);
        succeed(init.arg("-D").arg(&data).current_dir(&directory))?;
        fs::write(
            data.join("pg_hba.conf"),
            "local all postgres trust\nlocal all all scram-sha-256\n",
        )
        .map_err(|error| error.to_string())?;
        let mut command = as_postgres(&program);
        command.arg("-D").arg(&data).current_dir(&directory);
        command.args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        command.arg("-c").arg(format!("unix_socket_directories={}", directory.display()));
        let mut process = Process::start_merged("PostgreSQL", &mut command)?;
        let ready = |line: &str| line.contains("ready to accept connections").then_some(());
        process.read_until(ready)?;
        let daemon = Self { process, socket: directory.join(".s.PGSQL.5432") };
        for (user, password, _) in ACCOUNTS {
            daemon.sql(&format!("CREATE ROLE \"{user}\" LOGIN PASSWORD '{password}'"))?;
        }
        Ok(daemon)
    }

    fn sql(&self, statement: &str) -> Result<String, String> {
        let host = self.socket.parent().ok_or("no directory")?.display().to_string();
        let mut psql = Command::new("psql");
        succeed(psql.args(["-h", &host, "-U", "postgres", "-X", "-A", "-t", "-c", statement]))
    }

    /// A connection of `user`, at the point where SASL begins.
    fn connect(&self, user: &str) -> Result<Postgres, String> {
        let stream = UnixStream::connect(&self.socket).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        let mut frames = Frames(stream);
        let start = format!("user\0{user}\0database\0postgres\0\0");
        frames.write(None, &[&VERSION.to_be_bytes(), start.as_bytes()].concat())?;
        let (kind, content) = frames.read()?;
        match (kind, numbered(&content)) {
            (b'R', Some((SASL, b"SCRAM-SHA-256\0\0"))) => Ok(Postgres { frames, begun: false }),
            _ => Err(format!("PostgreSQL begins with {}", content.escape_ascii())),
        }
    }
}

struct Postgres {
    frames: Frames<UnixStream>,
    /// Whether the client's first token has gone.
    begun: bool,
}

impl End for Postgres {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        let token = decode(base64);
        if std::mem::replace(&mut self.begun, true) {
            // The answer to server-final is not sent.
            return if token.is_empty() { Ok(()) } else { self.frames.write(Some(b'p'), &token) };
        }
        let length = u32::try_from(token.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.frames.write(Some(b'p'), &[b"SCRAM-SHA-256\0", &length[..], &token].concat())
    }

    fn event(&mut self) -> Result<Event, String> {
        let (kind, content) = self.frames.read()?;
        match (kind, numbered(&content)) {
            (b'R', Some((SASL_CONTINUE | SASL_FINAL, token))) => {
                Ok(Event::Token(BASE64.encode(token)))
            }
            (b'R', Some((OK, _))) => {
                let [user, authzid] = std::array::from_fn(|_| "?".to_owned());
                Ok(Event::Established(Agreed { qop: "auth".to_owned(), user, authzid, largest: 0 }))
            }
            (b'E', _) => Ok(Event::Refused(String::from_utf8_lossy(&content).into_owned())),
            _ => Err(format!("PostgreSQL says {}", content.escape_ascii())),
        }
    }

    fn ask(&mut self, _: &str) -> Result<String, String> {
        Err("PostgreSQL has no security layer".to_owned())
    }
}

/// Logins at one server, and one through a line that it wrote.
struct Logins(Row);

impl std::fmt::Display for Logins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Case for Logins {
    fn missing(&self) -> Option<&'static str> {
        let psql = programs::file("/usr/bin/psql", "postgresql-client").err();
        self.0.missing().or(psql)
    }

    fn entry(&self) -> Option<crate::results::Entry> {
        self.0.entry()
    }

    fn play(&self) -> Result<(), String> {
        let setting = Setting::with_all()?;
        let daemon = Daemon::start(&setting)?;
        for (user, password, welcome) in [
            ("alice", "secret", true),
            ("jäger", "grün", true),
            ("alice", "Secret", false),
            ("mallory", "secret", false),
        ] {
            let ending = if welcome { Ending::Established } else { Ending::ServerRefuses("") };
            let row = Row { user, password, ending, ..self.0 };
            let server = Box::new(daemon.connect(user)?);
            row.play_against(server, &setting).map_err(|error| format!("{row}: {error}"))?;
        }
        let line = daemon
            .sql("SELECT rolname || ':' || rolpassword FROM pg_authid WHERE rolname = 'alice'")?;
        let row = Row::new(Peer::Ours, Peer::Ours, "SCRAM-SHA-256");
        row.play_with(&Setting::new(&line)?).map_err(|error| format!("{line}: {error}"))
    }
}

#[test]
fn our_client_logs_in_to_postgresql() {
    let row = Row::new(Peer::Ours, Peer::Postgres, "SCRAM-SHA-256");
    run("SCRAM: our client, PostgreSQL", &[Logins(row)]);
}
