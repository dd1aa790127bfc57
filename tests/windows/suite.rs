//! The C tests as .exe.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::place::{Place, for_both_word_sizes};
use crate::support::{root, succeed};

fn sources() -> Vec<String> {
    let entries = fs::read_dir(root().join("c_tests/suite")).expect("c_tests/suite");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| format!("c_tests/suite/{}", name.to_string_lossy()));
    let is_source = |name: &String| Path::new(name).extension().is_some_and(|end| end == "c");
    let mut names: Vec<String> = names.filter(is_source).collect();
    names.sort();
    names
}

for_both_word_sizes!(every_subject_passes);

fn every_subject_passes(place: &Place) {
    let sources = sources();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    place.compile(&sources, "libsecur32.dll.a", "suite.exe");
    let subjects = succeed(&mut place.wine("suite.exe"));
    assert!(subjects.lines().count() >= 20, "{subjects}");
    let mut failed = String::new();
    for subject in subjects.lines() {
        let output = place.wine("suite.exe").arg(subject.trim()).output().expect("wine");
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        if !output.status.success() || !last.contains(" checks, 0 failed, 0 differ, 0 skipped") {
            let _ = writeln!(failed, "{subject}: {}\n{text}", output.status);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
