//! The DLL in the life of a process: loaded and freed, beside the system's own of the same name, used by
//! threads that end, and in processes that do, and given handles that are none.

use std::process::Command;

use crate::place::{Place, for_both_word_sizes};
use crate::support::HARNESS;
use crate::support::wine::run_all_checks;

for_both_word_sizes!(
    handles_that_are_none_are_refused,
    its_name_stays_its_own,
    loading_and_freeing_it_leaks_nothing,
    processes_end_while_their_threads_are_busy,
    threads_end_while_contexts_live,
);

/// Runs a program of `c_tests/windows` with these arguments, once each.
fn run(place: &Place, program: &str, runs: &[&[&str]]) {
    let executable = format!("{program}.exe");
    let source = format!("c_tests/windows/{program}.c");
    place.compile(&[HARNESS, &source], "libsecur32.dll.a", &executable);
    for words in runs {
        let mut command = place.wine(&executable);
        command.args(*words).env("SECUR32_ACCOUNTS", "accounts.htdigest");
        run_all_checks(&mut command);
    }
}

fn handles_that_are_none_are_refused(place: &Place) {
    run(place, "garbage", &[&[]]);
}

fn its_name_stays_its_own(place: &Place) {
    let first: [&[&str]; 3] =
        [&["first", "sspicli.dll"], &["first", "security.dll"], &["first", "schannel.dll"]];
    run(place, "loader", &[&[], first[0], first[1], first[2]]);
}

fn loading_and_freeing_it_leaks_nothing(place: &Place) {
    run(place, "reload", &[&["bare"], &["work"]]);
}

/// Two hundred of them, and what is not deleted is deleted when no thread is left.
fn processes_end_while_their_threads_are_busy(place: &Place) {
    let mut compiler = Command::new(place.bits.tool("gcc"));
    compiler.args(["-shared", "-static-libgcc"]);
    let source = "c_tests/windows/exits_library.c";
    place.compile_by(compiler, &[source], "libsecur32.dll.a", "exits_library.dll");
    run(place, "exits", &[&["200"]]);
}

fn threads_end_while_contexts_live(place: &Place) {
    run(place, "endings", &[&[]]);
}
