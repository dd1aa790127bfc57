//! Cuts a Digest message into its directives: one pass, linear time, no allocation.
//!
//! The grammar is RFC 2831 §7.1-7.2 (`1#(name "=" (token | quoted-string))`), which HTTP shares,
//! read liberally where peers need it: every value may be quoted or bare, and a bare value may hold
//! characters that a token may not, up to the next comma.

use std::borrow::Cow;

use self::kinds::{BARE, NAME, QUOTED, long_span, span};
use crate::error::{Error, Result, Status};
use crate::kernels::scan;

mod kinds;
mod name;
#[cfg(test)]
pub(in crate::digest) mod tests;
mod usual;

pub use name::{Name, Names};

/// A directive: its name and value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Directive<'a> {
    /// The name as sent. Never empty, only token characters.
    pub name: &'a [u8],
    /// The name without regard to case, for `match`.
    pub id: Name,
    /// The value.
    pub value: Value<'a>,
}

/// A directive's value, where it stands in the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value<'a> {
    bytes: &'a [u8],
    form: ValueForm,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ValueForm {
    Bare,
    Quoted,
    /// Quoted, with a backslash.
    Escaped,
}

impl<'a> Value<'a> {
    /// A bare value of these bytes, which mean what they are.
    #[must_use]
    pub const fn bare(bytes: &'a [u8]) -> Self {
        Self { bytes, form: ValueForm::Bare }
    }

    /// The value that stood between quotes as these bytes.
    #[must_use]
    pub fn quoted(bytes: &'a [u8]) -> Self {
        let escaped = memchr::memchr(b'\\', bytes).is_some();
        Self { bytes, form: if escaped { ValueForm::Escaped } else { ValueForm::Quoted } }
    }

    /// The bytes as sent: those between the quotes, or the bare value.
    #[must_use]
    pub const fn raw(self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the value stood in quotes.
    #[must_use]
    pub const fn is_quoted(self) -> bool {
        !matches!(self.form, ValueForm::Bare)
    }

    /// Whether the value stood in quotes and holds a backslash, so that [`Value::unquoted`] differs
    /// from [`Value::raw`]. In a bare value a backslash is a byte like others.
    #[must_use]
    pub const fn is_escaped(self) -> bool {
        matches!(self.form, ValueForm::Escaped)
    }

    /// Whether the value is present but empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes that the value stands for: the backslash of each quoted pair removed
    /// (RFC 2831 §7.2). Borrowed unless [`Value::is_escaped`].
    #[must_use]
    #[inline]
    pub fn unquoted(self) -> Cow<'a, [u8]> {
        if self.is_escaped() { self.unescaped() } else { Cow::Borrowed(self.bytes) }
    }

    #[cold]
    fn unescaped(self) -> Cow<'a, [u8]> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut source = self.bytes.iter().copied();
        while let Some(byte) = source.next() {
            bytes.push(if byte == b'\\' { source.next().unwrap_or(byte) } else { byte });
        }
        Cow::Owned(bytes)
    }

    /// The bytes of a value that is a token or a list by its grammar, and so needs no backslash.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where there is one all the same.
    pub fn plain(self) -> Result<&'a [u8]> {
        if self.is_escaped() {
            return Err(malformed("token: a backslash in a value that has no use for it"));
        }
        Ok(self.bytes)
    }
}

/// The directives of a message, in order. An error is the last item.
#[derive(Clone, Debug)]
pub struct Directives<'a> {
    message: &'a [u8],
    /// What is left of the message; its end.
    rest: &'a [u8],
}

/// The directives of `message`. NULs at its end do not count as part of it.
#[must_use]
pub fn directives(message: &[u8]) -> Directives<'_> {
    let message = without_terminator(message);
    Directives { message, rest: message }
}

/// `message` without the NULs that callers who count a terminator leave at its end.
#[must_use]
pub fn without_terminator(message: &[u8]) -> &[u8] {
    let nuls = message.iter().rev().take_while(|byte| **byte == 0).count();
    message.get(..message.len() - nuls).unwrap_or_default()
}

impl<'a> Iterator for Directives<'a> {
    type Item = Result<Directive<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let directive = self.take_next().transpose();
        if let Some(Err(_)) = directive {
            self.rest = &[];
        }
        directive
    }
}

impl std::iter::FusedIterator for Directives<'_> {}

/// Something taken from the front of the message, or the reason why it cannot be: smaller than an
/// [`Error`], which only the last step makes.
type Taken<T> = std::result::Result<T, &'static str>;

impl<'a> Directives<'a> {
    /// The next directive, with the commas and blanks before it and the blanks after it.
    #[inline(never)]
    fn take_directive(&mut self) -> Taken<Option<Directive<'a>>> {
        self.skip_blanks()?;
        while let [b',', after @ ..] = self.rest {
            self.rest = after;
            self.skip_blanks()?;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let name = self.take(span(self.rest, NAME));
        if name.is_empty() {
            return Err("token: a directive without a name (RFC 2831 §7.1)");
        }
        self.skip_blanks()?;
        let [b'=', after @ ..] = self.rest else {
            return Err("token: a directive without = (RFC 2831 §7.1)");
        };
        self.rest = after;
        self.skip_blanks()?;
        let value = if let [b'"', after @ ..] = self.rest {
            self.rest = after;
            self.take_quoted()?
        } else {
            self.take_bare()?
        };
        self.skip_blanks()?;
        match self.rest {
            [] | [b',', ..] => Ok(Some(Directive { name, id: Name::of(name), value })),
            _ => Err("token: text between a value and the next comma (RFC 2831 §7.1)"),
        }
    }

    /// A quoted value whose opening quote has been taken, with its closing quote.
    fn take_quoted(&mut self) -> Taken<Value<'a>> {
        let mut length = 0;
        let mut form = ValueForm::Quoted;
        loop {
            let (_, after) = split(self.rest, length);
            let plain = long_span(after, QUOTED, [b'"', b'\\', 0x7F]);
            length += plain;
            match split(after, plain).1 {
                [b'"', after @ ..] => {
                    let bytes = self.take(length);
                    self.rest = after;
                    return Ok(Value { bytes, form });
                }
                // A quoted pair. RFC 2831's CHAR has the control characters too, which nobody has
                // a use for in a name, and not the bytes from 0x80, which follow the backslash
                // where a client forgot to double it.
                [b'\\', b'\t' | b' '..=0x7E | 0x80.., ..] => {
                    form = ValueForm::Escaped;
                    length += 2;
                }
                [] | [b'\\'] => return Err("token: a quote is not closed (RFC 2831 §7.2)"),
                // A line break too: RFC 2831 would read one that a blank follows as blanks, but in
                // a value that is sent back or shown it would end a line (RFC 9110 §5.5).
                _ => return Err("token: a control character in quotes (RFC 2831 §7.2)"),
            }
        }
    }

    /// A bare value, up to the next comma or the blanks before it.
    fn take_bare(&mut self) -> Taken<Value<'a>> {
        let bytes = self.take(long_span(self.rest, BARE, [b',', b'"', 0x7F]));
        if !matches!(self.rest, [] | [b',' | b'\r', ..]) {
            return Err("token: a quote or control character in a bare value");
        }
        let bytes = bytes.trim_ascii_end();
        if bytes.is_empty() {
            return Err("token: a directive without a value (RFC 2831 §7.1)");
        }
        Ok(Value::bare(bytes))
    }

    /// Passes over LWS: blanks, and line breaks that a blank follows (RFC 2831 §7.1).
    #[inline]
    fn skip_blanks(&mut self) -> Taken<()> {
        if let [b'!'..=0xFF, ..] = self.rest {
            return Ok(());
        }
        self.skip_some_blanks()
    }

    fn skip_some_blanks(&mut self) -> Taken<()> {
        while let [byte @ ..=b' ', after @ ..] = self.rest {
            scan::look_at(1);
            self.rest = match (byte, after) {
                (b' ' | b'\t', _) => after,
                (b'\r', [b'\n', after @ ..]) if matches!(after, [b' ' | b'\t', ..]) => after,
                _ => return Err("token: a control character between directives (RFC 2831 §7.1)"),
            };
        }
        Ok(())
    }

    /// The next `length` bytes.
    #[inline]
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (bytes, rest) = split(self.rest, length);
        self.rest = rest;
        bytes
    }
}

#[inline]
fn split(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

#[cold]
fn malformed(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}
