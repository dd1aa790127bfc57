//! `ZooKeeper`'s server with our client, in its own protocol (records of jute).

use std::path::Path;
use std::process::Stdio;

use crate::accounts::Setting;
use crate::line_protocol::Process;
use crate::peer::MAXBUF;
use crate::runner::run;

use super::Application;
use super::java;
use super::side::{Side, Step};
use super::subversion::LOGINS;
use super::wire::{Wire, framed, free_port};
use crate::results::{Entry, Version};

/// Numbers of requests.
pub(super) const CREATE: i32 = 1;
pub(super) const GET_ACL: i32 = 6;
pub(super) const SASL: i32 = 102;
pub(super) const CLOSE: i32 = -11;

const JARS: [&str; 7] = [
    "zookeeper",
    "zookeeper-jute",
    "slf4j-api",
    "slf4j-simple",
    "metrics-core",
    "commons-cli",
    "netty-all",
];

/// The class path of Debian's `ZooKeeper`.
pub(super) fn class_path() -> Result<String, &'static str> {
    java::debian(&JARS).ok_or("libzookeeper-java")
}

/// A running server, which knows alice and José.
struct Server {
    _process: Process,
    port: u16,
}

fn start(setting: &Setting) -> Result<Server, String> {
    let jaas = "Server { org.apache.zookeeper.server.auth.DigestLoginModule required \
                user_alice=\"secret\" user_jos\u{e9}=\"secret\"; };\n";
    setting.write("server.jaas", jaas.as_bytes())?;
    let data = setting.path("data");
    let mut reason = String::new();
    // Someone else may take the port before the server does: then with another one.
    for _ in 0..3 {
        let port = free_port()?;
        let login = setting.path("server.jaas");
        let options = [
            format!("-Djava.security.auth.login.config={}", login.display()),
            "-Dzookeeper.authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider"
                .to_owned(),
            "-Dzookeeper.admin.enableServer=false".to_owned(),
            "-Dzookeeper.serverCnxnFactory=org.apache.zookeeper.server.NIOServerCnxnFactory"
                .to_owned(),
            "-Dorg.slf4j.simpleLogger.logFile=System.out".to_owned(),
        ];
        let main = "org.apache.zookeeper.server.ZooKeeperServerMain";
        let mut command = java::java(Path::new(&class_path()?), &options, main);
        command.args([port.to_string(), data.display().to_string()]);
        command.stderr(Stdio::from(setting.log("the server")?));
        let mut process = Process::start("ZooKeeper", &mut command)?;
        let started = |line: &str| line.contains("ZooKeeper audit is").then_some(());
        match process.read_until(started) {
            Ok(()) => return Ok(Server { _process: process, port }),
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

/// A session that asks, one request after the other.
struct Session {
    wire: Wire,
    asked: i32,
}

impl Session {
    fn connect(port: u16) -> Result<Self, String> {
        let mut wire = Wire::connect(port)?;
        // Protocol, last transaction, timeout in ms, session, its password.
        let request =
            [&[0; 12][..], &30_000_i32.to_be_bytes(), &[0; 8], &framed(&[0; 16]), &[0]].concat();
        wire.write_framed(&request)?;
        wire.read_framed()?;
        Ok(Self { wire, asked: 0 })
    }

    /// The answer's error, and what follows it.
    fn ask(&mut self, kind: i32, body: &[u8]) -> Result<(i32, Vec<u8>), String> {
        self.asked += 1;
        let request = [&self.asked.to_be_bytes()[..], &kind.to_be_bytes(), body].concat();
        self.wire.write_framed(&request)?;
        let answer = self.wire.read_framed()?;
        // Number, transaction, error.
        let error = answer.get(12..16).and_then(|bytes| bytes.try_into().ok());
        let error = i32::from_be_bytes(error.ok_or("a short answer")?);
        Ok((error, answer[16..].to_vec()))
    }

    fn sasl(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let (error, body) = self.ask(SASL, &framed(token))?;
        match error {
            0 => Ok(Some(body.get(4..).unwrap_or_default().to_vec())),
            // ZAUTHFAILED.
            -115 => Ok(None),
            other => Err(format!("ZooKeeper answers a token with error {other}")),
        }
    }

    /// A login; false where it was refused.
    fn login(&mut self, client: &mut Side) -> Result<bool, String> {
        let challenge = self.sasl(b"")?.ok_or("no challenge")?;
        let response = client.step(&challenge)?.token()?;
        // A server that refuses a login says so or just closes the connection.
        let Some(rspauth) = self.sasl(&response)? else { return Ok(false) };
        match client.step(&rspauth)? {
            Step::Established(agreed) if agreed.qop == "auth" => Ok(true),
            Step::Established(agreed) => Err(format!("{agreed:?}")),
            step => step.established().map(|_| false),
        }
    }
}

fn play(_: &Entry) -> Result<(), String> {
    let setting = Setting::new(None, None, MAXBUF)?;
    let server = start(&setting)?;
    for (user, password, welcome) in LOGINS {
        let [user_word, password_word] = [format!("user={user}"), format!("password={password}")];
        let words = ["target=zookeeper/zk-sasl-md5", &user_word, &password_word];
        let mut client = Side::client(&setting, &words)?;
        let mut session = Session::connect(server.port)?;
        let told = |error: String| error + &setting.logs();
        if session.login(&mut client).map_err(told)? != welcome {
            return Err(format!("{user}, {password}: {}", !welcome));
        }
        if welcome {
            let acl = [&31_i32.to_be_bytes()[..], &framed(b"auth"), &framed(b"")].concat();
            let one = 1_i32.to_be_bytes();
            let flags = 0_i32.to_be_bytes();
            let path = framed(format!("/of-{user}").as_bytes());
            let node = [&path[..], &framed(b"data"), &one, &acl, &flags].concat();
            let (error, _) = session.ask(CREATE, &node)?;
            let (_, owner) = session.ask(GET_ACL, &path)?;
            let named = [framed(b"sasl"), framed(user.as_bytes())].concat();
            if error != 0 || !owner.windows(named.len()).any(|window| window == named) {
                return Err(format!("error {error}; {}", String::from_utf8_lossy(&owner)));
            }
        }
    }
    Ok(())
}

#[test]
fn our_client_logs_in_to_zookeeper() {
    let entry = Entry {
        protocol: "DIGEST-MD5",
        program: "ZooKeeper",
        version: Version::Debian("libzookeeper-java"),
        role: "server",
        agreed: "auth",
        settings: "none",
        names: "ISO 8859-1",
    };
    run("ZooKeeper", &[Application { entry, missing: || class_path().err(), play }]);
}
