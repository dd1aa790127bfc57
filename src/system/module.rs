//! Modules (programs and DLLs) of this process, and this library among them.

use std::ffi::c_void;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::HMODULE;
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
    GetModuleFileNameW, GetModuleHandleExW,
};

/// The longest path that Windows knows, in UTF-16 units.
const LONGEST_PATH: usize = 32768;

/// The module that this code is in: the DLL, or the program it is linked into.
#[must_use]
pub fn own() -> Option<HMODULE> {
    let flags =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    let here = own as *const c_void;
    let mut module: HMODULE = null_mut();
    // SAFETY: with that flag the second argument is any address; the third is a live local.
    let found = unsafe { GetModuleHandleExW(flags, here.cast(), &raw mut module) };
    (found != 0).then_some(module)
}

/// The full path of a module's file, in UTF-16 without a terminator.
#[must_use]
pub fn file_name(module: HMODULE) -> Option<Vec<u16>> {
    let mut name = vec![0_u16; LONGEST_PATH];
    let room = u32::try_from(name.len()).ok()?;
    // SAFETY: `room` units can be written at the pointer.
    let length = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), room) };
    name.truncate(usize::try_from(length).ok()?);
    (!name.is_empty()).then_some(name)
}
