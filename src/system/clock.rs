//! The time zone of this machine.

/// FILETIME intervals (100 ns) in a second.
const SECOND: i64 = 10_000_000;
/// Seconds between 1601, where FILETIME begins, and 1970.
const UNIX_EPOCH: i64 = 11_644_473_600;

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
    // SAFETY: both pointers are to live locals, the second to writable memory of the right type.
    let filled = unsafe { libc::localtime_r(&raw const time, local.as_mut_ptr()) };
    if filled.is_null() {
        return 0;
    }
    // SAFETY: a struct tm of zeroes is valid, and localtime_r has only written valid fields.
    let local = unsafe { local.assume_init() };
    i64::from(local.tm_gmtoff)
}

#[cfg(not(unix))]
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
