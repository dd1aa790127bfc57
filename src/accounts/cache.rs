//! What a database or a directory has answered lately, known and unknown users alike.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use super::question::Question;
use super::stored_form;
use super::{Stored, Unavailable};
use crate::system::fork::Gated;
use crate::system::{clock, heap};

/// How many answers are kept: some 2 MB of hashes.
const ENTRIES: usize = 10_000;

/// How often in milliseconds a wrong response makes an answer be asked for again.
const AGAIN_EVERY: u64 = 1000;

/// How many answers a thread remembers having had from here: as many as a response has candidates.
const REMEMBERED: usize = 4;

/// Answers, each kept for one time from when it was first had. Wiped when they go, as all memory.
pub(super) struct Cache {
    id: u64,
    /// Milliseconds; 0 keeps nothing.
    lifetime: u64,
    hasher: RandomState,
    kept: Gated<Answers>,
}

/// What is kept of a question.
pub(super) enum Kept {
    Nothing,
    /// As [`Source::find`](super::Source::find) has it.
    Answer(Option<Stored>),
}

#[derive(Default)]
struct Answers {
    /// By the keyed hash of the question, which peers cannot make collide on purpose.
    entries: HashMap<u64, Entry>,
    /// The same, the oldest first, with the time when each ends.
    order: VecDeque<(u64, u64)>,
}

struct Entry {
    question: Question,
    answer: Option<Stored>,
    ends: u64,
    asked: u64,
    /// To be asked for again.
    doubted: bool,
}

thread_local! {
    /// Answers that this thread has had from a cache since it last doubted any: cache and key.
    static HAD: Cell<[(u64, u64); REMEMBERED]> = const { Cell::new([(0, 0); REMEMBERED]) };
}

impl Cache {
    pub(super) fn new(lifetime: u64) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            lifetime,
            hasher: RandomState::new(),
            kept: Gated::default(),
        }
    }

    /// The answer to `question`, where it is kept.
    ///
    /// # Errors
    /// For want of memory.
    pub(super) fn get(&self, question: &Question) -> Result<Kept, Unavailable> {
        if self.lifetime == 0 {
            return Ok(Kept::Nothing);
        }
        let key = self.hasher.hash_one(question);
        let kept = self.kept.lock();
        let Some(entry) = kept.entries.get(&key) else { return Ok(Kept::Nothing) };
        let now = clock::coarse_milliseconds();
        if entry.doubted || now >= entry.ends || entry.question != *question {
            return Ok(Kept::Nothing);
        }
        let answer = entry.answer.as_ref().map(stored_form::copy).transpose()?;
        drop(kept);
        let mut had = HAD.get();
        had.rotate_right(1);
        if let Some(first) = had.first_mut() {
            *first = (self.id, key);
        }
        HAD.set(had);
        Ok(Kept::Answer(answer))
    }

    /// Keeps the answer to `question`; not for want of memory, which is not worth a refusal.
    pub(super) fn put(&self, question: Question, answer: Option<&Stored>) {
        if self.lifetime == 0 {
            return;
        }
        let Ok(answer) = answer.map(stored_form::copy).transpose() else { return };
        let key = self.hasher.hash_one(&question);
        let now = clock::coarse_milliseconds();
        let ends = now.saturating_add(self.lifetime);
        let mut entry = Entry { question, answer, ends, asked: now, doubted: false };
        let mut kept = self.kept.lock();
        // One that was asked for again ends when it would have.
        if let Some(old) = kept.entries.get_mut(&key).filter(|old| now < old.ends) {
            entry.ends = old.ends;
            let old = std::mem::replace(old, entry);
            drop(kept);
            drop(old);
            return;
        }
        while kept.order.len() >= ENTRIES
            || kept.order.front().is_some_and(|(_, ends)| *ends <= now)
        {
            let Some((oldest, _)) = kept.order.pop_front() else { break };
            kept.entries.remove(&oldest);
        }
        if kept.order.try_reserve(1).is_err() || heap::reserve(&mut kept.entries).is_err() {
            return;
        }
        kept.order.push_back((key, ends));
        kept.entries.insert(key, entry);
    }

    /// After a response that no answer proved: those that this thread had from here are to be asked for
    /// again, unless they were within the last second. Says whether any are.
    pub(super) fn doubt(&self) -> bool {
        let now = clock::coarse_milliseconds();
        let mut any = false;
        let mut kept = self.kept.lock();
        for (id, key) in HAD.take() {
            let entry = kept.entries.get_mut(&key).filter(|_| id == self.id);
            let Some(entry) = entry else { continue };
            if now >= entry.asked.saturating_add(AGAIN_EVERY) {
                entry.asked = now;
                entry.doubted = true;
                any = true;
            }
        }
        any
    }

    /// The source could not be asked again: what is kept still counts for its time.
    pub(super) fn trust(&self, question: &Question) {
        let key = self.hasher.hash_one(question);
        if let Some(entry) = self.kept.lock().entries.get_mut(&key) {
            entry.doubted = false;
        }
    }
}
