//! Names of directives, as numbers.

use crate::kernels::scan;

/// The bit that is set in each lower-case letter.
const LOWER_CASE: u128 = u128::from_le_bytes([0x20; 16]);

/// The bits of the first octets, by their number.
static FIRST: [u128; 16] = {
    let mut first = [0; 16];
    let mut length = 1;
    while length < 16 {
        first[length] = first[length - 1] << 8 | 0xFF;
        length += 1;
    }
    first
};

/// A directive's name as a number that is the same in upper and lower case, for `match`. Names of
/// more than sixteen octets, longer than any that is known, are all [`Name::LONG`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name(u128);

impl Name {
    /// A name too long to be known.
    pub const LONG: Self = Self(0);

    /// The number of `name`.
    #[must_use]
    #[inline]
    pub const fn of(name: &[u8]) -> Self {
        let mut octets = 0;
        let mut bits = 0;
        let mut left = name;
        while let [rest @ .., octet] = left {
            octets = octets << 8 | *octet as u128;
            bits += 8;
            left = rest;
        }
        Self::fold(octets, bits)
    }

    /// Of the letters before an equals sign: how many there are, and their number. `None` where
    /// there are none, another octet stands before it, or none of these is one.
    #[inline]
    pub(super) fn of_letters(octets: &[u8; 16]) -> Option<(usize, Self)> {
        let letters = scan::non_letters(octets).trailing_zeros();
        let length = letters as usize;
        if length == 0 || octets.get(length) != Some(&b'=') {
            return None;
        }
        let octets = u128::from_le_bytes(*octets) | LOWER_CASE;
        Some((length, Self(octets & FIRST.get(length)?)))
    }

    // Of a token's characters the bit that is set in all changes upper-case letters, and some signs
    // to others, but none to a letter or hyphen, which is all that known names have.
    #[inline]
    const fn fold(octets: u128, bits: u32) -> Self {
        match u128::MAX.checked_shr(128_u32.wrapping_sub(bits)) {
            Some(used) => Self((octets | LOWER_CASE) & used),
            None => Self::LONG,
        }
    }
}
