//! The table of docs/peers.md, from what the tests with peers say of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::{Result, cargo, problem, root, succeed};

/// The variable that names the file to which tests that passed add their rows.
const VARIABLE: &str = "SECUR32_PEERS_RESULTS";

const BEGIN: &str = "<!-- made by cargo xtask peers -->\n";
const END: &str = "<!-- end -->\n";

const HEAD: &str = "| protocol | program | version | it is the | agreed | lines of `secur32.toml` | names beyond ASCII |\n\
                    |---|---|---|---|---|---|---|\n";

#[derive(Args)]
pub(crate) struct Options {
    /// Take the results of a file instead of running the tests
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// Runs the tests, or takes results that are there, and writes the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let results = match &options.from {
        Some(path) => fs::read_to_string(path).map_err(|error| problem(path, &error))?,
        None => tested()?,
    };
    let path = root().join("docs/peers.md");
    let page = fs::read_to_string(&path).map_err(|error| problem(&path, &error))?;
    let page = with_table(&page, &table(&results)?).ok_or("docs/peers.md has no place for it")?;
    fs::write(&path, page).map_err(|error| problem(&path, &error))
}

/// The results of tests that all have to pass.
fn tested() -> Result<String> {
    let path = root().join("target/peers-results.tsv");
    let _ = fs::remove_file(&path);
    let mut tests = cargo();
    tests.args(["test", "--locked", "--test", "peers", "--test", "web"]);
    tests.args(["--test", "scram", "--test", "gssapi"]);
    // A program that is not installed is not left out unseen.
    succeed(tests.env(VARIABLE, &path).env("CI", "true"))?;
    fs::read_to_string(&path).map_err(|error| problem(&path, &error))
}

/// A line for each program, role and setting, with all that was agreed, in the order of their text: tests end in
/// any order.
fn table(results: &str) -> Result<String> {
    let mut rows: BTreeMap<[&str; 6], BTreeSet<(usize, &str)>> = BTreeMap::new();
    for row in results.lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        let [protocol, program, version, role, agreed, settings, names] = cells[..] else {
            return Err(format!("a row of {} cells: {row}", cells.len()));
        };
        let key = [protocol, program, version, role, settings, names];
        rows.entry(key).or_default().insert((strength(agreed), agreed));
    }
    let mut table = HEAD.to_owned();
    for ([protocol, program, version, role, settings, names], agreed) in rows {
        let agreed: Vec<&str> = agreed.into_iter().map(|(_, agreed)| agreed).collect();
        let cells =
            [protocol, program, version, role, &agreed.join(", "), settings, names].join(" | ");
        let _ = writeln!(table, "| {cells} |");
    }
    Ok(table)
}

/// The place of a quality of protection, or of a mechanism of SCRAM, among those of one row.
fn strength(agreed: &str) -> usize {
    const WEAKEST_FIRST: [&str; 6] =
        ["auth-conf", "auth-int", "auth", "SHA-512", "SHA-256", "SHA-1"];
    WEAKEST_FIRST.len()
        - WEAKEST_FIRST.iter().position(|name| agreed.starts_with(name)).unwrap_or(0)
}

/// The page with this table between its marks.
fn with_table(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, table, END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_written_once() {
        let made = table("b\t1\t2\t3\t4\t5\t6\na\t1\t2\t3\t4\t5\t\nb\t1\t2\t3\t4\t5\t6\n").unwrap();
        assert!(made.ends_with("| a | 1 | 2 | 3 | 4 | 5 |  |\n| b | 1 | 2 | 3 | 4 | 5 | 6 |\n"));
        assert_eq!(made.matches("| b |").count(), 1);
        let row = |agreed: &str| format!("p\ta\t1\tserver\t{agreed}\tnone\tnames\n");
        let made = ["auth-conf rc4", "auth-int", "auth"].map(row).concat();
        let made = table(&made).unwrap();
        assert!(
            made.ends_with(
                "| p | a | 1 | server | auth, auth-int, auth-conf rc4 | none | names |\n"
            )
        );
        let made = ["SHA-512-PLUS", "SHA-256", "SHA-1", "SHA-512"].map(row).concat();
        assert!(table(&made).unwrap().contains("| SHA-1, SHA-256, SHA-512, SHA-512-PLUS |"));
        assert!(table("too few\t1\n").is_err());
    }

    #[test]
    fn the_table_takes_the_place_of_the_one_before() {
        let page = format!("above\n{BEGIN}old\n{END}below\n");
        assert_eq!(with_table(&page, "new\n").unwrap(), format!("above\n{BEGIN}new\n{END}below\n"));
        assert_eq!(with_table("no marks", "new"), None);
    }

    #[test]
    fn the_page_has_a_place_for_it() {
        let page = fs::read_to_string(root().join("docs/peers.md")).unwrap();
        assert!(with_table(&page, "").is_some());
    }
}
