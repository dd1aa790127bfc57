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

mod hashed;
mod records;
mod table;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use self::hashed::{Hashed, Indexed};
use self::table::Table;
use super::file::lines::Unread;
use super::file::{Contents, Open, WatchedFile};
use super::{Account, Algorithm, Source, Stored, Unavailable};

/// What such a file says: its accounts, and by which hashes of their names they are found too.
pub struct Htdigest {
    table: Table,
    hashed: Hashed,
}

/// The accounts of an htdigest file.
pub type HtdigestFile = WatchedFile<Htdigest>;

/// The accounts of the file at `path`, whose users shall be found by their hashes of these algorithms
/// too; shared with everyone who has that file open already.
///
/// # Errors
/// As [`WatchedFile::open`].
pub fn shared(path: &Path, hashed: &[Algorithm]) -> Result<Arc<HtdigestFile>, Unavailable> {
    static OPEN: Open<Htdigest> = Open::new(Vec::new());
    WatchedFile::shared(path, hashed.iter().copied().collect(), &OPEN)
}

impl Contents for Htdigest {
    type Wanted = Indexed;

    fn read(file: &mut dyn Read, length: usize, wanted: Indexed) -> Result<Self, Unread> {
        let table = Table::read(file, length, wanted.count())?;
        let hashed = Hashed::of(&table, wanted);
        Ok(Self { table, hashed })
    }

    fn has(&self) -> Indexed {
        self.hashed.indexed()
    }

    fn and(one: Indexed, other: Indexed) -> Indexed {
        one.and(other)
    }

    fn count(&self) -> usize {
        self.table.len()
    }
}

impl Source for HtdigestFile {
    fn find(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
    ) -> Result<Option<Stored>, Unavailable> {
        Ok(self.look_up(|accounts| accounts.table.find(account, algorithm, 0)))
    }

    fn find_further(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
        number: usize,
    ) -> Result<Option<Stored>, Unavailable> {
        Ok(self.read_content(|content| content.accounts.table.find(account, algorithm, number)))
    }

    fn secrets_per_account(&self) -> usize {
        self.read_content(|content| content.accounts.table.most())
    }

    fn find_hashed(
        &self,
        digits: &[u8],
        realm: &[u8],
        algorithm: Algorithm,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        self.look_now_and_then();
        Ok(self.read_content(|content| {
            let Htdigest { table, hashed } = &content.accounts;
            hashed.find(table, digits, realm, algorithm)
        }))
    }

    fn refresh(&self) -> bool {
        self.refresh()
    }
}

#[cfg(test)]
mod tests;
