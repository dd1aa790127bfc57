//! Whether this process is still the one that it was: what a forked child must not share with its
//! parent is made anew when [`epoch`] changes.

#[cfg(not(unix))]
pub use elsewhere::epoch;
#[cfg(unix)]
pub use unix::epoch;

#[cfg(not(unix))]
mod elsewhere {
    /// A number that is another one in a forked child. Nothing forks here: it is constant.
    #[must_use]
    pub fn epoch() -> u64 {
        0
    }
}

#[cfg(unix)]
mod unix {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// How a fork is noticed.
    enum Witness {
        /// A page that the kernel clears in the child, so that forks are seen that go past the C
        /// library, such as a raw `clone`. Zero means: cleared.
        #[cfg(target_os = "linux")]
        Page(&'static AtomicU64),
        /// A handler that the C library runs in the child; it counts [`COUNTER`] up.
        Handler,
        /// Neither is to be had: the process id, which can come back after many forks.
        ProcessId,
    }

    /// The last epoch given out: a child, which has a copy of it, gives out a later one.
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    static WITNESS: OnceLock<Witness> = OnceLock::new();

    /// A number that is another one in a forked child than in its parent.
    #[must_use]
    pub fn epoch() -> u64 {
        match WITNESS.get_or_init(witness) {
            #[cfg(target_os = "linux")]
            Witness::Page(page) => of_page(page),
            Witness::Handler => COUNTER.load(Ordering::Relaxed),
            Witness::ProcessId => u64::from(std::process::id()),
        }
    }

    fn witness() -> Witness {
        #[cfg(target_os = "linux")]
        if let Some(page) = page::wiped_on_fork() {
            return Witness::Page(page);
        }
        if watch() { Witness::Handler } else { Witness::ProcessId }
    }

    #[cfg(target_os = "linux")]
    fn of_page(page: &AtomicU64) -> u64 {
        match page.load(Ordering::Relaxed) {
            0 => {
                let next = COUNTER.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
                // Of two threads that find the page cleared, one decides for both.
                match page.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => next,
                    Err(decided) => decided,
                }
            }
            current => current,
        }
    }

    /// Has the C library count forks; whether it does.
    fn watch() -> bool {
        extern "C" fn in_child() {
            COUNTER.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the handler is a function of this library that only changes an atomic, which
        // may be done between a fork and the next call of the child.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) == 0 }
    }

    #[cfg(target_os = "linux")]
    mod page {
        use std::ptr;
        use std::sync::atomic::AtomicU64;

        /// Enough for the number; the kernel rounds it up to a page.
        const LENGTH: usize = size_of::<AtomicU64>();

        /// A page of zeros, kept for the life of the process, that is zeros again in a child.
        pub(super) fn wiped_on_fork() -> Option<&'static AtomicU64> {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: a new mapping at an address of the kernel's choice touches no memory in use.
            let page = unsafe { libc::mmap(ptr::null_mut(), LENGTH, access, kind, -1, 0) };
            if page == libc::MAP_FAILED {
                return None;
            }
            // SAFETY: the mapping was made above and nothing refers to it yet.
            if unsafe { libc::madvise(page, LENGTH, libc::MADV_WIPEONFORK) } != 0 {
                // SAFETY: the mapping was made above and nothing refers to it.
                unsafe { libc::munmap(page, LENGTH) };
                return None;
            }
            // SAFETY: the mapping is readable, writable, aligned to a page, large enough, zeroed,
            // used as nothing else, and never unmapped.
            Some(unsafe { &*page.cast::<AtomicU64>() })
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::io::Read;
        use std::os::fd::FromRawFd;
        use std::panic::{AssertUnwindSafe, catch_unwind};

        /// What `work` returns in a forked child.
        fn in_child<const N: usize>(work: impl Fn() -> [u8; N]) -> [u8; N] {
            let mut ends = [0; 2];
            // SAFETY: `ends` has room for the two descriptors.
            assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
            // SAFETY: the child uses what this thread holds alone, then leaves by `_exit`.
            let child = unsafe { libc::fork() };
            assert!(child >= 0);
            if child == 0 {
                // A panic must not go on into the parent's other tests: nothing is written then.
                if let Ok(result) = catch_unwind(AssertUnwindSafe(&work)) {
                    // SAFETY: `result` is N readable octets and the descriptor is the pipe's.
                    unsafe { libc::write(ends[1], result.as_ptr().cast(), N) };
                }
                // SAFETY: ends the child without running what belongs to its parent.
                unsafe { libc::_exit(0) };
            }
            // SAFETY: the descriptor is this process's and not used after.
            unsafe { libc::close(ends[1]) };
            // SAFETY: the descriptor is this process's, and the file owns it from here.
            let mut pipe = unsafe { std::fs::File::from_raw_fd(ends[0]) };
            let mut result = [0; N];
            pipe.read_exact(&mut result).unwrap();
            // SAFETY: `child` is this process's child, and its status is not asked for.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
            result
        }

        fn octets() -> [u8; 16] {
            let mut octets = [0; 16];
            crate::random::fill(&mut octets).unwrap();
            octets
        }

        #[test]
        fn a_child_and_its_child_are_in_other_epochs_and_the_parent_stays() {
            let own = epoch();
            let [child, grandchild] = in_child(|| {
                let child = epoch().to_ne_bytes();
                let grandchild = in_child(|| epoch().to_ne_bytes());
                let mut both = [0; 16];
                both[..8].copy_from_slice(&child);
                both[8..].copy_from_slice(&grandchild);
                both
            })
            .as_chunks::<8>()
            .0
            .iter()
            .map(|half| u64::from_ne_bytes(*half))
            .collect::<Vec<_>>()[..] else {
                panic!("two halves")
            };
            assert_ne!(child, own);
            assert_ne!(grandchild, own);
            assert_ne!(grandchild, child);
            assert_eq!(epoch(), own);
        }

        #[test]
        fn a_child_does_not_repeat_its_parents_random_octets() {
            octets();
            let child = in_child(octets);
            let sibling = in_child(octets);
            let parent = octets();
            assert_ne!(child, parent);
            assert_ne!(sibling, parent);
            assert_ne!(child, sibling);
        }

        #[test]
        fn the_handler_counts_in_the_child_where_pages_are_not_to_be_had() {
            assert!(watch());
            let count = || COUNTER.load(Ordering::Relaxed).to_ne_bytes();
            let parent = count();
            assert_ne!(in_child(count), parent);
        }
    }
}
