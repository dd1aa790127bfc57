//! DES by bits: many blocks in parallel lanes, bit `n` of all of them in one word, and the boxes as
//! circuits. Nothing depends on secrets but the values themselves.

use super::table::AFTER_BOXES;

/// The initial permutation (FIPS 46-3): where each bit comes from, from 1 at the left.
const INITIAL: [u8; 64] = [
    58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4, 62, 54, 46, 38, 30, 22, 14, 6,
    64, 56, 48, 40, 32, 24, 16, 8, 57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3, 61,
    53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
];

/// The initial permutation, to places in a little-endian word.
pub(super) const PLACES: [usize; 64] = {
    let mut places = [0; 64];
    let mut bit = 0;
    while bit < 64 {
        let from = INITIAL[bit] as usize - 1;
        places[bit] = from / 8 * 8 + 7 - from % 8;
        bit += 1;
    }
    places
};

/// Where each bit that comes from the boxes goes, from 0.
pub(super) const TARGETS: [usize; 32] = {
    let mut targets = [0; 32];
    let mut bit = 0;
    while bit < 32 {
        targets[AFTER_BOXES[bit] - 1] = bit;
        bit += 1;
    }
    targets
};

/// The halves that each transposition step exchanges, by its distance.
pub(super) const fn lower_halves(distance: u32) -> u64 {
    u64::MAX / ((1 << distance) + 1)
}

/// `decrypt`, on 64 blocks times the `$lanes` words of 64 bits in a `$word`. The surroundings have
/// `load`, `store`, `splat`, `xor`, `right`, `left`, `swapped_bits` and what `$circuit` needs.
macro_rules! sliced {
    ($(#[$features:meta])* $word:ty, $lanes:literal, $circuit:ident) => {
        /// Blocks of a batch.
        pub(super) const BATCH: usize = 64 * $lanes;

        /// Exchanges rows and columns of the square of 64 bits in each lane: one step of six.
        $(#[$features])*
        #[inline]
        fn exchange<const DISTANCE: u32>(words: &mut [$word; 64]) {
            let distance = DISTANCE as usize;
            let mask = splat(lower_halves(DISTANCE));
            for upper in (0..64).step_by(2 * distance) {
                for at in upper..upper + distance {
                    let (low, high) = (words[at], words[at + distance]);
                    let differ = differ::<DISTANCE>(low, high, mask);
                    words[at + distance] = xor(high, differ);
                    words[at] = xor(low, left::<DISTANCE>(differ));
                }
            }
        }

        $(#[$features])*
        #[inline]
        fn transpose(words: &mut [$word; 64]) {
            exchange::<32>(words);
            exchange::<16>(words);
            exchange::<8>(words);
            exchange::<4>(words);
            exchange::<2>(words);
            exchange::<1>(words);
        }

        /// The six bits of a half that go to a box, with the key's added.
        $(#[$features])*
        #[inline]
        fn six(half: &[$word; 32], number: usize, key: &[u64; 48]) -> [$word; 6] {
            let bit = |bit: usize| {
                xor(half[(4 * number + 31 + bit) % 32], splat(key[6 * number + bit]))
            };
            [bit(0), bit(1), bit(2), bit(3), bit(4), bit(5)]
        }

        $(#[$features])*
        #[inline]
        fn add(half: &mut [$word; 32], number: usize, four: [$word; 4]) {
            for (bit, word) in four.into_iter().enumerate() {
                let target = &mut half[TARGETS[4 * number + bit]];
                *target = xor(*target, word);
            }
        }

        $(#[$features])*
        #[inline]
        fn round(to: &mut [$word; 32], from: &[$word; 32], key: &[u64; 48]) {
            add(to, 0, $circuit!(1, six(from, 0, key)));
            add(to, 1, $circuit!(2, six(from, 1, key)));
            add(to, 2, $circuit!(3, six(from, 2, key)));
            add(to, 3, $circuit!(4, six(from, 3, key)));
            add(to, 4, $circuit!(5, six(from, 4, key)));
            add(to, 5, $circuit!(6, six(from, 5, key)));
            add(to, 6, $circuit!(7, six(from, 6, key)));
            add(to, 7, $circuit!(8, six(from, 7, key)));
        }

        /// Decrypts a batch, each block for itself, with the keys from the last to the first.
        $(#[$features])*
        pub(super) fn decrypt(keys: &[Masks], blocks: &mut [u64; BATCH]) {
            let mut words = [splat(0); 64];
            for (word, blocks) in words.iter_mut().zip(blocks.as_chunks::<$lanes>().0) {
                *word = load(blocks);
            }
            transpose(&mut words);
            let mut halves = [[splat(0); 32]; 2];
            for (bit, place) in PLACES.into_iter().enumerate() {
                halves[bit / 32][bit % 32] = words[place];
            }
            let [first, second] = &mut halves;
            let (mut left, mut right) = (first, second);
            for (pass, keys) in passes(keys) {
                for two in 0..8 {
                    let (one, other) = if pass % 2 == 0 {
                        (&keys[15 - 2 * two], &keys[14 - 2 * two])
                    } else {
                        (&keys[2 * two], &keys[2 * two + 1])
                    };
                    round(left, right, one);
                    round(right, left, other);
                }
                std::mem::swap(&mut left, &mut right);
            }
            for (bit, place) in PLACES.into_iter().enumerate() {
                let half = if bit < 32 { &left } else { &right };
                words[place] = half[bit % 32];
            }
            transpose(&mut words);
            for (word, blocks) in words.iter().zip(blocks.as_chunks_mut::<$lanes>().0) {
                store(*word, blocks);
            }
        }
    };
}
pub(super) use sliced;

use super::schedule::Masks;

/// The passes of decryption: one for one key; for two, back with the first, forth with the second,
/// back with the first.
pub(super) fn passes(keys: &[Masks]) -> impl Iterator<Item = (usize, &Masks)> {
    let count = if keys.len() == 2 { 3 } else { 1 };
    keys.iter().cycle().take(count).enumerate()
}
