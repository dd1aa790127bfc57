//! Keys as others store them, in one line of ASCII and base64:
//!
//! ```text
//! SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY     RFC 5803; PostgreSQL, Cyrus SASL
//! {SCRAM-SHA-256}4096,SALT,STOREDKEY,SERVERKEY    Dovecot, GNU SASL
//! ```

use super::{Hash, Key, KeyPair, MOST_PAIRS, StoredKeys};
use crate::accounts::Unavailable;
use crate::base64;
use crate::system::heap;

/// The shortest salt that is taken, in bytes.
pub const SHORTEST_SALT: usize = 8;

/// The longest one: what a message may carry.
pub const LONGEST_SALT: usize = 1024;

/// Why there are no keys to be had. Never quotes what was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It is of another scheme, or of a mechanism that is not wanted.
    Foreign,
    /// It is of SCRAM, and wrong.
    Malformed(&'static str),
    /// There is no memory.
    NoMemory,
}

/// What a mechanism's name stands in front of: count, salt, StoredKey and ServerKey, not yet read.
pub(super) struct Fields<'a> {
    pub(super) hash: Hash,
    fields: [&'a [u8]; 4],
}

/// One line that was read.
pub(super) struct Line<'s> {
    pub(super) iterations: u32,
    pub(super) salt: &'s [u8],
    pub(super) pair: KeyPair,
}

/// Reads what is stored of an account for `hash`: one line, or up to [`MOST_PAIRS`] with LF between,
/// which then have one salt and count.
///
/// # Errors
/// The first line that is of another mechanism, malformed, or does not fit the first.
pub fn read(text: &[u8], hash: Hash) -> Result<StoredKeys, Refused> {
    let lines = text.split(|byte| *byte == b'\n');
    of_lines(lines.map(|line| wanted(line, hash)), hash)?.ok_or(Refused::Foreign)
}

/// The same of several values, each of which may have several lines: what is of another mechanism or
/// scheme is passed over. `None` where nothing is left.
///
/// # Errors
/// As [`read`], but for other mechanisms; and for want of memory.
pub fn choose<'v>(
    values: impl Iterator<Item = &'v [u8]> + Clone,
    hash: Hash,
) -> Result<Option<StoredKeys>, Refused> {
    let lines = values.flat_map(|value| value.split(|byte| *byte == b'\n'));
    let lines = lines.map(|line| wanted(line.trim_ascii_end(), hash));
    of_lines(lines.filter(|line| !matches!(line, Err(Refused::Foreign))), hash)
}

fn of_lines<'v>(
    mut lines: impl Iterator<Item = Result<Fields<'v>, Refused>> + Clone,
    hash: Hash,
) -> Result<Option<StoredKeys>, Refused> {
    let count = lines.clone().take(MOST_PAIRS + 1).count();
    if count > MOST_PAIRS {
        return Err(Refused::Malformed(TOO_MANY));
    }
    let Some(first) = lines.next() else { return Ok(None) };
    let mut space = [0; LONGEST_SALT];
    let mut pairs = heap::list(count).map_err(|_| Refused::NoMemory)?;
    let first = first?.read(&mut space)?;
    let salt = heap::copied(first.salt).map_err(|_| Refused::NoMemory)?;
    let iterations = first.iterations;
    pairs.push(first.pair);
    for line in lines {
        let line = line?.read(&mut space)?;
        if line.iterations != iterations || line.salt != salt {
            return Err(Refused::Malformed(DIFFER));
        }
        pairs.push(line.pair);
    }
    Ok(Some(StoredKeys { hash, iterations, salt, pairs }))
}

pub(super) const TOO_MANY: &str = "expected at most four lines of one name and mechanism";
pub(super) const DIFFER: &str =
    "expected the salt and the iteration count of the other lines of this name and mechanism";

fn wanted(line: &[u8], hash: Hash) -> Result<Fields<'_>, Refused> {
    Fields::of(line)
        .and_then(|fields| if fields.hash == hash { Ok(fields) } else { Err(Refused::Foreign) })
}

impl<'a> Fields<'a> {
    /// Divides a line.
    pub(super) fn of(line: &'a [u8]) -> Result<Self, Refused> {
        if let Some(rest) = line.strip_prefix(b"{") {
            let (name, rest) = split(rest, b'}').ok_or(Refused::Foreign)?;
            let hash = hash_of(name).ok_or(Refused::Foreign)?;
            let mut parts = rest.split(|byte| *byte == b',');
            let fields = [(); 4].map(|()| parts.next().unwrap_or_default());
            return match parts.next() {
                None => Ok(Self { hash, fields }),
                Some(_) => Err(Refused::Malformed(BRACES)),
            };
        }
        let (name, rest) = split(line, b'$').ok_or(Refused::Foreign)?;
        let hash = hash_of(name).ok_or(Refused::Foreign)?;
        let (info, value) = split(rest, b'$').ok_or(Refused::Malformed(DOLLARS))?;
        let (iterations, salt) = split(info, b':').ok_or(Refused::Malformed(DOLLARS))?;
        let (stored_key, server_key) = split(value, b':').ok_or(Refused::Malformed(DOLLARS))?;
        Ok(Self { hash, fields: [iterations, salt, stored_key, server_key] })
    }

    /// Reads the fields; the salt goes into `space`.
    pub(super) fn read(self, space: &mut [u8; LONGEST_SALT]) -> Result<Line<'_>, Refused> {
        let [iterations, salt, stored_key, server_key] = self.fields;
        let iterations = count(iterations).ok_or(Refused::Malformed(ITERATIONS))?;
        let salt = base64::read(salt, space).filter(|salt| salt.len() >= SHORTEST_SALT);
        let salt = salt.ok_or(Refused::Malformed(SALT))?;
        let key = |text: &[u8]| {
            let mut key = Key::zeroed(self.hash);
            let read = base64::read(text, key.bytes_mut()).map(<[u8]>::len);
            if read == Some(self.hash.size()) { Ok(key) } else { Err(Refused::Malformed(KEY)) }
        };
        let pair = KeyPair { stored_key: key(stored_key)?, server_key: key(server_key)? };
        Ok(Line { iterations, salt, pair })
    }
}

const DOLLARS: &str = "expected SCRAM-SHA-...$iterations:salt$StoredKey:ServerKey";
const BRACES: &str = "expected {SCRAM-SHA-...}iterations,salt,StoredKey,ServerKey";
const ITERATIONS: &str = "expected an iteration count from 1 to 4294967295, without a leading zero";
const SALT: &str = "expected a salt of 8 to 1024 bytes in base64";
const KEY: &str = "expected two keys in base64, each as long as the mechanism's hash";

fn hash_of(name: &[u8]) -> Option<Hash> {
    let is_named = |hash: &Hash| hash.mechanism().as_bytes().eq_ignore_ascii_case(name);
    Hash::ALL.into_iter().find(is_named)
}

/// Digits of which the first is none but 1 to 9.
fn count(digits: &[u8]) -> Option<u32> {
    if !matches!(digits.first(), Some(b'1'..=b'9')) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// What stands before and after the first `separator`.
fn split(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(memchr::memchr(separator, text)?)?;
    Some((before, after.get(1..)?))
}

impl Refused {
    /// As the answer of a source, with where it stood in front.
    #[must_use]
    pub fn unavailable(&self, place: &str) -> Unavailable {
        match self {
            Self::NoMemory => Unavailable::no_memory(),
            Self::Foreign => Unavailable(format!("{place}: the value is of another mechanism")),
            Self::Malformed(reason) => Unavailable(format!("{place}: {reason}")),
        }
    }
}

#[cfg(test)]
mod tests;
