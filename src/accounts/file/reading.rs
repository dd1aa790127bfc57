//! Reading a file in one state, or not at all.

use std::fmt::Display;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::Contents;
use super::lines::Unread;
use super::stamp::Stamp;
use crate::accounts::Unavailable;
use crate::system::file;

/// The largest file that is read, in bytes: some four million accounts.
pub(in crate::accounts) const MAX_FILE: u64 = 256 << 20;

/// The largest file that is read within a login, in bytes: some thousand accounts, which take half a
/// millisecond, and less than one with an index (EPYC, 2 cores, November 2026).
pub(in crate::accounts) const IN_PLACE: u64 = 64 << 10;

/// How often a file that changes while it is read is tried.
const READ_TRIES: usize = 3;

/// What a file says.
pub(in crate::accounts) struct Fresh<C> {
    pub(super) accounts: C,
    pub(super) stamp: Stamp,
}

/// Why a file could not be read.
pub(in crate::accounts) struct Fault {
    pub(super) text: String,
    /// Of the state that was found wanting: the same state need not be read again.
    pub(super) stamp: Option<Stamp>,
    /// Whether there was no memory.
    no_memory: bool,
}

impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Self {
        if fault.no_memory { Self::no_memory() } else { Self(fault.text) }
    }
}

/// Reads the file at `path`, whatever its size.
pub(in crate::accounts) fn whole<C: Contents>(
    path: &Path,
    wanted: C::Wanted,
) -> Result<Fresh<C>, Fault> {
    match up_to(path, MAX_FILE, wanted)? {
        Some(fresh) => Ok(fresh),
        // No file is larger than the largest.
        None => Err(fault(path, "changes while it is read", None)),
    }
}

/// Reads the file at `path` where it has at most `limit` bytes; `None` for a larger one that could
/// be read.
pub(super) fn up_to<C: Contents>(
    path: &Path,
    limit: u64,
    wanted: C::Wanted,
) -> Result<Option<Fresh<C>>, Fault> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::OutOfMemory => no_memory(path),
        _ => fault(path, error, None),
    };
    for _ in 0..READ_TRIES {
        // Before it is opened: opening a pipe would wait for its other end.
        let state = file::at(path).map_err(failed)?;
        if !state.is_regular {
            return Err(fault(path, "not a regular file", Some(Stamp::of(&state))));
        }
        let opened = File::open(path).map_err(failed)?;
        let state = file::of(&opened).map_err(failed)?;
        let (stamp, length) = (Stamp::of(&state), state.size);
        if length > MAX_FILE {
            return Err(fault(path, "larger than 256 MiB", Some(stamp)));
        }
        if length > limit {
            return Ok(None);
        }
        // One byte more than there should be tells of a file that grows.
        let mut bytes = (&opened).take(length + 1);
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        let read = C::read(&mut bytes, size, wanted);
        let all_read = bytes.limit() == 1;
        if Stamp::of(&file::of(&opened).map_err(failed)?) != stamp {
            continue;
        }
        match read {
            Ok(accounts) if all_read => return Ok(Some(Fresh { accounts, stamp })),
            Ok(_) => (),
            Err(Unread::Failed(error)) => return Err(failed(error)),
            Err(Unread::Malformed(malformed)) => {
                let text = format!("{}:{}: {}", path.display(), malformed.line, malformed.expected);
                return Err(Fault { text, stamp: Some(stamp), no_memory: false });
            }
        }
    }
    Err(fault(path, "changes while it is read", None))
}

fn fault(path: &Path, what: impl Display, stamp: Option<Stamp>) -> Fault {
    Fault { text: format!("{}: {what}", path.display()), stamp, no_memory: false }
}

fn no_memory(path: &Path) -> Fault {
    Fault { no_memory: true, ..fault(path, "there is no memory for it", None) }
}
