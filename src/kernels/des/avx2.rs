//! 256 blocks in parallel lanes, with AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm256_and_si256, _mm256_andnot_si256, _mm256_loadu_si256,
    _mm256_or_si256, _mm256_set1_epi64x, _mm256_sll_epi64, _mm256_srl_epi64, _mm256_storeu_si256,
    _mm256_xor_si256,
};

use super::circuits::by_pairs;
use super::schedule::Masks;
use super::slices::{PLACES, TARGETS, lower_halves, passes, sliced};

#[target_feature(enable = "avx2")]
#[inline]
fn load(blocks: &[u64; 4]) -> __m256i {
    // SAFETY: the array is the 32 bytes that are read, at any alignment.
    unsafe { _mm256_loadu_si256(blocks.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(word: __m256i, blocks: &mut [u64; 4]) {
    // SAFETY: the array is the 32 bytes that are written, at any alignment.
    unsafe { _mm256_storeu_si256(blocks.as_mut_ptr().cast(), word) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn splat(word: u64) -> __m256i {
    _mm256_set1_epi64x(word.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor(a: __m256i, b: __m256i) -> __m256i {
    _mm256_xor_si256(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn and(a: __m256i, b: __m256i) -> __m256i {
    _mm256_and_si256(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn or(a: __m256i, b: __m256i) -> __m256i {
    _mm256_or_si256(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn and_not(a: __m256i, b: __m256i) -> __m256i {
    _mm256_andnot_si256(b, a)
}

#[target_feature(enable = "avx2")]
#[inline]
fn not(a: __m256i) -> __m256i {
    xor(a, splat(u64::MAX))
}

#[target_feature(enable = "avx2")]
#[inline]
fn left<const DISTANCE: u32>(word: __m256i) -> __m256i {
    _mm256_sll_epi64(word, _mm_cvtsi32_si128(DISTANCE.cast_signed()))
}

#[target_feature(enable = "avx2")]
#[inline]
fn differ<const DISTANCE: u32>(low: __m256i, high: __m256i, mask: __m256i) -> __m256i {
    let low = _mm256_srl_epi64(low, _mm_cvtsi32_si128(DISTANCE.cast_signed()));
    and(xor(low, high), mask)
}

sliced!(
    #[target_feature(enable = "avx2")]
    __m256i,
    4,
    by_pairs
);
