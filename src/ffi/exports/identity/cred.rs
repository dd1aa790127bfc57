//! The exports that put identities into words: for the Credential Manager, for choosing packages,
//! and for deciding whether to ask the user.

use std::ptr::null_mut;

use crate::error::Result;
use crate::ffi::abi::identity::PSEC_WINNT_AUTH_IDENTITY_OPAQUE;
use crate::ffi::abi::types::{BOOLEAN, SECURITY_STATUS, UCHAR, ULONG, WCHAR};
use crate::ffi::caller::identity::arguments::{
    identity_block, optional_parts, output, parts_of, string_block, unterminated_block, wide,
};
use crate::ffi::caller::identity::layout::refused;
use crate::ffi::caller::identity::strings;
use crate::ffi::caller::memory::ContextBuffer;
use crate::ffi::guard::{guard, guard_value};
use crate::sspi::{Identity, PackageList};

/// `CRED_TYPE_DOMAIN_PASSWORD` of wincred.h.
const CRED_TYPE_DOMAIN_PASSWORD: ULONG = 2;

/// Says under which name the Credential Manager keeps the password of an identity.
///
/// * `AuthIdentity`: an identity of any form.
/// * `pszTargetName`: the target, NUL-terminated; NULL for the name of the account.
/// * `pCredmanCredentialType`: receives CRED_TYPE_DOMAIN_PASSWORD (2).
/// * `ppszCredmanTargetName`: receives the target, or `domain\user`; the caller frees it with
///   SspiLocalFree.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer other than pszTargetName is NULL, or the
/// identity cannot be used or has no user name; SEC_E_INSUFFICIENT_MEMORY. Nothing is written on
/// failure.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiPrepareForCredRead(
    AuthIdentity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    pszTargetName: *const WCHAR,
    pCredmanCredentialType: *mut ULONG,
    ppszCredmanTargetName: *mut *const WCHAR,
) -> SECURITY_STATUS {
    guard("SspiPrepareForCredRead", || {
        let type_out = output(pCredmanCredentialType)?;
        let target_out = output(ppszCredmanTargetName)?;
        // SAFETY: an identity or NULL, as the function asks.
        let identity = unsafe { parts_of(AuthIdentity) }?.identity;
        // SAFETY: NULL or terminated, as the function asks.
        let target = unsafe { wide(pszTargetName) }?;
        let target = target_block(target.as_deref(), &identity)?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { type_out.set(CRED_TYPE_DOMAIN_PASSWORD) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { target_out.set(target.release().cast::<WCHAR>().cast_const()) };
        Ok(())
    })
}

/// Gives what the Credential Manager is to keep of an identity.
///
/// * `AuthIdentity`: an identity of any form.
/// * `pszTargetName`: the target, NUL-terminated; NULL for the name of the account.
/// * `pCredmanCredentialType`: receives CRED_TYPE_DOMAIN_PASSWORD (2).
/// * `ppszCredmanTargetName`: receives the target, or `domain\user`.
/// * `ppszCredmanUserName`: receives `domain\user`, or the user without a domain.
/// * `ppCredentialBlob`, `pCredentialBlobSize`: receive the password in UTF-16 without terminator
///   and its length in bytes; NULL and 0 without a password.
///
/// The caller frees the two names and the password with SspiLocalFree.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer other than pszTargetName is NULL, or the
/// identity cannot be used or has no user name; SEC_E_INSUFFICIENT_MEMORY. Nothing is written on
/// failure.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiPrepareForCredWrite(
    AuthIdentity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    pszTargetName: *const WCHAR,
    pCredmanCredentialType: *mut ULONG,
    ppszCredmanTargetName: *mut *const WCHAR,
    ppszCredmanUserName: *mut *const WCHAR,
    ppCredentialBlob: *mut *mut UCHAR,
    pCredentialBlobSize: *mut ULONG,
) -> SECURITY_STATUS {
    guard("SspiPrepareForCredWrite", || {
        let type_out = output(pCredmanCredentialType)?;
        let target_out = output(ppszCredmanTargetName)?;
        let user_out = output(ppszCredmanUserName)?;
        let blob_out = output(ppCredentialBlob)?;
        let size_out = output(pCredentialBlobSize)?;
        // SAFETY: an identity or NULL, as the function asks.
        let identity = unsafe { parts_of(AuthIdentity) }?.identity;
        // SAFETY: NULL or terminated, as the function asks.
        let target = unsafe { wide(pszTargetName) }?;
        let target = target_block(target.as_deref(), &identity)?;
        let user = string_block(&strings::account_name(&identity)?)?;
        let password = identity.password.as_ref();
        let blob = password.map(|password| unterminated_block(password.expose())).transpose()?;
        let (blob, size) = blob.map_or((None, 0), |(block, size)| (Some(block), size));
        let size = ULONG::try_from(size).map_err(|_| refused("identity: too long"))?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { type_out.set(CRED_TYPE_DOMAIN_PASSWORD) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { target_out.set(target.release().cast::<WCHAR>().cast_const()) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { user_out.set(user.release().cast::<WCHAR>().cast_const()) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { blob_out.set(blob.map_or(null_mut(), ContextBuffer::release).cast()) };
        // SAFETY: an output pointer, as the function asks.
        unsafe { size_out.set(size) };
        Ok(())
    })
}

/// The target, or the account's name without one.
fn target_block(target: Option<&str>, identity: &Identity) -> Result<ContextBuffer> {
    match target {
        Some(target) => string_block(target),
        None => string_block(&strings::account_name(identity)?),
    }
}

/// Gives the host in the name of a service.
///
/// * `pszTargetName`: `service/host`, `service/host:port` or `service/host:port/name`, of which the
///   host is taken, or anything without a slash, which is taken as it is. NUL-terminated.
/// * `pszHostName`: receives the host, which the caller frees with SspiLocalFree. Untouched on
///   failure.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or no host is left;
/// SEC_E_INSUFFICIENT_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiGetTargetHostName(
    pszTargetName: *const WCHAR,
    pszHostName: *mut *mut WCHAR,
) -> SECURITY_STATUS {
    guard("SspiGetTargetHostName", || {
        let out = output(pszHostName)?;
        // SAFETY: NULL or terminated, as the function asks.
        let target = unsafe { wide(pszTargetName) }?;
        let target = target.ok_or_else(|| refused("the target is NULL"))?;
        let host = string_block(strings::target_host(&target)?)?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { out.set(host.release().cast()) };
        Ok(())
    })
}

/// Copies an identity, with a package added that is not to be used for it. A credential that is
/// acquired with the copy for that package makes no contexts: SEC_E_NO_CREDENTIALS.
///
/// * `AuthIdentity`: an identity of any form; NULL is the identity of the logged-on user.
/// * `pszPackageName`: the package, NUL-terminated.
/// * `ppNewAuthIdentity`: receives the copy, which the caller frees with SspiFreeAuthIdentity. Its
///   package list ends in `!` and the name. Untouched on failure.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when another pointer is NULL, the identity cannot be
/// used, or the name is empty, holds a comma or `!`, or makes the list too long; SEC_E_INSUFFICIENT_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiExcludePackage(
    AuthIdentity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    pszPackageName: *const WCHAR,
    ppNewAuthIdentity: *mut PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
) -> SECURITY_STATUS {
    guard("SspiExcludePackage", || {
        let out = output(ppNewAuthIdentity)?;
        // SAFETY: NULL or terminated, as the function asks.
        let package = unsafe { wide(pszPackageName) }?;
        let package = package.ok_or_else(|| refused("the package is NULL"))?;
        // SAFETY: an identity or NULL, as the function asks.
        let mut parts = unsafe { optional_parts(AuthIdentity) }?.unwrap_or_default();
        let mut packages = PackageList::new(parts.packages.take().unwrap_or_default());
        packages.exclude(&package)?;
        parts.packages = Some(packages.into_string());
        let block = identity_block(&parts)?;
        // SAFETY: an output pointer, as the function asks.
        unsafe { out.set(block.release()) };
        Ok(())
    })
}

/// Says whether asking the user for other credentials may help after an error.
///
/// * `ErrorOrNtStatus`: what the failed function returned: a SECURITY_STATUS, an NTSTATUS or a Win32
///   error.
///
/// Returns TRUE for SEC_E_NO_CREDENTIALS, SEC_E_LOGON_DENIED, SEC_E_UNKNOWN_CREDENTIALS,
/// STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD, STATUS_NO_SUCH_USER and ERROR_LOGON_FAILURE; FALSE
/// otherwise.
#[cfg_attr(not(windows), unsafe(no_mangle))]
#[must_use]
pub unsafe extern "system" fn SspiIsPromptingNeeded(ErrorOrNtStatus: ULONG) -> BOOLEAN {
    guard_value("SspiIsPromptingNeeded", 0, || Ok(strings::prompting_helps(ErrorOrNtStatus).into()))
}

#[cfg(test)]
mod tests;
