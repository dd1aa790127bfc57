//! Access tokens and impersonation, which no context here has: users of a Digest exchange have no
//! logon session on this machine, and a token that was none would be trusted like one.

use std::ffi::c_void;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{CtxtHandle, SECURITY_STATUS};
use crate::ffi::guard::guard;
use crate::ffi::passthrough::pass_through;
use crate::ffi::tables::session;

/// The refusal for want of a token.
pub(crate) fn no_token() -> Error {
    Error::new(Status::NO_IMPERSONATION, "context: its user has no access token on this machine")
}

/// # Safety
/// Not NULL, `context` can be read.
unsafe fn refuse(context: *const CtxtHandle) -> Result<()> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    unsafe { session(context) }?;
    Err(no_token())
}

/// Server: would let this thread act as the client.
///
/// * `phContext`: the context.
///
/// Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_NO_IMPERSONATION, and the thread goes on as what
/// it is.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ImpersonateSecurityContext(
    phContext: *mut CtxtHandle,
) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => ImpersonateSecurityContext(phContext));
    // SAFETY: what the header says of the parameter.
    guard("ImpersonateSecurityContext", || unsafe { refuse(phContext) })
}

/// Ends an impersonation; there is none to end.
///
/// * `phContext`: the context.
///
/// Returns SEC_E_OK; SEC_E_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn RevertSecurityContext(phContext: *mut CtxtHandle) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => RevertSecurityContext(phContext));
    // SAFETY: what the header says of the parameter.
    guard("RevertSecurityContext", || unsafe { session(phContext) }.map(drop))
}

/// Server: would return the client's access token.
///
/// * `phContext`: the context.
/// * `Token`: is left as it is.
///
/// Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_NO_IMPERSONATION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QuerySecurityContextToken(
    phContext: *mut CtxtHandle,
    Token: *mut *mut c_void,
) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => QuerySecurityContextToken(phContext, Token));
    let _ = Token;
    // SAFETY: what the header says of the parameter.
    guard("QuerySecurityContextToken", || unsafe { refuse(phContext) })
}
