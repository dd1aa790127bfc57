//! The example's IMAP server with a keytab, and clients that log in to it with a ticket.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::kdc::{self, Kdc, REALM};
use crate::line_protocol::{PATIENCE, Process};
use crate::peers_programs::installed;
use crate::results::{Entry, Version};
use crate::runner::Case;
use crate::support;

/// Who logs in, and which layer the server says it then has.
pub(crate) enum Login {
    /// curl, with alice's ticket.
    Curl,
    /// The example's client, with mechanism, quality of protection and password.
    Example(&'static str, &'static str),
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Curl => write!(f, "curl -> the example's IMAP, GSSAPI"),
            Self::Example(mechanism, qop) => write!(f, "the example's IMAP, {mechanism}, {qop}"),
        }
    }
}

impl Case for Login {
    fn missing(&self) -> Option<&'static str> {
        kdc::missing().or_else(|| match self {
            Self::Curl => installed("curl", "curl").err(),
            Self::Example(..) => None,
        })
    }

    fn entry(&self) -> Option<Entry> {
        matches!(self, Self::Curl).then_some(Entry {
            protocol: "GSSAPI",
            program: "curl (IMAP)",
            version: Version::Debian("curl"),
            role: "client",
            agreed: "auth",
            settings: "none",
            names: "",
        })
    }

    fn play(&self) -> Result<(), String> {
        let kdc = Kdc::shared();
        let mut server = start(&kdc)?;
        let (mut command, told) = match self {
            Self::Curl => {
                let told = format!("alice@{REALM} logged in by GSSAPI, security layer: none");
                (curl(&kdc, &server.port), told)
            }
            Self::Example(mechanism, qop) => {
                let mut client = kdc.command(client());
                client.args(["--mechanism", mechanism, "--qop", qop, "--password", "secret"]);
                client.args(["localhost", &server.port, "alice"]);
                let layer = match *qop {
                    "auth" => "none",
                    "auth-int" => "integrity",
                    _ => "confidentiality",
                };
                (client, format!("alice@{REALM} logged in by {mechanism}, security layer: {layer}"))
            }
        };
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {errors}", output.status));
        }
        server.told(&told)
    }
}

/// The example's server, which serves one client.
pub(crate) struct Server {
    process: Process,
    pub(crate) port: String,
}

impl Server {
    /// Waits until it has said this.
    pub(crate) fn told(&mut self, text: &str) -> Result<(), String> {
        self.process.read_until(|line| line.contains(text).then_some(()))
    }
}

/// Starts it in the realm.
pub(crate) fn start(kdc: &Kdc) -> Result<Server, String> {
    let mut command = kdc.command(server());
    command.args(["--port", "0", "--once", "-v"]).stderr(Stdio::null());
    let mut process = Process::start("the IMAP server", &mut command)?;
    let port = process
        .read_until(|line| line.strip_prefix("listening on 127.0.0.1:").map(str::to_owned))?;
    Ok(Server { process, port })
}

/// curl with alice's ticket.
pub(crate) fn curl(kdc: &Kdc, port: &str) -> Command {
    let mut curl = kdc.command("curl");
    curl.args(["--disable", "--silent", "--show-error", "--noproxy", "*"]);
    curl.args(["--max-time", &PATIENCE.as_secs().to_string()]);
    curl.args(["--login-options", "AUTH=GSSAPI", "--request", "NOOP"]);
    curl.arg("--user").arg(format!("alice@{REALM}:"));
    curl.arg(format!("imap://localhost:{port}/"));
    curl
}

fn server() -> PathBuf {
    program(support::IMAP_SERVER)
}

fn client() -> PathBuf {
    program(support::IMAP_CLIENT)
}

fn program(sources: &[&str]) -> PathBuf {
    let flags = [&["-std=c99", "-pthread"], support::STRICT].concat();
    support::compile_c(sources, &flags)
}
