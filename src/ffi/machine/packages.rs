//! The machine's packages beside ours.

use std::ffi::c_void;
use std::ptr::null_mut;

use once_cell::sync::OnceCell;

use super::route::typed;
use crate::config::Config;
use crate::ffi::memory::FreeContextBuffer;
use crate::ffi::package::{Entry, EnumerateSecurityPackagesW};
use crate::ffi::text;
use crate::ffi::types::{SECURITY_STATUS, SecPkgInfoW, ULONG};
use crate::sasl;
use crate::system::secur32::{Machine, machine};

/// Ours stand before this one, as WDigest does on Windows.
const FOLLOWING: &str = "Schannel";

/// Whether the package called `name` is ours: in this library, and not left to the machine's own
/// package of that name by the configuration.
pub(in crate::ffi) fn is_ours(name: &str) -> bool {
    let known = sasl::packages().iter().any(|package| same(package.info().name, name));
    known && !(prefers_theirs() && theirs().iter().any(|entry| same(&entry.name, name)))
}

/// Whether the configuration says so. One that is wrong is reported by the call that acquires.
fn prefers_theirs() -> bool {
    static PREFERS: OnceCell<bool> = OnceCell::new();
    *PREFERS.get_or_init(|| Config::load().is_ok_and(|config| config.use_system))
}

/// All packages in the machine's order: its own, with ours in the place of one of the same name,
/// else before Schannel, else at the end.
pub(in crate::ffi) fn all() -> Vec<Entry> {
    let mut list = theirs();
    for package in sasl::packages() {
        let info = package.info();
        let place = list.iter().position(|entry| same(&entry.name, info.name));
        match place.and_then(|place| list.get_mut(place)) {
            Some(_) if prefers_theirs() => {}
            Some(entry) => *entry = Entry::of(info),
            None => {
                let following = list.iter().position(|entry| same(&entry.name, FOLLOWING));
                list.insert(following.unwrap_or(list.len()), Entry::of(info));
            }
        }
    }
    list
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The machine's own packages; none where there is no such DLL.
fn theirs() -> Vec<Entry> {
    machine().and_then(ask).unwrap_or_default()
}

fn ask(machine: &Machine) -> Option<Vec<Entry>> {
    type Enumerate =
        unsafe extern "system" fn(*mut ULONG, *mut *mut SecPkgInfoW) -> SECURITY_STATUS;
    type Free = unsafe extern "system" fn(*mut c_void) -> SECURITY_STATUS;

    let (enumerate, free): (Enumerate, Free) = (EnumerateSecurityPackagesW, FreeContextBuffer);
    // SAFETY: the functions of those names have those types.
    let enumerate = unsafe { typed(enumerate, machine.function("EnumerateSecurityPackagesW")?) };
    // SAFETY: as above.
    let free = unsafe { typed(free, machine.function("FreeContextBuffer")?) };
    let (mut count, mut infos) = (0, null_mut());
    // SAFETY: both pointers are to live locals.
    let status = unsafe { enumerate(&raw mut count, &raw mut infos) };
    machine.cure_the_loader();
    if status != 0 || infos.is_null() {
        return None;
    }
    let list = (0..usize::try_from(count).ok()?)
        // SAFETY: `count` structures were returned, with texts or NULL.
        .map(|index| unsafe { entry(infos.wrapping_add(index)) })
        .collect();
    // SAFETY: the memory that was returned, which nothing refers to any more.
    unsafe { free(infos.cast()) };
    Some(list)
}

/// # Safety
/// `info` can be read, and its texts too, or they are NULL.
unsafe fn entry(info: *const SecPkgInfoW) -> Entry {
    // SAFETY: the caller's promise.
    let info = unsafe { info.read_unaligned() };
    // SAFETY: the caller's promise.
    let name = unsafe { text::wide(info.Name) };
    // SAFETY: the caller's promise.
    let comment = unsafe { text::wide(info.Comment) };
    Entry {
        name: name.ok().flatten().unwrap_or_default(),
        comment: comment.ok().flatten().unwrap_or_default(),
        capabilities: info.fCapabilities,
        version: info.wVersion,
        rpc_id: info.wRPCID,
        max_token: info.cbMaxToken,
    }
}
