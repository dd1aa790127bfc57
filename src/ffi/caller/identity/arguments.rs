//! Arguments and results of the identity functions: C's pointers in, and blocks of memory out.

use std::ptr::NonNull;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::identity::PSEC_WINNT_AUTH_IDENTITY_OPAQUE;
use crate::ffi::abi::types::WCHAR;
use crate::ffi::caller::identity::layout::{self, Parts, refused};
use crate::ffi::caller::identity::reader;
use crate::ffi::caller::memory::Block;
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
) -> Result<Option<Parts>> {
    // SAFETY: the caller's promise.
    unsafe { reader::read_parts(identity) }.map_err(as_parameter)
}

/// What the identity at `identity` says.
///
/// # Errors
/// `INVALID_PARAMETER` for NULL and where it is none that can be used.
///
/// # Safety
/// As [`reader::read_identity`].
pub(crate) unsafe fn parts_of(identity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE) -> Result<Parts> {
    // SAFETY: the caller's promise.
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
    // SAFETY: the caller's promise.
    let text = unsafe { string::wide(pointer) };
    text.map_err(|malformed| malformed.refusal(Status::INVALID_PARAMETER))
}

/// Where a result goes.
///
/// # Errors
/// `INVALID_PARAMETER` for NULL.
pub(crate) fn output<T>(pointer: *mut T) -> Result<Output<T>> {
    NonNull::new(pointer).map(Output).ok_or_else(|| refused("an output pointer is NULL"))
}

/// A place of the caller's for a result, not NULL.
pub(crate) struct Output<T>(NonNull<T>);

impl<T> Output<T> {
    /// Writes the result, at any alignment.
    ///
    /// # Safety
    /// The caller's pointer can be written to.
    pub(crate) unsafe fn set(self, value: T) {
        // SAFETY: the caller's promise.
        unsafe { self.0.write_unaligned(value) };
    }
}

/// A block of C's that holds the identity.
///
/// # Errors
/// As [`layout::pack`], and `INSUFFICIENT_MEMORY`.
pub(crate) fn identity_block(parts: &Parts) -> Result<Block> {
    Block::holding(&layout::pack(parts)?)
}

/// A block of C's that holds the text in UTF-16 with a terminator.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
pub(crate) fn text_block(text: &str) -> Result<Block> {
    let mut block = Block::zeroed((text.encode_utf16().count() + 1) * size_of::<WCHAR>())?;
    fill_wide(block.octets_mut(), text);
    Ok(block)
}

/// A block of C's that holds the text in UTF-16 without a terminator, and its length in bytes.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
pub(crate) fn unterminated_block(text: &str) -> Result<(Block, usize)> {
    let length = text.encode_utf16().count() * size_of::<WCHAR>();
    let mut block = Block::zeroed(length)?;
    fill_wide(block.octets_mut(), text);
    Ok((block, length))
}

fn fill_wide(octets: &mut [u8], text: &str) {
    for (place, unit) in octets.chunks_exact_mut(size_of::<WCHAR>()).zip(text.encode_utf16()) {
        place.copy_from_slice(&unit.to_ne_bytes());
    }
}
