//! Four streams with the instructions of AVX-512VL, or one that is interleaved with other work: a step's
//! function is one instruction, and so is its rotation.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    _mm_add_epi32, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_rol_epi32, _mm_set1_epi32,
    _mm_ternarylogic_epi32,
};
use std::hint::black_box;

use super::sse2::{in_order, lanes, load, pinned, store};
use super::sums::sums;
use super::{Block, Interleaved, Md5State};
use crate::kernels::AVX512;

macro_rules! step {
    ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $m:expr, $k:literal, $r:literal) => {{
        let constant = _mm_set1_epi32(u32::cast_signed($k));
        let early = pinned(_mm_add_epi32($a, _mm_add_epi32($m, constant)));
        let late = _mm_ternarylogic_epi32::<{ step!(@$f) }>($b, $c, $d);
        _mm_add_epi32(_mm_rol_epi32::<$r>(_mm_add_epi32(early, late)), $b)
    }};
    // The functions' truth tables: bit 4b + 2c + d is their value.
    (@f) => { 0b1100_1010 };
    (@g) => { 0b1110_0100 };
    (@h) => { 0b1001_0110 };
    (@i) => { 0b0011_1001 };
}

/// As [`super::compress4`]; `None`, and nothing done, where the processor does not have AVX-512VL.
pub(super) fn compress4(states: &mut [Md5State; 4], blocks: [&Block; 4]) -> Option<()> {
    // SAFETY: the processor has both, as was just asked.
    is_there().then(|| unsafe { four(states, blocks) })
}

/// As [`super::compress_interleaved_in_order`]; `None`, and nothing done, where the processor does not have AVX-512VL.
#[inline]
pub(super) fn compress_interleaved_in_order(
    state: &mut Md5State,
    block: &Block,
    work: &mut impl Interleaved,
) -> Option<()> {
    // SAFETY: the processor has both, as was just asked.
    is_there().then(|| unsafe { one(state, block, work) })
}

pub(super) fn is_there() -> bool {
    AVX512 && is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512f")
}

#[target_feature(enable = "avx512f,avx512vl")]
fn four(states: &mut [Md5State; 4], blocks: [&Block; 4]) {
    let before = load(states);
    let [mut a, mut b, mut c, mut d] = before;
    let message = lanes(blocks);
    rounds!(step, message, a, b, c, d);
    store(states, before, [a, b, c, d]);
}

#[target_feature(enable = "avx512f,avx512vl")]
fn one(state: &mut Md5State, block: &Block, work: &mut impl Interleaved) {
    let mut other = *work;
    let mut steps = 0..64;
    // In memory, from where one instruction loads and adds.
    let sums = sums(block);
    let sums = black_box(&sums);
    macro_rules! step_both {
        ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $m:ident[$word:literal], $k:literal, $r:literal) => {{
            let sum = _mm_set1_epi32($m[round_of!($f)][$word].cast_signed());
            let word = in_order(step!($f, $a, $b, $c, $d, sum, 0, $r));
            steps.next().map(|step| other.step(step));
            word
        }};
    }
    let [mut a, mut b, mut c, mut d] = state.map(|word| _mm_cvtsi32_si128(word.cast_signed()));
    rounds!(step_both, sums, a, b, c, d);
    for (word, sum) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(_mm_cvtsi128_si32(sum).cast_unsigned());
    }
    *work = other;
}
