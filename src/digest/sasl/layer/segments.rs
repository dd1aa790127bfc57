//! The memory of a message's body: mostly a data buffer and a trailer buffer.

/// Bytes that go through hash and cipher together, so that the second finds them in the cache.
/// DES is decrypted in batches of up to 4096.
pub(super) const PIECE: usize = 16384;

/// The memory of a body, taken as one run of bytes in however many buffers it lies.
pub(super) trait Body {
    fn len(&self) -> usize;

    /// Leaves the last `count` bytes out; nothing is left where there are not so many.
    fn drop_last(&mut self, count: usize);

    /// The last `N` bytes; in front of a shorter body, zeros.
    fn last<const N: usize>(&self) -> [u8; N];

    /// Passes what is before the last `count` bytes to `work`, in order.
    fn each_part_without(&self, count: usize, work: impl FnMut(&[u8]));

    /// Passes all bytes to `work` in order, in runs of whole units of `unit` bytes, a power of two
    /// of at most 16, to be changed in place. A unit across a boundary is put together and taken
    /// apart again. At the end of a body that is not made of whole units, what is left over comes as
    /// it is.
    fn each_run(&mut self, unit: usize, work: impl FnMut(&mut [u8]));

    /// Passes all bytes to `work`, the last part first.
    fn each_backwards(&mut self, work: impl FnMut(&mut [u8]));
}

/// Two pieces of memory, taken as one after the other.
pub(super) struct Segments<'a> {
    first: &'a mut [u8],
    second: &'a mut [u8],
}

impl<'a> Segments<'a> {
    pub(super) fn new(first: &'a mut [u8], second: &'a mut [u8]) -> Self {
        Self { first, second }
    }
}

impl Body for Segments<'_> {
    fn len(&self) -> usize {
        self.first.len().saturating_add(self.second.len())
    }

    fn drop_last(&mut self, count: usize) {
        let length = self.len().saturating_sub(count);
        let (first, second) = (std::mem::take(&mut self.first), std::mem::take(&mut self.second));
        let from_first = length.min(first.len());
        let from_second = (length - from_first).min(second.len());
        self.first = first.split_at_mut(from_first).0;
        self.second = second.split_at_mut(from_second).0;
    }

    #[inline]
    fn last<const N: usize>(&self) -> [u8; N] {
        let whole = if self.second.is_empty() { &*self.first } else { &*self.second };
        whole.last_chunk().copied().unwrap_or_else(|| self.last_across())
    }

    fn each_part_without(&self, count: usize, mut work: impl FnMut(&[u8])) {
        let length = self.len().saturating_sub(count);
        let (first, _) = self.first.split_at(length.min(self.first.len()));
        let (second, _) = self.second.split_at((length - first.len()).min(self.second.len()));
        work(first);
        if !second.is_empty() {
            work(second);
        }
    }

    fn each_run(&mut self, unit: usize, mut work: impl FnMut(&mut [u8])) {
        let whole = self.first.len() & !(unit - 1);
        let (runs, head) = self.first.split_at_mut(whole);
        in_pieces(runs, &mut work);
        let missing = if head.is_empty() { 0 } else { unit - head.len() };
        let (tail, rest) = self.second.split_at_mut(missing.min(self.second.len()));
        if !head.is_empty() {
            across(head, tail, &mut work);
        }
        in_pieces(rest, &mut work);
    }

    fn each_backwards(&mut self, mut work: impl FnMut(&mut [u8])) {
        work(self.second);
        work(self.first);
    }
}

impl Segments<'_> {
    #[cold]
    #[inline(never)]
    fn last_across<const N: usize>(&self) -> [u8; N] {
        let mut last = [0; N];
        let bytes = self.second.iter().rev().chain(self.first.iter().rev());
        for (to, from) in last.iter_mut().rev().zip(bytes) {
            *to = *from;
        }
        last
    }
}

fn in_pieces(runs: &mut [u8], work: &mut impl FnMut(&mut [u8])) {
    for piece in runs.chunks_mut(PIECE) {
        work(piece);
    }
}

/// One unit, of 16 bytes at most, that begins in `head` and ends in `tail`.
fn across(head: &mut [u8], tail: &mut [u8], work: &mut impl FnMut(&mut [u8])) {
    let mut unit = [0; 16];
    let length = head.len() + tail.len();
    for (to, from) in unit.iter_mut().zip(head.iter().chain(tail.iter())) {
        *to = *from;
    }
    if let Some(unit) = unit.get_mut(..length) {
        work(unit);
    }
    for (from, to) in unit.iter().zip(head.iter_mut().chain(tail)) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_whole_units_in_order_at_every_boundary() {
        for unit in [1, 8] {
            for boundary in 0..=32 {
                let mut bytes: Vec<u8> = (0..32).collect();
                let (first, second) = bytes.split_at_mut(boundary);
                let mut seen = Vec::new();
                Segments::new(first, second).each_run(unit, |run| {
                    assert_eq!(run.len() % unit, 0);
                    seen.extend_from_slice(run);
                    for byte in run {
                        *byte += 100;
                    }
                });
                assert_eq!(seen, (0..32).collect::<Vec<u8>>());
                assert_eq!(bytes, (100..132).collect::<Vec<u8>>());
            }
        }
    }

    #[test]
    fn ends_are_found_across_the_boundary() {
        for boundary in 0..=10 {
            let mut bytes: Vec<u8> = (1..=10).collect();
            let (first, second) = bytes.split_at_mut(boundary);
            let segments = Segments::new(first, second);
            assert_eq!(segments.len(), 10);
            assert_eq!(segments.last::<4>(), [7, 8, 9, 10]);
            assert_eq!(segments.last::<12>(), [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
            let mut rest = segments;
            rest.drop_last(6);
            assert_eq!(rest.last::<4>(), [1, 2, 3, 4]);
            assert_eq!(rest.len(), 4);
            let without = |count| {
                let mut parts = Vec::new();
                rest.each_part_without(count, |part| parts.extend_from_slice(part));
                parts
            };
            assert_eq!(without(1), [1, 2, 3]);
            assert!(without(5).is_empty());
            rest.drop_last(5);
            assert_eq!(rest.len(), 0);
        }
    }
}
