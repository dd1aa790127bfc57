//! Prosody as an end: a daemon of its own in the row's directory, on a port of loopback, and SASL in XMPP's
//! elements (RFC 6120 §6.4).

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use crate::accounts::Setting;
use crate::line_protocol::{Agreed, End, Event, PATIENCE, Process};

const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";

/// A connection to a Prosody that is there for it alone.
pub(crate) struct Prosody {
    connection: TcpStream,
    mechanism: String,
    /// Whether the client's first token has gone.
    begun: bool,
    /// The server's last token has come with its success.
    succeeded: bool,
    _daemon: Process,
}

impl Prosody {
    pub(crate) fn start(
        program: &Path,
        setting: &Setting,
        (user, password): (&str, &str),
        mechanism: &str,
    ) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("Prosody: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        drop(listener);
        let home = setting.path("").display().to_string();
        let accounts = setting.path("localhost/accounts");
        std::fs::create_dir_all(&accounts).map_err(failed)?;
        let escape = |byte: u8| match byte {
            b'a'..=b'z' => char::from(byte).to_string(),
            _ => format!("%{byte:02x}"),
        };
        let name: String = user.bytes().map(escape).collect();
        let account = format!("return {{ [\"password\"] = \"{password}\" }};\n");
        std::fs::write(accounts.join(format!("{name}.dat")), account).map_err(failed)?;
        let configuration = format!(
            "run_as_root = true\ndata_path = \"{home}\"\npidfile = \"{home}pid\"\n\
             modules_enabled = {{ \"saslauth\" }}\n\
             modules_disabled = {{ \"offline\", \"posix\", \"s2s\", \"tls\" }}\n\
             c2s_interfaces = {{ \"127.0.0.1\" }}\nc2s_ports = {{ {port} }}\n\
             c2s_require_encryption = false\nauthentication = \"internal_hashed\"\n\
             log = {{ debug = \"*console\" }}\nVirtualHost \"localhost\"\n"
        );
        setting.write("prosody.cfg.lua", configuration.as_bytes())?;
        let mut command = Command::new(program);
        command.arg("-F").arg("--config").arg(setting.path("prosody.cfg.lua"));
        let mut daemon = Process::start_merged("Prosody", &mut command)?;
        daemon.read_until(|line| line.contains("Activated service 'c2s'").then_some(()))?;
        let connection = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
        connection.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let mechanism = mechanism.to_owned();
        let (begun, succeeded) = (false, false);
        let mut prosody = Self { connection, mechanism, begun, succeeded, _daemon: daemon };
        prosody.write(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='localhost' \
             xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
        )?;
        let features = prosody.until("</stream:features>")?;
        if !features.contains(&format!("<mechanism>{}</mechanism>", prosody.mechanism)) {
            return Err(format!("Prosody offers {features}"));
        }
        Ok(prosody)
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        self.connection.write_all(text.as_bytes()).map_err(|error| format!("Prosody: {error}"))
    }

    /// What comes up to this, and with it.
    fn until(&mut self, end: &str) -> Result<String, String> {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let mut byte = [0];
            self.connection.read_exact(&mut byte).map_err(|error| format!("Prosody: {error}"))?;
            text.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl End for Prosody {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        let begun = std::mem::replace(&mut self.begun, true);
        if self.succeeded {
            return Ok(());
        }
        let base64 = base64.trim_start_matches('-');
        if begun {
            return self.write(&format!("<response xmlns='{SASL}'>{base64}</response>"));
        }
        let mechanism = &self.mechanism;
        let element = format!("<auth xmlns='{SASL}' mechanism='{mechanism}'>{base64}</auth>");
        self.write(&element)
    }

    fn event(&mut self) -> Result<Event, String> {
        if self.succeeded {
            let [user, authzid] = std::array::from_fn(|_| "?".to_owned());
            return Ok(Event::Established(Agreed {
                qop: "auth".to_owned(),
                user,
                authzid,
                largest: 0,
            }));
        }
        let begin = self.until(">")?;
        let name: String =
            begin.trim_start_matches('<').chars().take_while(char::is_ascii_alphabetic).collect();
        let content = self.until(&format!("</{name}>"))?;
        let content = content.split('<').next().unwrap_or_default().to_owned();
        match &name[..] {
            "challenge" => Ok(Event::Token(content)),
            // Prosody has the signature here.
            "success" => {
                self.succeeded = true;
                Ok(Event::Token(content))
            }
            _ => Ok(Event::Refused(format!("{begin}{content}"))),
        }
    }

    fn ask(&mut self, _: &str) -> Result<String, String> {
        Err("Prosody has no security layer".to_owned())
    }
}
