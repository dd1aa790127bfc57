//! What callgrind writes, read for the cost of one shared object by itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Result, problem, succeed};

/// Options that make callgrind write what [`read`] understands: one file, names and lines in full.
const OPTIONS: [&str; 5] = [
    "--tool=callgrind",
    "--collect-atstart=no",
    "--combine-dumps=yes",
    "--compress-strings=no",
    "--compress-pos=no",
];

/// What was collected before one dump.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dump {
    /// The words that the program gave the dump.
    pub(crate) name: String,
    /// Instructions within the object, without those of what it calls elsewhere.
    pub(crate) instructions: u64,
}

/// Runs a program under callgrind, in an environment of nothing, and gives back what was written.
pub(crate) fn profile(program: &Path, words: &[&str]) -> Result<String> {
    let file = program.with_extension("callgrind");
    // Dumps that are combined go behind what is there.
    let _ = fs::remove_file(&file);
    let mut command = Command::new("valgrind");
    command.args(["-q"]).args(OPTIONS);
    command.arg(format!("--callgrind-out-file={}", file.display())).arg(program).args(words);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    succeed(&mut command)?;
    fs::read_to_string(&file).map_err(|error| problem(&file, &error))
}

/// The dumps that a program asked for by name, in its order. `object` is what the name of the shared
/// object's file begins with.
pub(crate) fn read(text: &str, object: &str) -> Result<Vec<Dump>> {
    let mut dumps = Vec::new();
    let mut inside = false;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(trigger) = line.strip_prefix("desc: Trigger: ") {
            // The last dump is made by the program's end.
            let Some(name) = trigger.strip_prefix("Client Request: ") else { break };
            dumps.push(Dump { name: name.into(), instructions: 0 });
            inside = false;
            continue;
        }
        let Some(dump) = dumps.last_mut() else { continue };
        if let Some(path) = line.strip_prefix("ob=") {
            inside = path.rsplit('/').next().is_some_and(|file| file.starts_with(object));
        } else if line.starts_with("calls=") {
            // The next line is what the callee cost.
            lines.next();
        } else if inside && line.starts_with(|first: char| first.is_ascii_digit()) {
            dump.instructions += number(line.split(' ').nth(1), line)?;
        }
    }
    if dumps.is_empty() { Err("callgrind wrote no dump".into()) } else { Ok(dumps) }
}

fn number(word: Option<&str>, line: &str) -> Result<u64> {
    let number = word.and_then(|word| word.parse().ok());
    number.ok_or_else(|| format!("callgrind wrote what is not understood: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
part: 1
desc: Trigger: Client Request: seal 4
summary: 1000
ob=/bin/program
fn=main
7 100
cob=/lib/libours.so.1
cfn=seal
calls=4 0
8 900
ob=/lib/libours.so.1
fl=src/seal.rs
fn=seal
10 400
fe=src/inlined.rs
11 60
cob=/lib/libc.so.6
cfn=malloc
calls=3 0
12 200
cfn=memcpy
calls=9 0
12 240
ob=/lib/libc.so.6
fn=malloc
0 200
part: 2
desc: Trigger: Program termination
ob=/lib/libours.so.1
fn=drop
5 7
";

    #[test]
    fn counts_the_object_without_what_it_calls() {
        let dump = Dump { name: "seal 4".into(), instructions: 460 };
        assert_eq!(read(TEXT, "libours.so"), Ok(vec![dump]));
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        assert!(read("events: Ir\n", "libours.so").is_err());
        assert!(read(&TEXT.replace("10 400", "10 +4x"), "libours.so").is_err());
    }
}
