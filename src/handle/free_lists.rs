//! Lists of slots, linked through the slots themselves: to put one in or to take one out is one
//! atomic operation, and no thread waits for another.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Lists of free slots; threads spread over them.
const FREE_LISTS: usize = 16;

/// A list, last in first out. Alone in its line of the cache.
#[repr(align(64))]
pub(super) struct List {
    /// The first slot's number in the low half, and in the high half how often the list was changed:
    /// whoever takes the first slot out knows by it that the second is still the same.
    head: AtomicU64,
}

impl List {
    pub(super) const fn new() -> Self {
        Self { head: AtomicU64::new(0) }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        first(self.head.load(Ordering::Relaxed)).is_none()
    }

    /// Puts slot `index` in. `links` are the places of the slots' links.
    pub(super) fn push<'a>(&self, index: u32, links: &impl Fn(u32) -> Option<&'a AtomicU32>) {
        let Some(link) = links(index) else { return };
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            link.store(number(first(head)), Ordering::Relaxed);
            match self.replace(head, Some(index)) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes the slot out that was put in last.
    pub(super) fn pop<'a>(&self, links: &impl Fn(u32) -> Option<&'a AtomicU32>) -> Option<u32> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let index = first(head)?;
            let next = following(links(index)?);
            match self.replace(head, next) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    /// Empties the list; the answer is its first slot, from which the links lead on.
    pub(super) fn take_all(&self) -> Option<u32> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            match self.replace(head, None) {
                Ok(_) => return first(head),
                Err(now) => head = now,
            }
        }
    }

    fn replace(&self, head: u64, first: Option<u32>) -> Result<u64, u64> {
        let changes = (head >> 32).wrapping_add(1) << 32;
        let new = changes | u64::from(number(first));
        self.head.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire)
    }
}

/// A slot's number in a link, in which 0 is the end.
fn number(index: Option<u32>) -> u32 {
    index.map_or(0, |index| index + 1)
}

/// The slot that a link leads to.
pub(super) fn following(link: &AtomicU32) -> Option<u32> {
    link.load(Ordering::Relaxed).checked_sub(1)
}

#[expect(clippy::cast_possible_truncation, reason = "the number is the low half")]
fn first(head: u64) -> Option<u32> {
    (head as u32).checked_sub(1)
}

/// Lists of free slots, of which each thread has one to use first.
pub(super) struct FreeLists([List; FREE_LISTS]);

impl FreeLists {
    pub(super) const fn new() -> Self {
        Self([const { List::new() }; FREE_LISTS])
    }

    pub(super) fn push<'a>(&self, index: u32, links: &impl Fn(u32) -> Option<&'a AtomicU32>) {
        if let Some(list) = self.0.get(own()) {
            list.push(index, links);
        }
    }

    pub(super) fn pop<'a>(&self, links: &impl Fn(u32) -> Option<&'a AtomicU32>) -> Option<u32> {
        let (others, own) = self.0.split_at_checked(own())?;
        own.iter().chain(others).find_map(|list| list.pop(links))
    }
}

/// The list of this thread.
fn own() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % FREE_LISTS);
    }
    // A thread that is ending has lost its thread-locals but may still delete contexts.
    OWN.try_with(Cell::get).unwrap_or(0)
}
