//! memcached with our client, in its binary protocol.

use std::process::Command;

use crate::accounts::Setting;
use crate::line_protocol::Process;
use crate::peer::MAXBUF;
use crate::programs::{self, Found};
use crate::runner::run;

use super::Application;
use super::side::{Side, Step};
use super::subversion::{LOGINS, database, saslpasswd};
use super::wire::{Wire, free_port};
use crate::results::{Entry, Version};

const SET: u8 = 0x01;
const SASL_AUTH: u8 = 0x21;
const SASL_STEP: u8 = 0x22;
/// Statuses: done, not logged in, and a further step.
const DONE: u16 = 0;
const AUTH_ERROR: u16 = 0x20;
const AUTH_CONTINUE: u16 = 0x21;

fn program() -> Found {
    saslpasswd()?;
    programs::installed("memcached", "memcached")
}

struct Session(Wire);

impl Session {
    fn ask(
        &mut self,
        code: u8,
        extras: &[u8],
        key: &[u8],
        value: &[u8],
    ) -> Result<(u16, Vec<u8>), String> {
        let [key_length, total] = [key.len(), extras.len() + key.len() + value.len()]
            .map(|length| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        let extras_length = u8::try_from(extras.len()).map_err(|error| error.to_string())?;
        let mut head = [0; 24];
        head[..2].copy_from_slice(&[0x80, code]);
        head[2..4].copy_from_slice(&key_length[2..]);
        head[4] = extras_length;
        head[8..12].copy_from_slice(&total);
        self.0.write(&[&head[..], extras, key, value].concat())?;
        let head = self.0.read(24)?;
        let length = head[8..12].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        Ok((u16::from_be_bytes([head[6], head[7]]), self.0.read(length)?))
    }

    /// Whether something can be stored, as who is logged in can.
    fn stores(&mut self) -> Result<bool, String> {
        match self.ask(SET, &[0; 8], b"key", b"value")?.0 {
            DONE => Ok(true),
            AUTH_ERROR => Ok(false),
            other => Err(format!("status {other:#x}")),
        }
    }

    fn login(&mut self, side: &mut Side) -> Result<bool, String> {
        let (status, challenge) = self.ask(SASL_AUTH, b"", b"DIGEST-MD5", b"")?;
        if status != AUTH_CONTINUE {
            return Err(format!("status {status:#x} instead of a challenge"));
        }
        let response = side.step(&challenge)?.token()?;
        match self.ask(SASL_STEP, b"", b"DIGEST-MD5", &response)? {
            (AUTH_ERROR, _) => Ok(false),
            (AUTH_CONTINUE, rspauth) => {
                let Step::Established(_) = side.step(&rspauth)? else {
                    return Err("rspauth was not taken".to_owned());
                };
                Ok(self.ask(SASL_STEP, b"", b"DIGEST-MD5", b"")?.0 == DONE)
            }
            (status, _) => Err(format!("status {status:#x}")),
        }
    }
}

fn play(_: &Entry) -> Result<(), String> {
    let setting = Setting::new(None, None, MAXBUF)?;
    let host = Command::new("hostname").output().map_err(|error| format!("hostname: {error}"))?;
    let host = String::from_utf8_lossy(&host.stdout).trim().to_owned();
    let database = database(&setting, &host)?;
    let text = format!("mech_list: digest-md5\nsasldb_path: {}\n", database.display());
    setting.write("memcached.conf", text.as_bytes())?;
    let port = free_port()?;
    let mut command = Command::new(program()?);
    command.args(["-S", "-B", "binary", "-vv", "-l", "127.0.0.1", "-U", "0", "-u", "root"]);
    command.args(["-p", &port.to_string()]).env("SASL_CONF_PATH", setting.path(""));
    let mut server = Process::start_merged("memcached", &mut command)?;
    server.read_until(|line| line.contains("server listening").then_some(()))?;
    for (user, password, welcome) in LOGINS {
        let [user_word, password_word] = [format!("user={user}"), format!("password={password}")];
        let words = ["target=memcached/localhost", &user_word, &password_word];
        let mut side = Side::client(&setting, &words)?;
        // Who is not logged in is refused, and the connection closed.
        if Session(Wire::connect(port)?).stores()? {
            return Err("it stores for everybody".to_owned());
        }
        let mut session = Session(Wire::connect(port)?);
        let let_in = session.login(&mut side).map_err(|error| error + &setting.logs())?;
        if let_in != welcome || (let_in && !session.stores()?) {
            return Err(format!("{user}, {password}: {let_in}{}", setting.logs()));
        }
    }
    Ok(())
}

#[test]
fn our_client_logs_in_to_memcached() {
    let entry = Entry {
        protocol: "DIGEST-MD5",
        program: "memcached",
        version: Version::Debian("memcached"),
        role: "server",
        agreed: "auth",
        settings: "none",
        names: "ISO 8859-1",
    };
    run("memcached", &[Application { entry, missing: || program().err(), play }]);
}
