//! Packages: listed, and told about.

use std::ffi::c_void;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{
    PSECURITY_PACKAGE_OPTIONS, SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecPkgInfoA, SecPkgInfoW,
    ULONG,
};
use crate::ffi::caller::buffers;
use crate::ffi::caller::package_info::{PackageEntry, entries_block, write_info};
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::{CallerString, StringForm};
use crate::ffi::guard::guard;
use crate::ffi::passthrough::pass_through;
use crate::ffi::tables::packages;

/// Lists the packages of this machine.
///
/// * `pcPackages`: receives their number.
/// * `ppPackageInfo`: receives an array of as many structures; it and all its strings are one block
///   to free with FreeContextBuffer.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for a NULL argument; SEC_E_INSUFFICIENT_MEMORY. On
/// failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EnumerateSecurityPackagesW(
    pcPackages: *mut ULONG,
    ppPackageInfo: *mut *mut SecPkgInfoW,
) -> SECURITY_STATUS {
    guard("EnumerateSecurityPackagesW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { enumerate(pcPackages, ppPackageInfo.cast(), StringForm::Wide) }
    })
}

/// As EnumerateSecurityPackagesW, with ANSI strings.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EnumerateSecurityPackagesA(
    pcPackages: *mut ULONG,
    ppPackageInfo: *mut *mut SecPkgInfoA,
) -> SECURITY_STATUS {
    guard("EnumerateSecurityPackagesA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { enumerate(pcPackages, ppPackageInfo.cast(), StringForm::Narrow) }
    })
}

/// # Safety
/// As [`EnumerateSecurityPackagesW`].
unsafe fn enumerate(count: *mut ULONG, infos: *mut *mut c_void, form: StringForm) -> Result<()> {
    pointer::required(count)?;
    pointer::required(infos)?;
    let packages = entries();
    let block = entries_block(&packages, form)?;
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(count, buffers::count(packages.len())) };
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(infos, block.release()) };
    Ok(())
}

/// Tells about one package.
///
/// * `pszPackageName`: its name without regard to case.
/// * `ppPackageInfo`: receives a structure that is one block with its strings, to free with
///   FreeContextBuffer.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `ppPackageInfo` is NULL; SEC_E_SECPKG_NOT_FOUND;
/// SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QuerySecurityPackageInfoW(
    pszPackageName: *mut SEC_WCHAR,
    ppPackageInfo: *mut *mut SecPkgInfoW,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Wide(pszPackageName))
            => QuerySecurityPackageInfoW(pszPackageName, ppPackageInfo)
    );
    guard("QuerySecurityPackageInfoW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(CallerString::Wide(pszPackageName), ppPackageInfo.cast(), StringForm::Wide) }
    })
}

/// As QuerySecurityPackageInfoW, with ANSI strings.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QuerySecurityPackageInfoA(
    pszPackageName: *mut SEC_CHAR,
    ppPackageInfo: *mut *mut SecPkgInfoA,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Narrow(pszPackageName))
            => QuerySecurityPackageInfoA(pszPackageName, ppPackageInfo)
    );
    guard("QuerySecurityPackageInfoA", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            query(CallerString::Narrow(pszPackageName), ppPackageInfo.cast(), StringForm::Narrow)
        }
    })
}

/// # Safety
/// As [`QuerySecurityPackageInfoW`].
unsafe fn query(name: CallerString, info: *mut *mut c_void, form: StringForm) -> Result<()> {
    pointer::required(info)?;
    // SAFETY: NULL or terminated (the caller's promise).
    let name = unsafe { name.read(Status::SECPKG_NOT_FOUND) }?;
    let package = packages().find(name.as_deref().unwrap_or_default())?;
    // SAFETY: writable (the caller's promise).
    unsafe { write_info(info, package, form) }
}

/// The packages of this machine in its order.
fn entries() -> Vec<PackageEntry> {
    #[cfg(windows)]
    return crate::ffi::passthrough::packages::all();
    #[cfg(not(windows))]
    packages().enumerated().iter().map(|package| PackageEntry::of(package.info())).collect()
}

/// Would add a package to this machine, which programs cannot.
///
/// Returns SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AddSecurityPackageW(
    pszPackageName: *mut SEC_WCHAR,
    pOptions: PSECURITY_PACKAGE_OPTIONS,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Wide(pszPackageName)) => AddSecurityPackageW(pszPackageName, pOptions)
    );
    let _ = (pszPackageName, pOptions);
    guard("AddSecurityPackageW", fixed)
}

/// As AddSecurityPackageW.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AddSecurityPackageA(
    pszPackageName: *mut SEC_CHAR,
    pOptions: PSECURITY_PACKAGE_OPTIONS,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Narrow(pszPackageName)) => AddSecurityPackageA(pszPackageName, pOptions)
    );
    let _ = (pszPackageName, pOptions);
    guard("AddSecurityPackageA", fixed)
}

/// Would remove a package from this machine, which programs cannot.
///
/// Returns SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeleteSecurityPackageW(
    pszPackageName: *mut SEC_WCHAR,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Wide(pszPackageName)) => DeleteSecurityPackageW(pszPackageName));
    let _ = pszPackageName;
    guard("DeleteSecurityPackageW", fixed)
}

/// As DeleteSecurityPackageW.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeleteSecurityPackageA(
    pszPackageName: *mut SEC_CHAR,
) -> SECURITY_STATUS {
    pass_through!(Package(CallerString::Narrow(pszPackageName)) => DeleteSecurityPackageA(pszPackageName));
    let _ = pszPackageName;
    guard("DeleteSecurityPackageA", fixed)
}

fn fixed() -> Result<()> {
    Err(Error::new(Status::UNSUPPORTED_FUNCTION, "package: the list of packages is fixed"))
}
