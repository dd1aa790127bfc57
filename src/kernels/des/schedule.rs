//! The key schedule of DES (FIPS 46-3, appendix 1).

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Permuted choice 1: the 56 bits of a key of 64 that count, counted from 1 at the left.
const CHOICE_1: [u8; 56] = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60,
    52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29,
    21, 13, 5, 28, 20, 12, 4,
];

/// Permuted choice 2: the 48 bits of a round's key, among 56.
const CHOICE_2: [u8; 48] = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52,
    31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];

/// The rounds before which the halves turn by one place only.
const SINGLE: [usize; 4] = [0, 1, 8, 15];

/// The sixteen round keys, 128 bytes, wiped on drop: byte `k` of a word, counted from the lowest,
/// is the six bits that go to box `k`, and two zeros.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Schedule(pub(super) [u64; 16]);

/// Whether all bits of a mask are set; of round key, box, and bit of the six.
pub(super) type Masks = [[u64; 48]; 16];

impl Schedule {
    /// The schedule of a key, whose parity bits are ignored. Weak keys are as good as others here:
    /// keys come out of a hash (RFC 2831 §2.4).
    pub(super) fn new(key: [u8; 8]) -> Self {
        let key = u64::from_be_bytes(key);
        let mut halves = 0;
        for bit in CHOICE_1 {
            halves = halves << 1 | (key >> (64 - bit)) & 1;
        }
        let mut keys = [0; 16];
        for (round, to) in keys.iter_mut().enumerate() {
            halves = turned(halves);
            if !SINGLE.contains(&round) {
                halves = turned(halves);
            }
            for (box_, six) in (0..8).zip(CHOICE_2.chunks(6)) {
                let mut bits = 0;
                for bit in six {
                    bits = bits << 1 | (halves >> (56 - bit)) & 1;
                }
                *to |= bits << (8 * box_ + 2);
            }
        }
        halves.zeroize();
        Self(keys)
    }

    /// The keys bit by bit.
    pub(super) fn masks(&self, masks: &mut Masks) {
        for (masks, key) in masks.iter_mut().zip(&self.0) {
            for (box_, masks) in (0..8).zip(masks.chunks_mut(6)) {
                for (bit, mask) in (0..6).zip(masks) {
                    *mask = 0_u64.wrapping_sub(key >> (8 * box_ + 7 - bit) & 1);
                }
            }
        }
    }
}

/// Both halves of 28 bits turned left by one place.
fn turned(halves: u64) -> u64 {
    const TOPS: u64 = 1 << 55 | 1 << 27;
    (halves & !TOPS) << 1 | (halves & TOPS) >> 27
}
