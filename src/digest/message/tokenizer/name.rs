//! Names of directives, as numbers.

use crate::kernels::scan;

/// The bit that is set in each lower-case letter.
const LOWER_CASE: u128 = u128::from_le_bytes([0x20; 16]);

/// The bits of the first bytes, by their number: as many as the name of a usual directive has.
static FIRST: [u128; 15] = {
    let mut first = [0; 15];
    let mut length = 1;
    while length < first.len() {
        first[length] = first[length - 1] << 8 | 0xFF;
        length += 1;
    }
    first
};

/// A directive's name as a number that is the same in upper and lower case, for `match`. Names of
/// more than sixteen bytes, longer than any that is known, are all [`Name::LONG`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name(u128);

impl Name {
    /// A name too long to be known.
    pub const LONG: Self = Self(0);

    /// The number of `name`.
    #[must_use]
    #[inline]
    pub const fn of(name: &[u8]) -> Self {
        let mut bytes = 0;
        let mut bits = 0;
        let mut left = name;
        while let [rest @ .., byte] = left {
            bytes = bytes << 8 | *byte as u128;
            bits += 8;
            left = rest;
        }
        Self::fold(bytes, bits)
    }

    /// Of the letters and hyphens that `bytes` begin with: how many there are, and their number.
    /// `None` where there are none, or too many for two more bytes to stand after them.
    #[inline]
    pub(super) fn of_usual(bytes: &[u8; 16]) -> Option<(usize, Self)> {
        let length = scan::non_letters(bytes).trailing_zeros() as usize;
        let used = *FIRST.get(length)?;
        let bytes = u128::from_le_bytes(*bytes) | LOWER_CASE;
        (length > 0).then_some((length, Self(bytes & used)))
    }

    /// One of [`PLACES`] numbers.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves, and few bits")]
    const fn hash(self, factor: u64) -> usize {
        let folded = self.0 as u64 ^ (self.0 >> 64) as u64;
        (folded.wrapping_mul(factor) >> (u64::BITS - PLACES.ilog2())) as usize
    }

    // Of a token's characters the bit that is set in all changes upper-case letters, and some signs
    // to others, but none to a letter or hyphen, which is all that known names have.
    #[inline]
    const fn fold(bytes: u128, bits: u32) -> Self {
        match u128::MAX.checked_shr(128_u32.wrapping_sub(bits)) {
            Some(used) => Self((bytes | LOWER_CASE) & used),
            None => Self::LONG,
        }
    }
}

/// Where in a table of names a name of this number may be.
const PLACES: usize = 32;

/// Names that have a meaning, each found in a few steps however many there are.
#[derive(Debug)]
pub struct Names<const N: usize> {
    all: [Name; N],
    /// The number of the only name that can have this hash; `N` where there is none.
    places: [u8; PLACES],
    /// What makes the names' hashes differ.
    factor: u64,
}

impl<const N: usize> Names<N> {
    /// These names: fewer than 32, no two alike.
    #[must_use]
    pub const fn of(names: [&[u8]; N]) -> Self {
        let mut numbers = [Name::LONG; N];
        let mut index = 0;
        while index < N {
            numbers[index] = Name::of(names[index]);
            index += 1;
        }
        let mut factor: u64 = 1;
        loop {
            // Any sequence of odd numbers would do.
            factor = factor.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            if let Some(places) = placed(&numbers, factor) {
                return Self { all: numbers, places, factor };
            }
        }
    }

    /// The place of `name` among these names.
    #[must_use]
    #[inline]
    pub fn place(&self, name: Name) -> Option<usize> {
        let place = usize::from(*self.places.get(name.hash(self.factor))?);
        (*self.all.get(place)? == name).then_some(place)
    }
}

/// The names' numbers by their hashes, if no two have the same.
const fn placed(names: &[Name], factor: u64) -> Option<[u8; PLACES]> {
    #[expect(clippy::cast_possible_truncation, reason = "few names")]
    let none = names.len() as u8;
    let mut places = [none; PLACES];
    let mut number = none;
    while number > 0 {
        number -= 1;
        let place = &mut places[names[number as usize].hash(factor)];
        if *place != none {
            return None;
        }
        *place = number;
    }
    Some(places)
}
