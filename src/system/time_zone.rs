//! The machine's time zone.

use super::clock::{SECOND, UNIX_EPOCH};

/// The local time of a UTC FILETIME value, as `TimeStamp` structures carry it.
#[must_use]
pub fn filetime_to_local(utc: u64) -> u64 {
    let Ok(utc) = i64::try_from(utc) else {
        return utc;
    };
    let offset = utc_offset(utc / SECOND - UNIX_EPOCH);
    u64::try_from(utc + offset * SECOND).unwrap_or_default()
}

/// Seconds by which local time is ahead of UTC at `unix` seconds; 0 where that cannot be told.
#[cfg(unix)]
fn utc_offset(unix: i64) -> i64 {
    // To a time_t, whose name the libc crate deprecates for musl while it is about to widen it.
    #[allow(clippy::useless_conversion, irrefutable_let_patterns)] // 32-bit time_t
    let Ok(time) = unix.try_into() else { return 0 };
    let mut local = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // The C library has a lock of its own, which it does not free in a forked child.
    let inside = super::fork::enter();
    // SAFETY: both pointers are to live locals, the second to writable memory of the right type.
    let filled = unsafe { libc::localtime_r(&raw const time, local.as_mut_ptr()) };
    drop(inside);
    if filled.is_null() {
        return 0;
    }
    // SAFETY: a struct tm of zeroes is valid, and localtime_r has only written valid fields.
    let local = unsafe { local.assume_init() };
    #[allow(clippy::useless_conversion)] // a C long: 32 bits on some machines
    i64::from(local.tm_gmtoff)
}

/// Seconds by which local time is ahead of UTC at `unix` seconds; 0 where that cannot be told.
#[cfg(windows)]
fn utc_offset(unix: i64) -> i64 {
    use windows_sys::Win32::Foundation::{FILETIME, SYSTEMTIME};
    use windows_sys::Win32::System::Time::{
        FileTimeToSystemTime, SystemTimeToFileTime, SystemTimeToTzSpecificLocalTime,
    };

    let halves = |time: u64| FILETIME {
        dwLowDateTime: u32::try_from(time & 0xFFFF_FFFF).unwrap_or_default(),
        dwHighDateTime: u32::try_from(time >> 32).unwrap_or_default(),
    };
    let Ok(time) = u64::try_from((unix + UNIX_EPOCH) * SECOND) else { return 0 };
    let time = halves(time);
    let zero = SYSTEMTIME::default();
    let (mut utc, mut local, mut shifted) = (zero, zero, FILETIME::default());
    // With the rule for that day, which `FileTimeToLocalFileTime` does not look at.
    // SAFETY: both pointers are to live locals of the right types.
    let known = unsafe { FileTimeToSystemTime(&raw const time, &raw mut utc) } != 0
        // SAFETY: as above; NULL asks for the zone that is set.
        && unsafe {
            SystemTimeToTzSpecificLocalTime(std::ptr::null(), &raw const utc, &raw mut local)
        } != 0
        // SAFETY: as above.
        && unsafe { SystemTimeToFileTime(&raw const local, &raw mut shifted) } != 0;
    let joined =
        |time: FILETIME| (i64::from(time.dwHighDateTime) << 32) | i64::from(time.dwLowDateTime);
    if known { (joined(shifted) - joined(time)).div_euclid(SECOND) } else { 0 }
}

#[cfg(not(any(unix, windows)))]
fn utc_offset(_unix: i64) -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_is_within_a_day_of_utc() {
        let utc = 133_500_000_000_000_000;
        assert!(filetime_to_local(utc).abs_diff(utc) <= 24 * 3600 * 10_000_000);
        assert_eq!(filetime_to_local(u64::MAX), u64::MAX);
    }
}
