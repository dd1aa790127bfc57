//! The system's own secur32.dll: everything that is not ours goes on to it.
//!
//! It is found by its full path, never by its name, which stands for this library. Its functions are
//! resolved once, all together: Wine's loader remembers the module that it last found for a base
//! name, so that after a look-up in the system's own DLL the next `LoadLibrary("secur32.dll")` of
//! anybody would get that one. Asking for this library by its full path sets it right. Wine's own
//! makes such a look-up, too, when a package is first used.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_void};
use std::ptr::NonNull;

use once_cell::sync::OnceCell;
use windows_sys::Win32::Foundation::{FreeLibrary, HMODULE};
use windows_sys::Win32::Security::Authentication::Identity::SecPkgInfoW;
use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleW, GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

use super::module;

/// The names that this library exports: those are what may be asked of the system's own.
const EXPORTS: &str = include_str!("../../def/exports.txt");

const NAME: &str = "secur32.dll";

/// Where the system's own is, below the system directory: the second is where it is kept when this
/// library has been installed in its place. Wine's needs its own base name to find its other half.
const PLACES: [&str; 2] = ["\\secur32.dll", "\\secur32-original\\secur32.dll"];

/// Exports of Wine's that end the process with "unimplemented function".
const STUBS_OF_WINE: [&str; 20] = [
    "GetSecurityUserInfo",
    "LsaRegisterPolicyChangeNotification",
    "LsaUnregisterPolicyChangeNotification",
    "SaslAcceptSecurityContext",
    "SaslEnumerateProfilesA",
    "SaslEnumerateProfilesW",
    "SaslGetContextOption",
    "SaslGetProfilePackageA",
    "SaslGetProfilePackageW",
    "SaslIdentifyPackageA",
    "SaslIdentifyPackageW",
    "SaslInitializeSecurityContextA",
    "SaslInitializeSecurityContextW",
    "SaslSetContextOption",
    "SecCacheSspiPackages",
    "SecDeleteUserModeContext",
    "SecInitUserModeContext",
    "SecpFreeMemory",
    "SecpTranslateName",
    "SecpTranslateNameEx",
];

/// The address of a function of the system's own secur32.dll, which is never unloaded.
#[derive(Clone, Copy)]
pub(crate) struct Address(NonNull<c_void>);

// SAFETY: the address of code, which any thread may run.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

impl Address {
    /// The address itself.
    #[must_use]
    pub(crate) fn pointer(self) -> *mut c_void {
        self.0.as_ptr()
    }
}

/// The system's own secur32.dll.
pub(crate) struct SystemDll {
    functions: BTreeMap<&'static str, Address>,
    /// Whether it is Wine's.
    is_wine: bool,
}

impl SystemDll {
    /// The function called `name`; `None` where it has none, or only a stub.
    #[must_use]
    pub(crate) fn function(&self, name: &str) -> Option<Address> {
        self.functions.get(name).copied()
    }

    /// Whether it is Wine's.
    #[must_use]
    pub(crate) fn is_wine(&self) -> bool {
        self.is_wine
    }

    /// Has Wine's loader find this library under the name that both have, after anything that may
    /// have made it look into its own.
    pub(crate) fn cure_the_loader(&self) {
        let Some(own) = module::own().filter(|own| self.is_wine && *own != module::called(NAME))
        else {
            return;
        };
        if let Some(mut path) = module::file_name(own) {
            path.push(0);
            // SAFETY: the path is terminated. What it returns is known.
            unsafe { GetModuleHandleW(path.as_ptr()) };
        }
    }
}

/// What the system tells of one of its packages.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) capabilities: u32,
    pub(crate) version: u16,
    pub(crate) rpc_id: u16,
    pub(crate) max_token: u32,
}

/// The system's packages, in its order; `None` where it cannot tell.
pub(crate) fn list(dll: &SystemDll) -> Option<Vec<Listed>> {
    type Enumerate = unsafe extern "system" fn(*mut u32, *mut *mut SecPkgInfoW) -> i32;
    type Free = unsafe extern "system" fn(*mut c_void) -> i32;

    let enumerate = dll.function("EnumerateSecurityPackagesW")?.pointer();
    // SAFETY: the function of that name has that type.
    let enumerate = unsafe { std::mem::transmute::<*mut c_void, Enumerate>(enumerate) };
    let free = dll.function("FreeContextBuffer")?.pointer();
    // SAFETY: as above.
    let free = unsafe { std::mem::transmute::<*mut c_void, Free>(free) };
    let (mut count, mut infos) = (0, std::ptr::null_mut());
    // SAFETY: both pointers are to live locals.
    let status = unsafe { enumerate(&raw mut count, &raw mut infos) };
    dll.cure_the_loader();
    if status != 0 || infos.is_null() {
        return None;
    }
    let list = (0..usize::try_from(count).ok()?)
        // SAFETY: `count` structures were returned, with strings or NULL.
        .map(|index| unsafe { listed(infos.wrapping_add(index)) })
        .collect();
    // SAFETY: the memory that was returned, which nothing refers to any more.
    unsafe { free(infos.cast()) };
    Some(list)
}

/// # Safety
/// `info` can be read, and its strings too, or they are NULL.
unsafe fn listed(info: *const SecPkgInfoW) -> Listed {
    // SAFETY: the caller's promise.
    let info = unsafe { info.read_unaligned() };
    // SAFETY: the caller's promise.
    let name = unsafe { string(info.Name) };
    // SAFETY: the caller's promise.
    let comment = unsafe { string(info.Comment) };
    Listed {
        name,
        comment,
        capabilities: info.fCapabilities,
        version: info.wVersion,
        rpc_id: info.wRPCID,
        max_token: info.cbMaxToken,
    }
}

/// A terminated string; empty for NULL.
///
/// # Safety
/// Not NULL, it can be read up to its terminator.
unsafe fn string(start: *const u16) -> String {
    let mut units = Vec::new();
    let mut next = start;
    while !next.is_null() {
        // SAFETY: the caller's promise: no terminator so far.
        let unit = unsafe { next.read_unaligned() };
        if unit == 0 {
            break;
        }
        units.push(unit);
        next = next.wrapping_add(1);
    }
    String::from_utf16_lossy(&units)
}

/// The system's own secur32.dll; `None` where there is none, or where this library is one of its
/// packages, so that asking it would come back here. Loaded on first use.
#[must_use]
pub(crate) fn system_dll() -> Option<&'static SystemDll> {
    static SYSTEM_DLL: OnceCell<Option<SystemDll>> = OnceCell::new();
    thread_local! {
        /// Whether this thread is loading it, and comes back from its initialization.
        static LOADING: Cell<bool> = const { Cell::new(false) };
    }

    if let Some(dll) = SYSTEM_DLL.get() {
        return dll.as_ref();
    }
    if LOADING.get() {
        return None;
    }
    // Outside of the cell, whose lock must not be held while the loader's is waited for. Two threads
    // may both load it: the second finds what the first has.
    LOADING.set(true);
    let found = find();
    LOADING.set(false);
    SYSTEM_DLL.get_or_init(|| found).as_ref()
}

fn find() -> Option<SystemDll> {
    if module::is_provider() {
        return None;
    }
    let own = module::own()?;
    let module = PLACES.iter().find_map(|place| load(place, own))?;
    let mut functions: BTreeMap<_, _> =
        names().filter_map(|name| Some((name, resolve(module, name)?))).collect();
    let is_wine = is_wine();
    if is_wine {
        functions.retain(|name, _| !STUBS_OF_WINE.contains(name));
    }
    let dll = SystemDll { functions, is_wine };
    dll.cure_the_loader();
    Some(dll)
}

/// Loads the system's own from a place below the system directory, unless that is this library.
fn load(place: &str, own: HMODULE) -> Option<HMODULE> {
    // A path of the system directory is shorter than that, or the system is not in order.
    let mut path = vec![0_u16; 260];
    let room = u32::try_from(path.len()).ok()?;
    // SAFETY: `room` units can be written at the pointer.
    let length = unsafe { GetSystemDirectoryW(path.as_mut_ptr(), room) };
    if length == 0 || length >= room {
        return None;
    }
    path.truncate(usize::try_from(length).ok()?);
    path.extend(place.encode_utf16().chain([0]));
    let flags = LOAD_WITH_ALTERED_SEARCH_PATH;
    // SAFETY: the path is terminated; the DLL is the system's, whose initialization is sound.
    let module = unsafe { LoadLibraryExW(path.as_ptr(), std::ptr::null_mut(), flags) };
    if module == own {
        // SAFETY: gives back the reference just taken; the caller's keeps this library loaded.
        unsafe { FreeLibrary(module) };
        return None;
    }
    (!module.is_null()).then_some(module)
}

fn names() -> impl Iterator<Item = &'static str> {
    let rows = EXPORTS.lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(|row| row.split_whitespace().next())
}

fn resolve(module: HMODULE, name: &str) -> Option<Address> {
    address(module, &CString::new(name).ok()?)
}

fn address(module: HMODULE, name: &CStr) -> Option<Address> {
    // SAFETY: the module is loaded and the name is terminated.
    let function = unsafe { GetProcAddress(module, name.as_ptr().cast()) }?;
    NonNull::new(function as *mut c_void).map(Address)
}

/// Wine says so in ntdll.dll.
fn is_wine() -> bool {
    let module = module::called("ntdll.dll");
    !module.is_null() && address(module, c"wine_get_version").is_some()
}
