//! The last line of `cargo test`: how much of it was skipped, and how to get that. This package's tests are the
//! last that it runs, and the others leave a file for it (tests/support/skip.rs).

use std::fs;
use std::io::Write as _;
use std::path::Path;

/// What to say of the lines that process `parent` has in `place`, which goes.
fn closing(place: &Path, parent: u32) -> Option<String> {
    let lines = fs::read_to_string(place.join(parent.to_string()));
    // With what runs of single tests left.
    let _ = fs::remove_dir_all(place);
    let count = lines.ok()?.lines().count();
    Some(format!(
        "{count} SKIPPED in all: `cargo xtask doctor` says what is missing here, and how to get it"
    ))
}

#[test]
fn what_was_skipped_is_told_at_the_end() {
    let place = std::env::temp_dir().join(format!("secur32-skipped-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("7"), "SKIPPED: a\nSKIPPED: b\n").unwrap();
    assert!(closing(&place, 7).is_some_and(|line| line.starts_with("2 SKIPPED in all")));
    assert_eq!(closing(&place, 7), None);

    #[cfg(unix)]
    {
        let test = std::env::current_exe().unwrap();
        let place = test.ancestors().nth(2).unwrap().join("skipped");
        if let Some(line) = closing(&place, std::os::unix::process::parent_id()) {
            // Past what is shown of a failed test alone.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }
}
