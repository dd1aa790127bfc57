//! Searches text for the bytes that end a part of it, sixteen bytes at a time.
#![allow(unsafe_code)]

#[cfg(test)]
thread_local! {
    /// How many bytes this thread has looked at, some of them more than once: what a search costs,
    /// whatever the machine does meanwhile.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts bytes that were looked at, in tests.
#[inline]
#[cfg_attr(not(test), allow(unused_variables))]
pub fn look_at(bytes: usize) {
    #[cfg(test)]
    LOOKED_AT.set(LOOKED_AT.get() + bytes);
}

/// Which of sixteen bytes are control characters below 0x20 or one of `stops`: bit n stands for
/// byte n.
#[inline]
#[must_use]
pub fn marks<const N: usize>(bytes: &[u8; 16], stops: [u8; N]) -> u32 {
    look_at(bytes.len());
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    return unsafe { sse2::marks(bytes, stops) };
    #[cfg(not(target_arch = "x86_64"))]
    return portable(bytes, |byte| byte < b' ' || stops.contains(&byte));
}

/// Which of sixteen bytes are neither letters of ASCII nor hyphens: bit n stands for byte n.
#[inline]
#[must_use]
pub fn non_letters(bytes: &[u8; 16]) -> u32 {
    look_at(bytes.len());
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    return unsafe { sse2::non_letters(bytes) };
    #[cfg(not(target_arch = "x86_64"))]
    return portable(bytes, |byte| !is_letter(byte));
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'-'
}

/// Whether all bytes are characters of ASCII, in a few steps for few bytes.
#[inline]
#[must_use]
pub fn is_ascii(bytes: &[u8]) -> bool {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = bytes.as_chunks();
    let high = words.iter().fold(0, |high, word| high | u64::from_ne_bytes(*word));
    // The last bytes, some of them for a second time.
    let rest = if let Some(last) = bytes.last_chunk() {
        u64::from_ne_bytes(*last)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u64::from(u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last))
    } else {
        rest.iter().fold(0, |high, byte| high | u64::from(*byte))
    };
    (high | rest) & HIGH == 0
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable(bytes: &[u8; 16], marked: impl Fn(u8) -> bool) -> u32 {
    bytes.iter().rev().fold(0, |marks, byte| marks << 1 | u32::from(marked(*byte)))
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_max_epu8, _mm_min_epu8,
        _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn marks<const N: usize>(bytes: &[u8; 16], stops: [u8; N]) -> u32 {
        let bytes = vector(bytes);
        let mut marks = _mm_cmpeq_epi8(_mm_min_epu8(bytes, each(0x1F)), bytes);
        for stop in stops {
            marks = _mm_or_si128(marks, _mm_cmpeq_epi8(bytes, each(stop)));
        }
        _mm_movemask_epi8(marks).cast_unsigned()
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn non_letters(bytes: &[u8; 16]) -> u32 {
        let bytes = vector(bytes);
        let lower = _mm_or_si128(bytes, each(0x20));
        // Counted from `a`, so that all others come after the 26 letters.
        let place = _mm_add_epi8(lower, each(0_u8.wrapping_sub(b'a')));
        let others = _mm_cmpeq_epi8(_mm_max_epu8(place, each(26)), place);
        let hyphens = _mm_cmpeq_epi8(bytes, each(b'-'));
        _mm_movemask_epi8(_mm_andnot_si128(hyphens, others)).cast_unsigned()
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn each(byte: u8) -> __m128i {
        _mm_set1_epi8(byte.cast_signed())
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn vector(bytes: &[u8; 16]) -> __m128i {
        let both = u128::from_le_bytes(*bytes);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (high, low) = ((both >> 64) as u64, both as u64);
        _mm_set_epi64x(high.cast_signed(), low.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_marked_where_it_stands() {
        for byte in 0..=u8::MAX {
            for place in 0..16 {
                let mut bytes = [b'a'; 16];
                bytes[place] = byte;
                for stops in [[b'"', b'\\'], [0xFF, 0x7F], [0, 0x80]] {
                    let marked = |byte| byte < b' ' || stops.contains(&byte);
                    assert_eq!(marks(&bytes, stops), portable(&bytes, marked), "{byte}");
                }
                let other = |byte: u8| !is_letter(byte);
                assert_eq!(non_letters(&bytes), portable(&bytes, other), "{byte}");
            }
        }
    }

    #[test]
    fn every_byte_beyond_ascii_is_seen_wherever_it_stands() {
        for length in 0..40 {
            let mut bytes = [0xFF; 41];
            bytes[..length].fill(0x7F);
            assert!(is_ascii(&bytes[..length]), "{length}");
            for place in 0..length {
                bytes[place] = 0x80;
                assert!(!is_ascii(&bytes[..length]), "{place} of {length}");
                bytes[place] = 0x7F;
            }
        }
    }

    #[test]
    fn bit_n_stands_for_byte_n() {
        assert_eq!(marks(b"ab,de,gh\nj,lmno,", [b',']), 0b1000_0101_0010_0100);
        assert_eq!(non_letters(b"abc=E*gh1jk-mno{"), 0b1000_0001_0010_1000);
    }
}
