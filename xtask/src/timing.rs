//! Whether known and unknown users are refused at one cost: by a clock, and by counting instructions.

use std::path::Path;
use std::process::Command;

use crate::demo::Compiler;
use crate::{Result, bench, callgrind, succeed};

/// Hundredths of an unknown user's instructions by which a known one's may differ.
const TOLERANCE: f64 = 2.0;

/// `cargo xtask bench --timing`: prints the table that is explained in `benches/timing/main.c`.
pub(crate) fn run(compiler: &Compiler, prefix: &Path, effort: Option<&str>) -> Result<()> {
    succeed(Command::new(bench::build_timing(compiler, prefix, false)?).args(effort))
}

/// Counts the refusals of each source and protocol, and fails where known and unknown users differ.
pub(crate) fn count(compiler: &Compiler, prefix: &Path) -> Result<()> {
    let program = bench::build_timing(compiler, prefix, true)?;
    let text = callgrind::profile(&program, &["--count"])?;
    let dumps = callgrind::read(&text, "libsecur32.so")?;
    let differences = differences(&dumps)?;
    let apart: Vec<_> = differences.iter().filter(|(_, share)| share.abs() > TOLERANCE).collect();
    match apart[..] {
        [] => {
            println!("{} refusals cost the same for known and unknown users", differences.len());
            Ok(())
        }
        _ => Err(format!("refusals tell known from unknown users (source/protocol, %): {apart:?}")),
    }
}

/// What each kind of refusal of a known user costs more than an unknown one's, in hundredths. The
/// dumps are called `source/protocol/known` and `source/protocol/unknown`, in turns.
fn differences(dumps: &[callgrind::Dump]) -> Result<Vec<(String, f64)>> {
    let (pairs, rest) = dumps.as_chunks::<2>();
    let difference = |[known, unknown]: &[callgrind::Dump; 2]| {
        let name = known.name.split_once("/known ").map(|(name, _)| name);
        let other = unknown.name.split_once("/unknown ").map(|(name, _)| name);
        let name = name.filter(|_| name == other && unknown.instructions > 0);
        let name = name.ok_or_else(|| format!("no pair: {}, {}", known.name, unknown.name))?;
        Ok((name.into(), 100.0 * (known.instructions as f64 / unknown.instructions as f64 - 1.0)))
    };
    if rest.is_empty() { pairs.iter().map(difference).collect() } else { Err("half a pair".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(name: &str, instructions: u64) -> callgrind::Dump {
        callgrind::Dump { name: name.into(), instructions }
    }

    #[test]
    fn the_known_and_the_unknown_of_one_kind_are_compared() {
        let pair = [dump("1/0/known 32 0", 1030), dump("1/0/unknown 32 0", 1000)];
        let found = differences(&pair).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "1/0");
        assert!((found[0].1 - 3.0).abs() < 1e-9);
        assert!(differences(&pair[..1]).is_err());
        assert!(differences(&[dump("1/0/known 32 0", 1), dump("1/1/unknown 32 0", 1)]).is_err());
    }
}
