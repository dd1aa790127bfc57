//! The rows of the matrix: which client, which server, what each has, and how it ends.

use std::fmt;
use std::process::{Command, Stdio};

use data_encoding::BASE64;

use crate::accounts::{ACCOUNTS, Kept, Setting};
use crate::base64::decode;
use crate::dovecot::Dovecot;
use crate::exchange::{Outcome, exchange};
use crate::line_protocol::{End, Event, Process};
use crate::postgres;
use crate::programs::{self, Found};
use crate::prosody::Prosody;
use crate::results::{Entry, Version};
use crate::runner::Case;
use crate::slapd::Slapd;
use crate::support;

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Peer {
    Ours,
    Cyrus,
    GnuSasl,
    /// Python's scramp.
    Scramp,
    /// Dovecot's IMAP server.
    Dovecot,
    /// Prosody, a server of XMPP.
    Prosody,
    /// The server of `OpenLDAP`, over Cyrus SASL.
    Slapd,
    /// PostgreSQL's server.
    Postgres,
}

/// The realm of Dovecot's other mechanism.
pub(crate) const REALM: &str = "example.org";

/// How a row ends. What refuses gives a reason with these words in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Established,
    ServerRefuses(&'static str),
    ClientRefuses(&'static str),
}

/// What is changed on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// The name in the client's first message.
    Name,
    /// The beginning of the nonce in the server's first message.
    FirstNonce,
    /// The iteration count.
    Count,
    /// The end of the nonce in the client's final message.
    FinalNonce,
    /// Whether the client could bind.
    Header,
    Proof,
    Signature,
}

/// A row. Bindings are the client's and the server's, empty for none.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) client: Peer,
    pub(crate) server: Peer,
    pub(crate) mechanism: &'static str,
    pub(crate) bindings: [&'static str; 2],
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) authzid: Option<&'static str>,
    pub(crate) kept: Kept,
    pub(crate) change: Option<Change>,
    pub(crate) ending: Ending,
}

impl Row {
    /// alice logs in, and is let in; our servers have keys, others passwords.
    pub(crate) fn new(client: Peer, server: Peer, mechanism: &'static str) -> Self {
        Self {
            client,
            server,
            mechanism,
            bindings: [""; 2],
            user: "alice",
            password: "secret",
            authzid: None,
            kept: if server == Peer::Ours { Kept::Keys } else { Kept::Password },
            change: None,
            ending: Ending::Established,
        }
    }

    fn command(peer: Peer, setting: &Setting) -> Result<Command, String> {
        Ok(match peer {
            Peer::Cyrus => Command::new(programs::cyrus()?),
            Peer::GnuSasl => Command::new(programs::gnu_sasl()?),
            Peer::Scramp => {
                let mut command = Command::new("python3");
                scramp(&mut command)?;
                command
            }
            Peer::Dovecot | Peer::Prosody | Peer::Slapd | Peer::Postgres => {
                return Err(format!("{peer:?} is a daemon"));
            }
            Peer::Ours => setting.ours(&programs::our_server()?),
        })
    }

    fn start(
        &self,
        name: &str,
        mut command: Command,
        setting: &Setting,
    ) -> Result<Box<dyn End>, String> {
        command.arg(format!("mechanism={}", self.mechanism)).env("LC_ALL", "C.UTF-8");
        command.stderr(Stdio::from(setting.log(name)?));
        Ok(Box::new(Process::start(name, &mut command)?))
    }

    fn start_client(&self, setting: &Setting) -> Result<Box<dyn End>, String> {
        let mut command = match self.client {
            Peer::Ours => setting.ours(&programs::our_client()?),
            peer => Self::command(peer, setting)?,
        };
        command.args(["role=client", "service=imap", "host=localhost"]);
        command.args([format!("user={}", self.user), format!("password={}", self.password)]);
        command.arg(format!("bindings={}", self.bindings[0]));
        command.args(self.authzid.map(|authzid| format!("authzid={authzid}")));
        self.start("the client", command, setting)
    }

    fn start_server(&self, setting: &Setting) -> Result<Box<dyn End>, String> {
        // Somebody whom it knows, whoever logs in.
        let known = ACCOUNTS.iter().find(|(user, ..)| *user == self.user);
        let (user, password, keys) = known.unwrap_or(&ACCOUNTS[0]);
        if self.server == Peer::Dovecot {
            let program = programs::installed("dovecot", "dovecot-imapd")?;
            let end = Dovecot::start(&program, setting, (user, password), self.mechanism)?;
            return Ok(Box::new(end));
        }
        if self.server == Peer::Prosody {
            let program = prosody()?;
            return Ok(Box::new(Prosody::start(
                &program,
                setting,
                (user, password),
                self.mechanism,
            )?));
        }
        if self.server == Peer::Slapd {
            let program = slapd()?;
            return Ok(Box::new(Slapd::start(
                &program,
                setting,
                (user, password),
                self.mechanism,
            )?));
        }
        let mut command = Self::command(self.server, setting)?;
        if self.server != Peer::Ours {
            command.args(["role=server", "service=imap", "host=localhost"]);
        }
        if self.kept == Kept::Password || self.server != Peer::Ours {
            command.args([format!("user={user}"), format!("password={password}")]);
        }
        if self.kept == Kept::Keys && self.server != Peer::Ours {
            let is_of_row = |keys: &&&str| {
                let mechanism = keys.split('$').next().expect("a mechanism");
                self.mechanism.trim_end_matches("-PLUS") == mechanism
            };
            command.arg(format!("keys={}", keys.iter().find(is_of_row).expect("keys")));
        }
        command.arg(format!("bindings={}", self.bindings[1]));
        self.start("the server", command, setting)
    }

    fn check(&self, outcome: &Outcome) -> Result<(), String> {
        match (outcome, self.ending) {
            (Outcome::Established { server, .. }, Ending::Established) => {
                // Some do not say.
                if !["?", self.user].contains(&server.user.trim_end_matches("@localhost")) {
                    return Err(format!("the server calls the user {}", server.user));
                }
                let wanted = self.authzid.unwrap_or("-");
                let no_authzid = server.authzid == self.user && self.authzid.is_none();
                if server.authzid != wanted && !no_authzid && server.authzid != "?" {
                    return Err(format!("the server has the identity {}", server.authzid));
                }
                Ok(())
            }
            (Outcome::ServerRefused(reason), Ending::ServerRefuses(status))
                if self.server != Peer::Ours || reason.contains(status) =>
            {
                Ok(())
            }
            (Outcome::ClientRefused(reason), Ending::ClientRefuses(status))
                if self.client != Peer::Ours || reason.contains(status) =>
            {
                Ok(())
            }
            (Outcome::Established { .. }, _) => Err("it was let in".to_owned()),
            (Outcome::ServerRefused(reason), _) => Err(format!("the server refused: {reason}")),
            (Outcome::ClientRefused(reason), _) => Err(format!("the client refused: {reason}")),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server, mechanism, user, password, .. } = self;
        write!(f, "{client:?} -> {server:?}, {mechanism}, {user} {password}")?;
        if let Some(authzid) = self.authzid {
            write!(f, " for {authzid}")?;
        }
        if self.kept == Kept::Password {
            write!(f, ", by password")?;
        }
        if self.bindings != [""; 2] {
            write!(f, ", {:?}", self.bindings)?;
        }
        if let Some(change) = self.change {
            write!(f, ", {change:?} changed")?;
        }
        if self.ending == Ending::Established { Ok(()) } else { write!(f, ": refused") }
    }
}

impl Case for Row {
    fn missing(&self) -> Option<&'static str> {
        [self.client, self.server].into_iter().find_map(|peer| match peer {
            Peer::Ours => None,
            Peer::Cyrus => programs::cyrus().err(),
            Peer::GnuSasl => programs::gnu_sasl().err(),
            Peer::Scramp => scramp(&mut Command::new("python3")).err(),
            Peer::Dovecot => programs::installed("dovecot", "dovecot-imapd").err(),
            Peer::Prosody => prosody().err(),
            Peer::Slapd => slapd().err(),
            Peer::Postgres => postgres::program().err(),
        })
    }

    fn entry(&self) -> Option<Entry> {
        let (peer, role) = match (self.client, self.server) {
            (Peer::Ours, peer) => (peer, "server"),
            (peer, Peer::Ours) => (peer, "client"),
            _ => return None,
        };
        let (program, version) = match peer {
            Peer::Cyrus => ("Cyrus SASL", Version::Debian("libsasl2-2")),
            Peer::GnuSasl => ("GNU SASL", Version::Debian("gsasl")),
            Peer::Scramp => ("scramp (Python)", Version::Pinned("1.5.0")),
            Peer::Dovecot => ("Dovecot", Version::Debian("dovecot-imapd")),
            Peer::Prosody => ("Prosody (XMPP)", Version::Debian("prosody")),
            Peer::Slapd => ("slapd (LDAP)", Version::Debian("slapd")),
            // Made of the same sources as the server, whose package has its version in its name.
            Peer::Postgres => ("PostgreSQL", Version::Debian("libpq5")),
            Peer::Ours => return None,
        };
        let plain = self.user == "alice" && self.authzid.is_none() && self.change.is_none();
        (plain && self.ending == Ending::Established).then_some(Entry {
            protocol: "SCRAM",
            program,
            version,
            role,
            agreed: self.mechanism.trim_start_matches("SCRAM-"),
            settings: "`profiles` has the mechanism",
            names: "UTF-8",
        })
    }

    fn play(&self) -> Result<(), String> {
        self.play_with(&Setting::with_all()?)
    }
}

impl Row {
    /// The same with another setting of ours.
    pub(crate) fn play_with(&self, setting: &Setting) -> Result<(), String> {
        self.play_against(self.start_server(setting)?, setting)
    }

    /// The same with this server.
    pub(crate) fn play_against(
        &self,
        server: Box<dyn End>,
        setting: &Setting,
    ) -> Result<(), String> {
        let mut server = Changing { end: server, change: self.change };
        let mut client = Changing { end: self.start_client(setting)?, change: self.change };
        let mut transcript = String::new();
        exchange(&mut client, &mut server, true, &mut transcript)
            .and_then(|outcome| self.check(&outcome))
            .map_err(|error| error + &transcript + &setting.logs())
    }
}

fn prosody() -> Found {
    programs::file("/usr/bin/prosody", "prosody")
}

fn slapd() -> Found {
    programs::file("/usr/sbin/slapd", "slapd")
}

/// An end whose messages arrive changed.
struct Changing {
    end: Box<dyn End>,
    change: Option<Change>,
}

impl End for Changing {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        let Some(change) = self.change else { return self.end.token(base64) };
        let message = String::from_utf8_lossy(&decode(base64)).into_owned();
        self.end.token(&BASE64.encode(change.applied(&message).as_bytes()))
    }

    fn event(&mut self) -> Result<Event, String> {
        self.end.event()
    }

    fn ask(&mut self, line: &str) -> Result<String, String> {
        self.end.ask(line)
    }
}

impl Change {
    /// The message with this changed, where it is the one that has it.
    fn applied(self, message: &str) -> String {
        let (begins, from) = match self {
            Self::Name => ("n,,n=", ",n="),
            Self::FirstNonce => ("r=", "r="),
            Self::Count => ("r=", ",i=4096"),
            Self::FinalNonce | Self::Proof => ("c=", ",p="),
            Self::Header => ("c=", "c=biws"),
            Self::Signature => ("v=", "v="),
        };
        let Some(place) = message.find(from).filter(|_| message.starts_with(begins)) else {
            return message.to_owned();
        };
        let (before, rest) = message.split_at(place);
        let rest = match self {
            Self::Count => rest.replacen("4096", "4095", 1),
            Self::Header => rest.replacen("biws", "eSws", 1),
            Self::FinalNonce => format!("x{rest}"),
            Self::Name => rest.replacen("alice", "jäger", 1),
            _ => {
                let at = from.len();
                let other = if rest[at..].starts_with('A') { "B" } else { "A" };
                format!("{}{other}{}", &rest[..at], &rest[at + 1..])
            }
        };
        format!("{before}{rest}")
    }
}

/// Makes of a command of `python3` the participant by scramp; its arguments follow. Otherwise tells what is
/// missing.
pub(crate) fn scramp(command: &mut Command) -> Result<(), &'static str> {
    let modules = support::root().join("target/python");
    if !modules.join("scramp").exists() || !modules.join("asn1crypto").exists() {
        return Err("scramp and asn1crypto (of PyPI)");
    }
    command.env("PYTHONPATH", modules).env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(support::root().join("c_tests/peers/scramp_peer.py"));
    Ok(())
}
