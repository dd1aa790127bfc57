//! Contexts that are exported and imported.

use std::ptr;

use crate::abi::{self, SecBuffer, SecHandle};
use crate::ends::{self, Block, End};

/// SECPKG_CONTEXT_EXPORT_RESET_NEW.
pub const RESET_NEW: u32 = 1;
/// SECPKG_CONTEXT_EXPORT_DELETE_OLD.
pub const DELETE_OLD: u32 = 2;

/// The exported form of a context.
pub fn export(context: &mut SecHandle, flags: u32) -> Vec<u8> {
    let mut packed = SecBuffer { length: 0, kind: 0, memory: ptr::null_mut() };
    // SAFETY: a handle by value and a SecBuffer.
    let status =
        unsafe { abi::ExportSecurityContext(context, flags, &mut packed, ptr::null_mut()) };
    assert_eq!(status, abi::OK, "ORACLE nothing lost: not exported");
    // SAFETY: memory of the library of that length, freed below.
    let bytes = unsafe {
        std::slice::from_raw_parts(packed.memory.cast::<u8>(), packed.length as usize).to_vec()
    };
    // SAFETY: the same memory, not used after.
    assert_eq!(unsafe { abi::FreeContextBuffer(packed.memory) }, abi::OK);
    bytes
}

/// The context of an exported form; the status where it is none.
pub fn import(bytes: &[u8]) -> Result<SecHandle, i32> {
    let mut block = Block::of(bytes);
    let mut packed = block.buffer(0);
    let mut package = *b"WDigest\0";
    let mut context = SecHandle::UNTOUCHED;
    // SAFETY: a block of exactly that size, a terminated name, a handle to write.
    let status = unsafe {
        let name = package.as_mut_ptr().cast();
        abi::ImportSecurityContextA(name, &mut packed, ptr::null_mut(), &mut context)
    };
    assert!(block.bytes() == bytes, "ORACLE input: a pack was written");
    if status == abi::OK {
        return Ok(context);
    }
    assert_eq!(context, SecHandle::UNTOUCHED, "ORACLE failure: a failed call wrote a handle");
    Err(status)
}

/// Puts another context, imported from this end's, in its place.
pub fn pass_on(end: &mut End, flags: u32) {
    let old = end.context.as_mut().unwrap();
    let bytes = export(old, flags);
    if flags & DELETE_OLD == 0 {
        ends::delete(old);
    } else {
        // SAFETY: a handle by value.
        let status = unsafe { abi::DeleteSecurityContext(old) };
        assert_eq!(status, abi::INVALID_HANDLE, "ORACLE handle: the old one lives on");
    }
    end.context = Some(import(&bytes).expect("ORACLE nothing lost: not imported"));
}
