//! Our server in the place of PostgreSQL's: a gateway that speaks its protocol so far that clients log in and ask
//! one question. The name counts that the start-up message has: libpq's client-first has none, node-postgres' a
//! star.

use std::fmt;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use data_encoding::BASE64;

use crate::LOGON_DENIED;
use crate::accounts::{ACCOUNTS, Kept, Setting};
use crate::base64::decode;
use crate::line_protocol::{End as _, Event, PATIENCE, Process};
use crate::postgres::{Frames, OK, SASL, SASL_CONTINUE, SASL_FINAL, VERSION};
use crate::programs;
use crate::results::{Entry, Version};
use crate::runner::{Case, run};
use crate::support;

const MECHANISM: &str = "SCRAM-SHA-256";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Client {
    /// psql, over libpq.
    Psql,
    /// npm's pg.
    NodePostgres,
    Asyncpg,
    Pg8000,
}

const CLIENTS: [Client; 4] = [Client::Psql, Client::NodePostgres, Client::Asyncpg, Client::Pg8000];

#[derive(Clone, Copy)]
struct Login {
    client: Client,
    kept: Kept,
    user: &'static str,
    password: &'static str,
    welcome: bool,
}

/// What each prints once it has its answer.
const ANSWER: &str = "42";

impl Client {
    fn command(self, port: u16, user: &str, password: &str) -> Command {
        let port = port.to_string();
        let python = |script: &str| {
            let mut command = Command::new("python3");
            command.env("PYTHONPATH", support::root().join("target/python"));
            command.env("PYTHONDONTWRITEBYTECODE", "1").args(["-c", script]);
            command
        };
        let mut command = match self {
            Self::Psql => {
                let mut command = Command::new("psql");
                command.args(["-X", "-A", "-t", "-w", "-h", "127.0.0.1", "-d", "postgres"]);
                command.args(["-p", &port, "-U", user, "-c", "SELECT 42"]);
                command.env("PGPASSWORD", password);
                command.env("PGSSLMODE", "disable").env("PGGSSENCMODE", "disable");
                return command;
            }
            Self::NodePostgres => {
                let mut command = Command::new("node");
                command.env("NODE_PATH", support::root().join("target/node/node_modules"));
                command.args(["-e", NODE, "--"]);
                command
            }
            Self::Asyncpg => python(ASYNCPG),
            Self::Pg8000 => python(PG8000),
        };
        command.args([&port, user, password]);
        command
    }
}

const NODE: &str = "\
const [port, user, password] = process.argv.slice(-3)
const { Client } = require('pg')
const client = new Client({ host: '127.0.0.1', port: +port, user, password, database: 'postgres' })
client.connect()
  .then(() => client.query('SELECT 42'))
  .then(result => { console.log(Object.values(result.rows[0])[0]); return client.end() })
  .catch(error => { console.error(error.message); process.exit(1) })
";

const ASYNCPG: &str = "\
import asyncio, sys, asyncpg
async def main(port, user, password):
    connection = await asyncpg.connect(host='127.0.0.1', port=int(port), user=user,
                                       password=password, database='postgres', ssl=False)
    print((await connection.execute('SELECT 42')).split()[-1])
    await connection.close()
asyncio.run(main(*sys.argv[1:]))
";

const PG8000: &str = "\
import sys
from pg8000.native import Connection
port, user, password = sys.argv[1:]
connection = Connection(user, host='127.0.0.1', port=int(port), password=password,
                        database='postgres', ssl_context=False)
print(connection.run('SELECT 42')[0][0])
connection.close()
";

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, kept, user, password, welcome } = self;
        write!(f, "{client:?} -> Ours in PostgreSQL's place, {user} {password}, by {kept:?}")?;
        if *welcome { Ok(()) } else { write!(f, ": refused") }
    }
}

impl Case for Login {
    fn missing(&self) -> Option<&'static str> {
        let python = |module: &str, package: &'static str| {
            let module = support::root().join("target/python").join(module);
            (!module.exists()).then_some(package)
        };
        let pg = support::root().join("target/node/node_modules/pg");
        match self.client {
            Client::Psql => programs::file("/usr/bin/psql", "postgresql-client").err(),
            Client::NodePostgres if !programs::runs("node", "--version") => Some("nodejs"),
            Client::NodePostgres => (!pg.exists()).then_some("pg (of npm)"),
            Client::Asyncpg => python("asyncpg", "asyncpg (of PyPI)"),
            Client::Pg8000 => python("pg8000", "pg8000 (of PyPI)"),
        }
    }

    fn entry(&self) -> Option<Entry> {
        let (program, version) = match self.client {
            Client::Psql => ("psql (libpq)", Version::Debian("libpq5")),
            Client::NodePostgres => ("pg (npm)", Version::Pinned("8.23.1")),
            Client::Asyncpg => ("asyncpg (Python)", Version::Pinned("0.32.0")),
            Client::Pg8000 => ("pg8000 (Python)", Version::Pinned("1.31.6")),
        };
        (self.welcome && self.user == "alice").then_some(Entry {
            protocol: "SCRAM",
            program,
            version,
            role: "client",
            agreed: "SHA-256",
            settings: "`profiles` has the mechanism",
            names: "UTF-8",
        })
    }

    fn play(&self) -> Result<(), String> {
        let setting = Setting::with_all()?;
        let failed = |error: std::io::Error| format!("the gateway: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let mut client = self.client.command(port, self.user, self.password);
        client.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let (served, ended) = thread::scope(|scope| {
            let gateway = scope.spawn(|| self.serve(&listener, &setting));
            let ended = client.output().map_err(|error| format!("{:?}: {error}", self.client));
            // Where the client has not come, somebody does.
            let _ = TcpStream::connect(("127.0.0.1", port));
            (gateway.join().map_err(|_| "the gateway panicked".to_owned()), ended)
        });
        let ended = ended?;
        let [said, errors] =
            [ended.stdout, ended.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        let answered = ended.status.success() && said.trim() == ANSWER;
        let all = |reason| format!("{reason}; the client: {said}{errors}{}", setting.logs());
        match served.flatten() {
            Ok(let_in) if let_in == self.welcome && answered == self.welcome => Ok(()),
            Ok(let_in) => Err(all(format!("let in: {let_in}"))),
            Err(reason) => Err(all(reason)),
        }
    }
}

impl Login {
    /// Our server for who says that it is `user`.
    fn server(&self, user: &str, setting: &Setting) -> Result<Process, String> {
        let mut command = setting.ours(&programs::our_server()?);
        let (known, password, [_, keys, _]) = ACCOUNTS
            .into_iter()
            .find(|(known, ..)| *known == user)
            .unwrap_or(("somebody else", "secret", ACCOUNTS[0].2));
        command.args([format!("mechanism={MECHANISM}"), format!("user={known}")]);
        command.arg(format!("name={user}"));
        match self.kept {
            Kept::Password => command.arg(format!("password={password}")),
            Kept::Keys => command.arg(format!("keys={keys}")),
        };
        command.stderr(Stdio::from(setting.log("the server")?));
        Process::start("the server", &mut command)
    }

    /// One connection; whether its client was let in.
    fn serve(&self, listener: &TcpListener, setting: &Setting) -> Result<bool, String> {
        let (stream, _) = listener.accept().map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        let mut frames = Frames(stream);
        let start = frames.read_start()?;
        let parameters = start.strip_prefix(&VERSION.to_be_bytes()).ok_or("another version")?;
        let mut words = parameters.split(|byte| *byte == 0);
        let user = loop {
            match (words.next(), words.next()) {
                (Some(b"user"), Some(user)) => break String::from_utf8_lossy(user).into_owned(),
                (Some(_), Some(_)) => {}
                _ => return Err("a start without a user".to_owned()),
            }
        };
        let mut server = self.server(&user, setting)?;
        frames.authentication(SASL, format!("{MECHANISM}\0\0").as_bytes())?;
        let initial = password_message(&mut frames)?;
        let token = initial.strip_prefix(format!("{MECHANISM}\0").as_bytes());
        let token = token.and_then(|rest| rest.get(4..)).ok_or("another mechanism")?;
        server.token(&BASE64.encode(token))?;
        // Nobody is refused before the proof.
        let challenge = match server.event()? {
            Event::Token(challenge) => challenge,
            other => return Err(format!("no challenge but {other:?}")),
        };
        frames.authentication(SASL_CONTINUE, &decode(&challenge))?;
        server.token(&BASE64.encode(&password_message(&mut frames)?))?;
        let signature = match server.event()? {
            Event::Token(signature) => signature,
            Event::Refused(reason) if reason.contains(LOGON_DENIED) => return refuse(&mut frames),
            other => return Err(format!("no signature but {other:?}")),
        };
        let end = server.event()?;
        if !matches!(end, Event::Established(_)) {
            return Err(format!("a signature, and then {end:?}"));
        }
        frames.authentication(SASL_FINAL, &decode(&signature))?;
        frames.authentication(OK, b"")?;
        for parameter in ["server_version\x0015.0\0", "client_encoding\0UTF8\0"] {
            frames.write(Some(b'S'), parameter.as_bytes())?;
        }
        ready(&mut frames)?;
        loop {
            match frames.read()? {
                (b'Q', _) => answer(&mut frames)?,
                (b'X', _) => return Ok(true),
                (kind, _) => return Err(format!("the client sends {}", kind.escape_ascii())),
            }
        }
    }
}

fn password_message(frames: &mut Frames<TcpStream>) -> Result<Vec<u8>, String> {
    match frames.read()? {
        (b'p', content) => Ok(content),
        (kind, _) => Err(format!("the client sends {}", kind.escape_ascii())),
    }
}

/// `ErrorResponse`, as PostgreSQL has it for a wrong password.
fn refuse(frames: &mut Frames<TcpStream>) -> Result<bool, String> {
    let error = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0";
    frames.write(Some(b'E'), error)?;
    Ok(false)
}

/// `ReadyForQuery`.
fn ready(frames: &mut Frames<TcpStream>) -> Result<(), String> {
    frames.write(Some(b'Z'), b"I")
}

/// One row of one column, an integer.
fn answer(frames: &mut Frames<TcpStream>) -> Result<(), String> {
    let column = b"\0\x01?column?\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xFF\xFF\xFF\xFF\0\0";
    frames.write(Some(b'T'), column)?;
    frames.write(Some(b'D'), &[b"\0\x01\0\0\0\x02", ANSWER.as_bytes()].concat())?;
    // A tag, whose last word asyncpg's caller sees.
    frames.write(Some(b'C'), format!("SELECT {ANSWER}\0").as_bytes())?;
    ready(frames)
}

#[test]
fn clients_of_postgresql_log_in_to_our_server() {
    let mut rows = Vec::new();
    for client in CLIENTS {
        let right =
            Login { client, kept: Kept::Keys, user: "alice", password: "secret", welcome: true };
        rows.extend([
            right,
            Login { kept: Kept::Password, ..right },
            Login { user: "jäger", password: "grün", ..right },
            Login { password: "Secret", welcome: false, ..right },
            Login { user: "mallory", welcome: false, ..right },
        ]);
    }
    run("SCRAM: PostgreSQL's clients", &rows);
}
