//! Strings of C callers, UTF-16 and ANSI, to Rust's and back.
//!
//! ANSI string is the machine's code page on Windows and UTF-8 elsewhere, where bytes that are not
//! UTF-8 are read as ISO 8859-1. No string is longer than [`MAX_CHARACTERS`] units. Strings are made
//! in one piece, so that wiping one that holds a password wipes all of it.

use crate::error::{Error, Status};
use crate::ffi::abi::types::{SEC_CHAR, WCHAR};
use crate::ffi::caller::memory::ContextBuffer;

/// The longest string in units (UTF-16 code units or ANSI bytes), terminator not counted: what a
/// Windows `UNICODE_STRING` holds.
pub(crate) const MAX_CHARACTERS: usize = 32767;

/// Why a string could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MalformedString {
    /// More than [`MAX_CHARACTERS`], or no terminator within them.
    TooLong,
    /// A UTF-16 surrogate without its other half.
    UnpairedSurrogate,
    /// A length, but no string.
    NoText,
}

impl MalformedString {
    /// The refusal of a call because of this string.
    #[must_use]
    pub(crate) fn refusal(self, status: Status) -> Error {
        Error::new(
            status,
            match self {
                Self::TooLong => "string: longer than 32767 characters, or without a terminator",
                Self::UnpairedSurrogate => "string: an unpaired UTF-16 surrogate",
                Self::NoText => "string: a length, but a NULL pointer",
            },
        )
    }
}

/// A caller's NUL-terminated string, in the encoding of the function that took it.
#[derive(Clone, Copy)]
pub(crate) enum CallerString {
    /// Of a W function.
    Wide(*const WCHAR),
    /// Of an A function.
    Narrow(*const SEC_CHAR),
    /// Of a function that takes none.
    Absent,
}

impl CallerString {
    /// Reads it; `None` for NULL.
    ///
    /// # Errors
    /// As [`wide`] and [`narrow`], with `status`.
    ///
    /// # Safety
    /// As [`wide`] and [`narrow`].
    pub(crate) unsafe fn read(self, status: Status) -> Result<Option<String>, Error> {
        let string = match self {
            // SAFETY: NULL or terminated (the caller's promise).
            Self::Wide(string) => unsafe { wide(string) },
            // SAFETY: NULL or terminated (the caller's promise).
            Self::Narrow(string) => unsafe { narrow(string.cast()) },
            Self::Absent => Ok(None),
        };
        string.map_err(|malformed| malformed.refusal(status))
    }
}

/// Which of a function's two forms was called, and so which strings it returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StringForm {
    /// W: UTF-16.
    Wide,
    /// A: ANSI.
    Narrow,
}

impl StringForm {
    /// The bytes of `string` and its terminator, as they stand in memory.
    pub(crate) fn bytes(self, string: &str) -> Vec<u8> {
        match self {
            Self::Wide => string.encode_utf16().chain([0]).flat_map(u16::to_ne_bytes).collect(),
            Self::Narrow => {
                let mut bytes = to_narrow(string);
                bytes.push(0);
                bytes
            }
        }
    }

    /// A block that holds `string` and its terminator.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(crate) fn block(self, string: &str) -> Result<ContextBuffer, Error> {
        ContextBuffer::holding(&self.bytes(string))
    }

    /// The same of a name that callers compare: another one is not told in its place, such as one
    /// that ends at a NUL, or has question marks for what the code page lacks.
    ///
    /// # Errors
    /// `UNSUPPORTED_FUNCTION` where there is only another; `INSUFFICIENT_MEMORY`.
    pub(crate) fn exact_block(self, name: &str) -> Result<ContextBuffer, Error> {
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
/// [`MalformedString::TooLong`], [`MalformedString::UnpairedSurrogate`].
///
/// # Safety
/// Not NULL, `string` can be read up to and including its terminator, or [`MAX_CHARACTERS`] + 1
/// units.
pub(crate) unsafe fn wide(string: *const u16) -> Result<Option<String>, MalformedString> {
    if string.is_null() {
        return Ok(None);
    }
    // SAFETY: NULL or terminated (the caller's promise).
    let length = unsafe { terminated_length(string) }?;
    // SAFETY: `length` units were just read.
    unsafe { wide_counted(string, length) }
}

/// Reads `length` units of UTF-16; `None` for NULL with length 0. A NUL inside stays.
///
/// # Errors
/// [`MalformedString::NoText`] for NULL with a length, and as [`wide`].
///
/// # Safety
/// Not NULL, `string` can be read for `length` units; it need not be aligned.
pub(crate) unsafe fn wide_counted(
    string: *const u16,
    length: usize,
) -> Result<Option<String>, MalformedString> {
    if !present(string, length)? {
        return Ok(None);
    }
    let units = (0..length).map(|index| {
        // SAFETY: inside the string by the caller's promise.
        let unit = unsafe { string.add(index) };
        // SAFETY: readable by the caller's promise.
        unsafe { unit.read_unaligned() }
    });
    // A unit is at most three bytes of UTF-8.
    let mut decoded = String::with_capacity(3 * length);
    for character in char::decode_utf16(units) {
        decoded.push(character.map_err(|_| MalformedString::UnpairedSurrogate)?);
    }
    Ok(Some(decoded))
}

/// Reads NUL-terminated ANSI string; `None` for NULL.
///
/// # Errors
/// [`MalformedString::TooLong`].
///
/// # Safety
/// As [`wide`], in bytes.
pub(crate) unsafe fn narrow(string: *const u8) -> Result<Option<String>, MalformedString> {
    if string.is_null() {
        return Ok(None);
    }
    // SAFETY: NULL or terminated (the caller's promise).
    let length = unsafe { terminated_length(string) }?;
    // SAFETY: `length` bytes were just read.
    unsafe { narrow_counted(string, length) }
}

/// Reads `length` bytes of ANSI string; `None` for NULL with length 0. A NUL inside stays.
///
/// # Errors
/// [`MalformedString::NoText`] for NULL with a length, and as [`narrow`].
///
/// # Safety
/// Not NULL, `string` can be read for `length` bytes.
pub(crate) unsafe fn narrow_counted(
    string: *const u8,
    length: usize,
) -> Result<Option<String>, MalformedString> {
    if !present(string, length)? {
        return Ok(None);
    }
    // SAFETY: readable for its length (the caller's promise).
    let bytes = unsafe { std::slice::from_raw_parts(string, length) };
    Ok(Some(from_narrow(bytes)))
}

/// UTF-16 units of `string`, without a terminator.
#[must_use]
pub(crate) fn to_wide(string: &str) -> Vec<u16> {
    let mut units = Vec::with_capacity(string.len());
    units.extend(string.encode_utf16());
    units
}

/// ANSI bytes of `string`, without a terminator.
#[must_use]
pub(crate) fn to_narrow(string: &str) -> Vec<u8> {
    ansi::encode(string)
}

/// The string of ANSI bytes.
#[must_use]
pub(crate) fn from_narrow(bytes: &[u8]) -> String {
    ansi::decode(bytes)
}

/// The string of bytes that are meant as UTF-8: where they are not, they are read as ISO 8859-1.
#[must_use]
pub(crate) fn from_utf8_or_latin1(bytes: &[u8]) -> String {
    let mut string = String::with_capacity(2 * bytes.len());
    match std::str::from_utf8(bytes) {
        Ok(utf8) => string.push_str(utf8),
        Err(_) => string.extend(bytes.iter().map(|&byte| char::from(byte))),
    }
    string
}

/// Whether there is a string of `length` units at `string`.
fn present<T>(string: *const T, length: usize) -> Result<bool, MalformedString> {
    match (string.is_null(), length) {
        (true, 0) => Ok(false),
        (true, _) => Err(MalformedString::NoText),
        (false, length) if length > MAX_CHARACTERS => Err(MalformedString::TooLong),
        (false, _) => Ok(true),
    }
}

/// Units before the first zero.
///
/// # Safety
/// As [`wide`].
unsafe fn terminated_length<T: Copy + Default + PartialEq>(
    string: *const T,
) -> Result<usize, MalformedString> {
    for length in 0..=MAX_CHARACTERS {
        // SAFETY: no terminator was read so far, so this unit still belongs to the string.
        let unit = unsafe { string.add(length) };
        // SAFETY: readable by the caller's promise.
        if unsafe { unit.read_unaligned() } == T::default() {
            return Ok(length);
        }
    }
    Err(MalformedString::TooLong)
}

#[cfg(unix)]
mod ansi {
    pub(crate) fn encode(string: &str) -> Vec<u8> {
        string.as_bytes().to_vec()
    }

    pub(crate) fn decode(bytes: &[u8]) -> String {
        super::from_utf8_or_latin1(bytes)
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
            bytes: *const u8,
            count: i32,
            units: *mut u16,
            room: i32,
        ) -> i32;
        fn WideCharToMultiByte(
            page: u32,
            flags: u32,
            units: *const u16,
            count: i32,
            bytes: *mut u8,
            room: i32,
            replacement: *const u8,
            replaced: *mut i32,
        ) -> i32;
    }

    /// Characters that the code page lacks become its replacement character.
    pub(crate) fn encode(string: &str) -> Vec<u8> {
        let mut units = super::to_wide(string);
        // No character of an ANSI code page is longer than four bytes.
        let mut bytes = vec![0; units.len() * 4];
        let (count, room) = (length(units.len()), length(bytes.len()));
        if count > 0 {
            // SAFETY: `count` units can be read and `room` bytes be written.
            let written = unsafe {
                WideCharToMultiByte(
                    CP_ACP,
                    0,
                    units.as_ptr(),
                    count,
                    bytes.as_mut_ptr(),
                    room,
                    null(),
                    null_mut(),
                )
            };
            bytes.truncate(usize::try_from(written).unwrap_or(0));
        }
        units.zeroize();
        bytes
    }

    /// Bytes that the code page does not have become U+FFFD.
    pub(crate) fn decode(bytes: &[u8]) -> String {
        let mut units = vec![0u16; bytes.len()];
        let (count, room) = (length(bytes.len()), length(units.len()));
        if count > 0 {
            // SAFETY: `count` bytes can be read and `room` units be written.
            let written = unsafe {
                MultiByteToWideChar(CP_ACP, 0, bytes.as_ptr(), count, units.as_mut_ptr(), room)
            };
            units.truncate(usize::try_from(written).unwrap_or(0));
        }
        let mut string = String::with_capacity(3 * units.len());
        string.extend(
            char::decode_utf16(units.iter().copied())
                .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)),
        );
        units.zeroize();
        string
    }

    fn length(count: usize) -> i32 {
        i32::try_from(count).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
