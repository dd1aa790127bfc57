//! 512 blocks in parallel lanes, with AVX-512, where any function of three bits is one instruction.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512i, _mm_cvtsi32_si128, _mm512_loadu_si512, _mm512_set1_epi64, _mm512_sll_epi64,
    _mm512_srl_epi64, _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use super::circuits::by_triples;
use super::schedule::Masks;
use super::slices::{PLACES, TARGETS, lower_halves, passes, sliced};

#[target_feature(enable = "avx512f")]
#[inline]
fn load(blocks: &[u64; 8]) -> __m512i {
    // SAFETY: the array is the 64 bytes that are read, at any alignment.
    unsafe { _mm512_loadu_si512(blocks.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(word: __m512i, blocks: &mut [u64; 8]) {
    // SAFETY: the array is the 64 bytes that are written, at any alignment.
    unsafe { _mm512_storeu_si512(blocks.as_mut_ptr().cast(), word) }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word.cast_signed())
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor(a: __m512i, b: __m512i) -> __m512i {
    _mm512_xor_si512(a, b)
}

/// Bit `4a + 2b + c` of `TABLE`.
#[target_feature(enable = "avx512f")]
#[inline]
fn lookup<const TABLE: i32>(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<TABLE>(a, b, c)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn left<const DISTANCE: u32>(word: __m512i) -> __m512i {
    _mm512_sll_epi64(word, _mm_cvtsi32_si128(DISTANCE.cast_signed()))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn differ<const DISTANCE: u32>(low: __m512i, high: __m512i, mask: __m512i) -> __m512i {
    let low = _mm512_srl_epi64(low, _mm_cvtsi32_si128(DISTANCE.cast_signed()));
    lookup::<0b0010_1000>(low, high, mask)
}

sliced!(
    #[target_feature(enable = "avx512f")]
    __m512i,
    8,
    by_triples
);
