//! What an htdigest file says: its lines, and which of them are whose.

use std::hint::black_box;
use std::io::Read;

use memchr::{memchr, memrchr};

use super::records::{MD5_BYTES, Record, Records, SHA256_BYTES};
use crate::accounts::file::Malformed;
use crate::accounts::file::index::Index;
use crate::accounts::file::lines::{self, Unread};
use crate::accounts::{Account, Algorithm, Stored};
use crate::hex;
use crate::secret::Secret;
use crate::system::heap;

/// The accounts of a file. Hashes are wiped when it is dropped.
///
/// An account's first line is found by its names, and leads to the further ones that count.
pub(super) struct Table {
    firsts: Index,
    lines: Records,
    /// How many accounts there are; one with several hashes of one algorithm counts as often.
    len: usize,
    /// How many hashes of one algorithm an account has at most.
    most: usize,
}

/// Lines of one account and algorithm that count: one for each charset that its clients may hash
/// its password in, with room to spare.
const LINES: usize = 4;

impl Table {
    /// Reads a file of `length` bytes, of which `indices` are made that take as much as that of names.
    ///
    /// # Errors
    /// [`Unread`]: the first line that is malformed, or what the system said.
    pub(super) fn read(file: &mut dyn Read, length: usize, indices: usize) -> Result<Self, Unread> {
        let mut lines = Records::of_file(length);
        let mut hash = Secret::new([0; SHA256_BYTES]);
        lines::for_each(file, length, |number, line| {
            let malformed = |expected| Unread::Malformed(Malformed { line: number, expected });
            let Line { user, realm, hash } = account(line, &mut hash).map_err(malformed)?;
            lines.push(user, realm, hash).map_err(|_| Unread::no_memory())
        })?;
        heap::look_for(lines.len().saturating_mul(Index::MOST_BYTES * (1 + indices)))
            .map_err(|_| Unread::no_memory())?;
        let firsts = Index::with_capacity(lines.len());
        let mut table = Self { firsts, lines, len: 0, most: 1 };
        let mut next = table.lines.line_from(0);
        while let Some(number) = next {
            table.enter(number);
            next = table.lines.line_after(number);
        }
        Ok(table)
    }

    /// Has a line count, behind the others of its account. A hash that is there already does not count
    /// again.
    fn enter(&mut self, number: u32) {
        let Some(line) = self.lines.get(number) else { return };
        let hash = self.firsts.hash(line.user, line.realm);
        let Some(first) = self.first(hash, line.user, line.realm) else {
            self.firsts.insert(hash, number);
            self.len += 1;
            return;
        };
        let (mut same, mut others, mut last) = (0, 0, first.0);
        for (number, known) in self.chain(first) {
            last = number;
            if known.hash == line.hash {
                return;
            }
            let count = if known.algorithm() == line.algorithm() { &mut same } else { &mut others };
            *count += 1;
        }
        if same == LINES {
            return;
        }
        self.len += usize::from(same >= others);
        self.most = self.most.max(same + 1);
        self.lines.link(last, number);
    }

    /// The account's first line; `hash` is that of its names.
    fn first(&self, hash: u64, user: &[u8], realm: &[u8]) -> Option<(u32, Record<'_>)> {
        let mut found = None;
        let number = self.firsts.find(hash, |number| {
            found = self.lines.get(number);
            found.is_some_and(|line| (line.user, line.realm) == (user, realm))
        });
        Some((number?, found?))
    }

    /// An account's lines, in their order.
    fn chain<'a>(&'a self, first: (u32, Record<'a>)) -> impl Iterator<Item = (u32, Record<'a>)> {
        std::iter::successors(Some(first), |(_, line)| self.lines.next(line))
    }

    /// The hash of this number, from 0, of those that `account` has. Does not allocate.
    ///
    /// A user name with a colon has no account: no line can mean it. `a:b` in realm `c` and `a` in
    /// realm `b:c` hash alike, so taking the one for the other would let a peer choose who it is.
    ///
    /// Where there is no such account, another's line is read, as much of it and with the same
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
        for (_, line) in first.into_iter().flat_map(|first| self.chain(first)) {
            read = Some(line);
            if line.algorithm() == algorithm {
                is_here = number == 0;
                if is_here {
                    break;
                }
                number -= 1;
            }
        }
        let read = read.or_else(|| {
            let other = self.lines.get(self.firsts.any_of(hash))?;
            black_box((other.user.first().copied(), other.realm.last().copied()));
            black_box((other.user, other.realm) == (account.user, account.realm));
            Some(other)
        });
        let mut hash = Secret::new([0; 32]);
        if let Some(line) = read {
            // Halves of the longer hash, which need no call to be copied.
            let halves = hash.expose_mut().as_chunks_mut::<16>().0.iter_mut();
            halves.zip(line.hash.as_chunks::<16>().0).for_each(|(to, from)| *to = *from);
        }
        is_here.then_some(Stored::Hash(hash))
    }

    /// How many hashes of one algorithm an account has at most.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// The user and realm of the line with this number.
    pub(super) fn names(&self, number: u32) -> Option<(&[u8], &[u8])> {
        self.lines.get(number).map(|line| (line.user, line.realm))
    }

    /// The numbers of the lines that have a hash of this algorithm.
    pub(super) fn numbers(&self, algorithm: Algorithm) -> impl Iterator<Item = u32> {
        let has = move |number: &u32| {
            self.lines.get(*number).is_some_and(|line| line.algorithm() == algorithm)
        };
        self.lines.numbers().filter(has)
    }

    /// How many accounts there are; one with several hashes of one algorithm counts as often.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// Reads the digits of a hash; how many bytes it has.
fn read_hash(digits: &[u8], hash: &mut Secret<[u8; SHA256_BYTES]>) -> Option<usize> {
    let length = digits.len() / 2;
    if !matches!(length, MD5_BYTES | SHA256_BYTES) {
        return None;
    }
    hex::read_either_case(digits, hash.expose_mut().get_mut(..length)?).map(|()| length)
}

/// A line that names an account.
struct Line<'a> {
    user: &'a [u8],
    realm: &'a [u8],
    /// 16 bytes of MD5, or 32 of SHA-256.
    hash: &'a [u8],
}

/// Reads `user:realm:hash`. The user ends at the first colon, the hash begins after the last one.
fn account<'a>(
    line: &'a [u8],
    hash: &'a mut Secret<[u8; SHA256_BYTES]>,
) -> Result<Line<'a>, &'static str> {
    const FORM: &str = "expected user:realm:hash";
    let (user, rest) = split(line, memchr(b':', line)).ok_or(FORM)?;
    let (mut realm, digits) = split(rest, memrchr(b':', rest)).ok_or(FORM)?;
    if user.is_empty() {
        return Err("expected the name of a user before the first colon");
    }
    let length = read_hash(digits, hash)
        .ok_or("expected 32 (MD5) or 64 (SHA-256) hexadecimal digits after the last colon")?;
    // lighttpd's form has a fourth field, the hash of user:realm, for names sent hashed. Taken for
    // the third it would be an account whose secret anyone can compute.
    if let Some((before, third)) = split(realm, memrchr(b':', realm))
        && third.len() == digits.len()
    {
        let mut third_hash = Secret::new([0; SHA256_BYTES]);
        if read_hash(third, &mut third_hash).is_some() {
            (realm, *hash) = (before, third_hash);
        }
    }
    let hash = hash.expose().get(..length).unwrap_or_default();
    Ok(Line { user, realm, hash })
}

/// What stands before and after `position`.
fn split(text: &[u8], position: Option<usize>) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(position?)?;
    Some((before, after.get(1..)?))
}

#[cfg(test)]
mod tests;
