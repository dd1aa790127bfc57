//! `SecPkgInfo` structures with their strings, each answer one block.

use std::ffi::c_void;
use std::mem::size_of;

use crate::error::Result;
use crate::ffi::abi::types::SecPkgInfoW;
use crate::ffi::caller::memory::ContextBuffer;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::StringForm;
use crate::sspi::{Package, PackageInfo};

/// Writes a pointer to a new block that tells about `package`.
///
/// # Safety
/// `info` can be written.
pub(crate) unsafe fn write_info(
    info: *mut *mut c_void,
    package: &'static dyn Package,
    form: StringForm,
) -> Result<()> {
    let block = info_block(package, form)?;
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(info, block.release()) };
    Ok(())
}

/// One block that tells about one package.
pub(crate) fn info_block(package: &dyn Package, form: StringForm) -> Result<ContextBuffer> {
    entries_block(&[PackageEntry::of(package.info())], form)
}

/// What is told of a package, whosever it is.
pub(crate) struct PackageEntry {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) capabilities: u32,
    pub(crate) version: u16,
    pub(crate) rpc_id: u16,
    pub(crate) max_token: u32,
}

impl PackageEntry {
    pub(crate) fn of(info: &PackageInfo) -> Self {
        let PackageInfo { name, comment, capabilities, version, rpc_id, max_token } = *info;
        let (name, comment) = (name.to_owned(), comment.to_owned());
        Self { name, comment, capabilities, version, rpc_id, max_token }
    }
}

/// One block with a structure for each of `packages` and then all their strings, and not a byte
/// more: Windows programs measure it.
pub(crate) fn entries_block(packages: &[PackageEntry], form: StringForm) -> Result<ContextBuffer> {
    // The A and W structures differ in the type of the strings only.
    let array = packages.len() * size_of::<SecPkgInfoW>();
    let mut strings = Vec::new();
    let mut places = Vec::new();
    for package in packages {
        for string in [&package.name, &package.comment] {
            places.push(array + strings.len());
            strings.extend_from_slice(&form.bytes(string));
        }
    }
    let mut block = ContextBuffer::zeroed(array + strings.len())?;
    let start = block.address();
    if let Some(memory) = block.bytes_mut().get_mut(array..) {
        memory.copy_from_slice(&strings);
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
