//! The log: off unless asked for, then one line for each event, which says why a call was refused.
//!
//! `SECUR32_LOG=debug` writes to standard error, `SECUR32_LOG=debug:/path/of/file` appends to a
//! file; the table `[log]` of secur32.toml says the same. A line is
//!
//! ```text
//! 2026-03-01T12:00:00.123Z secur32[4711/4713] debug AcceptSecurityContext SEC_E_LOGON_DENIED: why
//! ```
//!
//! with the time in UTC, the process and the thread. Whatever a peer may have written is escaped:
//! a line holds printable ASCII only, so none can be forged. Writing never makes a call fail, nor waits
//! for whoever reads a pipe or a device that the file is: lines that it has no room for are lost.
//! Standard error is the program's: where that waits, a line waits, but no other thread and no fork does.
//! Nothing is ever written to standard output.

mod level;
mod line;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::SystemTime;

pub use self::level::Level;
use self::line::line;
use crate::error::Error;
use crate::system::fork::{self, Gated};
use crate::system::log_file::{self, LogFile};

/// How much is logged, and where.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// How much.
    pub level: Level,
    /// The file to append to; standard error where there is none.
    pub file: Option<PathBuf>,
}

impl Settings {
    /// Reads the form of `SECUR32_LOG`: a level, then optionally a colon and the path of a file.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (level, file) = match text.split_once(':') {
            Some((_, "")) => return None,
            Some((level, file)) => (level, Some(PathBuf::from(file))),
            None => (text, None),
        };
        Some(Self { level: Level::from_name(level)?, file })
    }
}

static LOG: Log = Log::new();

/// Makes the log as `settings` say; does nothing when it is so already. A file that cannot be
/// opened is complained of on standard error, which then takes its place.
pub fn configure(settings: &Settings) {
    LOG.configure(settings);
}

/// Has errors written to standard error where there is no log: somebody has asked for one, and has to
/// learn that it was in the wrong words.
pub fn complain() {
    if !enabled() {
        configure(&Settings { level: Level::Error, file: None });
    }
}

/// Whether anything is logged: one relaxed load, to ask before work that only the log needs.
#[must_use]
pub fn enabled() -> bool {
    LOG.takes(Level::Error)
}

/// Logs that `function` (its name as C knows it) was refused: at [`Level::Error`] where the cause
/// is this machine's set-up, else at [`Level::Debug`].
pub fn refusal(function: &str, error: &Error) {
    let level = Level::of(error.status());
    if LOG.takes(level) {
        LOG.write(level, function, &error.to_string());
    }
}

/// Logs a remark at [`Level::Debug`]; `text` is made only when it will be written.
pub fn note(text: impl FnOnce() -> String) {
    if LOG.takes(Level::Debug) {
        LOG.write(Level::Debug, "note:", &text());
    }
}

/// Logs at [`Level::Error`] something that is wrong with this machine's set-up but fails no call,
/// such as an account file that can no longer be read; `text` is made only when it will be written.
pub fn fault(text: impl FnOnce() -> String) {
    if LOG.takes(Level::Error) {
        LOG.write(Level::Error, "fault:", &text());
    }
}

/// Where lines go.
struct Sink {
    settings: Settings,
    /// Standard error, where there is none.
    file: Option<LogFile>,
}

struct Log {
    level: AtomicU8,
    /// Held to be read or exchanged, never while a line is made or written: that may take as long as
    /// whoever reads the other end of a pipe likes.
    sink: Gated<Option<Arc<Sink>>>,
}

impl Log {
    const fn new() -> Self {
        Self { level: AtomicU8::new(Level::Off as u8), sink: Gated::new(None) }
    }

    fn sink(&self) -> Option<Arc<Sink>> {
        self.sink.lock().clone()
    }

    fn configure(&self, settings: &Settings) {
        let current = self.sink();
        let known = current.as_ref().map(|sink| &sink.settings);
        if known.unwrap_or(&Settings::default()) == settings {
            return;
        }
        let path = settings.file.as_deref().filter(|_| settings.level != Level::Off);
        let opened = path.map(|path| (path, LogFile::open(path)));
        let (file, complaint) = match opened {
            None => (None, None),
            Some((_, Ok(file))) => (Some(file), None),
            Some((path, Err(error))) => {
                let text = format!("{}: the log cannot be opened: {error}", path.display());
                (None, Some(line(SystemTime::now(), Level::Error, "fault:", &text)))
            }
        };
        let sink = Arc::new(Sink { settings: settings.clone(), file });
        let before = {
            let mut place = self.sink.lock();
            // Of two threads that come with the same settings, the first one's stay.
            if place.as_ref().is_some_and(|now| now.settings == *settings) {
                return;
            }
            self.level.store(settings.level as u8, Ordering::Relaxed);
            place.replace(sink)
        };
        drop(before);
        if let Some(complaint) = complaint {
            log_file::to_standard_error(complaint.as_bytes());
        }
    }

    fn takes(&self, level: Level) -> bool {
        self.level.load(Ordering::Relaxed) >= level as u8
    }

    fn write(&self, level: Level, function: &str, text: &str) {
        debug_assert!(!fork::inside(), "a fork would wait for what reads the log");
        let line = line(SystemTime::now(), level, function, text);
        // One write for a line, so that the lines of several processes do not mix. Nobody can be told
        // that it failed.
        match self.sink().as_ref().and_then(|sink| sink.file.as_ref()) {
            Some(file) => file.write(line.as_bytes()),
            None => log_file::to_standard_error(line.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
