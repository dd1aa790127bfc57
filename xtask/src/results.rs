//! What the benchmark of the peers has measured, as its program writes it: lines of words with tabs
//! between them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::{Result, problem};

/// This library's name among the peers.
pub(crate) const OURS: &str = "secur32";

/// Medians by table, row and peer; the peers' versions; and the targets, line by line.
#[derive(Default)]
pub(crate) struct Results {
    values: HashMap<[String; 3], f64>,
    peers: Vec<(String, String)>,
    targets: Vec<String>,
}

impl Results {
    pub(crate) fn load(path: &Path) -> Result<Self> {
        Self::read(&fs::read_to_string(path).map_err(|error| problem(path, &error))?)
    }

    pub(crate) fn read(text: &str) -> Result<Self> {
        let mut results = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split('\t').collect();
            match words[..] {
                ["value", table, row, peer, value] => {
                    let value = value.parse().map_err(|error| format!("{line}: {error}"))?;
                    results.values.insert([table, row, peer].map(String::from), value);
                }
                ["peer", name, version] => results.peers.push((name.into(), version.into())),
                ["target", ..] => results.targets.push(line.into()),
                _ => return Err(format!("this is no result: {line}")),
            }
        }
        Ok(results)
    }

    /// A peer's median, where it has one.
    pub(crate) fn value(&self, table: &str, row: &str, peer: &str) -> Option<f64> {
        self.values.get(&[table, row, peer].map(String::from)).copied()
    }

    /// How many times as good this library's median is as a peer's.
    pub(crate) fn ratio(&self, table: &str, row: &str, peer: &str) -> Option<f64> {
        let (theirs, ours) = (self.value(table, row, peer)?, self.value(table, row, OURS)?);
        (ours > 0.0).then(|| theirs / ours)
    }

    /// A peer's version, where it was there.
    pub(crate) fn version(&self, peer: &str) -> Option<&str> {
        self.peers.iter().find(|(name, _)| name == peer).map(|(_, version)| version.as_str())
    }

    /// For each target: whether it was met, its name, the value, `at least` or `at most`, and the
    /// bounds with AVX-512 and without.
    pub(crate) fn targets(&self) -> &[String] {
        &self.targets
    }
}
