//! A lock that a forked child does not wait for when a thread that it does not have holds it.

#![allow(clippy::disallowed_types, reason = "not waited for where their holder may be gone")]

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, TryLockError};
use std::thread;

use super::epoch;
use crate::error::{Error, Result, Status};

/// Set while a thread finds out whether the lock can be had in its process.
const ASKED: u32 = 1;

/// Data under a lock that may be held for long. A panic under it leaves it free.
#[derive(Debug)]
pub struct Mutex<T> {
    /// An epoch in which the lock was free once, so that whoever holds it in the same is a thread of
    /// the same process, and worth waiting for.
    known: AtomicU32,
    data: std::sync::Mutex<T>,
}

/// Free again when it is dropped.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    data: std::sync::MutexGuard<'a, T>,
}

/// Another thread held the lock when this process was forked: what it protects is half changed.
#[cold]
fn abandoned() -> Error {
    let reason = "fork: another thread was using it when this process was forked";
    Error::new(Status::INVALID_HANDLE, reason)
}

impl<T> Mutex<T> {
    /// Protects `data`.
    pub fn new(data: T) -> Self {
        Self { known: AtomicU32::new(now()), data: std::sync::Mutex::new(data) }
    }

    /// Waits until no other thread of this process has it.
    ///
    /// # Errors
    /// `INVALID_HANDLE` in a forked child, where a thread of its parent's held it at the fork.
    #[inline]
    pub fn lock(&self) -> Result<MutexGuard<'_, T>> {
        let now = now();
        if self.known.load(Ordering::Acquire) != now {
            self.look(now)?;
        }
        Ok(MutexGuard { data: self.data.lock().unwrap_or_else(PoisonError::into_inner) })
    }

    /// The first time after a fork: whether the lock is free. Only one thread looks, and no other
    /// takes the lock before it has: if it is held, it has been since the fork.
    #[cold]
    fn look(&self, now: u32) -> Result<()> {
        loop {
            let known = self.known.load(Ordering::Acquire);
            if known == now {
                return Ok(());
            }
            let asked = now | ASKED;
            if known == asked {
                thread::yield_now();
                continue;
            }
            let (acquire, relaxed) = (Ordering::Acquire, Ordering::Relaxed);
            if self.known.compare_exchange(known, asked, acquire, relaxed).is_ok() {
                let held = matches!(self.data.try_lock(), Err(TryLockError::WouldBlock));
                // Held, it may still be by the thread that forked, which will give it back.
                self.known.store(if held { known } else { now }, Ordering::Release);
                return if held { Err(abandoned()) } else { Ok(()) };
            }
        }
    }
}

/// The epoch, with room for [`ASKED`]. It comes back after two thousand million forks.
#[inline]
fn now() -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "all that forks change")]
    let epoch = epoch() as u32;
    epoch << 1
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.data
    }
}
