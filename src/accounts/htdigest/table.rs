//! What an htdigest file says: its lines, and a table of them.

use std::hint::black_box;
use std::num::NonZeroU32;

use memchr::{memchr, memrchr};

use crate::accounts::file::Malformed;
use crate::accounts::file::index::Index;
use crate::accounts::{Account, Algorithm, Stored};
use crate::hex;
use crate::secret::Secret;

/// The accounts of a file. Hashes are wiped when it is dropped.
///
/// An account's first entry is found by its names, and leads to the further ones. No secret is moved:
/// every vector with secrets has its size from the start, since growing would leave copies behind.
pub(super) struct Table {
    /// The first entry of each account, by its names.
    firsts: Index,
    entries: Vec<Entry>,
    /// The names of all accounts, the user's right before its realm's.
    names: Vec<u8>,
    sha256: Vec<Secret<[u8; 32]>>,
    /// The entries of the account that has most of them.
    most: usize,
}

/// Lines of one account and algorithm that count: one for each charset that its clients may hash
/// its password in, with room to spare.
const LINES: usize = 4;

struct Entry {
    /// Where in [`Table::names`] the names are, and how long they are.
    start: u32,
    user: u32,
    realm: u32,
    /// The place in [`Table::sha256`], from 1.
    sha256: Option<NonZeroU32>,
    /// The number of the account's next entry, in the order of lines; never the first of the table.
    next: Option<NonZeroU32>,
    md5: Option<Secret<[u8; 16]>>,
}

impl Table {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first line that is malformed; nothing of the file is to be used then.
    pub(super) fn read(text: &[u8]) -> Result<Self, Malformed> {
        let (mut count, mut sha256) = (0_usize, 0);
        for line in lines(text) {
            count += 1;
            sha256 += usize::from(line?.hash.len() == SHA256_DIGITS);
        }
        let mut table = Self {
            firsts: Index::with_capacity(count),
            entries: Vec::with_capacity(count),
            names: Vec::new(),
            sha256: Vec::with_capacity(sha256),
            most: 1,
        };
        for line in lines(text) {
            table.add(&line?);
        }
        Ok(table)
    }

    /// Adds a line to its account: to the first of its entries that has no hash of this algorithm
    /// yet, or as an entry behind them. A hash that is there already is not added again.
    fn add(&mut self, line: &Line<'_>) {
        let hash = self.firsts.hash(line.user, line.realm);
        let first = self.first(hash, line.user, line.realm);
        let (mut known, mut last) = (0, None);
        for number in std::iter::successors(first, |number| self.next(*number)) {
            known += 1;
            last = Some(number);
            match self.hash_of(number, line.algorithm()) {
                None => return self.set_hash(number, line),
                Some(hash) if are_digits_of(hash, line.hash) => return,
                Some(_) if known == LINES => return,
                Some(_) => (),
            }
        }
        self.most = self.most.max(known + 1);
        let number = self.insert(line);
        match last.and_then(|last| self.entries.get_mut(last as usize)) {
            Some(last) => last.next = NonZeroU32::new(number),
            None => self.firsts.insert(hash, number),
        }
        self.set_hash(number, line);
    }

    fn set_hash(&mut self, number: u32, line: &Line<'_>) {
        let Some(entry) = self.entries.get_mut(number as usize) else { return };
        if line.algorithm() == Algorithm::Sha256 {
            self.sha256.push(Secret::new([0; 32]));
            entry.sha256 = NonZeroU32::new(narrow(self.sha256.len()));
            self.sha256.last_mut().into_iter().for_each(|hash| decode(hash, line.hash));
        } else {
            decode(entry.md5.insert(Secret::new([0; 16])), line.hash);
        }
    }

    /// Makes an entry without hashes.
    fn insert(&mut self, line: &Line<'_>) -> u32 {
        let number = narrow(self.entries.len());
        self.entries.push(Entry {
            start: narrow(self.names.len()),
            user: narrow(line.user.len()),
            realm: narrow(line.realm.len()),
            sha256: None,
            next: None,
            md5: None,
        });
        self.names.extend_from_slice(line.user);
        self.names.extend_from_slice(line.realm);
        number
    }

    /// The account's first entry; `hash` is that of its names.
    fn first(&self, hash: u64, user: &[u8], realm: &[u8]) -> Option<u32> {
        self.firsts.find(hash, |number| self.names(number) == Some((user, realm)))
    }

    /// The account's next entry in the order of its lines.
    fn next(&self, number: u32) -> Option<u32> {
        self.entries.get(number as usize)?.next.map(NonZeroU32::get)
    }

    /// The hash of this number, from 0, of those that `account` has. Does not allocate.
    ///
    /// A user name with a colon has no account: no line can mean it. `a:b` in realm `c` and `a` in
    /// realm `b:c` hash alike, so taking the one for the other would let a peer choose who it is.
    ///
    /// Where there is no such account, another's entry is read, as much of it and with the same
    /// instructions: in a large file nearly all of the time goes for memory that is far away.
    pub(super) fn find(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
        mut number: usize,
    ) -> Option<Stored> {
        let hash = self.firsts.hash(account.user, account.realm);
        let first = self.first(hash, account.user, account.realm);
        let mut is_here = false;
        let mut read = None;
        for entry in std::iter::successors(first, |entry| self.next(*entry)) {
            read = Some(entry);
            if self.hash_of(entry, algorithm).is_some() {
                is_here = number == 0;
                if is_here {
                    break;
                }
                number -= 1;
            }
        }
        let read = read.unwrap_or_else(|| {
            let other = self.firsts.any_of(hash);
            if let Some((user, realm)) = self.names(other) {
                black_box((user.first().copied(), realm.last().copied()));
                black_box((user, realm) == (account.user, account.realm));
            }
            other
        });
        let mut hash = Secret::new([0; 32]);
        if let Some(bytes) = self.hash_of(read, algorithm) {
            // Halves of the longer hash, which need no call to be copied.
            let halves = hash.expose_mut().as_chunks_mut::<16>().0.iter_mut();
            halves.zip(bytes.as_chunks::<16>().0).for_each(|(to, from)| *to = *from);
        }
        is_here.then_some(Stored::Hash(hash))
    }

    fn hash_of(&self, number: u32, algorithm: Algorithm) -> Option<&[u8]> {
        let entry = self.entries.get(number as usize)?;
        match algorithm {
            Algorithm::Md5 => entry.md5.as_ref().map(|hash| hash.expose().as_slice()),
            Algorithm::Sha256 => {
                let place = entry.sha256?.get() as usize - 1;
                self.sha256.get(place).map(|hash| hash.expose().as_slice())
            }
            // The file's format has no sign for it: 64 digits are SHA-256.
            Algorithm::Sha512_256 => None,
        }
    }

    /// How many hashes of one algorithm an account has at most.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// The user and realm of the entry with this number.
    pub(super) fn names(&self, number: u32) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(number as usize)?;
        let user_at = entry.start as usize;
        let realm_at = user_at + entry.user as usize;
        let user = self.names.get(user_at..realm_at)?;
        Some((user, self.names.get(realm_at..realm_at + entry.realm as usize)?))
    }

    /// The numbers of the entries that have a hash of this algorithm.
    pub(super) fn numbers(&self, algorithm: Algorithm) -> impl Iterator<Item = u32> {
        let has = move |entry: &Entry| match algorithm {
            Algorithm::Md5 => entry.md5.is_some(),
            Algorithm::Sha256 => entry.sha256.is_some(),
            Algorithm::Sha512_256 => false,
        };
        (0_u32..).zip(&self.entries).filter(move |(_, entry)| has(entry)).map(|(number, _)| number)
    }

    /// How many entries there are: of an account with several hashes, several.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// A number as the table keeps it; a file is too small for it not to fit.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Writes the bytes of hexadecimal digits that [`is_hash`] has seen.
fn decode<const N: usize>(hash: &mut Secret<[u8; N]>, digits: &[u8]) {
    // As many as there have to be, and all of them digits.
    let _ = hex::read_either_case(digits, hash.expose_mut());
}

/// Whether such digits stand for these bytes.
fn are_digits_of(bytes: &[u8], digits: &[u8]) -> bool {
    let mut read = Secret::new([0; SHA256_DIGITS / 2]);
    let read = read.expose_mut().get_mut(..bytes.len()).unwrap_or_default();
    hex::read_either_case(digits, read).is_some() && bytes == read
}

const MD5_DIGITS: usize = 32;
const SHA256_DIGITS: usize = 64;

fn is_hash(field: &[u8]) -> bool {
    matches!(field.len(), MD5_DIGITS | SHA256_DIGITS) && field.iter().all(u8::is_ascii_hexdigit)
}

/// A line that names an account.
struct Line<'a> {
    user: &'a [u8],
    realm: &'a [u8],
    /// 32 or 64 hexadecimal digits.
    hash: &'a [u8],
}

impl Line<'_> {
    fn algorithm(&self) -> Algorithm {
        if self.hash.len() == SHA256_DIGITS { Algorithm::Sha256 } else { Algorithm::Md5 }
    }
}

/// The lines of a file that name accounts, and those that are malformed.
fn lines(text: &[u8]) -> impl Iterator<Item = Result<Line<'_>, Malformed>> {
    // Some editors begin a file with the UTF-8 form of U+FEFF.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    text.split(|byte| *byte == b'\n').enumerate().filter_map(|(position, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() || line.starts_with(b"#") {
            return None;
        }
        Some(account(line).map_err(|expected| Malformed { line: position + 1, expected }))
    })
}

/// Reads `user:realm:hash`. The user ends at the first colon, the hash begins after the last one.
fn account(line: &[u8]) -> Result<Line<'_>, &'static str> {
    const FORM: &str = "expected user:realm:hash";
    let (user, rest) = split(line, memchr(b':', line)).ok_or(FORM)?;
    let (mut realm, mut hash) = split(rest, memrchr(b':', rest)).ok_or(FORM)?;
    if user.is_empty() {
        return Err("expected the name of a user before the first colon");
    }
    if !is_hash(hash) {
        return Err("expected 32 (MD5) or 64 (SHA-256) hexadecimal digits after the last colon");
    }
    // lighttpd's form has a fourth field, the hash of user:realm, for names sent hashed. Taken for
    // the third it would be an account whose secret anyone can compute.
    if let Some((before, third)) = split(realm, memrchr(b':', realm))
        && third.len() == hash.len()
        && is_hash(third)
    {
        (realm, hash) = (before, third);
    }
    Ok(Line { user, realm, hash })
}

/// What stands before and after `position`.
fn split(text: &[u8], position: Option<usize>) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(position?)?;
    Some((before, after.get(1..)?))
}

#[cfg(test)]
mod tests;
