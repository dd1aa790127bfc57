//! The times that a context tells.

use std::time::{SystemTime, UNIX_EPOCH};

use super::types::INDEFINITE;
use crate::sspi::MAXIMUM_TIME;
use crate::system::time_zone;

/// Now, as a FILETIME value in local time.
pub(super) fn now() -> u64 {
    filetime(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos())
}

/// FILETIME of nanoseconds since 1970, in local time.
fn filetime(nanoseconds: u128) -> u64 {
    /// 100 ns intervals between 1601 and 1970.
    const EPOCH: u64 = 116_444_736_000_000_000;
    let since = u64::try_from(nanoseconds / 100).unwrap_or(MAXIMUM_TIME);
    time_zone::filetime_to_local(since.saturating_add(EPOCH))
}

/// When a context of `lifetime` more seconds ends.
pub(super) fn expiry(lifetime: u32) -> u64 {
    if lifetime == INDEFINITE {
        return MAXIMUM_TIME;
    }
    now().saturating_add(u64::from(lifetime) * 10_000_000)
}
