//! Which nonce counts of a session have been used (RFC 7616 §3.4.6).

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

    /// The highest count that was used.
    #[must_use]
    pub const fn highest(&self) -> u32 {
        self.highest
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

    /// Zero is no count: the first is one.
    fn is_unused(&self, count: u32) -> bool {
        let below = self.highest.checked_sub(count).filter(|below| *below < u64::BITS);
        count > 0 && below.is_some_and(|below| self.used & (1 << below) == 0)
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
