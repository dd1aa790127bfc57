//! How many exchanges of a package have succeeded in this process.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counts of one package. They begin with the process, and a child goes on from its parent's.
#[derive(Debug)]
pub struct Logins {
    accepted: AtomicU64,
    initialized: AtomicU64,
}

impl Logins {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { accepted: AtomicU64::new(0), initialized: AtomicU64::new(0) }
    }

    /// Counts one of an accepting context.
    pub fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one of an initializing context.
    pub fn initialized(&self) {
        self.initialized.fetch_add(1, Ordering::Relaxed);
    }

    /// Those of accepting contexts, and those of initializing ones.
    #[must_use]
    pub fn counts(&self) -> [u64; 2] {
        [&self.accepted, &self.initialized].map(|count| count.load(Ordering::Relaxed))
    }
}

impl Default for Logins {
    fn default() -> Self {
        Self::new()
    }
}
