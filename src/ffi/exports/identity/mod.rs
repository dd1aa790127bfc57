//! The exports that make, read, copy, compare and free identities.

pub mod cred;
pub mod protect;

use std::ffi::c_void;
use std::ptr::null_mut;

use zeroize::Zeroize;

use crate::error::{Error, Status};
use crate::ffi::abi::identity::PSEC_WINNT_AUTH_IDENTITY_OPAQUE;
use crate::ffi::abi::types::{BOOLEAN, SECURITY_STATUS, WCHAR};
use crate::ffi::caller::identity::arguments::{
    identity_block, optional_parts, output, parts_of, string_block, wide,
};
use crate::ffi::caller::identity::layout::IdentityParts;
use crate::ffi::caller::identity::{reader, strings};
use crate::ffi::caller::memory::{self, ContextBuffer};
use crate::ffi::guard::{guard, guard_end, guard_value};
use crate::secret::Secret;
use crate::sspi::Identity;

/// Makes an identity of a user name, a domain name and a password.
///
/// * `pszUserName`, `pszDomainName`: NUL-terminated, at most 32767 characters; NULL for none. An
///   empty domain is not the same as none.
/// * `pszPackedCredentialsString`: the password; NULL for none.
/// * `ppAuthIdentity`: receives the identity (a SEC_WINNT_AUTH_IDENTITY_EX2), which the caller
///   frees with SspiFreeAuthIdentity. Untouched on failure.
///
/// Returns SEC_E_OK; SEC_E_INVALID_TOKEN when all three strings are NULL; SEC_E_INVALID_PARAMETER
/// for a string that is too long or not UTF-16, or when ppAuthIdentity is NULL;
/// SEC_E_INSUFFICIENT_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiEncodeStringsAsAuthIdentity(
    pszUserName: *const WCHAR,
    pszDomainName: *const WCHAR,
    pszPackedCredentialsString: *const WCHAR,
    ppAuthIdentity: *mut PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiEncodeStringsAsAuthIdentity", || {
        if [pszUserName, pszDomainName, pszPackedCredentialsString].iter().all(|p| p.is_null()) {
            return Err(Error::new(Status::INVALID_TOKEN, "identity: all strings are NULL"));
        }
        let out = output(ppAuthIdentity)?;
        // SAFETY: NULL or terminated, as the function asks.
        let user = unsafe { wide(pszUserName) }?;
        // SAFETY: NULL or terminated, as the function asks.
        let domain = unsafe { wide(pszDomainName) }?;
        // SAFETY: NULL or terminated, as the function asks.
        let password = unsafe { wide(pszPackedCredentialsString) }?.map(Secret::new);
        let identity = Identity { user, domain, password };
        let block = identity_block(&IdentityParts { identity, ..IdentityParts::default() })?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { out.set(block.release()) };
        Ok(())
    })
}

/// Gives the user name, the domain name and the password of an identity as strings.
///
/// * `pAuthIdentity`: an identity of any form; an encrypted password is decrypted for the result.
/// * `ppszUserName`, `ppszDomainName`, `ppszPackedCredentialsString`: receive NUL-terminated
///   strings, each freed by the caller with SspiLocalFree; NULL for what the identity does not
///   have. Untouched on failure.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the identity cannot be used;
/// SEC_E_INSUFFICIENT_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiEncodeAuthIdentityAsStrings(
    pAuthIdentity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    ppszUserName: *mut *const WCHAR,
    ppszDomainName: *mut *const WCHAR,
    ppszPackedCredentialsString: *mut *const WCHAR,
) -> SECURITY_STATUS {
    guard("SspiEncodeAuthIdentityAsStrings", || {
        let user_out = output(ppszUserName)?;
        let domain_out = output(ppszDomainName)?;
        let password_out = output(ppszPackedCredentialsString)?;
        // SAFETY: an identity or NULL, as the function asks.
        let identity = unsafe { parts_of(pAuthIdentity) }?.identity;
        let user = identity.user.as_deref().map(string_block).transpose()?;
        let domain = identity.domain.as_deref().map(string_block).transpose()?;
        let password = identity.password.as_ref().map(|password| string_block(password.expose()));
        let password = password.transpose()?;
        let released = |block: Option<ContextBuffer>| {
            block.map_or(null_mut(), ContextBuffer::release).cast::<WCHAR>().cast_const()
        };
        // SAFETY: an output pointer, as the function asks.
        unsafe { user_out.set(released(user)) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { domain_out.set(released(domain)) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { password_out.set(released(password)) };
        Ok(())
    })
}

/// Says whether an identity can be used.
///
/// * `AuthData`: an identity of any form.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for NULL, wrong versions, sizes, offsets, flags or
/// lengths, strings that are not UTF-16 or have a NUL, and an encryption that is not this process's.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiValidateAuthIdentity(
    AuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiValidateAuthIdentity", || {
        // SAFETY: an identity or NULL, as the function asks.
        unsafe { parts_of(AuthData) }.map(drop)
    })
}

/// Copies an identity.
///
/// * `AuthData`: an identity of any form. An encrypted one gives an encrypted copy.
/// * `AuthDataCopy`: receives the copy (a SEC_WINNT_AUTH_IDENTITY_EX2), which the caller frees with
///   SspiFreeAuthIdentity. Untouched on failure.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the identity cannot be used;
/// SEC_E_INSUFFICIENT_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiCopyAuthIdentity(
    AuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    AuthDataCopy: *mut PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiCopyAuthIdentity", || {
        let out = output(AuthDataCopy)?;
        // SAFETY: an identity or NULL, as the function asks.
        let block = identity_block(&unsafe { parts_of(AuthData) }?)?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { out.set(block.release()) };
        Ok(())
    })
}

/// Overwrites and frees an identity that a function of this library made.
///
/// * `AuthData`: the identity; NULL, and any pointer that is not such an identity, is left alone.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiFreeAuthIdentity(AuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE) {
    guard_end("SspiFreeAuthIdentity", || memory::free(AuthData));
}

/// Overwrites the secrets of an identity with zeros.
///
/// * `AuthData`: an identity that a function of this library made is zeroed as a whole and can then
///   only be freed; of a structure of the caller's own, the password's characters are. NULL, and a
///   structure whose password cannot be found, is left alone.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiZeroAuthIdentity(AuthData: PSEC_WINNT_AUTH_IDENTITY_OPAQUE) {
    guard_value("SspiZeroAuthIdentity", (), || {
        if AuthData.is_null() {
            return Ok(());
        }
        // SAFETY: the caller does not use the identity meanwhile, as the function asks.
        if let Some(bytes) = unsafe { reader::block_bytes(AuthData) } {
            bytes.zeroize();
            return Ok(());
        }
        // SAFETY: an identity that may be written to, as the function asks.
        unsafe { reader::wipe_password(AuthData) };
        Ok(())
    });
}

/// Overwrites and frees memory that a function of the Sspi family allocated.
///
/// * `DataBuffer`: the memory; NULL, and any pointer that is not such memory, is left alone.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiLocalFree(DataBuffer: *mut c_void) {
    guard_end("SspiLocalFree", || memory::free(DataBuffer));
}

/// Compares two identities.
///
/// * `AuthIdentity1`, `AuthIdentity2`: identities of any form; NULL is the identity of the
///   logged-on user, which differs from any other.
/// * `SameSuppliedUser`: receives TRUE where user and domain are the same without regard to case;
///   NULL when not wanted.
/// * `SameSuppliedIdentity`: receives TRUE where the password is the same too; NULL when not
///   wanted.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for an identity that cannot be used, and then nothing
/// is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiCompareAuthIdentities(
    AuthIdentity1: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    AuthIdentity2: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    SameSuppliedUser: *mut BOOLEAN,
    SameSuppliedIdentity: *mut BOOLEAN,
) -> SECURITY_STATUS {
    guard("SspiCompareAuthIdentities", || {
        // SAFETY: an identity or NULL, as the function asks.
        let one = unsafe { optional_parts(AuthIdentity1) }?;
        // SAFETY: an identity or NULL, as the function asks.
        let other = unsafe { optional_parts(AuthIdentity2) }?;
        let (user, all) = compare(one.as_ref(), other.as_ref());
        if let Ok(out) = output(SameSuppliedUser) {
            // SAFETY: an output pointer, as the function asks.
            unsafe { out.set(user.into()) };
        }
        if let Ok(out) = output(SameSuppliedIdentity) {
            // SAFETY: an output pointer, as the function asks.
            unsafe { out.set(all.into()) };
        }
        Ok(())
    })
}

/// Whether the users are the same, and whether all is.
fn compare(one: Option<&IdentityParts>, other: Option<&IdentityParts>) -> (bool, bool) {
    match (one, other) {
        (
            Some(IdentityParts { identity: one, .. }),
            Some(IdentityParts { identity: other, .. }),
        ) => {
            let user = strings::same_user(one, other);
            (user, user && strings::same_password(one, other))
        }
        (one, other) => {
            let both = one.is_none() && other.is_none();
            (both, both)
        }
    }
}

#[cfg(test)]
mod tests;
