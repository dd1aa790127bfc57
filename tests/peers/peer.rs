//! The peers, and the rows of their matrix: which client, which server, what they are to agree, and how
//! it ends.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::accounts::Setting;
use crate::dovecot::Dovecot;
use crate::line_protocol::{End, GsaslTool, Process};
use crate::programs;
use crate::results::{Entry, Version};

/// The realm of every row.
pub(crate) const REALM: &str = "example.org";

/// The maxbuf of who sends none (RFC 2831 §2.1.1).
pub(crate) const MAXBUF: u32 = 65536;

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Peer {
    Ours,
    Cyrus,
    /// Cyrus SASL with the DES key schedule of `des_parity.c`: 3des fails on Debian without.
    CyrusRepaired,
    GnuSasl,
    /// The command line tool `gsasl`.
    GnuSaslTool,
    Jdk,
    /// The JDK, asked for a cipher where the strength of the qop leaves a choice.
    JdkWithCipher,
    /// Dovecot's IMAP server.
    Dovecot,
}

/// How the client logs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Login {
    Right,
    WrongPassword,
    UnknownUser,
    /// In the name of another: with an authorization identity.
    ForAnother,
    /// A name and a password that fit ISO 8859-1, which peers hash in different character sets.
    Umlauts,
    /// The same, by a client of ours that hashes them in UTF-8.
    UmlautsInUtf8,
    /// Such a name alone, by that client.
    NameInUtf8,
    /// A name and a password that do not fit ISO 8859-1.
    Wide,
}

/// A row. `cipher` is empty where the qop has none.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) client: Peer,
    pub(crate) server: Peer,
    pub(crate) qop: &'static str,
    pub(crate) cipher: &'static str,
    pub(crate) login: Login,
    /// The largest body that either end takes: RFC 2831's default of 65536, or less.
    pub(crate) maxbuf: u32,
    /// Whether our server has the account's password from its program, not a hash from a file.
    pub(crate) asks_program: bool,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server, qop, cipher, login, maxbuf, asks_program } = self;
        write!(f, "{client:?} -> {server:?}, {qop}")?;
        if !cipher.is_empty() {
            write!(f, " {cipher}")?;
        }
        if *maxbuf != MAXBUF {
            write!(f, ", maxbuf={maxbuf}")?;
        }
        if *asks_program {
            write!(f, ", by pGetKeyFn")?;
        }
        if *login == Login::Right { Ok(()) } else { write!(f, ", {login:?}") }
    }
}

impl Row {
    /// What the client says of itself: user, password and authorization identity.
    pub(crate) fn claims(&self) -> (&'static str, &'static str, Option<&'static str>) {
        match self.login {
            Login::Right => ("alice", "secret", None),
            Login::WrongPassword => ("alice", "Secret", None),
            Login::UnknownUser => ("mallory", "secret", None),
            Login::ForAnother => ("alice", "secret", Some("bob")),
            Login::Umlauts | Login::UmlautsInUtf8 => ("jäger", "grün", None),
            Login::NameInUtf8 => ("jäger", "secret", None),
            Login::Wide => ("żółw", "10 €", None),
        }
    }

    /// The one account that the server has.
    pub(crate) fn account(&self) -> (&'static str, &'static str) {
        match self.login {
            Login::WrongPassword | Login::UnknownUser => ("alice", "secret"),
            _ => (self.claims().0, self.claims().1),
        }
    }

    /// Whether the server is to let the client in.
    pub(crate) fn welcome(&self) -> bool {
        !matches!(self.login, Login::WrongPassword | Login::UnknownUser)
    }

    /// The ciphers that our side is configured with, of which our client takes the first that is
    /// offered, whatever the server likes better; `None` leaves the default, "3des,rc4".
    pub(crate) fn configured_ciphers(&self) -> Option<&'static str> {
        match (self.client, self.cipher) {
            (_, "" | "3des") => None,
            (Peer::Ours, cipher) => Some(cipher),
            (_, "rc4") => None,
            _ => Some("3des,rc4,des,rc4-56,rc4-40"),
        }
    }

    /// Further lines of our side's configuration.
    pub(crate) fn lines(&self) -> &'static str {
        match self.login {
            Login::UmlautsInUtf8 | Login::NameInUtf8 => "[client]\nhash_charset = \"UTF-8\"",
            _ => "",
        }
    }

    /// What it is worth in the table: a login as such, with a peer as it is installed.
    pub(crate) fn entry(&self) -> Option<Entry> {
        let (peer, role) = match (self.client, self.server) {
            (Peer::Ours, peer) => (peer, "server"),
            (peer, Peer::Ours) => (peer, "client"),
            _ => return None,
        };
        let plain = self.login == Login::Right && self.maxbuf == MAXBUF && !self.asks_program;
        let fits = "ISO 8859-1 where they fit, else UTF-8";
        let (program, package, names) = match peer {
            Peer::Cyrus => ("Cyrus SASL", "libsasl2-2", fits),
            Peer::GnuSasl if role == "client" => {
                ("GNU SASL", "gsasl", "UTF-8, passwords in ISO 8859-1")
            }
            Peer::GnuSasl => {
                let names = "UTF-8, by `hash_charset = \"UTF-8\"`; passwords in ISO 8859-1";
                ("GNU SASL", "gsasl", names)
            }
            Peer::Jdk | Peer::JdkWithCipher => ("the JDK", "openjdk-17-jdk-headless", fits),
            Peer::Dovecot => ("Dovecot", "dovecot-imapd", "UTF-8, by `hash_charset = \"UTF-8\"`"),
            Peer::Ours | Peer::CyrusRepaired | Peer::GnuSaslTool => return None,
        };
        let agreed = match self.cipher {
            "" => self.qop,
            "3des" => "auth-conf 3des",
            "rc4" => "auth-conf rc4",
            "rc4-56" => "auth-conf rc4-56",
            "rc4-40" => "auth-conf rc4-40",
            _ => "auth-conf des",
        };
        let settings = match self.configured_ciphers() {
            None => "none",
            Some(_) => "`DigestEncryptionAlgorithms` has the cipher",
        };
        let version = Version::Debian(package);
        let protocol = "DIGEST-MD5";
        plain.then_some(Entry { protocol, program, version, role, agreed, settings, names })
    }

    /// Cyrus' security strength factor.
    fn strength_factor(&self) -> &'static str {
        match (self.qop, self.cipher) {
            ("auth", _) => "0",
            ("auth-int", _) => "1",
            (_, "rc4-40") => "40",
            (_, "des") => "55",
            (_, "rc4-56") => "56",
            (_, "3des") => "112",
            _ => "128",
        }
    }

    /// The JDK's word for how strong a cipher is.
    fn strength(&self) -> &'static str {
        match self.cipher {
            "des" | "rc4-56" => "medium",
            "rc4-40" => "low",
            _ => "high",
        }
    }

    /// The package that this row needs and that is not installed.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        [self.client, self.server].into_iter().find_map(|peer| match peer {
            Peer::Ours => None,
            Peer::Cyrus | Peer::CyrusRepaired => programs::cyrus().err(),
            Peer::GnuSasl => programs::gnu_sasl().err(),
            Peer::GnuSaslTool => programs::installed("gsasl", "gsasl").err(),
            Peer::Jdk | Peer::JdkWithCipher => programs::jdk().err(),
            Peer::Dovecot => programs::installed("dovecot", "dovecot-imapd").err(),
        })
    }

    pub(crate) fn start_client(&self, setting: &Setting) -> Result<Box<dyn End>, String> {
        let (user, password, authzid) = self.claims();
        let mut command = match self.client {
            Peer::Ours => setting.ours(&programs::our_client()?),
            peer => self.command(peer)?,
        };
        if self.client == Peer::GnuSaslTool {
            command.args(["--client", "--authentication-id", user, "--password", password]);
            command.args(authzid.map(|authzid| format!("--authorization-id={authzid}")));
        } else {
            command.args(["role=client".to_owned(), format!("qop={}", self.qop)]);
            command.args([format!("user={user}"), format!("password={password}")]);
            command.args(authzid.map(|authzid| format!("authzid={authzid}")));
        }
        if matches!(self.client, Peer::Cyrus | Peer::CyrusRepaired) {
            let factor = self.strength_factor();
            command.args([format!("min={factor}"), format!("max={factor}")]);
        }
        start(self.client, "the client", command, setting)
    }

    pub(crate) fn start_server(&self, setting: &Setting) -> Result<Box<dyn End>, String> {
        let (user, password) = self.account();
        let mut command = match self.server {
            Peer::Dovecot => {
                let program = programs::installed("dovecot", "dovecot-imapd")?;
                return Ok(Box::new(Dovecot::start(
                    &program,
                    setting,
                    self.account(),
                    "DIGEST-MD5",
                )?));
            }
            Peer::Ours => setting.ours(&programs::our_server()?),
            peer => self.command(peer)?,
        };
        match self.server {
            Peer::Ours => {
                command.arg("qop=auth-conf");
                if self.asks_program {
                    command.args([format!("user={user}"), format!("password={password}")]);
                }
            }
            Peer::GnuSaslTool => {
                command.args(["--server", "--password", password]);
            }
            peer => {
                // A server offers all it has, so that the client chooses.
                let all = "auth,auth-int,auth-conf";
                let offered = if peer == Peer::GnuSasl { self.qop } else { all };
                command.args(["role=server".to_owned(), format!("qop={offered}")]);
                command.args([format!("user={user}"), format!("password={password}")]);
            }
        }
        if matches!(self.server, Peer::Cyrus | Peer::CyrusRepaired) && !self.cipher.is_empty() {
            let factor = self.strength_factor();
            command.args([format!("min={factor}"), format!("max={factor}")]);
        }
        start(self.server, "the server", command, setting)
    }

    fn command(&self, peer: Peer) -> Result<Command, String> {
        let mut command = match peer {
            Peer::Cyrus | Peer::CyrusRepaired => Command::new(programs::cyrus()?),
            Peer::GnuSasl => Command::new(programs::gnu_sasl()?),
            Peer::GnuSaslTool => Command::new(programs::installed("gsasl", "gsasl")?),
            _ => java(&programs::jdk()?),
        };
        match peer {
            Peer::CyrusRepaired => {
                command.env("LD_PRELOAD", programs::des_parity()?);
            }
            Peer::GnuSaslTool => {
                let qop = if self.qop == "auth" { "qop-auth" } else { "qop-int" };
                command.args(["--mechanism=DIGEST-MD5", "--service=imap", "--hostname=localhost"]);
                command.arg(format!("--quality-of-protection={qop}"));
                command.arg(format!("--realm={REALM}"));
                return Ok(command);
            }
            Peer::Jdk | Peer::JdkWithCipher => {
                command.arg(format!("strength={}", self.strength()));
            }
            _ => {}
        }
        if peer == Peer::JdkWithCipher {
            command.arg(format!("cipher={}", self.cipher));
        }
        command.args(["service=imap", "host=localhost", &format!("realm={REALM}")]);
        command.arg(format!("maxbuf={}", self.maxbuf));
        Ok(command)
    }
}

fn start(
    peer: Peer,
    name: &str,
    mut command: Command,
    setting: &Setting,
) -> Result<Box<dyn End>, String> {
    // The JDK reads its arguments by the locale.
    command.env("LC_ALL", "C.UTF-8");
    if peer == Peer::GnuSaslTool {
        let client = name.ends_with("client");
        return Ok(Box::new(GsaslTool::start(&mut command, client)?));
    }
    let log = setting.log(name)?;
    Ok(Box::new(Process::start(name, command.stderr(Stdio::from(log)))?))
}

/// A Java machine that starts fast: this runs for a second.
fn java(classes: &Path) -> Command {
    let mut command = Command::new("java");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp"]);
    command.arg(classes).arg("JdkPeer");
    command
}
