//! Hexadecimal digits of sixteen bytes at once; without a table, since bytes may be secret.
#![allow(unsafe_code)]

/// Writes the 32 lower-case digits of `bytes`.
#[inline]
pub fn write(bytes: &[u8; 16], digits: &mut [u8; 32]) {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: every x86-64 processor has SSE2.
        let halves = unsafe { sse2::digits(bytes) };
        digits.as_chunks_mut().0.copy_from_slice(&halves);
    }
    #[cfg(not(target_arch = "x86_64"))]
    portable(bytes, digits);
}

/// In a form that compilers compute all at once where they can.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable(bytes: &[u8; 16], digits: &mut [u8; 32]) {
    let digit = |value: u8| value + b'0' + u8::from(value > 9) * (b'a' - b'9' - 1);
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_and_si128, _mm_cmpgt_epi8, _mm_set1_epi8, _mm_srli_epi16,
        _mm_unpackhi_epi8, _mm_unpacklo_epi8,
    };

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn digits(bytes: &[u8; 16]) -> [[u8; 16]; 2] {
        // SAFETY: both are sixteen bytes of any value.
        let bytes = unsafe { std::mem::transmute::<[u8; 16], __m128i>(*bytes) };
        let nibble = _mm_set1_epi8(15);
        let high = _mm_and_si128(_mm_srli_epi16::<4>(bytes), nibble);
        let low = _mm_and_si128(bytes, nibble);
        let (first, last) = (_mm_unpacklo_epi8(high, low), _mm_unpackhi_epi8(high, low));
        let halves = [digit(first), digit(last)];
        // SAFETY: both are 32 bytes of any value.
        unsafe { std::mem::transmute::<[__m128i; 2], [[u8; 16]; 2]>(halves) }
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn digit(values: __m128i) -> __m128i {
        const FROM_NINE_TO_A: u8 = b'a' - b'9' - 1;
        let letters = _mm_cmpgt_epi8(values, _mm_set1_epi8(9));
        let gap = _mm_and_si128(letters, _mm_set1_epi8(FROM_NINE_TO_A.cast_signed()));
        _mm_add_epi8(_mm_add_epi8(values, _mm_set1_epi8(b'0'.cast_signed())), gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_digits_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..16 {
                let mut bytes = [0x5A; 16];
                bytes[place] = byte;
                let (mut digits, mut expected) = ([0; 32], [0; 32]);
                write(&bytes, &mut digits);
                portable(&bytes, &mut expected);
                assert_eq!(digits, expected);
                assert_eq!(digits[2 * place..][..2], *format!("{byte:02x}").as_bytes());
            }
        }
    }
}
