//! `ZooKeeper`'s own shell and kazoo, with a server that is theirs but for its SASL, which is ours.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::accounts::{Charset, Setting};
use crate::line_protocol::Agreed;
use crate::peer::MAXBUF;
use crate::runner::run;
use crate::support;

use super::Application;
use super::java;
use super::side::{Side, Step};
use super::subversion::LOGINS;
use super::wire::{Wire, framed, listen};
use super::zookeeper::{CLOSE, SASL, class_path};
use crate::results::{Entry, Version};

/// The answer to whoever is not logged in, ZNOAUTH, and to a bad login, ZAUTHFAILED.
const NO_AUTH: i32 = -102;
const AUTH_FAILED: i32 = -115;
const GET_DATA: i32 = 4;

/// Serves connections until one was closed by its client; what the login of it agreed.
fn serve(
    listener: &TcpListener,
    mut ours: impl FnMut() -> Result<Side, String>,
) -> Result<Option<Agreed>, String> {
    let mut wire = Wire::accept(listener)?;
    wire.read_framed()?;
    let session = 1_i64.to_be_bytes();
    let accepted =
        [&[0; 4][..], &30_000_i32.to_be_bytes(), &session, &framed(&[0; 16]), &[0]].concat();
    wire.write_framed(&accepted)?;
    let mut side = ours()?;
    let mut agreed = None;
    while let Ok(request) = wire.read_framed() {
        let number = |from: usize| {
            let bytes = request.get(from..from + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(i32::from_be_bytes).ok_or("a short request")
        };
        let (error, body) = match number(4)? {
            SASL if request.len() == 12 => (0, framed(&side.token()?)),
            SASL => match side.step(&request[12..])? {
                Step::Token(rspauth) => {
                    agreed = Some(side.established()?);
                    (0, framed(&rspauth))
                }
                Step::Refused(_) => (AUTH_FAILED, Vec::new()),
                Step::Established(_) => return Err("established without rspauth".to_owned()),
            },
            GET_DATA if agreed.is_some() => (0, [framed(b"the data"), vec![0; 68]].concat()),
            GET_DATA => (NO_AUTH, Vec::new()),
            // Everything else, a ping and the end of the session, has an answer without a body.
            _ => (0, Vec::new()),
        };
        let head = [&number(0)?.to_be_bytes()[..], &[0; 8], &error.to_be_bytes()].concat();
        wire.write_framed(&[head, body].concat())?;
        if number(4)? == CLOSE || error == AUTH_FAILED {
            break;
        }
    }
    Ok(agreed)
}

fn shell(port: u16, setting: &Setting, user: &str, password: &str) -> Result<Command, String> {
    let jaas = format!(
        "Client {{ org.apache.zookeeper.server.auth.DigestLoginModule required \
         username=\"{user}\" password=\"{password}\"; }};\n"
    );
    setting.write("client.jaas", jaas.as_bytes())?;
    let login = setting.path("client.jaas");
    let options = [format!("-Djava.security.auth.login.config={}", login.display())];
    let main = "org.apache.zookeeper.ZooKeeperMain";
    let mut command = java::java(Path::new(&class_path()?), &options, main);
    command.args(["-server", &format!("127.0.0.1:{port}"), "get", "/ours"]);
    Ok(command)
}

const KAZOO: &str = "
import sys
from kazoo.client import KazooClient
client = KazooClient(hosts='127.0.0.1:' + sys.argv[1], timeout=30, connection_retry={'max_tries': 0},
                     sasl_options={'mechanism': 'DIGEST-MD5', 'username': sys.argv[2],
                                   'password': sys.argv[3]})
client.start(timeout=30)
print(client.get('/ours')[0].decode())
client.stop()
";

#[allow(clippy::unnecessary_wraps)] // as the other client is
fn kazoo(port: u16, _: &Setting, user: &str, password: &str) -> Result<Command, String> {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", modules()).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["-c", KAZOO, &port.to_string(), user, password]);
    Ok(command)
}

fn modules() -> std::path::PathBuf {
    support::root().join("target/python")
}

type Client = fn(u16, &Setting, &str, &str) -> Result<Command, String>;

fn play(client: Client, charset: Charset) -> Result<(), String> {
    for (user, password, welcome) in LOGINS {
        let setting = Setting::new(None, None, MAXBUF)?.hashed(user, "secret", charset)?;
        let (listener, port) = listen()?;
        let mut command = client(port, &setting, user, password)?;
        let (agreed, output) = thread::scope(|scope| {
            let server =
                scope.spawn(|| serve(&listener, || Side::server(&setting, &["qop=auth-conf"])));
            let output = command.output().map_err(|error| error.to_string());
            (server.join().map_err(|_| "the server panicked".to_owned()), output)
        });
        let output = output?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let agreed = agreed?;
        let let_in = matches!(&agreed, Ok(Some(agreed)) if agreed.qop == "auth");
        let has_data = said.contains("the data");
        if let_in != welcome || has_data != welcome {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "{user}, {password}: {agreed:?}\n{said}\n{errors}{}",
                setting.logs()
            ));
        }
    }
    Ok(())
}

fn missing_kazoo() -> Option<&'static str> {
    (!modules().join("kazoo").exists()).then_some("kazoo (of PyPI)")
}

#[test]
fn zookeepers_clients_log_in_to_our_server() {
    let entry = |program, version, names| Entry {
        protocol: "DIGEST-MD5",
        program,
        version,
        role: "client",
        agreed: "auth",
        settings: "none",
        names,
    };
    run(
        "ZooKeeper's clients",
        &[
            Application {
                entry: entry(
                    "ZooKeeper's shell",
                    Version::Debian("libzookeeper-java"),
                    "ISO 8859-1",
                ),
                missing: || class_path().err(),
                play: |_| play(shell, Charset::Latin1),
            },
            Application {
                entry: entry("kazoo", Version::Pinned("2.11.0"), "UTF-8"),
                missing: missing_kazoo,
                play: |_| play(kazoo, Charset::Utf8),
            },
        ],
    );
}
