//! The example IMAP server, and clients of others that log in to it over TCP.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::accounts::Setting;
use crate::line_protocol::{PATIENCE, Process};
use crate::peer::{MAXBUF, REALM};
use crate::programs;
use crate::results::{Entry, Version};
use crate::runner::Case;
use crate::support;

/// Who logs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Client {
    Curl,
    /// GNU SASL's tool, with the quality of protection that it is told to use.
    Gsasl(&'static str),
}

/// A login over TCP, and whether it is to succeed.
pub(crate) struct Login {
    pub(crate) client: Client,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) welcome: bool,
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, user, password, .. } = self;
        write!(f, "{client:?} -> the example's IMAP, {user} with {password}")
    }
}

impl Case for Login {
    fn missing(&self) -> Option<&'static str> {
        match self.client {
            Client::Curl => programs::installed("curl", "curl").err(),
            Client::Gsasl(_) => programs::installed("gsasl", "gsasl").err(),
        }
    }

    fn entry(&self) -> Option<Entry> {
        (self.welcome && self.client == Client::Curl).then_some(Entry {
            protocol: "DIGEST-MD5",
            program: "curl (IMAP)",
            version: Version::Debian("curl"),
            role: "client",
            agreed: "auth",
            settings: "none",
            names: "UTF-8",
        })
    }

    fn play(&self) -> Result<(), String> {
        let account = if self.welcome { (self.user, self.password) } else { ("alice", "secret") };
        let setting = Setting::new(Some(account), None, MAXBUF)?;
        let mut result = match self.client {
            Client::Curl => self.curl(&setting),
            Client::Gsasl(qop) => self.gsasl(&setting, qop),
        };
        if result.is_ok() && !self.welcome && !setting.logs().contains("SEC_E_LOGON_DENIED") {
            result = Err("refused with another status".to_owned());
        }
        result.map_err(|error| error + &setting.logs())
    }
}

impl Login {
    /// curl's exit status tells: 0, or 67 for a login that was denied.
    fn curl(&self, setting: &Setting) -> Result<(), String> {
        let (_server, address) = server(setting)?;
        let mut command = Command::new(programs::installed("curl", "curl")?);
        command.args(["--disable", "--silent", "--show-error", "--verbose", "--noproxy", "*"]);
        command.args(["--max-time", &PATIENCE.as_secs().to_string()]);
        command.args(["--login-options", "AUTH=DIGEST-MD5", "--request", "NOOP"]);
        command.arg("--user").arg(format!("{}:{}", self.user, self.password));
        command.arg(format!("imap://{address}/"));
        let output = command.output().map_err(|error| format!("curl: {error}"))?;
        let wanted = if self.welcome { 0 } else { 67 };
        if output.status.code() == Some(wanted) {
            return Ok(());
        }
        Err(format!("curl: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }

    /// GNU SASL's tool goes on after the login: it puts its lines into the layer and prints what
    /// comes out of it.
    fn gsasl(&self, setting: &Setting, qop: &str) -> Result<(), String> {
        let (_server, address) = server(setting)?;
        let mut command = Command::new(programs::installed("gsasl", "gsasl")?);
        command.args(["--client", "--imap", "--no-starttls", "--mechanism=DIGEST-MD5"]);
        command.args([format!("--connect={address}"), format!("--quality-of-protection={qop}")]);
        command.args(["--authentication-id", self.user, "--password", self.password]);
        command.args(["--realm", REALM, "--hostname=localhost"]);
        let mut gsasl = Process::start_merged("gsasl", command.env("LC_ALL", "C.UTF-8"))?;
        let refused = |line: &str| line.starts_with(". NO") || line.contains("error");
        let accepted = |line: &str| line.contains("authentication finished");
        let welcome =
            gsasl.read_until(|line| (refused(line) || accepted(line)).then(|| accepted(line)))?;
        if welcome != self.welcome {
            return Err(format!("the login's success is {welcome}"));
        }
        if welcome {
            gsasl.write("n NOOP")?;
            gsasl.read_until(|line| line.contains("n OK").then_some(()))?;
        }
        Ok(())
    }
}

/// Starts the example server, and returns it with its address.
fn server(setting: &Setting) -> Result<(Process, String), String> {
    let mut command = setting.ours(&program());
    command.args(["--port", "0", "-v"]).stderr(Stdio::from(setting.log("the server")?));
    let mut server = Process::start("the IMAP server", &mut command)?;
    let address =
        server.read_until(|line| line.strip_prefix("listening on ").map(str::to_owned))?;
    Ok((server, address))
}

/// The example server.
fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            let flags = [&["-std=c99", "-pthread"], support::STRICT].concat();
            support::compile_c(support::IMAP_SERVER, &flags)
        })
        .clone()
}
