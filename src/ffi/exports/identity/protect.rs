//! The exports that encrypt identities in place, and turn them into bytes and back.

use std::ffi::c_char;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::ffi::abi::identity::{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE, SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM,
    SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS,
};
use crate::ffi::abi::types::{BOOLEAN, SECURITY_STATUS, ULONG};
use crate::ffi::caller::identity::arguments::{as_parameter, identity_block, output, parts_of};
use crate::ffi::caller::identity::layout::{self, HEADER, MAX_IMAGE, PasswordProtection, refused};
use crate::ffi::caller::identity::{reader, seal};
use crate::ffi::guard::{guard, guard_value};

/// Encrypts the password of an identity in place, by a random key that this process keeps.
///
/// * `AuthData`: an identity that a function of this library made. One that is encrypted already
///   stays as it is. Every function that takes identities takes encrypted ones.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for NULL and for any other structure;
/// SEC_E_INTERNAL_ERROR when the system gives no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiEncryptAuthIdentity(
    AuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiEncryptAuthIdentity", || {
        // SAFETY: nobody else uses the identity meanwhile, as the function asks.
        unsafe { in_place(AuthData, seal::seal) }
    })
}

/// Encrypts the password of an identity in place, as SspiEncryptAuthIdentity does.
///
/// * `Options`: SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, _SAME_PROCESS or _FOR_SYSTEM. The key is
///   this process's for all of them, so that no other process can decrypt.
/// * `AuthData`: as for SspiEncryptAuthIdentity.
///
/// Returns what SspiEncryptAuthIdentity does, and SEC_E_INVALID_PARAMETER for other options.
#[cfg_attr(not(windows), unsafe(no_mangle))]
pub unsafe extern "system" fn SspiEncryptAuthIdentityEx(
    Options: ULONG,
    AuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiEncryptAuthIdentityEx", || {
        check_options(Options)?;
        // SAFETY: nobody else uses the identity meanwhile, as the function asks.
        unsafe { in_place(AuthData, seal::seal) }
    })
}

/// Decrypts what SspiEncryptAuthIdentity or SspiEncryptAuthIdentityEx encrypted, in place.
///
/// * `EncryptedAuthData`: an identity that a function of this library made. One that is not
///   encrypted stays as it is.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for NULL and for any other structure;
/// SEC_E_DECRYPT_FAILURE when another process encrypted it, or it was changed since.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiDecryptAuthIdentity(
    EncryptedAuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiDecryptAuthIdentity", || {
        // SAFETY: nobody else uses the identity meanwhile, as the function asks.
        unsafe { in_place(EncryptedAuthData, seal::open) }
    })
}

/// Decrypts an identity in place, as SspiDecryptAuthIdentity does.
///
/// * `Options`: as for SspiEncryptAuthIdentityEx.
/// * `EncryptedAuthData`: as for SspiDecryptAuthIdentity.
///
/// Returns what SspiDecryptAuthIdentity does, and SEC_E_INVALID_PARAMETER for other options.
#[cfg_attr(not(windows), unsafe(no_mangle))]
pub unsafe extern "system" fn SspiDecryptAuthIdentityEx(
    Options: ULONG,
    EncryptedAuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiDecryptAuthIdentityEx", || {
        check_options(Options)?;
        // SAFETY: nobody else uses the identity meanwhile, as the function asks.
        unsafe { in_place(EncryptedAuthData, seal::open) }
    })
}

/// Says whether the password of an identity is encrypted.
///
/// * `EncryptedAuthData`: an identity of any form.
///
/// Returns TRUE where its flags say so; FALSE otherwise, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiIsAuthIdentityEncrypted(
    EncryptedAuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> BOOLEAN {
    guard_value("SspiIsAuthIdentityEncrypted", 0, || {
        if EncryptedAuthData.is_null() {
            return Ok(0);
        }
        // SAFETY: an identity, as the function asks.
        let flags = unsafe { reader::read_flags(EncryptedAuthData) }?;
        Ok((layout::protection(flags) != PasswordProtection::Plain).into())
    })
}

/// Turns an identity into bytes that SspiUnmarshalAuthIdentity takes.
///
/// * `AuthIdentity`: an identity of any form. The bytes of an encrypted one are encrypted, so that
///   only this process can take them back.
/// * `AuthIdentityLength`: receives the number of bytes.
/// * `AuthIdentityByteArray`: receives the bytes, which the caller frees with SspiLocalFree.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the identity cannot be used;
/// SEC_E_INSUFFICIENT_MEMORY. Nothing is written on failure.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiMarshalAuthIdentity(
    AuthIdentity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    AuthIdentityLength: *mut ULONG,
    AuthIdentityByteArray: *mut *mut c_char,
) -> SECURITY_STATUS {
    guard("SspiMarshalAuthIdentity", || {
        let length_out = output(AuthIdentityLength)?;
        let bytes_out = output(AuthIdentityByteArray)?;
        // SAFETY: an identity or NULL, as the function asks.
        let mut block = identity_block(&unsafe { parts_of(AuthIdentity) }?)?;
        let length = ULONG::try_from(block.bytes_mut().len());
        let length = length.map_err(|_| refused("identity: too long"))?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { length_out.set(length) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { bytes_out.set(block.release().cast()) };
        Ok(())
    })
}

/// Makes an identity of the bytes of SspiMarshalAuthIdentity.
///
/// * `AuthIdentityLength`: the number of bytes, all of them.
/// * `AuthIdentityByteArray`: the bytes, which may come from anywhere.
/// * `ppAuthIdentity`: receives the identity, which the caller frees with SspiFreeAuthIdentity.
///   Untouched on failure.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the bytes are not those of
/// an identity; SEC_E_INSUFFICIENT_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiUnmarshalAuthIdentity(
    AuthIdentityLength: ULONG,
    AuthIdentityByteArray: *mut c_char,
    ppAuthIdentity: *mut PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiUnmarshalAuthIdentity", || {
        let out = output(ppAuthIdentity)?;
        let length = usize::try_from(AuthIdentityLength).unwrap_or(usize::MAX);
        if AuthIdentityByteArray.is_null() || !(HEADER..=MAX_IMAGE).contains(&length) {
            return Err(refused("identity: no bytes, too few or too many"));
        }
        // SAFETY: not NULL, and `length` bytes long, as the function asks.
        let bytes =
            unsafe { std::slice::from_raw_parts(AuthIdentityByteArray.cast::<u8>(), length) };
        let block = identity_block(&unmarshal(bytes).map_err(as_parameter)?)?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { out.set(block.release()) };
        Ok(())
    })
}

/// What `bytes` say, which must be all of an image.
fn unmarshal(bytes: &[u8]) -> Result<layout::IdentityParts> {
    let header = layout::header(bytes)?;
    if layout::structure_length(&header)? != bytes.len() {
        return Err(refused("identity: the length is not that of the structure"));
    }
    layout::unpack(Zeroizing::new(bytes.to_vec()))
}

/// # Errors
/// `INVALID_PARAMETER` for options that sspi.h does not have.
fn check_options(options: ULONG) -> Result<()> {
    match options {
        SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON
        | SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS
        | SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM => Ok(()),
        _ => Err(refused("identity: options that are not known")),
    }
}

/// Changes an identity that this library made.
///
/// # Safety
/// Nobody else uses the identity during the call.
unsafe fn in_place(
    identity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    change: fn(&mut [u8]) -> Result<()>,
) -> Result<()> {
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    let bytes = unsafe { reader::block_bytes(identity) };
    change(bytes.ok_or_else(|| refused("identity: not one that this library made"))?)
}

#[cfg(test)]
mod tests;
