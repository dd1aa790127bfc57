//! A file of stored keys: a line for each user and mechanism, read again when it changes.
//!
//! A line is `name:keys`, the keys in one of the forms of `stored`. The name ends at the first
//! colon; names are bytes of UTF-8, compared as they are. Empty lines and lines that begin with `#` are
//! skipped. Of one name and mechanism there may be several lines with one salt and iteration count.
//!
//! A file with a malformed line is refused as a whole.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::table::Table;
use super::{Hash, Known, Usual};
use crate::accounts::file::lines::Unread;
use crate::accounts::file::{Contents, Open, WatchedFile};
use crate::accounts::{Account, Algorithm, Source, Stored, Unavailable};
use crate::secret::Secret;
use crate::system::heap;

/// Milliseconds after which a login looks whether the file has changed.
const LOOK_AFTER: u64 = 50;

/// What such a file says.
pub struct ScramAccounts(Table);

/// The accounts of a file of stored keys.
pub type ScramFile = WatchedFile<ScramAccounts>;

/// The accounts of the file at `path`, shared with everyone who has that file open already.
///
/// # Errors
/// As [`WatchedFile::open`].
pub fn shared(path: &Path) -> Result<Arc<ScramFile>, Unavailable> {
    static OPEN: Open<ScramAccounts> = Open::new(Vec::new());
    WatchedFile::shared(path, (), &OPEN)
}

impl Contents for ScramAccounts {
    type Wanted = ();

    fn read(file: &mut dyn Read, length: usize, (): ()) -> Result<Self, Unread> {
        let no_memory = |_| Unread::no_memory();
        // With room for one byte more than there should be, so that they are never moved.
        let mut bytes = Secret::new(heap::list(length + 1).map_err(no_memory)?);
        // What is made of them has a few times their length at most.
        heap::look_for(length.saturating_mul(4)).map_err(no_memory)?;
        file.read_to_end(bytes.expose_mut()).map_err(Unread::Failed)?;
        Table::read(bytes.expose()).map(Self).map_err(Unread::Malformed)
    }

    fn has(&self) {}

    fn and((): (), (): ()) {}

    fn count(&self) -> usize {
        self.0.len()
    }

    fn remark(&self) -> Option<String> {
        let line = self.0.few()?;
        Some(format!("line {line} has fewer than 4096 iterations, which most clients refuse"))
    }
}

impl Source for ScramFile {
    fn find(&self, _: &Account<'_>, _: Algorithm) -> Result<Option<Stored>, Unavailable> {
        Err(Unavailable("a file of SCRAM's keys has none for Digest".to_owned()))
    }

    fn find_scram(&self, user: &[u8], hash: Hash) -> Result<Option<Known>, Unavailable> {
        Ok(self.look_up(|accounts| accounts.0.find(user, hash))?.map(Known::Keys))
    }

    fn usual_scram(&self, hash: Hash) -> Option<Usual> {
        self.read_content(|content| content.accounts.0.usual(hash))
    }

    /// Every login asks for this, known user or not, since there is no other time to: what is told at
    /// client-first is what counts at client-final. So it is not a look at the file each time.
    fn refresh(&self) -> bool {
        self.look_after(LOOK_AFTER)
    }
}

#[cfg(test)]
mod tests;
