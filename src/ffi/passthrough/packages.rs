//! The system's packages beside this library's.

use once_cell::sync::OnceCell;

use crate::ffi::caller::package_info::PackageEntry;
use crate::ffi::tables::packages;
use crate::gss::windows;
use crate::system::windows_secur32::Listed;

/// This library's stand before this one, as WDigest does on Windows.
const FOLLOWING: &str = "Schannel";

/// Whether the package called `name` is this library's, and not left to the system's
/// package of that name by the configuration.
pub(crate) fn is_own(name: &str) -> bool {
    packages().is_own(name)
        && !(prefers_systems() && systems().iter().any(|entry| same(&entry.name, name)))
}

/// Whether the configuration says so. One that is wrong is reported by the call that acquires.
fn prefers_systems() -> bool {
    static PREFERS: OnceCell<bool> = OnceCell::new();
    *PREFERS.get_or_init(|| packages().prefers_system())
}

/// All packages in the system's order: its own, with this library's in the place of one of the same name,
/// else before Schannel, else at the end.
pub(crate) fn all() -> Vec<PackageEntry> {
    let mut list = systems();
    for package in packages().enumerated() {
        let info = package.info();
        let place = list.iter().position(|entry| same(&entry.name, info.name));
        match place.and_then(|place| list.get_mut(place)) {
            Some(_) if prefers_systems() => {}
            Some(entry) => *entry = PackageEntry::of(info),
            None => {
                let following = list.iter().position(|entry| same(&entry.name, FOLLOWING));
                list.insert(following.unwrap_or(list.len()), PackageEntry::of(info));
            }
        }
    }
    list
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The system's packages; none where there is no such DLL.
fn systems() -> Vec<PackageEntry> {
    let entry = |listed: Listed| {
        let Listed { name, comment, capabilities, version, rpc_id, max_token } = listed;
        PackageEntry { name, comment, capabilities, version, rpc_id, max_token }
    };
    windows::all().into_iter().map(entry).collect()
}
