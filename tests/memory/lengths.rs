//! What a peer's message costs grows with its length, and not faster: instructions for messages of one, two
//! and four times a length.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::{Place, account, program};
use crate::support::skip::have;
use crate::support::{scratch, succeed};

/// Instructions by the words of a run of the program, "KIND BYTES" each, which are counted in one run.
fn instructions(
    place: &Place,
    program: &Path,
    name: &str,
    runs: &[String],
) -> HashMap<String, u64> {
    let file = scratch("lengths").join(name);
    // What is dumped goes behind what is there.
    let _ = fs::remove_file(&file);
    let mut command = place.command(Path::new("valgrind"));
    command.args(["-q", "--tool=callgrind", "--combine-dumps=yes"]);
    command.arg(format!("--callgrind-out-file={}", file.display())).arg(program);
    succeed(command.args(runs.iter().flat_map(|run| run.split(' '))));
    let text = fs::read_to_string(file).expect("callgrind's file");
    let counts = text.split("desc: Trigger: Client Request: ").skip(1).map(|dump| {
        let (run, rest) = dump.split_once('\n').expect("lines");
        let sum = rest.lines().find_map(|line| line.strip_prefix("summary: ")).expect("a sum");
        (run.to_owned(), sum.trim().parse().unwrap_or_else(|_| panic!("{run}: {sum}")))
    });
    counts.collect()
}

#[test]
fn no_message_costs_more_than_its_length() {
    if !have("valgrind") {
        return;
    }
    let accounts = account::<md5::Md5>("alice", b"secret").0;
    let place = Place::new("lengths", "", "", &accounts);
    let program = program(&["lengths", "plain_calls", "ends"]);
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

/// Those of SASL may have 2048 or 4096 bytes (RFC 2831 §2.1.1, §2.1.2).
fn least(kind: &str) -> usize {
    if kind.starts_with("sasl") { 450 } else { 14_000 }
}

/// The kinds whose cost grows faster than their length.
fn faults(place: &Place, program: &Path, kinds: &[&str]) -> Vec<String> {
    let run = |kind: &str, times: usize| format!("{kind} {}", times * least(kind));
    let runs: Vec<String> =
        kinds.iter().flat_map(|kind| [1, 2, 4].map(|times| run(kind, times))).collect();
    let name = kinds.first().expect("a kind");
    let counts = instructions(place, program, name, &runs);
    let mut faults = vec![];
    for kind in kinds {
        let least = least(kind);
        let [one, two, four] = [1, 2, 4].map(|times| counts[&run(kind, times)]);
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
