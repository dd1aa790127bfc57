//! Accounts in a file of Apache's htdigest format, read again when it changes.
//!
//! A line is `user:realm:hash`: the hash is that of `user:realm:password` in hexadecimal digits, 32
//! for MD5, 64 for SHA-256 (as lighttpd has it, whose fourth field is accepted and ignored). The
//! format has no sign for SHA-512/256, so there is never an account for it. The user ends at the
//! first colon, the realm at the last but for the hash's; a realm may be empty. Names are bytes,
//! compared as they are. Empty lines and lines that begin with `#` are skipped. Of the lines for one
//! account and algorithm the first four that differ count: clients do not agree on the charset in
//! which a password is hashed.
//!
//! A file with a malformed line is refused as a whole.

#![allow(clippy::disallowed_types, reason = "the content is held under the gate of forks")]

mod hashed;
mod index;
mod reading;
mod stamp;
mod table;
mod watch;

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::SystemTime;

use self::hashed::{Hashed, Indexed};
use self::reading::{Fault, Fresh};
use self::stamp::Stamp;
use self::table::Table;
use self::watch::Watch;
use super::{Account, Algorithm, Source, Stored, Unavailable};
use crate::log;
use crate::system::fork::{self, Gated};
use crate::system::{clock, thread};

/// How often, in milliseconds, a look-up sees whether the file has changed.
const LOOK_EVERY: u64 = 1000;

/// How often a look begins anew because another thread has read the file meanwhile.
const LOOKS: usize = 3;

/// The accounts of an htdigest file.
///
/// The file is looked at again by one look-up a second, and by every [`Source::refresh`]. When it
/// has changed (modification time, size, inode or device) it is read again: within the look where
/// that takes about a millisecond at most (64 KiB), so that a new account works at once; else in
/// the background, on a thread of its own, while look-ups have the accounts read before. Where
/// the system has no thread to give, a large file too is read within the look. While it is missing or
/// malformed the accounts are those of its last good state, and the log has one line about it.
///
/// No lock is held while the file is read. A thread is not there any more in a forked child, which
/// reads for itself then.
#[derive(Debug)]
pub struct HtdigestFile {
    path: PathBuf,
    id: u64,
    /// By the coarse clock.
    next_look: AtomicU64,
    /// Replaced as a whole. Held for a look-up, or while a pointer is exchanged, and at no fork.
    content: RwLock<Box<Content>>,
    /// Held while it is asked or told something. Before `content` where both are.
    watch: Gated<Watch>,
    /// For the thread that reads.
    own: Weak<Self>,
    spawn: fn(&str, thread::Work) -> io::Result<()>,
}

/// What is looked up in: it never changes.
struct Content {
    table: Table,
    hashed: Hashed,
    /// How often the file had been read before.
    generation: u64,
}

thread_local! {
    /// Which content of which file this thread last asked: so that it learns from `refresh` of a
    /// change that another thread came upon first.
    static LAST_ASKED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

impl HtdigestFile {
    /// Reads the file at `path`, whose users shall be found by their hashes of these algorithms too.
    ///
    /// # Errors
    /// [`Unavailable`], naming the file and where it has one the line, when it cannot be read, is
    /// not a regular file, is larger than 256 MiB, or has a malformed line.
    pub fn open(path: &Path, hashed: &[Algorithm]) -> Result<Arc<Self>, Unavailable> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let now = SystemTime::now();
        let indexed = hashed.iter().copied().collect();
        let Fresh { table, hashed, stamp } =
            reading::whole(path, indexed).map_err(Unavailable::from)?;
        Ok(Arc::new_cyclic(|own| Self {
            path: path.to_owned(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            next_look: AtomicU64::new(clock::coarse_milliseconds() + LOOK_EVERY),
            content: RwLock::new(Box::new(Content { table, hashed, generation: 0 })),
            watch: Gated::new(Watch::of(stamp, now, indexed)),
            own: Weak::clone(own),
            spawn: thread::spawn,
        }))
    }

    /// The accounts of the file at `path`, shared with everyone who has that file open already.
    ///
    /// # Errors
    /// As [`HtdigestFile::open`].
    pub fn shared(path: &Path, hashed: &[Algorithm]) -> Result<Arc<Self>, Unavailable> {
        static FILES: Gated<Vec<Weak<HtdigestFile>>> = Gated::new(Vec::new());
        let path = std::path::absolute(path)
            .map_err(|error| Unavailable(format!("{}: {error}", path.display())))?;
        let find = |files: &[Weak<Self>]| {
            files.iter().filter_map(Weak::upgrade).find(|file| file.path == path)
        };
        let first = find(&FILES.lock());
        if let Some(file) = first {
            file.index(hashed)?;
            return Ok(file);
        }
        // Read without the lock: nobody waits for somebody else's file.
        let file = Self::open(&path, hashed)?;
        let mut files = FILES.lock();
        if let Some(first) = find(&files) {
            drop(files);
            first.index(hashed)?;
            return Ok(first);
        }
        files.retain(|file| file.strong_count() > 0);
        files.push(Arc::downgrade(&file));
        Ok(file)
    }

    /// How many accounts the file has; those with several lines of one algorithm count by line.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read_content(|content| content.table.len())
    }

    /// Whether the file has no accounts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read_content<T>(&self, ask: impl FnOnce(&Content) -> T) -> T {
        let _inside = fork::enter();
        ask(&self.content.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has users found by their hashes of these algorithms too: reads the file anew where they are
    /// not yet.
    fn index(&self, hashed: &[Algorithm]) -> Result<(), Unavailable> {
        let wanted: Indexed = hashed.iter().copied().collect();
        let has = self.read_content(|content| content.hashed.indexed());
        if has.and(wanted) == has {
            return Ok(());
        }
        self.watch.lock().want(wanted);
        self.read_whole().map(drop).map_err(Unavailable::from)
    }

    /// Looks at the file when it is time to.
    fn look_now_and_then(&self) {
        let now = clock::coarse_milliseconds();
        let due = self.next_look.load(Ordering::Relaxed);
        let next = now.saturating_add(LOOK_EVERY);
        if now >= due
            && self
                .next_look
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.look(SystemTime::now());
        }
    }

    /// Has the file read if it is not in the state that was last read; says whether its content is
    /// in use now.
    #[cold]
    fn look(&self, now: SystemTime) -> bool {
        for _ in 0..LOOKS {
            let found = fs::metadata(&self.path).ok().map(|metadata| Stamp::of(&metadata));
            let Some(errand) = self.watch.lock().errand(found, now) else { return false };
            let read = reading::up_to(&self.path, errand.limit, errand.indexed);
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
            let (version, indexed) = self.watch.lock().wanted();
            let read = reading::whole(&self.path, indexed);
            if let Some(result) = self.settle(version, read, now) {
                return result;
            }
        }
    }

    /// Puts what was read into use, or tells the log why not; `None` where the file has been read
    /// meanwhile, or more has been asked of it.
    fn settle(
        &self,
        version: u64,
        read: Result<Fresh, Fault>,
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
    fn replace(&self, Fresh { table, hashed, .. }: Fresh) -> Box<Content> {
        let mut fresh = Box::new(Content { table, hashed, generation: 0 });
        let _inside = fork::enter();
        let mut content = self.content.write().unwrap_or_else(PoisonError::into_inner);
        fresh.generation = content.generation + 1;
        std::mem::replace(&mut *content, fresh)
    }

    /// [`Source::refresh`], at a given time.
    fn refresh_at(&self, now: SystemTime) -> bool {
        let changed = self.look(now);
        let generation = self.read_content(|content| content.generation);
        let (id, asked) = LAST_ASKED.replace((self.id, generation));
        changed || (id == self.id && asked != generation)
    }
}

/// The permission to read a file in the background, which one thread of a process has at a time.
struct Reader {
    file: Arc<HtdigestFile>,
    epoch: u64,
}

impl Reader {
    /// `None` where another thread of this process has it.
    fn of(file: Arc<HtdigestFile>) -> Option<Self> {
        let epoch = fork::epoch();
        let taken = file.watch.lock().take_reader(epoch);
        taken.then(|| Self { file, epoch })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.file.watch.lock().free_reader(self.epoch);
    }
}

impl Source for HtdigestFile {
    fn find(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
    ) -> Result<Option<Stored>, Unavailable> {
        self.look_now_and_then();
        Ok(self.read_content(|content| {
            LAST_ASKED.set((self.id, content.generation));
            content.table.find(account, algorithm, 0)
        }))
    }

    fn find_further(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
        number: usize,
    ) -> Result<Option<Stored>, Unavailable> {
        Ok(self.read_content(|content| content.table.find(account, algorithm, number)))
    }

    fn secrets_per_account(&self) -> usize {
        self.read_content(|content| content.table.most())
    }

    fn find_hashed(
        &self,
        digits: &[u8],
        realm: &[u8],
        algorithm: Algorithm,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        self.look_now_and_then();
        Ok(self.read_content(|Content { table, hashed, .. }| {
            hashed.find(table, digits, realm, algorithm)
        }))
    }

    fn refresh(&self) -> bool {
        self.refresh_at(SystemTime::now())
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} accounts", self.table.len())
    }
}

#[cfg(test)]
mod tests;
