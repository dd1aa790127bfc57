//! What a server remembers of nonces that have been used: the sessions that began with them, and
//! for a time the nonces of sessions that have ended, so that no response is taken twice.
//!
//! Only a right response makes a record, so that nobody makes one without a password. There are
//! shards with a lock each and a limit each. A full shard drops records of the user who has most
//! of them there, of ended sessions first, the oldest half: a user with a single session is not
//! pushed out by one with many. Whatever is dropped raises the shard's floor to its time of issue,
//! and a nonce from before the floor without a record counts as used.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use once_cell::race::OnceBox;

use super::nonce::{Epoch, IssuerId, Key, Proven, UserHash};
use super::nonce_counts::{Order, SharedCounts};
use super::session_records::{Record, Shard};
use super::session_secret::SessionSecret;
use crate::accounts::{self, Source};
use crate::error::{Error, Result, Status};
use crate::system::fork::{Gated, GatedGuard};
use crate::system::heap;

/// Locks; more than processors, so that two threads seldom meet.
const SHARDS: usize = 64;

/// The most bytes of texts that a session keeps: user and realm, as sent and as the account's, and
/// cnonce.
const LONGEST_TEXTS: usize = 4096;
/// Bytes of texts that sessions may keep, for each that there may be.
const TEXTS_PER_RECORD: usize = 512;

/// An authenticated user's session: what all handles to it share.
pub struct HttpSession {
    beginning: Beginning,
    texts: Texts,
}

impl Deref for HttpSession {
    type Target = Beginning;

    fn deref(&self) -> &Beginning {
        &self.beginning
    }
}

/// What a session's claims to a shared engine have in common.
pub struct SharedSession {
    /// The epoch that its nonce is of.
    pub epoch: Epoch,
    /// Whose it is.
    pub user: UserHash,
}

impl HttpSession {
    /// Whether another session of the nonce, that a shared engine counts as well, is of the same user.
    fn is_the_users_of(&self, other: &Self) -> bool {
        accounts::are_same(&self.source, &other.source)
            && (self.issuer, &self.offered, &self.user, &self.realm, self.shared.is_some())
                == (other.issuer, &other.offered, &other.user, &other.realm, other.shared.is_some())
    }
}

impl Drop for HttpSession {
    fn drop(&mut self) {
        self.texts.sessions.forget(self);
    }
}

/// The share of a session in the texts of all.
struct Texts {
    sessions: Arc<Sessions>,
    bytes: usize,
}

impl Texts {
    fn add(sessions: &Arc<Sessions>, bytes: usize, limit: usize) -> Result<Self> {
        let before = sessions.texts.fetch_add(bytes, Ordering::Relaxed);
        let texts = Self { sessions: Arc::clone(sessions), bytes };
        if before.saturating_add(bytes) > limit.max(SHARDS).saturating_mul(TEXTS_PER_RECORD) {
            let reason =
                "sessions: their users, realms and cnonces take more than `http_sessions` allow";
            return Err(Error::new(Status::INSUFFICIENT_MEMORY, reason));
        }
        Ok(texts)
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        self.sessions.texts.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What a session is made of.
pub struct Beginning {
    /// The nonce it began with.
    pub nonce: Proven,
    /// The user's name as sent, quotes and backslashes resolved.
    pub user: Box<[u8]>,
    /// The realm as sent.
    pub realm: Box<[u8]>,
    /// User and realm of the account.
    pub account: (Box<[u8]>, Box<[u8]>),
    /// Whose account it is. Kept, so that no other source gets its address.
    pub source: Arc<dyn Source>,
    /// The realm that was offered to it.
    pub offered: Box<[u8]>,
    /// Who issued the nonce.
    pub issuer: IssuerId,
    /// What later responses are checked with.
    pub secret: SessionSecret,
    /// The session whose A1 this one has, where it began with a next nonce: kept, so that it is found
    /// for further ones.
    pub root: Option<Arc<HttpSession>>,
    /// FILETIME, UTC.
    pub started: u64,
    /// The nonce counts that were used; with a shared engine those that this process knows of.
    pub counts: SharedCounts,
    /// What a shared engine is asked with.
    pub shared: Option<Box<SharedSession>>,
}

impl Beginning {
    /// How long the texts are that a session keeps, each up to a peer.
    fn bytes(&self) -> usize {
        let (user, realm) = &self.account;
        let texts = [&self.user, &self.realm, user, realm].map(|text| text.len());
        texts.iter().sum::<usize>() + self.secret.cnonce_length()
    }
}

/// What is known of a nonce.
pub enum Found {
    /// A session goes on with it.
    Live(Arc<HttpSession>),
    /// It has been used, and its session is over.
    Used,
    /// Nothing.
    Unknown,
}

/// The records of this process, or of a test.
pub struct Sessions {
    hasher: RandomState,
    shards: [Gated<Shard<HttpSession>>; SHARDS],
    /// Bytes of the texts of all sessions that live.
    texts: AtomicUsize,
}

impl Sessions {
    /// No records.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let shards = std::array::from_fn(|_| Gated::default());
        Arc::new(Self { hasher: RandomState::new(), shards, texts: AtomicUsize::new(0) })
    }

    /// The records of this process.
    #[must_use]
    pub fn of_process() -> &'static Arc<Self> {
        static SESSIONS: OnceBox<Arc<Sessions>> = OnceBox::new();
        SESSIONS.get_or_init(|| Box::new(Self::new()))
    }

    /// What is known of the nonce with this key. Whether it was issued here at all, and when, is
    /// for [`Sessions::begin`].
    #[must_use]
    pub fn find(&self, key: &Key) -> Found {
        let shard = self.shard(key);
        match shard.records.get(key) {
            None => Found::Unknown,
            Some(record) => match record.session.as_ref().and_then(Weak::upgrade) {
                Some(session) => Found::Live(session),
                None => Found::Used,
            },
        }
    }

    /// Whether a nonce can begin a session.
    #[must_use]
    pub fn is_unused(&self, nonce: &Proven) -> bool {
        let shard = self.shard(&nonce.key);
        !shard.records.contains_key(&nonce.key) && nonce.issued > shard.floor
    }

    /// Begins a session; `None` where its nonce has been used meanwhile. `expires` is when the
    /// nonce is refused for its age, `limit` the number of records that all shards may have.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for texts that are too long to keep; `INSUFFICIENT_MEMORY`, also where the
    /// texts of all sessions that live have more than `TEXTS_PER_RECORD` bytes for each of `limit`.
    pub fn begin(
        self: &Arc<Self>,
        beginning: Beginning,
        expires: u64,
        limit: usize,
    ) -> Result<Option<Arc<HttpSession>>> {
        let session = self.prepare(beginning, limit)?;
        let (key, record) = (session.nonce.key, self.record(&session, expires));
        // Another statement: a session that has not begun is dropped without the lock.
        let begun = self.shard(&key).add(key, record, session.started, limit / SHARDS)?;
        Ok(begun.then_some(session))
    }

    /// Begins a session of a nonce that a shared engine counts, or goes on with the one that this process
    /// has already; `None` where `claim`, which asks the engine, says no. What is known here of the nonce
    /// does not matter: another process may have begun with it.
    ///
    /// # Errors
    /// As [`Sessions::begin`], and those of `claim`.
    pub fn adopt(
        self: &Arc<Self>,
        beginning: Beginning,
        expires: u64,
        limit: usize,
        claim: impl FnOnce(&HttpSession) -> Result<bool>,
    ) -> Result<Option<Arc<HttpSession>>> {
        let session = self.prepare(beginning, limit)?;
        if !claim(&session)? {
            return Ok(None);
        }
        let (key, record) = (session.nonce.key, self.record(&session, expires));
        let live = self.shard(&key).adopt(key, record, session.started, limit / SHARDS)?;
        let Some(live) = live.filter(|live| live.is_the_users_of(&session)) else {
            return Ok(Some(session));
        };
        live.counts.take(session.counts.highest(), Order::Window);
        Ok(Some(live))
    }

    /// A session that has no record yet.
    fn prepare(self: &Arc<Self>, beginning: Beginning, limit: usize) -> Result<Arc<HttpSession>> {
        let bytes = beginning.bytes();
        if bytes > LONGEST_TEXTS {
            let reason = "response: user, realm and cnonce are longer than a session may keep";
            return Err(Error::new(Status::INVALID_TOKEN, reason));
        }
        let texts = Texts::add(self, bytes, limit)?;
        heap::shared(HttpSession { beginning, texts })
    }

    fn record(&self, session: &Arc<HttpSession>, expires: u64) -> Record<HttpSession> {
        Record {
            issued: session.nonce.issued,
            expires,
            user: self.hasher.hash_one(&session.account),
            session: Some(Arc::downgrade(session)),
        }
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().records.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn forget(&self, session: &HttpSession) {
        let mut shard = self.shard(&session.nonce.key);
        let Some(record) = shard.records.get_mut(&session.nonce.key) else { return };
        // A second session of the nonce that lost the race has left no record.
        if record.session.as_ref().is_some_and(|known| std::ptr::eq(known.as_ptr(), session)) {
            record.session = None;
        }
    }

    fn shard(&self, key: &Key) -> GatedGuard<'_, Shard<HttpSession>> {
        // The bytes are random, and those of a peer's invention do no harm here.
        let [first, ..] = key;
        self.shards[usize::from(*first) % SHARDS].lock()
    }
}

#[cfg(test)]
mod tests;
