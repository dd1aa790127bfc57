//! The identity structures of C callers, read into what the rest of the library knows.
//!
//! The first `ULONG` tells the forms apart, as on Windows: 0x200 is `EX`, 0x201 is `EX2`, anything
//! else the classic form. The classic form begins with a pointer, whose low half may happen to be
//! one of these numbers on a 64-bit machine: see [`form`] for what decides then.

use std::ffi::c_void;

use zeroize::{Zeroize, Zeroizing};

use crate::error::Result;
use crate::ffi::abi::identity::{
    SEC_WINNT_AUTH_IDENTITY_ANSI, SEC_WINNT_AUTH_IDENTITY_EX2, SEC_WINNT_AUTH_IDENTITY_EXW,
    SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_VERSION,
    SEC_WINNT_AUTH_IDENTITY_VERSION_2, SEC_WINNT_AUTH_IDENTITY_W,
};
use crate::ffi::caller::identity::layout::{
    self, HEADER, IdentityParts, MAX_CHARACTERS, PasswordProtection, StringEncoding, decode,
    encoding, unusable,
};
use crate::ffi::caller::memory;
use crate::secret::Secret;
use crate::sspi::{Identity, PackageList};

/// The most that an `EX` structure may say it has in bytes.
const MAX_EXTENDED: u32 = 0x1_0000;

/// Reads the identity that a caller passed as `pAuthData`, `None` for NULL, and its package list.
///
/// Every form is taken; `Flags` decide the encoding, not the A or W of the called function. The
/// string is copied and need not be terminated. A NULL domain is `None`, an empty one is not (and so for user and password). A password that `SspiEncryptAuthIdentity` encrypted is decrypted.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` where the structure cannot be used: `Flags` with neither or both
/// encodings, a length without string, more than 32767 characters, an unpaired surrogate, a NUL in a
/// string (also a terminator that its length counts), a version with wrong sizes, offsets outside of the structure, an encryption that is not this process's.
///
/// # Safety
/// `auth_data` is NULL, or points to a `SEC_WINNT_AUTH_IDENTITY` structure of any form (at any
/// alignment) whose string pointers are NULL or can be read for their stated lengths, and whose block
/// (`EX2`) can be read for its `cbStructureLength`. Nobody writes to any of it during the call.
pub(crate) unsafe fn read_identity(
    auth_data: *const c_void,
) -> Result<(Option<Identity>, PackageList)> {
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    let parts = unsafe { read_parts(auth_data) }?;
    let Some(IdentityParts { identity, packages, .. }) = parts else {
        return Ok(Default::default());
    };
    Ok((Some(identity), packages.map(PackageList::new).unwrap_or_default()))
}

/// As [`read_identity`], with all that the structure says.
///
/// # Errors
/// As [`read_identity`].
///
/// # Safety
/// As [`read_identity`].
pub(crate) unsafe fn read_parts(auth_data: *const c_void) -> Result<Option<IdentityParts>> {
    if auth_data.is_null() {
        return Ok(None);
    }
    if memory::size_of(auth_data).is_some() {
        // SAFETY: `block_image` asks for a block of ours, or one that the caller vouches for.
        let image = unsafe { block_image(auth_data) }?;
        return layout::unpack(image).map(Some);
    }
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    match unsafe { form_of(auth_data) } {
        IdentityForm::Classic => {
            // SAFETY: a classic structure by its form; the caller's promise.
            let structure = unsafe { read_classic(auth_data) };
            // SAFETY: the caller's promise on its pointers.
            unsafe { structure.parts() }.map(Some)
        }
        IdentityForm::Extended => {
            // SAFETY: an `EX` structure by its form; the caller's promise.
            let structure = unsafe { read_extended(auth_data) }?;
            // SAFETY: the caller's promise on its pointers.
            unsafe { structure.parts() }.map(Some)
        }
        IdentityForm::Block => {
            // SAFETY: an `EX2` structure by its form; the caller's promise.
            let image = unsafe { block_image(auth_data) }?;
            layout::unpack(image).map(Some)
        }
    }
}

/// Overwrites the password's bytes in a structure of the caller's own, where they lie within the
/// bounds that it states; a structure that cannot be read is left alone.
///
/// # Safety
/// As [`read_identity`], and the password can be written to.
pub(crate) unsafe fn wipe_password(auth_data: *mut c_void) {
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    let (start, length) = match unsafe { form_of(auth_data) } {
        IdentityForm::Classic => {
            // SAFETY: a classic structure by its form; the caller's promise.
            unsafe { read_classic(auth_data) }.password_bytes()
        }
        IdentityForm::Extended => {
            // SAFETY: an `EX` structure by its form; the caller's promise.
            let Ok(structure) = (unsafe { read_extended(auth_data) }) else { return };
            structure.password_bytes()
        }
        IdentityForm::Block => {
            // SAFETY: an `EX2` structure by its form; the caller's promise.
            let header = unsafe { read_header(auth_data) };
            let Ok(Some(range)) = layout::password_range(&header) else { return };
            (auth_data.cast::<u8>().wrapping_add(range.start), range.len())
        }
    };
    if !start.is_null() && length > 0 {
        // SAFETY: the caller's promise on the password.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start, length) };
        bytes.zeroize();
    }
}

/// `Flags` of a structure of any form.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` for versions with wrong sizes.
///
/// # Safety
/// As [`read_identity`].
pub(crate) unsafe fn read_flags(auth_data: *const c_void) -> Result<u32> {
    if memory::size_of(auth_data).is_some() {
        // SAFETY: a block of ours.
        let image = unsafe { block_image(auth_data) }?;
        return layout::header(&image).map(|header| header.Flags);
    }
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    match unsafe { form_of(auth_data) } {
        // SAFETY: a classic structure by its form; the caller's promise.
        IdentityForm::Classic => Ok(unsafe { read_classic(auth_data) }.flags),
        IdentityForm::Extended => {
            // SAFETY: an `EX` structure by its form; the caller's promise.
            unsafe { read_extended(auth_data) }.map(|structure| structure.flags)
        }
        IdentityForm::Block => {
            // SAFETY: an `EX2` structure by its form; the caller's promise.
            let header = unsafe { read_header(auth_data) };
            layout::structure_length(&header).map(|_| header.Flags)
        }
    }
}

/// The bytes of a block that this library handed out; `None` for every other pointer.
///
/// # Safety
/// Nobody else uses the block while the slice lives, nor frees it.
pub(crate) unsafe fn block_bytes<'a>(block: *mut c_void) -> Option<&'a mut [u8]> {
    let size = memory::size_of(block)?;
    // SAFETY: the register knows the block with this size; the caller's promise.
    Some(unsafe { std::slice::from_raw_parts_mut(block.cast(), size) })
}

/// Which structure it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum IdentityForm {
    Classic,
    Extended,
    Block,
}

/// What tells the forms apart; every form is at least as long as its last offset on machines where
/// it is looked at.
#[derive(Clone, Copy)]
struct Evidence {
    /// The `ULONG` at 0: a version, or the low half of `User`.
    version: u32,
    /// At 4, on 64-bit machines: `Length` (all of the `ULONG`) of an `EX`, `cbHeaderLength`
    /// (`USHORT`) of an `EX2`, or of the upper half of `User`.
    size: u32,
    /// The `ULONG` at 8: the classic `UserLength`, or `cbStructureLength` of an `EX2`.
    third: u32,
    /// The `USHORT` at 44: the classic `Flags`.
    flags: u16,
}

/// The form, by the first `ULONG` as on Windows, except for a classic structure on a 64-bit machine
/// whose `User` pointer ends in 0x200 or 0x201: it is taken for what it is where the size that
/// such a version states is wrong and everything at the classic places is right. (What is wrong
/// either way stays with the first `ULONG`, and is refused for its size.)
fn form(evidence: Evidence) -> IdentityForm {
    let Evidence { version, size, third, flags } = evidence;
    let right_size = match version {
        SEC_WINNT_AUTH_IDENTITY_VERSION => {
            usize::try_from(size) == Ok(size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>())
        }
        SEC_WINNT_AUTH_IDENTITY_VERSION_2 => usize::try_from(size) == Ok(HEADER) && third >= size,
        _ => return IdentityForm::Classic,
    };
    // The upper half of a pointer to a program's own memory.
    let pointer = (1..=0x7FFF).contains(&size);
    let length = (1..=MAX_CHARACTERS).contains(&usize::try_from(third).unwrap_or(usize::MAX));
    // UTF-16 string does not begin at an odd address.
    let one_encoding = match u32::from(flags) & 3 {
        SEC_WINNT_AUTH_IDENTITY_ANSI => true,
        SEC_WINNT_AUTH_IDENTITY_UNICODE => version == SEC_WINNT_AUTH_IDENTITY_VERSION,
        _ => false,
    };
    let classic = pointer && length && one_encoding && flags & !0xFF == 0;
    if cfg!(target_pointer_width = "64") && !right_size && classic {
        return IdentityForm::Classic;
    }
    if version == SEC_WINNT_AUTH_IDENTITY_VERSION {
        IdentityForm::Extended
    } else {
        IdentityForm::Block
    }
}

/// # Safety
/// As [`read_identity`], not NULL.
unsafe fn form_of(auth_data: *const c_void) -> IdentityForm {
    // SAFETY: every form is at least a `ULONG` long.
    let version = unsafe { auth_data.cast::<u32>().read_unaligned() };
    let mut evidence = Evidence { version, size: 0, third: 0, flags: 0 };
    let extended = version == SEC_WINNT_AUTH_IDENTITY_VERSION;
    let ambiguous = extended || version == SEC_WINNT_AUTH_IDENTITY_VERSION_2;
    if cfg!(target_pointer_width = "64") && ambiguous {
        let at = |offset| auth_data.wrapping_byte_add(offset);
        evidence.size = if extended {
            // SAFETY: every form is at least 48 bytes long on a 64-bit machine.
            unsafe { at(4).cast::<u32>().read_unaligned() }
        } else {
            // SAFETY: as above.
            u32::from(unsafe { at(4).cast::<u16>().read_unaligned() })
        };
        // SAFETY: as above.
        evidence.third = unsafe { at(8).cast::<u32>().read_unaligned() };
        // SAFETY: as above.
        evidence.flags = unsafe { at(44).cast::<u16>().read_unaligned() };
    }
    form(evidence)
}

/// A string of the classic and `EX` forms: where, and how many characters.
type Span = (*mut u8, u32);

/// The members of the classic and `EX` forms.
struct Pointers {
    user: Span,
    domain: Span,
    password: Span,
    packages: Span,
    flags: u32,
}

/// # Safety
/// `structure` can be read as a classic structure, at any alignment.
unsafe fn read_classic(structure: *const c_void) -> Pointers {
    // SAFETY: the caller's promise. The A form has the same shape.
    let classic = unsafe { structure.cast::<SEC_WINNT_AUTH_IDENTITY_W>().read_unaligned() };
    Pointers {
        user: (classic.User.cast(), classic.UserLength),
        domain: (classic.Domain.cast(), classic.DomainLength),
        password: (classic.Password.cast(), classic.PasswordLength),
        packages: (std::ptr::null_mut(), 0),
        flags: classic.Flags,
    }
}

/// # Safety
/// `structure` can be read for two `ULONG`s and, where the second is large enough, as an `EX`
/// structure, at any alignment.
unsafe fn read_extended(structure: *const c_void) -> Result<Pointers> {
    // SAFETY: readable (the caller's promise).
    let length = unsafe { structure.wrapping_byte_add(4).cast::<u32>().read_unaligned() };
    let enough = usize::try_from(length)
        .is_ok_and(|length| length >= size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>());
    if !enough || length > MAX_EXTENDED {
        return Err(unusable("identity: Length is wrong for version 0x200"));
    }
    // SAFETY: the caller's promise. The A form has the same shape.
    let extended = unsafe { structure.cast::<SEC_WINNT_AUTH_IDENTITY_EXW>().read_unaligned() };
    Ok(Pointers {
        user: (extended.User.cast(), extended.UserLength),
        domain: (extended.Domain.cast(), extended.DomainLength),
        password: (extended.Password.cast(), extended.PasswordLength),
        packages: (extended.PackageList.cast(), extended.PackageListLength),
        flags: extended.Flags,
    })
}

impl Pointers {
    /// # Safety
    /// Each pointer is NULL or can be read for its length.
    unsafe fn parts(&self) -> Result<IdentityParts> {
        let encoding = encoding(self.flags)?;
        if layout::protection(self.flags) != PasswordProtection::Plain {
            return Err(unusable("identity: encrypted by a key not ours"));
        }
        // SAFETY: NULL or readable for its stated length (the caller's promise).
        let user = unsafe { string(self.user, encoding) }?;
        // SAFETY: NULL or readable for its stated length (the caller's promise).
        let domain = unsafe { string(self.domain, encoding) }?;
        // SAFETY: NULL or readable for its stated length (the caller's promise).
        let packages = unsafe { string(self.packages, encoding) }?;
        // SAFETY: NULL or readable for its stated length (the caller's promise).
        let password = unsafe { string(self.password, encoding) }?.map(Secret::new);
        let identity = Identity { user, domain, password };
        let flags = layout::kept_flags(self.flags);
        Ok(IdentityParts { identity, packages, flags, sealed: false })
    }

    /// Where the password lies, with its length in bytes; 0 where the structure cannot be used.
    fn password_bytes(&self) -> (*mut u8, usize) {
        let characters = usize::try_from(self.password.1).unwrap_or(usize::MAX);
        let length = match encoding(self.flags) {
            Ok(encoding) if characters <= MAX_CHARACTERS => characters * width(encoding),
            _ => 0,
        };
        (self.password.0, length)
    }
}

fn width(encoding: StringEncoding) -> usize {
    if encoding == StringEncoding::Wide { 2 } else { 1 }
}

/// # Safety
/// The pointer is NULL or can be read for the length, at any alignment.
unsafe fn string((pointer, characters): Span, encoding: StringEncoding) -> Result<Option<String>> {
    let characters = usize::try_from(characters).unwrap_or(usize::MAX);
    match (pointer.is_null(), characters) {
        (true, 0) => return Ok(None),
        (true, _) => return Err(unusable("identity: a length, but a NULL pointer")),
        (false, 0) => return Ok(Some(String::new())),
        (false, _) if characters > MAX_CHARACTERS => {
            return Err(unusable("identity: a string of more than 32767 characters"));
        }
        (false, _) => {}
    }
    // SAFETY: not NULL; the caller's promise, for bytes.
    let bytes = unsafe { std::slice::from_raw_parts(pointer, characters * width(encoding)) };
    decode(bytes, encoding).map(Some)
}

/// # Safety
/// `structure` can be read as an `EX2` header, at any alignment.
unsafe fn read_header(structure: *const c_void) -> SEC_WINNT_AUTH_IDENTITY_EX2 {
    // SAFETY: readable (the caller's promise).
    unsafe { structure.cast::<SEC_WINNT_AUTH_IDENTITY_EX2>().read_unaligned() }
}

/// A copy of the bytes of an `EX2` block.
///
/// # Errors
/// `UNKNOWN_CREDENTIALS` for another version or wrong sizes, or where the block is one that this
/// library handed out and is shorter than it says.
///
/// # Safety
/// `structure` is the start of a block of `memory`, or can be read as an `EX2` header and, where
/// its sizes are right, for its `cbStructureLength`.
unsafe fn block_image(structure: *const c_void) -> Result<Zeroizing<Vec<u8>>> {
    let room = memory::size_of(structure).unwrap_or(usize::MAX);
    if room < HEADER {
        return Err(unusable("identity: shorter than its header"));
    }
    // SAFETY: a block of at least this size, or the caller's promise.
    let header = unsafe { read_header(structure) };
    let length = layout::structure_length(&header)?;
    if length > room {
        return Err(unusable("identity: cbStructureLength is more than there is"));
    }
    let string = structure.wrapping_byte_add(HEADER).cast::<u8>();
    // SAFETY: inside of the block by the checks above.
    let string = unsafe { std::slice::from_raw_parts(string, length - HEADER) };
    let mut image = Zeroizing::new(Vec::with_capacity(length));
    image.extend_from_slice(&layout::header_bytes(&header));
    image.extend_from_slice(string);
    Ok(image)
}

#[cfg(test)]
mod tests;
