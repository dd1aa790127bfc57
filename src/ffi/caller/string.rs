//! Text of C callers, UTF-16 and ANSI, to Rust's and back.
//!
//! ANSI text is the machine's code page on Windows and UTF-8 elsewhere, where octets that are not
//! UTF-8 are read as ISO 8859-1. No text is longer than [`MAX_CHARACTERS`] units. Strings are made
//! in one piece, so that wiping one that holds a password wipes all of it.

use crate::error::{Error, Status};
use crate::ffi::abi::types::{SEC_CHAR, WCHAR};
use crate::ffi::caller::memory::Block;

/// The longest text in units (UTF-16 code units or ANSI octets), terminator not counted: what a
/// Windows `UNICODE_STRING` holds.
pub(crate) const MAX_CHARACTERS: usize = 32767;

/// Why a text could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Malformed {
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
    pub(crate) fn refusal(self, status: Status) -> Error {
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

/// A caller's NUL-terminated text, in the encoding of the function that took it.
#[derive(Clone, Copy)]
pub(crate) enum Foreign {
    /// Of a W function.
    Wide(*const WCHAR),
    /// Of an A function.
    Narrow(*const SEC_CHAR),
    /// Of a function that takes none.
    Absent,
}

impl Foreign {
    /// Reads it; `None` for NULL.
    ///
    /// # Errors
    /// As [`wide`] and [`narrow`], with `status`.
    ///
    /// # Safety
    /// As [`wide`] and [`narrow`].
    pub(crate) unsafe fn read(self, status: Status) -> Result<Option<String>, Error> {
        let text = match self {
            // SAFETY: the caller's promise.
            Self::Wide(text) => unsafe { wide(text) },
            // SAFETY: the caller's promise.
            Self::Narrow(text) => unsafe { narrow(text.cast()) },
            Self::Absent => Ok(None),
        };
        text.map_err(|malformed| malformed.refusal(status))
    }
}

/// Which of a function's two forms was called, and so which texts it returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// W: UTF-16.
    Wide,
    /// A: ANSI.
    Narrow,
}

impl Form {
    /// The octets of `text` and its terminator, as they stand in memory.
    pub(crate) fn octets(self, text: &str) -> Vec<u8> {
        match self {
            Self::Wide => text.encode_utf16().chain([0]).flat_map(u16::to_ne_bytes).collect(),
            Self::Narrow => {
                let mut octets = to_narrow(text);
                octets.push(0);
                octets
            }
        }
    }

    /// A block that holds `text` and its terminator.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(crate) fn block(self, text: &str) -> Result<Block, Error> {
        Block::holding(&self.octets(text))
    }

    /// The same of a name that callers compare: another one is not told in its place, such as one
    /// that ends at a NUL, or has question marks for what the code page lacks.
    ///
    /// # Errors
    /// `UNSUPPORTED_FUNCTION` where there is only another; `INSUFFICIENT_MEMORY`.
    pub(crate) fn exact_block(self, name: &str) -> Result<Block, Error> {
        let narrow = self == Self::Narrow && !name.is_ascii();
        if name.contains('\0') || narrow && from_narrow(&to_narrow(name)) != name {
            let reason = "query: the name cannot be told as it is: it has a NUL, or characters \
                          that the code page lacks (ask for it by the W function)";
            return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
        }
        self.block(name)
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
pub(crate) unsafe fn wide(text: *const u16) -> Result<Option<String>, Malformed> {
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
pub(crate) unsafe fn wide_counted(
    text: *const u16,
    length: usize,
) -> Result<Option<String>, Malformed> {
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
pub(crate) unsafe fn narrow(text: *const u8) -> Result<Option<String>, Malformed> {
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
pub(crate) unsafe fn narrow_counted(
    text: *const u8,
    length: usize,
) -> Result<Option<String>, Malformed> {
    if !present(text, length)? {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let octets = unsafe { std::slice::from_raw_parts(text, length) };
    Ok(Some(from_narrow(octets)))
}

/// UTF-16 units of `text`, without a terminator.
#[must_use]
pub(crate) fn to_wide(text: &str) -> Vec<u16> {
    let mut units = Vec::with_capacity(text.len());
    units.extend(text.encode_utf16());
    units
}

/// ANSI octets of `text`, without a terminator.
#[must_use]
pub(crate) fn to_narrow(text: &str) -> Vec<u8> {
    ansi::encode(text)
}

/// The text of ANSI octets.
#[must_use]
pub(crate) fn from_narrow(octets: &[u8]) -> String {
    ansi::decode(octets)
}

/// The text of octets that are meant as UTF-8: where they are not, they are read as ISO 8859-1.
#[must_use]
pub(crate) fn from_utf8_or_latin1(octets: &[u8]) -> String {
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
    pub(crate) fn encode(text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    pub(crate) fn decode(octets: &[u8]) -> String {
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
    pub(crate) fn encode(text: &str) -> Vec<u8> {
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
    pub(crate) fn decode(octets: &[u8]) -> String {
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
#[path = "string_tests.rs"]
mod tests;
