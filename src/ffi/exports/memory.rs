//! The end of what the library allocated for its caller.

use std::ffi::c_void;

use crate::ffi::abi::types::SECURITY_STATUS;
use crate::ffi::caller::memory::free;
use crate::ffi::guard::guard_end;
use crate::ffi::passthrough::pass_through;

/// Frees memory that a function of this library allocated for its caller: output tokens with
/// ALLOCATE_MEMORY, package information, attribute strings, exported contexts.
///
/// The memory is overwritten before it is given back.
///
/// * `pvContextBuffer`: the pointer as received; NULL is nothing to free.
///
/// Returns SEC_E_OK; SEC_E_INVALID_HANDLE for any other pointer (freed before, inside a block, or
/// not from here), which then is left alone.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FreeContextBuffer(pvContextBuffer: *mut c_void) -> SECURITY_STATUS {
    pass_through!(Memory(pvContextBuffer) => FreeContextBuffer(pvContextBuffer));
    guard_end("FreeContextBuffer", || free(pvContextBuffer))
}
