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

    /// How many [`Kept`] there are, and what the program wanted before the first.
    struct Before {
        count: usize,
        action: Option<libc::sigaction>,
    }

    static BEFORE: Gated<Before> = Gated::new(Before { count: 0, action: None });

    /// While this lives a library may change what SIGPIPE does in this process; with its drop that is put
    /// back.
    #[derive(Debug)]
    pub struct Kept {
        _made: (),
    }

    impl Kept {
        /// Remembers what SIGPIPE does.
        #[must_use]
        pub fn begin() -> Self {
            let mut before = BEFORE.lock();
            if before.count == 0 {
                // SAFETY: plain numbers and a pointer that may be null, for which zeroes stand.
                let mut action: libc::sigaction = unsafe { mem::zeroed() };
                let place = &raw mut action;
                // SAFETY: nothing is changed, and the place can be written.
                let asked = unsafe { libc::sigaction(libc::SIGPIPE, ptr::null(), place) };
                before.action = Some(action).filter(|_| asked == 0);
            }
            before.count += 1;
            Self { _made: () }
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            let mut before = BEFORE.lock();
            before.count = before.count.saturating_sub(1);
            if let Some(action) = &before.action {
                let action = ptr::from_ref(action);
                // SAFETY: what the system said of this signal in this process.
                unsafe { libc::sigaction(libc::SIGPIPE, action, ptr::null_mut()) };
            }
        }
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
                let only = only_sigpipe();
                let mut taken = 0;
                // SAFETY: such a signal is pending for this thread, so that nothing is waited for.
                unsafe { libc::sigwait(&raw const only, &raw mut taken) };
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
        fn what_a_library_changes_is_put_back() {
            fn handler_of() -> usize {
                // SAFETY: plain numbers, for which zeroes stand.
                let mut action: libc::sigaction = unsafe { mem::zeroed() };
                // SAFETY: nothing is changed, and the place can be written.
                unsafe { libc::sigaction(libc::SIGPIPE, ptr::null(), &raw mut action) };
                action.sa_sigaction
            }
            let before = handler_of();
            let (first, second) = (Kept::begin(), Kept::begin());
            for _ in 0..2 {
                // SAFETY: an existing signal, and a disposition that needs no function.
                unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
            }
            drop(first);
            assert_eq!(handler_of(), before);
            // SAFETY: as above.
            unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
            drop(second);
            assert_eq!(handler_of(), before);
        }
    }
}
