//! Runs the rows of a test, and says how each of them ended.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::results::{self, Entry};
use crate::support::parallel;
use crate::support::skip::{in_ci, say};

/// What can be run as a row. Its text names it.
pub(crate) trait Case: std::fmt::Display + Sync {
    /// The package that it needs and that is not installed.
    fn missing(&self) -> Option<&'static str>;

    /// Plays it to its end.
    fn play(&self) -> Result<(), String>;

    /// What it is worth in the table of docs/peers.md when it has passed.
    fn entry(&self) -> Option<Entry> {
        None
    }
}

/// Whether a row cannot be played here and need not be; says so.
pub(crate) fn skip(row: &impl Case) -> bool {
    let missing = row.missing().filter(|_| !in_ci());
    if let Some(package) = missing {
        say(&format!("SKIPPED: {row}: {package} is missing"));
    }
    missing.is_some()
}

/// Runs all rows, or those whose text holds what `SECUR32_TEST_ROW` says, as many at once as there are
/// processors; panics with the failed ones at the end.
pub(crate) fn run<C: Case>(what: &str, rows: &[C]) {
    let part = std::env::var("SECUR32_TEST_ROW").unwrap_or_default();
    let rows: Vec<&C> = rows.iter().filter(|row| row.to_string().contains(&part)).collect();
    let skipped = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    parallel::for_each(&rows, |&row| {
        let started = Instant::now();
        if skip(row) {
            skipped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let result = match row.missing() {
            Some(package) => Err(format!("package {package} is missing")),
            None => row.play().and_then(|()| row.entry().iter().try_for_each(results::record)),
        };
        match result {
            Ok(()) => say(&format!("passed   {row} ({:.1?})", started.elapsed())),
            Err(reason) => {
                let text = format!("FAILED   {row}: {reason}");
                say(&text);
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let skipped = skipped.into_inner();
    let passed = rows.len() - skipped - failed.len();
    say(&format!("{what}: {passed} passed, {skipped} skipped, {} failed", failed.len()));
    assert!(failed.is_empty(), "{what}:\n{}", failed.join("\n"));
}
