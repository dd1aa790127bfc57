//! Context attributes, freed from the two numberings that `ASC_*` and `ISC_*` bits have.

use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};
use std::sync::atomic::{AtomicU32, Ordering};

/// A set of context attributes: what a call asks for, or what a context has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Flags(u32);

impl Flags {
    /// No attribute.
    pub const NONE: Self = Self(0);
    /// `*_DELEGATE`.
    pub const DELEGATE: Self = Self(1);
    /// `*_MUTUAL_AUTH`.
    pub const MUTUAL_AUTH: Self = Self(1 << 1);
    /// `*_REPLAY_DETECT`.
    pub const REPLAY_DETECT: Self = Self(1 << 2);
    /// `*_SEQUENCE_DETECT`.
    pub const SEQUENCE_DETECT: Self = Self(1 << 3);
    /// `*_CONFIDENTIALITY`.
    pub const CONFIDENTIALITY: Self = Self(1 << 4);
    /// `ISC_REQ_PROMPT_FOR_CREDS`.
    pub const PROMPT_FOR_CREDS: Self = Self(1 << 5);
    /// `*_ALLOCATE_MEMORY`, and `*_ALLOCATED_MEMORY` in answers.
    pub const ALLOCATE_MEMORY: Self = Self(1 << 6);
    /// `*_DATAGRAM`.
    pub const DATAGRAM: Self = Self(1 << 7);
    /// `*_CONNECTION`.
    pub const CONNECTION: Self = Self(1 << 8);
    /// `*_EXTENDED_ERROR`.
    pub const EXTENDED_ERROR: Self = Self(1 << 9);
    /// `*_STREAM`.
    pub const STREAM: Self = Self(1 << 10);
    /// `*_INTEGRITY`.
    pub const INTEGRITY: Self = Self(1 << 11);
    /// `*_IDENTIFY`.
    pub const IDENTIFY: Self = Self(1 << 12);
    /// `ISC_REQ_NO_INTEGRITY`.
    pub const NO_INTEGRITY: Self = Self(1 << 13);
    /// `ISC_REQ_USE_HTTP_STYLE`.
    pub const USE_HTTP_STYLE: Self = Self(1 << 14);
    /// `ASC_REQ_PROXY_BINDINGS`.
    pub const PROXY_BINDINGS: Self = Self(1 << 15);
    /// Bit 0x10000000: `ASC_REQ_HTTP` or `ASC_REQ_ALLOW_MISSING_BINDINGS`, and `ISC_REQ_HTTP`.
    pub const HTTP: Self = Self(1 << 16);

    /// What RFC 2831's auth-int gives.
    pub const SIGNED: Self =
        Self(Self::INTEGRITY.0 | Self::REPLAY_DETECT.0 | Self::SEQUENCE_DETECT.0);
    /// What RFC 2831's auth-conf gives.
    pub const SEALED: Self = Self(Self::SIGNED.0 | Self::CONFIDENTIALITY.0);

    /// Reads `ASC_REQ_*` bits; unknown bits are ignored.
    #[must_use]
    pub fn from_asc(bits: u32) -> Self {
        Self(translated(bits, &FROM_ASC))
    }

    /// Reads `ISC_REQ_*` bits; unknown bits are ignored.
    #[must_use]
    pub fn from_isc(bits: u32) -> Self {
        Self(translated(bits, &FROM_ISC))
    }

    /// The `ASC_RET_*` bits.
    #[must_use]
    pub fn to_asc(self) -> u32 {
        translated(self.0, &TO_ASC)
    }

    /// The `ISC_RET_*` bits.
    #[must_use]
    pub fn to_isc(self) -> u32 {
        translated(self.0, &TO_ISC)
    }

    /// Whether all of `other` is in here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in here.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Where the numberings stand in the rows of [`BITS`].
const OWN: usize = 0;
const ASC: usize = 1;
const ISC: usize = 2;

/// Each flag in the three numberings; 0 where a side has none.
const BITS: [[u32; 3]; 17] = [
    [Flags::DELEGATE.0, 0x1, 0x1],
    [Flags::MUTUAL_AUTH.0, 0x2, 0x2],
    [Flags::REPLAY_DETECT.0, 0x4, 0x4],
    [Flags::SEQUENCE_DETECT.0, 0x8, 0x8],
    [Flags::CONFIDENTIALITY.0, 0x10, 0x10],
    [Flags::PROMPT_FOR_CREDS.0, 0, 0x40],
    [Flags::ALLOCATE_MEMORY.0, 0x100, 0x100],
    [Flags::DATAGRAM.0, 0x400, 0x400],
    [Flags::CONNECTION.0, 0x800, 0x800],
    [Flags::EXTENDED_ERROR.0, 0x8000, 0x4000],
    [Flags::STREAM.0, 0x1_0000, 0x8000],
    [Flags::INTEGRITY.0, 0x2_0000, 0x1_0000],
    [Flags::IDENTIFY.0, 0x8_0000, 0x2_0000],
    [Flags::NO_INTEGRITY.0, 0, 0x80_0000],
    [Flags::USE_HTTP_STYLE.0, 0, 0x0100_0000],
    [Flags::PROXY_BINDINGS.0, 0x0400_0000, 0],
    [Flags::HTTP.0, 0x1000_0000, 0x1000_0000],
];

/// For each bit of a numbering, what it is in another.
type Translation = [u32; 32];

static FROM_ASC: Translation = translation(ASC, OWN);
static FROM_ISC: Translation = translation(ISC, OWN);
static TO_ASC: Translation = translation(OWN, ASC);
static TO_ISC: Translation = translation(OWN, ISC);

const fn translation(from: usize, to: usize) -> Translation {
    let mut translation = [0; 32];
    let mut rows = BITS.as_slice();
    while let [row, rest @ ..] = rows {
        if row[from] != 0 {
            translation[row[from].trailing_zeros() as usize] |= row[to];
        }
        rows = rest;
    }
    translation
}

fn translated(bits: u32, translation: &Translation) -> u32 {
    let (mut left, mut translated) = (bits, 0);
    while left != 0 {
        translated |= translation[left.trailing_zeros() as usize];
        left &= left - 1;
    }
    translated
}

/// Flags that several threads look at.
#[derive(Default, Debug)]
pub struct SharedFlags(AtomicU32);

impl SharedFlags {
    /// These flags.
    #[must_use]
    pub const fn new(flags: Flags) -> Self {
        Self(AtomicU32::new(flags.0))
    }

    /// The flags that were set last.
    #[must_use]
    pub fn get(&self) -> Flags {
        Flags(self.0.load(Ordering::Acquire))
    }

    /// Sets other flags.
    pub fn set(&self, flags: Flags) {
        self.0.store(flags.0, Ordering::Release);
    }
}

impl BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Flags {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for Flags {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_numberings_differ_where_windows_has_them_differ() {
        let flags = Flags::INTEGRITY | Flags::EXTENDED_ERROR | Flags::STREAM;
        assert_eq!(flags.to_asc(), 0x2_0000 | 0x8000 | 0x1_0000);
        assert_eq!(flags.to_isc(), 0x1_0000 | 0x4000 | 0x8000);
        assert_eq!(Flags::from_asc(flags.to_asc()), flags);
        assert_eq!(Flags::from_isc(flags.to_isc()), flags);
    }

    #[test]
    fn unknown_request_bits_are_ignored() {
        assert_eq!(Flags::from_asc(0xE000_0200), Flags::NONE);
        assert_eq!(Flags::from_isc(0xE000_0200), Flags::NONE);
    }
}
