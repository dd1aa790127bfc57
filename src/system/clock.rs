//! A clock that costs next to nothing to ask.

/// Milliseconds since some moment in the past, never less than before. It may advance in steps of
/// some 10 ms: enough for "about once a second", at a fifth of a finer clock's cost.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[must_use]
pub fn coarse_milliseconds() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a writable timespec; on failure it is left as it is.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or_default();
    seconds.saturating_mul(1000).saturating_add(nanoseconds / 1_000_000)
}

/// Milliseconds since some moment in the past, never less than before.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[must_use]
pub fn coarse_milliseconds() -> u64 {
    use once_cell::sync::Lazy;
    use std::time::Instant;

    static START: Lazy<Instant> = Lazy::new(Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
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
