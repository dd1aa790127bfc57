//! Whom our server knows, and what it offers them.

use std::fmt::Write as _;
use std::fs;

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};

use crate::peer::{MAXBUF, REALM};
pub(crate) use crate::setting::Setting;

/// What a client hashes in.
#[derive(Clone, Copy)]
pub(crate) enum Charset {
    Latin1,
    Utf8,
}

impl Setting {
    /// Writes the configuration of a server that offers `ciphers` and `maxbuf`. It knows one account
    /// unless `account` is `None`.
    pub(crate) fn new(
        account: Option<(&str, &str)>,
        ciphers: Option<&str>,
        maxbuf: u32,
    ) -> Result<Self, String> {
        let mut toml = String::new();
        if let Some(ciphers) = ciphers {
            let _ = writeln!(toml, "[WDigest]\nDigestEncryptionAlgorithms = \"{ciphers}\"\n");
        }
        let _ = writeln!(toml, "[server]\nrealm = \"{REALM}\"\naccounts = \"accounts\"");
        if maxbuf != MAXBUF {
            let _ = writeln!(toml, "maxbuf = {maxbuf}");
        }
        let accounts = account.map(|(user, password)| accounts(user, password));
        Self::of(&accounts.unwrap_or_default(), &toml)
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
