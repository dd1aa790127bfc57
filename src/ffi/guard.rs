//! The one way into the library: every export runs its body in here, so that neither a panic nor
//! an unreported refusal leaves it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::SECURITY_STATUS;
use crate::log;
use crate::system::process;

#[cfg(not(panic = "unwind"))]
compile_error!("secur32 must be built with panic=unwind: a panic may not end the host's process");

/// What a body may succeed with: nothing, which is `SEC_E_OK`, or a success of its own.
pub(super) trait Success {
    /// The status that C receives.
    fn status(self) -> Status;
}

impl Success for () {
    fn status(self) -> Status {
        Status::OK
    }
}

impl Success for Status {
    fn status(self) -> Status {
        self
    }
}

/// Runs the body of the export `name`: its success becomes a status, its refusal is logged and
/// becomes a status, its panic is logged and becomes `SEC_E_INTERNAL_ERROR`.
pub(super) fn guard<T: Success>(
    name: &'static str,
    body: impl FnOnce() -> Result<T>,
) -> SECURITY_STATUS {
    let status = match attempt(body) {
        Ok(answer) => answer.status(),
        Err(error) => {
            report(name, &error);
            error.status()
        }
    };
    status.code().cast_signed()
}

/// As [`guard`], for an export that ends or frees something. Where the process is ending and has no other
/// thread any more, what a thread was doing stays half done and its locks stay held: nothing is touched
/// then, and the caller has its success.
pub(super) fn guard_end(name: &'static str, body: impl FnOnce() -> Result<()>) -> SECURITY_STATUS {
    guard(name, || if process::ending() { Ok(()) } else { body() })
}

/// Runs the body of an export that returns no status: `fallback` is what C receives when the body
/// refuses or panics.
pub(super) fn guard_value<T>(
    name: &'static str,
    fallback: T,
    body: impl FnOnce() -> Result<T>,
) -> T {
    match attempt(body) {
        Ok(value) => value,
        Err(error) => {
            report(name, &error);
            fallback
        }
    }
}

/// A body may leave behind half-changed state when it panics; what the library shares between
/// calls is made to survive that (locks recover from poisoning), so that asserting is sound.
fn attempt<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(caught(payload)))
}

#[cold]
fn caught(payload: Box<dyn Any + Send>) -> Error {
    // A payload is any value of the one who panicked, and its drop may panic in turn.
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
    Error::new(Status::INTERNAL_ERROR, "a panic was caught at the C boundary")
}

#[cold]
fn report(name: &'static str, error: &Error) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| log::refusal(name, error))) {
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(result: Result<()>) -> u32 {
        guard("test", || result).cast_unsigned()
    }

    #[test]
    fn successes_and_refusals_become_statuses() {
        assert_eq!(status_of(Ok(())), 0);
        assert_eq!(
            guard("test", || Ok(Status::CONTINUE_NEEDED)).cast_unsigned(),
            Status::CONTINUE_NEEDED.code()
        );
        assert_eq!(status_of(Err(Error::new(Status::INVALID_TOKEN, "no"))), 0x8009_0308);
    }

    #[test]
    fn r65_a_panic_becomes_internal_error() {
        let status = guard("test", || -> Result<()> { panic!("on purpose") });
        assert_eq!(status.cast_unsigned(), 0x8009_0304);
        assert_eq!(guard_value("test", 7, || panic!("on purpose")), 7);
    }

    #[test]
    #[cfg_attr(miri, ignore = "the second payload is leaked on purpose")]
    fn r65_a_payload_that_panics_when_dropped_is_caught_too() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("dropped on purpose");
            }
        }
        let status = guard("test", || -> Result<()> { std::panic::panic_any(Bomb) });
        assert_eq!(status.cast_unsigned(), 0x8009_0304);
    }

    #[test]
    fn the_hosts_panic_hook_stays() {
        // The hook is the host's: it is called for a caught panic and is still in place after it.
        use std::sync::atomic::{AtomicUsize, Ordering};
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {
            CALLS.fetch_add(1, Ordering::SeqCst);
        }));
        for _ in 0..2 {
            let _ = guard("test", || -> Result<()> { panic!("on purpose") });
        }
        std::panic::set_hook(before);
        assert!(CALLS.load(Ordering::SeqCst) >= 2);
    }
}
