//! Text of C callers, UTF-16 and ANSI, to Rust's and back.
//!
//! ANSI text is the machine's code page on Windows and UTF-8 elsewhere, where octets that are not
//! UTF-8 are read as ISO 8859-1. No text is longer than [`MAX_CHARACTERS`] units. Strings are made
//! in one piece, so that wiping one that holds a password wipes all of it.

use crate::sspi::{Error, Status};

/// The longest text in units (UTF-16 code units or ANSI octets), terminator not counted: what a
/// Windows `UNICODE_STRING` holds.
pub const MAX_CHARACTERS: usize = 32767;

/// Why a text could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// More than [`MAX_CHARACTERS`], or no terminator within them.
    TooLong,
    /// A UTF-16 surrogate without its other half.
    UnpairedSurrogate,
    /// A length, but no text.
    NoText,
}

impl Malformed {
    /// The refusal of a call because of this text.
    #[must_use]
    pub fn refusal(self, status: Status) -> Error {
        Error::new(
            status,
            match self {
                Self::TooLong => "text: longer than 32767 characters, or without a terminator",
                Self::UnpairedSurrogate => "text: an unpaired UTF-16 surrogate",
                Self::NoText => "text: a length, but a NULL pointer",
            },
        )
    }
}

/// Reads NUL-terminated UTF-16; `None` for NULL.
///
/// # Errors
/// [`Malformed::TooLong`], [`Malformed::UnpairedSurrogate`].
///
/// # Safety
/// Not NULL, `text` can be read up to and including its terminator, or [`MAX_CHARACTERS`] + 1
/// units.
pub unsafe fn wide(text: *const u16) -> Result<Option<String>, Malformed> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let length = unsafe { terminated_length(text) }?;
    // SAFETY: `length` units were just read.
    unsafe { wide_counted(text, length) }
}

/// Reads `length` units of UTF-16; `None` for NULL with length 0. A NUL inside stays.
///
/// # Errors
/// [`Malformed::NoText`] for NULL with a length, and as [`wide`].
///
/// # Safety
/// Not NULL, `text` can be read for `length` units; it need not be aligned.
pub unsafe fn wide_counted(text: *const u16, length: usize) -> Result<Option<String>, Malformed> {
    if !present(text, length)? {
        return Ok(None);
    }
    let units = (0..length).map(|index| {
        // SAFETY: inside the text by the caller's promise.
        let unit = unsafe { text.add(index) };
        // SAFETY: readable by the caller's promise.
        unsafe { unit.read_unaligned() }
    });
    // A unit is at most three octets of UTF-8.
    let mut decoded = String::with_capacity(3 * length);
    for character in char::decode_utf16(units) {
        decoded.push(character.map_err(|_| Malformed::UnpairedSurrogate)?);
    }
    Ok(Some(decoded))
}

/// Reads NUL-terminated ANSI text; `None` for NULL.
///
/// # Errors
/// [`Malformed::TooLong`].
///
/// # Safety
/// As [`wide`], in octets.
pub unsafe fn narrow(text: *const u8) -> Result<Option<String>, Malformed> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let length = unsafe { terminated_length(text) }?;
    // SAFETY: `length` octets were just read.
    unsafe { narrow_counted(text, length) }
}

/// Reads `length` octets of ANSI text; `None` for NULL with length 0. A NUL inside stays.
///
/// # Errors
/// [`Malformed::NoText`] for NULL with a length, and as [`narrow`].
///
/// # Safety
/// Not NULL, `text` can be read for `length` octets.
pub unsafe fn narrow_counted(text: *const u8, length: usize) -> Result<Option<String>, Malformed> {
    if !present(text, length)? {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let octets = unsafe { std::slice::from_raw_parts(text, length) };
    Ok(Some(from_narrow(octets)))
}

/// UTF-16 units of `text`, without a terminator.
#[must_use]
pub fn to_wide(text: &str) -> Vec<u16> {
    let mut units = Vec::with_capacity(text.len());
    units.extend(text.encode_utf16());
    units
}

/// ANSI octets of `text`, without a terminator.
#[must_use]
pub fn to_narrow(text: &str) -> Vec<u8> {
    ansi::encode(text)
}

/// The text of ANSI octets.
#[must_use]
pub fn from_narrow(octets: &[u8]) -> String {
    ansi::decode(octets)
}

/// The text of octets that are meant as UTF-8: where they are not, they are read as ISO 8859-1.
#[must_use]
pub fn from_utf8_or_latin1(octets: &[u8]) -> String {
    let mut text = String::with_capacity(2 * octets.len());
    match std::str::from_utf8(octets) {
        Ok(utf8) => text.push_str(utf8),
        Err(_) => text.extend(octets.iter().map(|&octet| char::from(octet))),
    }
    text
}

/// Whether there is a text of `length` units at `text`.
fn present<T>(text: *const T, length: usize) -> Result<bool, Malformed> {
    match (text.is_null(), length) {
        (true, 0) => Ok(false),
        (true, _) => Err(Malformed::NoText),
        (false, length) if length > MAX_CHARACTERS => Err(Malformed::TooLong),
        (false, _) => Ok(true),
    }
}

/// Units before the first zero.
///
/// # Safety
/// As [`wide`].
unsafe fn terminated_length<T: Copy + Default + PartialEq>(
    text: *const T,
) -> Result<usize, Malformed> {
    for length in 0..=MAX_CHARACTERS {
        // SAFETY: no terminator was read so far, so this unit still belongs to the text.
        let unit = unsafe { text.add(length) };
        // SAFETY: readable by the caller's promise.
        if unsafe { unit.read_unaligned() } == T::default() {
            return Ok(length);
        }
    }
    Err(Malformed::TooLong)
}

#[cfg(unix)]
mod ansi {
    pub(super) fn encode(text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    pub(super) fn decode(octets: &[u8]) -> String {
        super::from_utf8_or_latin1(octets)
    }
}

#[cfg(windows)]
mod ansi {
    use std::ptr::{null, null_mut};

    use zeroize::Zeroize;

    const CP_ACP: u32 = 0;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn MultiByteToWideChar(
            page: u32,
            flags: u32,
            octets: *const u8,
            count: i32,
            units: *mut u16,
            room: i32,
        ) -> i32;
        fn WideCharToMultiByte(
            page: u32,
            flags: u32,
            units: *const u16,
            count: i32,
            octets: *mut u8,
            room: i32,
            replacement: *const u8,
            replaced: *mut i32,
        ) -> i32;
    }

    /// Characters that the code page lacks become its replacement character.
    pub(super) fn encode(text: &str) -> Vec<u8> {
        let mut units = super::to_wide(text);
        // No character of an ANSI code page is longer than four octets.
        let mut octets = vec![0; units.len() * 4];
        let (count, room) = (length(units.len()), length(octets.len()));
        if count > 0 {
            // SAFETY: `count` units can be read and `room` octets be written.
            let written = unsafe {
                WideCharToMultiByte(
                    CP_ACP,
                    0,
                    units.as_ptr(),
                    count,
                    octets.as_mut_ptr(),
                    room,
                    null(),
                    null_mut(),
                )
            };
            octets.truncate(usize::try_from(written).unwrap_or(0));
        }
        units.zeroize();
        octets
    }

    /// Octets that the code page does not have become U+FFFD.
    pub(super) fn decode(octets: &[u8]) -> String {
        let mut units = vec![0u16; octets.len()];
        let (count, room) = (length(octets.len()), length(units.len()));
        if count > 0 {
            // SAFETY: `count` octets can be read and `room` units be written.
            let written = unsafe {
                MultiByteToWideChar(CP_ACP, 0, octets.as_ptr(), count, units.as_mut_ptr(), room)
            };
            units.truncate(usize::try_from(written).unwrap_or(0));
        }
        let mut text = String::with_capacity(3 * units.len());
        text.extend(
            char::decode_utf16(units.iter().copied())
                .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)),
        );
        units.zeroize();
        text
    }

    fn length(count: usize) -> i32 {
        i32::try_from(count).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_wide(units: &[u16]) -> Result<Option<String>, Malformed> {
        let exact: Box<[u16]> = units.into();
        // SAFETY: the box ends with its terminator, or is as long as is ever read.
        unsafe { wide(exact.as_ptr()) }
    }

    #[test]
    fn wide_text_ends_at_its_terminator() {
        assert_eq!(read_wide(&[0x41, 0xE9, 0xD83D, 0xDE00, 0]), Ok(Some("Aé😀".to_owned())));
        assert_eq!(read_wide(&[0]), Ok(Some(String::new())));
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { wide(std::ptr::null()) }, Ok(None));
    }

    #[test]
    fn r63_unpaired_surrogates_are_malformed() {
        for units in [&[0xD83D, 0][..], &[0xDE00, 0], &[0xD83D, 0x41, 0], &[0xDE00, 0xD83D, 0]] {
            assert_eq!(read_wide(units), Err(Malformed::UnpairedSurrogate));
        }
    }

    #[test]
    fn r63_longer_than_32767_is_malformed() {
        let mut longest = vec![0x41; MAX_CHARACTERS];
        longest.push(0);
        assert_eq!(read_wide(&longest).map(|text| text.map(|text| text.len())), Ok(Some(32767)));
        assert_eq!(read_wide(&vec![0x41; MAX_CHARACTERS + 1]), Err(Malformed::TooLong));
        let octets = vec![b'a'; MAX_CHARACTERS + 1];
        // SAFETY: the vector is as long as said, and as is ever read.
        unsafe {
            assert_eq!(narrow_counted(octets.as_ptr(), octets.len()), Err(Malformed::TooLong));
        }
        // SAFETY: as above.
        unsafe {
            assert_eq!(narrow(octets.as_ptr()), Err(Malformed::TooLong));
        }
    }

    #[test]
    fn r63_counted_text_needs_no_terminator_and_no_alignment() {
        let octets: Box<[u8]> = Box::new([0, 0x41, 0, 0x42, 0]);
        // SAFETY: two units begin at the second octet.
        let text = unsafe { wide_counted(octets.as_ptr().wrapping_add(1).cast(), 2) };
        assert_eq!(text, Ok(Some("AB".to_owned())));
    }

    #[test]
    fn a_length_without_text_is_malformed() {
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { wide_counted(std::ptr::null(), 1) }, Err(Malformed::NoText));
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { narrow_counted(std::ptr::null(), 0) }, Ok(None));
    }

    #[cfg(unix)]
    #[test]
    fn narrow_text_is_utf8_or_else_latin1() {
        for (octets, text) in
            [(&b"abc\0"[..], "abc"), (b"\xC3\xA9\0", "é"), (b"\xE9\0", "é"), (b"\0", "")]
        {
            let exact: Box<[u8]> = octets.into();
            // SAFETY: the box ends with its terminator.
            let read = unsafe { narrow(exact.as_ptr()) };
            assert_eq!(read, Ok(Some(text.to_owned())));
        }
        assert_eq!(to_narrow("é"), b"\xC3\xA9");
        assert_eq!(to_wide("😀"), [0xD83D, 0xDE00]);
    }
}
