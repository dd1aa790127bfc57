//! What is known of a file on disk, and who reads it.

use std::time::SystemTime;

use super::Contents;
use super::reading::{Fault, IN_PLACE};
use super::stamp::Stamp;
use crate::system::fork;

/// What is known of the file on disk.
pub(in crate::accounts) struct Watch<C: Contents> {
    /// The state that was last read, well or badly.
    stamp: Option<Stamp>,
    /// Whether that state was old enough that any later one has another stamp.
    pub(in crate::accounts) settled: bool,
    /// What the log was last told.
    pub(in crate::accounts) complaint: Option<String>,
    /// What is to be made of the file.
    wanted: C::Wanted,
    /// Another one whenever the file has been read, well or badly, or more is wanted of it: what was
    /// started before is out of date.
    version: u64,
    /// Bytes of the file whose accounts are in use.
    in_use: u64,
    /// The process one of whose threads reads the file in the background.
    pub(in crate::accounts) reader: Option<u64>,
}

/// What is to be done with a file that has changed.
pub(super) struct Errand<W> {
    pub(super) version: u64,
    pub(super) wanted: W,
    /// The largest file, in bytes, that is read within the look.
    pub(super) limit: u64,
}

impl<C: Contents> Watch<C> {
    /// Of a file that was read for the first time at `now`.
    pub(super) fn of(stamp: Stamp, now: SystemTime, wanted: C::Wanted) -> Self {
        Self {
            stamp: Some(stamp),
            settled: stamp.settled(now),
            complaint: None,
            wanted,
            version: 0,
            in_use: stamp.size(),
            reader: None,
        }
    }

    /// What is to be done with a file found in this state at `now`; `None` where it has been read in
    /// it, or is being read.
    pub(super) fn errand(
        &self,
        found: Option<Stamp>,
        now: SystemTime,
    ) -> Option<Errand<C::Wanted>> {
        // Read too early to be told from a later state, it is read once more when it is not.
        let is_read = |stamp| self.stamp == Some(stamp) && (self.settled || !stamp.settled(now));
        if found.is_some_and(is_read) || self.reader == Some(fork::epoch()) {
            return None;
        }
        // Old accounts take as long to wipe.
        let limit = if self.in_use > IN_PLACE { 0 } else { IN_PLACE };
        Some(Errand { version: self.version, wanted: self.wanted, limit })
    }

    /// What a reader has to know.
    pub(in crate::accounts) fn wanted(&self) -> (u64, C::Wanted) {
        (self.version, self.wanted)
    }

    /// Wants this too, for which the file has to be read anew.
    pub(super) fn want(&mut self, wanted: C::Wanted) {
        self.wanted = C::and(self.wanted, wanted);
        self.version += 1;
        self.stamp = None;
    }

    /// Whether nothing has changed since `version` was current.
    pub(super) fn is_at(&self, version: u64) -> bool {
        self.version == version
    }

    /// The file has been read at `now` in this state; returns whether to use its accounts: one that
    /// is empty since a moment ago may be about to be written.
    pub(super) fn has_read(&mut self, stamp: Stamp, now: SystemTime) -> bool {
        self.set(Some(stamp), now);
        self.complaint = None;
        let used = !stamp.empty() || self.settled;
        if used {
            self.in_use = stamp.size();
        }
        used
    }

    /// The file could not be read at `now`; returns what to tell the log, if it does not know yet.
    pub(super) fn has_failed(&mut self, fault: &Fault, now: SystemTime) -> Option<String> {
        self.set(fault.stamp, now);
        let text = format!("{}; the accounts read before stay in use", fault.text);
        if self.complaint.as_ref() == Some(&text) {
            return None;
        }
        self.complaint = Some(text.clone());
        Some(text)
    }

    fn set(&mut self, stamp: Option<Stamp>, now: SystemTime) {
        self.version += 1;
        self.settled = stamp.is_some_and(|stamp| stamp.settled(now));
        self.stamp = stamp;
    }

    /// Lets a thread of this process read the file in the background, if none does so. One that did in
    /// the parent of a forked process is not there in the child.
    pub(super) fn take_reader(&mut self, epoch: u64) -> bool {
        let free = self.reader != Some(epoch);
        self.reader = Some(epoch);
        free
    }

    /// That thread has ended.
    pub(super) fn free_reader(&mut self, epoch: u64) {
        if self.reader == Some(epoch) {
            self.reader = None;
        }
    }
}
