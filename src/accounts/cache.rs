//! What a database or a directory has answered lately, known and unknown users alike.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Unavailable;
use super::question::Question;
use crate::system::fork::Gated;
use crate::system::{clock, heap};

/// How many answers are kept.
const ENTRIES: usize = 10_000;

/// How many bytes names and secrets of what is kept have together: names are the peers' choice, and 10,000
/// of the longest would be 20 MB.
const BYTES: usize = 1 << 20;

/// How often in milliseconds a wrong response makes an answer be asked for again.
const AGAIN_EVERY: u64 = 1000;

/// How many answers a thread remembers having had from here: as many as a response has candidates.
const REMEMBERED: usize = 4;

/// What can be kept.
pub(super) trait Answer: Sized {
    /// Which secret is asked for.
    type Wanted: Eq + Hash;

    /// A copy, for the caller of a source.
    ///
    /// # Errors
    /// For want of memory.
    fn copy(&self) -> Result<Self, Unavailable>;

    /// Bytes that it has beside its own size.
    fn size(&self) -> usize;
}

/// Answers, each kept for one time from when it was first had. Wiped when they go, as all memory.
pub(super) struct Cache<A: Answer> {
    id: u64,
    /// Milliseconds; 0 keeps nothing.
    lifetime: u64,
    hasher: RandomState,
    kept: Gated<Answers<A>>,
}

/// What is kept of a question.
pub(super) enum Kept<A> {
    Nothing,
    /// As the source has it.
    Answer(Option<A>),
}

struct Answers<A: Answer> {
    /// By the keyed hash of the question, which peers cannot make collide on purpose.
    entries: HashMap<u64, Entry<A>>,
    /// The same, the oldest first, with the time when each ends.
    order: VecDeque<(u64, u64)>,
    /// Of names and secrets.
    bytes: usize,
}

struct Entry<A: Answer> {
    question: Question<A::Wanted>,
    answer: Option<A>,
    ends: u64,
    asked: u64,
    /// To be asked for again.
    doubted: bool,
}

impl<A: Answer> Entry<A> {
    /// Bytes of names and secrets.
    fn size(&self) -> usize {
        let secret = self.answer.as_ref().map_or(0, A::size);
        self.question.user.len() + self.question.realm.len() + secret
    }
}

impl<A: Answer> Answers<A> {
    /// Removes the one that was put first.
    fn remove_oldest(&mut self) {
        let Some((oldest, _)) = self.order.pop_front() else { return };
        if let Some(entry) = self.entries.remove(&oldest) {
            self.bytes -= entry.size();
        }
    }
}

thread_local! {
    /// Answers that this thread has had from a cache since it last doubted any: cache and key.
    static HAD: Cell<[(u64, u64); REMEMBERED]> = const { Cell::new([(0, 0); REMEMBERED]) };
}

impl<A: Answer> Cache<A> {
    pub(super) fn new(lifetime: u64) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            lifetime,
            hasher: RandomState::new(),
            kept: Gated::new(Answers { entries: HashMap::new(), order: VecDeque::new(), bytes: 0 }),
        }
    }

    /// The answer to `question`, where it is kept.
    ///
    /// # Errors
    /// For want of memory.
    pub(super) fn get(&self, question: &Question<A::Wanted>) -> Result<Kept<A>, Unavailable> {
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
        let answer = entry.answer.as_ref().map(A::copy).transpose()?;
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
    pub(super) fn put(&self, question: Question<A::Wanted>, answer: Option<&A>) {
        if self.lifetime == 0 {
            return;
        }
        let Ok(answer) = answer.map(A::copy).transpose() else { return };
        let key = self.hasher.hash_one(&question);
        let now = clock::coarse_milliseconds();
        let ends = now.saturating_add(self.lifetime);
        let mut entry = Entry { question, answer, ends, asked: now, doubted: false };
        let size = entry.size();
        let mut kept = self.kept.lock();
        while kept.order.front().is_some_and(|(_, ends)| *ends <= now) {
            kept.remove_oldest();
        }
        // One that was asked for again ends when it would have.
        if let Some(old) = kept.entries.get_mut(&key) {
            entry.ends = old.ends;
            let old = std::mem::replace(old, entry);
            kept.bytes = kept.bytes - old.size() + size;
            return;
        }
        while kept.order.len() >= ENTRIES || kept.bytes + size > BYTES {
            kept.remove_oldest();
        }
        if kept.order.try_reserve(1).is_err() || heap::reserve(&mut kept.entries).is_err() {
            return;
        }
        kept.bytes += size;
        kept.order.push_back((key, ends));
        kept.entries.insert(key, entry);
    }

    /// After a response that no answer proved: those that this thread had from here are to be asked for
    /// again, unless they were within the last second. Says whether any are.
    pub(super) fn doubt(&self) -> bool {
        let now = clock::coarse_milliseconds();
        let mut any = false;
        let mut had = HAD.take();
        let mut kept = self.kept.lock();
        for (id, key) in &mut had {
            if *id != self.id {
                continue;
            }
            if let Some(entry) = kept.entries.get_mut(key)
                && now >= entry.asked.saturating_add(AGAIN_EVERY)
            {
                entry.asked = now;
                entry.doubted = true;
                any = true;
            }
            *id = 0;
        }
        drop(kept);
        HAD.set(had);
        any
    }

    /// The source could not be asked again: what is kept still counts for its time.
    pub(super) fn trust(&self, question: &Question<A::Wanted>) {
        let key = self.hasher.hash_one(question);
        if let Some(entry) = self.kept.lock().entries.get_mut(&key) {
            entry.doubted = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Algorithm, Stored};
    use crate::secret::Secret;

    fn question(user: String) -> Question {
        Question { user, realm: "r".repeat(1000), algorithm: Algorithm::Md5 }
    }

    #[test]
    fn names_and_secrets_are_kept_up_to_so_many_bytes_and_the_oldest_go() {
        let cache = Cache::<Stored>::new(600_000);
        let password = Stored::Password(Secret::new("p".repeat(2000)));
        for number in 0..ENTRIES {
            let answer = (number % 2 == 0).then_some(&password);
            cache.put(question(format!("{number:01000}")), answer);
            let kept = cache.kept.lock();
            let sum: usize = kept.entries.values().map(Entry::size).sum();
            assert_eq!((kept.bytes, kept.order.len()), (sum, kept.entries.len()));
            assert!(sum <= BYTES);
        }
        // A half has names alone, and a half a password too: 3000 bytes on average.
        assert_eq!(cache.kept.lock().entries.len(), BYTES / 3000);
        let is_kept = |number: usize| {
            matches!(cache.get(&question(format!("{number:01000}"))), Ok(Kept::Answer(_)))
        };
        assert!(is_kept(ENTRIES - 1) && !is_kept(0));
    }

    #[test]
    fn short_names_are_kept_in_their_number_and_one_put_again_counts_once() {
        let cache = Cache::<Stored>::new(600_000);
        for number in 0..=ENTRIES {
            for _ in 0..2 {
                let (user, realm) = (number.to_string(), String::new());
                cache.put(Question { user, realm, algorithm: Algorithm::Md5 }, None);
            }
        }
        let kept = cache.kept.lock();
        assert_eq!(kept.entries.len(), ENTRIES);
        assert_eq!(kept.bytes, kept.entries.values().map(Entry::size).sum());
    }
}
