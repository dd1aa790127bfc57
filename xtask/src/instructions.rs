//! A regression check that needs no quiet machine: instructions of the library for each operation, by
//! callgrind, compared with the counts that are kept in the repository.
//!
//! The same program counts the same on every machine whose processor has AVX2 (Valgrind knows no
//! AVX-512 and shows programs a processor of its own), but for the little that random nonces change.
//! Another compiler makes another program.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

use crate::demo::{Compiler, target_directory};
use crate::{Result, bench, callgrind, in_ci, install, problem, qemu, root, timing};

/// Hundredths of its instructions that an operation may grow by.
const TOLERANCE: u64 = 3;

/// Allocations by which an operation may grow: tables that grow now and then are shared by many.
const ALLOCATION_TOLERANCE: f64 = 0.5;

const HEAD: &str = "\
# What one operation costs: instructions of the library by itself (by callgrind, those for aarch64 by qemu; release
# profile), and its calls of malloc and its like. Made by `cargo xtask instructions --write`, compared by
# `cargo xtask instructions`; with `--aarch64` each.
";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Keep what is counted
    #[arg(long)]
    write: bool,
    /// Count what a 64-bit ARM processor does, as qemu plays it
    #[arg(long)]
    aarch64: bool,
}

/// `cargo xtask instructions`: counts, and compares with what is kept, or keeps it; and compares what
/// known and unknown users' refusals cost. A growth is a failure; with a compiler other than the one of
/// the kept counts it is told and no failure, since that makes another program.
pub(crate) fn run(options: &Options) -> Result<()> {
    let reason = if options.aarch64 { qemu::missing() } else { missing() };
    if let Some(reason) = reason {
        println!("SKIPPED: {reason}");
        return if in_ci() || options.write { Err(reason) } else { Ok(()) };
    }
    let (operations, file) = match options.aarch64 {
        true => (of(&qemu::count()?)?, "counts-aarch64.txt"),
        false => (count()?, "counts.txt"),
    };
    let counted = Counts { compiler: compiler()?, operations };
    let path = root().join("benches/instructions").join(file);
    if options.write {
        fs::write(&path, counted.text()).map_err(|error| problem(&path, &error))?;
        println!("{} operations are in {}", counted.operations.len(), path.display());
        return Ok(());
    }
    let kept = fs::read_to_string(&path).map_err(|error| problem(&path, &error))?;
    let kept = Counts::read(&kept)?;
    let report = compare(&kept, &counted);
    print!("{}", report.text);
    if report.grown.is_empty() {
        return Ok(());
    }
    let verdict = format!(
        "more instructions or allocations than are kept: {}; where that is wanted, make the counts \
         anew by `cargo xtask instructions --write`",
        report.grown.join(", ")
    );
    if kept.compiler == counted.compiler {
        return Err(verdict);
    }
    println!("{verdict}\nNo failure: {} made the kept counts.", kept.compiler);
    Ok(())
}

/// Why nothing can be counted here.
fn missing() -> Option<String> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Some("the kept counts are of Linux on x86-64".into());
    }
    if !has_avx2() {
        return Some("the kept counts are of the ways that a processor with AVX2 takes".into());
    }
    let runs = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok();
    (!runs).then(|| "Valgrind is missing (Debian: apt install valgrind)".into())
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

/// The compiler's version, in its words.
fn compiler() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").current_dir(root()).output();
    let output = output.map_err(|error| format!("rustc: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// An operation's instructions and allocations: means of the times that it ran.
type Cost = (u64, f64);

/// What is kept in the repository.
#[derive(Debug, PartialEq)]
struct Counts {
    compiler: String,
    operations: BTreeMap<String, Cost>,
}

impl Counts {
    fn text(&self) -> String {
        let mut text = format!("{HEAD}{}\n", self.compiler);
        for (name, (instructions, allocations)) in &self.operations {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<22} {instructions:>9} {allocations:>5.1}");
        }
        text
    }

    fn read(text: &str) -> Result<Self> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let compiler = lines.next().ok_or("the kept counts name no compiler")?.into();
        let operation = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [name, instructions, allocations] = words[..] else { return None };
            Some((name.to_string(), (instructions.parse().ok()?, allocations.parse().ok()?)))
        };
        let operations = lines
            .map(|line| operation(line).ok_or_else(|| format!("this is no kept count: {line}")))
            .collect::<Result<_>>()?;
        Ok(Self { compiler, operations })
    }
}

/// Counts every operation once.
fn count() -> Result<BTreeMap<String, Cost>> {
    let prefix = target_directory()?.join("bench");
    install::install(&install::Options::below(&prefix, "release"))?;
    let compiler = Compiler::find()?;
    let program = bench::build_counted(&compiler, &prefix)?;
    let dumps = callgrind::read(&callgrind::profile(&program, &[])?, "libsecur32.so")?;
    timing::count(&compiler, &prefix)?;
    of(&dumps)
}

fn of(dumps: &[callgrind::Dump]) -> Result<BTreeMap<String, Cost>> {
    dumps.iter().map(operation).collect()
}

/// A dump's name is the operation's, how often it ran, and the allocations of all those times.
fn operation(dump: &callgrind::Dump) -> Result<(String, Cost)> {
    let words: Vec<&str> = dump.name.split(' ').collect();
    let [name, count, allocations] = words[..] else {
        return Err(format!("a dump is called {}", dump.name));
    };
    let number =
        |word: &str| word.parse::<u32>().map_err(|error| format!("{}: {error}", dump.name));
    let (count, allocations) = (number(count)?.max(1), number(allocations)?);
    let instructions = (dump.instructions + u64::from(count) / 2) / u64::from(count);
    Ok((name.into(), (instructions, f64::from(allocations) / f64::from(count))))
}

/// How counts stand to the kept ones.
struct Report {
    text: String,
    /// Operations that cost more, or are not known on one side.
    grown: Vec<String>,
}

fn compare(kept: &Counts, counted: &Counts) -> Report {
    let mut report = Report {
        text: format!("{:<22} {:>9} {:>9} {:>8}\n", "", "kept", "counted", "change"),
        grown: Vec::new(),
    };
    let mut shrunk = Vec::new();
    for (name, &(now, allocations)) in &counted.operations {
        let Some(&(before, allocations_before)) = kept.operations.get(name) else {
            report.grown.push(format!("{name} (not kept)"));
            continue;
        };
        let _ = write!(
            report.text,
            "{name:<22} {before:>9} {now:>9} {:>+7.1}%",
            percentage(before, now)
        );
        let allocated = allocations - allocations_before;
        if allocated.abs() > ALLOCATION_TOLERANCE {
            let _ = write!(report.text, "  allocations: {allocations_before}, now {allocations}");
        }
        report.text.push('\n');
        if now * 100 > before * (100 + TOLERANCE) || allocated > ALLOCATION_TOLERANCE {
            report.grown.push(name.clone());
        } else if now * 100 < before * (100 - TOLERANCE) || allocated < -ALLOCATION_TOLERANCE {
            shrunk.push(name.as_str());
        }
    }
    let gone = kept.operations.keys().filter(|name| !counted.operations.contains_key(*name));
    report.grown.extend(gone.map(|name| format!("{name} (not counted)")));
    if !shrunk.is_empty() {
        let _ = writeln!(
            report.text,
            "less than is kept: {}; make the counts anew by `cargo xtask instructions --write`",
            shrunk.join(", ")
        );
    }
    report
}

/// What `now` is more than `before`, in hundredths of it.
fn percentage(before: u64, now: u64) -> f64 {
    100.0 * (now as f64 / before.max(1) as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(operations: &[(&str, Cost)]) -> Counts {
        let named = operations.iter().map(|&(name, cost)| (name.to_string(), cost));
        Counts { compiler: "rustc 1".into(), operations: named.collect() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let counts = counts(&[("seal-des-64", (4000, 0.0)), ("acquire", (90_000, 40.5))]);
        assert_eq!(Counts::read(&counts.text()), Ok(counts));
        assert!(Counts::read("rustc 1\nseal 12\n").is_err());
    }

    #[test]
    fn only_growth_beyond_the_tolerance_is_named() {
        let kept = ["a", "b", "c", "d"].map(|name| (name, (1000, 4.0)));
        let now = [("a", (1030, 4.1)), ("b", (1031, 4.0)), ("c", (900, 4.0)), ("d", (1000, 5.0))];
        let report = compare(&counts(&kept), &counts(&now));
        assert_eq!(report.grown, ["b", "d"]);
        assert!(report.text.contains("less than is kept: c;"), "{}", report.text);
    }

    #[test]
    fn an_operation_on_one_side_only_is_named() {
        let report = compare(&counts(&[("a", (1, 0.0))]), &counts(&[("b", (1, 0.0))]));
        assert_eq!(report.grown, ["b (not kept)", "a (not counted)"]);
    }
}
