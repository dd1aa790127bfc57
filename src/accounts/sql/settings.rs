//! The table `[sql]` of secur32.toml.

use super::Settings;
use crate::accounts::settings::{self, Bounded, Bounds};
use crate::accounts::stored_form::Form;
use crate::config::{Document, Key};
use crate::error::Result;
use crate::secret::Secret;

/// What has been read of the table.
#[derive(Default)]
pub struct Found {
    connection: Option<Secret<String>>,
    query: Option<String>,
    form: Option<Form>,
    query_sha256: Option<String>,
    query_scram: Option<String>,
    query_userhash: Option<String>,
    bounds: Bounds,
}

impl Bounded for Found {
    fn bounds(&mut self) -> &mut Bounds {
        &mut self.bounds
    }
}

/// The keys, in the order in which the documentation has them.
pub const KEYS: &[Key<Found>] = &[
    Key {
        table: "sql",
        name: "connection",
        expected: "ODBC's connection string",
        shown: "\"DSN=accounts\"",
        doc: "ODBC's connection string; required",
        read: |found, value| {
            if found.connection.is_some() {
                return value.refuse(BOTH.to_owned());
            }
            value.c_string().map(|string| found.connection = Some(Secret::new(string)))
        },
    },
    Key {
        table: "sql",
        name: "connection_file",
        expected: "a path",
        shown: "# \"connection\"",
        doc: "instead of it, a file that others cannot read, whose first line it is",
        read: |found, value| {
            if found.connection.is_some() {
                return value.refuse(BOTH.to_owned());
            }
            value.private_line().map(|line| found.connection = Some(line))
        },
    },
    Key {
        table: "sql",
        name: "query",
        expected: "a query",
        shown: "\"SELECT ha1, username FROM users WHERE username = ? AND realm = ?\"",
        doc: "the stored value, the user's name and, where it is a third column, the realm; required without query_scram",
        read: |found, value| value.c_string().map(|query| found.query = Some(query)),
    },
    Key {
        table: "sql",
        name: "form",
        expected: "\"hash\" or \"password\"",
        shown: "\"hash\"",
        doc: "\"password\": what is stored",
        read: |found, value| {
            found.form = Some(value.one_of(&[("hash", Form::Hash), ("password", Form::Password)])?);
            Some(())
        },
    },
    Key {
        table: "sql",
        name: "query_sha256",
        expected: "a query",
        shown: "\"SELECT ...\"",
        doc: "the same for hashes of SHA-256; default: none",
        read: |found, value| value.c_string().map(|query| found.query_sha256 = Some(query)),
    },
    Key {
        table: "sql",
        name: "query_scram",
        expected: "a query",
        shown: "\"SELECT rolpassword, rolname FROM pg_authid WHERE rolname = ?\"",
        doc: "keys of SCRAM and the user's name, by that name and, where it has a second ?, the mechanism; default: none",
        read: |found, value| value.c_string().map(|query| found.query_scram = Some(query)),
    },
    Key {
        table: "sql",
        name: "query_userhash",
        expected: "a query",
        shown: "\"SELECT ...\"",
        doc: "the user's name, by the digits of its hash and the realm; default: none",
        read: |found, value| value.c_string().map(|query| found.query_userhash = Some(query)),
    },
    settings::timeout("sql"),
    settings::connections("sql"),
    settings::cache("sql"),
];

const BOTH: &str = "there are both connection and connection_file";

/// What the table says.
///
/// # Errors
/// `INTERNAL_ERROR`, with the file, line and key or table in the reason.
pub(in crate::accounts) fn read(document: &Document) -> Result<Settings> {
    let mut found = Found::default();
    document.read(KEYS, &mut found)?;
    let missing = |key| document.table_fault("sql", &format!("{key} is missing"));
    let Bounds { timeout, connections, cache } = found.bounds;
    if found.query.is_none() && found.query_scram.is_none() {
        return Err(missing("query"));
    }
    Ok(Settings {
        connection: found.connection.ok_or_else(|| missing("connection (or connection_file)"))?,
        query: found.query,
        form: found.form.unwrap_or(Form::Hash),
        query_sha256: found.query_sha256,
        query_scram: found.query_scram,
        query_userhash: found.query_userhash,
        timeout,
        connections,
        cache,
    })
}
