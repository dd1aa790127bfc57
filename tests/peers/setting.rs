//! The directory of one row: secur32.toml, the file of accounts and the logs, removed when the row is done.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What our side of a row is configured with.
pub(crate) struct Setting {
    directory: PathBuf,
}

impl Setting {
    /// With these lines of accounts, and this configuration.
    pub(crate) fn of(accounts: &[u8], toml: &str) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("secur32-row-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let setting = Self { directory };
        setting.write("accounts", accounts)?;
        setting.write("secur32.toml", toml.as_bytes())?;
        Ok(setting)
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
