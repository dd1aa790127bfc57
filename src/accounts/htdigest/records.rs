//! What an htdigest file's lines say, byte behind byte: a million accounts take little more than their
//! names and hashes, and what is read of one lies in one place.
//!
//! Blocks lie in pieces, none of them in two. A block's number is that of its piece and its place there.
//! A realm is a block: its length with a mark, and its bytes. A line is one too: the length of the user's
//! name, with a mark where the hash is of SHA-256; the number of the account's next line, or zero; the
//! number of its realm; the name; the hash. Zero is the first realm, and so no line's number.

use crate::accounts::Algorithm;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::system::heap;

/// Bytes of a piece. More than twice [`LONGEST_LINE`](crate::accounts::file::lines::LONGEST_LINE).
const PIECE: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 18;

/// Marks in a block's first number, which is a length.
const SHA256: u32 = 1 << 31;
const REALM: u32 = 1 << 30;
const LENGTH: u32 = REALM - 1;

/// Bytes of a realm's block before the realm, and of a line's before the name.
const REALM_HEAD: usize = 4;
const HEAD: usize = 12;

pub(super) const MD5_BYTES: usize = 16;
pub(super) const SHA256_BYTES: usize = 32;

/// The lines of a file. They are wiped when they are dropped, and never moved.
pub(super) struct Records {
    pieces: Vec<Secret<Vec<u8>>>,
    /// Bytes of the file that are not read yet: no piece is larger than what is made of them.
    left: usize,
    /// The realm of the last line.
    realm: u32,
    count: usize,
}

/// A line: its account, and one hash.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) user: &'a [u8],
    pub(super) realm: &'a [u8],
    /// 16 bytes for MD5, 32 for SHA-256.
    pub(super) hash: &'a [u8],
    next: u32,
}

impl Record<'_> {
    /// What its hash was made with.
    pub(super) fn algorithm(&self) -> Algorithm {
        if self.hash.len() == SHA256_BYTES { Algorithm::Sha256 } else { Algorithm::Md5 }
    }
}

impl Records {
    /// None yet, of a file of `length` bytes.
    pub(super) fn of_file(length: usize) -> Self {
        Self { pieces: vec![], left: length, realm: 0, count: 0 }
    }

    /// Adds a line: the user's name, the realm, and a hash of 16 or 32 bytes.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(super) fn push(&mut self, user: &[u8], realm: &[u8], hash: &[u8]) -> Result<()> {
        if self.pieces.is_empty() || self.realm(self.realm) != Some(realm) {
            let head = narrow(realm.len()) | REALM;
            self.realm = self.block(REALM_HEAD + realm.len(), |block| {
                block.extend_from_slice(&head.to_le_bytes());
                block.extend_from_slice(realm);
            })?;
        }
        let mark = if hash.len() == SHA256_BYTES { SHA256 } else { 0 };
        let (head, realm) = (narrow(user.len()) | mark, self.realm);
        self.block(HEAD + user.len() + hash.len(), |block| {
            for number in [head, 0, realm] {
                block.extend_from_slice(&number.to_le_bytes());
            }
            block.extend_from_slice(user);
            block.extend_from_slice(hash);
        })?;
        self.count += 1;
        Ok(())
    }

    /// Adds a block of `length` bytes that `write` appends, and returns its number.
    fn block(&mut self, length: usize, write: impl FnOnce(&mut Vec<u8>)) -> Result<u32> {
        let has_room =
            |piece: &Secret<Vec<u8>>| piece.expose().capacity() - piece.expose().len() >= length;
        if !self.pieces.last().is_some_and(has_room) {
            // A line has more bytes in the file than here.
            let piece = heap::list(self.left.clamp(length, PIECE))?;
            heap::look_for(size_of::<Secret<Vec<u8>>>() * 2 * (self.pieces.len() + 1))?;
            self.pieces.push(Secret::new(piece));
        }
        let piece = narrow(self.pieces.len().saturating_sub(1));
        let last = self.pieces.last_mut().ok_or_else(Error::no_memory)?.expose_mut();
        let number = piece << PLACE_BITS | narrow(last.len());
        write(last);
        self.left = self.left.saturating_sub(length);
        Ok(number)
    }

    /// The bytes from a block's begin to its piece's end.
    fn from(&self, number: u32) -> Option<&[u8]> {
        let (piece, place) = place(number);
        self.pieces.get(piece)?.expose().get(place..)
    }

    fn realm(&self, number: u32) -> Option<&[u8]> {
        let (head, rest) = self.from(number)?.split_first_chunk()?;
        rest.get(..(u32::from_le_bytes(*head) & LENGTH) as usize)
    }

    /// The line of this number.
    pub(super) fn get(&self, number: u32) -> Option<Record<'_>> {
        let (numbers, rest) = self.from(number)?.split_first_chunk::<HEAD>()?;
        let [head, next, realm] = words(numbers);
        let (user, rest) = rest.split_at_checked((head & LENGTH) as usize)?;
        let hash = rest.get(..hash_bytes(head))?;
        Some(Record { user, realm: self.realm(realm)?, hash, next })
    }

    /// The account's next line.
    pub(super) fn next(&self, record: &Record<'_>) -> Option<(u32, Record<'_>)> {
        let number = record.next;
        if number == 0 { None } else { Some((number, self.get(number)?)) }
    }

    /// Makes `next` the line after `number` of an account.
    pub(super) fn link(&mut self, number: u32, next: u32) {
        let (piece, place) = place(number);
        let piece = self.pieces.get_mut(piece).map(Secret::expose_mut);
        let link = piece.and_then(|piece| piece.get_mut(place + 4..)?.first_chunk_mut());
        if let Some(link) = link {
            *link = next.to_le_bytes();
        }
    }

    /// The number of the first line at or behind `number`.
    pub(super) fn line_from(&self, mut number: u32) -> Option<u32> {
        loop {
            let Some((head, _)) = self.from(number)?.split_first_chunk() else {
                // The piece ends.
                number = ((number >> PLACE_BITS) + 1) << PLACE_BITS;
                continue;
            };
            let head = u32::from_le_bytes(*head);
            if head & REALM == 0 {
                return Some(number);
            }
            number += narrow(REALM_HEAD) + (head & LENGTH);
        }
    }

    /// The number of the line after that of this number in the file.
    pub(super) fn line_after(&self, number: u32) -> Option<u32> {
        let head = u32::from_le_bytes(*self.from(number)?.first_chunk()?);
        self.line_from(number + narrow(HEAD + hash_bytes(head)) + (head & LENGTH))
    }

    /// The numbers of all lines.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        std::iter::successors(self.line_from(0), |number| self.line_after(*number))
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }
}

fn hash_bytes(head: u32) -> usize {
    if head & SHA256 == 0 { MD5_BYTES } else { SHA256_BYTES }
}

fn words(bytes: &[u8; HEAD]) -> [u32; 3] {
    let mut words = [0; 3];
    words
        .iter_mut()
        .zip(bytes.as_chunks().0)
        .for_each(|(to, from)| *to = u32::from_le_bytes(*from));
    words
}

/// The piece of a number, and the place there.
fn place(number: u32) -> (usize, usize) {
    ((number >> PLACE_BITS) as usize, number as usize & (PIECE - 1))
}

/// A number as the records keep it; a file is too small for it not to fit.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (Vec<u8>, Vec<u8>, Vec<u8>);

    fn read(records: &Records, number: u32) -> Row {
        let Record { user, realm, hash, .. } = records.get(number).unwrap();
        (user.to_vec(), realm.to_vec(), hash.to_vec())
    }

    #[test]
    fn lines_come_back_as_they_were_whatever_piece_they_are_in() {
        let mut rows = Vec::<Row>::new();
        for number in 0..5000_usize {
            // Names of all lengths, some of them nearly as long as can be; realms that change and come again.
            let long = if number % 100 == 7 { 60_000 } else { 1 + number % 40 };
            let user = vec![b'a' + u8::try_from(number % 26).unwrap(); long];
            let realm = vec![b'r'; number / 3 % 5 * 7];
            let bytes = if number % 3 == 0 { SHA256_BYTES } else { MD5_BYTES };
            rows.push((user, realm, vec![u8::try_from(number % 251).unwrap(); bytes]));
        }
        let length = rows.iter().map(|(a, b, c)| a.len() + b.len() + 2 * c.len() + 3).sum();
        let mut records = Records::of_file(length);
        for (user, realm, hash) in &rows {
            records.push(user, realm, hash).unwrap();
        }
        let numbers: Vec<_> = records.numbers().collect();
        assert_eq!((numbers.len(), records.len()), (rows.len(), rows.len()));
        assert!(!numbers.contains(&0));
        for (number, row) in numbers.iter().zip(&rows) {
            assert_eq!(read(&records, *number), *row);
        }
        // No piece has grown, and there are no more of them than it takes.
        assert!(records.pieces.len() > 5);
        let room: usize = records.pieces.iter().map(|piece| piece.expose().capacity()).sum();
        assert!(records.pieces.iter().all(|piece| piece.expose().capacity() <= PIECE));
        assert!(room <= length + 61_000 * records.pieces.len(), "{room} of {length}");
        records.link(numbers[0], numbers[4000]);
        records.link(numbers[4000], numbers[17]);
        let first = records.get(numbers[0]).unwrap();
        let (number, second) = records.next(&first).unwrap();
        assert_eq!((number, second.user), (numbers[4000], &rows[4000].0[..]));
        let (number, third) = records.next(&second).unwrap();
        assert_eq!((number, third.hash.len()), (numbers[17], 16));
        assert!(records.next(&third).is_none());
    }

    #[test]
    fn a_small_file_takes_little() {
        let mut records = Records::of_file(36);
        assert_eq!(records.numbers().next(), None);
        records.push(b"a", b"", &[0; MD5_BYTES]).unwrap();
        let room: usize = records.pieces.iter().map(|piece| piece.expose().capacity()).sum();
        assert!(room <= 72, "{room}");
        assert_eq!(records.numbers().count(), 1);
    }
}
