//! Which nonce counts of a session have been used (RFC 7616 §3.4.6).

use std::sync::atomic::{AtomicU32, Ordering};

use crate::system::fork::Gated;

/// How strictly counts must follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Each is the last one and one, as Windows wants it.
    #[default]
    Strict,
    /// Any that is new, down to 63 below the highest: for clients with several connections.
    Window,
}

/// The counts used so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    highest: u32,
    /// Bit n: the count that is n below the highest has been used.
    used: u64,
}

impl Counts {
    /// After a first request with this count. Lower ones may still be on their way.
    #[must_use]
    pub const fn starting(count: u32) -> Self {
        Self { highest: count, used: 1 }
    }

    /// After a request without a count: none can be told from a replay.
    #[must_use]
    pub const fn spent() -> Self {
        Self { highest: u32::MAX, used: u64::MAX }
    }

    /// Whether a request with this count is not one that was seen before, though it may come out
    /// of its order.
    #[must_use]
    pub fn is_new(&self, count: u32, order: Order) -> bool {
        count > self.highest || (order == Order::Window && self.is_unused(count))
    }

    /// Uses a count; `false`, and nothing changes, where its turn has not come or has passed.
    pub fn take(&mut self, count: u32, order: Order) -> bool {
        let ahead = count.checked_sub(self.highest).filter(|ahead| *ahead > 0);
        match (ahead, order) {
            (Some(1), Order::Strict) | (Some(_), Order::Window) => {
                self.used = ahead.and_then(|ahead| self.used.checked_shl(ahead)).unwrap_or(0) | 1;
                self.highest = count;
                true
            }
            (None, Order::Window) if self.is_unused(count) => {
                self.used |= 1 << (self.highest - count);
                true
            }
            _ => false,
        }
    }

    /// Has used all up to `highest`.
    fn catch_up(&mut self, highest: u32) {
        let ahead = highest.saturating_sub(self.highest);
        let ones = 1_u64.checked_shl(ahead).map_or(u64::MAX, |bit| bit - 1);
        self.used = self.used.checked_shl(ahead).unwrap_or(0) | ones;
        self.highest += ahead;
    }

    /// Zero is no count: the first is one.
    fn is_unused(&self, count: u32) -> bool {
        let below = self.highest.checked_sub(count).filter(|below| *below < u64::BITS);
        count > 0 && below.is_some_and(|below| self.used & (1 << below) == 0)
    }
}

/// Counts that many threads use. In strict order no thread waits for another.
pub struct SharedCounts {
    /// The highest count that was used.
    highest: AtomicU32,
    /// What a window has used. Those above, up to the highest, were used in strict order, all of them.
    window: Gated<Counts>,
}

impl SharedCounts {
    /// After these.
    #[must_use]
    pub const fn new(counts: Counts) -> Self {
        Self { highest: AtomicU32::new(counts.highest), window: Gated::new(counts) }
    }

    /// The highest count that was used.
    #[must_use]
    pub fn highest(&self) -> u32 {
        self.highest.load(Ordering::Relaxed)
    }

    /// As [`Counts::is_new`]; by the time that a count is taken it may be used.
    #[must_use]
    pub fn is_new(&self, count: u32, order: Order) -> bool {
        let highest = self.highest.load(Ordering::Relaxed);
        count > highest
            || (order == Order::Window && {
                let mut counts = *self.window.lock();
                counts.catch_up(highest);
                counts.is_new(count, order)
            })
    }

    /// As [`Counts::take`].
    pub fn take(&self, count: u32, order: Order) -> bool {
        match order {
            Order::Strict => count.checked_sub(1).is_some_and(|last| self.raise(last, count)),
            Order::Window => self.take_in_window(count),
        }
    }

    fn take_in_window(&self, count: u32) -> bool {
        let mut window = self.window.lock();
        loop {
            let highest = self.highest.load(Ordering::Relaxed);
            let mut counts = *window;
            counts.catch_up(highest);
            if !counts.take(count, Order::Window) {
                return false;
            }
            // Unless one was taken in strict order meanwhile.
            if self.raise(highest, counts.highest) {
                *window = counts;
                return true;
            }
        }
    }

    fn raise(&self, from: u32, to: u32) -> bool {
        self.highest.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(start: u32, order: Order, counts: &[u32]) -> Vec<bool> {
        let mut state = Counts::starting(start);
        counts.iter().map(|count| state.take(*count, order)).collect()
    }

    #[test]
    fn strict_counts_go_up_by_one() {
        let row = taken(1, Order::Strict, &[1, 3, 2, 2, 3, 5, 4, 0, u32::MAX]);
        assert_eq!(row, [false, false, true, false, true, false, true, false, false]);
    }

    #[test]
    fn r20_repeated_decreasing_and_gap_in_a_window() {
        let row = taken(5, Order::Window, &[5, 7, 7, 6, 6, 4, 1, 0, 100, 37, 36, 99, 99, 7]);
        let expected = [
            false, true, false, true, false, true, true, false, true, true, false, true, false,
            false,
        ];
        assert_eq!(row, expected);
    }

    #[test]
    fn a_jump_past_the_window_forgets_it() {
        let row = taken(1, Order::Window, &[65, 2, 1, 3, 4_000_000_000, 65, 3_999_999_937]);
        assert_eq!(row, [true, true, false, true, true, false, true]);
    }

    #[test]
    fn shared_counts_are_used_once_in_either_order() {
        use Order::{Strict, Window};
        let counts = SharedCounts::new(Counts::starting(1));
        for (count, order, new, taken) in [
            (2, Strict, true, true),
            (3, Strict, true, true),
            (3, Window, false, false),
            (2, Window, false, false),
            (6, Window, true, true),
            (5, Strict, false, false),
            (7, Strict, true, true),
            (7, Window, false, false),
            (5, Window, true, true),
            (5, Window, false, false),
            (6, Window, false, false),
            (9, Strict, true, false),
            (100, Window, true, true),
            (101, Strict, true, true),
            (100, Window, false, false),
            (99, Window, true, true),
            (7, Window, false, false),
            (0, Strict, false, false),
            (0, Window, false, false),
        ] {
            assert_eq!(counts.is_new(count, order), new, "{count} {order:?}");
            assert_eq!(counts.take(count, order), taken, "{count} {order:?}");
        }
    }

    #[test]
    fn of_all_threads_that_take_a_count_one_has_it() {
        let counts = SharedCounts::new(Counts::starting(0));
        let take_all = |order| (1..=1000).filter(|count| counts.take(*count, order)).collect();
        let mut taken: Vec<u32> = std::thread::scope(|scope| {
            let orders = [Order::Strict, Order::Window, Order::Strict, Order::Window];
            let threads = orders.map(|order| scope.spawn(move || take_all(order)));
            threads.into_iter().flat_map(|thread| -> Vec<u32> { thread.join().unwrap() }).collect()
        });
        assert_eq!(counts.highest.load(Ordering::Relaxed), 1000);
        let all = taken.len();
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), all, "a count was taken twice");
    }

    #[test]
    fn counts_do_not_wrap() {
        for order in [Order::Strict, Order::Window] {
            assert_eq!(taken(u32::MAX - 1, order, &[u32::MAX, 0, u32::MAX]), [true, false, false]);
            let mut spent = Counts::spent();
            for count in [0, 1, u32::MAX - 63, u32::MAX] {
                assert!(!spent.is_new(count, order) && !spent.take(count, order));
            }
        }
    }
}
