//! The tables `[sql]` and `[ldap]`.

use std::sync::Arc;
use std::time::Duration;

use super::Config;
use super::read::{Entry, Table};
#[cfg(unix)]
use crate::accounts::ldap;
use crate::accounts::sql;
use crate::accounts::stored_form::Form;
use crate::error::{Error, Result};
use crate::secret::Secret;

const SQL_KEYS: &str = "connection, connection_file, query, form, query_sha256, query_userhash, \
                        timeout, connections and cache";
#[cfg(unix)]
const LDAP_KEYS: &str = "uri, bind_dn, bind_password_file, starttls, base, filter, name, attribute, \
                         form, timeout, connections and cache";

/// What both tables have.
struct Common {
    timeout: Duration,
    connections: usize,
    cache: u64,
}

impl Default for Common {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(1), connections: 4, cache: 10_000 }
    }
}

impl Common {
    /// Takes a key that is one of these; says whether it was.
    fn take(&mut self, entry: &Entry<'_>) -> Result<bool> {
        match entry.name() {
            "timeout" => {
                let range = "a number of milliseconds from 50 to 60000";
                self.timeout = Duration::from_millis(entry.number(50..=60_000, range)?.into());
            }
            "connections" => {
                let number = entry.number(1..=64, "a number from 1 to 64")?;
                self.connections = usize::try_from(number).unwrap_or(1);
            }
            "cache" => {
                let seconds = entry.number(0..=600, "a number of seconds from 0 to 600")?;
                self.cache = u64::from(seconds) * 1000;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A text that C takes, and not an empty one.
fn text(entry: &Entry<'_>, what: &str) -> Result<String> {
    let text = entry.text().filter(|text| !text.is_empty() && !text.contains('\0'));
    text.map(str::to_owned).ok_or_else(|| entry.expected(what))
}

fn missing(table: &Table<'_>, key: &str) -> Error {
    table.fault(&format!("{key} is missing"))
}

/// Takes one of the two tables.
pub(super) fn take(config: &mut Config, table: &Table<'_>) -> Result<()> {
    if table.name() == "sql" {
        config.sql = Some(Arc::new(sql(table)?));
        return Ok(());
    }
    #[cfg(unix)]
    {
        config.ldap = Some(Arc::new(ldap(table)?));
        Ok(())
    }
    #[cfg(not(unix))]
    Err(table.fault("directories are not asked by this library on Windows"))
}

/// What is wrong with a table beside the others.
pub(super) fn conflict(config: &Config, table: &str) -> Option<&'static str> {
    #[cfg(unix)]
    let has_ldap = config.ldap.is_some();
    #[cfg(not(unix))]
    let has_ldap = false;
    let has_sql = config.sql.is_some();
    let has_file = config.accounts.is_some();
    match table {
        "sql" | "ldap" if has_file => {
            Some("there is server.accounts too: accounts come from one place")
        }
        "ldap" if has_sql => Some("there is [sql] too: accounts come from one place"),
        "sql" | "ldap" if config.http_userhash && !finds_hashed_names(config, has_ldap) => {
            Some("server.http_userhash wants sql.query_userhash, or an htdigest file")
        }
        _ => None,
    }
}

fn finds_hashed_names(config: &Config, has_ldap: bool) -> bool {
    !has_ldap && config.sql.as_ref().is_none_or(|sql| sql.query_userhash.is_some())
}

/// `[sql]`.
fn sql(table: &Table<'_>) -> Result<sql::Settings> {
    let mut common = Common::default();
    let (mut connection, mut query, mut form) = (None, None, Form::Hash);
    let (mut query_sha256, mut query_userhash) = (None, None);
    for entry in table.entries() {
        let entry = &entry;
        match entry.name() {
            "connection" | "connection_file" if connection.is_some() => {
                return Err(entry.fault("there are both connection and connection_file"));
            }
            "connection" => {
                let text = text(entry, "ODBC's connection string")?;
                connection = Some(Secret::new(text));
            }
            "connection_file" => connection = Some(entry.private_line()?),
            "query" => query = Some(text(entry, "a query")?),
            "query_sha256" => query_sha256 = Some(text(entry, "a query")?),
            "query_userhash" => query_userhash = Some(text(entry, "a query")?),
            "form" => {
                let known = [("hash", Form::Hash), ("password", Form::Password)];
                form = entry.one_of(&known, "\"hash\" or \"password\"")?;
            }
            _ if common.take(entry)? => {}
            _ => return Err(entry.unknown(SQL_KEYS)),
        }
    }
    let Common { timeout, connections, cache } = common;
    Ok(sql::Settings {
        connection: connection.ok_or_else(|| missing(table, "connection (or connection_file)"))?,
        query: query.ok_or_else(|| missing(table, "query"))?,
        form,
        query_sha256,
        query_userhash,
        timeout,
        connections,
        cache,
    })
}

/// `[ldap]`.
#[cfg(unix)]
fn ldap(table: &Table<'_>) -> Result<ldap::Settings> {
    let mut common = Common::default();
    let (mut uri, mut base, mut attribute) = (None, None, None);
    let (mut bind_dn, mut bind_password, mut starttls) = (String::new(), None, false);
    let (mut filter, mut name, mut form) = (None, None, Form::RealmHash);
    for entry in table.entries() {
        let entry = &entry;
        match entry.name() {
            "uri" => uri = Some(text(entry, "an LDAP URI, or several with blanks between")?),
            "bind_dn" => bind_dn = text(entry, "a distinguished name")?,
            "bind_password_file" => bind_password = Some(entry.private_line()?),
            "starttls" => starttls = entry.flag()?,
            "base" => base = Some(text(entry, "a distinguished name")?),
            "filter" => {
                let what =
                    "a filter in which %u stands for the user, %r for the realm and %% for %";
                let text = text(entry, what)?;
                filter = Some(ldap::Filter::new(&text).ok_or_else(|| entry.expected(what))?);
            }
            "name" => name = Some(text(entry, "an attribute's name")?),
            "attribute" => attribute = Some(text(entry, "an attribute's name")?),
            "form" => {
                let known = [
                    ("realm:hash", Form::RealmHash),
                    ("hash", Form::Hash),
                    ("password", Form::Password),
                ];
                form = entry.one_of(&known, "\"realm:hash\", \"hash\" or \"password\"")?;
            }
            _ if common.take(entry)? => {}
            _ => return Err(entry.unknown(LDAP_KEYS)),
        }
    }
    if bind_dn.is_empty() != bind_password.is_none() {
        let reason =
            "of bind_dn and bind_password_file one is missing; without both it is anonymous";
        return Err(table.fault(reason));
    }
    let Common { timeout, connections, cache } = common;
    Ok(ldap::Settings {
        uri: uri.ok_or_else(|| missing(table, "uri"))?,
        bind_dn,
        bind_password: bind_password.unwrap_or_default(),
        starttls,
        base: base.ok_or_else(|| missing(table, "base"))?,
        filter: filter.ok_or_else(|| missing(table, "filter"))?,
        name: name.ok_or_else(|| missing(table, "name"))?,
        attribute: attribute.ok_or_else(|| missing(table, "attribute"))?,
        form,
        timeout,
        connections,
        cache,
    })
}

#[cfg(test)]
#[path = "databases_tests.rs"]
mod tests;
