//! The text of secur32.toml, and what it says in each place. Messages never quote a value, since it
//! may be a secret that stands in the wrong place.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::OsString;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::{private_file, wrong};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// How the environment is asked.
type Variables = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// A key of the file: one row of a table of settings, by which the file is read and what is wrong in it
/// is explained, and which docs/configuration.md shows.
pub struct Key<S: 'static> {
    /// The table it stands in.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What its value is, as it follows "expected".
    pub expected: &'static str,
    /// The value that the documentation shows, which is the default where `doc` does not say otherwise.
    /// After a `#` it stands there as a comment, since another key excludes it.
    pub shown: &'static str,
    /// What else it can be, and what it is for.
    pub doc: &'static str,
    /// Takes the value, where it is one.
    pub read: fn(&mut S, &Value<'_>) -> Option<()>,
}

impl<S> Key<S> {
    /// The key as the documentation shows it: table, name, value, and what it is for.
    #[must_use]
    pub const fn documented(&self) -> [&'static str; 4] {
        [self.table, self.name, self.shown, self.doc]
    }
}

/// A file that has been read, and the environment that overrides it.
pub struct Document {
    text: Zeroizing<String>,
    path: PathBuf,
    variables: Option<Box<Variables>>,
}

impl Document {
    /// Takes the text of a file. `path` is for messages, and its directory is where relative paths
    /// in the text begin.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with `path` and the line in the reason: it is not TOML.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let text = Zeroizing::new(text.to_owned());
        let document = Self { text, path: path.to_owned(), variables: None };
        document.root()?;
        Ok(document)
    }

    /// One in which nothing is said.
    #[must_use]
    pub fn empty() -> Self {
        Self { text: Zeroizing::default(), path: PathBuf::new(), variables: None }
    }

    /// The same with an environment.
    #[must_use]
    pub fn with_environment(mut self, variables: Box<Variables>) -> Self {
        self.variables = Some(variables);
        self
    }

    /// The environment of another one in its place.
    pub(super) fn take_environment(&mut self, other: Self) {
        self.variables = other.variables;
    }

    /// The value of a variable, where it is set and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<OsString> {
        let value = self.variables.as_ref().and_then(|variables| variables(name));
        value.filter(|value| !value.is_empty())
    }

    /// Reads what stands in the tables of `keys` into `settings`.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with file, line and key in the reason: such a table has an unknown key, or a
    /// value that is not allowed.
    pub fn read<S>(&self, keys: &[Key<S>], settings: &mut S) -> Result<()> {
        let root = self.root()?;
        for (table, value) in root.get_ref() {
            let name = table.get_ref().as_ref();
            if !keys.iter().any(|key| key.table == name) {
                continue;
            }
            let DeValue::Table(entries) = value.get_ref() else {
                return Err(self.fault(&table.span(), name, "expected a table"));
            };
            for (entry, value) in entries {
                self.read_entry(keys, settings, name, entry, value)?;
            }
        }
        Ok(())
    }

    fn read_entry<S>(
        &self,
        keys: &[Key<S>],
        settings: &mut S,
        table: &str,
        entry: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<()> {
        let name = format!("{table}.{}", entry.get_ref());
        let of_table = keys.iter().filter(|key| key.table == table);
        let Some(key) = of_table.clone().find(|key| key.name == entry.get_ref()) else {
            let known = listed(of_table.map(|key| key.name));
            let message = format!("unknown; [{table}] has {known}");
            return Err(self.fault(&entry.span(), &name, &message));
        };
        let value = Value { toml: value.get_ref(), path: &self.path, reason: RefCell::default() };
        (key.read)(settings, &value).ok_or_else(|| {
            let reason =
                value.reason.take().unwrap_or_else(|| format!("expected {}", key.expected));
            self.fault(&entry.span(), &name, &reason)
        })
    }

    /// The string that a key of another reader's table has, which says whether it is allowed; `None` where
    /// there is none.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`: the file is not TOML.
    pub fn string(&self, table: &str, key: &str) -> Result<Option<String>> {
        let root = self.root()?;
        let table = root.get_ref().get(table).and_then(|table| table.get_ref().as_table());
        let value = table.and_then(|table| table.get(key));
        Ok(value.and_then(|value| value.get_ref().as_str()).map(str::to_owned))
    }

    /// Whether there is such a table.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`: it is no table.
    pub fn has(&self, table: &str) -> Result<bool> {
        Ok(self.root()?.get_ref().iter().any(|(name, _)| name.get_ref() == table))
    }

    /// The refusal of a table as a whole.
    #[must_use]
    pub fn table_fault(&self, table: &str, message: &str) -> Error {
        let root = match self.root() {
            Ok(root) => root,
            Err(error) => return error,
        };
        let found = root.get_ref().iter().find(|(name, _)| name.get_ref() == table);
        self.fault(&found.map_or(0..0, |(name, _)| name.span()), table, message)
    }

    /// Refuses tables that are none of `known`.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with file, line and table in the reason.
    pub fn check_tables(&self, known: &[&str]) -> Result<()> {
        for (table, _) in self.root()?.get_ref() {
            let name = table.get_ref().as_ref();
            if !known.contains(&name) {
                let message = format!("unknown; the tables are {}", listed(known.iter().copied()));
                return Err(self.fault(&table.span(), name, &message));
            }
        }
        Ok(())
    }

    fn root(&self) -> Result<Spanned<DeTable<'_>>> {
        DeTable::parse(&self.text).map_err(|error| {
            let line = error.span().map_or(1, |place| self.line(&place));
            let message = error.message().replace('\n', " ");
            wrong(format!("{}:{line}: {message}", self.path.display()))
        })
    }

    fn fault(&self, place: &Range<usize>, key: &str, message: &str) -> Error {
        wrong(format!("{}:{}: {key}: {message}", self.path.display(), self.line(place)))
    }

    fn line(&self, place: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..place.start).unwrap_or_default();
        1 + memchr::memchr_iter(b'\n', before).count()
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::empty()
    }
}

/// Its text may hold a secret.
impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Document({})", self.path.display())
    }
}

/// Names as a sentence lists them.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    match names.as_slice() {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} and {last}", names.join(", ")),
    }
}

/// The value of a key.
pub struct Value<'a> {
    toml: &'a DeValue<'a>,
    path: &'a Path,
    /// Why it is refused, where that is more than what [`Key::expected`] says.
    reason: RefCell<Option<String>>,
}

impl Value<'_> {
    /// A string.
    #[must_use]
    pub fn string(&self) -> Option<&str> {
        self.toml.as_str()
    }

    /// A whole number in this range.
    #[must_use]
    pub fn number(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let number = self.toml.as_integer()?;
        let number = u32::from_str_radix(number.as_str(), number.radix()).ok()?;
        range.contains(&number).then_some(number)
    }

    /// 0 or 1.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        self.number(0..=1).map(|number| number == 1)
    }

    /// What a string stands for.
    #[must_use]
    pub fn one_of<T: Copy>(&self, known: &[(&str, T)]) -> Option<T> {
        let string = self.string()?;
        known.iter().find(|(name, _)| *name == string).map(|(_, value)| *value)
    }

    /// A list of strings, each of which `read` takes.
    #[must_use]
    pub fn list<T>(&self, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        let values = self.toml.as_array()?;
        values.iter().map(|value| read(value.get_ref().as_str()?)).collect()
    }

    /// The same where the list must have something, and nothing twice.
    #[must_use]
    pub fn choice<T: PartialEq>(&self, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        let list = self.list(read)?;
        let once = list
            .iter()
            .enumerate()
            .all(|(at, value)| !list.get(..at).unwrap_or_default().contains(value));
        (once && !list.is_empty()).then_some(list)
    }

    /// A path, which begins at the file's directory where it is relative.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        let path = self.string().filter(|path| !path.is_empty() && !path.contains('\0'))?;
        Some(self.path.parent().unwrap_or(Path::new("")).join(path))
    }

    /// A string that C takes, and not an empty one.
    #[must_use]
    pub fn c_string(&self) -> Option<String> {
        let string = self.string().filter(|string| !string.is_empty() && !string.contains('\0'));
        string.map(str::to_owned)
    }

    /// The first line of the file that a path names, which may hold a secret.
    #[must_use]
    pub fn private_line(&self) -> Option<Secret<String>> {
        let path = self.path()?;
        let refuse = |reason: &str| self.refuse(format!("{}: {reason}", path.display()));
        match private_file::read(&path) {
            Err(reason) => refuse(&reason),
            Ok(text) => match text.expose().lines().next() {
                Some(line) if !line.is_empty() && !line.contains('\0') => {
                    Some(Secret::new(line.to_owned()))
                }
                _ => refuse("its first line is empty, or has a NUL"),
            },
        }
    }

    /// Refuses the value for this reason.
    pub fn refuse<T>(&self, reason: String) -> Option<T> {
        *self.reason.borrow_mut() = Some(reason);
        None
    }
}
