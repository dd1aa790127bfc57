//! What a forked child may rely on.
//!
//! A child has the one thread that forked, and a copy of all memory as it was at that moment. Whatever
//! another thread of the parent had locked stays locked there for ever, and what it was changing stays
//! half changed. So each lock of this library is one of these:
//!
//! * [`Gated`]: data of the process, or of an object that outlives calls, which is locked for a few
//!   steps at a time. A fork by the C library waits until nobody holds any of them, so that the child
//!   finds them free, and what they protect whole. Nothing that may wait for somebody else is done
//!   under one: no file is read or written, no caller's function called, nothing logged.
//! * [`Mutex`]: an object that one call at a time works on, for as long as it takes. A fork does not
//!   wait for it. A child that finds it held, by a thread that it does not have, is told so instead of
//!   waiting.
//! * A standard lock that is only tried, never waited for: a child that finds it held goes another way.
//!
//! What is made once is made by whoever comes first, and of two at once by either, without waiting
//! (`once_cell::race`); a child makes itself what another thread was making.
//!
//! The gate keeps threads out for a second at most: a fork handler of the program's own may be waiting for
//! a lock that one of them holds.
//!
//! The C library runs handlers of this file around `fork`. They know this copy of the library only, and
//! go when it is unloaded. `vfork` and `posix_spawn` run none, and their children do nothing but start
//! another program. A child of a raw `clone` or of `_Fork` is noticed by [`epoch`], where the kernel
//! clears a page for it, so that it has other random numbers, and is not kept waiting by a [`Mutex`]; but
//! of a process with several threads it may not call this library, as it may not call `malloc`.
//!
//! Locks of other libraries are not ours: the C library's allocator and loader are made whole by itself,
//! MIT's and Heimdal's GSSAPI libraries have locks of their own that a child may find held.

mod gate;
mod mutex;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use gate::{Gated, GatedGuard, Inside, enter, inside};
pub use mutex::{Mutex, MutexGuard};

#[cfg(not(unix))]
pub use elsewhere::epoch;
#[cfg(unix)]
pub use unix::epoch;

#[cfg(not(unix))]
mod elsewhere {
    /// A number that is another one in a forked child. Nothing forks here: it is constant.
    #[must_use]
    #[inline]
    pub fn epoch() -> u64 {
        1
    }
}

#[cfg(unix)]
mod unix {
    use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

    use super::gate;

    /// The last epoch given out: a child, which has a copy of it, gives out a later one. Above all
    /// process ids.
    static COUNTER: AtomicU64 = AtomicU64::new(1 << 32);
    /// Where the epoch of this process is, once forks are watched: zero means that there was one.
    static PLACE: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());
    /// That place, where the kernel clears no pages.
    static NO_PAGE: AtomicU64 = AtomicU64::new(0);

    /// A number that is another one in a forked child than in its parent.
    #[must_use]
    #[inline]
    pub fn epoch() -> u64 {
        match place() {
            Some(place) => match place.load(Ordering::Relaxed) {
                0 => next(place),
                current => current,
            },
            None => first(),
        }
    }

    #[inline]
    fn place() -> Option<&'static AtomicU64> {
        // SAFETY: null, or one of the places that `watch` found, which are never freed.
        unsafe { PLACE.load(Ordering::Acquire).as_ref() }
    }

    /// Begins to watch for forks. By two threads at once it is done twice, which does no harm: neither
    /// waits for the other, which a child may not have.
    #[cold]
    fn first() -> u64 {
        // SAFETY: the handlers are functions of this library that change atomics only, and wait for
        // threads that are not waiting for anything.
        let watched = unsafe {
            libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child)) == 0
        };
        if !watched {
            // There is no memory for it: the next call tries again.
            return u64::from(std::process::id());
        }
        let place = page::wiped_on_fork().unwrap_or(&NO_PAGE);
        let place = std::ptr::from_ref(place).cast_mut();
        let (release, acquire) = (Ordering::Release, Ordering::Acquire);
        if PLACE.compare_exchange(std::ptr::null_mut(), place, release, acquire).is_err() {
            page::give_back(place);
        }
        epoch()
    }

    #[cold]
    fn next(place: &AtomicU64) -> u64 {
        let next = COUNTER.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        // Of two threads that find the place cleared, one decides for both.
        match place.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => next,
            Err(decided) => decided,
        }
    }

    extern "C" fn before_fork() {
        gate::close();
    }

    extern "C" fn in_parent() {
        gate::open();
    }

    extern "C" fn in_child() {
        gate::open_in_child();
        // As the kernel does it; not all that run programs of Linux do, such as qemu's user mode.
        if let Some(place) = place() {
            place.store(0, Ordering::Relaxed);
        }
    }

    #[cfg(all(target_os = "linux", not(miri)))]
    mod page {
        use std::ptr;
        use std::sync::atomic::AtomicU64;

        /// Enough for the number; the kernel rounds it up to a page.
        const LENGTH: usize = size_of::<AtomicU64>();

        /// A page of zeros, kept for the life of the process, that is zeros again in a child, also of
        /// forks that go past the C library, such as a raw `clone`.
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
            // used as nothing else, and unmapped by `give_back` alone.
            Some(unsafe { &*page.cast::<AtomicU64>() })
        }

        /// Unmaps a page that another thread's made superfluous.
        pub(super) fn give_back(page: *mut AtomicU64) {
            if !ptr::eq(page, &raw const super::NO_PAGE) {
                // SAFETY: a mapping of `wiped_on_fork`'s that nobody else has seen.
                unsafe { libc::munmap(page.cast(), LENGTH) };
            }
        }
    }

    #[cfg(not(all(target_os = "linux", not(miri))))]
    mod page {
        use std::sync::atomic::AtomicU64;

        /// The kernel clears none, or what runs this program cannot ask it to.
        pub(super) fn wiped_on_fork() -> Option<&'static AtomicU64> {
            None
        }

        pub(super) fn give_back(_: *mut AtomicU64) {}
    }
}
