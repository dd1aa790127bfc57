//! Every input that is kept runs through its target, and so do changes of it: a look at the targets
//! without a fuzzer.

use std::path::{Path, PathBuf};

use secur32_fuzz::{TARGETS, place};

/// How many changes of each input; `SECUR32_FUZZ_CHANGES` names another number.
const CHANGES: u64 = 30;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        entries.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    all.sort();
    all
}

/// The same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count as u64) as usize
    }
}

fn changed(input: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = input.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(input.len() + 1);
        match numbers.below(4) {
            0 => input.insert(at, numbers.below(256) as u8),
            1 => input.truncate(at),
            2 if at < input.len() => input[at] = numbers.below(256) as u8,
            _ => {
                let from = numbers.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }
    input
}

#[test]
fn every_target_takes_its_corpus_and_changes_of_it() {
    let changes = std::env::var("SECUR32_FUZZ_CHANGES").ok();
    let changes = changes.map_or(CHANGES, |text| text.parse().unwrap());
    for (name, run) in TARGETS {
        run(&[]);
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for (path, input) in &corpus {
            println!("{}", path.display());
            run(input);
        }
        let mut numbers = Numbers(0x5EC0_3200);
        for number in 0..changes * corpus.len() as u64 {
            let place = (number % corpus.len() as u64) as usize;
            let (_, other) = &corpus[numbers.below(corpus.len())];
            let input = changed(&corpus[place].1, other, &mut numbers);
            println!("{name} {}", input.escape_ascii());
            run(&input);
        }
    }
    std::fs::remove_dir_all(place::directory()).unwrap();
}
