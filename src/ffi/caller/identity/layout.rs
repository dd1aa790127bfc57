//! The one-block form of an identity (`SEC_WINNT_AUTH_IDENTITY_EX2`) to and from plain bytes.
//!
//! An image is such a block's bytes, with numbers and characters in the machine's order. Those that
//! [`pack`] makes end in a trailer, which holds what the encryption of the password in place needs
//! (see `seal`):
//!
//! ```text
//! header (48) | user | domain | password | package list | trailer (40)
//! ```

use zeroize::Zeroizing;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::identity::{
    SEC_WINNT_AUTH_IDENTITY_ANSI, SEC_WINNT_AUTH_IDENTITY_EX2,
    SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN, SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER,
    SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_USE_MASK, SEC_WINNT_AUTH_IDENTITY_ONLY,
    SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_VERSION_2,
};
pub(crate) use crate::ffi::caller::identity::header::{
    HEADER, MAX_IMAGE, PasswordProtection, header, header_bytes, password_range, protection, range,
    refused, structure_length, unusable,
};
use crate::ffi::caller::identity::seal;
use crate::ffi::caller::string;
use crate::secret::Secret;
use crate::sspi::Identity;

/// The most characters that a string of an identity may have: a `USHORT` of UTF-16 bytes.
pub(crate) const MAX_CHARACTERS: usize = 32_767;

/// Everything that an identity structure says.
#[derive(Default)]
pub(crate) struct IdentityParts {
    /// User, domain and password.
    pub(crate) identity: Identity,
    /// The package list.
    pub(crate) packages: Option<String>,
    /// The `Flags` that do not speak of the structure itself, kept by copies.
    pub(crate) flags: u32,
    /// Whether the password was encrypted.
    pub(crate) sealed: bool,
}

/// How a structure's string is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StringEncoding {
    Ansi,
    Wide,
}

/// The encoding that `flags` name: exactly one of the two must be set.
pub(crate) fn encoding(flags: u32) -> Result<StringEncoding> {
    let ansi = flags & SEC_WINNT_AUTH_IDENTITY_ANSI != 0;
    let wide = flags & SEC_WINNT_AUTH_IDENTITY_UNICODE != 0;
    match (ansi, wide) {
        (true, false) => Ok(StringEncoding::Ansi),
        (false, true) => Ok(StringEncoding::Wide),
        _ => Err(unusable("identity: Flags name neither or both of ANSI and UNICODE")),
    }
}

/// The flags that a copy keeps.
pub(crate) fn kept_flags(flags: u32) -> u32 {
    flags & (SEC_WINNT_AUTH_IDENTITY_ONLY | SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_USE_MASK)
}

/// The string in `bytes`, which are whole characters of `encoding`.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` for half a character, an unpaired surrogate, or a zero: no name and no password
/// has one. Many callers count the terminator into a length, and learn it here rather than from a server
/// that knows no such user.
pub(crate) fn decode(bytes: &[u8], encoding: StringEncoding) -> Result<String> {
    if encoding == StringEncoding::Ansi {
        refuse_zeros(bytes, &0)?;
        return Ok(string::from_narrow(bytes));
    }
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(unusable("identity: half a UTF-16 character"));
    }
    refuse_zeros(units, &[0; 2])?;
    // Room for the longest UTF-8, so that a growing password leaves no copy behind.
    let mut string = String::with_capacity(units.len() * 3);
    for character in char::decode_utf16(units.iter().map(|unit| u16::from_ne_bytes(*unit))) {
        string.push(character.map_err(|_| unusable("identity: an unpaired surrogate"))?);
    }
    Ok(string)
}

fn refuse_zeros<T: PartialEq>(units: &[T], zero: &T) -> Result<()> {
    if units.contains(zero) {
        return Err(unusable("identity: a NUL in a string: does its length count the terminator?"));
    }
    Ok(())
}

/// What `image` says. An encrypted password is decrypted.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` for wrong sizes, offsets, flags or string, for a password that this process
/// has not encrypted, and for packed credentials that are no plain password.
pub(crate) fn unpack(mut image: Zeroizing<Vec<u8>>) -> Result<IdentityParts> {
    let header = header(&image)?;
    let encoding = encoding(header.Flags)?;
    let sealed = match protection(header.Flags) {
        PasswordProtection::Plain => false,
        PasswordProtection::Sealed => {
            seal::open(&mut image).map_err(|error| {
                Error::new(Status::UNKNOWN_CREDENTIALS, error.reason().to_owned())
            })?;
            true
        }
        PasswordProtection::Foreign => {
            return Err(unusable("identity: encrypted by a key not ours"));
        }
    };
    let string = |offset, length, absent: u32| -> Result<Option<String>> {
        let Some(range) = range(&header, offset, length)? else { return Ok(None) };
        match (header.Flags & absent != 0, range.is_empty()) {
            (false, _) => decode(image.get(range).unwrap_or_default(), encoding).map(Some),
            (true, true) => Ok(None),
            (true, false) => Err(unusable("identity: a string that Flags say is absent")),
        }
    };
    let user =
        string(header.UserOffset, header.UserLength, SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER)?;
    let domain = string(
        header.DomainOffset,
        header.DomainLength,
        SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN,
    )?;
    let packages = string(header.PackageListOffset, header.PackageListLength, 0)?;
    let password = match password_range(&header)? {
        Some(range) => {
            let bytes = image.get(range).unwrap_or_default();
            if is_packed_structure(bytes) {
                return Err(unusable("identity: packed credentials that are no plain password"));
            }
            Some(Secret::new(decode(bytes, encoding)?))
        }
        None => None,
    };
    let identity = Identity { user, domain, password };
    Ok(IdentityParts { identity, packages, flags: kept_flags(header.Flags), sealed })
}

/// Whether `bytes` are a `SEC_WINNT_AUTH_PACKED_CREDENTIALS`: a header of 28 bytes whose second
/// `USHORT` is the whole size. As a password this would begin with a control character.
fn is_packed_structure(bytes: &[u8]) -> bool {
    let Some(&[first, second, third, fourth]) = bytes.first_chunk::<4>() else { return false };
    u16::from_ne_bytes([first, second]) == 28
        && usize::from(u16::from_ne_bytes([third, fourth])) == bytes.len()
}

/// The image of `parts`, the password encrypted where it was.
///
/// # Errors
/// `INVALID_PARAMETER` for a string of more than [`MAX_CHARACTERS`]; `INTERNAL_ERROR` where the
/// system has no randomness for the encryption.
pub(crate) fn pack(parts: &IdentityParts) -> Result<Zeroizing<Vec<u8>>> {
    let user = parts.identity.user.as_deref();
    let domain = parts.identity.domain.as_deref();
    let password = parts.identity.password.as_ref().map(|password| password.expose().as_str());
    let packages = parts.packages.as_deref();
    let mut end = HEADER;
    let (user_offset, user_length) = place(user, &mut end)?;
    let (domain_offset, domain_length) = place(domain, &mut end)?;
    let (password_offset, password_length) = place(password, &mut end)?;
    let (packages_offset, packages_length) = place(packages, &mut end)?;
    let whole = end + seal::TRAILER;
    let absent = |string: Option<&str>, flag| if string.is_none() { flag } else { 0 };
    let header = SEC_WINNT_AUTH_IDENTITY_EX2 {
        Version: SEC_WINNT_AUTH_IDENTITY_VERSION_2,
        cbHeaderLength: narrow(HEADER)?,
        cbStructureLength: narrow(whole)?,
        UserOffset: user_offset,
        UserLength: user_length,
        DomainOffset: domain_offset,
        DomainLength: domain_length,
        PackedCredentialsOffset: password_offset,
        PackedCredentialsLength: password_length,
        Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE
            | kept_flags(parts.flags)
            | absent(user, SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER)
            | absent(domain, SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN),
        PackageListOffset: packages_offset,
        PackageListLength: packages_length,
    };
    // Room for all of it, so that a growing image leaves no copy of the password behind.
    let mut image = Zeroizing::new(Vec::with_capacity(whole));
    image.extend_from_slice(&header_bytes(&header));
    for string in [user, domain, password, packages].into_iter().flatten() {
        image.extend(string.encode_utf16().flat_map(u16::to_ne_bytes));
    }
    image.extend_from_slice(&seal::EMPTY_TRAILER);
    if parts.sealed {
        seal::seal(&mut image)?;
    }
    Ok(image)
}

/// Gives `string` its place at `end`: its offset and its length in bytes, zeros where it is absent.
fn place(string: Option<&str>, end: &mut usize) -> Result<(u32, u16)> {
    let Some(string) = string else { return Ok((0, 0)) };
    let length = string.encode_utf16().count().saturating_mul(2);
    let placed = (narrow(*end)?, narrow(length)?);
    *end += length;
    Ok(placed)
}

/// `value` in the width of a member.
fn narrow<T: TryFrom<usize>>(value: usize) -> Result<T> {
    T::try_from(value).map_err(|_| refused("identity: a string of more than 32767 characters"))
}

#[cfg(test)]
mod tests;
