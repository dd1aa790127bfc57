//! One line of the log.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use super::level::Level;
use crate::system::process;

/// The longest text of a line in bytes, after escaping; the rest is cut off and marked. Together
/// with what stands before it a line stays below the 4096 bytes that pipes take in one piece.
const MAX_TEXT: usize = 3800;

/// One line, its end included.
pub(super) fn line(time: SystemTime, level: Level, function: &str, text: &str) -> String {
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
}
