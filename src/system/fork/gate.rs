//! Short locks, all of which are free while the process forks.
//!
//! Who takes one goes through a gate, and is counted while inside. A fork closes the gate, and waits
//! until nobody is inside.

#![allow(clippy::disallowed_types, reason = "nobody holds them at a fork")]

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use at::{Inside, enter, inside};
#[cfg(unix)]
pub(super) use at::{close, open, open_in_child};

/// Data under a lock that is held for a few steps at a time, and never while a process forks. One
/// may be taken while another is held, in one order everywhere. A panic under it leaves it free.
#[derive(Debug, Default)]
pub struct Gated<T> {
    data: Mutex<T>,
}

/// Free again when it is dropped.
#[derive(Debug)]
pub struct GatedGuard<'a, T> {
    // Dropped in this order.
    data: MutexGuard<'a, T>,
    _inside: at::Inside,
}

impl<T> Gated<T> {
    /// Protects `data`.
    pub const fn new(data: T) -> Self {
        Self { data: Mutex::new(data) }
    }

    /// Waits until nobody else has it.
    pub fn lock(&self) -> GatedGuard<'_, T> {
        let inside = at::enter();
        let data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        GatedGuard { data, _inside: inside }
    }
}

impl<T> Deref for GatedGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> DerefMut for GatedGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.data
    }
}

#[cfg(unix)]
mod at {
    use std::cell::Cell;
    use std::marker::PhantomData;
    use std::ptr;
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use crate::system::clock::coarse_milliseconds;

    /// How long a gate keeps threads out. A fork keeps it closed for as long as the kernel copies a
    /// process's tables. But a handler of the program's own, which runs after the gate is closed, may
    /// wait for a lock that a waiting thread holds: so all go in then, however often one comes, and that
    /// fork's child may find a lock held.
    const LONGEST_WAIT: Duration = Duration::from_secs(1);

    /// Counters; threads spread over them.
    const COUNTERS: usize = 16;

    /// How many threads are inside. Alone in its line of the cache.
    #[repr(align(64))]
    struct Counter(AtomicU32);

    static INSIDE: [Counter; COUNTERS] = [const { Counter(AtomicU32::new(0)) }; COUNTERS];
    /// How many threads are forking.
    static FORKING: AtomicU32 = AtomicU32::new(0);
    /// When the last of them closed the gate, by the coarse clock.
    static CLOSED_AT: AtomicU64 = AtomicU64::new(0);

    thread_local! {
        /// How often this thread has gone in. It is counted once.
        static DEPTH: Cell<u32> = const { Cell::new(0) };
    }

    /// A thread's stay, to its drop.
    #[derive(Debug)]
    pub struct Inside {
        /// Of one thread.
        _thread: PhantomData<*const ()>,
    }

    /// Goes in, when nobody forks; for what has a lock that is not [`Gated`](super::Gated), or none.
    #[must_use]
    #[inline]
    pub fn enter() -> Inside {
        // Forks are watched from here on.
        let _ = super::super::epoch();
        DEPTH.with(|depth| {
            // First, so that a handler of a signal that forks finds itself inside.
            depth.set(depth.get() + 1);
            if depth.get() == 1 {
                count_in(counter(depth));
            }
        });
        Inside { _thread: PhantomData }
    }

    impl Drop for Inside {
        #[inline]
        fn drop(&mut self) {
            DEPTH.with(|depth| {
                if depth.get() == 1 {
                    counter(depth).fetch_sub(1, Ordering::Release);
                }
                depth.set(depth.get() - 1);
            });
        }
    }

    /// Whether this thread holds a gated lock: it must not wait for anything then.
    #[must_use]
    pub fn inside() -> bool {
        DEPTH.with(Cell::get) > 0
    }

    #[inline]
    fn count_in(counter: &AtomicU32) {
        counter.fetch_add(1, Ordering::SeqCst);
        // Whoever forks has announced it before looking at the counters.
        if FORKING.load(Ordering::SeqCst) != 0 {
            count_in_later(counter);
        }
    }

    #[cold]
    fn count_in_later(counter: &AtomicU32) {
        let start = Instant::now();
        // Of forks that follow one another without an end each closes the gate anew.
        let is_over = || was_closed_long_ago() || start.elapsed() > LONGEST_WAIT;
        loop {
            counter.fetch_sub(1, Ordering::SeqCst);
            wait_until(|| FORKING.load(Ordering::Relaxed) == 0 || is_over());
            counter.fetch_add(1, Ordering::SeqCst);
            if FORKING.load(Ordering::SeqCst) == 0 || is_over() {
                return;
            }
        }
    }

    fn was_closed_long_ago() -> bool {
        let closed = Duration::from_millis(CLOSED_AT.load(Ordering::SeqCst));
        Duration::from_millis(coarse_milliseconds()).saturating_sub(closed) > LONGEST_WAIT
    }

    /// Before a fork: lets nobody in, and waits until nobody but this thread is inside.
    pub(in crate::system::fork) fn close() {
        CLOSED_AT.store(coarse_milliseconds(), Ordering::SeqCst);
        FORKING.fetch_add(1, Ordering::SeqCst);
        for (counter, own) in counters() {
            wait_until(|| counter.load(Ordering::SeqCst) <= own);
        }
    }

    /// After a fork, in the parent.
    pub(in crate::system::fork) fn open() {
        FORKING.fetch_sub(1, Ordering::Release);
    }

    /// After a fork, in the child: threads that had come to the closed gate are gone.
    pub(in crate::system::fork) fn open_in_child() {
        for (counter, own) in counters() {
            counter.fetch_min(own, Ordering::Relaxed);
        }
        FORKING.store(0, Ordering::Release);
    }

    /// Each counter, and how much of it is this thread's.
    fn counters() -> impl Iterator<Item = (&'static AtomicU32, u32)> {
        let (own, is_inside) = DEPTH.with(|depth| (counter(depth), depth.get() > 0));
        INSIDE
            .iter()
            .map(move |Counter(counter)| (counter, u32::from(is_inside && ptr::eq(counter, own))))
    }

    /// The counter of the thread whose `depth` this is: by its address, which no other thread has.
    #[inline]
    fn counter(depth: &Cell<u32>) -> &'static AtomicU32 {
        // By the golden ratio, as addresses differ by powers of two.
        let address = ptr::from_ref(depth).addr() as u64;
        let scattered = (address >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        &INSIDE[usize::try_from(scattered).unwrap_or_default() % COUNTERS].0
    }

    /// Waits for what takes others a few steps. By time, since no call that wakes a thread is for
    /// certain in a handler of a fork.
    fn wait_until(come: impl Fn() -> bool) {
        let mut rounds = 0_u32;
        while !come() {
            if rounds < 32 {
                thread::yield_now();
            } else {
                thread::sleep(Duration::from_micros(10 << (rounds - 32).min(6)));
            }
            rounds = rounds.saturating_add(1);
        }
    }
}

#[cfg(not(unix))]
mod at {
    /// Nothing forks here: nobody is counted.
    #[derive(Debug)]
    pub struct Inside;

    /// Nobody forks.
    #[must_use]
    pub fn enter() -> Inside {
        Inside
    }

    /// Whether this thread is known to hold a gated lock.
    #[must_use]
    pub fn inside() -> bool {
        false
    }
}
