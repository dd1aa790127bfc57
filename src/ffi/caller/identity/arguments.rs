//! Arguments and results of the identity functions: C's pointers in, and blocks of memory out.

use std::ptr::NonNull;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::identity::PSEC_WINNT_AUTH_IDENTITY_OPAQUE;
use crate::ffi::abi::types::WCHAR;
use crate::ffi::caller::identity::layout::{self, IdentityParts, refused};
use crate::ffi::caller::identity::reader;
use crate::ffi::caller::memory::ContextBuffer;
use crate::ffi::caller::string;

/// What the identity at `identity` says; `None` for NULL.
///
/// # Errors
/// `INVALID_PARAMETER` where it is none that can be used.
///
/// # Safety
/// As [`reader::read_identity`].
pub(crate) unsafe fn optional_parts(
    identity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> Result<Option<IdentityParts>> {
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    unsafe { reader::read_parts(identity) }.map_err(as_parameter)
}

/// What the identity at `identity` says.
///
/// # Errors
/// `INVALID_PARAMETER` for NULL and where it is none that can be used.
///
/// # Safety
/// As [`reader::read_identity`].
pub(crate) unsafe fn parts_of(identity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE) -> Result<IdentityParts> {
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    let parts = unsafe { optional_parts(identity) }?;
    parts.ok_or_else(|| refused("identity: NULL"))
}

/// A refusal of an identity, as one of an argument.
pub(crate) fn as_parameter(error: Error) -> Error {
    if error.status() == Status::UNKNOWN_CREDENTIALS {
        Error::new(Status::INVALID_PARAMETER, error.reason().to_owned())
    } else {
        error
    }
}

/// NUL-terminated UTF-16; `None` for NULL.
///
/// # Errors
/// `INVALID_PARAMETER` for more than 32767 characters and for unpaired surrogates.
///
/// # Safety
/// As [`string::wide`].
pub(crate) unsafe fn wide(pointer: *const WCHAR) -> Result<Option<String>> {
    // SAFETY: NULL or terminated (the caller's promise).
    let string = unsafe { string::wide(pointer) };
    string.map_err(|malformed| malformed.refusal(Status::INVALID_PARAMETER))
}

/// Where a result goes.
///
/// # Errors
/// `INVALID_PARAMETER` for NULL.
pub(crate) fn output<T>(pointer: *mut T) -> Result<ResultPointer<T>> {
    NonNull::new(pointer).map(ResultPointer).ok_or_else(|| refused("an output pointer is NULL"))
}

/// A place of the caller's for a result, not NULL.
pub(crate) struct ResultPointer<T>(NonNull<T>);

impl<T> ResultPointer<T> {
    /// Writes the result, at any alignment.
    ///
    /// # Safety
    /// The caller's pointer can be written to.
    pub(crate) unsafe fn set(self, value: T) {
        // SAFETY: writable (the caller's promise).
        unsafe { self.0.write_unaligned(value) };
    }
}

/// A block of C's that holds the identity.
///
/// # Errors
/// As [`layout::pack`], and `INSUFFICIENT_MEMORY`.
pub(crate) fn identity_block(parts: &IdentityParts) -> Result<ContextBuffer> {
    ContextBuffer::holding(&layout::pack(parts)?)
}

/// A block of C's that holds the string in UTF-16 with a terminator.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
pub(crate) fn string_block(string: &str) -> Result<ContextBuffer> {
    let mut block =
        ContextBuffer::zeroed((string.encode_utf16().count() + 1) * size_of::<WCHAR>())?;
    fill_wide(block.bytes_mut(), string);
    Ok(block)
}

/// A block of C's that holds the string in UTF-16 without a terminator, and its length in bytes.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
pub(crate) fn unterminated_block(string: &str) -> Result<(ContextBuffer, usize)> {
    let length = string.encode_utf16().count() * size_of::<WCHAR>();
    let mut block = ContextBuffer::zeroed(length)?;
    fill_wide(block.bytes_mut(), string);
    Ok((block, length))
}

fn fill_wide(bytes: &mut [u8], string: &str) {
    for (place, unit) in bytes.chunks_exact_mut(size_of::<WCHAR>()).zip(string.encode_utf16()) {
        place.copy_from_slice(&unit.to_ne_bytes());
    }
}
