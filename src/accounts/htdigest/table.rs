//! What an htdigest file says: its lines, and a table of them.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use memchr::{memchr, memrchr};

use crate::accounts::{Account, Algorithm, Stored};
use crate::sspi::Secret;

/// What is wrong with a line. Never quotes it, since it may hold a hash or a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed {
    /// The line's number, from 1.
    pub(super) line: usize,
    /// What was expected.
    pub(super) expected: &'static str,
}

/// The accounts of a file. Hashes are wiped when it is dropped.
///
/// A hash table of its own, so that a look-up hashes the two names as they are, without joining
/// them, and touches few lines of memory; and so that no secret is moved: every vector with secrets
/// has its size from the start, since growing would leave copies behind.
pub(super) struct Table {
    hasher: RandomState,
    /// A power of two of places, at most half of them taken; after a taken one comes the next.
    slots: Vec<Slot>,
    entries: Vec<Entry>,
    /// The names of all accounts, the user's right before its realm's.
    names: Vec<u8>,
    sha256: Vec<Secret<[u8; 32]>>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// Half of the names' hash, so that few names are compared in vain.
    tag: u32,
    /// The number of the entry, from 1; zero where the slot is free.
    entry: u32,
}

struct Entry {
    /// Where in [`Table::names`] the names are, and how long they are.
    start: u32,
    user: u32,
    realm: u32,
    /// The place in [`Table::sha256`].
    sha256: Option<u32>,
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
            hasher: RandomState::new(),
            slots: vec![Slot::default(); (2 * count).next_power_of_two()],
            entries: Vec::with_capacity(count),
            names: Vec::new(),
            sha256: Vec::with_capacity(sha256),
        };
        for line in lines(text) {
            table.add(&line?);
        }
        Ok(table)
    }

    /// Adds an account, unless an earlier line has it already: the htdigest program changes the
    /// first line of an account, and Apache reads the first.
    fn add(&mut self, line: &Line<'_>) {
        let (slot, entry) = self.place(line.user, line.realm);
        let entry = entry.unwrap_or_else(|| self.insert(slot, line));
        let Some(entry) = self.entries.get_mut(entry) else { return };
        if line.hash.len() == SHA256_DIGITS {
            if entry.sha256.is_none() {
                entry.sha256 = Some(narrow(self.sha256.len()));
                self.sha256.push(Secret::new([0; 32]));
                self.sha256.last_mut().into_iter().for_each(|hash| decode(hash, line.hash));
            }
        } else if entry.md5.is_none() {
            decode(entry.md5.insert(Secret::new([0; 16])), line.hash);
        }
    }

    /// Makes an entry without hashes in a free slot.
    fn insert(&mut self, (slot, tag): (usize, u32), line: &Line<'_>) -> usize {
        let number = self.entries.len();
        self.entries.push(Entry {
            start: narrow(self.names.len()),
            user: narrow(line.user.len()),
            realm: narrow(line.realm.len()),
            sha256: None,
            md5: None,
        });
        self.names.extend_from_slice(line.user);
        self.names.extend_from_slice(line.realm);
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Slot { tag, entry: narrow(number + 1) };
        }
        number
    }

    /// The slot where an account is or would be, with its tag, and its entry where it has one.
    fn place(&self, user: &[u8], realm: &[u8]) -> ((usize, u32), Option<usize>) {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(user);
        hasher.write_u8(b':');
        hasher.write(realm);
        let hash = hasher.finish();
        let tag = u32::try_from(hash >> 32).unwrap_or_default();
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = usize::try_from(hash & 0xffff_ffff).unwrap_or_default() & mask;
        while let Some(Slot { tag: its_tag, entry: number @ 1.. }) = self.slots.get(slot).copied() {
            let number = number as usize - 1;
            if its_tag == tag && self.names_are(number, user, realm) {
                return ((slot, tag), Some(number));
            }
            slot = (slot + 1) & mask;
        }
        ((slot, tag), None)
    }

    fn names_are(&self, entry: usize, user: &[u8], realm: &[u8]) -> bool {
        u32::try_from(entry).ok().and_then(|entry| self.names(entry)) == Some((user, realm))
    }

    /// The hash of `account`. Does not allocate.
    ///
    /// A user name with a colon has no account: no line can mean it. `a:b` in realm `c` and `a` in
    /// realm `b:c` hash alike, so taking the one for the other would let a peer choose who it is.
    pub(super) fn find(&self, account: &Account<'_>, algorithm: Algorithm) -> Option<Stored> {
        let (_, number) = self.place(account.user, account.realm);
        let entry = self.entries.get(number?)?;
        let mut hash = Secret::new([0; 32]);
        let target = hash.expose_mut();
        match algorithm {
            Algorithm::Md5 => *target.first_chunk_mut()? = *entry.md5.as_ref()?.expose(),
            Algorithm::Sha256 => *target = *self.sha256.get(entry.sha256? as usize)?.expose(),
            // The file's format has no sign for it: 64 digits are SHA-256.
            Algorithm::Sha512_256 => return None,
        }
        Some(Stored::Hash(hash))
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

    /// How many accounts there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// A number as the table keeps it; a file is too small for it not to fit.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Writes the octets of hexadecimal digits that [`is_hash`] has seen.
fn decode<const N: usize>(hash: &mut Secret<[u8; N]>, digits: &[u8]) {
    for (octet, pair) in hash.expose_mut().iter_mut().zip(digits.chunks_exact(2)) {
        *octet = pair.iter().fold(0, |octet, digit| octet << 4 | value(*digit));
    }
}

/// The value of a digit that [`is_hash`] has seen.
fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
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

/// The lines of a file that name accounts, and those that are malformed.
fn lines(text: &[u8]) -> impl Iterator<Item = Result<Line<'_>, Malformed>> {
    // Some editors begin a file with the UTF-8 form of U+FEFF.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    text.split(|octet| *octet == b'\n').enumerate().filter_map(|(position, line)| {
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
#[path = "table_tests.rs"]
mod tests;
