//! Dovecot's IMAP server as an end: a daemon of its own in the row's directory, listening on a
//! Unix socket there, and SASL in IMAP's lines (RFC 3501 §6.2.2).

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use crate::accounts::Setting;
use crate::line_protocol::{Agreed, End, Event, PATIENCE, Process};
use crate::peer::REALM;

/// A running Dovecot, stopped when dropped.
pub(crate) struct Daemon(Process);

impl Daemon {
    pub(crate) fn start(
        program: &Path,
        setting: &Setting,
        account: (&str, &str),
    ) -> Result<Self, String> {
        let (user, password) = account;
        std::fs::create_dir(setting.path("mail")).map_err(|error| error.to_string())?;
        setting.write("users", format!("{user}:{{PLAIN}}{password}\n").as_bytes())?;
        setting.write("dovecot.conf", configuration(setting)?.as_bytes())?;
        // Where this runs as root, Dovecot's processes are users of their own, the mail's is nobody.
        for (name, mode) in [("", 0o755), ("users", 0o644), ("mail", 0o777)] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(setting.path(name), mode)
                .map_err(|error| error.to_string())?;
        }
        let mut command = Command::new(program);
        command.arg("-F").arg("-c").arg(setting.path("dovecot.conf"));
        let mut process = Process::start_merged("dovecot", &mut command)?;
        // It listens before it says so.
        process.read_until(|line| line.contains("starting up").then_some(()))?;
        Ok(Self(process))
    }
}

impl Drop for Daemon {
    /// Its children end with it only when it is asked to end.
    fn drop(&mut self) {
        self.0.terminate();
    }
}

fn configuration(setting: &Setting) -> Result<String, String> {
    let home = setting.path("");
    let home = home.display();
    let [uid, user, group] = [id(&["-u"])?, id(&["-un"])?, id(&["-gn"])?];
    let (mail_user, own) = if uid == "0" {
        ("nobody", String::new())
    } else {
        let own = format!(
            "default_internal_user = {user}\ndefault_internal_group = {group}\n\
             default_login_user = {user}\n"
        );
        (user.as_str(), own)
    };
    let mail_group = id(&["-gn", mail_user])?;
    Ok(format!(
        "base_dir = {home}run\nstate_dir = {home}state\nlog_path = /dev/stderr\n\
         protocols = imap\nssl = no\nfirst_valid_uid = 1\n\
         auth_mechanisms = digest-md5 scram-sha-1 scram-sha-256\nauth_realms = {REALM}\nauth_verbose = yes\nauth_failure_delay = 0\nauth_username_chars =\n\
         mail_location = maildir:{home}mail\nmail_uid = {mail_user}\nmail_gid = {mail_group}\n{own}\
         passdb {{\n  driver = passwd-file\n  args = username_format=%n {home}users\n}}\n\
         userdb {{\n  driver = static\n  args = home={home}mail\n}}\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = 0\n  }}\n\
         \x20 inet_listener imaps {{\n    port = 0\n  }}\n\
         \x20 unix_listener {home}imap {{\n    mode = 0600\n  }}\n}}\n\
         service anvil {{\n  chroot =\n}}\n"
    ))
}

fn id(options: &[&str]) -> Result<String, String> {
    let output =
        Command::new("id").args(options).output().map_err(|error| format!("id: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A connection to a Dovecot that is there for it alone.
pub(crate) struct Dovecot {
    connection: BufReader<UnixStream>,
    /// The command that the client's first token goes along with, where the client speaks first.
    begins: Option<String>,
    _daemon: Daemon,
}

impl Dovecot {
    pub(crate) fn start(
        program: &Path,
        setting: &Setting,
        account: (&str, &str),
        mechanism: &str,
    ) -> Result<Self, String> {
        let daemon = Daemon::start(program, setting, account)?;
        let failed = |error: std::io::Error| format!("Dovecot's socket: {error}");
        let stream = UnixStream::connect(setting.path("imap")).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        let connection = BufReader::new(stream);
        let mut dovecot = Self { connection, begins: None, _daemon: daemon };
        let greeting = dovecot.line()?;
        if !greeting.contains(&format!("AUTH={mechanism}")) {
            return Err(format!("Dovecot greets {greeting:?}"));
        }
        let command = format!("a AUTHENTICATE {mechanism}");
        if mechanism == "DIGEST-MD5" {
            dovecot.write(&command)?;
        } else {
            dovecot.begins = Some(command);
        }
        Ok(dovecot)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.connection.read_line(&mut line).map_err(|error| format!("Dovecot: {error}"))?;
        Ok(line.trim_end().to_owned())
    }

    fn write(&mut self, line: &str) -> Result<(), String> {
        let stream = self.connection.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes()).map_err(|error| error.to_string())
    }
}

impl End for Dovecot {
    fn token(&mut self, base64: &str) -> Result<(), String> {
        let token = base64.trim_start_matches('-');
        match self.begins.take() {
            Some(command) => self.write(&format!("{command} {token}")),
            None => self.write(token),
        }
    }

    fn event(&mut self) -> Result<Event, String> {
        loop {
            let line = self.line()?;
            match line.split_once(' ') {
                Some(("+", base64)) => return Ok(Event::Token(base64.to_owned())),
                Some(("a", rest)) if rest.starts_with("OK") => {
                    let [user, authzid] = std::array::from_fn(|_| "?".to_owned());
                    let qop = "auth".to_owned();
                    return Ok(Event::Established(Agreed { qop, user, authzid, largest: 0 }));
                }
                Some(("*", _)) => {}
                _ => return Ok(Event::Refused(line)),
            }
        }
    }

    fn ask(&mut self, _: &str) -> Result<String, String> {
        Err("Dovecot has no security layer".to_owned())
    }
}
