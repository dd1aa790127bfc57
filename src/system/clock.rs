//! The machine's time zone, and a clock that costs next to nothing to ask.

/// FILETIME intervals (100 ns) in a second.
const SECOND: i64 = 10_000_000;
/// Seconds between 1601, where FILETIME begins, and 1970.
const UNIX_EPOCH: i64 = 11_644_473_600;

/// Now, UTC, as a FILETIME value (100 ns since 1601). It may advance in steps of some 10 ms: a
/// finer clock costs five times as much.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[must_use]
pub fn filetime() -> u64 {
    let time = coarse(libc::CLOCK_REALTIME_COARSE);
    #[allow(clippy::useless_conversion)] // 32-bit time_t, and a C long
    let (seconds, nanoseconds) = (i64::from(time.tv_sec), i64::from(time.tv_nsec));
    u64::try_from((seconds + UNIX_EPOCH) * SECOND + nanoseconds / 100).unwrap_or_default()
}

/// Now, UTC, as a FILETIME value (100 ns since 1601).
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[must_use]
pub fn filetime() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let intervals = i64::try_from(since.unwrap_or_default().as_nanos() / 100).unwrap_or_default();
    u64::try_from(intervals.saturating_add(UNIX_EPOCH * SECOND)).unwrap_or_default()
}

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
    #[allow(clippy::unnecessary_fallible_conversions, irrefutable_let_patterns)] // 32-bit time_t
    let Ok(time) = libc::time_t::try_from(unix) else { return 0 };
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

#[cfg(any(target_os = "linux", target_os = "android"))]
fn coarse(clock: libc::clockid_t) -> libc::timespec {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a writable timespec; on failure it is left as it is.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time
}

/// Milliseconds since some moment in the past, never less than before. It may advance in steps of
/// some 10 ms: enough for "about once a second", at a fifth of a finer clock's cost.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[must_use]
pub fn coarse_milliseconds() -> u64 {
    let time = coarse(libc::CLOCK_MONOTONIC_COARSE);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or_default();
    seconds.saturating_mul(1000).saturating_add(nanoseconds / 1_000_000)
}

/// Milliseconds since some moment in the past, never less than before.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[must_use]
pub fn coarse_milliseconds() -> u64 {
    use once_cell::race::OnceBox;
    use std::time::Instant;

    static START: OnceBox<Instant> = OnceBox::new();
    let start = START.get_or_init(|| Box::new(Instant::now()));
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
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

    #[test]
    fn time_goes_on_and_never_back() {
        let start = coarse_milliseconds();
        let mut last = start;
        while last < start + 20 {
            let now = coarse_milliseconds();
            assert!(now >= last);
            last = now;
        }
    }
}
