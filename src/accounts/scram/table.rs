//! What a file of stored keys says: its lines, and a table of them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::num::NonZeroU32;

use memchr::memchr;

use super::stored::{DIFFER, Fields, Line, TOO_MANY};
use super::{Hash, Key, KeyPair, LONGEST_SALT, MOST_PAIRS, Refused, StoredKeys, Usual};
use crate::accounts::Unavailable;
use crate::accounts::file::index::Index;
use crate::accounts::file::{Malformed, lines};
use crate::secret::Secret;
use crate::system::heap;

/// What RFC 7677 §4 asks for at least.
const FEW_ITERATIONS: u32 = 4096;

/// The accounts of a file. Keys are wiped when it is dropped.
///
/// An account's first line of a mechanism is found by name and mechanism, and leads to the further ones.
/// The list of keys has its size from the start, since growing would leave copies behind.
pub(super) struct Table {
    firsts: Index,
    entries: Vec<Entry>,
    names: Vec<u8>,
    salts: Vec<u8>,
    /// `StoredKey` and `ServerKey` of each entry, one behind the other.
    keys: Secret<Vec<u8>>,
    usual: [Option<Usual>; 3],
    /// The first line whose iteration count is lower than a client takes.
    few: Option<usize>,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: Hash,
    iterations: u32,
    /// Where things begin, and how long they are.
    name: (u32, u32),
    salt: (u32, u32),
    keys: u32,
    /// The number of the account's next entry, in the order of lines; never the first of the table.
    next: Option<NonZeroU32>,
}

impl Table {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// The first line that is malformed; nothing of the file is to be used then.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let (mut count, mut size) = (0, 0);
        for (_, line) in lines::of(bytes) {
            count += 1;
            size += named(line).map_or(0, |line| 2 * line.fields.hash.size());
        }
        let mut table = Self {
            firsts: Index::with_capacity(count),
            entries: Vec::with_capacity(count),
            names: Vec::new(),
            salts: Vec::new(),
            keys: Secret::new(Vec::with_capacity(size)),
            usual: [None; 3],
            few: None,
        };
        let mut space = [0; LONGEST_SALT];
        for (number, line) in lines::of(bytes) {
            let malformed = |expected| Malformed { line: number, expected };
            if line.len() > lines::LONGEST_LINE {
                return Err(malformed(lines::SHORTER));
            }
            let Named { name, fields } = named(line).map_err(malformed)?;
            let hash = fields.hash;
            let line = fields.read(&mut space).map_err(|refused| malformed(reason(&refused)))?;
            if line.iterations < FEW_ITERATIONS {
                table.few = table.few.or(Some(number));
            }
            table.add(name, hash, &line).map_err(malformed)?;
        }
        table.usual = Hash::ALL.map(|hash| table.commonest(hash));
        Ok(table)
    }

    /// Adds a line behind the others of its account; not the same keys a second time.
    fn add(&mut self, name: &[u8], hash: Hash, line: &Line<'_>) -> Result<(), &'static str> {
        let place = self.firsts.hash(name, hash.mechanism().as_bytes());
        let (mut known, mut last) = (0, None);
        let mut next = self.first(place, name, hash);
        while let Some(number) = next {
            let Some(entry) = self.entries.get(number as usize) else { break };
            if entry.iterations != line.iterations || self.salt(entry) != line.salt {
                return Err(DIFFER);
            }
            let keys = self.keys(entry).unwrap_or_default();
            let (stored_key, server_key) = keys.split_at(keys.len() / 2);
            if (stored_key, server_key)
                == (line.pair.stored_key.bytes(), line.pair.server_key.bytes())
            {
                return Ok(());
            }
            known += 1;
            (last, next) = (Some(number), entry.next.map(NonZeroU32::get));
        }
        if known == MOST_PAIRS {
            return Err(TOO_MANY);
        }
        let number = narrow(self.entries.len());
        // Whose name and salt are there, has them from there.
        let before = last.and_then(|last| self.entries.get(last as usize)).copied();
        let (name, salt) = match before {
            Some(before) => (before.name, before.salt),
            None => (append(&mut self.names, name), append(&mut self.salts, line.salt)),
        };
        let keys = narrow(self.keys.expose().len());
        for key in [&line.pair.stored_key, &line.pair.server_key] {
            self.keys.expose_mut().extend_from_slice(key.bytes());
        }
        self.entries.push(Entry {
            hash,
            iterations: line.iterations,
            name,
            salt,
            keys,
            next: None,
        });
        match last.and_then(|last| self.entries.get_mut(last as usize)) {
            Some(last) => last.next = NonZeroU32::new(number),
            None => self.firsts.insert(place, number),
        }
        Ok(())
    }

    /// The account's first entry; `place` is the hash of its name and mechanism.
    fn first(&self, place: u64, name: &[u8], hash: Hash) -> Option<u32> {
        self.firsts.find(place, |number| {
            let entry = self.entries.get(number as usize);
            entry.is_some_and(|entry| entry.hash == hash && self.name(entry) == name)
        })
    }

    fn name(&self, entry: &Entry) -> &[u8] {
        part(&self.names, entry.name)
    }

    fn salt(&self, entry: &Entry) -> &[u8] {
        part(&self.salts, entry.salt)
    }

    fn keys(&self, entry: &Entry) -> Option<&[u8]> {
        let start = entry.keys as usize;
        self.keys.expose().get(start..start + 2 * entry.hash.size())
    }

    /// What is stored of `name` for `hash`. Where there is nothing, another's is read in its stead, so
    /// that it takes as long.
    ///
    /// # Errors
    /// For want of memory.
    pub(super) fn find(&self, name: &[u8], hash: Hash) -> Result<Option<StoredKeys>, Unavailable> {
        let place = self.firsts.hash(name, hash.mechanism().as_bytes());
        let first = self.first(place, name, hash);
        let read = self.stored(first.unwrap_or_else(|| self.firsts.any_of(place)))?;
        Ok(if first.is_some() { read } else { black_box(read).filter(|_| false) })
    }

    /// What is stored from the entry of this number on.
    fn stored(&self, number: u32) -> Result<Option<StoredKeys>, Unavailable> {
        let no_memory = |_| Unavailable::no_memory();
        let Some(entry) = self.entries.get(number as usize) else { return Ok(None) };
        let following = |entry: &&Entry| self.entries.get(entry.next?.get() as usize);
        let chain = || std::iter::successors(Some(entry), following);
        let mut pairs = heap::list(chain().count()).map_err(no_memory)?;
        let hash = entry.hash;
        for keys in chain().filter_map(|entry| self.keys(entry)) {
            let (stored_key, server_key) = keys.split_at(hash.size());
            let both = (Key::from_slice(hash, stored_key), Key::from_slice(hash, server_key));
            if let (Some(stored_key), Some(server_key)) = both {
                pairs.push(KeyPair { stored_key, server_key });
            }
        }
        let salt = heap::copied(self.salt(entry)).map_err(no_memory)?;
        Ok(Some(StoredKeys { hash, iterations: entry.iterations, salt, pairs }))
    }

    /// How most accounts with `hash` are stored.
    pub(super) fn usual(&self, hash: Hash) -> Option<Usual> {
        Hash::ALL.into_iter().zip(self.usual).find(|(other, _)| *other == hash)?.1
    }

    fn commonest(&self, hash: Hash) -> Option<Usual> {
        let mut counts = BTreeMap::<_, usize>::new();
        for entry in self.entries.iter().filter(|entry| entry.hash == hash) {
            *counts.entry((entry.salt.1, entry.iterations)).or_default() += 1;
        }
        let ((salt, iterations), _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        Some(Usual { salt: salt as usize, iterations })
    }

    /// The first line with fewer iterations than clients take.
    pub(super) fn few(&self) -> Option<usize> {
        self.few
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// A number as the table keeps it; a file is too small for it not to fit.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn append(all: &mut Vec<u8>, part: &[u8]) -> (u32, u32) {
    let place = (narrow(all.len()), narrow(part.len()));
    all.extend_from_slice(part);
    place
}

fn part(all: &[u8], (start, length): (u32, u32)) -> &[u8] {
    let start = start as usize;
    all.get(start..start + length as usize).unwrap_or_default()
}

/// A line that names an account.
struct Named<'a> {
    name: &'a [u8],
    fields: Fields<'a>,
}

/// Reads `name:keys`. The form in braces may have further fields behind a colon, as Dovecot's files do.
fn named(line: &[u8]) -> Result<Named<'_>, &'static str> {
    let colon = memchr(b':', line).ok_or("expected name:keys")?;
    let (name, rest) = line.split_at(colon);
    let rest = rest.get(1..).unwrap_or_default();
    if name.is_empty() || std::str::from_utf8(name).is_err() || name.contains(&0) {
        return Err("expected the name of a user, in UTF-8, before the first colon");
    }
    let end = if rest.starts_with(b"{") { memchr(b':', rest) } else { None };
    let keys = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    Ok(Named { name, fields: Fields::of(keys).map_err(|refused| reason(&refused))? })
}

fn reason(refused: &Refused) -> &'static str {
    match refused {
        Refused::Malformed(reason) => reason,
        Refused::Foreign => "expected keys of SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512",
        Refused::NoMemory => "there is no memory for it",
    }
}

#[cfg(test)]
mod tests;
