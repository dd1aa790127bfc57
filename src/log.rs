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

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Status};
use crate::system::fork::{self, Gated};
use crate::system::output::{self, LogFile};
use crate::system::process;

/// The longest text of a line in bytes, after escaping; the rest is cut off and marked. Together
/// with what stands before it a line stays below the 4096 bytes that pipes take in one piece.
const MAX_TEXT: usize = 3800;

/// How much is logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Level {
    /// Nothing.
    #[default]
    Off,
    /// What the machine's own set-up made fail: a wrong configuration, accounts out of reach.
    Error,
    /// That, and each refusal of a peer or caller with its reason.
    Debug,
}

impl Level {
    /// The level that `name` stands for: `off`, `error` or `debug`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Error, Self::Debug].into_iter().find(|level| level.name() == name)
    }

    /// The name of the level.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Debug => "debug",
        }
    }

    const fn of(status: Status) -> Self {
        match status {
            Status::INTERNAL_ERROR
            | Status::NO_AUTHENTICATING_AUTHORITY
            | Status::INSUFFICIENT_MEMORY => Self::Error,
            _ => Self::Debug,
        }
    }
}

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
            output::to_standard_error(complaint.as_bytes());
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
            None => output::to_standard_error(line.as_bytes()),
        }
    }
}

/// One line, its end included.
fn line(time: SystemTime, level: Level, function: &str, text: &str) -> String {
    let mut line = String::with_capacity(128 + text.len());
    write_time(&mut line, time);
    let (process, thread) = (std::process::id(), process::thread());
    // Writing to a String cannot fail.
    let _ = write!(line, " secur32[{process}/{thread}] {} ", level.name());
    let limit = line.len() + MAX_TEXT;
    for character in function.chars().chain([' ']).chain(text.chars()) {
        if line.len() > limit {
            line.push_str("...");
            break;
        }
        match character {
            // Doubled, so that an escape cannot be mistaken for text that looks like one.
            '\\' => line.push_str("\\\\"),
            ' '..='~' => line.push(character),
            // Reasons name clauses of RFCs by it.
            '§' => line.push_str("section "),
            _ => line.extend(character.escape_default()),
        }
    }
    line.push('\n');
    line
}

/// Writes `time` as ISO 8601 has it, in UTC, with milliseconds.
fn write_time(line: &mut String, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86400, since.as_secs() % 86400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let milliseconds = since.subsec_millis();
    let _ = write!(
        line,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"
    );
}

/// The Gregorian date that is `days` after 1970-01-01: year, month and day, the latter from 1.
fn date(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    let mut month = 1;
    while days >= year_length(year) {
        days -= year_length(year);
        year += 1;
    }
    while days >= month_length(year, month) {
        days -= month_length(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

const fn year_length(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
}

const fn month_length(year: u64, month: u64) -> u64 {
    match month {
        2 => year_length(year) - 337,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::scratch::Scratch;

    /// The line without time, process and thread.
    fn tail(level: Level, function: &str, text: &str) -> String {
        let line = line(UNIX_EPOCH, level, function, text);
        line.split_once("] ").unwrap().1.to_owned()
    }

    #[test]
    fn times_are_iso_8601_in_utc() {
        for (milliseconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_251_199_001, "2024-02-29T23:59:59.001Z"),
            (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (13_574_563_200_000, "2400-02-29T00:00:00.000Z"),
        ] {
            let mut line = String::new();
            write_time(&mut line, UNIX_EPOCH + Duration::from_millis(milliseconds));
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_line_names_process_thread_level_and_function() {
        let line = line(UNIX_EPOCH, Level::Debug, "DecryptMessage", "why");
        let (process, thread) = (std::process::id(), process::thread());
        assert_eq!(
            line,
            format!(
                "1970-01-01T00:00:00.000Z secur32[{process}/{thread}] debug DecryptMessage why\n"
            )
        );
    }

    #[test]
    fn r41_a_peer_cannot_forge_a_line() {
        for (text, expected) in [
            ("user \"a\r\nb\"", "user \"a\\r\\nb\""),
            ("\u{0}\t\u{1b}[2J\u{7f}", "\\u{0}\\t\\u{1b}[2J\\u{7f}"),
            ("line\u{2028}override\u{202e}\u{85}", "line\\u{2028}override\\u{202e}\\u{85}"),
            ("back\\nslash", "back\\\\nslash"),
            ("caf\u{e9}", "caf\\u{e9}"),
            ("unknown user (RFC 2831 §2.1.3)", "unknown user (RFC 2831 section 2.1.3)"),
        ] {
            assert_eq!(tail(Level::Debug, "f", text), format!("debug f {expected}\n"));
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let line = line(SystemTime::now(), Level::Error, "f", &"\u{1}".repeat(100_000));
        assert!(line.len() < 4096, "{}", line.len());
        assert!(line.ends_with("...\n"));
        assert!(!tail(Level::Error, "f", &"x".repeat(3000)).contains("..."));
    }

    #[test]
    fn settings_of_the_environment() {
        for (text, level, file) in [
            ("off", Level::Off, None),
            ("error", Level::Error, None),
            ("debug", Level::Debug, None),
            ("debug:/var/log/a:b", Level::Debug, Some("/var/log/a:b")),
            ("error:C:\\log", Level::Error, Some("C:\\log")),
        ] {
            let file = file.map(PathBuf::from);
            assert_eq!(Settings::from_text(text), Some(Settings { level, file }), "{text}");
        }
        for text in ["", "Debug", "trace", "1", "debug:", ":file", " debug", "debug,file=/x"] {
            assert_eq!(Settings::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_machine_is_an_error() {
        assert_eq!(Level::of(Status::INTERNAL_ERROR), Level::Error);
        assert_eq!(Level::of(Status::NO_AUTHENTICATING_AUTHORITY), Level::Error);
        assert_eq!(Level::of(Status::LOGON_DENIED), Level::Debug);
    }

    #[test]
    fn lines_reach_the_file_and_levels_hold() {
        let directory = Scratch::new();
        let path = directory.path().join("log");
        let log = Log::new();
        assert!(!log.takes(Level::Error));
        let settings = |level| Settings { level, file: Some(path.clone()) };
        log.configure(&settings(Level::Error));
        assert!(log.takes(Level::Error));
        assert!(!log.takes(Level::Debug));
        log.write(Level::Error, "a", "one");
        log.configure(&settings(Level::Debug));
        log.configure(&settings(Level::Debug));
        assert!(log.takes(Level::Debug));
        log.write(Level::Debug, "b", "two");
        let text = std::fs::read_to_string(&path).unwrap();
        let tails: Vec<_> = text.lines().map(|line| line.split_once("] ").unwrap().1).collect();
        assert_eq!(tails, ["error a one", "debug b two"]);
        log.configure(&settings(Level::Off));
        assert!(!log.takes(Level::Error));
    }

    #[test]
    #[cfg(unix)]
    fn the_file_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = Scratch::new();
        let path = directory.path().join("log");
        LogFile::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077, 0);
    }

    /// A pipe without a name on disk, made by the system's own program.
    #[cfg(target_os = "linux")]
    fn pipe(directory: &Scratch) -> PathBuf {
        let path = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_pipe_is_not_waited_for_and_takes_whole_lines() {
        use std::io::Read;
        use std::os::unix::fs::OpenOptionsExt;

        let directory = Scratch::new();
        let path = pipe(&directory);
        let log = Log::new();
        // Nobody reads it yet, and nobody will read all of it.
        log.configure(&Settings { level: Level::Debug, file: Some(path.clone()) });
        for number in 0..2000 {
            log.write(Level::Debug, "f", &format!("{number} {}", "x".repeat(1500)));
        }
        let mut options = std::fs::OpenOptions::new();
        let mut reader = options.read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let mut text = vec![0; 1 << 20];
        let mut length = 0;
        while let Ok(some @ 1..) = reader.read(&mut text[length..]) {
            length += some;
        }
        let text = std::str::from_utf8(&text[..length]).unwrap();
        assert!(text.ends_with('\n'));
        let count = text.lines().count();
        assert!((20..2000).contains(&count), "{count}");
        for (number, line) in text.lines().enumerate() {
            assert!(line.ends_with(&format!("debug f {number} {}", "x".repeat(1500))), "{line}");
        }
        // Whoever read it has gone, which would end a process that writes to such a pipe.
        drop(reader);
        log.write(Level::Debug, "f", "after");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_no_file_is_written_to_without_waiting() {
        let log = Log::new();
        for path in ["/dev/null", "/dev/zero", "/dev/tty", "/proc/self/fd/2"] {
            log.configure(&Settings { level: Level::Debug, file: Some(path.into()) });
            log.write(Level::Debug, "f", "lost, or on the terminal of whoever runs this");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_log_that_cannot_be_written_harms_nobody() {
        let log = Log::new();
        log.configure(&Settings { level: Level::Debug, file: Some("/dev/full".into()) });
        log.write(Level::Debug, "f", "lost");
        log.configure(&Settings { level: Level::Debug, file: Some("/nonexistent/log".into()) });
        assert!(log.takes(Level::Debug));
    }
}
