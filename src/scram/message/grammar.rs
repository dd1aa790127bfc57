//! What the messages are made of (RFC 5802 §7), and how long each part may be.

use crate::base64;
use crate::error::{Error, Result, Status};
use crate::system::heap;

/// The largest message, in bytes.
pub(in crate::scram) const MAX_TOKEN: usize = 4096;
/// The longest name and authorization identity, in bytes.
pub(super) const MAX_NAME: usize = 1024;
/// The longest nonce of a client, in characters.
pub(super) const MAX_CLIENT_NONCE: usize = 512;
/// The longest nonce of both, in characters.
pub(super) const MAX_NONCE: usize = 1024;
/// The longest salt, in bytes.
pub(super) const MAX_SALT: usize = 1024;

/// Attributes that have a meaning somewhere (RFC 5802 §5.1), and so are no extensions.
const RESERVED: &[u8] = b"anrcsipve";
/// The attribute of extensions that whoever does not know them must refuse.
const MANDATORY: u8 = b'm';

/// What is left of a message: its attributes are taken from its front.
pub(super) struct Attributes<'a> {
    message: &'a [u8],
    rest: &'a [u8],
    /// Whether an attribute has to follow: at the beginning, and after a comma.
    due: bool,
}

impl<'a> Attributes<'a> {
    /// Of a message, of which `rest` is to be read.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for a message that is too long, is not UTF-8, or has NUL, CR or LF.
    pub(super) fn of(message: &'a [u8]) -> Result<Self> {
        if message.len() > MAX_TOKEN {
            return Err(malformed("message: it has more than 4096 bytes"));
        }
        if memchr::memchr3(b'\0', b'\r', b'\n', message).is_some()
            || std::str::from_utf8(message).is_err()
        {
            return Err(malformed("message: it is not UTF-8, or has NUL, CR or LF (RFC 5802 §7)"));
        }
        Ok(Self { message, rest: message, due: true })
    }

    /// The bytes up to the next comma, which is passed over.
    fn next(&mut self) -> &'a [u8] {
        let rest = self.rest;
        let end = memchr::memchr(b',', rest);
        self.due = end.is_some();
        let (part, rest) = match end {
            Some(end) => (rest.get(..end), rest.get(end + 1..)),
            None => (Some(rest), None),
        };
        self.rest = rest.unwrap_or_default();
        part.unwrap_or_default()
    }

    /// The next part between commas, which has to be there.
    pub(super) fn part(&mut self) -> Result<&'a [u8]> {
        if self.due { Ok(self.next()) } else { Err(incomplete()) }
    }

    /// The value of the attribute `name`, which has to come next.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where another one comes, `UNSUPPORTED_FUNCTION` where that is `m`.
    pub(super) fn value(&mut self, name: u8) -> Result<&'a [u8]> {
        match self.part()? {
            [found, b'=', value @ ..] if *found == name => Ok(value),
            [MANDATORY, b'=', ..] => Err(mandatory()),
            _ => Err(incomplete()),
        }
    }

    /// Passes over extensions up to the end.
    pub(super) fn end(&mut self) -> Result<()> {
        while self.due {
            extension(self.next())?;
        }
        Ok(())
    }

    /// Passes over extensions up to the attribute `name`, which has to be the last one; returns its value
    /// and what stands before it, without the comma between them.
    pub(super) fn last(&mut self, name: u8) -> Result<(&'a [u8], &'a [u8])> {
        while self.due {
            let before = self.position();
            match self.next() {
                [found, b'=', value @ ..] if *found == name && !self.due => {
                    let before = self.message.get(..before.saturating_sub(1));
                    return Ok((value, before.unwrap_or_default()));
                }
                part => extension(part)?,
            }
        }
        Err(incomplete())
    }

    /// How much of the message has been read.
    pub(super) fn position(&self) -> usize {
        self.message.len() - self.rest.len()
    }

    /// Whether there is more.
    pub(super) fn more(&self) -> bool {
        self.due
    }
}

/// `attr-val` of an extension: a letter, `=`, and something.
fn extension(part: &[u8]) -> Result<()> {
    match part {
        [MANDATORY, b'=', ..] => Err(mandatory()),
        [name, b'=', _, ..] if name.is_ascii_alphabetic() && !RESERVED.contains(name) => Ok(()),
        _ => {
            Err(malformed("message: an attribute is not one that may stand there (RFC 5802 §5.1)"))
        }
    }
}

/// Whether these are a nonce: printable characters but the comma.
pub(super) fn is_nonce(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',')
}

/// Whether these are the name of a type of channel bindings (`cb-name`).
pub(in crate::scram) fn is_binding_name(name: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    !name.is_empty() && name.iter().all(allowed)
}

/// The name that a `saslname` stands for. Peers escape in lower case too.
///
/// # Errors
/// `INVALID_TOKEN` for another use of `=` than in `=2C` and `=3D`, and for a name that is too long.
pub(super) fn unescape(escaped: &[u8]) -> Result<Vec<u8>> {
    let mut name = heap::list(escaped.len())?;
    let mut rest = escaped;
    while let Some(at) = memchr::memchr(b'=', rest) {
        let (before, escape) = rest.split_at(at);
        name.extend_from_slice(before);
        let character = match escape {
            [_, b'2', b'C' | b'c', ..] => b',',
            [_, b'3', b'D' | b'd', ..] => b'=',
            _ => return Err(malformed("name: = stands in =2C and =3D alone (RFC 5802 §5.1)")),
        };
        name.push(character);
        rest = escape.get(3..).unwrap_or_default();
    }
    name.extend_from_slice(rest);
    if name.len() > MAX_NAME {
        return Err(malformed("name: it has more than 1024 bytes"));
    }
    Ok(name)
}

/// Appends a name as a `saslname`; there is room for three times its bytes.
pub(super) fn escape(to: &mut Vec<u8>, name: &[u8]) {
    for byte in name {
        match byte {
            b',' => to.extend_from_slice(b"=2C"),
            b'=' => to.extend_from_slice(b"=3D"),
            byte => to.push(*byte),
        }
    }
}

/// The bytes of a name as a `saslname`.
pub(super) fn escaped_length(name: &[u8]) -> usize {
    name.len() + 2 * name.iter().filter(|byte| matches!(byte, b',' | b'=')).count()
}

/// At most `N` bytes that stood as base64 in a message.
pub(in crate::scram) struct Base64<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Base64<N> {
    /// `None` for text that is not base64, and where it stands for more than `N` bytes.
    pub(in crate::scram) fn read(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        let length = base64::read(text, &mut bytes)?.len();
        Some(Self { bytes, length })
    }

    /// The bytes.
    pub(in crate::scram) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The bytes that base64 of any length stands for; `None` for text that is not base64.
///
/// # Errors
/// `INSUFFICIENT_MEMORY`.
pub(super) fn read_base64(text: &[u8]) -> Result<Option<Vec<u8>>> {
    let length = text.len() / 4 * 3;
    let mut bytes = heap::list(length)?;
    bytes.resize(length, 0);
    let read = base64::read(text, &mut bytes).map(<[u8]>::len);
    bytes.truncate(read.unwrap_or_default());
    Ok(read.map(|_| bytes))
}

/// Appends bytes as base64; there is room for it.
pub(super) fn print_base64(to: &mut Vec<u8>, bytes: &[u8]) {
    let start = to.len();
    to.resize(start + base64::length_of(bytes.len()), 0);
    // As long as what is written.
    let _ = to.get_mut(start..).and_then(|place| base64::write(bytes, place));
}

pub(super) fn malformed(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

fn incomplete() -> Error {
    malformed("message: an attribute is missing, or out of order (RFC 5802 §7)")
}

fn mandatory() -> Error {
    let reason = "message: a mandatory extension, and none is known (RFC 5802 §5.1)";
    Error::new(Status::UNSUPPORTED_FUNCTION, reason)
}
