//! Changing a password, which no package here does.

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{BOOLEAN, SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecBufferDesc, ULONG};
use crate::ffi::caller::string::CallerString;
use crate::ffi::guard::guard;
use crate::ffi::passthrough::pass_through;

fn unsupported() -> Result<()> {
    Err(Error::new(Status::UNSUPPORTED_FUNCTION, "password: not a function of this package"))
}

/// Would change the password of an account.
///
/// Returns SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ChangeAccountPasswordW(
    pszPackageName: *mut SEC_WCHAR,
    pszDomainName: *mut SEC_WCHAR,
    pszAccountName: *mut SEC_WCHAR,
    pszOldPassword: *mut SEC_WCHAR,
    pszNewPassword: *mut SEC_WCHAR,
    bImpersonating: BOOLEAN,
    dwReserved: ULONG,
    pOutput: *mut SecBufferDesc,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Wide(pszPackageName))
            => ChangeAccountPasswordW(
                pszPackageName, pszDomainName, pszAccountName, pszOldPassword, pszNewPassword,
                bImpersonating, dwReserved, pOutput
            )
    );
    let _ = (pszPackageName, pszDomainName, pszAccountName, pszOldPassword, pszNewPassword);
    let _ = (bImpersonating, dwReserved, pOutput);
    guard("ChangeAccountPasswordW", unsupported)
}

/// As ChangeAccountPasswordW.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ChangeAccountPasswordA(
    pszPackageName: *mut SEC_CHAR,
    pszDomainName: *mut SEC_CHAR,
    pszAccountName: *mut SEC_CHAR,
    pszOldPassword: *mut SEC_CHAR,
    pszNewPassword: *mut SEC_CHAR,
    bImpersonating: BOOLEAN,
    dwReserved: ULONG,
    pOutput: *mut SecBufferDesc,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Narrow(pszPackageName))
            => ChangeAccountPasswordA(
                pszPackageName, pszDomainName, pszAccountName, pszOldPassword, pszNewPassword,
                bImpersonating, dwReserved, pOutput
            )
    );
    let _ = (pszPackageName, pszDomainName, pszAccountName, pszOldPassword, pszNewPassword);
    let _ = (bImpersonating, dwReserved, pOutput);
    guard("ChangeAccountPasswordA", unsupported)
}
