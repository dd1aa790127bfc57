//! SIGPIPE beside libraries of others, which is the program's to decide about.

#[cfg(not(unix))]
pub use elsewhere::{Blocked, Kept};
#[cfg(unix)]
pub use unix::{Blocked, Kept};

#[cfg(not(unix))]
mod elsewhere {
    /// There is no such signal here.
    #[derive(Debug)]
    pub struct Kept;

    /// There is no such signal here.
    #[derive(Debug)]
    pub struct Blocked;

    impl Kept {
        /// Does nothing.
        #[must_use]
        pub fn begin() -> Self {
            Self
        }
    }

    impl Blocked {
        /// Does nothing.
        #[must_use]
        pub fn begin() -> Self {
            Self
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::mem;
    use std::ptr;

    use crate::system::fork::Gated;

    /// How many [`Kept`] there are, and what the program wanted when it was last seen to want anything but
    /// to ignore the signal.
    struct Before {
        count: usize,
        action: Option<libc::sigaction>,
    }

    static BEFORE: Gated<Before> = Gated::new(Before { count: 0, action: None });

    /// While this lives a library may have SIGPIPE ignored in this process; with its drop that is undone.
    /// Whatever else it does by then is the program's wish, which may have changed meanwhile.
    #[derive(Debug)]
    pub struct Kept {
        _made: (),
    }

    impl Kept {
        /// Remembers what SIGPIPE does.
        #[must_use]
        pub fn begin() -> Self {
            let mut before = BEFORE.lock();
            let now = action();
            if before.count == 0 || now.is_some_and(|now| !is_ignored(&now)) {
                before.action = now;
            }
            before.count += 1;
            Self { _made: () }
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            let mut before = BEFORE.lock();
            before.count = before.count.saturating_sub(1);
            let is_ignored = action().is_some_and(|now| is_ignored(&now));
            if let Some(action) = before.action.as_ref().filter(|_| is_ignored) {
                let action = ptr::from_ref(action);
                // SAFETY: what the system said of this signal in this process.
                unsafe { libc::sigaction(libc::SIGPIPE, action, ptr::null_mut()) };
            }
        }
    }

    /// What SIGPIPE does now.
    fn action() -> Option<libc::sigaction> {
        // SAFETY: plain numbers and a pointer that may be null, for which zeroes stand.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        let place = &raw mut action;
        // SAFETY: nothing is changed, and the place can be written.
        let asked = unsafe { libc::sigaction(libc::SIGPIPE, ptr::null(), place) };
        (asked == 0).then_some(action)
    }

    fn is_ignored(action: &libc::sigaction) -> bool {
        action.sa_sigaction == libc::SIG_IGN
    }

    /// While this lives, a pipe without a reader is an error to this thread, and no signal; one that was
    /// waiting before still is.
    #[derive(Debug)]
    pub struct Blocked {
        before: libc::sigset_t,
        was_pending: bool,
    }

    impl Blocked {
        /// Blocks SIGPIPE for this thread.
        #[must_use]
        pub fn begin() -> Self {
            let was_pending = is_pending();
            // SAFETY: plain numbers, for which zeroes stand.
            let mut before: libc::sigset_t = unsafe { mem::zeroed() };
            let only = only_sigpipe();
            // SAFETY: both sets are this function's; only this thread's mask changes.
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const only, &raw mut before) };
            Self { before, was_pending }
        }
    }

    impl Drop for Blocked {
        fn drop(&mut self) {
            if !self.was_pending && is_pending() {
                take_pending();
            }
            let before = &raw const self.before;
            // SAFETY: the set is the one that the system wrote; nothing is to be written now.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
        }
    }

    fn only_sigpipe() -> libc::sigset_t {
        // SAFETY: plain numbers, for which zeroes stand.
        let mut set: libc::sigset_t = unsafe { mem::zeroed() };
        // SAFETY: the set can be written.
        unsafe { libc::sigemptyset(&raw mut set) };
        // SAFETY: the set has been initialized, and the signal exists.
        unsafe { libc::sigaddset(&raw mut set, libc::SIGPIPE) };
        set
    }

    /// Takes the signal where it is pending. One for the whole process may be another thread's by now, so
    /// that nothing is waited for.
    #[cfg(not(any(target_vendor = "apple", target_os = "openbsd")))]
    fn take_pending() {
        let only = only_sigpipe();
        let no_time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the set and the time are this function's, and what came is not wanted.
        unsafe { libc::sigtimedwait(&raw const only, ptr::null_mut(), &raw const no_time) };
    }

    /// Takes the signal where it is pending: these systems have no call that does not wait. One of this
    /// thread's own is added, which nobody else can take; of both one is taken.
    #[cfg(any(target_vendor = "apple", target_os = "openbsd"))]
    fn take_pending() {
        let (only, mut taken) = (only_sigpipe(), 0);
        // SAFETY: takes nothing and cannot fail.
        let thread = unsafe { libc::pthread_self() };
        // SAFETY: this thread, and an existing signal, which it has blocked.
        unsafe { libc::pthread_kill(thread, libc::SIGPIPE) };
        // SAFETY: such a signal is pending for this thread.
        unsafe { libc::sigwait(&raw const only, &raw mut taken) };
    }

    fn is_pending() -> bool {
        // SAFETY: plain numbers, for which zeroes stand.
        let mut set: libc::sigset_t = unsafe { mem::zeroed() };
        // SAFETY: the set can be written.
        let asked = unsafe { libc::sigpending(&raw mut set) };
        // SAFETY: the set has been initialized.
        let member = unsafe { libc::sigismember(&raw const set, libc::SIGPIPE) };
        asked == 0 && member == 1
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn raise() {
            // SAFETY: takes nothing and cannot fail.
            let thread = unsafe { libc::pthread_self() };
            // SAFETY: this thread, and an existing signal.
            unsafe { libc::pthread_kill(thread, libc::SIGPIPE) };
        }

        #[test]
        fn what_comes_meanwhile_is_taken_and_what_waited_before_is_left() {
            // Rust's tests ignore SIGPIPE: then it never waits, so that it is given a handler first.
            std::thread::spawn(|| {
                let outer = Blocked::begin();
                let inner = Blocked::begin();
                raise();
                drop(inner);
                assert!(!is_pending());
                raise();
                let waited = is_pending();
                let inner = Blocked::begin();
                raise();
                drop(inner);
                assert_eq!(is_pending(), waited);
                drop(outer);
            })
            .join()
            .unwrap();
        }

        #[test]
        fn a_signal_that_another_thread_has_taken_meanwhile_is_not_waited_for() {
            std::thread::spawn(|| {
                let _blocked = Blocked::begin();
                assert!(!is_pending());
                take_pending();
            })
            .join()
            .unwrap();
        }

        extern "C" fn first(_: libc::c_int) {}
        extern "C" fn second(_: libc::c_int) {}

        #[test]
        fn a_library_that_ignores_it_is_undone_and_the_programs_own_wish_is_not() {
            let set = |action: libc::sighandler_t| {
                // SAFETY: an existing signal, and a function that does nothing, or none.
                unsafe { libc::signal(libc::SIGPIPE, action) };
            };
            let now = || action().unwrap().sa_sigaction;
            let (first, second) = (
                first as *const () as libc::sighandler_t,
                second as *const () as libc::sighandler_t,
            );
            let before = now();
            set(first);
            let (one, other) = (Kept::begin(), Kept::begin());
            for kept in [one, other] {
                set(libc::SIG_IGN);
                drop(kept);
                assert_eq!(now(), first);
            }
            // The program has another handler while two libraries connect.
            let one = Kept::begin();
            set(second);
            let other = Kept::begin();
            set(libc::SIG_IGN);
            drop(other);
            assert_eq!(now(), second);
            drop(one);
            assert_eq!(now(), second);
            // And one while nothing else changes.
            let one = Kept::begin();
            set(first);
            drop(one);
            assert_eq!(now(), first);
            // A program that ignores it goes on so.
            set(libc::SIG_IGN);
            drop(Kept::begin());
            assert_eq!(now(), libc::SIG_IGN);
            set(before);
        }
    }
}
