//! A WWW-Authenticate field taken apart: challenges of any schemes in one list, each of which is a
//! scheme and then a token68 or a list of its own, by the same commas (RFC 9110 §11.6.1). Each byte
//! is looked at a few times, however many there are, and nothing is allocated.
//!
//! What the directives of a Digest challenge say is the tokenizer's business; those of other schemes
//! are passed over, whatever they are.

use memchr::{memchr, memchr2};

use crate::kernels::scan;

/// The parameters of each Digest challenge, in their order. Those before the first scheme are
/// Digest's: callers may have taken the word away.
#[derive(Clone, Debug)]
pub struct Digests<'a> {
    /// What comes next: a scheme, except at the very start.
    rest: &'a [u8],
    at_start: bool,
}

/// The Digest challenges of a field.
#[must_use]
pub fn digests(field: &[u8]) -> Digests<'_> {
    Digests { rest: field, at_start: true }
}

impl<'a> Iterator for Digests<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let at_start = std::mem::take(&mut self.at_start);
            self.rest = after_commas(self.rest);
            let (is_digest, parameters) = match scheme(self.rest) {
                Some((scheme, after)) => (scheme.eq_ignore_ascii_case(b"digest"), after),
                None if at_start => (true, self.rest),
                None => return None,
            };
            let (own, rest) = parameters.split_at_checked(length(parameters)).unwrap_or_default();
            self.rest = rest;
            if is_digest {
                return Some(own);
            }
        }
    }
}

impl std::iter::FusedIterator for Digests<'_> {}

/// The scheme that an element begins with, and what follows: a word that the element ends with, or
/// that a blank follows and then a parameter or a token68.
fn scheme(element: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, rest) = element.split_at_checked(word_length(element))?;
    let after = after_blanks(rest);
    let is_scheme = match after {
        [] | [b',', ..] => true,
        [byte, ..] => after.len() < rest.len() && (is_token(*byte) || *byte == b'/'),
    };
    (is_scheme && !word.is_empty()).then_some((word, after))
}

/// How long a challenge's parameters are: up to the next element that begins with a scheme.
fn length(parameters: &[u8]) -> usize {
    let mut rest = after_element(parameters);
    while !rest.is_empty() {
        let next = after_commas(rest);
        if scheme(next).is_some() {
            rest = next;
            break;
        }
        rest = after_element(next);
    }
    parameters.len() - rest.len()
}

/// What follows an element, from its comma on. A quote is one only where a value begins: elsewhere,
/// as in a token68 or in what is no element at all, it is a byte like others.
fn after_element(element: &[u8]) -> &[u8] {
    let after_name = from(element, word_length(element));
    let rest = match after_blanks(after_name) {
        [b'=', value @ ..] => match after_blanks(value) {
            [b'"', text @ ..] => after_quote(text),
            value => value,
        },
        rest => rest,
    };
    let length = memchr(b',', rest).unwrap_or(rest.len());
    scan::look_at(length);
    from(rest, length)
}

/// What follows the closing quote of this text; nothing where there is none.
fn after_quote(mut text: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', text) {
        scan::look_at(at);
        match from(text, at) {
            [b'"', after @ ..] => return after,
            [_, _, after @ ..] => text = after,
            _ => break,
        }
    }
    &[]
}

fn after_commas(text: &[u8]) -> &[u8] {
    skipped(text, |byte| matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n'))
}

fn after_blanks(text: &[u8]) -> &[u8] {
    skipped(text, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

fn skipped(text: &[u8], passed_over: impl Fn(u8) -> bool) -> &[u8] {
    from(text, span(text, passed_over))
}

/// Bytes of a token at the front (RFC 9110 §5.6.2).
fn word_length(text: &[u8]) -> usize {
    span(text, is_token)
}

fn span(text: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    let length = text.iter().position(|byte| !is_part(*byte)).unwrap_or(text.len());
    scan::look_at(length);
    length
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn from(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
