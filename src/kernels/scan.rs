//! Searches text for the octets that end a part of it, sixteen octets at a time.
#![allow(unsafe_code)]

#[cfg(test)]
thread_local! {
    /// How many octets this thread has looked at, some of them more than once: what a search costs,
    /// whatever the machine does meanwhile.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts octets that were looked at, in tests.
#[inline]
#[cfg_attr(not(test), allow(unused_variables))]
pub fn look_at(octets: usize) {
    #[cfg(test)]
    LOOKED_AT.set(LOOKED_AT.get() + octets);
}

/// Which of sixteen octets are control characters below 0x20 or one of `stops`: bit n stands for
/// octet n.
#[inline]
#[must_use]
pub fn marks<const N: usize>(octets: &[u8; 16], stops: [u8; N]) -> u32 {
    look_at(octets.len());
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    return unsafe { sse2::marks(octets, stops) };
    #[cfg(not(target_arch = "x86_64"))]
    return portable(octets, |octet| octet < b' ' || stops.contains(&octet));
}

/// Which of sixteen octets are neither letters of ASCII nor hyphens: bit n stands for octet n.
#[inline]
#[must_use]
pub fn non_letters(octets: &[u8; 16]) -> u32 {
    look_at(octets.len());
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    return unsafe { sse2::non_letters(octets) };
    #[cfg(not(target_arch = "x86_64"))]
    return portable(octets, |octet| !is_letter(octet));
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn is_letter(octet: u8) -> bool {
    octet.is_ascii_alphabetic() || octet == b'-'
}

/// Whether all octets are characters of ASCII, in a few steps for few octets.
#[inline]
#[must_use]
pub fn is_ascii(octets: &[u8]) -> bool {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = octets.as_chunks();
    let high = words.iter().fold(0, |high, word| high | u64::from_ne_bytes(*word));
    // The last octets, some of them for a second time.
    let rest = if let Some(last) = octets.last_chunk() {
        u64::from_ne_bytes(*last)
    } else if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        u64::from(u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last))
    } else {
        rest.iter().fold(0, |high, octet| high | u64::from(*octet))
    };
    (high | rest) & HIGH == 0
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable(octets: &[u8; 16], marked: impl Fn(u8) -> bool) -> u32 {
    octets.iter().rev().fold(0, |marks, octet| marks << 1 | u32::from(marked(*octet)))
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_max_epu8, _mm_min_epu8,
        _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn marks<const N: usize>(octets: &[u8; 16], stops: [u8; N]) -> u32 {
        let octets = vector(octets);
        let mut marks = _mm_cmpeq_epi8(_mm_min_epu8(octets, each(0x1F)), octets);
        for stop in stops {
            marks = _mm_or_si128(marks, _mm_cmpeq_epi8(octets, each(stop)));
        }
        _mm_movemask_epi8(marks).cast_unsigned()
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn non_letters(octets: &[u8; 16]) -> u32 {
        let octets = vector(octets);
        let lower = _mm_or_si128(octets, each(0x20));
        // Counted from `a`, so that all others come after the 26 letters.
        let place = _mm_add_epi8(lower, each(0_u8.wrapping_sub(b'a')));
        let others = _mm_cmpeq_epi8(_mm_max_epu8(place, each(26)), place);
        let hyphens = _mm_cmpeq_epi8(octets, each(b'-'));
        _mm_movemask_epi8(_mm_andnot_si128(hyphens, others)).cast_unsigned()
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn each(octet: u8) -> __m128i {
        _mm_set1_epi8(octet.cast_signed())
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn vector(octets: &[u8; 16]) -> __m128i {
        let both = u128::from_le_bytes(*octets);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (high, low) = ((both >> 64) as u64, both as u64);
        _mm_set_epi64x(high.cast_signed(), low.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_is_marked_where_it_stands() {
        for octet in 0..=u8::MAX {
            for place in 0..16 {
                let mut octets = [b'a'; 16];
                octets[place] = octet;
                for stops in [[b'"', b'\\'], [0xFF, 0x7F], [0, 0x80]] {
                    let marked = |octet| octet < b' ' || stops.contains(&octet);
                    assert_eq!(marks(&octets, stops), portable(&octets, marked), "{octet}");
                }
                let other = |octet: u8| !is_letter(octet);
                assert_eq!(non_letters(&octets), portable(&octets, other), "{octet}");
            }
        }
    }

    #[test]
    fn every_octet_beyond_ascii_is_seen_wherever_it_stands() {
        for length in 0..40 {
            let mut octets = [0xFF; 41];
            octets[..length].fill(0x7F);
            assert!(is_ascii(&octets[..length]), "{length}");
            for place in 0..length {
                octets[place] = 0x80;
                assert!(!is_ascii(&octets[..length]), "{place} of {length}");
                octets[place] = 0x7F;
            }
        }
    }

    #[test]
    fn bit_n_stands_for_octet_n() {
        assert_eq!(marks(b"ab,de,gh\nj,lmno,", [b',']), 0b1000_0101_0010_0100);
        assert_eq!(non_letters(b"abc=E*gh1jk-mno{"), 0b1000_0001_0010_1000);
    }
}
