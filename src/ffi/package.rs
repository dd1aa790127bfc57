//! Packages: listed, and told about.

use std::ffi::c_void;
use std::mem::size_of;

use super::buffers;
use super::guard::guard;
use super::machine::hand_over;
use super::memory::Block;
use super::pointer;
use super::text::{Foreign, Form};
use super::types::{
    PSECURITY_PACKAGE_OPTIONS, SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecPkgInfoA, SecPkgInfoW,
    ULONG,
};
use crate::sasl;
use crate::sspi::{Error, Package, PackageInfo, Result, Status};

/// Lists the packages of this machine.
///
/// * `pcPackages`: receives their number.
/// * `ppPackageInfo`: receives an array of as many structures; it and all its texts are one block
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
        unsafe { enumerate(pcPackages, ppPackageInfo.cast(), Form::Wide) }
    })
}

/// As EnumerateSecurityPackagesW, with ANSI text.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EnumerateSecurityPackagesA(
    pcPackages: *mut ULONG,
    ppPackageInfo: *mut *mut SecPkgInfoA,
) -> SECURITY_STATUS {
    guard("EnumerateSecurityPackagesA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { enumerate(pcPackages, ppPackageInfo.cast(), Form::Narrow) }
    })
}

/// # Safety
/// As [`EnumerateSecurityPackagesW`].
unsafe fn enumerate(count: *mut ULONG, infos: *mut *mut c_void, form: Form) -> Result<()> {
    pointer::required(count)?;
    pointer::required(infos)?;
    let packages = entries();
    let block = entries_block(&packages, form)?;
    // SAFETY: the caller's promise.
    unsafe { pointer::write(count, buffers::count(packages.len())) };
    // SAFETY: the caller's promise.
    unsafe { pointer::write(infos, block.release()) };
    Ok(())
}

/// Tells about one package.
///
/// * `pszPackageName`: its name without regard to case.
/// * `ppPackageInfo`: receives a structure that is one block with its texts, to free with
///   FreeContextBuffer.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `ppPackageInfo` is NULL; SEC_E_SECPKG_NOT_FOUND;
/// SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QuerySecurityPackageInfoW(
    pszPackageName: *mut SEC_WCHAR,
    ppPackageInfo: *mut *mut SecPkgInfoW,
) -> SECURITY_STATUS {
    hand_over!(
        package Foreign::Wide(pszPackageName)
            => QuerySecurityPackageInfoW(pszPackageName, ppPackageInfo)
    );
    guard("QuerySecurityPackageInfoW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(Foreign::Wide(pszPackageName), ppPackageInfo.cast(), Form::Wide) }
    })
}

/// As QuerySecurityPackageInfoW, with ANSI text.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QuerySecurityPackageInfoA(
    pszPackageName: *mut SEC_CHAR,
    ppPackageInfo: *mut *mut SecPkgInfoA,
) -> SECURITY_STATUS {
    hand_over!(
        package Foreign::Narrow(pszPackageName)
            => QuerySecurityPackageInfoA(pszPackageName, ppPackageInfo)
    );
    guard("QuerySecurityPackageInfoA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(Foreign::Narrow(pszPackageName), ppPackageInfo.cast(), Form::Narrow) }
    })
}

/// # Safety
/// As [`QuerySecurityPackageInfoW`].
unsafe fn query(name: Foreign, info: *mut *mut c_void, form: Form) -> Result<()> {
    pointer::required(info)?;
    // SAFETY: the caller's promise.
    let name = unsafe { name.read(Status::SECPKG_NOT_FOUND) }?;
    let package = sasl::find_package(name.as_deref().unwrap_or_default())?;
    // SAFETY: the caller's promise.
    unsafe { write_info(info, package, form) }
}

/// Writes a pointer to a new block that tells about `package`.
///
/// # Safety
/// `info` can be written.
pub(super) unsafe fn write_info(
    info: *mut *mut c_void,
    package: &'static dyn Package,
    form: Form,
) -> Result<()> {
    let block = info_block(package, form)?;
    // SAFETY: the caller's promise.
    unsafe { pointer::write(info, block.release()) };
    Ok(())
}

/// One block that tells about one package.
pub(super) fn info_block(package: &dyn Package, form: Form) -> Result<Block> {
    entries_block(&[Entry::of(package.info())], form)
}

/// What is told of a package, whosever it is.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) capabilities: u32,
    pub(super) version: u16,
    pub(super) rpc_id: u16,
    pub(super) max_token: u32,
}

impl Entry {
    pub(super) fn of(info: &PackageInfo) -> Self {
        let PackageInfo { name, comment, capabilities, version, rpc_id, max_token } = *info;
        let (name, comment) = (name.to_owned(), comment.to_owned());
        Self { name, comment, capabilities, version, rpc_id, max_token }
    }
}

/// The packages of this machine in its order.
fn entries() -> Vec<Entry> {
    #[cfg(windows)]
    return super::machine::packages::all();
    #[cfg(not(windows))]
    sasl::packages().iter().map(|package| Entry::of(package.info())).collect()
}

/// One block with a structure for each of `packages` and then all their texts, and not an octet
/// more: Windows programs measure it.
fn entries_block(packages: &[Entry], form: Form) -> Result<Block> {
    // The A and W structures differ in the type of the texts only.
    let array = packages.len() * size_of::<SecPkgInfoW>();
    let mut texts = Vec::new();
    let mut places = Vec::new();
    for package in packages {
        for text in [&package.name, &package.comment] {
            places.push(array + texts.len());
            texts.extend_from_slice(&form.octets(text));
        }
    }
    let mut block = Block::zeroed(array + texts.len())?;
    let start = block.address();
    if let Some(memory) = block.octets_mut().get_mut(array..) {
        memory.copy_from_slice(&texts);
    }
    for (index, (info, places)) in packages.iter().zip(places.as_chunks().0).enumerate() {
        let [name, comment] = places.map(|place| start.wrapping_byte_add(place));
        let entry = SecPkgInfoW {
            fCapabilities: info.capabilities,
            wVersion: info.version,
            wRPCID: info.rpc_id,
            cbMaxToken: info.max_token,
            Name: name.cast(),
            Comment: comment.cast(),
        };
        // SAFETY: one of the `packages.len()` structures that the block begins with.
        unsafe { pointer::write(start.cast::<SecPkgInfoW>().wrapping_add(index), entry) };
    }
    Ok(block)
}

/// Would add a package to this machine, which programs cannot.
///
/// Returns SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AddSecurityPackageW(
    pszPackageName: *mut SEC_WCHAR,
    pOptions: PSECURITY_PACKAGE_OPTIONS,
) -> SECURITY_STATUS {
    hand_over!(
        package Foreign::Wide(pszPackageName) => AddSecurityPackageW(pszPackageName, pOptions)
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
    hand_over!(
        package Foreign::Narrow(pszPackageName) => AddSecurityPackageA(pszPackageName, pOptions)
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
    hand_over!(package Foreign::Wide(pszPackageName) => DeleteSecurityPackageW(pszPackageName));
    let _ = pszPackageName;
    guard("DeleteSecurityPackageW", fixed)
}

/// As DeleteSecurityPackageW.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeleteSecurityPackageA(
    pszPackageName: *mut SEC_CHAR,
) -> SECURITY_STATUS {
    hand_over!(package Foreign::Narrow(pszPackageName) => DeleteSecurityPackageA(pszPackageName));
    let _ = pszPackageName;
    guard("DeleteSecurityPackageA", fixed)
}

fn fixed() -> Result<()> {
    Err(Error::new(Status::UNSUPPORTED_FUNCTION, "package: the list of packages is fixed"))
}
