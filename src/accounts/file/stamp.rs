//! Telling whether a file has changed without reading it.

use std::time::{Duration, SystemTime};

use crate::system::file::FileState;

/// The longest step of a file system's clock (that of FAT, 2 s).
const CLOCK_STEP: Duration = Duration::from_secs(2);

/// What tells one state of a file from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    /// Device and inode, where there are such.
    identity: (u64, u64),
}

impl Stamp {
    pub(super) fn of(state: &FileState) -> Self {
        Self { modified: state.modified, size: state.size, identity: state.identity }
    }

    /// How many bytes the file has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether the file has no bytes.
    pub(super) fn empty(&self) -> bool {
        self.size == 0
    }

    /// Whether a file that is in this state at `now` gets another stamp with its next change. A
    /// file modified just now can change again without its time moving on; such a state has to be
    /// read once more later.
    pub(super) fn settled(&self, now: SystemTime) -> bool {
        let age = self.modified.map(|modified| now.duration_since(modified));
        // A time that lies ahead does not come back.
        age.is_some_and(|age| age.map_or(true, |age| age >= CLOCK_STEP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_settles_with_age() {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let stamp = Stamp { modified: Some(modified), size: 0, identity: (0, 0) };
        assert!(!stamp.settled(modified));
        assert!(!stamp.settled(modified + CLOCK_STEP - Duration::from_nanos(1)));
        assert!(stamp.settled(modified + CLOCK_STEP));
        assert!(stamp.settled(modified - Duration::from_secs(1)));
        assert!(!Stamp { modified: None, ..stamp }.settled(modified));
    }
}
