//! DES by tables, for chains, where each block waits for the one before.
//!
//! Half blocks stay as the 48 bits that the expansion E makes of them, a byte for each box's six
//! bits, and the tables give E(P(S)): a round is eight reads and nine exclusive ors. A round's key
//! is added to the half that will meet it two rounds later, where its latency is hidden, and the
//! initial permutation is outside of the chain: permuted blocks are chained.
//!
//! Tables are read at places that depend on key and data, as any DES by tables does.

use super::boxes;
use super::schedule::Schedule;

/// The permutation P after the boxes (FIPS 46-3): where each of its bits comes from, from 1.
pub(super) const AFTER_BOXES: [usize; 32] = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19,
    13, 30, 6, 22, 11, 4, 25,
];

/// E(P(S)): of boxes 0 to 3, then of 4 to 7, for the four boxes' six bits in turn, so that a byte
/// of an expanded half plus the box's number is the place in a table.
static TABLES: [[u64; 259]; 2] = tables();

const fn tables() -> [[u64; 259]; 2] {
    let mut tables = [[0; 259]; 2];
    let mut number = 0;
    while number < 8 {
        let mut six = 0;
        while six < 64 {
            let four = boxes::substitute(number, six) as u32;
            let before = four << (28 - 4 * number);
            let mut after = 0;
            let mut bit = 0;
            while bit < 32 {
                after = after << 1 | before >> (32 - AFTER_BOXES[bit]) & 1;
                bit += 1;
            }
            tables[number / 4][4 * six + number % 4] = expanded(after);
            six += 1;
        }
        number += 1;
    }
    tables
}

/// The expansion E: byte `k`, from the lowest, is bits `4k` to `4k + 5` of the half, where bit 1 is
/// the highest, and bit 0 the lowest again; the byte's two low bits are zero.
const fn expanded(half: u32) -> u64 {
    let mut spread = half.swap_bytes() as u64;
    spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF;
    spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF;
    // Each of the four bytes is two boxes' bits, the earlier box in the upper half.
    spread = spread >> 4 & 0x000F_000F_000F_000F | (spread & 0x000F_000F_000F_000F) << 8;
    let before = spread.rotate_left(8) & 0x0101_0101_0101_0101;
    let after = spread.rotate_right(8) & 0x0808_0808_0808_0808;
    before << 7 | spread << 3 | after >> 1
}

/// The half that [`expanded`] made this of.
const fn contracted(wide: u64) -> u32 {
    let mut spread = wide >> 3 & 0x0F0F_0F0F_0F0F_0F0F;
    spread = (spread << 4 | spread >> 8) & 0x00FF_00FF_00FF_00FF;
    spread = (spread | spread >> 8) & 0x0000_FFFF_0000_FFFF;
    spread = spread | spread >> 16;
    low(spread).swap_bytes()
}

/// The lower half of a word.
#[allow(clippy::cast_possible_truncation)] // what it is for; conversions are not const
const fn low(word: u64) -> u32 {
    word as u32
}

/// A block after the initial permutation, its halves expanded.
#[derive(Clone, Copy)]
pub(super) struct Halves {
    left: u64,
    right: u64,
}

/// Exchanges the bits of `mask` in `b` with those `distance` places higher in `a`.
const fn exchange(a: u32, b: u32, distance: u32, mask: u32) -> (u32, u32) {
    let differ = (a >> distance ^ b) & mask;
    (a ^ differ << distance, b ^ differ)
}

impl Halves {
    /// The initial permutation of a block.
    #[inline]
    pub(super) fn of(block: [u8; 8]) -> Self {
        let block = u64::from_be_bytes(block);
        let (left, right) = (low(block >> 32), low(block));
        let (left, right) = exchange(left, right, 4, 0x0F0F_0F0F);
        let (left, right) = exchange(left, right, 16, 0x0000_FFFF);
        let (right, left) = exchange(right, left, 2, 0x3333_3333);
        let (right, left) = exchange(right, left, 8, 0x00FF_00FF);
        let (left, right) = exchange(left, right, 1, 0x5555_5555);
        Self { left: expanded(left), right: expanded(right) }
    }

    /// The block whose initial permutation this is.
    #[inline]
    pub(super) fn block(self) -> [u8; 8] {
        let (left, right) = (contracted(self.left), contracted(self.right));
        let (left, right) = exchange(left, right, 1, 0x5555_5555);
        let (right, left) = exchange(right, left, 8, 0x00FF_00FF);
        let (right, left) = exchange(right, left, 2, 0x3333_3333);
        let (left, right) = exchange(left, right, 16, 0x0000_FFFF);
        let (left, right) = exchange(left, right, 4, 0x0F0F_0F0F);
        (u64::from(left) << 32 | u64::from(right)).to_be_bytes()
    }

    /// Both, bit by bit.
    #[inline]
    pub(super) fn mixed(self, other: Self) -> Self {
        Self { left: self.left ^ other.left, right: self.right ^ other.right }
    }

    /// The sixteen rounds, with the halves exchanged at the end: decryption, where `BACKWARDS`.
    #[inline]
    pub(super) fn rounds<const BACKWARDS: bool>(self, schedule: &Schedule) -> Self {
        let key = |round: usize| schedule.0[if BACKWARDS { 15 - round } else { round }];
        // `now` has this round's key in it, `then` the next one's.
        let (mut now, mut then) = (self.right ^ key(0), self.left ^ key(1));
        for round in (0..14).step_by(2) {
            let next = substituted(now, then);
            then = substituted(next, now ^ (key(round) ^ key(round + 2)));
            now = next ^ (key(round + 1) ^ key(round + 3));
            std::mem::swap(&mut now, &mut then);
        }
        let next = substituted(now, then);
        Self { left: substituted(next, now ^ key(14)), right: next ^ key(15) }
    }

    /// The rounds of two blocks interleaved, which takes little longer than those of one.
    #[inline]
    pub(super) fn rounds_of_two<const BACKWARDS: bool>(
        mut blocks: [Self; 2],
        schedule: &Schedule,
    ) -> [Self; 2] {
        let key = |round: usize| schedule.0[if BACKWARDS { 15 - round } else { round }];
        let mut keyed = [(0, 0); 2];
        for (keyed, block) in keyed.iter_mut().zip(&blocks) {
            *keyed = (block.right ^ key(0), block.left ^ key(1));
        }
        for round in (0..14).step_by(2) {
            let (even, odd) = (key(round) ^ key(round + 2), key(round + 1) ^ key(round + 3));
            for (now, then) in &mut keyed {
                let next = substituted(*now, *then);
                *now = substituted(next, *now ^ even);
                *then = next ^ odd;
            }
        }
        for (block, (now, then)) in blocks.iter_mut().zip(keyed) {
            let next = substituted(now, then);
            *block = Self { left: substituted(next, now ^ key(14)), right: next ^ key(15) };
        }
        blocks
    }
}

/// E(P(S)) of the 48 bits of `keyed`, added to `other`.
///
/// The boxes' tables have no bit in common, so that their values may be joined by any of three
/// operations. They are mixed so that compilers, which know the operations one at a time, keep the
/// sum as shallow as it is written.
#[inline]
fn substituted(keyed: u64, other: u64) -> u64 {
    let sixes = keyed.to_le_bytes();
    let of = |number: usize| TABLES[number / 4][usize::from(sixes[number]) + number % 4];
    let early = other ^ (of(0) | of(1)) ^ (of(2) | of(3));
    early ^ ((of(4) | of(5)) + (of(6) | of(7)))
}
