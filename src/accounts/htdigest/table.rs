//! What an htdigest file says: its lines, and a table of them.

use memchr::{memchr, memrchr};

use super::hash_key::HashKey;
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
    key: HashKey,
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
            key: HashKey::random(),
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
        let hash = self.key.hash(user, realm);
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
        let Some(entry) = self.entries.get(entry) else { return false };
        let user_at = entry.start as usize;
        let realm_at = user_at + entry.user as usize;
        self.names.get(user_at..realm_at) == Some(user)
            && self.names.get(realm_at..realm_at + entry.realm as usize) == Some(realm)
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
mod tests {
    use super::*;

    const MD5: &str = "000102030405060708090a0b0c0d0e0f";
    const OTHER: &str = "ffffffffffffffffffffffffffffffff";
    const SHA256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn find(table: &Table, user: &[u8], realm: &[u8], algorithm: Algorithm) -> Option<[u8; 32]> {
        match table.find(&Account { user, realm }, algorithm)? {
            Stored::Hash(hash) => Some(*hash.expose()),
            Stored::Password(_) => panic!("a password from a file of hashes"),
        }
    }

    fn first_md5(text: impl AsRef<[u8]>, user: &[u8], realm: &[u8]) -> Option<u8> {
        let table = Table::read(text.as_ref()).unwrap();
        find(&table, user, realm, Algorithm::Md5).map(|hash| hash[0])
    }

    #[test]
    fn good_lines() {
        let both = format!("\u{FEFF}{MD5}:r:{OTHER}\n");
        for (text, user, realm) in [
            (format!("alice:example.org:{OTHER}"), &b"alice"[..], &b"example.org"[..]),
            (format!("alice::{OTHER}\n"), b"alice", b""),
            (format!("alice:r:{OTHER}\r\n"), b"alice", b"r"),
            (format!("\n\r\n  \n# a: comment\n#a:b:c\nalice:r:{OTHER}"), b"alice", b"r"),
            (format!(" al ice : r :{OTHER}"), b" al ice ", b" r "),
            (format!("a@b:Digest realm:{}", OTHER.to_uppercase()), b"a@b", b"Digest realm"),
            (format!("DOM\\alice::{OTHER}"), b"DOM\\alice", b""),
            (format!("a:b:c:{OTHER}"), b"a", b"b:c"),
            (format!("a::::{OTHER}"), b"a", b"::"),
            (both, MD5.as_bytes(), b"r"),
            // lighttpd's fourth field
            (format!("a:r:{OTHER}:{MD5}"), b"a", b"r"),
            (format!("a::{OTHER}:{MD5}"), b"a", b""),
        ] {
            assert_eq!(first_md5(&text, user, realm), Some(0xff), "{text}");
        }
    }

    #[test]
    fn malformed_lines_name_their_number() {
        for line in [
            "alice",
            "alice:r",
            ":",
            "::",
            "alice:r:",
            &format!("alice:{OTHER}"),
            &format!(":r:{OTHER}"),
            &format!("alice:r:{OTHER}0"),
            &format!("alice:r:{}", &OTHER[1..]),
            &format!("alice:r:{}g", &OTHER[1..]),
            &format!("alice:r:{OTHER} "),
            &format!("alice:r: {OTHER}"),
            &format!("alice:r:{OTHER}\r\r"),
            &format!("alice:r:{OTHER}:"),
            &format!("alice:r:{OTHER}\0"),
            " # not a comment",
            "alice:r:secret password",
        ] {
            let text = format!("# first\nbob:r:{MD5}\n\n{line}\ncarol:r:{MD5}\n");
            let malformed = Table::read(text.as_bytes()).err().unwrap();
            assert_eq!(malformed.line, 4, "{line:?}");
            assert!(!malformed.expected.contains("secret"));
        }
    }

    #[test]
    fn names_are_octets() {
        let mut text = b"Ren\xE9:caf\xC3\xA9:".to_vec();
        text.extend(OTHER.as_bytes());
        assert_eq!(first_md5(&text, b"Ren\xE9", b"caf\xC3\xA9"), Some(0xff));
        assert_eq!(first_md5(&text, "René".as_bytes(), b"caf\xC3\xA9"), None);
        assert_eq!(first_md5(&text, b"ren\xE9", b"caf\xC3\xA9"), None);
    }

    #[test]
    fn the_first_line_of_an_account_counts() {
        let text = format!("a:r:{OTHER}\nb:r:{MD5}\na:r:{MD5}\na:s:{MD5}\n");
        assert_eq!(first_md5(&text, b"a", b"r"), Some(0xff));
        assert_eq!(first_md5(&text, b"a", b"s"), Some(0));
        assert_eq!(Table::read(text.as_bytes()).unwrap().len(), 3);
    }

    #[test]
    fn an_account_may_have_a_line_for_each_algorithm() {
        let text = format!("a:r:{SHA256}\na:r:{OTHER}\na:r:{}\nb:r:{MD5}", "e".repeat(64));
        let table = Table::read(text.as_bytes()).unwrap();
        let counted: [u8; 32] = std::array::from_fn(|octet| u8::try_from(octet).unwrap());
        assert_eq!(find(&table, b"a", b"r", Algorithm::Sha256), Some(counted));
        let mut padded = [0; 32];
        padded[..16].fill(0xff);
        assert_eq!(find(&table, b"a", b"r", Algorithm::Md5), Some(padded));
        assert_eq!(find(&table, b"a", b"r", Algorithm::Sha512_256), None);
        assert_eq!(find(&table, b"b", b"r", Algorithm::Sha256), None);
    }

    #[test]
    fn r41_a_colon_moves_no_account() {
        let text = format!("a:b:c:{OTHER}\nx:y:{OTHER}\n");
        for (user, realm) in [
            (&b"a:b"[..], &b"c"[..]),
            (b"a:b:c", b""),
            (b"", b"a:b:c"),
            (b"a", b"b"),
            (b"x:y", b""),
            (b"", b"x:y"),
            (b"x", b"y:"),
            (b"x:", b"y"),
        ] {
            assert_eq!(first_md5(&text, user, realm), None, "{user:?} {realm:?}");
        }
    }

    #[test]
    fn r41_line_ends_comments_and_nul_in_names_match_nothing() {
        let text = format!("a:r:{OTHER}\r\nb:r:{OTHER}\n#c:r:{OTHER}\n");
        for (user, realm) in [
            (&b"a\n"[..], &b"r"[..]),
            (b"a", b"r\r"),
            (b"a\r\nb", b"r"),
            (b"a", format!("r:{OTHER}\r\nb:r").as_bytes()),
            (b"\nb", b"r"),
            (b"#c", b"r"),
            (b"c", b"r"),
            (b"a\0", b"r"),
            (b"", b""),
            (b"*", b"r"),
            (b"A", b"r"),
        ] {
            assert_eq!(first_md5(&text, user, realm), None, "{user:?} {realm:?}");
        }
        assert_eq!(first_md5(&text, b"a", b"r"), Some(0xff));
    }

    #[test]
    fn every_account_of_many_is_found() {
        let lines: Vec<_> = (0..1000)
            .map(|user| {
                format!("user{user}:realm{}:{user:032x}\nuser{user}:r:{user:064x}", user % 7)
            })
            .collect();
        let table = Table::read(lines.join("\n").as_bytes()).unwrap();
        assert_eq!(table.len(), 2000);
        // No vector with secrets has grown.
        assert_eq!((table.entries.capacity(), table.sha256.capacity()), (2000, 1000));
        for number in 0..1000_u16 {
            let user = format!("user{number}");
            let realm = format!("realm{}", number % 7);
            let other = format!("realm{}", (number + 1) % 7);
            let md5 = find(&table, user.as_bytes(), realm.as_bytes(), Algorithm::Md5).unwrap();
            assert_eq!(md5[14..16], number.to_be_bytes());
            let sha256 = find(&table, user.as_bytes(), b"r", Algorithm::Sha256).unwrap();
            assert_eq!(sha256[30..], number.to_be_bytes());
            assert_eq!(find(&table, user.as_bytes(), other.as_bytes(), Algorithm::Md5), None);
            assert_eq!(find(&table, user.as_bytes(), b"r", Algorithm::Md5), None);
        }
    }

    #[test]
    fn a_file_without_lines_has_no_accounts() {
        assert_eq!(first_md5("", b"a", b"r"), None);
        assert_eq!(first_md5("#\n", b"", b""), None);
    }
}
