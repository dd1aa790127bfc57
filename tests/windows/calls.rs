//! Every function of secur32.dll, called through our DLL and in Wine's own: the same answers, but for
//! the list of differences.

use std::collections::{BTreeMap, BTreeSet};

use crate::differences::DIFFERENCES;
use crate::place::{Place, for_both_word_sizes};
use crate::support::read;
use crate::support::wine::run_to_success;

const SOURCE: &str = "c_tests/windows/every_call.c";

/// Exports of older systems that Windows 10's secur32.dll does not have.
const OLDER: [&str; 4] = [
    "CredParseUserNameWithType",
    "SecCacheSspiPackages",
    "SecDeleteUserModeContext",
    "SecInitUserModeContext",
];

for_both_word_sizes!(every_function_answers_as_wine_s_own_but_for_the_list);

fn every_function_answers_as_wine_s_own_but_for_the_list(place: &Place) {
    place.compile(&[SOURCE], "libsecur32.dll.a", "every_call.exe");
    let ours = results(&run_to_success(&mut place.wine("every_call.exe")));
    let theirs = results(&run_to_success(&mut place.wine_alone("every_call.exe")));
    assert_eq!(names(&ours), exported(), "the functions of the program");
    let calls = |all: &BTreeMap<String, String>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(calls(&ours), calls(&theirs));
    let differ = ours.iter().filter_map(|(call, ours)| {
        let theirs = &theirs[call];
        (ours != theirs).then(|| (call.clone(), theirs.clone(), ours.clone()))
    });
    let differ: BTreeSet<_> = differ.collect();
    let listed: BTreeSet<_> = DIFFERENCES
        .iter()
        .flat_map(|(_, rows)| *rows)
        .map(|(call, theirs, ours)| ((*call).into(), (*theirs).into(), (*ours).into()))
        .collect();
    let unlisted: Vec<_> = differ.difference(&listed).collect();
    assert!(unlisted.is_empty(), "these differ, and are not listed so: {unlisted:#?}");
    let idle: Vec<_> = listed.difference(&differ).collect();
    assert!(idle.is_empty(), "these are listed, and do not differ so: {idle:#?}");
}

/// The lines of the program: what stands before and after the closing parenthesis of the arguments.
fn results(text: &str) -> BTreeMap<String, String> {
    let mut results = BTreeMap::new();
    for line in text.lines() {
        let (call, result) = line.split_once(") ").unwrap_or_else(|| panic!("{line:?} in\n{text}"));
        let before = results.insert(format!("{call})"), result.trim_end().to_owned());
        assert!(before.is_none(), "{call}) is made twice");
    }
    results
}

fn names(results: &BTreeMap<String, String>) -> BTreeSet<String> {
    results.keys().filter_map(|call| call.split(' ').next()).map(String::from).collect()
}

/// What Windows 10's secur32.dll exports.
fn exported() -> BTreeSet<String> {
    let list = read("def/secur32.def");
    let all = list.lines().filter_map(|line| line.strip_prefix("    "));
    let names: BTreeSet<_> = all.filter(|name| !OLDER.contains(name)).map(String::from).collect();
    assert_eq!(names.len(), 101);
    names
}
