//! A clock that costs next to nothing to ask.

/// FILETIME intervals (100 ns) in a second.
pub(super) const SECOND: i64 = 10_000_000;
/// Seconds between 1601, where FILETIME begins, and 1970.
pub(super) const UNIX_EPOCH: i64 = 11_644_473_600;

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
