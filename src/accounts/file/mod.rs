//! Accounts in a file, read again when it changes.
//!
//! A file with a malformed line is refused as a whole.

#![allow(clippy::disallowed_types, reason = "the content is held under the gate of forks")]

pub(super) mod index;
pub(super) mod lines;
pub(super) mod reading;
mod stamp;
pub(super) mod watch;

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::SystemTime;

use self::lines::Unread;
use self::reading::{Fault, Fresh};
use self::stamp::Stamp;
use self::watch::Watch;
use super::Unavailable;
use crate::log;
use crate::system;
use crate::system::fork::{self, Gated};
use crate::system::{clock, thread};

/// How often, in milliseconds, a look-up sees whether the file has changed.
pub(super) const LOOK_EVERY: u64 = 1000;

/// How often a look begins anew because another thread has read the file meanwhile.
const LOOKS: usize = 3;

/// What is wrong with a line. Never quotes it, since it may hold a hash or a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The line's number, from 1.
    pub line: usize,
    /// What was expected.
    pub expected: &'static str,
}

/// What is read of a file, and looked up in.
pub trait Contents: Send + Sync + Sized + 'static {
    /// What some of those who share the file want to be made of it, and others do not.
    type Wanted: Copy + PartialEq + Send + fmt::Debug;

    /// Reads the bytes of a file, of which there should be `length`, to their end.
    ///
    /// # Errors
    /// `Unread`: the first line that is malformed, or what the system said.
    fn read(file: &mut dyn Read, length: usize, wanted: Self::Wanted) -> Result<Self, Unread>;

    /// What was made of it.
    fn has(&self) -> Self::Wanted;

    /// What is in one or the other.
    fn and(one: Self::Wanted, other: Self::Wanted) -> Self::Wanted;

    /// How many accounts there are.
    fn count(&self) -> usize;

    /// What a log should say of it, although it is in order.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// The files that are open, which those who open them share.
pub type Open<C> = Gated<Vec<Weak<WatchedFile<C>>>>;

/// The accounts of a file.
///
/// The file is looked at again by one look-up a second, and by every [`refresh`](WatchedFile::refresh). When it
/// has changed (modification time, size, inode or device) it is read again: within the look where
/// that takes about a millisecond at most (64 KiB), so that a new account works at once; else in
/// the background, on a thread of its own, while look-ups have the accounts read before. Where
/// the system has no thread to give, a large file too is read within the look. While it is missing or
/// malformed the accounts are those of its last good state, and the log has one line about it.
///
/// No lock is held while the file is read. A thread is not there any more in a forked child, which
/// reads for itself then.
pub struct WatchedFile<C: Contents> {
    pub(super) path: PathBuf,
    pub(super) id: u64,
    /// By the coarse clock.
    pub(super) next_look: AtomicU64,
    /// Replaced as a whole. Held for a look-up, or while a pointer is exchanged, and at no fork.
    pub(super) content: RwLock<Box<Content<C>>>,
    /// Held while it is asked or told something. Before `content` where both are.
    pub(super) watch: Gated<Watch<C>>,
    /// For the thread that reads.
    pub(super) own: Weak<Self>,
    pub(super) spawn: fn(&str, thread::Work) -> io::Result<()>,
}

/// What is looked up in: it never changes.
pub(super) struct Content<C> {
    pub(super) accounts: C,
    /// How often the file had been read before.
    pub(super) generation: u64,
}

thread_local! {
    /// Which content of which file this thread last asked: so that it learns from `refresh` of a
    /// change that another thread came upon first.
    static LAST_ASKED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

impl<C: Contents> WatchedFile<C> {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`Unavailable`], naming the file and where it has one the line, when it cannot be read, is
    /// not a regular file, is larger than 256 MiB, or has a malformed line.
    pub fn open(path: &Path, wanted: C::Wanted) -> Result<Arc<Self>, Unavailable> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let now = SystemTime::now();
        let Fresh { accounts, stamp } =
            reading::whole::<C>(path, wanted).map_err(Unavailable::from)?;
        remark(path, &accounts);
        Ok(Arc::new_cyclic(|own| Self {
            path: path.to_owned(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            next_look: AtomicU64::new(clock::coarse_milliseconds() + LOOK_EVERY),
            content: RwLock::new(Box::new(Content { accounts, generation: 0 })),
            watch: Gated::new(Watch::of(stamp, now, wanted)),
            own: Weak::clone(own),
            spawn: thread::spawn,
        }))
    }

    /// The accounts of the file at `path`, shared with everyone who has it of those that are `open`.
    ///
    /// # Errors
    /// As [`WatchedFile::open`].
    pub fn shared(
        path: &Path,
        wanted: C::Wanted,
        open: &Open<C>,
    ) -> Result<Arc<Self>, Unavailable> {
        let path = std::path::absolute(path)
            .map_err(|error| Unavailable(format!("{}: {error}", path.display())))?;
        let find = |files: &[Weak<Self>]| {
            files.iter().filter_map(Weak::upgrade).find(|file| file.path == path)
        };
        let first = find(&open.lock());
        if let Some(file) = first {
            file.want(wanted)?;
            return Ok(file);
        }
        // Read without the lock: nobody waits for somebody else's file.
        let file = Self::open(&path, wanted)?;
        let mut files = open.lock();
        if let Some(first) = find(&files) {
            drop(files);
            first.want(wanted)?;
            return Ok(first);
        }
        files.retain(|file| file.strong_count() > 0);
        files.push(Arc::downgrade(&file));
        Ok(file)
    }

    /// How many accounts the file has; those with several lines of one algorithm count by line.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read_content(|content| content.accounts.count())
    }

    /// Whether the file has no accounts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn read_content<T>(&self, ask: impl FnOnce(&Content<C>) -> T) -> T {
        let _inside = fork::enter();
        ask(&self.content.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks something up, after a look at the file where it is time for one.
    pub(super) fn look_up<T>(&self, ask: impl FnOnce(&C) -> T) -> T {
        self.look_now_and_then();
        self.read_content(|content| {
            LAST_ASKED.set((self.id, content.generation));
            ask(&content.accounts)
        })
    }

    /// Has this made of the file too: reads it anew where it is not yet.
    pub(super) fn want(&self, wanted: C::Wanted) -> Result<(), Unavailable> {
        let has = self.read_content(|content| content.accounts.has());
        if C::and(has, wanted) == has {
            return Ok(());
        }
        self.watch.lock().want(wanted);
        self.read_whole().map(drop).map_err(Unavailable::from)
    }

    /// Looks at the file when it is time to.
    pub(super) fn look_now_and_then(&self) {
        self.look_after(LOOK_EVERY);
    }

    /// Looks at the file where nobody has for so many milliseconds, at most [`LOOK_EVERY`]; says whether other
    /// content is in use now.
    pub(super) fn look_after(&self, milliseconds: u64) -> bool {
        let now = clock::coarse_milliseconds();
        let due = self.next_look.load(Ordering::Relaxed);
        let next = now.saturating_add(LOOK_EVERY);
        now >= due.saturating_sub(LOOK_EVERY.saturating_sub(milliseconds))
            && self
                .next_look
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            && self.look(SystemTime::now())
    }

    /// Has the file read if it is not in the state that was last read; says whether its content is
    /// in use now.
    #[cold]
    fn look(&self, now: SystemTime) -> bool {
        for _ in 0..LOOKS {
            let found = system::file::at(&self.path).ok().map(|state| Stamp::of(&state));
            let Some(errand) = self.watch.lock().errand(found, now) else { return false };
            let read = reading::up_to(&self.path, errand.limit, errand.wanted);
            let Some(read) = read.transpose() else { return self.read_in_background() };
            if let Some(result) = self.settle(errand.version, read, now) {
                return result.is_ok_and(|used| used);
            }
        }
        false
    }

    /// Has the file read on a thread of its own, where none reads it yet; if there can be none, reads
    /// it here. Says whether its content is in use now.
    fn read_in_background(&self) -> bool {
        let Some(file) = self.own.upgrade() else { return false };
        let Some(reader) = Reader::of(file) else { return false };
        let work = Box::new(move || {
            // The log has what is wrong.
            let _ = reader.file.read_whole();
        });
        match (self.spawn)("secur32-accounts", work) {
            Ok(()) => {
                log::note(|| {
                    let name = self.path.display();
                    format!(
                        "{name}: changed, and read in the background; the accounts read before stay \
                             in use until then"
                    )
                });
                false
            }
            Err(error) => {
                log::note(|| {
                    format!("{}: read within a login: no thread: {error}", self.path.display())
                });
                self.read_whole().is_ok_and(|used| used)
            }
        }
    }

    /// Reads the file, whatever its size, until no other has done so meanwhile; says whether its
    /// content is in use now.
    fn read_whole(&self) -> Result<bool, Fault> {
        loop {
            let now = SystemTime::now();
            let (version, wanted) = self.watch.lock().wanted();
            let read = reading::whole(&self.path, wanted);
            if let Some(result) = self.settle(version, read, now) {
                return result;
            }
        }
    }

    /// Puts what was read into use, or tells the log why not; `None` where the file has been read
    /// meanwhile, or more has been asked of it.
    pub(super) fn settle(
        &self,
        version: u64,
        read: Result<Fresh<C>, Fault>,
        now: SystemTime,
    ) -> Option<Result<bool, Fault>> {
        let mut watch = self.watch.lock();
        if !watch.is_at(version) {
            return None;
        }
        Some(match read {
            Ok(fresh) => {
                // Rewritten in place, as the htdigest program does it, a file is empty for a moment.
                let used = watch.has_read(fresh.stamp, now);
                remark(&self.path, &fresh.accounts);
                let old = used.then(|| self.replace(fresh));
                drop(watch);
                // Wiping a large table takes its time, so nobody waits for it.
                drop(old);
                Ok(used)
            }
            Err(fault) => {
                let complaint = watch.has_failed(&fault, now);
                drop(watch);
                if let Some(text) = complaint {
                    log::fault(|| text);
                }
                Err(fault)
            }
        })
    }

    /// Exchanges the content, and gives back the old.
    #[allow(clippy::unnecessary_box_returns, reason = "what has a lock in hand moves a pointer")]
    fn replace(&self, Fresh { accounts, .. }: Fresh<C>) -> Box<Content<C>> {
        let mut fresh = Box::new(Content { accounts, generation: 0 });
        let _inside = fork::enter();
        let mut content = self.content.write().unwrap_or_else(PoisonError::into_inner);
        fresh.generation = content.generation + 1;
        std::mem::replace(&mut *content, fresh)
    }

    /// Looks whether the file has changed since this thread last asked it, and says so; reads it again
    /// where that has not been done.
    pub fn refresh(&self) -> bool {
        self.refresh_at(SystemTime::now())
    }

    /// The same, at a given time.
    pub(super) fn refresh_at(&self, now: SystemTime) -> bool {
        let changed = self.look(now);
        let generation = self.read_content(|content| content.generation);
        let (id, asked) = LAST_ASKED.replace((self.id, generation));
        changed || (id == self.id && asked != generation)
    }
}

/// The permission to read a file in the background, which one thread of a process has at a time.
struct Reader<C: Contents> {
    file: Arc<WatchedFile<C>>,
    epoch: u64,
}

impl<C: Contents> Reader<C> {
    /// `None` where another thread of this process has it.
    fn of(file: Arc<WatchedFile<C>>) -> Option<Self> {
        let epoch = fork::epoch();
        let taken = file.watch.lock().take_reader(epoch);
        taken.then(|| Self { file, epoch })
    }
}

impl<C: Contents> Drop for Reader<C> {
    fn drop(&mut self) {
        self.file.watch.lock().free_reader(self.epoch);
    }
}

impl<C: Contents> fmt::Debug for WatchedFile<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} accounts", self.path.display(), self.len())
    }
}

fn remark<C: Contents>(path: &Path, accounts: &C) {
    if let Some(remark) = accounts.remark() {
        log::note(|| format!("{}: {remark}", path.display()));
    }
}
