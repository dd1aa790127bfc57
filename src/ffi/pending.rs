//! Servers' first legs whose token did not fit, pending until they are repeated. The caller has no
//! context yet to repeat the leg with, and a client's token is not taken twice: Kerberos would call it
//! a replay. So the context waits for the same call, which any thread may make.
//!
//! Peers decide how many there are: the oldest make room for new ones.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result, Status};
use crate::handle::Handle;
use crate::sasl::{Session, StepRequest};
use crate::sspi::{Flags, Role};
use crate::system::fork::{self, Gated, GatedGuard};

/// How long a leg is waited for: the caller knows at once what is needed.
const LIFETIME: Duration = Duration::from_secs(30);
/// How many legs may be pending at once.
const MOST: usize = 256;
/// How many bytes of input they may have had together. A context keeps as much, and its token.
const MOST_BYTES: usize = 4 << 20;

/// A first leg that may be repeated.
#[derive(Clone, Copy)]
pub(super) struct First<'a> {
    credential: Handle,
    leg: &'a StepRequest<'a>,
}

/// What tells it from others: all that the leg was judged by. A token that comes over another channel
/// is not the same leg.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    credential: Handle,
    through_sasl: bool,
    flags: Flags,
    process: u64,
    inputs: [u8; 32],
}

/// The key of a leg, and how many bytes of input it had.
#[derive(Clone, Copy)]
pub(super) struct Place {
    key: Key,
    bytes: usize,
}

impl<'a> First<'a> {
    /// Of a server's leg that takes a client's token; other legs lose nothing by being taken anew.
    #[inline]
    pub(super) fn of(credential: Handle, leg: &'a StepRequest<'a>) -> Option<Self> {
        let repeatable = leg.role == Role::Server && !leg.inputs.token().is_empty();
        repeatable.then_some(Self { credential, leg })
    }

    fn key(self) -> Key {
        let mut hash = Sha256::new();
        for buffer in self.leg.inputs.0 {
            hash.update(buffer.kind.to_le_bytes());
            hash.update(buffer.data.len().to_le_bytes());
            hash.update(buffer.data);
        }
        Key {
            credential: self.credential,
            through_sasl: self.leg.through_sasl,
            // The repeated call may well ask for memory instead.
            flags: self.leg.flags - Flags::ALLOCATE_MEMORY,
            process: fork::epoch(),
            inputs: hash.finalize().into(),
        }
    }

    /// Room for the leg, before its caller is told to repeat it.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`: it cannot be repeated.
    #[cold]
    pub(super) fn reserve(self) -> Result<Place> {
        let bytes = self.leg.inputs.0.iter().map(|buffer| buffer.data.len()).sum();
        let refused = |reason: &'static str| Error::new(Status::INSUFFICIENT_MEMORY, reason);
        if bytes > MOST_BYTES {
            return Err(refused(
                "first leg: its output is too small, and its input too large to wait",
            ));
        }
        if !PENDING.lock().reserve() {
            return Err(refused("first leg: no memory in which it could be pending"));
        }
        Ok(Place { key: self.key(), bytes })
    }
}

/// Keeps the context of a leg that may be repeated.
#[cold]
pub(super) fn keep(place: Place, session: Session) {
    PENDING.keep(place, session, Instant::now());
}

/// The context of the leg that is repeated. Of several calls that repeat it, one gets it.
#[inline]
pub(super) fn take(first: First<'_>) -> Option<Session> {
    // Mostly there is none.
    if PENDING.is_empty() { None } else { PENDING.take(&first.key(), Instant::now()) }
}

/// Ends the legs that are pending with a credential which is being freed.
#[inline]
pub(super) fn forget(credential: Handle) {
    if !PENDING.is_empty() {
        PENDING.forget(credential);
    }
}

static PENDING: Store = Store::new();

struct Entry {
    place: Place,
    since: Instant,
    session: Session,
}

/// The pending legs, the oldest first.
struct Legs {
    entries: VecDeque<Entry>,
    bytes: usize,
}

/// Sessions are dropped outside of the lock: a package's drop may come back here.
struct Store {
    legs: Gated<Legs>,
    count: AtomicUsize,
}

impl Store {
    const fn new() -> Self {
        let legs = Legs { entries: VecDeque::new(), bytes: 0 };
        Self { legs: Gated::new(legs), count: AtomicUsize::new(0) }
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn lock(&self) -> Guard<'_> {
        Guard { legs: self.legs.lock(), count: &self.count }
    }

    #[cold]
    fn keep(&self, place: Place, session: Session, now: Instant) {
        loop {
            let mut legs = self.lock();
            let Some(old) = legs.outdated(now, place.bytes) else {
                // The room was made by `reserve`; where others took it, this is the one to go.
                if legs.reserve() {
                    legs.push(Entry { place, since: now, session });
                }
                return;
            };
            drop(legs);
            drop(old);
        }
    }

    #[cold]
    fn take(&self, key: &Key, now: Instant) -> Option<Session> {
        self.end_old(now);
        let mut legs = self.lock();
        let at = legs.legs.entries.iter().position(|entry| entry.place.key == *key)?;
        legs.remove(at).map(|entry| entry.session)
    }

    fn end_old(&self, now: Instant) {
        loop {
            // Not in the loop's head, where the guard would live on.
            let old = self.lock().outdated(now, 0);
            if old.is_none() {
                return;
            }
        }
    }

    #[cold]
    fn forget(&self, credential: Handle) {
        loop {
            let mut legs = self.lock();
            let own = |entry: &Entry| entry.place.key.credential == credential;
            let at = legs.legs.entries.iter().position(own);
            let ended = at.and_then(|at| legs.remove(at));
            drop(legs);
            if ended.is_none() {
                return;
            }
        }
    }
}

/// The legs under their lock; tells their number when it is given back.
struct Guard<'a> {
    legs: GatedGuard<'a, Legs>,
    count: &'a AtomicUsize,
}

impl Guard<'_> {
    /// Whether there is memory for one more.
    fn reserve(&mut self) -> bool {
        self.legs.entries.try_reserve(1).is_ok()
    }

    /// The oldest leg, where it has waited for too long or a further one of `bytes` has no room.
    fn outdated(&mut self, now: Instant, bytes: usize) -> Option<Entry> {
        let oldest = self.legs.entries.front()?;
        let late = now.saturating_duration_since(oldest.since) > LIFETIME;
        let full =
            bytes > 0 && (self.legs.entries.len() >= MOST || self.legs.bytes + bytes > MOST_BYTES);
        if late || full { self.remove(0) } else { None }
    }

    fn push(&mut self, entry: Entry) {
        self.legs.bytes += entry.place.bytes;
        self.legs.entries.push_back(entry);
    }

    fn remove(&mut self, at: usize) -> Option<Entry> {
        let entry = self.legs.entries.remove(at)?;
        self.legs.bytes -= entry.place.bytes;
        Some(entry)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.count.store(self.legs.entries.len(), Ordering::Release);
    }
}

#[cfg(test)]
#[path = "pending_tests.rs"]
mod tests;
