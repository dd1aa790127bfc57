//! A message body that lies in any number of the caller's buffers.

use std::ops::Range;

use zeroize::Zeroizing;

use super::segments::{Body, PIECE};
use crate::sspi::MAX_BUFFERS;

/// Bytes that are moved at a time.
const MOVED: usize = 256;

/// Pieces of memory, taken as one after the other.
pub struct Scattered<'p> {
    pieces: [&'p mut [u8]; MAX_BUFFERS],
    count: usize,
    /// Bytes of the body: as many as the pieces have, or less.
    length: usize,
}

impl Default for Scattered<'_> {
    fn default() -> Self {
        Self { pieces: std::array::from_fn(|_| &mut [][..]), count: 0, length: 0 }
    }
}

impl<'p> Scattered<'p> {
    /// Adds a piece behind the others. There may be [`MAX_BUFFERS`].
    pub fn push(&mut self, piece: &'p mut [u8]) {
        if let Some(place) = self.pieces.get_mut(self.count) {
            self.length = self.length.saturating_add(piece.len());
            self.count += 1;
            *place = piece;
        }
    }

    /// Undoes [`Body::drop_last`]: the body has `length` bytes again.
    pub(super) fn restore(&mut self, length: usize) {
        self.length = length;
    }

    /// Moves the `length` bytes that begin at `from` to the start.
    pub(super) fn move_to_start(&mut self, from: usize, length: usize) {
        for at in (0..length).step_by(MOVED) {
            self.copy(from + at, at, MOVED.min(length - at));
        }
    }

    /// Moves the first `length` bytes to `to`.
    pub(super) fn move_from_start(&mut self, to: usize, length: usize) {
        for at in (0..length).step_by(MOVED).rev() {
            self.copy(at, to + at, MOVED.min(length - at));
        }
    }

    fn copy(&mut self, from: usize, to: usize, length: usize) {
        let mut moved = Zeroizing::new([0; MOVED]);
        let (moved, _) = moved.split_at_mut(length);
        self.read(from, moved);
        self.write(to, moved);
    }

    /// Copies out what begins at `at`.
    pub(super) fn read(&self, at: usize, mut to: &mut [u8]) {
        let wanted = at..at + to.len();
        let mut end = 0;
        for piece in self.pieces.iter().take(self.count) {
            let from = piece.get(part_of(piece.len(), &mut end, &wanted)).unwrap_or_default();
            let (now, later) = to.split_at_mut(from.len());
            now.copy_from_slice(from);
            to = later;
        }
    }

    /// Copies in what is to begin at `at`.
    pub(super) fn write(&mut self, at: usize, mut from: &[u8]) {
        let wanted = at..at + from.len();
        let mut end = 0;
        for piece in self.pieces.iter_mut().take(self.count) {
            let to = piece.get_mut(part_of(piece.len(), &mut end, &wanted)).unwrap_or_default();
            let (now, later) = from.split_at(to.len());
            to.copy_from_slice(now);
            from = later;
        }
    }

    /// The longest run that begins at `at` and is in one piece.
    fn run_at(&mut self, at: usize) -> &mut [u8] {
        let wanted = at..self.length;
        let mut end = 0;
        for piece in self.pieces.iter_mut().take(self.count) {
            let part = part_of(piece.len(), &mut end, &wanted);
            if !part.is_empty() {
                return piece.get_mut(part).unwrap_or_default();
            }
        }
        &mut []
    }

    /// [`Body::each_run`] for the first `length` bytes.
    pub(super) fn each_run_before(
        &mut self,
        length: usize,
        unit: usize,
        mut work: impl FnMut(&mut [u8]),
    ) {
        let mut at = 0;
        while at < length {
            let left = length - at;
            let run = self.run_at(at);
            let whole = run.len().min(left).min(PIECE) & !(unit - 1);
            if whole > 0 {
                work(run.split_at_mut(whole).0);
                at += whole;
            } else {
                let mut across = Zeroizing::new([0; 16]);
                let (across, _) = across.split_at_mut(unit.min(left));
                self.read(at, across);
                work(across);
                self.write(at, across);
                at += across.len();
            }
        }
    }
}

/// What of a piece of `length` bytes, which begins where the last one ended, is in `wanted`.
fn part_of(length: usize, end: &mut usize, wanted: &Range<usize>) -> Range<usize> {
    let start = *end;
    *end = start.saturating_add(length);
    let within = |at: usize| at.clamp(start, *end) - start;
    within(wanted.start)..within(wanted.end)
}

impl Body for Scattered<'_> {
    fn len(&self) -> usize {
        self.length
    }

    fn drop_last(&mut self, count: usize) {
        self.length = self.length.saturating_sub(count);
    }

    fn last<const N: usize>(&self) -> [u8; N] {
        let mut last = [0; N];
        let (_, present) = last.split_at_mut(N.saturating_sub(self.length));
        self.read(self.length - present.len(), present);
        last
    }

    fn each_part_without(&self, count: usize, mut work: impl FnMut(&[u8])) {
        let wanted = 0..self.length.saturating_sub(count);
        let mut end = 0;
        for piece in self.pieces.iter().take(self.count) {
            work(piece.get(part_of(piece.len(), &mut end, &wanted)).unwrap_or_default());
        }
    }

    fn each_run(&mut self, unit: usize, work: impl FnMut(&mut [u8])) {
        self.each_run_before(self.length, unit, work);
    }

    fn each_backwards(&mut self, mut work: impl FnMut(&mut [u8])) {
        let mut end = self.pieces.iter().map(|piece| piece.len()).sum::<usize>();
        for piece in self.pieces.iter_mut().rev() {
            let start = end - piece.len();
            let present = self.length.clamp(start, end) - start;
            work(piece.split_at_mut(present).0);
            end = start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes in pieces of these lengths, and what `check` is to see of them.
    fn in_pieces(lengths: &[usize], mut check: impl FnMut(&mut Scattered<'_>)) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..40).collect();
        let mut rest = bytes.as_mut_slice();
        let mut scattered = Scattered::default();
        for length in lengths {
            let (piece, later) = rest.split_at_mut(*length);
            scattered.push(piece);
            rest = later;
        }
        scattered.push(rest);
        check(&mut scattered);
        bytes
    }

    const CUTS: &[&[usize]] =
        &[&[], &[0, 40], &[1; 31], &[7, 0, 1, 0, 9], &[8, 8, 8], &[3, 30, 0, 0, 7], &[39]];

    #[test]
    fn runs_are_whole_units_in_order_in_whatever_pieces() {
        for (cut, unit) in CUTS.iter().flat_map(|cut| [(cut, 1), (cut, 8)]) {
            let mut seen = Vec::new();
            let changed = in_pieces(cut, |body| {
                body.each_run(unit, |run| {
                    assert_eq!(run.len() % unit, 0);
                    seen.extend_from_slice(run);
                    for byte in run {
                        *byte += 100;
                    }
                });
            });
            assert_eq!(seen, (0..40).collect::<Vec<u8>>(), "{cut:?}");
            assert_eq!(changed, (100..140).collect::<Vec<u8>>(), "{cut:?}");
        }
    }

    #[test]
    fn a_shorter_body_ends_where_it_ends() {
        for cut in CUTS {
            for dropped in [0, 1, 6, 39, 40, 50] {
                let left = 40_u8.saturating_sub(dropped);
                let changed = in_pieces(cut, |body| {
                    body.drop_last(usize::from(dropped));
                    assert_eq!(body.len(), usize::from(left));
                    let last = body.last::<4>();
                    let expected: Vec<u8> = (0..left).rev().take(4).collect();
                    assert!(last.iter().rev().zip(&expected).all(|(one, other)| one == other));
                    let mut seen = Vec::new();
                    body.each_part_without(1, |part| seen.extend_from_slice(part));
                    assert_eq!(seen, (0..left.saturating_sub(1)).collect::<Vec<u8>>());
                    let mut seen: Vec<u8> = Vec::new();
                    body.each_backwards(|run| {
                        seen.extend(run.iter().rev());
                        run.fill(0xEE);
                    });
                    assert_eq!(seen, (0..left).rev().collect::<Vec<u8>>());
                });
                let (gone, kept) = changed.split_at(usize::from(left));
                assert!(gone.iter().all(|byte| *byte == 0xEE));
                assert_eq!(kept, (left..40).collect::<Vec<u8>>());
            }
        }
    }

    #[test]
    fn bytes_move_to_both_sides() {
        for (cut, by) in CUTS.iter().flat_map(|cut| [(cut, 0_u8), (cut, 5), (cut, 16)]) {
            let length = 40 - by;
            let moved = in_pieces(cut, |body| body.move_to_start(by.into(), length.into()));
            assert_eq!(moved[..length.into()], (by..40).collect::<Vec<u8>>());
            let moved = in_pieces(cut, |body| body.move_from_start(by.into(), length.into()));
            assert_eq!(moved[by.into()..], (0..length).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn more_bytes_than_go_at_once_move_too() {
        let text: Vec<u8> = (0..=255).cycle().take(5 * MOVED + 3).collect();
        for by in [1, 16, 255] {
            let mut bytes = [text.clone(), vec![0; by]].concat();
            let (first, second) = bytes.split_at_mut(700);
            let mut body = Scattered::default();
            body.push(first);
            body.push(second);
            body.move_from_start(by, text.len());
            body.move_to_start(by, text.len());
            assert_eq!(bytes[..text.len()], text);
        }
    }
}
