//! One exchange: who is client and server, what is asked for, and how it is to end.

use std::fmt;
use std::process::{Command, Stdio};

use crate::exchange::{self, Outcome};
use crate::kdc::{self, Kdc, REALM};
use crate::line_protocol::{Agreed, End, Event, Process};
use crate::programs;
use crate::results::{Entry, Version};
use crate::runner::Case;

#[derive(Clone, Copy)]
pub(crate) enum Peer {
    Ours,
    Cyrus,
    GnuSasl,
    Jdk,
    Elsewhere(&'static Elsewhere),
}

/// Our client and server, run in another way: by its name, and a command for either.
pub(crate) struct Elsewhere {
    pub(crate) name: &'static str,
    pub(crate) command: fn(client: bool) -> Command,
    /// Whether a server there learns the client's name.
    pub(crate) knows_names: bool,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "Ours",
            Self::Cyrus => "Cyrus",
            Self::GnuSasl => "GnuSasl",
            Self::Jdk => "Jdk",
            Self::Elsewhere(elsewhere) => elsewhere.name,
        })
    }
}

/// How it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// Both are established with this quality of protection.
    Agreed(&'static str),
    /// The client refuses with this function and status.
    ClientRefuses(&'static str),
    /// The server does.
    ServerRefuses(&'static str),
}

#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) client: Peer,
    pub(crate) server: Peer,
    pub(crate) mechanism: &'static str,
    /// What the client asks for.
    pub(crate) qop: &'static str,
    /// What a peer's server offers.
    pub(crate) offered: &'static str,
    pub(crate) authzid: Option<&'static str>,
    pub(crate) maxbuf: u32,
    /// Further arguments of our end.
    pub(crate) client_arguments: &'static [&'static str],
    pub(crate) server_arguments: &'static [&'static str],
    /// Variables of the client's environment: names of files in the KDC's directory.
    pub(crate) client_file: Option<(&'static str, &'static str)>,
    pub(crate) server_file: Option<(&'static str, &'static str)>,
    /// By how many seconds the client's and the server's clock are ahead.
    pub(crate) client_ahead: i64,
    pub(crate) server_ahead: i64,
    pub(crate) end: Ending,
}

pub(crate) const ALL: &str = "auth,auth-int,auth-conf";

impl Row {
    pub(crate) const fn new(client: Peer, server: Peer, qop: &'static str) -> Self {
        Self {
            client,
            server,
            mechanism: "GSSAPI",
            qop,
            offered: ALL,
            authzid: None,
            maxbuf: 65536,
            client_arguments: &[],
            server_arguments: &[],
            client_file: None,
            server_file: None,
            client_ahead: 0,
            server_ahead: 0,
            end: Ending::Agreed(qop),
        }
    }

    fn start(&self, kdc: &Kdc, client: bool) -> Result<Process, String> {
        let peer = if client { self.client } else { self.server };
        let name = if client { "the client" } else { "the server" };
        let mut command = match peer {
            Peer::Ours if client => kdc.command(programs::our_client()?),
            Peer::Ours => kdc.command(programs::our_server()?),
            Peer::Elsewhere(elsewhere) => {
                let mut command = (elsewhere.command)(client);
                kdc.enter(&mut command);
                command
            }
            Peer::Cyrus => kdc.command(programs::cyrus()?),
            Peer::GnuSasl => kdc.command(programs::gnu_sasl()?),
            Peer::Jdk => {
                let mut java = kdc.command("java");
                java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]);
                let property =
                    |name: &str, file: &str| format!("-D{name}={}", kdc.path(file).display());
                java.arg(property("java.security.krb5.conf", "krb5.conf"));
                java.arg(property("java.security.auth.login.config", "jaas.conf"));
                java.arg("-Djavax.security.auth.useSubjectCredsOnly=false");
                java.arg("-cp").arg(programs::jdk()?).arg("JdkPeer");
                java
            }
        };
        let role = if client { "client" } else { "server" };
        let qop = if client { self.qop } else { self.offered };
        let ours = matches!(peer, Peer::Ours | Peer::Elsewhere(_));
        // Of two arguments of one name the first counts.
        command.args(if client { self.client_arguments } else { self.server_arguments });
        command.arg(format!("role={role}")).arg(format!("mechanism={}", self.mechanism));
        command.args(["service=imap", "host=localhost", "target=imap/localhost"]);
        // Our server offers what the context has, whatever it is asked for.
        command.arg(format!("qop={}", if ours && !client { "auth" } else { qop }));
        command.arg(format!("maxbuf={}", self.maxbuf));
        let strength = |qop: &str| match qop {
            "auth" => 0,
            "auth-int" => 1,
            _ => 256,
        };
        let strongest = qop.rsplit(',').next().unwrap_or_default();
        let least = if client && qop == "auth-conf" { 56 } else { strength(qop).min(1) };
        let least = if client { least } else { 0 };
        command.args([format!("min={least}"), format!("max={}", strength(strongest))]);
        if client {
            // GNU SASL's client wants to be told.
            let authzid = self.authzid.or(matches!(peer, Peer::GnuSasl).then_some("alice"));
            command.args(authzid.map(|authzid| format!("authzid={authzid}")));
        }
        let file = if client { self.client_file } else { self.server_file };
        if let Some((variable, name)) = file {
            command.env(variable, kdc.path(name));
        }
        match if client { self.client_ahead } else { self.server_ahead } {
            0 => {}
            seconds => kdc::set_clock(&mut command, seconds),
        }
        Process::start(name, command.stderr(Stdio::null()))
    }

    /// Plays the exchange, and the messages where there is a layer.
    fn run(&self, kdc: &Kdc, transcript: &mut String) -> Result<(), String> {
        let mut server = self.start(kdc, false)?;
        if let Ending::ServerRefuses(expected) = self.end
            && expected.starts_with("Acquire")
        {
            return match server.event()? {
                Event::Refused(reason) if reason == expected => Ok(()),
                event => Err(format!("{event:?}")),
            };
        }
        let mut client = self.start(kdc, true)?;
        let outcome = exchange::exchange(&mut client, &mut server, true, transcript)?;
        match (outcome, self.end) {
            (
                Outcome::Established { client: of_client, server: of_server },
                Ending::Agreed(qop),
            ) => {
                self.check(qop, &of_client, &of_server)?;
                if qop == "auth" {
                    return Ok(());
                }
                // GSS-SPNEGO settles no size.
                let most = if self.mechanism == "GSSAPI" { u32::MAX } else { 60000 };
                let largest = (of_client.largest.min(most), of_server.largest.min(most));
                exchange::messages(&mut client, &mut server, largest, 7)
            }
            (Outcome::ClientRefused(reason), Ending::ClientRefuses(expected))
            | (Outcome::ServerRefused(reason), Ending::ServerRefuses(expected)) => {
                if reason == expected { Ok(()) } else { Err(format!("refused with {reason}")) }
            }
            (Outcome::Established { client, .. }, _) => Err(format!("established: {client:?}")),
            (Outcome::ClientRefused(reason), _) => Err(format!("the client refused: {reason}")),
            (Outcome::ServerRefused(reason), _) => Err(format!("the server refused: {reason}")),
        }
    }

    fn check(&self, qop: &str, client: &Agreed, server: &Agreed) -> Result<(), String> {
        if client.qop != qop && !matches!(self.client, Peer::GnuSasl) {
            return Err(format!("the client agreed {}", client.qop));
        }
        if server.qop != qop && !matches!(self.server, Peer::GnuSasl) {
            return Err(format!("the server agreed {}", server.qop));
        }
        if matches!(self.server, Peer::Ours | Peer::Elsewhere(_)) {
            let named = match self.server {
                Peer::Elsewhere(elsewhere) => elsewhere.knows_names,
                _ => true,
            };
            let expected = if named { format!("alice@{REALM}") } else { "?".to_owned() };
            if server.user != expected {
                return Err(format!("the server calls the client {}", server.user));
            }
            let own = matches!(self.client, Peer::GnuSasl).then_some("alice");
            let expected = self.authzid.or(own).unwrap_or("-");
            if server.authzid != expected {
                return Err(format!("the server is asked for {}", server.authzid));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server, mechanism, qop, .. } = self;
        write!(f, "{mechanism}: {client} -> {server}, {qop}")?;
        if self.offered != ALL {
            write!(f, " of {}", self.offered)?;
        }
        if let Some(authzid) = self.authzid {
            write!(f, ", for {authzid}")?;
        }
        if self.maxbuf != 65536 {
            write!(f, ", maxbuf={}", self.maxbuf)?;
        }
        for argument in self.client_arguments.iter().chain(self.server_arguments) {
            write!(f, ", {argument}")?;
        }
        for (variable, file) in [self.client_file, self.server_file].into_iter().flatten() {
            write!(f, ", {variable}={file}")?;
        }
        match (self.client_ahead, self.server_ahead) {
            (0, 0) => Ok(()),
            clocks => write!(f, ", clocks {clocks:?}"),
        }
    }
}

impl Case for Row {
    fn missing(&self) -> Option<&'static str> {
        kdc::missing().or_else(|| {
            [self.client, self.server].into_iter().find_map(|peer| match peer {
                Peer::Ours | Peer::Elsewhere(_) => None,
                Peer::Cyrus => programs::cyrus().err(),
                Peer::GnuSasl => programs::gnu_sasl().err(),
                Peer::Jdk => programs::jdk().err(),
            })
        })
    }

    fn entry(&self) -> Option<Entry> {
        let (peer, role) = match (self.client, self.server) {
            (Peer::Ours, peer) => (peer, "server"),
            (peer, Peer::Ours) => (peer, "client"),
            _ => return None,
        };
        let (program, package) = match peer {
            Peer::Cyrus => ("Cyrus SASL", "libsasl2-2"),
            Peer::GnuSasl => ("GNU SASL", "gsasl"),
            Peer::Jdk => ("the JDK", "openjdk-17-jdk-headless"),
            Peer::Ours | Peer::Elsewhere(_) => return None,
        };
        let Ending::Agreed(agreed) = self.end else { return None };
        Some(Entry {
            protocol: self.mechanism,
            program,
            version: Version::Debian(package),
            role,
            agreed,
            settings: "none",
            names: "",
        })
    }

    fn play(&self) -> Result<(), String> {
        let kdc = Kdc::shared();
        let mut transcript = String::new();
        self.run(&kdc, &mut transcript)
    }
}

/// Starts the two ends of a row and carries their tokens until they are established.
pub(crate) fn established(row: &Row, kdc: &Kdc) -> (Process, Process) {
    let mut server = row.start(kdc, false).expect("a server");
    let mut client = row.start(kdc, true).expect("a client");
    let outcome = exchange::exchange(&mut client, &mut server, true, &mut String::new());
    assert!(matches!(outcome, Ok(Outcome::Established { .. })), "{row}");
    (client, server)
}

/// The ends of a row, before their first token.
pub(crate) fn started(row: &Row, kdc: &Kdc) -> (Box<dyn End>, Box<dyn End>) {
    let [client, server] = [true, false].map(|client| row.start(kdc, client).expect("an end"));
    (Box::new(client), Box::new(server))
}
