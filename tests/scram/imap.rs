//! SCRAM over TCP: clients of others that log in to the example's IMAP server, and the example's client at Dovecot.

use std::fmt;
use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::spawn;

use crate::accounts::{ACCOUNTS, Setting};
use crate::dovecot::Daemon;
use crate::line_protocol::{PATIENCE, Process};
use crate::programs;
use crate::row;
use crate::runner::Case;
use crate::support;

/// Who logs in, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ends {
    /// GNU SASL's tool at the example's server.
    Gsasl,
    /// Python's imaplib, whose tokens scramp makes, at the example's server. It sends no initial response.
    Imaplib,
    /// The example's client at Dovecot.
    Dovecot,
}

/// A login, and whether it is to succeed.
#[derive(Clone, Copy)]
pub(crate) struct Login {
    pub(crate) ends: Ends,
    pub(crate) mechanism: &'static str,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) welcome: bool,
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ends, mechanism, user, password, welcome } = self;
        write!(f, "{ends:?} and the example's IMAP, {mechanism}, {user} {password}")?;
        if *welcome { Ok(()) } else { write!(f, ": refused") }
    }
}

impl Case for Login {
    fn missing(&self) -> Option<&'static str> {
        match self.ends {
            Ends::Gsasl => programs::installed("gsasl", "gsasl").err(),
            Ends::Imaplib => row::scramp(&mut Command::new("python3")).err(),
            Ends::Dovecot => programs::installed("dovecot", "dovecot-imapd").err(),
        }
    }

    fn play(&self) -> Result<(), String> {
        let setting = Setting::with_all()?;
        let result = match self.ends {
            Ends::Gsasl | Ends::Imaplib => self.at_our_server(&setting),
            Ends::Dovecot => self.at_dovecot(&setting),
        };
        result.map_err(|error| error + &setting.logs())
    }
}

impl Login {
    fn at_our_server(&self, setting: &Setting) -> Result<(), String> {
        let mut command = setting.ours(&program(support::IMAP_SERVER));
        command.args(["--port", "0", "-v"]).stderr(Stdio::from(setting.log("the server")?));
        let mut server = Process::start("the IMAP server", &mut command)?;
        let port = server
            .read_until(|line| line.strip_prefix("listening on 127.0.0.1:").map(str::to_owned))?;
        let mut client = match self.ends {
            Ends::Gsasl => self.gsasl(&port)?,
            _ => self.imaplib(&port)?,
        };
        let _client = Process::start_merged("the client", client.env("LC_ALL", "C.UTF-8"))?;
        let user = self.user.replace('ä', "\\xC3\\xA4"); // as the dialogue has it
        let let_in = format!("{user} logged in by {}, security layer: none", self.mechanism);
        let is_over = |line: &str| {
            let refused = line.contains("SaslAcceptSecurityContext: SEC_E_LOGON_DENIED");
            let over = refused || line.contains(&let_in) || line.contains("-- closed");
            over.then(|| line.to_owned())
        };
        let end = server.read_until(is_over)?;
        match (end.contains(&let_in), end.contains("SEC_E_LOGON_DENIED")) {
            (true, _) if self.welcome => Ok(()),
            (_, true) if !self.welcome => Ok(()),
            _ => Err(format!("the server says {end:?}")),
        }
    }

    fn gsasl(&self, port: &str) -> Result<Command, String> {
        let mut command = Command::new(programs::installed("gsasl", "gsasl")?);
        command.args(["--client", "--imap", "--no-starttls", "--mechanism", self.mechanism]);
        command.args([format!("--connect=127.0.0.1:{port}"), "--hostname=localhost".to_owned()]);
        command.args(["--authentication-id", self.user, "--password", self.password]);
        Ok(command)
    }

    fn imaplib(&self, port: &str) -> Result<Command, String> {
        let mut command = Command::new("python3");
        row::scramp(&mut command)?;
        command.args(["role=imap".to_owned(), format!("port={port}")]);
        command.args([format!("mechanism={}", self.mechanism), format!("user={}", self.user)]);
        command.arg(format!("password={}", self.password));
        Ok(command)
    }

    /// The client chooses by itself: Dovecot has no more than its profiles.
    fn at_dovecot(&self, setting: &Setting) -> Result<(), String> {
        let dovecot = programs::installed("dovecot", "dovecot-imapd")?;
        let known = ACCOUNTS.iter().find(|(user, ..)| *user == self.user).unwrap_or(&ACCOUNTS[0]);
        let _daemon = Daemon::start(&dovecot, setting, (known.0, known.1))?;
        let toml = format!("[sasl]\nprofiles = [\"{}\", \"DIGEST-MD5\"]\n", self.mechanism);
        setting.write("secur32.toml", toml.as_bytes())?;
        let mut client = setting.ours(&program(support::IMAP_CLIENT));
        client.args(["--password", self.password, "127.0.0.1", &relay(setting)?, self.user]);
        let ended = client.output().map_err(|error| format!("the client: {error}"))?;
        let wanted = i32::from(!self.welcome);
        let told = String::from_utf8_lossy(&ended.stdout);
        let let_in = format!("by {}, security layer: none", self.mechanism);
        if ended.status.code() == Some(wanted) && told.contains(&let_in) == self.welcome {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&ended.stderr);
        Err(format!("the client: {}\n{told}\n{errors}", ended.status))
    }
}

/// Leads one TCP connection to Dovecot's socket; the port.
fn relay(setting: &Setting) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("a relay: {error}");
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let there = UnixStream::connect(setting.path("imap")).map_err(failed)?;
    there.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    spawn(move || -> std::io::Result<()> {
        let (here, _) = listener.accept()?;
        let (mut from, mut to): (TcpStream, UnixStream) = (here.try_clone()?, there.try_clone()?);
        spawn(move || {
            let _ = copy(&mut from, &mut to);
            to.shutdown(Shutdown::Write)
        });
        let (mut from, mut to) = (there, here);
        let _ = copy(&mut from, &mut to);
        to.shutdown(Shutdown::Write)
    });
    Ok(port.to_string())
}

fn program(sources: &'static [&'static str]) -> PathBuf {
    static PROGRAMS: [OnceLock<PathBuf>; 2] = [const { OnceLock::new() }; 2];
    let place = &PROGRAMS[usize::from(sources == support::IMAP_CLIENT)];
    let flags = [&["-std=c99", "-pthread"], support::STRICT].concat();
    place.get_or_init(|| support::compile_c(sources, &flags)).clone()
}
