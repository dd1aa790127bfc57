//! What a peer's message costs grows with its length, and not faster: instructions for texts of one, two
//! and four times a length.

use std::path::Path;

use super::{Place, account, program};
use crate::support::{have, succeed};

/// Instructions of a run of the program.
fn instructions(place: &Place, program: &Path, kind: &str, bytes: usize) -> u64 {
    let mut command = place.command(Path::new("valgrind"));
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let output = command.arg(program).args([kind, &bytes.to_string()]).output();
    let output = output.expect("valgrind runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{kind} {bytes}: {text}");
    let count = text.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = count.unwrap_or_else(|| panic!("no count: {text}"));
    count.trim().parse().unwrap_or_else(|_| panic!("{count}"))
}

#[test]
fn no_message_costs_more_than_its_length() {
    if !have("valgrind") {
        return;
    }
    let accounts = account::<md5::Md5>("alice", b"secret").0;
    let place = Place::new("lengths", "", "", &accounts);
    let program = program(&["lengths", "ends"]);
    let kinds = succeed(&mut place.command(&program));
    assert!(kinds.lines().count() > 20, "{kinds}");
    let kinds: Vec<&str> = kinds.lines().collect();
    // Valgrind takes its time.
    let faults: Vec<String> = std::thread::scope(|scope| {
        let halves = kinds.chunks(kinds.len().div_ceil(2));
        let halves = halves.map(|half| scope.spawn(|| faults(&place, &program, half)));
        let halves: Vec<_> = halves.collect();
        halves.into_iter().flat_map(|half| half.join().expect("counted")).collect()
    });
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The kinds whose cost grows faster than their length.
fn faults(place: &Place, program: &Path, kinds: &[&str]) -> Vec<String> {
    let mut faults = vec![];
    for kind in kinds {
        // Those of SASL may have 2048 or 4096 bytes (RFC 2831 §2.1.1, §2.1.2).
        let least = if kind.starts_with("sasl") { 450 } else { 14_000 };
        let [one, two, four] =
            [1, 2, 4].map(|times| instructions(place, program, kind, times * least));
        let (first, second) = (two.saturating_sub(one), four.saturating_sub(two));
        println!("{kind}: {first} for the first {least} bytes more, {second} for twice as many");
        // Twice as many cost twice as much, or four times where the cost is the square. Nonces, which
        // are random, and steps of the heap's sizes change a little.
        if second > 3 * first + 40 * least as u64 {
            faults.push(format!("{kind}: {first}, then {second}"));
        }
    }
    faults
}
