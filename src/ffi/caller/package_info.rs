//! `SecPkgInfo` structures with their texts, each answer one block.

use std::ffi::c_void;
use std::mem::size_of;

use crate::error::Result;
use crate::ffi::abi::types::SecPkgInfoW;
use crate::ffi::caller::memory::Block;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::Form;
use crate::sspi::{Package, PackageInfo};

/// Writes a pointer to a new block that tells about `package`.
///
/// # Safety
/// `info` can be written.
pub(crate) unsafe fn write_info(
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
pub(crate) fn info_block(package: &dyn Package, form: Form) -> Result<Block> {
    entries_block(&[Entry::of(package.info())], form)
}

/// What is told of a package, whosever it is.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) capabilities: u32,
    pub(crate) version: u16,
    pub(crate) rpc_id: u16,
    pub(crate) max_token: u32,
}

impl Entry {
    pub(crate) fn of(info: &PackageInfo) -> Self {
        let PackageInfo { name, comment, capabilities, version, rpc_id, max_token } = *info;
        let (name, comment) = (name.to_owned(), comment.to_owned());
        Self { name, comment, capabilities, version, rpc_id, max_token }
    }
}

/// One block with a structure for each of `packages` and then all their texts, and not an octet
/// more: Windows programs measure it.
pub(crate) fn entries_block(packages: &[Entry], form: Form) -> Result<Block> {
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
