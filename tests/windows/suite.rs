//! The C tests as .exe.

use std::fmt::Write as _;

use crate::place::{Place, for_both_word_sizes};
use crate::support::suite_sources;
use crate::support::wine::{run, run_to_success};

for_both_word_sizes!(every_subject_passes);

fn every_subject_passes(place: &Place) {
    let sources = suite_sources();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    place.compile(&sources, "libsecur32.dll.a", "suite.exe");
    let subjects = run_to_success(&mut place.wine("suite.exe"));
    assert!(subjects.lines().count() >= 20, "{subjects}");
    let mut failed = String::new();
    for subject in subjects.lines() {
        let output = run(place.wine("suite.exe").arg(subject.trim()));
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        if !output.status.success() || !last.contains(" checks, 0 failed, 0 differ, 0 skipped") {
            let _ = writeln!(failed, "{subject}: {}\n{text}", output.status);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
