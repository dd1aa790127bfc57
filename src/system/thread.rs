//! Threads of the library's own, beside those of the program that loaded it.

use std::io;
use std::thread::Builder;

/// What such a thread does.
pub type Work = Box<dyn FnOnce() + Send>;

/// Does `work` on a thread of this name, which ends with it and is never waited for. The program's
/// signals go past the thread: a handler runs, and a waiting call is interrupted, where they would be
/// without this library.
///
/// # Errors
/// The system has no thread to give; `work` has been dropped.
pub fn spawn(name: &str, work: Work) -> io::Result<()> {
    #[cfg(unix)]
    let _blocked = signals::Blocked::new()?;
    Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

#[cfg(unix)]
mod signals {
    use std::{io, mem, ptr};

    /// Signals by which a thread's own instructions fail: blocked, they would end the process without
    /// the program's handler.
    const OWN: [libc::c_int; 6] =
        [libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS, libc::SIGTRAP];

    /// While this lives, this thread and those that it begins take none of the process's signals; the
    /// latter never do.
    pub(super) struct Blocked {
        before: libc::sigset_t,
    }

    impl Blocked {
        pub(super) fn new() -> io::Result<Self> {
            // SAFETY: the set is plain numbers, for which zeroes stand as well as others.
            let mut all: libc::sigset_t = unsafe { mem::zeroed() };
            let mut before = all;
            // SAFETY: `all` is a set of signals that can be written.
            unsafe { libc::sigfillset(&raw mut all) };
            for signal in OWN {
                // SAFETY: `all` has been initialized above, and the signal exists.
                unsafe { libc::sigdelset(&raw mut all, signal) };
            }
            // SAFETY: both sets are initialized; only this thread's mask changes.
            match unsafe {
                libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before)
            } {
                0 => Ok(Self { before }),
                error => Err(io::Error::from_raw_os_error(error)),
            }
        }
    }

    impl Drop for Blocked {
        fn drop(&mut self) {
            let before = &raw const self.before;
            // SAFETY: the set is the one that the system wrote; nothing is to be written now.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_is_done_on_another_thread_of_the_name() {
        let (sender, receiver) = mpsc::channel();
        let work = move || sender.send(std::thread::current().name().map(str::to_owned)).unwrap();
        spawn("secur32 test", Box::new(work)).unwrap();
        assert_eq!(receiver.recv().unwrap().as_deref(), Some("secur32 test"));
    }

    /// Whether this thread takes SIGTERM and SIGSEGV.
    #[cfg(unix)]
    fn takes() -> [bool; 2] {
        // SAFETY: the set is plain numbers, for which zeroes stand as well as others.
        let mut mask: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: no mask is set, and the present one is written to a set of this function's.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut mask) };
        [libc::SIGTERM, libc::SIGSEGV].map(|signal| {
            // SAFETY: the set has been written above.
            let blocked = unsafe { libc::sigismember(&raw const mask, signal) };
            blocked == 0
        })
    }

    #[test]
    #[cfg(unix)]
    fn signals_go_past_it_and_its_maker_takes_them_as_before() {
        let (sender, receiver) = mpsc::channel();
        spawn("secur32 test", Box::new(move || sender.send(takes()).unwrap())).unwrap();
        assert_eq!(receiver.recv().unwrap(), [false, true]);
        assert_eq!(takes(), [true, true]);
    }
}
