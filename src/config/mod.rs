//! The configuration: `secur32.toml`, and the variables of the environment that override it.
//!
//! The file is the one that `SECUR32_CONFIG` names, else `secur32.toml` beside the library, else
//! `/etc/secur32.toml` (`%ProgramData%\secur32\secur32.toml` on Windows); without any, everything
//! has its default. `SECUR32_LOG` (see [`crate::log`]) overrides the table `[log]`; an empty variable
//! is as good as none. A process that has more rights than its user, such as a set-user-ID program,
//! takes no notice of the environment.
//!
//! A package has a table of [`Key`]s, and reads them from the [`Document`]; [`crate::packages`] knows
//! whose all tables are. Whatever is wrong is an error that names file, line and key, and nothing of
//! the file is used.

mod document;
mod file;
mod private_file;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

pub use document::{Document, Key, Value};

use crate::error::{Error, Result, Status};
use crate::log::{self, Level};
use crate::system::process;

/// The table of the log.
pub const LOG: [Key<log::Settings>; 2] = [
    Key {
        table: "log",
        name: "level",
        expected: "\"off\", \"error\" or \"debug\"",
        shown: "\"off\"",
        doc: "\"error\", \"debug\"",
        read: |log, value| Level::from_name(value.string()?).map(|level| log.level = level),
    },
    Key {
        table: "log",
        name: "file",
        expected: "a path",
        shown: "\"secur32.log\"",
        doc: "relative to this one; default: standard error",
        read: |log, value| value.path().map(|path| log.file = Some(path)),
    },
];

impl Document {
    /// Finds and reads the configuration of this process, and makes the log as it says.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file and the line or the variable in the reason: the file that
    /// `SECUR32_CONFIG` names does not exist, the file cannot be read, is not UTF-8 text, not TOML or
    /// larger than 1 MiB; the table `[log]` or `SECUR32_LOG` says something that is not allowed.
    pub fn load() -> Result<Self> {
        if process::privileged() {
            let document = Self::load_from(&file::standard_places(), |_| None)?;
            log::configure(&document.log()?);
            return Ok(document);
        }
        let variable = |name: &str| std::env::var_os(name);
        // Before the rest, so that what is wrong with the rest can be read in the log.
        match log_of_environment(&Self::empty().with_environment(Box::new(variable))) {
            Ok(None) => {}
            Ok(Some(settings)) => log::configure(&settings),
            Err(wrong) => {
                log::complain();
                return Err(wrong);
            }
        }
        let document = Self::load_from(&file::standard_places(), variable)?;
        log::configure(&document.log()?);
        Ok(document)
    }

    /// Reads the first file that there is, of the one that the environment names or of `places`.
    fn load_from(
        places: &[PathBuf],
        variable: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Result<Self> {
        let environment = Self::empty().with_environment(Box::new(variable));
        let mut document = match environment.variable("SECUR32_CONFIG") {
            Some(path) => {
                let path = absolute("SECUR32_CONFIG", &path)?;
                file::read(&path)?.ok_or_else(|| {
                    wrong(format!(
                        "{}: SECUR32_CONFIG names it, but it does not exist",
                        path.display()
                    ))
                })?
            }
            None => file::read_first(places)?.unwrap_or_else(Self::empty),
        };
        document.take_environment(environment);
        Ok(document)
    }

    /// What is to be logged, and where.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`: the table `[log]` or `SECUR32_LOG` says something that is not allowed.
    pub fn log(&self) -> Result<log::Settings> {
        let mut settings = log::Settings::default();
        self.read(&LOG, &mut settings)?;
        Ok(log_of_environment(self)?.unwrap_or(settings))
    }
}

/// The refusal of a configuration. Of the statuses that `AcquireCredentialsHandle` is documented to
/// return, this is the one that blames neither the caller nor the peer.
pub(crate) fn wrong(reason: String) -> Error {
    Error::new(Status::INTERNAL_ERROR, reason)
}

/// The path that a variable of this name says, from the current directory where it is relative.
///
/// # Errors
/// `INTERNAL_ERROR`: there is no current directory.
pub(crate) fn absolute(name: &str, path: &OsStr) -> Result<PathBuf> {
    std::path::absolute(Path::new(path)).map_err(|error| wrong(format!("{name}: {error}")))
}

fn log_of_environment(document: &Document) -> Result<Option<log::Settings>> {
    let Some(text) = document.variable("SECUR32_LOG") else { return Ok(None) };
    let settings = text.to_str().and_then(log::Settings::from_text).ok_or_else(|| {
        wrong("SECUR32_LOG: expected off, error or debug, then optionally :PATH".to_owned())
    })?;
    Ok(Some(settings))
}

#[cfg(test)]
mod tests;
