//! Users of which realms a server lets in.

use super::message::charset::downgrade;
use crate::digest::settings::Settings;
use crate::kernels::scan::is_ascii;

/// The realms that a response may name: the one offered, none, and those that the configuration
/// lists. An accounts file may hold others, whose users are nobody here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Realms<'a> {
    /// The realm that was offered, UTF-8.
    pub(super) offered: &'a [u8],
    listed: &'a [String],
}

impl<'a> Realms<'a> {
    /// Those of a server with this configuration that has offered a realm.
    pub(super) fn of(offered: &'a [u8], settings: &'a Settings) -> Self {
        Self { offered, listed: &settings.realms }
    }

    /// Whether a response may name the realm `sent`, quotes and backslashes resolved. Where the
    /// client has announced UTF-8 it is compared as that, else in ISO 8859-1 as well (RFC 2831
    /// §2.1.2). A realm that was not sent is an empty one.
    #[inline]
    pub(super) fn accepts(&self, sent: &[u8], utf8: bool) -> bool {
        sent.is_empty() || sent == self.offered || self.accepts_other(sent, utf8)
    }

    #[cold]
    fn accepts_other(&self, sent: &[u8], utf8: bool) -> bool {
        let listed = self.listed.iter().map(String::as_bytes);
        listed.chain([self.offered]).any(|realm| {
            realm == sent || !utf8 && !is_ascii(realm) && downgrade(realm).as_deref() == Some(sent)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offered_realm_none_and_those_listed_are_accepted() {
        let listed = ["EXAMPLE", "caf\u{e9}", "\u{17c}"].map(str::to_owned).to_vec();
        for (offered, sent, utf8, expected) in [
            ("example.org", &b"example.org"[..], true, true),
            ("example.org", b"example.org", false, true),
            ("example.org", b"", true, true),
            ("", b"", true, true),
            ("example.org", b"EXAMPLE", true, true),
            ("example.org", b"example", true, false),
            ("example.org", b"EXAMPLE.ORG", true, false),
            ("example.org", b"example.or", false, false),
            ("example.org", b"example.org ", false, false),
            ("example.org", b"example.org\0", false, false),
            ("", b"example.org", false, false),
            // A realm beyond ASCII, in the charset that was announced, or either.
            ("r\u{e9}", "r\u{e9}".as_bytes(), true, true),
            ("r\u{e9}", "r\u{e9}".as_bytes(), false, true),
            ("r\u{e9}", b"r\xE9", false, true),
            ("r\u{e9}", b"r\xE9", true, false),
            ("r", b"caf\xE9", false, true),
            ("r", "\u{17c}".as_bytes(), false, true),
            // Who announces UTF-8 does not mean what its bytes are in ISO 8859-1.
            ("r\u{c3}\u{a9}", "r\u{e9}".as_bytes(), true, false),
            ("r", b"other", false, false),
        ] {
            let settings = Settings { realms: listed.clone(), ..Settings::default() };
            let realms = Realms::of(offered.as_bytes(), &settings);
            assert_eq!(realms.accepts(sent, utf8), expected, "{offered} {}", sent.escape_ascii());
        }
    }
}
