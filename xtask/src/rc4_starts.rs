//! Whether a speed is the same in each start of a program: a processor's guesses about its loads and stores
//! are made anew in each.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::results::Results;
use crate::{Result, succeed};

/// Processes of each kind.
const STARTS: usize = 20;
const PEER: &str = "Cyrus";
const TABLE: &str = "Messages, rc4";
const ROWS: [&str; 2] = ["seal 16 KiB", "open 16 KiB"];

/// `cargo xtask bench --rc4`: runs `program` in fresh processes and prints for each how many times as
/// fast as the peer this library was in it, then the least, the median and how far they spread. Half of the
/// processes may not have loads go ahead of stores of unknown addresses; the two kinds take turns.
pub(crate) fn run(program: &Path, results: &Path, effort: Option<&str>) -> Result<()> {
    let kinds = [("bypass", None), ("no bypass", Some("--no-bypass"))];
    let mut ratios: [[Vec<f64>; 2]; 2] = Default::default();
    println!("start     {:>22}{:>28}", kinds[0].0, kinds[1].0);
    for start in 1..=STARTS {
        print!("{start:<10}");
        for ((_, option), ratios) in kinds.iter().zip(&mut ratios) {
            let mut command = Command::new(program);
            command.args(effort).arg("--start").args(option).arg("--results").arg(results);
            succeed(command.stdout(Stdio::null()))?;
            let results = Results::load(results)?;
            for (row, ratios) in ROWS.iter().zip(ratios) {
                let ratio = results.ratio(TABLE, row, PEER);
                let ratio = ratio.ok_or_else(|| format!("{PEER} was not measured"))?;
                print!("{:>8} {ratio:.2}", row.split(' ').next().unwrap_or_default());
                ratios.push(ratio);
            }
            print!("    ");
        }
        println!();
    }
    for ((kind, _), ratios) in kinds.iter().zip(&ratios) {
        for (row, ratios) in ROWS.iter().zip(ratios) {
            let [least, median, spread] = summary(ratios);
            println!(
                "{kind}, {row}: {least:.2} times {PEER} at least, {median:.2} the median, a spread of {spread:.0} %"
            );
        }
    }
    Ok(())
}

/// The least, the median, and what lies between the least and the most, in hundredths of the median.
fn summary(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let [least, .., most] = sorted[..] else { return [f64::NAN; 3] };
    let median = sorted[sorted.len() / 2];
    [least, median, 100.0 * (most - least) / median]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_told_by_the_median() {
        let [least, median, spread] = summary(&[2.0, 1.5, 1.6]);
        assert!((least - 1.5).abs() < 1e-9 && (median - 1.6).abs() < 1e-9);
        assert!((spread - 31.25).abs() < 1e-9);
    }
}
