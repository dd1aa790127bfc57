//! Writes directives: the same text is first measured, then written into exactly that space.

use super::hex;
use super::tokenizer::Value;
use crate::error::{Error, Result, Status};

/// Something that can be sent as a list of directives.
pub trait Print {
    /// Prints the directives in their order.
    fn print(&self, printer: &mut Printer<'_>);

    /// The length of the text in bytes.
    fn length(&self) -> usize {
        let mut printer = Printer { out: &mut [], length: 0 };
        self.print(&mut printer);
        printer.length
    }

    /// Writes the text into `out`, which has [`Print::length`] bytes.
    ///
    /// # Errors
    /// `BUFFER_TOO_SMALL` where `out` has another length; what it then holds is undefined.
    fn write(&self, out: &mut [u8]) -> Result<()> {
        let space = out.len();
        let mut printer = Printer { out, length: 0 };
        self.print(&mut printer);
        if printer.length == space {
            return Ok(());
        }
        Err(Error::new(Status::BUFFER_TOO_SMALL, "token: its text has another length"))
    }
}

/// Where directives go: into memory as far as it reaches, counted in any case.
#[derive(Debug)]
pub struct Printer<'o> {
    out: &'o mut [u8],
    length: usize,
}

impl Printer<'_> {
    /// `name=value`.
    pub fn bare(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.put(value);
    }

    /// `name=number` in decimal digits.
    pub fn number(&mut self, name: &str, number: u32) {
        let mut digits = [0; 10];
        let mut first = digits.len();
        let mut left = number;
        for (position, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (left % 10) as u8;
            left /= 10;
            first = position;
            if left == 0 {
                break;
            }
        }
        self.bare(name, digits.get(first..).unwrap_or_default());
    }

    /// `name="value"`, a backslash before each quote and backslash (RFC 2831 §7.2).
    pub fn quoted(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.put(b"\"");
        let mut rest = value;
        while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            let (before, after) = rest.split_at(at);
            self.put(before);
            self.put(b"\\");
            self.put(after.get(..1).unwrap_or_default());
            rest = after.get(1..).unwrap_or_default();
        }
        self.put(rest);
        self.put(b"\"");
    }

    /// `name="value"`, the value being what is to stand between the quotes.
    pub fn verbatim(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.put(b"\"");
        self.put(value);
        self.put(b"\"");
    }

    /// `name="value"`, the value being repeated byte for byte as the peer sent it.
    pub fn repeated(&mut self, name: &str, value: Value<'_>) {
        if value.is_quoted() {
            self.verbatim(name, value.raw());
        } else {
            self.quoted(name, value.raw());
        }
    }

    /// `name=UTF-8''value`, in percent-encoded bytes where they are not letters, digits or one of
    /// `-._~` (RFC 5987 §3.2).
    pub fn extended(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.put(b"UTF-8''");
        for byte in value {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                self.put(&[*byte]);
                continue;
            }
            let mut digits = [0; 2];
            hex::write(&[*byte], &mut digits);
            self.put(b"%");
            self.put(&digits.map(|digit| digit.to_ascii_uppercase()));
        }
    }

    /// `name="item,item"`.
    pub fn list<'s>(&mut self, name: &str, items: impl Iterator<Item = &'s str>) {
        self.name(name);
        self.put(b"\"");
        for (position, item) in items.enumerate() {
            if position > 0 {
                self.put(b",");
            }
            self.put(item.as_bytes());
        }
        self.put(b"\"");
    }

    fn name(&mut self, name: &str) {
        if self.length > 0 {
            self.put(b",");
        }
        self.put(name.as_bytes());
        self.put(b"=");
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(space) = self.out.get_mut(self.length..end) {
            space.copy_from_slice(bytes);
        }
        self.length = end;
    }
}

/// Refuses bytes that no quoted value should carry: control characters, which a peer may take for
/// the end of a line or of the text.
///
/// # Errors
/// `INVALID_TOKEN` where there is one below 0x20, or 0x7F.
pub fn check_bytes(value: &[u8]) -> Result<()> {
    if value.iter().any(u8::is_ascii_control) {
        return Err(Error::new(
            Status::INVALID_TOKEN,
            "token: a value to be sent holds a control character (RFC 2831 §7.2)",
        ));
    }
    Ok(())
}
