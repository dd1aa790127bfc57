//! The words of a message and the constants of the steps, summed four at a time: where a core has other work to
//! begin, a step is the fewer instructions the better.

use super::{Block, words};

/// The constants of each round, by the words that they are added to.
const CONSTANTS: [[u32; 16]; 4] = {
    let mut constants = [[0; 16]; 4];
    macro_rules! note {
        ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $m:ident[$word:literal], $k:literal, $r:literal) => {{
            constants[round_of!($f)][$word] = $k;
            $a | $b
        }};
    }
    let [mut a, mut b, mut c, mut d] = [0_u32; 4];
    rounds!(note, constants, a, b, c, d);
    let _ = [a, b, c, d];
    constants
};

/// What each round adds with each word of `block`.
#[inline]
pub(super) fn sums(block: &Block) -> [[u32; 16]; 4] {
    let words = words(block);
    CONSTANTS.map(|mut sums| {
        sums.iter_mut().zip(words).for_each(|(sum, word)| *sum = sum.wrapping_add(word));
        sums
    })
}
