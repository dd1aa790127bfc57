//! What our side of a row is configured with: a directory of its own with secur32.toml, the
//! account file and the logs, removed when the row is done.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};

use crate::peer::{MAXBUF, REALM};

/// What a client hashes in.
#[derive(Clone, Copy)]
pub(crate) enum Charset {
    Latin1,
    Utf8,
}

/// The directory of one row.
pub(crate) struct Setting {
    directory: PathBuf,
}

impl Setting {
    /// Writes the configuration of a server that offers `ciphers` and `maxbuf`. It knows one account
    /// unless `account` is `None`.
    pub(crate) fn new(
        account: Option<(&str, &str)>,
        ciphers: Option<&str>,
        maxbuf: u32,
    ) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "secur32-peers-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let setting = Self { directory };
        let accounts = account.map(|(user, password)| accounts(user, password));
        setting.write("accounts", &accounts.unwrap_or_default())?;
        let mut toml = String::new();
        if let Some(ciphers) = ciphers {
            let _ = writeln!(toml, "[WDigest]\nDigestEncryptionAlgorithms = \"{ciphers}\"\n");
        }
        let accounts = setting.path("accounts");
        let _ = writeln!(toml, "[server]\nrealm = \"{REALM}\"");
        let _ = writeln!(toml, "accounts = \"{}\"", accounts.display());
        if maxbuf != MAXBUF {
            let _ = writeln!(toml, "maxbuf = {maxbuf}");
        }
        setting.write("secur32.toml", toml.as_bytes())?;
        Ok(setting)
    }

    /// The same setting with further lines of the table `[server]`, or of tables after it.
    pub(crate) fn with(self, lines: &str) -> Result<Self, String> {
        let path = self.path("secur32.toml");
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        self.write("secur32.toml", format!("{text}{lines}\n").as_bytes())?;
        Ok(self)
    }

    /// The same setting with one account alone, of a client that hashes its name and password so.
    pub(crate) fn hashed(
        self,
        user: &str,
        password: &str,
        charset: Charset,
    ) -> Result<Self, String> {
        let narrow = |text: &str| latin1(text).ok_or(format!("{text} does not fit ISO 8859-1"));
        let account = match charset {
            Charset::Latin1 => line(&narrow(user)?, &narrow(password)?),
            Charset::Utf8 => line(user.as_bytes(), password.as_bytes()),
        };
        self.write("accounts", &account)?;
        Ok(self)
    }

    /// A path in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes a file into the directory.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), String> {
        fs::write(self.path(name), content).map_err(|error| format!("{name}: {error}"))
    }

    /// A program that uses our library, told of this configuration; it explains what it refuses.
    pub(crate) fn ours(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("SECUR32_CONFIG", self.path("secur32.toml"));
        command.env("SECUR32_LOG", "debug");
        command.env_remove("SECUR32_ACCOUNTS").env_remove("SECUR32_REALM");
        command
    }

    /// Where a participant's standard error goes.
    pub(crate) fn log(&self, name: &str) -> Result<File, String> {
        File::create(self.path(name)).map_err(|error| format!("{name}: {error}"))
    }

    /// What the participants wrote to standard error.
    pub(crate) fn logs(&self) -> String {
        let mut all = String::new();
        for name in ["the server", "the client"] {
            let text = fs::read(self.path(name)).unwrap_or_default();
            for line in String::from_utf8_lossy(&text).lines() {
                let _ = write!(all, "\n        {name}: {line}");
            }
        }
        all
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The lines of an htdigest file, as a site with such a user has them: one for clients that convert
/// nothing, such as curl; one for those that convert the password alone, such as GNU SASL; and one in
/// ISO 8859-1 where name and password fit it (RFC 2831 §2.1.2.1 hashes that one).
fn accounts(user: &str, password: &str) -> Vec<u8> {
    let mut file = line(user.as_bytes(), password.as_bytes());
    if let Some(password) = latin1(password) {
        file.extend(line(user.as_bytes(), &password));
        if let Some(user) = latin1(user) {
            file.extend(line(&user, &password));
        }
    }
    file
}

fn line(user: &[u8], password: &[u8]) -> Vec<u8> {
    let names = [user, REALM.as_bytes()].join(&b':');
    let hash = Md5::digest([&names[..], b":", password].concat());
    let hex = HEXLOWER.encode(&hash);
    [&names[..], b":", hex.as_bytes(), b"\n"].concat()
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
