//! Accounts in a file of Apache's htdigest format, read again when it changes.
//!
//! A line is `user:realm:hash`: the hash is that of `user:realm:password` in hexadecimal digits, 32
//! for MD5, 64 for SHA-256 (as lighttpd has it, whose fourth field is accepted and ignored). The
//! format has no sign for SHA-512/256, so there is never an account for it. The user ends at the
//! first colon, the realm at the last but for the hash's; a realm may be empty. Names are octets,
//! compared as they are. Empty lines and lines that begin with `#` are skipped. Of the lines for one
//! account and algorithm the first four that differ count: clients do not agree on the charset in
//! which a password is hashed.
//!
//! A file with a malformed line is refused as a whole.

mod hash_key;
mod hashed;
mod stamp;
mod table;

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError, Weak};
use std::time::SystemTime;

use zeroize::Zeroizing;

use self::hashed::Hashed;
use self::stamp::Stamp;
use self::table::Table;
use super::{Account, Algorithm, Source, Stored, Unavailable};
use crate::log;
use crate::system::clock;

/// The largest file that is read, in octets: some four million accounts.
const MAX_FILE: u64 = 256 << 20;

/// How often, in milliseconds, a look-up sees whether the file has changed.
const LOOK_EVERY: u64 = 1000;

/// How often a file that changes while it is read is tried.
const READ_TRIES: usize = 3;

/// The accounts of an htdigest file.
///
/// The file is looked at again by one look-up a second, and by every [`Source::refresh`]. When it
/// has changed (modification time, size, inode or device) it is read again. While it is missing or
/// malformed the accounts are those of its last good state, and the log has one line about it.
/// Look-ups go on while another thread reads the file.
#[derive(Debug)]
pub struct HtdigestFile {
    path: PathBuf,
    id: u64,
    /// By the coarse clock.
    next_look: AtomicU64,
    content: RwLock<Content>,
    /// Held while the file is read, never while an account is looked up.
    watch: Mutex<Watch>,
}

struct Content {
    table: Table,
    hashed: Hashed,
    /// How often the file had been read before.
    generation: u64,
}

/// What is known of the file on disk.
#[derive(Debug, Default)]
struct Watch {
    /// The state that was last read, well or badly.
    stamp: Option<Stamp>,
    /// Whether that state was old enough that any later one has another stamp.
    settled: bool,
    /// What the log was last told.
    complaint: Option<String>,
}

thread_local! {
    /// Which content of which file this thread last asked: so that it learns from `refresh` of a
    /// change that another thread came upon first.
    static LAST_ASKED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

impl HtdigestFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`Unavailable`], naming the file and where it has one the line, when it cannot be read, is
    /// not a regular file, is larger than 256 MiB, or has a malformed line.
    pub fn open(path: &Path) -> Result<Self, Unavailable> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let now = SystemTime::now();
        let (table, stamp) = read(path).map_err(|fault| Unavailable(fault.text))?;
        let settled = stamp.settled(now);
        Ok(Self {
            path: path.to_owned(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            next_look: AtomicU64::new(clock::coarse_milliseconds() + LOOK_EVERY),
            content: RwLock::new(Content { table, hashed: Hashed::default(), generation: 0 }),
            watch: Mutex::new(Watch { stamp: Some(stamp), settled, complaint: None }),
        })
    }

    /// The accounts of the file at `path`, shared with everyone who has that file open already.
    ///
    /// # Errors
    /// As [`HtdigestFile::open`].
    pub fn shared(path: &Path) -> Result<Arc<Self>, Unavailable> {
        static FILES: Mutex<Vec<Weak<HtdigestFile>>> = Mutex::new(Vec::new());
        let path = std::path::absolute(path)
            .map_err(|error| Unavailable(format!("{}: {error}", path.display())))?;
        let find = |files: &[Weak<Self>]| {
            files.iter().filter_map(Weak::upgrade).find(|file| file.path == path)
        };
        if let Some(file) = find(&lock(&FILES)) {
            return Ok(file);
        }
        // Read without the lock: nobody waits for somebody else's file.
        let file = Arc::new(Self::open(&path)?);
        let mut files = lock(&FILES);
        if let Some(first) = find(&files) {
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
        ask(&self.content.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the file when it is time to, and nobody else is about it.
    fn look_now_and_then(&self) {
        let now = clock::coarse_milliseconds();
        let due = self.next_look.load(Ordering::Relaxed);
        let next = now.saturating_add(LOOK_EVERY);
        if now < due
            || self
                .next_look
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        let mut watch = match self.watch.try_lock() {
            Ok(watch) => watch,
            Err(TryLockError::Poisoned(watch)) => watch.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        self.look(&mut watch, SystemTime::now());
    }

    /// Reads the file if it is not in the state that was last read; says whether its content is in
    /// use now.
    fn look(&self, watch: &mut Watch, now: SystemTime) -> bool {
        if let Ok(metadata) = fs::metadata(&self.path) {
            let stamp = Stamp::of(&metadata);
            // Read too early to be told from a later state, it is read once more when it is not.
            if watch.stamp == Some(stamp) && (watch.settled || !stamp.settled(now)) {
                return false;
            }
        }
        match read(&self.path) {
            Ok((table, stamp)) => {
                let settled = stamp.settled(now);
                *watch = Watch { stamp: Some(stamp), settled, complaint: None };
                // Rewritten in place, as the htdigest program does it, a file is empty for a moment.
                if stamp.empty() && !settled {
                    return false;
                }
                self.replace(table);
                true
            }
            Err(fault) => {
                watch.settled = fault.stamp.is_some_and(|stamp| stamp.settled(now));
                watch.stamp = fault.stamp;
                let text = format!("{}; the accounts read before stay in use", fault.text);
                if watch.complaint.as_ref() != Some(&text) {
                    log::fault(|| text.clone());
                    watch.complaint = Some(text);
                }
                false
            }
        }
    }

    fn replace(&self, table: Table) {
        let mut content = self.content.write().unwrap_or_else(PoisonError::into_inner);
        let generation = content.generation + 1;
        let hashed = Hashed::default();
        let old = std::mem::replace(&mut *content, Content { table, hashed, generation });
        drop(content);
        // Wiping a large table takes its time, so nobody waits for it.
        drop(old);
    }

    /// [`Source::refresh`], at a given time.
    fn refresh_at(&self, now: SystemTime) -> bool {
        let changed = self.look(&mut lock(&self.watch), now);
        let generation = self.read_content(|content| content.generation);
        let (id, asked) = LAST_ASKED.replace((self.id, generation));
        changed || (id == self.id && asked != generation)
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a file could not be read.
struct Fault {
    text: String,
    /// Of the state that was read and found wanting: the same state need not be read again.
    stamp: Option<Stamp>,
}

fn read(path: &Path) -> Result<(Table, Stamp), Fault> {
    let name = path.display();
    let (text, stamp) = read_octets(path)
        .map_err(|error| Fault { text: format!("{name}: {error}"), stamp: None })?;
    let table = Table::read(&text).map_err(|malformed| Fault {
        text: format!("{name}:{}: {}", malformed.line, malformed.expected),
        stamp: Some(stamp),
    })?;
    Ok((table, stamp))
}

/// Reads a file in one state.
fn read_octets(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, Stamp)> {
    for _ in 0..READ_TRIES {
        // Before it is opened: opening a pipe would wait for its other end.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let (stamp, length) = (Stamp::of(&metadata), metadata.len());
        if length > MAX_FILE {
            return Err(io::Error::other("larger than 256 MiB"));
        }
        // With room for one octet more than there should be, so that it is never moved.
        let room = usize::try_from(length + 1).map_err(io::Error::other)?;
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        (&file).take(length + 1).read_to_end(&mut text)?;
        if text.len() + 1 == room && Stamp::of(&file.metadata()?) == stamp {
            return Ok((text, stamp));
        }
    }
    Err(io::Error::other("changes while it is read"))
}

#[cfg(test)]
mod tests;
