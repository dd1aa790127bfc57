//! One stream in general registers.
//!
//! Only the newest word of the state is late; everything else of a step can be summed before it.
//! Left alone, compilers regroup the sums and put more of them behind the newest word, so that the
//! order is pinned. The functions are in the form that is shortest from the newest word on.

use std::hint::black_box;

use super::sums::sums;
use super::{Block, Interleaved, Md5State, words};
use crate::kernels::pinned::{in_order, pinned};

macro_rules! step {
    ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $m:expr, $k:literal, $r:literal) => {{
        let early = $a.wrapping_add($m).wrapping_add($k);
        step!(@$f, early, $b, $c, $d).rotate_left($r).wrapping_add($b)
    }};
    (@f, $early:ident, $b:ident, $c:ident, $d:ident) => {
        pinned($early).wrapping_add($d ^ ($b & ($c ^ $d)))
    };
    // The two halves have no bit in common, so that they may be added one after the other.
    (@g, $early:ident, $b:ident, $c:ident, $d:ident) => {
        pinned($early.wrapping_add($c & !$d)).wrapping_add($b & $d)
    };
    (@h, $early:ident, $b:ident, $c:ident, $d:ident) => {
        pinned($early).wrapping_add(pinned($c ^ $d) ^ $b)
    };
    (@i, $early:ident, $b:ident, $c:ident, $d:ident) => {
        pinned($early).wrapping_add($c ^ ($b | !$d))
    };
}

pub(super) fn compress(state: &mut Md5State, blocks: &[Block]) {
    let [mut a, mut b, mut c, mut d] = *state;
    for block in blocks {
        let message = words(block);
        let before = [a, b, c, d];
        rounds!(step, message, a, b, c, d);
        a = a.wrapping_add(before[0]);
        b = b.wrapping_add(before[1]);
        c = c.wrapping_add(before[2]);
        d = d.wrapping_add(before[3]);
    }
    *state = [a, b, c, d];
}

/// As [`super::compress_interleaved`].
#[inline]
pub(super) fn compress_interleaved<B: Interleaved>(
    state: &mut Md5State,
    block: &Block,
    work: &mut B,
) {
    let mut other = *work;
    let mut steps = 0..64;
    macro_rules! step_both {
        ($($step:tt)*) => {{
            let word = step!($($step)*);
            steps.next().map(|step| other.step(step));
            word
        }};
    }
    let text = words(block);
    let [mut a, mut b, mut c, mut d] = *state;
    rounds!(step_both, text, a, b, c, d);
    for (word, sum) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(sum);
    }
    *work = other;
}

/// As [`super::compress_interleaved_in_order`].
#[inline]
pub(super) fn compress_interleaved_in_order<B: Interleaved>(
    state: &mut Md5State,
    block: &Block,
    work: &mut B,
) {
    let mut other = *work;
    let mut steps = 0..64;
    // Compilers would sum them one by one again, in registers that they have to save.
    let sums = sums(block);
    let sums = black_box(&sums);
    macro_rules! step_both {
        ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $m:ident[$word:literal], $k:literal, $r:literal) => {{
            let word = step!($f, $a, $b, $c, $d, $m[round_of!($f)][$word], 0, $r);
            let word = in_order(word);
            steps.next().map(|step| other.step(step));
            word
        }};
    }
    let [mut a, mut b, mut c, mut d] = *state;
    rounds!(step_both, sums, a, b, c, d);
    for (word, sum) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(sum);
    }
    *work = other;
}
