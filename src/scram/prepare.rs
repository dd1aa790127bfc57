//! Names and passwords before they are sent or hashed: SASLprep (RFC 4013), and what peers need that do
//! otherwise. A string that SASLprep refuses, or of which it leaves nothing, is taken as it is.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use crate::secret::Secret;

/// The forms of a password that a server tries: as SASLprep has it, as it is stored, and composed
/// (NFC). Of forms that are the same there is one.
#[derive(Debug)]
pub struct Candidates {
    forms: [Option<Secret<String>>; 3],
}

impl Candidates {
    /// Those of `password`.
    #[must_use]
    pub fn of(password: &str) -> Self {
        let first = Some(self::password(password));
        if is_plain(password) {
            return Self { forms: [first, None, None] };
        }
        let is = |form: &Option<Secret<String>>, other: &str| {
            form.as_ref().is_some_and(|form| form.expose() == other)
        };
        let stored = Some(password).filter(|stored| !is(&first, stored));
        let composed = Secret::new(password.nfc().collect::<String>());
        let composed = Some(composed)
            .filter(|composed| !is(&first, composed.expose()) && composed.expose() != password);
        Self { forms: [first, stored.map(|stored| Secret::new(stored.to_owned())), composed] }
    }

    /// Each of them, UTF-8.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.forms.iter().flatten().map(|form| form.expose().as_bytes())
    }
}

/// A password as a client hashes it.
#[must_use]
pub fn password(password: &str) -> Secret<String> {
    Secret::new(prepared(password).map_or_else(|| password.to_owned(), Cow::into_owned))
}

/// A name as a client sends it.
#[must_use]
pub fn name(name: &str) -> Cow<'_, str> {
    prepared(name).unwrap_or(Cow::Borrowed(name))
}

/// The name to look up where that which was sent is not known; `None` where it is the same.
#[must_use]
pub fn other_name(sent: &str) -> Option<String> {
    prepared(sent).filter(|prepared| prepared != sent).map(Cow::into_owned)
}

fn prepared(string: &str) -> Option<Cow<'_, str>> {
    if is_plain(string) {
        return Some(Cow::Borrowed(string));
    }
    stringprep::saslprep(string).ok().filter(|prepared| !prepared.is_empty())
}

/// Whether it has no characters but ASCII's printable ones, of which SASLprep changes none.
fn is_plain(string: &str) -> bool {
    string.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(password: &str) -> Vec<String> {
        let candidates = Candidates::of(password);
        candidates.iter().map(|form| String::from_utf8(form.to_vec()).unwrap()).collect()
    }

    /// Each row is a string, and its forms in the order in which they are tried.
    #[test]
    fn strings_as_peers_have_them() {
        for (string, expected) in [
            ("pencil", &["pencil"][..]),
            ("", &[""]),
            (" p,w=1 ", &[" p,w=1 "]),
            ("caf\u{e9}", &["caf\u{e9}"]),
            ("cafe\u{301}", &["caf\u{e9}", "cafe\u{301}"]),
            ("\u{ff21}", &["A", "\u{ff21}"]),
            ("\u{fb01}", &["fi", "\u{fb01}"]),
            ("\u{2168}", &["IX", "\u{2168}"]),
            ("\u{2168}e\u{301}", &["IX\u{e9}", "\u{2168}e\u{301}", "\u{2168}\u{e9}"]),
            ("a\u{a0}b", &["a b", "a\u{a0}b"]),
            ("a\u{ad}b", &["ab", "a\u{ad}b"]),
            ("a\u{200d}b", &["ab", "a\u{200d}b"]),
            // Of this nothing would be left.
            ("\u{ad}", &["\u{ad}"]),
            // These SASLprep refuses.
            ("\u{1f511}", &["\u{1f511}"]),
            ("\u{1f511}e\u{301}", &["\u{1f511}e\u{301}", "\u{1f511}\u{e9}"]),
            ("\u{221}", &["\u{221}"]),
            ("\u{e000}", &["\u{e000}"]),
            ("a\u{7}", &["a\u{7}"]),
            ("\u{627}a", &["\u{627}a"]),
        ] {
            assert_eq!(candidates(string), expected, "{string:?}");
            assert_eq!(password(string).expose(), expected[0], "{string:?}");
            assert_eq!(name(string), expected[0], "{string:?}");
            let other = Some(expected[0].to_owned()).filter(|first| first != string);
            assert_eq!(other_name(string), other, "{string:?}");
        }
    }
}
