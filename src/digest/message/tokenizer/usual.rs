//! The fast path of the tokenizer: directives as nearly all are, found sixteen bytes at a time.
//!
//! Whatever it does not know it leaves to the plain way (the file above this one), which reads everything
//! that this reads, and the same of it; a test compares the two. To do without it, have
//! [`Directives::take_next`] ask `take_directive` alone. What it gains stands in docs/performance.md.

use super::{Directive, Directives, Name, Value, ValueForm, malformed};
use crate::error::Result;
use crate::kernels::scan;

// A directive handed over in memory is read again before it has arrived there, which costs more than
// finding it: so the usual ones are found in the loop that asks.
#[expect(clippy::inline_always, reason = "measured: a third of the time")]
impl<'a> Directives<'a> {
    /// As `next`, in the form that costs the least.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for text against the grammar. The directives are not to be asked again then.
    #[inline(always)]
    pub(in crate::digest) fn take_next(&mut self) -> Result<Option<Directive<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        if let Some(directive) = self.take_usual() {
            return Ok(Some(directive));
        }
        // On a copy, so that these may be in registers.
        let mut copy = self.clone();
        let directive = copy.take_directive();
        self.rest = copy.rest;
        directive.map_err(malformed)
    }

    /// The next directive, where it has the form that nearly all have: a name of letters and
    /// hyphens, `=`, plain text in quotes or bare, and a comma and perhaps a blank or the end.
    /// `None`, and nothing is taken, of others.
    #[inline(always)]
    pub(super) fn take_usual(&mut self) -> Option<Directive<'a>> {
        let rest = self.rest;
        let padded;
        let (first, more) = if let Some(parts) = rest.split_first_chunk() {
            parts
        } else {
            padded = last_window(self.message, rest)?;
            (&padded, &[][..])
        };
        let (length, id) = Name::of_usual(first)?;
        let (bytes, form, after) = match first.get(length..) {
            Some([b'=', b'"', ..]) => {
                let end = self.usual_end(first, more, length + 2, [b'"', b'\\', 0x7F])?;
                let (before, [b'"', after @ ..]) = rest.split_at_checked(end)? else { return None };
                (before.get(length + 2..)?, ValueForm::Quoted, after)
            }
            Some([b'=', ..]) => {
                let end = self.usual_end(first, more, length + 1, [b',', b'"', b' ', 0x7F])?;
                let (before, after) = rest.split_at_checked(end)?;
                (before.get(length + 1..).filter(|text| !text.is_empty())?, ValueForm::Bare, after)
            }
            _ => return None,
        };
        self.rest = match after {
            [b',', b' ', after @ ..] | [b',', after @ ..] => after,
            [] => after,
            _ => return None,
        };
        let name = rest.get(..length)?;
        Some(Directive { name, id, value: Value { bytes, form } })
    }

    /// Where after `start`, which is at most 16, the first control character or one of these `stops`
    /// is in `first` and the bytes after it, or where these end.
    ///
    /// The text is looked at from where it is known to begin, and what is before `start` passed over
    /// afterwards: so this need not wait for the search that found `start`.
    #[inline(always)]
    fn usual_end<const N: usize>(
        &self,
        first: &[u8; 16],
        more: &[u8],
        start: usize,
        stops: [u8; N],
    ) -> Option<usize> {
        let marks = scan::marks(first, stops) & (u32::MAX << start);
        if marks != 0 {
            return Some(marks.trailing_zeros() as usize);
        }
        let mut end = first.len();
        let (windows, last) = more.as_chunks();
        for window in windows {
            let marks = scan::marks(window, stops);
            if marks != 0 {
                return Some(end + marks.trailing_zeros() as usize);
            }
            end += window.len();
        }
        let marks = scan::marks(&last_window(self.message, last)?, stops);
        Some(end + marks.trailing_zeros() as usize)
    }
}

/// Sixteen bytes of which `end`, a shorter end of `message`, is the first part; the others are
/// NULs. `None` where the message has fewer than sixteen.
#[inline(never)]
pub(super) fn last_window(message: &[u8], end: &[u8]) -> Option<[u8; 16]> {
    let window = u128::from_le_bytes(*message.last_chunk()?);
    let missing = u128::BITS - 8 * u32::try_from(end.len()).ok()?;
    Some(window.checked_shr(missing).unwrap_or(0).to_le_bytes())
}
