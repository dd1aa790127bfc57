//! A credential as `AcquireCredentialsHandle` makes it: pointers become a request to the package.

use std::ffi::c_void;
use std::sync::Arc;

use crate::accounts::Source;
use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{CredHandle, SEC_GET_KEY_FN, TimeStamp};
use crate::ffi::caller::callback::KeyFunction;
use crate::ffi::caller::identity::reader::read_identity;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::{CallerString, StringForm};
use crate::ffi::tables::{CREDENTIALS, CredentialEntry, packages};
use crate::sspi::{self, CredentialRequest, MAXIMUM_TIME, Package, Usage};

/// `SECPKG_CRED_INBOUND`.
const INBOUND: u32 = 1;
/// `SECPKG_CRED_OUTBOUND`.
const OUTBOUND: u32 = 2;
/// The bits of `fCredentialUse` that say a direction; those above are conditions that do not
/// apply here (`SECPKG_CRED_AUTOLOGON_RESTRICTED`, `SECPKG_CRED_PROCESS_POLICY_ONLY`).
const DIRECTIONS: u32 = 0xF;
/// The arguments of `AcquireCredentialsHandle`.
pub(super) struct Acquisition {
    pub(super) form: StringForm,
    pub(super) principal: CallerString,
    pub(super) package: CallerString,
    pub(super) usage: u32,
    pub(super) logon: *const c_void,
    pub(super) identity: *const c_void,
    pub(super) key_function: SEC_GET_KEY_FN,
    pub(super) key_argument: *mut c_void,
    pub(super) handle: *mut CredHandle,
    pub(super) expiry: *mut TimeStamp,
}

/// Acquires the credential, and writes its handle and its end.
///
/// # Safety
/// The pointers are what the header says of `AcquireCredentialsHandleW`'s parameters.
pub(super) unsafe fn acquire(call: &Acquisition) -> Result<()> {
    if call.handle.is_null() {
        let reason = "credential: nowhere to put the handle";
        return Err(Error::new(Status::INVALID_HANDLE, reason));
    }
    // SAFETY: the pointers are the header's (the caller's promise).
    let (package, mut request) = unsafe { read(call) }.inspect_err(|_| {
        // The configuration makes the log. This may be the process's first call, which the log is
        // to explain as well; what is wrong with the configuration, the next call says.
        let _ = packages().configuration();
    })?;
    request.configuration = Arc::new(packages().configuration_for(package)?);
    let credential = sspi::acquire(package, request)?;
    let handle = CREDENTIALS.insert(CredentialEntry(credential))?;
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(call.handle, pointer::words(handle)) };
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(call.expiry, pointer::time(MAXIMUM_TIME)) };
    Ok(())
}

/// The package that is asked, and for what.
///
/// # Safety
/// The pointers are what the header says of `AcquireCredentialsHandleW`'s parameters.
unsafe fn read(call: &Acquisition) -> Result<(&'static dyn Package, CredentialRequest)> {
    // SAFETY: NULL or terminated (the caller's promise).
    let name = unsafe { call.package.read(Status::SECPKG_NOT_FOUND) }?;
    let package = packages().find(name.as_deref().unwrap_or_default())?;
    let usage = usage(call.usage)?;
    if !call.logon.is_null() {
        let reason = "credential: other logon sessions are not this process's";
        return Err(Error::new(Status::NOT_OWNER, reason));
    }
    // SAFETY: NULL or terminated (the caller's promise).
    let principal = unsafe { call.principal.read(Status::UNKNOWN_CREDENTIALS) }?;
    // SAFETY: NULL or an identity that can be read (the caller's promise).
    let (identity, packages) = unsafe { read_identity(call.identity) }?;
    let source = KeyFunction::new(call.key_function, call.key_argument, call.form)
        .map(|function| Arc::new(function) as Arc<dyn Source>);
    let request =
        CredentialRequest { usage, principal, identity, packages, source, ..Default::default() };
    Ok((package, request))
}

fn usage(bits: u32) -> Result<Usage> {
    match bits & DIRECTIONS {
        INBOUND => Ok(Usage { inbound: true, outbound: false }),
        OUTBOUND => Ok(Usage { inbound: false, outbound: true }),
        directions if directions == INBOUND | OUTBOUND => {
            Ok(Usage { inbound: true, outbound: true })
        }
        _ => Err(Error::new(
            Status::UNKNOWN_CREDENTIALS,
            "credential: fCredentialUse is neither INBOUND, OUTBOUND nor BOTH",
        )),
    }
}
