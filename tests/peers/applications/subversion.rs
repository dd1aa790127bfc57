//! svnserve with our client, in Subversion's protocol, under every layer that Debian's Cyrus SASL has.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::accounts::Setting;
use crate::base64::{decode, encode};
use crate::line_protocol::Process;
use crate::peer::{MAXBUF, REALM};
use crate::programs::{self, Found};
use crate::runner::run;
use crate::support;

use super::Application;
use super::side::{Side, Step};
use super::wire::{Wire, free_port};
use crate::results::{Entry, Version};

/// What svnserve announces; a message holds less.
const SERVERS_MAXBUF: usize = 16384;

/// A file, of more than a message.
const LARGE: usize = 100_000;

fn program() -> Found {
    programs::installed("svnadmin", "subversion")?;
    saslpasswd()?;
    programs::installed("svnserve", "subversion")
}

/// Cyrus SASL's tool for its database of users.
pub(super) fn saslpasswd() -> Found {
    let path = PathBuf::from("/usr/sbin/saslpasswd2");
    if path.exists() { Ok(path) } else { Err("sasl2-bin") }
}

/// Users, passwords, and whether they are let in by a server of that database.
pub(super) const LOGINS: [(&str, &str, bool); 4] = [
    ("alice", "secret", true),
    ("jos\u{e9}", "secret", true),
    ("alice", "Secret", false),
    ("jos\u{e9}", "Secret", false),
];

/// Makes a database of Cyrus SASL's in which everybody's password is secret.
pub(super) fn database(setting: &Setting, realm: &str) -> Result<PathBuf, String> {
    let path = setting.path("sasldb2");
    for user in ["alice", "jos\u{e9}"] {
        let mut command = Command::new(saslpasswd()?);
        command.args(["-p", "-c", "-f"]).arg(&path).args(["-u", realm, user]);
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        if let Some(mut input) = child.stdin.take() {
            std::io::Write::write_all(&mut input, b"secret").map_err(|error| error.to_string())?;
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("saslpasswd2: {status}"));
        }
    }
    Ok(path)
}

struct Server {
    process: Process,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.terminate();
    }
}

fn start(setting: &Setting) -> Result<Server, String> {
    let repository = setting.path("repository");
    support::succeed(Command::new("svnadmin").arg("create").arg(&repository));
    let url = format!("file://{}", repository.display());
    let large = setting.path("large");
    std::fs::write(&large, content()).map_err(|error| error.to_string())?;
    support::succeed(
        Command::new("svnmucc").args(["-m", "x", "-U", &url, "put"]).arg(&large).arg("large"),
    );
    let text = format!(
        "[general]\nanon-access = none\nrealm = {REALM}\n\
         [sasl]\nuse-sasl = true\nmin-encryption = 0\nmax-encryption = 256\n"
    );
    setting.write("repository/conf/svnserve.conf", text.as_bytes())?;
    let database = database(setting, REALM)?;
    let text = format!(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\nmech_list: DIGEST-MD5\n",
        database.display()
    );
    setting.write("svn.conf", text.as_bytes())?;
    let port = free_port()?;
    let mut command = Command::new(program()?);
    command.args(["--daemon", "--foreground", "--listen-host", "127.0.0.1"]);
    command.args(["--listen-port", &port.to_string(), "--root"]).arg(setting.path(""));
    command.arg("--log-file").arg("/dev/stderr").env("SASL_CONF_PATH", setting.path(""));
    let process = Process::start("svnserve", command.stderr(setting.log("the server")?))?;
    Ok(Server { process, port })
}

fn content() -> Vec<u8> {
    (0_u32..).map(|place| b'a' + u8::try_from(place % 23).unwrap_or_default()).take(LARGE).collect()
}

/// A connection of the protocol, with the layer once there is one.
struct Session {
    wire: Wire,
    layer: Option<Side>,
    read: Vec<u8>,
}

impl Session {
    fn send(&mut self, text: &[u8]) -> Result<(), String> {
        match &mut self.layer {
            None => self.wire.write(text),
            Some(side) => {
                let body = side.wrap(text)?;
                self.wire.write_framed(&body)
            }
        }
    }

    /// Text up to and with `end`.
    fn until(&mut self, end: &str) -> Result<String, String> {
        if self.layer.is_none() {
            return self.wire.until(end);
        }
        loop {
            let found = self.read.windows(end.len()).position(|text| text == end.as_bytes());
            if let Some(at) = found {
                let rest = self.read.split_off(at + end.len());
                let text = std::mem::replace(&mut self.read, rest);
                return Ok(String::from_utf8_lossy(&text).into_owned());
            }
            let body = self.wire.read_framed()?;
            if let Some(side) = &mut self.layer {
                self.read.extend(side.open(&body)?);
            }
        }
    }

    /// A command's answer, after the question for authentication that comes before it.
    fn command(&mut self, command: &str, end: &str) -> Result<String, String> {
        self.send(command.as_bytes())?;
        self.until("( success ( ( ) 0: ) ) ")?;
        self.until(end)
    }
}

/// Logs in; false where that was refused.
fn login(session: &mut Session, side: &mut Side, port: u16) -> Result<bool, String> {
    session.until(") ) ) ").map_err(|error| format!("no greeting: {error}"))?;
    let url = format!("svn://127.0.0.1:{port}/repository");
    let hello = format!("( 2 ( edit-pipeline svndiff1 ) {}:{url} 4:test ( ) ) ", url.len());
    session.send(hello.as_bytes())?;
    let offer = session.until(") ) ")?;
    if !offer.contains("DIGEST-MD5") {
        return Err(offer);
    }
    session.send(b"( DIGEST-MD5 ( ) ) ")?;
    let challenge = token(&session.until(") ) ")?)?;
    let response = encode(&side.step(&challenge)?.token()?);
    session.send(format!("{}:{response} ", response.len()).as_bytes())?;
    let answer = session.until(") ) ")?;
    if answer.starts_with("( failure ") {
        return Ok(false);
    }
    match side.step(&token(&answer)?)? {
        Step::Established(_) => {}
        step => return step.established().map(|_| false),
    }
    if answer.starts_with("( step ") {
        session.send(b"0: ")?;
        session.until(") ) ")?;
    }
    Ok(true)
}

/// The token of `( step ( N:... ) )` or `( success ( N:... ) )`: base64, in lines.
fn token(answer: &str) -> Result<Vec<u8>, String> {
    let (_, text) = answer.split_once(':').ok_or(answer)?;
    Ok(decode(&text.split(' ').next().unwrap_or_default().replace('\n', "")))
}

fn play(entry: &Entry) -> Result<(), String> {
    let (qop, cipher) = entry.agreed.split_once(' ').unwrap_or((entry.agreed, ""));
    let ciphers = (!cipher.is_empty()).then_some(cipher);
    let setting = Setting::new(None, ciphers, MAXBUF)?;
    let server = start(&setting)?;
    for (user, password, welcome) in LOGINS {
        let [qop_word, user_word, password_word] =
            [("qop", qop), ("user", user), ("password", password)].map(|(k, v)| format!("{k}={v}"));
        let words = ["target=svn/127.0.0.1", &qop_word, &user_word, &password_word];
        let mut side = Side::client(&setting, &words)?;
        let wire = connect(server.port)?;
        let mut session = Session { wire, layer: None, read: Vec::new() };
        let told = |error: String| error + &setting.logs();
        if login(&mut session, &mut side, server.port).map_err(told)? != welcome {
            return Err(format!("{user}, {password}: {}{}", !welcome, setting.logs()));
        }
        if welcome {
            session.layer = (qop != "auth").then_some(side);
            use_it(&mut session).map_err(told)?;
        }
    }
    Ok(())
}

/// svnserve says nothing when it listens: its port is asked until it does.
fn connect(port: u16) -> Result<Wire, String> {
    let mut last = String::new();
    for _ in 0..1_000_000 {
        match Wire::connect(port) {
            Ok(wire) => return Ok(wire),
            Err(error) => last = error,
        }
        std::thread::yield_now();
    }
    Err(last)
}

fn use_it(session: &mut Session) -> Result<(), String> {
    session.until(") ) ) ").map_err(|error| format!("no repository: {error}"))?;
    let latest = session.command("( get-latest-rev ( ) ) ", "( success ( 1 ) ) ")?;
    if latest != "( success ( 1 ) ) " {
        return Err(latest);
    }
    // The longest command that one message holds, and the shortest path.
    for length in [1, 1024, SERVERS_MAXBUF - 200] {
        let path = "x".repeat(length);
        let command = format!("( check-path ( {length}:{path} ( ) ) ) ");
        session.command(&command, "( success ( none ) ) ")?;
    }
    let text = session.command("( get-file ( 5:large ( 1 ) false true false ) ) ", " 0: ")?;
    session.until("( success ( ) ) ")?;
    let content = String::from_utf8_lossy(&content()).into_owned();
    // It comes as strings, each after its length.
    let strings: String =
        text.split(' ').filter_map(|part| part.split_once(':')).map(|(_, t)| t).collect();
    if strings.ends_with(&content) { Ok(()) } else { Err("another file".to_owned()) }
}

#[test]
fn our_client_logs_in_to_svnserve() {
    let row = |agreed, settings| Application {
        entry: Entry {
            protocol: "DIGEST-MD5",
            program: "svnserve",
            version: Version::Debian("subversion"),
            role: "server",
            agreed,
            settings,
            names: "ISO 8859-1",
        },
        missing: || program().err(),
        play,
    };
    run(
        "svnserve",
        &[
            row("auth", "none"),
            row("auth-int", "none"),
            row("auth-conf rc4", "`DigestEncryptionAlgorithms = \"rc4\"`"),
            row("auth-conf des", "`DigestEncryptionAlgorithms = \"des\"`"),
        ],
    );
}
