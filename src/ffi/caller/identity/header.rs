//! The header of the one-block form of an identity (`SEC_WINNT_AUTH_IDENTITY_EX2`): where the strings lie, and
//! how the password is protected.

use std::ops::Range;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::identity::{
    SEC_WINNT_AUTH_IDENTITY_EX2, SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED,
    SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED, SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED,
    SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED, SEC_WINNT_AUTH_IDENTITY_VERSION_2,
};

/// The size of the header in bytes.
pub(crate) const HEADER: usize = size_of::<SEC_WINNT_AUTH_IDENTITY_EX2>();
/// The most bytes that an image may have: a header and four strings, each a `USHORT` of bytes.
pub(crate) const MAX_IMAGE: usize = 5 * 0x1_0000;

/// What `Flags` say of the password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PasswordProtection {
    Plain,
    Sealed,
    /// By a key that this library does not have.
    Foreign,
}

/// A structure that is no identity.
pub(crate) fn unusable(reason: &'static str) -> Error {
    Error::new(Status::UNKNOWN_CREDENTIALS, reason)
}

/// An argument that a helper function does not take.
pub(crate) fn refused(reason: &'static str) -> Error {
    Error::new(Status::INVALID_PARAMETER, reason)
}

/// How the password is protected.
pub(crate) fn protection(flags: u32) -> PasswordProtection {
    let foreign = SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED
        | SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED
        | SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED;
    if flags & foreign != 0 {
        PasswordProtection::Foreign
    } else if flags & SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED != 0 {
        PasswordProtection::Sealed
    } else {
        PasswordProtection::Plain
    }
}

/// `header` as the bytes that C sees: numbers in the machine's order.
pub(crate) fn header_bytes(header: &SEC_WINNT_AUTH_IDENTITY_EX2) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    let mut long = |at: usize, value: u32| {
        bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    };
    long(0, header.Version);
    long(8, header.cbStructureLength);
    long(12, header.UserOffset);
    long(20, header.DomainOffset);
    long(28, header.PackedCredentialsOffset);
    long(36, header.Flags);
    long(40, header.PackageListOffset);
    let mut short = |at: usize, value: u16| {
        bytes[at..at + 2].copy_from_slice(&value.to_ne_bytes());
    };
    short(4, header.cbHeaderLength);
    short(16, header.UserLength);
    short(24, header.DomainLength);
    short(32, header.PackedCredentialsLength);
    short(44, header.PackageListLength);
    bytes
}

/// The header at the start of `image`, with its sizes checked against the image's.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` where it is not the header of a block that fits.
pub(crate) fn header(image: &[u8]) -> Result<SEC_WINNT_AUTH_IDENTITY_EX2> {
    let bytes = image.first_chunk::<HEADER>();
    let bytes = bytes.ok_or_else(|| unusable("identity: shorter than its header"))?;
    let short = |at: usize| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
    let long =
        |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let header = SEC_WINNT_AUTH_IDENTITY_EX2 {
        Version: long(0),
        cbHeaderLength: short(4),
        cbStructureLength: long(8),
        UserOffset: long(12),
        UserLength: short(16),
        DomainOffset: long(20),
        DomainLength: short(24),
        PackedCredentialsOffset: long(28),
        PackedCredentialsLength: short(32),
        Flags: long(36),
        PackageListOffset: long(40),
        PackageListLength: short(44),
    };
    if structure_length(&header)? > image.len() {
        return Err(unusable("identity: cbStructureLength is more than there is"));
    }
    Ok(header)
}

/// The size in bytes of the block that `header` begins.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` for another version and for sizes that no such block can have.
pub(crate) fn structure_length(header: &SEC_WINNT_AUTH_IDENTITY_EX2) -> Result<usize> {
    if header.Version != SEC_WINNT_AUTH_IDENTITY_VERSION_2 {
        return Err(unusable("identity: not of version 0x201"));
    }
    let before_text = usize::from(header.cbHeaderLength);
    let whole = usize::try_from(header.cbStructureLength).unwrap_or(usize::MAX);
    if before_text < HEADER || whole < before_text || whole > MAX_IMAGE {
        return Err(unusable("identity: cbHeaderLength or cbStructureLength is wrong"));
    }
    Ok(whole)
}

/// Where a string of the block lies, `None` where there is none.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` where it is not between the header's end and the block's.
pub(crate) fn range(
    header: &SEC_WINNT_AUTH_IDENTITY_EX2,
    offset: u32,
    length: u16,
) -> Result<Option<Range<usize>>> {
    if offset == 0 && length == 0 {
        return Ok(None);
    }
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::from(length));
    if start < usize::from(header.cbHeaderLength) || end > structure_length(header)? {
        return Err(unusable("identity: string outside of the structure"));
    }
    Ok(Some(start..end))
}

/// Where the password lies, `None` where there is none.
///
/// # Errors
/// As [`range`].
pub(crate) fn password_range(header: &SEC_WINNT_AUTH_IDENTITY_EX2) -> Result<Option<Range<usize>>> {
    range(header, header.PackedCredentialsOffset, header.PackedCredentialsLength)
}
