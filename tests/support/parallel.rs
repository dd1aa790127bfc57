//! Runs of programs that have nothing to do with one another, as many at once as there are processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many at once.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Runs `run` for each; panics where one of them does.
pub(crate) fn for_each<T: Sync>(all: &[T], run: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            run(one);
        }
    };
    thread::scope(|scope| {
        for _ in 0..processors() {
            scope.spawn(work);
        }
    });
}
