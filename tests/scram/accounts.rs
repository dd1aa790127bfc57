//! What our side of a row is configured with, and what servers keep of the rows' users.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// How a server keeps its account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    /// As stored keys: in our file, or in Cyrus' authPassword.
    Keys,
    /// As a password.
    Password,
}

/// Name, password and stored keys, which Python's hashlib made.
pub(crate) const ACCOUNTS: [(&str, &str, [&str; 3]); 2] = [
    (
        "alice",
        "secret",
        [
            "SCRAM-SHA-1$4096:AAECAwQFBgcICQoLDA0ODw==$Y70Wjxts9xDvZXVZpf765VU+gt4=:\
             6tMKK7QnVeI0U1t+EDZXP1e5Qys=",
            "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$THoPhoTAuqyoQsK4dUHncUzgfD8fdmhsgKZhWVqNP5U=:\
             7YiHMMi2OcXGRogub03Ek06JRZ9bkhTOdCzHa5iPLiQ=",
            "SCRAM-SHA-512$4096:AAECAwQFBgcICQoLDA0ODw==$\
             p0NRv7AnRYEnDMi+LJb8mmadO7hlzCayf5kUIROPSkMktBhWBSZC2SSTpwiX/wTgdhXP1yVCxYG20zDPvsYR2w==:\
             bSXNr+94D+xhqC+uXuzD1riNAGhDKr/M6m56dsacFLvOEouvG0Z24H/Oubr0fNZf9S4Z4ThZcUxXGF/QI8ek+A==",
        ],
    ),
    (
        "jäger",
        "grün",
        [
            "SCRAM-SHA-1$4096:AAECAwQFBgcICQoLDA0ODw==$RqbEvtCzPESCMEIu2acuK/eV/E8=:\
             Q1Z6HqgW4drX/dCuwWmpbN8q868=",
            "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$aKVicSZpENsxz5+WIhf7ORB0BxguEUePRLt9XEx6jEA=:\
             V7YfGH2kE1WGkC9zobJwPdLxQNAjFBc4HdNOy71J1OM=",
            "SCRAM-SHA-512$4096:AAECAwQFBgcICQoLDA0ODw==$\
             WuITc7rcc7xFQUwpQW5mRGxWANo4coWGDskiAsYriNMGDBaUwI6UrgjkQX5+1dsRZNnxBZDnza8ouBdOBWjBEQ==:\
             dYC4+chQ7K9ppJnVbUY216RX+6KypA742a+nCjFKMZhClpqmuegP2eRAIam1vJuX2fcZ+i4AczgFs3B8YSIChg==",
        ],
    ),
];

/// Every mechanism of SCRAM, in the order in which a program should prefer them.
const PROFILES: &str = "\"SCRAM-SHA-512-PLUS\", \"SCRAM-SHA-256-PLUS\", \"SCRAM-SHA-1-PLUS\", \
    \"SCRAM-SHA-512\", \"SCRAM-SHA-256\", \"SCRAM-SHA-1\", \"DIGEST-MD5\"";

/// The directory of one row: secur32.toml, the file of accounts and the logs, removed when the row is done.
pub(crate) struct Setting {
    directory: PathBuf,
}

impl Setting {
    /// With a file of accounts of these lines.
    pub(crate) fn new(lines: &str) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("secur32-scram-{}-{number}", std::process::id()));
        fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let setting = Self { directory };
        setting.write("accounts", lines.as_bytes())?;
        let toml = format!("[sasl]\nprofiles = [{PROFILES}]\n[scram]\naccounts = \"accounts\"\n");
        setting.write("secur32.toml", toml.as_bytes())?;
        Ok(setting)
    }

    /// With the lines of all accounts and mechanisms.
    pub(crate) fn with_all() -> Result<Self, String> {
        let mut lines = String::new();
        for (user, _, mechanisms) in ACCOUNTS {
            for keys in mechanisms {
                let _ = writeln!(lines, "{user}:{keys}");
            }
        }
        Self::new(&lines)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

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
