use super::*;
use crate::error::Status;
use crate::testing::scratch::Scratch;

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
