//! Modules (programs and DLLs) of this process, and this library among them.

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use once_cell::sync::OnceCell;
use windows_sys::Win32::Foundation::HMODULE;
use windows_sys::Win32::System::Diagnostics::Debug::RtlCaptureStackBackTrace;
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN,
    GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, GetModuleFileNameW, GetModuleHandleExW,
    GetModuleHandleW,
};

/// The longest path that Windows knows, in UTF-16 units.
const LONGEST_PATH: usize = 32768;

/// What the system says to a module that it has just loaded.
const DLL_PROCESS_ATTACH: u32 = 1;

/// The module that this code is in: the DLL, or the program it is linked into.
#[must_use]
pub(crate) fn own() -> Option<HMODULE> {
    containing(own as *const c_void)
}

/// Keeps this library in the process until that ends, from when it is loaded.
///
/// It cannot go again. Rust's standard library takes thread-local indexes on this target, of which a
/// process has about a thousand, when it is first used, and when it is unloaded without that; it
/// never gives one back, and without one it ends the process. What a thread has stored there is freed
/// by code of this library when the thread ends. And the system's own secur32.dll, which this
/// library loads and may not free while it is unloaded itself (Microsoft's "Dynamic-Link Library
/// Best Practices"), would be what the next `LoadLibrary("secur32.dll")` finds.
unsafe extern "system" fn stay(_module: *mut c_void, reason: u32, _reserved: *mut c_void) {
    if reason == DLL_PROCESS_ATTACH {
        find(GET_MODULE_HANDLE_EX_FLAG_PIN, own as *const c_void);
    }
}

/// What stands in this section is called when the module is loaded, before any other code of it.
#[used]
#[unsafe(link_section = ".CRT$XLC")]
static ON_LOAD: unsafe extern "system" fn(*mut c_void, u32, *mut c_void) = stay;

/// The module whose memory `address` is in.
fn containing(address: *const c_void) -> Option<HMODULE> {
    find(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, address)
}

fn find(flag: u32, address: *const c_void) -> Option<HMODULE> {
    let flags = flag | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
    let mut module: HMODULE = null_mut();
    // SAFETY: with that flag the second argument is any address; the third is a live local.
    let found = unsafe { GetModuleHandleExW(flags, address.cast(), &raw mut module) };
    (found != 0).then_some(module)
}

/// The module that the loader finds under a name without a path; NULL where there is none.
#[must_use]
pub(crate) fn called(name: &str) -> HMODULE {
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: the name is terminated.
    unsafe { GetModuleHandleW(name.as_ptr()) }
}

/// The name of a module's file without its directory.
#[must_use]
pub(crate) fn base_name(module: HMODULE) -> Option<String> {
    let path = String::from_utf16_lossy(&file_name(module)?);
    path.rsplit(['\\', '/']).next().map(str::to_owned)
}

/// The full path of a module's file, in UTF-16 without a terminator.
#[must_use]
pub(crate) fn file_name(module: HMODULE) -> Option<Vec<u16>> {
    let mut name = vec![0_u16; LONGEST_PATH];
    let room = u32::try_from(name.len()).ok()?;
    // SAFETY: `room` units can be written at the pointer.
    let length = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), room) };
    name.truncate(usize::try_from(length).ok()?);
    (!name.is_empty()).then_some(name)
}

/// Whether this library is a DLL of another name than secur32.dll: then Wine's secur32.dll has
/// loaded it as one of its packages, because it is registered under `SecurityProviders`.
///
/// That changes what handles are: Wine's replaces their upper words by its own.
#[must_use]
pub(crate) fn is_provider() -> bool {
    static PROVIDER: OnceCell<bool> = OnceCell::new();
    *PROVIDER.get_or_init(|| {
        // SAFETY: NULL asks for the program's own module.
        let program = unsafe { GetModuleHandleW(null()) };
        let module = own().filter(|module| *module != program);
        let name = module.and_then(base_name);
        name.is_some_and(|name| !name.eq_ignore_ascii_case("secur32.dll"))
    })
}

/// The module that called this library: the first on the stack that is another one. `None` where
/// that cannot be told.
#[must_use]
pub(crate) fn caller() -> Option<HMODULE> {
    // Between the export and here are a few functions of this library: the guard's.
    const DEPTH: u32 = 32;

    let own = own()?;
    let mut frames = [null_mut::<c_void>(); DEPTH as usize];
    // SAFETY: there is room for as many addresses; no hash is asked for.
    let count =
        unsafe { RtlCaptureStackBackTrace(0, DEPTH, frames.as_mut_ptr().cast(), null_mut()) };
    frames.iter().take(count.into()).find_map(|frame| containing(*frame).filter(|it| *it != own))
}
