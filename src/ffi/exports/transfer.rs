//! Contexts packed for another process of this machine, and unpacked there.

use std::ffi::c_void;

use zeroize::Zeroizing;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{CtxtHandle, SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecBuffer, ULONG};
use crate::ffi::caller::buffers;
use crate::ffi::caller::memory::ContextBuffer;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::CallerString;
use crate::ffi::guard::guard;
use crate::ffi::passthrough::pass_through;
use crate::ffi::tables::{CONTEXTS, packages};
use crate::sasl::Session;

/// `SECPKG_CONTEXT_EXPORT_RESET_NEW`.
const RESET_NEW: u32 = 1;
/// `SECPKG_CONTEXT_EXPORT_DELETE_OLD`.
const DELETE_OLD: u32 = 2;

/// Packs an established context for ImportSecurityContextW.
///
/// * `phContext`: the context.
/// * `fFlags`: SECPKG_CONTEXT_EXPORT_RESET_NEW 1: packed as if no message had been exchanged yet;
///   SECPKG_CONTEXT_EXPORT_DELETE_OLD 2: the context is deleted after success.
/// * `pPackedContext`: `pvBuffer` and `cbBuffer` receive the pack, to free with FreeContextBuffer.
///   It holds the context's keys.
/// * `pToken`: receives NULL; may be NULL.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `pPackedContext` is NULL; SEC_E_INVALID_HANDLE;
/// SEC_E_UNSUPPORTED_FUNCTION for other flags, and for packages that cannot; SEC_E_CANNOT_PACK
/// before the exchange has succeeded; SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ExportSecurityContext(
    phContext: *mut CtxtHandle,
    fFlags: ULONG,
    pPackedContext: *mut SecBuffer,
    pToken: *mut *mut c_void,
) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => ExportSecurityContext(phContext, fFlags, pPackedContext, pToken)
    );
    guard("ExportSecurityContext", || {
        // SAFETY: what the header says of the parameter.
        let handle = unsafe { pointer::handle(phContext) }?;
        let session = CONTEXTS.get(handle)?;
        pointer::required(pPackedContext)?;
        if fFlags & !(RESET_NEW | DELETE_OLD) != 0 {
            let reason = "export: a flag beside RESET_NEW and DELETE_OLD";
            return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
        }
        let packed = Zeroizing::new(session.context().export(fFlags & RESET_NEW != 0)?);
        let block = ContextBuffer::holding(&packed)?;
        if fFlags & DELETE_OLD != 0 {
            // Of two threads that export and delete at once, one has the context afterwards.
            CONTEXTS.remove(handle)?;
        }
        // SAFETY: what the header says of the parameter.
        let kind = unsafe { pointer::read(pPackedContext) }.map_or(0, |buffer| buffer.BufferType);
        let answer = SecBuffer {
            cbBuffer: buffers::count(packed.len()),
            BufferType: kind,
            pvBuffer: block.release(),
        };
        // SAFETY: what the header says of the parameter.
        unsafe { pointer::write(pPackedContext, answer) };
        // SAFETY: what the header says of the parameter.
        unsafe { pointer::write(pToken, std::ptr::null_mut()) };
        Ok(())
    })
}

/// Unpacks a context that ExportSecurityContext packed on this machine.
///
/// * `pszPackage`: the package of the context.
/// * `pPackedContext`: the pack. It can be freed afterwards.
/// * `Token`: ignored.
/// * `phContext`: receives the handle of the context, which is established.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `phContext` is NULL; SEC_E_SECPKG_NOT_FOUND;
/// SEC_E_INVALID_TOKEN for a pack that is missing, damaged, or another machine's;
/// SEC_E_UNSUPPORTED_FUNCTION for packages that cannot; SEC_E_INSUFFICIENT_MEMORY. On failure
/// nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ImportSecurityContextW(
    pszPackage: *mut SEC_WCHAR,
    pPackedContext: *mut SecBuffer,
    Token: *mut c_void,
    phContext: *mut CtxtHandle,
) -> SECURITY_STATUS {
    pass_through!(ImportedContext(CallerString::Wide(pszPackage), phContext)
            => ImportSecurityContextW(pszPackage, pPackedContext, Token, phContext)
    );
    let _ = Token;
    guard("ImportSecurityContextW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { import(CallerString::Wide(pszPackage), pPackedContext, phContext) }
    })
}

/// As ImportSecurityContextW, with an ANSI package name.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ImportSecurityContextA(
    pszPackage: *mut SEC_CHAR,
    pPackedContext: *mut SecBuffer,
    Token: *mut c_void,
    phContext: *mut CtxtHandle,
) -> SECURITY_STATUS {
    pass_through!(ImportedContext(CallerString::Narrow(pszPackage), phContext)
            => ImportSecurityContextA(pszPackage, pPackedContext, Token, phContext)
    );
    let _ = Token;
    guard("ImportSecurityContextA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { import(CallerString::Narrow(pszPackage), pPackedContext, phContext) }
    })
}

/// # Safety
/// As [`ImportSecurityContextW`].
unsafe fn import(
    package: CallerString,
    packed: *const SecBuffer,
    context: *mut CtxtHandle,
) -> Result<()> {
    pointer::required(context)?;
    // SAFETY: NULL or terminated (the caller's promise).
    let name = unsafe { package.read(Status::SECPKG_NOT_FOUND) }?;
    let package = packages().find(name.as_deref().unwrap_or_default())?;
    // SAFETY: NULL or readable (the caller's promise).
    let packed = unsafe { pointer::read(packed) }
        .ok_or_else(|| Error::new(Status::INVALID_TOKEN, "import: no pack"))?;
    let (start, length) = (packed.pvBuffer.cast::<u8>(), buffers::length(packed));
    // SAFETY: readable for its length (the caller's promise).
    let bytes = unsafe { pointer::bytes(start, length, Status::INVALID_TOKEN) }?;
    let session =
        Session::imported(package.import(bytes, &packages().configuration_for(package)?)?);
    let handle = CONTEXTS.insert(session)?;
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(context, pointer::words(handle)) };
    Ok(())
}
