//! Four streams with the instructions of AVX-512VL: a step's function is one instruction, and so
//! is its rotation.
#![allow(unsafe_code)]

use std::arch::x86_64::{_mm_add_epi32, _mm_rol_epi32, _mm_set1_epi32, _mm_ternarylogic_epi32};

use super::sse2::{lanes, load, pinned, store};
use super::{Block, Md5State};
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
    let has = is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512f");
    if !AVX512 || !has {
        return None;
    }
    // SAFETY: the processor has both, as was just asked.
    unsafe { four(states, blocks) };
    Some(())
}

#[target_feature(enable = "avx512f,avx512vl")]
fn four(states: &mut [Md5State; 4], blocks: [&Block; 4]) {
    let before = load(states);
    let [mut a, mut b, mut c, mut d] = before;
    let message = lanes(blocks);
    rounds!(step, message, a, b, c, d);
    store(states, before, [a, b, c, d]);
}
