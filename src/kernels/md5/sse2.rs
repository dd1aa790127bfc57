//! Four streams in the lanes of SSE2, which every x86-64 processor has; and what the kernel with
//! more instructions shares with it.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_and_si128, _mm_andnot_si128, _mm_cvtsi128_si64, _mm_or_si128,
    _mm_set_epi64x, _mm_set1_epi32, _mm_slli_epi32, _mm_srli_epi32, _mm_unpackhi_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi32, _mm_unpacklo_epi64, _mm_xor_si128,
};

use super::{Block, Md5State};

/// `sum`, computed before what it is added to.
#[inline]
pub(super) fn pinned(sum: __m128i) -> __m128i {
    #[cfg(not(miri))]
    {
        let result;
        // SAFETY: no instruction is emitted; a register is named.
        unsafe {
            std::arch::asm!("/* {0} */", inlateout(xmm_reg) sum => result,
                options(pure, nomem, nostack, preserves_flags));
        }
        result
    }
    #[cfg(miri)]
    sum
}

/// `word`, in the order that `kernels::pinned::in_order` keeps.
#[inline]
pub(super) fn in_order(word: __m128i) -> __m128i {
    #[cfg(not(miri))]
    {
        let result;
        // SAFETY: no instruction is emitted; a register is named.
        unsafe {
            std::arch::asm!("/* {0} */", inlateout(xmm_reg) word => result,
                options(nomem, nostack, preserves_flags));
        }
        result
    }
    #[cfg(miri)]
    word
}

macro_rules! step {
    ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $m:expr, $k:literal, $r:literal) => {{
        let constant = _mm_set1_epi32(u32::cast_signed($k));
        let early = _mm_add_epi32($a, _mm_add_epi32($m, constant));
        let sum = step!(@$f, early, $b, $c, $d);
        let rotated = _mm_or_si128(_mm_slli_epi32::<$r>(sum), _mm_srli_epi32::<{ 32 - $r }>(sum));
        _mm_add_epi32(rotated, $b)
    }};
    (@f, $early:ident, $b:ident, $c:ident, $d:ident) => {{
        let chosen = _mm_xor_si128($d, _mm_and_si128($b, _mm_xor_si128($c, $d)));
        _mm_add_epi32(pinned($early), chosen)
    }};
    // The two halves have no bit in common, so that they may be added one after the other.
    (@g, $early:ident, $b:ident, $c:ident, $d:ident) => {{
        let early = pinned(_mm_add_epi32($early, _mm_andnot_si128($d, $c)));
        _mm_add_epi32(early, _mm_and_si128($b, $d))
    }};
    (@h, $early:ident, $b:ident, $c:ident, $d:ident) => {
        _mm_add_epi32(pinned($early), _mm_xor_si128($b, pinned(_mm_xor_si128($c, $d))))
    };
    (@i, $early:ident, $b:ident, $c:ident, $d:ident) => {{
        let inverse = _mm_xor_si128($d, _mm_set1_epi32(-1));
        _mm_add_epi32(pinned($early), _mm_xor_si128($c, _mm_or_si128($b, inverse)))
    }};
}

pub(super) fn compress4(states: &mut [Md5State; 4], blocks: [&Block; 4]) {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { four(states, blocks) }
}

#[target_feature(enable = "sse2")]
fn four(states: &mut [Md5State; 4], blocks: [&Block; 4]) {
    let before = load(states);
    let [mut a, mut b, mut c, mut d] = before;
    let message = lanes(blocks);
    rounds!(step, message, a, b, c, d);
    store(states, before, [a, b, c, d]);
}

/// The states' words, a vector of each.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn load(states: &[Md5State; 4]) -> [__m128i; 4] {
    let [one, two, three, four] = states;
    transposed([row(one), row(two), row(three), row(four)])
}

#[target_feature(enable = "sse2")]
#[inline]
fn row(words: &Md5State) -> __m128i {
    let [a, b, c, d] = words.map(u64::from);
    _mm_set_epi64x((d << 32 | c).cast_signed(), (b << 32 | a).cast_signed())
}

/// Adds what the steps made of the states to what they were before, and writes it back.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn store(states: &mut [Md5State; 4], before: [__m128i; 4], after: [__m128i; 4]) {
    let mut sums = before;
    for (sum, after) in sums.iter_mut().zip(after) {
        *sum = _mm_add_epi32(*sum, after);
    }
    for (state, row) in states.iter_mut().zip(transposed(sums)) {
        let low = _mm_cvtsi128_si64(row).cast_unsigned();
        let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(row, row)).cast_unsigned();
        let pairs = [low, high].map(u64::to_le_bytes);
        for (word, bytes) in state.iter_mut().zip(pairs.as_flattened().as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
    }
}

/// The sixteen words of four blocks, a vector of each.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn lanes(blocks: [&Block; 4]) -> [__m128i; 16] {
    let mut lanes = [_mm_set1_epi32(0); 16];
    let [one, two, three, four] = blocks.map(|block| block.as_chunks::<16>().0);
    let rows = one.iter().zip(two).zip(three.iter().zip(four));
    for (lanes, ((one, two), (three, four))) in lanes.as_chunks_mut::<4>().0.iter_mut().zip(rows) {
        *lanes = transposed([quarter(one), quarter(two), quarter(three), quarter(four)]);
    }
    lanes
}

#[target_feature(enable = "sse2")]
#[inline]
fn quarter(bytes: &[u8; 16]) -> __m128i {
    let both = u128::from_le_bytes(*bytes);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let (high, low) = ((both >> 64) as u64, both as u64);
    _mm_set_epi64x(high.cast_signed(), low.cast_signed())
}

#[target_feature(enable = "sse2")]
#[inline]
fn transposed([one, two, three, four]: [__m128i; 4]) -> [__m128i; 4] {
    let (low, high) = (_mm_unpacklo_epi32(one, two), _mm_unpackhi_epi32(one, two));
    let (low2, high2) = (_mm_unpacklo_epi32(three, four), _mm_unpackhi_epi32(three, four));
    [
        _mm_unpacklo_epi64(low, low2),
        _mm_unpackhi_epi64(low, low2),
        _mm_unpacklo_epi64(high, high2),
        _mm_unpackhi_epi64(high, high2),
    ]
}
