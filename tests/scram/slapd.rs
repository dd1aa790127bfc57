//! slapd as an end: a daemon of its own in the row's directory, listening on a Unix socket there, whose SASL is
//! Cyrus', and SASL in LDAP's binds (RFC 4511 §4.2).

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::BASE64;

use crate::accounts::Setting;
use crate::base64::decode;
use crate::line_protocol::{Agreed, End, Event, PATIENCE, Process};

/// Tags of BER.
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const SEQUENCE: u8 = 0x30;
const BIND: u8 = 0x60;
const BOUND: u8 = 0x61;
const SASL: u8 = 0xA3;
const SERVER_TOKEN: u8 = 0x87;
const EXTENDED: u8 = 0x77;
const EXTENDED_NAME: u8 = 0x80;

/// "Who am I?" (RFC 4532).
const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

/// `saslBindInProgress`.
const IN_PROGRESS: u8 = 14;

/// A connection to a slapd that is there for it alone.
pub(crate) struct Slapd {
    connection: UnixStream,
    mechanism: String,
    messages: u8,
    /// The server's last token has come with its success.
    succeeded: bool,
    _daemon: Process,
}

impl Slapd {
    pub(crate) fn start(
        program: &Path,
        setting: &Setting,
        (user, password): (&str, &str),
        mechanism: &str,
    ) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("slapd: {error}");
        let home = setting.path("").display().to_string();
        let configuration = format!(
            "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
             modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {home}pid\nsasl-host localhost\n\
             password-hash {{CLEARTEXT}}\n\
             authz-regexp \"^uid=([^,]*),.*cn=auth$\" \"uid=$1,dc=example\"\n\
             database mdb\nsuffix \"dc=example\"\ndirectory {home}\ndbnosync\n\
             access to attrs=userPassword by * auth\naccess to * by * read\n"
        );
        setting.write("slapd.conf", configuration.as_bytes())?;
        let ldif = format!(
            "dn: dc=example\nobjectClass: domain\ndc: example\n\n\
             dn:: {}\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid:: {}\n\
             userPassword:: {}\n",
            BASE64.encode(format!("uid={user},dc=example").as_bytes()),
            BASE64.encode(user.as_bytes()),
            BASE64.encode(password.as_bytes())
        );
        setting.write("ldif", ldif.as_bytes())?;
        let mut add = Command::new(program.with_file_name("slapadd"));
        add.arg("-f").arg(setting.path("slapd.conf")).arg("-l").arg(setting.path("ldif"));
        let added = add.stderr(Stdio::piped()).output().map_err(failed)?;
        if !added.status.success() {
            return Err(format!("slapadd: {}", String::from_utf8_lossy(&added.stderr)));
        }
        let socket = setting.path("ldap");
        let mut command = Command::new(program);
        command.arg("-f").arg(setting.path("slapd.conf")).args(["-d", "0x100", "-h"]);
        command.arg(format!("ldapi://{}", socket.display().to_string().replace('/', "%2F")));
        let mut daemon = Process::start_merged("slapd", &mut command)?;
        daemon.read_until(|line| line.contains("slapd starting").then_some(()))?;
        // It says so before it listens.
        let connection = loop {
            match UnixStream::connect(&socket) {
                Ok(connection) => break connection,
                Err(_) => std::thread::yield_now(),
            }
        };
        connection.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let mechanism = mechanism.to_owned();
        Ok(Self { connection, mechanism, messages: 0, succeeded: false, _daemon: daemon })
    }

    fn send(&mut self, operation: &[u8]) -> Result<(), String> {
        self.messages += 1;
        let message = [&element(INTEGER, &[self.messages])[..], operation].concat();
        let message = element(SEQUENCE, &message);
        self.connection.write_all(&message).map_err(|error| format!("slapd: {error}"))
    }

    /// The operation of the next message: its elements.
    fn receive(&mut self, tag: u8) -> Result<Vec<(u8, Vec<u8>)>, String> {
        let mut message = Vec::new();
        while read(&message).is_none() {
            let mut byte = [0];
            self.connection.read_exact(&mut byte).map_err(|error| format!("slapd: {error}"))?;
            message.push(byte[0]);
        }
        let message = elements(&read(&message).unwrap_or_default().1);
        let operation = message.into_iter().find(|(found, _)| *found == tag);
        operation.map(|(_, content)| elements(&content)).ok_or("no answer of slapd's".to_owned())
    }

    fn who_am_i(&mut self) -> Result<String, String> {
        self.send(&element(EXTENDED, &element(EXTENDED_NAME, WHO_AM_I.as_bytes())))?;
        let answer = self.receive(0x78)?;
        let name = answer.iter().find(|(tag, _)| *tag == 0x8B).map(|(_, name)| name.clone());
        let name = String::from_utf8_lossy(&name.unwrap_or_default()).into_owned();
        let name = name.strip_prefix("dn:uid=").and_then(|name| name.strip_suffix(",dc=example"));
        let name = name.ok_or("slapd knows no name")?.replace("\\C3\\A4", "ä");
        Ok(name)
    }
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    [&[tag, 0x82, high, low][..], content].concat()
}

/// The first element, and how long it is; `None` where it is not complete.
fn read(bytes: &[u8]) -> Option<((u8, usize), Vec<u8>)> {
    let (tag, first) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let digits = if first < 0x80 { 0 } else { first & 0x7F };
    let number =
        bytes.get(2..2 + digits)?.iter().fold(0, |all, byte| all << 8 | usize::from(*byte));
    let length = if first < 0x80 { first } else { number };
    let content = bytes.get(2 + digits..2 + digits + length)?;
    Some(((tag, 2 + digits + length), content.to_vec()))
}

fn elements(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some(((tag, length), content)) = read(bytes) {
        all.push((tag, content));
        bytes = &bytes[length..];
    }
    all
}

impl End for Slapd {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        if self.succeeded {
            return Ok(());
        }
        let mut sasl = element(OCTETS, self.mechanism.as_bytes());
        sasl.extend(element(OCTETS, &decode(base64)));
        let bind = [element(INTEGER, &[3]), element(OCTETS, b""), element(SASL, &sasl)].concat();
        self.send(&element(BIND, &bind))
    }

    fn event(&mut self) -> Result<Event, String> {
        if self.succeeded {
            let (user, authzid) = (self.who_am_i()?, "?".to_owned());
            return Ok(Event::Established(Agreed {
                qop: "auth".to_owned(),
                user,
                authzid,
                largest: 0,
            }));
        }
        let answer = self.receive(BOUND)?;
        let token = answer.iter().find(|(tag, _)| *tag == SERVER_TOKEN);
        let token = token.map_or("-".to_owned(), |(_, token)| BASE64.encode(token));
        match answer.first().map(|(_, code)| &code[..]) {
            Some([IN_PROGRESS]) => Ok(Event::Token(token)),
            // slapd has the signature here.
            Some([0]) => {
                self.succeeded = true;
                Ok(Event::Token(token))
            }
            _ => Ok(Event::Refused(
                answer.iter().map(|(_, text)| String::from_utf8_lossy(text)).collect(),
            )),
        }
    }

    fn ask(&mut self, _: &str) -> Result<String, String> {
        Err("SCRAM has no security layer".to_owned())
    }
}
