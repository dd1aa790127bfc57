//! Which bytes a client may have meant and hashed: the candidates for its names, and for a password.
//!
//! What was sent and what was hashed can differ in two ways. A name that fits ISO 8859-1 is to be
//! hashed in that charset (RFC 2831 §2.1.2.1), which some clients do whether or not they announced
//! charset=utf-8, and some never do. And some clients send `DOMAIN\user` without doubling the
//! backslash, but hash it as it stands (MS-DPSP §2.2, note 4). And some send ISO 8859-1 but hash
//! UTF-8 (Apache `HttpClient` 4, where a challenge has charset). So a response has an ordered list of name
//! candidates, which a server looks up and compares one after the other; ordinary names have one.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use super::charset::{downgrade, latin1_to_utf8, nfc, to_text};
use super::limits::{NAME_CANDIDATES, TRIES};
use super::tokenizer::Value;
use crate::digest::sasl::response::Response;
use crate::kernels::scan::is_ascii;
use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// How a candidate treats characters beyond ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// There is one way only: the names are ASCII, or cannot be downgraded.
    Only,
    /// The user or the realm was converted from UTF-8 to ISO 8859-1.
    Downgraded,
    /// The bytes as sent, where they could be downgraded.
    AsSent,
    /// The user or the realm was converted from ISO 8859-1 to UTF-8.
    Upgraded,
}

/// One way to read the names of a response: the bytes to look up and to hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameCandidate<'a> {
    /// The user name's bytes.
    pub user: Cow<'a, [u8]>,
    /// The realm's bytes, empty where none was sent.
    pub realm: Cow<'a, [u8]>,
    /// How they came about.
    pub encoding: Encoding,
}

/// The name candidates of a response, the likeliest first: one at least, no two alike, four at most.
#[derive(Clone, Debug)]
pub struct NameCandidates<'a> {
    first: NameCandidate<'a>,
    others: Vec<NameCandidate<'a>>,
}

/// The name candidates of `response`, in this order:
///
/// 1. unquoted, and user and realm each downgraded to ISO 8859-1 where it is UTF-8 that fits;
/// 2. unquoted, as sent;
///    or, where nothing is downgraded and one of them is not UTF-8: as sent, and then each of them as
///    UTF-8 that is ISO 8859-1 as it was sent;
/// 3. and 4. the same with each backslash of the user name taken literally, where its text in
///    quotes has one.
///
/// Nothing is allocated for names of ASCII characters without backslashes.
#[must_use]
pub fn candidates<'a>(response: &Response<'a>) -> NameCandidates<'a> {
    candidates_of(response.username, response.realm)
}

/// The same of a user's name and realm.
#[must_use]
pub fn candidates_of<'a>(username: Value<'a>, realm: Option<Value<'a>>) -> NameCandidates<'a> {
    let realm = realm.map(Value::unquoted).unwrap_or_default();
    if !username.is_escaped() {
        return candidates_of_unquoted(Cow::Borrowed(username.raw()), realm);
    }
    let mut candidates = candidates_of_unquoted(username.unquoted(), realm.clone());
    let NameCandidates { first, others } =
        candidates_of_unquoted(Cow::Borrowed(username.raw()), realm);
    candidates.add(first);
    for other in others {
        candidates.add(other);
    }
    candidates
}

/// The same of a name that came without quotes and backslashes of the message's.
#[must_use]
pub fn candidates_of_unquoted<'a>(user: Cow<'a, [u8]>, realm: Cow<'a, [u8]>) -> NameCandidates<'a> {
    if is_ascii(&user) && is_ascii(&realm) {
        return NameCandidates::only(user, realm);
    }
    let (latin_user, latin_realm) = (downgrade_cow(&user), downgrade_cow(&realm));
    if latin_user.is_none() && latin_realm.is_none() {
        return candidates_upgraded(user, realm);
    }
    let first = NameCandidate {
        user: latin_user.unwrap_or_else(|| user.clone()),
        realm: latin_realm.unwrap_or_else(|| realm.clone()),
        encoding: Encoding::Downgraded,
    };
    NameCandidates {
        first,
        others: vec![NameCandidate { user, realm, encoding: Encoding::AsSent }],
    }
}

/// The same of names of which none is UTF-8 that could be downgraded.
fn candidates_upgraded<'a>(user: Cow<'a, [u8]>, realm: Cow<'a, [u8]>) -> NameCandidates<'a> {
    let (utf8_user, utf8_realm) = (upgrade(&user), upgrade(&realm));
    let mut candidates = NameCandidates::only(user, realm);
    if utf8_user.is_none() && utf8_realm.is_none() {
        return candidates;
    }
    let NameCandidate { user, realm, .. } = candidates.first.clone();
    candidates.add(NameCandidate {
        user: utf8_user.map_or(user, Cow::Owned),
        realm: utf8_realm.map_or(realm, Cow::Owned),
        encoding: Encoding::Upgraded,
    });
    candidates
}

/// Bytes that are not UTF-8, taken for ISO 8859-1, as UTF-8.
fn upgrade(bytes: &[u8]) -> Option<Vec<u8>> {
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    (!is_utf8).then(|| latin1_to_utf8(bytes).into_owned().into_bytes())
}

/// The one candidate for a name that a source of accounts has told.
#[must_use]
pub fn candidates_as_stored<'a>(user: Cow<'a, [u8]>, realm: Cow<'a, [u8]>) -> NameCandidates<'a> {
    NameCandidates::only(user, realm)
}

impl<'a> NameCandidates<'a> {
    /// The candidates in their order.
    pub fn iter(&self) -> impl Iterator<Item = &NameCandidate<'a>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn only(user: Cow<'a, [u8]>, realm: Cow<'a, [u8]>) -> Self {
        let first = NameCandidate { user, realm, encoding: Encoding::Only };
        Self { first, others: Vec::new() }
    }

    fn add(&mut self, candidate: NameCandidate<'a>) {
        let same = |known: &NameCandidate<'_>| {
            known.user == candidate.user && known.realm == candidate.realm
        };
        if self.others.len() + 1 < NAME_CANDIDATES && !self.iter().any(same) {
            self.others.push(candidate);
        }
    }
}

/// `bytes` in ISO 8859-1, where that differs from them.
fn downgrade_cow<'a>(bytes: &Cow<'a, [u8]>) -> Option<Cow<'a, [u8]>> {
    match downgrade(bytes)? {
        Cow::Borrowed(_) => None,
        Cow::Owned(latin1) => Some(Cow::Owned(latin1)),
    }
}

/// Bytes of a password to hash. A copy made for it is wiped when dropped.
pub struct PasswordForm<'p>(NameForm<'p>);

enum NameForm<'p> {
    Stored(&'p str),
    Made(Secret<Vec<u8>>),
}

impl Deref for PasswordForm<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            NameForm::Stored(text) => text.as_bytes(),
            NameForm::Made(bytes) => bytes.expose(),
        }
    }
}

impl fmt::Debug for PasswordForm<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// The forms of a clear-text `password` that may have been hashed with names in this `encoding`,
/// the likeliest first: one at least, no two alike, three at most.
///
/// A client that downgrades names downgrades passwords that fit, each string by itself, and one whose
/// names were upgraded hashes all in UTF-8. One that
/// leaves its names may do either: GNU SASL leaves names and downgrades passwords. Then its composed form
/// (NFC) follows in the same way, as the stored one may have been typed on another system. A server
/// hashes no more than [`TRIES`] combinations of names and password for one response.
#[must_use]
pub fn password_forms(encoding: Encoding, password: &str) -> PasswordForms<'_> {
    let mut forms = PasswordForms::default();
    if password.is_ascii() {
        forms.add(PasswordForm(NameForm::Stored(password)));
        return forms;
    }
    forms.add_encodings(encoding, password);
    forms.add_encodings(encoding, Secret::new(nfc(password).into_owned()).expose());
    forms
}

/// The forms of a password, in their order.
#[derive(Debug, Default)]
pub struct PasswordForms<'p> {
    items: [Option<PasswordForm<'p>>; TRIES],
}

impl<'p> PasswordForms<'p> {
    /// The forms in their order.
    pub fn iter(&self) -> impl Iterator<Item = &PasswordForm<'p>> {
        self.items.iter().map_while(Option::as_ref)
    }

    fn add_encodings(&mut self, encoding: Encoding, password: &str) {
        let bytes = password.as_bytes();
        if encoding != Encoding::Upgraded {
            let form = downgrade(bytes).map_or_else(|| bytes.to_vec(), Cow::into_owned);
            self.add(PasswordForm(NameForm::Made(Secret::new(form))));
        }
        if encoding != Encoding::Downgraded {
            self.add(PasswordForm(NameForm::Made(Secret::new(bytes.to_vec()))));
        }
    }

    fn add(&mut self, form: PasswordForm<'p>) {
        if self.iter().any(|known| **known == *form) {
            return;
        }
        if let Some(free) = self.items.iter_mut().find(|item| item.is_none()) {
            *free = Some(form);
        }
    }
}

/// An account as `SECPKG_ATTR_NAMES` names it, never two by the same text: the user alone where the
/// realm is empty and the user has no backslash, else `realm\user`, the realm's own backslashes and
/// percent signs being percent-encoded. Bytes that are not UTF-8 are taken for ISO 8859-1.
#[must_use]
pub fn display_name(user: &[u8], realm: &[u8]) -> String {
    let user = to_text(user);
    if realm.is_empty() && !user.contains('\\') {
        return user.into_owned();
    }
    let realm = to_text(realm);
    if !realm.contains(['\\', '%']) {
        return format!("{realm}\\{user}");
    }
    let realm = realm.replace('%', "%25").replace('\\', "%5C");
    format!("{realm}\\{user}")
}
