//! Servers' first steps whose token did not fit, pending until they are repeated. The caller has no
//! context yet to repeat the step with, and a client's token is not taken twice: Kerberos would call it
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

/// How long a step is waited for: the caller knows at once what is needed.
const LIFETIME: Duration = Duration::from_secs(30);
/// How many steps may be pending at once.
const MOST: usize = 256;
/// How many bytes of input they may have had together. A context keeps as much, and its token.
const MOST_BYTES: usize = 4 << 20;

/// A first step that may be repeated.
#[derive(Clone, Copy)]
pub(super) struct FirstStep<'a> {
    credential: Handle,
    step: &'a StepRequest<'a>,
}

/// What tells it from others: all that the step was decided by. A token that comes over another channel
/// is not the same step.
#[derive(Clone, Copy, PartialEq, Eq)]
struct StepKey {
    credential: Handle,
    through_sasl: bool,
    flags: Flags,
    process: u64,
    inputs: [u8; 32],
}

/// The key of a step, and how many bytes of input it had.
#[derive(Clone, Copy)]
pub(super) struct PendingPlace {
    key: StepKey,
    bytes: usize,
}

impl<'a> FirstStep<'a> {
    /// Of a server's step that takes a client's token; other steps lose nothing by being taken anew.
    #[inline]
    pub(super) fn of(credential: Handle, step: &'a StepRequest<'a>) -> Option<Self> {
        let repeatable = step.role == Role::Server && !step.inputs.token().is_empty();
        repeatable.then_some(Self { credential, step })
    }

    fn key(self) -> StepKey {
        let mut hash = Sha256::new();
        for buffer in self.step.inputs.0 {
            hash.update(buffer.kind.to_le_bytes());
            hash.update(buffer.data.len().to_le_bytes());
            hash.update(buffer.data);
        }
        StepKey {
            credential: self.credential,
            through_sasl: self.step.through_sasl,
            // The repeated call may well ask for memory instead.
            flags: self.step.flags - Flags::ALLOCATE_MEMORY,
            process: fork::epoch(),
            inputs: hash.finalize().into(),
        }
    }

    /// Room for the step, before its caller is told to repeat it.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`: it cannot be repeated.
    #[cold]
    pub(super) fn reserve(self) -> Result<PendingPlace> {
        let bytes = self.step.inputs.0.iter().map(|buffer| buffer.data.len()).sum();
        let refused = |reason: &'static str| Error::new(Status::INSUFFICIENT_MEMORY, reason);
        if bytes > MOST_BYTES {
            return Err(refused(
                "first step: its output is too small, and its input too large to wait",
            ));
        }
        if !PENDING.lock().reserve() {
            return Err(refused("first step: no memory in which it could be pending"));
        }
        Ok(PendingPlace { key: self.key(), bytes })
    }
}

/// Keeps the context of a step that may be repeated.
#[cold]
pub(super) fn add(place: PendingPlace, session: Session) {
    PENDING.add(place, session, Instant::now());
}

/// The context of the step that is repeated. Of several calls that repeat it, one gets it.
#[inline]
pub(super) fn take(first: FirstStep<'_>) -> Option<Session> {
    // Mostly there is none.
    if PENDING.is_empty() { None } else { PENDING.take(&first.key(), Instant::now()) }
}

/// Ends the steps that are pending with a credential which is being freed.
#[inline]
pub(super) fn forget(credential: Handle) {
    if !PENDING.is_empty() {
        PENDING.forget(credential);
    }
}

static PENDING: PendingStore = PendingStore::new();

struct PendingStep {
    place: PendingPlace,
    since: Instant,
    session: Session,
}

/// The pending steps, the oldest first.
struct PendingSteps {
    entries: VecDeque<PendingStep>,
    bytes: usize,
}

/// Sessions are dropped outside of the lock: a package's drop may come back here.
struct PendingStore {
    steps: Gated<PendingSteps>,
    count: AtomicUsize,
}

impl PendingStore {
    const fn new() -> Self {
        let steps = PendingSteps { entries: VecDeque::new(), bytes: 0 };
        Self { steps: Gated::new(steps), count: AtomicUsize::new(0) }
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn lock(&self) -> LockedSteps<'_> {
        LockedSteps { steps: self.steps.lock(), count: &self.count }
    }

    #[cold]
    fn add(&self, place: PendingPlace, session: Session, now: Instant) {
        loop {
            let mut steps = self.lock();
            let Some(old) = steps.outdated(now, place.bytes) else {
                // The room was made by `reserve`; where others took it, this is the one to go.
                if steps.reserve() {
                    steps.push(PendingStep { place, since: now, session });
                }
                return;
            };
            drop(steps);
            drop(old);
        }
    }

    #[cold]
    fn take(&self, key: &StepKey, now: Instant) -> Option<Session> {
        self.end_old(now);
        let mut steps = self.lock();
        let at = steps.steps.entries.iter().position(|entry| entry.place.key == *key)?;
        steps.remove(at).map(|entry| entry.session)
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
            let mut steps = self.lock();
            let own = |entry: &PendingStep| entry.place.key.credential == credential;
            let at = steps.steps.entries.iter().position(own);
            let ended = at.and_then(|at| steps.remove(at));
            drop(steps);
            if ended.is_none() {
                return;
            }
        }
    }
}

/// The steps under their lock; tells their number when it is given back.
struct LockedSteps<'a> {
    steps: GatedGuard<'a, PendingSteps>,
    count: &'a AtomicUsize,
}

impl LockedSteps<'_> {
    /// Whether there is memory for one more.
    fn reserve(&mut self) -> bool {
        self.steps.entries.try_reserve(1).is_ok()
    }

    /// The oldest step, where it has waited for too long or a further one of `bytes` has no room.
    fn outdated(&mut self, now: Instant, bytes: usize) -> Option<PendingStep> {
        let oldest = self.steps.entries.front()?;
        let late = now.saturating_duration_since(oldest.since) > LIFETIME;
        let full = bytes > 0
            && (self.steps.entries.len() >= MOST || self.steps.bytes + bytes > MOST_BYTES);
        if late || full { self.remove(0) } else { None }
    }

    fn push(&mut self, entry: PendingStep) {
        self.steps.bytes += entry.place.bytes;
        self.steps.entries.push_back(entry);
    }

    fn remove(&mut self, at: usize) -> Option<PendingStep> {
        let entry = self.steps.entries.remove(at)?;
        self.steps.bytes -= entry.place.bytes;
        Some(entry)
    }
}

impl Drop for LockedSteps<'_> {
    fn drop(&mut self) {
        self.count.store(self.steps.entries.len(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
