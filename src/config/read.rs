//! From TOML to a [`Config`], with a message for each mistake. Messages never quote a value, since
//! it may be a secret that stands in the wrong place.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{AuthenticationInfo, Config, PROFILES, is_realm, wrong};
use super::{databases, private_file};
use crate::digest::http::formulas::Algorithm;
use crate::digest::http::nonce_counts::Order;
use crate::digest::message::qop::{Cipher, Named, Offer};
use crate::error::{Error, Result};
use crate::log::Level;
use crate::secret::Secret;

/// What a realm is.
pub(super) const REALM: &str = "a text of at most 255 bytes without control characters";

/// Fewer bytes could be guessed.
const MIN_SECRET: usize = 16;

/// The keys of the table `[server]`.
const SERVER_KEYS: &str = "realm, realms, accounts, nonce_lifetime, maxbuf, secret, http_algorithms, \
                           http_nonce_count, http_sessions, http_opaque, http_check_uri, \
                           http_userhash and \
                           http_authentication_info";

pub(super) fn config(text: &str, path: &Path) -> Result<Config> {
    let document = Document { text, path };
    let root = DeTable::parse(text).map_err(|error| document.not_toml(&error))?;
    let mut config = Config::default();
    for (name, value) in root.get_ref() {
        let apply = match name.get_ref().as_ref() {
            "WDigest" => wdigest,
            "server" => server,
            "client" => client,
            "sasl" => sasl,
            "log" => log,
            "sql" | "ldap" => {
                let DeValue::Table(entries) = value.get_ref() else {
                    let table = name.get_ref().as_ref();
                    return Err(document.fault(&name.span(), table, "expected a table"));
                };
                let table = Table { document: &document, name, entries };
                databases::take(&mut config, &table)?;
                continue;
            }
            other => {
                let tables = "the tables are WDigest, server, sql, ldap, client, sasl and log";
                return Err(document.fault(&name.span(), other, &format!("unknown; {tables}")));
            }
        };
        let table = name.get_ref().as_ref();
        let DeValue::Table(entries) = value.get_ref() else {
            return Err(document.fault(&name.span(), table, "expected a table"));
        };
        for (key, value) in entries {
            apply(&mut config, &Entry { document: &document, table, key, value })?;
        }
    }
    for (name, _) in root.get_ref() {
        if let Some(message) = databases::conflict(&config, name.get_ref()) {
            return Err(document.fault(&name.span(), name.get_ref(), message));
        }
    }
    Ok(config)
}

fn wdigest(config: &mut Config, entry: &Entry<'_>) -> Result<()> {
    match entry.name() {
        "DigestEncryptionAlgorithms" => config.ciphers = entry.ciphers()?,
        "UTF8SASL" => config.utf8_sasl = entry.flag()?,
        "UTF8HTTP" => config.utf8_http = entry.flag()?,
        "use_system" => config.use_system = entry.flag()?,
        _ => {
            let keys = "DigestEncryptionAlgorithms, UTF8SASL, UTF8HTTP and use_system";
            return Err(entry.unknown(keys));
        }
    }
    Ok(())
}

fn server(config: &mut Config, entry: &Entry<'_>) -> Result<()> {
    match entry.name() {
        "realm" => {
            let realm = entry.text().filter(|realm| is_realm(realm));
            realm.ok_or_else(|| entry.expected(REALM))?.clone_into(&mut config.realm);
        }
        "realms" => config.realms = entry.realms()?,
        "accounts" => config.accounts = Some(entry.path()?),
        "nonce_lifetime" => {
            let seconds = entry.number(1..=86400, "a number of seconds from 1 to 86400")?;
            config.nonce_lifetime = Duration::from_secs(seconds.into());
        }
        "maxbuf" => {
            let bytes = entry.number(17..=0xff_ffff, "a number of bytes from 17 to 16777215")?;
            config.maxbuf = Some(bytes);
        }
        "secret" => {
            let secret = entry.text().filter(|secret| secret.len() >= MIN_SECRET);
            let secret = secret.ok_or_else(|| entry.expected("a text of at least 16 bytes"))?;
            config.secret = Some(Secret::new(secret.as_bytes().to_vec()));
        }
        name if name.starts_with("http_") => return http(config, entry),
        _ => return Err(entry.unknown(SERVER_KEYS)),
    }
    Ok(())
}

fn http(config: &mut Config, entry: &Entry<'_>) -> Result<()> {
    match entry.name() {
        "http_algorithms" => config.http_algorithms = entry.algorithms()?,
        "http_nonce_count" => {
            let known = [("strict", Order::Strict), ("window", Order::Window)];
            config.http_nonce_count = entry.one_of(&known, "\"strict\" or \"window\"")?;
        }
        "http_sessions" => {
            let number = entry.number(64..=0x100_0000, "a number from 64 to 16777216")?;
            config.http_sessions = usize::try_from(number).unwrap_or(usize::MAX);
        }
        "http_opaque" => config.http_opaque = entry.flag()?,
        "http_check_uri" => config.http_check_uri = entry.flag()?,
        "http_userhash" => config.http_userhash = entry.flag()?,
        "http_authentication_info" => {
            let known = [
                ("none", AuthenticationInfo::None),
                ("rspauth", AuthenticationInfo::Rspauth),
                ("nextnonce", AuthenticationInfo::NextNonce),
            ];
            let expected = "\"none\", \"rspauth\" or \"nextnonce\"";
            config.http_authentication_info = entry.one_of(&known, expected)?;
        }
        _ => return Err(entry.unknown(SERVER_KEYS)),
    }
    Ok(())
}

fn client(config: &mut Config, entry: &Entry<'_>) -> Result<()> {
    match entry.name() {
        "http_algorithms" => config.client_algorithms = entry.algorithms()?,
        "http_without_integrity" => config.client_without_integrity = entry.flag()?,
        _ => return Err(entry.unknown("http_algorithms and http_without_integrity")),
    }
    Ok(())
}

fn sasl(config: &mut Config, entry: &Entry<'_>) -> Result<()> {
    match entry.name() {
        "profiles" => config.profiles = entry.profiles()?,
        _ => return Err(entry.unknown("profiles")),
    }
    Ok(())
}

fn log(config: &mut Config, entry: &Entry<'_>) -> Result<()> {
    match entry.name() {
        "level" => {
            let level = entry.text().and_then(Level::from_name);
            config.log.level =
                level.ok_or_else(|| entry.expected("\"off\", \"error\" or \"debug\""))?;
        }
        "file" => config.log.file = Some(entry.path()?),
        _ => return Err(entry.unknown("level and file")),
    }
    Ok(())
}

/// A table that is read as a whole.
pub(super) struct Table<'a> {
    document: &'a Document<'a>,
    name: &'a Spanned<std::borrow::Cow<'a, str>>,
    entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    pub(super) fn name(&self) -> &str {
        self.name.get_ref()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'a>> {
        let (document, table) = (self.document, self.name.get_ref().as_ref());
        self.entries.iter().map(move |(key, value)| Entry { document, table, key, value })
    }

    /// What is wrong with the table as a whole.
    pub(super) fn fault(&self, message: &str) -> Error {
        self.document.fault(&self.name.span(), self.name(), message)
    }
}

/// The text being read, to say where a mistake is.
struct Document<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Document<'_> {
    fn fault(&self, place: &Range<usize>, key: &str, message: &str) -> Error {
        wrong(format!("{}:{}: {key}: {message}", self.path.display(), self.line(place)))
    }

    fn not_toml(&self, error: &toml::de::Error) -> Error {
        let line = error.span().map_or(1, |place| self.line(&place));
        let message = error.message().replace('\n', " ");
        wrong(format!("{}:{line}: {message}", self.path.display()))
    }

    fn line(&self, place: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..place.start).unwrap_or_default();
        1 + memchr::memchr_iter(b'\n', before).count()
    }
}

/// A key with its value.
pub(super) struct Entry<'a> {
    document: &'a Document<'a>,
    table: &'a str,
    key: &'a Spanned<std::borrow::Cow<'a, str>>,
    value: &'a Spanned<DeValue<'a>>,
}

impl Entry<'_> {
    pub(super) fn name(&self) -> &str {
        self.key.get_ref()
    }

    pub(super) fn fault(&self, message: &str) -> Error {
        let key = format!("{}.{}", self.table, self.name());
        self.document.fault(&self.key.span(), &key, message)
    }

    pub(super) fn expected(&self, what: &str) -> Error {
        self.fault(&format!("expected {what}"))
    }

    pub(super) fn unknown(&self, keys: &str) -> Error {
        self.fault(&format!("unknown; [{}] has {keys}", self.table))
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.value.get_ref().as_str()
    }

    pub(super) fn number(&self, range: RangeInclusive<u32>, what: &str) -> Result<u32> {
        self.value
            .get_ref()
            .as_integer()
            .and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.expected(what))
    }

    pub(super) fn flag(&self) -> Result<bool> {
        self.number(0..=1, "0 or 1").map(|number| number == 1)
    }

    /// The value that a text stands for.
    pub(super) fn one_of<T: Copy>(&self, known: &[(&str, T)], what: &str) -> Result<T> {
        let found = known.iter().find(|(name, _)| self.text() == Some(*name));
        found.map(|(_, value)| *value).ok_or_else(|| self.expected(what))
    }

    fn algorithms(&self) -> Result<Vec<Algorithm>> {
        let names: Vec<_> = Algorithm::ALL.iter().map(|(_, name)| *name).collect();
        let wrong = || self.expected(&format!("a list of different ones of {}", names.join(", ")));
        let mut algorithms = Vec::new();
        for value in self.value.get_ref().as_array().into_iter().flatten() {
            let name = value.get_ref().as_str().unwrap_or_default();
            match Algorithm::from_name(name.as_bytes()) {
                Some(algorithm) if !algorithms.contains(&algorithm) => algorithms.push(algorithm),
                _ => return Err(wrong()),
            }
        }
        if algorithms.is_empty() { Err(wrong()) } else { Ok(algorithms) }
    }

    fn realms(&self) -> Result<Vec<String>> {
        let values = self.value.get_ref().as_array();
        let realms = values.and_then(|values| {
            let realm = |value: &Spanned<DeValue<'_>>| {
                value.get_ref().as_str().filter(|realm| is_realm(realm)).map(str::to_owned)
            };
            values.iter().map(realm).collect()
        });
        realms.ok_or_else(|| self.expected(&format!("a list, each of its values {REALM}")))
    }

    /// A path, which begins at the file's directory where it is relative.
    fn path(&self) -> Result<PathBuf> {
        let path = self.text().filter(|path| !path.is_empty() && !path.contains('\0'));
        let path = path.ok_or_else(|| self.expected("a path"))?;
        Ok(self.document.path.parent().unwrap_or(Path::new("")).join(path))
    }

    /// The first line of the file that a path names, which may hold a secret.
    pub(super) fn private_line(&self) -> Result<Secret<String>> {
        let path = self.path()?;
        let fault = |reason: &str| self.fault(&format!("{}: {reason}", path.display()));
        let text = private_file::read(&path).map_err(|reason| fault(&reason))?;
        let line = text.expose().lines().next().unwrap_or_default();
        if line.is_empty() || line.contains('\0') {
            return Err(fault("its first line is empty, or has a NUL"));
        }
        Ok(Secret::new(line.to_owned()))
    }

    fn ciphers(&self) -> Result<Offer<Cipher>> {
        let text = self.text().unwrap_or_default();
        text.split(',')
            .map(|name| Cipher::from_name(name.trim_ascii().as_bytes()))
            .collect::<Option<_>>()
            .ok_or_else(|| self.expected("a text that lists some of 3des,des,rc4,rc4-56,rc4-40"))
    }

    fn profiles(&self) -> Result<Vec<&'static str>> {
        let mut profiles = Vec::new();
        for value in self.value.get_ref().as_array().into_iter().flatten() {
            let profile = value.get_ref().as_str().and_then(profile);
            match profile.filter(|profile| !profiles.contains(profile)) {
                Some(profile) => profiles.push(profile),
                None => return Err(self.not_profiles()),
            }
        }
        if profiles.is_empty() { Err(self.not_profiles()) } else { Ok(profiles) }
    }

    fn not_profiles(&self) -> Error {
        self.expected(&format!("a list of different ones of {}", PROFILES.join(", ")))
    }
}

/// A profile's own spelling of its name, which is compared without regard to case.
fn profile(name: &str) -> Option<&'static str> {
    PROFILES.into_iter().find(|profile| profile.eq_ignore_ascii_case(name))
}
