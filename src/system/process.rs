//! What this process is.

/// Whether the process runs with more rights than whoever started it (set-user-ID and the like),
/// so that the environment, which the starter controls, must not steer it.
#[must_use]
pub fn privileged() -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: takes and returns plain numbers; an unknown kind yields zero.
        let secure = unsafe { libc::getauxval(libc::AT_SECURE) };
        secure != 0
    }
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    {
        // SAFETY: takes nothing and cannot fail.
        let user = unsafe { libc::getuid() };
        // SAFETY: takes nothing and cannot fail.
        let effective_user = unsafe { libc::geteuid() };
        // SAFETY: takes nothing and cannot fail.
        let group = unsafe { libc::getgid() };
        // SAFETY: takes nothing and cannot fail.
        let effective_group = unsafe { libc::getegid() };
        user != effective_user || group != effective_group
    }
    // Windows knows no such programs: one that runs with other rights than its starter has been
    // given an environment by the one who holds them.
    #[cfg(not(unix))]
    {
        false
    }
}

/// Whether the process is ending and its other threads have been killed, with whatever locks they held:
/// what would be freed is left for the system to take. Only Windows still calls libraries then.
#[must_use]
#[inline]
pub fn ending() -> bool {
    #[cfg(windows)]
    {
        // SAFETY: takes nothing and cannot fail.
        let ending = unsafe { RtlDllShutdownInProgress() };
        ending != 0
    }
    #[cfg(not(windows))]
    {
        false
    }
}

// In no metadata; documented since Windows XP, and in every Wine.
#[cfg(windows)]
#[cfg_attr(
    target_arch = "x86",
    link(name = "ntdll", kind = "raw-dylib", import_name_type = "undecorated")
)]
#[cfg_attr(not(target_arch = "x86"), link(name = "ntdll", kind = "raw-dylib"))]
unsafe extern "system" {
    fn RtlDllShutdownInProgress() -> u8;
}

/// A number that tells this thread from the process's others, as debuggers show it on Linux; zero
/// where the system has none at hand.
#[must_use]
pub fn thread() -> u64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // By the system rather than by std, which may not be asked while a thread ends.
        // SAFETY: takes nothing and cannot fail.
        let thread = unsafe { libc::gettid() };
        u64::try_from(thread).unwrap_or_default()
    }
    #[cfg(windows)]
    {
        // SAFETY: takes nothing and cannot fail.
        let thread = unsafe { windows_sys::Win32::System::Threading::GetCurrentThreadId() };
        u64::from(thread)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
    {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn threads_differ() {
        let other = std::thread::spawn(thread).join().unwrap();
        assert_ne!(thread(), other);
        assert_ne!(other, 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn privilege_is_what_the_kernel_says() {
        const AT_SECURE: usize = 23;
        let auxv = std::fs::read("/proc/self/auxv").unwrap();
        let words: Vec<_> = auxv
            .chunks_exact(size_of::<usize>())
            .map(|word| usize::from_ne_bytes(word.try_into().unwrap()))
            .collect();
        let secure = words.chunks_exact(2).find(|pair| pair[0] == AT_SECURE).unwrap()[1];
        assert_eq!(privileged(), secure != 0);
    }
}
