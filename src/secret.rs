//! Values that are wiped when dropped and never printed.

use std::fmt;

use zeroize::Zeroize;

/// What can hold a secret, and be wiped where it lies.
pub trait Wipe {
    /// Overwrites it with zeros, which the compiler does not leave out.
    fn wipe(&mut self);
}

impl<const N: usize> Wipe for [u8; N] {
    #[inline]
    fn wipe(&mut self) {
        // As a slice, whose bytes are wiped many at a time, not one by one.
        self.as_mut_slice().zeroize();
    }
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        // As a slice too; the heap wipes what lies behind it.
        self.as_mut_slice().zeroize();
        self.clear();
    }
}

/// UTF-16, as Windows' functions take passwords.
#[cfg(windows)]
impl Wipe for Vec<u16> {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Wipe for String {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

/// A secret: wiped on drop, printed as `[redacted]`, reached only by [`Secret::expose`].
#[derive(Clone, Default)]
pub struct Secret<T: Wipe>(T);

impl<T: Wipe> Secret<T> {
    /// Takes `value` into keeping. The copy it was moved from is the caller's to wipe.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The secret itself, to fill in place.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Wipe> Drop for Secret<T> {
    #[inline]
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}
