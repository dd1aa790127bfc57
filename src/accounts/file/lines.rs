//! The lines of a file of accounts: those that say something, by their numbers.

use std::io::{self, Read};

use memchr::memchr_iter;

use super::Malformed;
use crate::system::heap;

/// The longest line, in bytes: no name that a login can have comes near it.
pub(in crate::accounts) const LONGEST_LINE: usize = 64 << 10;

/// What is expected where a line is longer.
pub(in crate::accounts) const SHORTER: &str = "expected a line of at most 65536 bytes";

/// What is read at a time of a large file: of a line that its end cuts off, the rest is read behind it.
const BUFFER: usize = 2 * LONGEST_LINE;

/// Why nothing was made of a file's bytes.
#[derive(Debug)]
pub enum Unread {
    /// A line that is malformed; nothing of the file is to be used then.
    Malformed(Malformed),
    /// They could not be read, or there was no memory for what they say.
    Failed(io::Error),
}

impl Unread {
    /// There was no memory.
    #[must_use]
    pub fn no_memory() -> Self {
        Self::Failed(io::ErrorKind::OutOfMemory.into())
    }
}

/// Gives every line that says something to `take`, with its number, without its end; a line that `take`
/// does not understand ends it, with what was expected. The file has `length` bytes, or is taken for one that
/// changes where it has more.
///
/// The bytes read are nowhere but in one buffer, which is wiped, and is no larger than it has to be: a small file is
/// read within logins.
///
/// # Errors
/// [`Unread`]; a line longer than [`LONGEST_LINE`] is malformed.
pub(in crate::accounts) fn for_each(
    file: &mut dyn Read,
    length: usize,
    mut take: impl FnMut(usize, &[u8]) -> Result<(), Unread>,
) -> Result<(), Unread> {
    // With room for the byte that a file which grows has more.
    let room = BUFFER.min(length.saturating_add(1));
    let mut buffer = heap::list(room).map_err(|_| Unread::no_memory())?;
    buffer.resize(room, 0);
    let (mut kept, mut number) = (0, 0);
    let mut take = |line: &[u8]| {
        number += 1;
        if line.len() > LONGEST_LINE {
            return Err(Unread::Malformed(Malformed { line: number, expected: SHORTER }));
        }
        content(line, number).map_or(Ok(()), |line| take(number, line))
    };
    loop {
        let read = match file.read(buffer.get_mut(kept..).unwrap_or_default()) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Unread::Failed(error)),
        };
        let filled = kept + read;
        let bytes = buffer.get(..filled).unwrap_or_default();
        if read == 0 {
            return take(bytes);
        }
        let mut begin = 0;
        for end in memchr_iter(b'\n', bytes.get(kept..).unwrap_or_default()) {
            take(bytes.get(begin..kept + end).unwrap_or_default())?;
            begin = kept + end + 1;
        }
        if filled - begin > LONGEST_LINE {
            return take(bytes.get(begin..).unwrap_or_default());
        }
        buffer.copy_within(begin..filled, 0);
        kept = filled - begin;
    }
}

/// The lines that say something of a text that is in memory, by their numbers.
pub(in crate::accounts) fn of(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    lines.filter_map(|(number, line)| Some((number, content(line, number)?)))
}

/// A line without its end; `None` for an empty one, or a comment.
fn content(line: &[u8], number: usize) -> Option<&[u8]> {
    // Some editors begin a file with the UTF-8 form of U+FEFF.
    let mark = line.strip_prefix(b"\xEF\xBB\xBF").filter(|_| number == 1);
    let line = mark.unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let says = !line.trim_ascii().is_empty() && !line.starts_with(b"#");
    says.then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes at a time; knows the most that it was asked for at once.
    struct Slowly<'a>(&'a [u8], usize, usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.2 = self.2.max(buffer.len());
            let count = self.1.min(buffer.len()).min(self.0.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn read(text: &[u8], at_a_time: usize) -> Result<Vec<(usize, Vec<u8>)>, Unread> {
        let mut lines = vec![];
        let mut file = Slowly(text, at_a_time, 0);
        for_each(&mut file, text.len(), |number, line| {
            lines.push((number, line.to_vec()));
            Ok(())
        })?;
        assert_eq!(file.2, BUFFER.min(text.len() + 1));
        Ok(lines)
    }

    #[test]
    fn lines_are_the_same_however_many_bytes_come_at_a_time() {
        let long = "x".repeat(LONGEST_LINE - 1);
        let many: String = "a line\r\n".repeat(20_000);
        for text in [
            "",
            "\n",
            "a",
            "a\n",
            "\u{FEFF}a\nb",
            "a\n\u{FEFF}b",
            "#a\n \n\t\r\nb\r\n#\nc\rd\n",
            "\u{FEFF}#a\nb",
            &long,
            &format!("{long}\r\n{long}y\n{long}"),
            &many,
        ] {
            let expected: Vec<_> =
                of(text.as_bytes()).map(|(number, line)| (number, line.to_vec())).collect();
            for at_a_time in [1, 7, 4096, LONGEST_LINE, usize::MAX] {
                let head = text.get(..40).unwrap_or(text);
                assert_eq!(read(text.as_bytes(), at_a_time).unwrap(), expected, "{head}");
            }
        }
        let lines = read("\u{FEFF}a:b\n\n# c\nd\r\n\u{FEFF}e".as_bytes(), 3).unwrap();
        let lines: Vec<_> = lines.iter().map(|(n, l)| (*n, l.as_slice())).collect();
        assert_eq!(lines, [(1, &b"a:b"[..]), (4, b"d"), (5, "\u{FEFF}e".as_bytes())]);
    }

    #[test]
    fn a_line_that_is_too_long_is_malformed_wherever_it_stands() {
        let long = "x".repeat(LONGEST_LINE + 1);
        for (text, line) in
            [(long.clone(), 1), (format!("a\n\n{long}\nb\n"), 3), (format!("{long}{long}\n"), 1)]
        {
            for at_a_time in [1000, LONGEST_LINE, usize::MAX] {
                match read(text.as_bytes(), at_a_time) {
                    Err(Unread::Malformed(malformed)) => assert_eq!(malformed.line, line),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_read_and_what_is_not_understood_end_it() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::TimedOut.into())
            }
        }
        let taken = for_each(&mut Broken, 100, |_, _| panic!("a line"));
        assert!(
            matches!(taken, Err(Unread::Failed(error)) if error.kind() == io::ErrorKind::TimedOut)
        );
        let mut count = 0;
        let taken = for_each(&mut &b"a\nb\nc"[..], 5, |line, _| {
            count += 1;
            if line == 2 {
                Err(Unread::Malformed(Malformed { line, expected: "a" }))
            } else {
                Ok(())
            }
        });
        assert!(matches!(taken, Err(Unread::Malformed(Malformed { line: 2, .. }))));
        assert_eq!(count, 2);
    }
}
