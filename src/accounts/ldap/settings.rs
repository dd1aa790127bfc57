//! The table `[ldap]` of secur32.toml.

use super::{Filter, Settings};
use crate::accounts::settings::{self, Bounded, Bounds};
use crate::accounts::stored_form::Form;
use crate::config::{Document, Key};
use crate::error::Result;
use crate::secret::Secret;

/// What has been read of the table.
#[derive(Default)]
pub struct Found {
    uri: Option<String>,
    bind_dn: String,
    bind_password: Option<Secret<String>>,
    starttls: bool,
    base: Option<String>,
    filter: Option<Filter>,
    name: Option<String>,
    attribute: Option<String>,
    attribute_scram: Option<String>,
    form: Option<Form>,
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
        table: "ldap",
        name: "uri",
        expected: "an LDAP URI, or several with blanks between",
        shown: "\"ldapi:///\"",
        doc: "also ldap://, ldaps://; several with blanks between; required",
        read: |found, value| value.c_string().map(|uri| found.uri = Some(uri)),
    },
    Key {
        table: "ldap",
        name: "bind_dn",
        expected: "a distinguished name",
        shown: "# \"uid=proxy,dc=example\"",
        doc: "default: anonymous",
        read: |found, value| value.c_string().map(|name| found.bind_dn = name),
    },
    Key {
        table: "ldap",
        name: "bind_password_file",
        expected: "a path",
        shown: "# \"password\"",
        doc: "beside bind_dn, a file that others cannot read, whose first line it is",
        read: |found, value| value.private_line().map(|line| found.bind_password = Some(line)),
    },
    Key {
        table: "ldap",
        name: "starttls",
        expected: "0 or 1",
        shown: "0",
        doc: "1: before anything is asked",
        read: |found, value| value.flag().map(|on| found.starttls = on),
    },
    Key {
        table: "ldap",
        name: "base",
        expected: "a distinguished name",
        shown: "\"dc=example\"",
        doc: "required",
        read: |found, value| value.c_string().map(|base| found.base = Some(base)),
    },
    Key {
        table: "ldap",
        name: "filter",
        expected: "a filter in which %u stands for the user, %r for the realm and %% for %",
        shown: "\"(uid=%u)\"",
        doc: "%u is the user, %r the realm, %% a per cent sign; required",
        read: |found, value| {
            found.filter = Some(Filter::new(&value.c_string()?)?);
            Some(())
        },
    },
    Key {
        table: "ldap",
        name: "name",
        expected: "an attribute's name",
        shown: "\"uid\"",
        doc: "the attribute of whose values one is the user's name; required",
        read: |found, value| value.c_string().map(|name| found.name = Some(name)),
    },
    Key {
        table: "ldap",
        name: "attribute",
        expected: "an attribute's name",
        shown: "\"digestHA1\"",
        doc: "the attribute that has the secret; required without attribute_scram",
        read: |found, value| value.c_string().map(|name| found.attribute = Some(name)),
    },
    Key {
        table: "ldap",
        name: "attribute_scram",
        expected: "an attribute's name",
        shown: "\"authPassword\"",
        doc: "the attribute of whose values some are keys of SCRAM; default: none",
        read: |found, value| value.c_string().map(|name| found.attribute_scram = Some(name)),
    },
    Key {
        table: "ldap",
        name: "form",
        expected: "\"realm:hash\", \"hash\" or \"password\"",
        shown: "\"realm:hash\"",
        doc: "\"hash\", \"password\": what it has",
        read: |found, value| {
            found.form = Some(value.one_of(&[
                ("realm:hash", Form::RealmHash),
                ("hash", Form::Hash),
                ("password", Form::Password),
            ])?);
            Some(())
        },
    },
    settings::timeout("ldap"),
    settings::connections("ldap"),
    settings::cache("ldap"),
];

/// What the table says.
///
/// # Errors
/// `INTERNAL_ERROR`, with the file, line and key or table in the reason.
pub(in crate::accounts) fn read(document: &Document) -> Result<Settings> {
    let mut found = Found::default();
    document.read(KEYS, &mut found)?;
    if found.bind_dn.is_empty() != found.bind_password.is_none() {
        let reason =
            "of bind_dn and bind_password_file one is missing; without both it is anonymous";
        return Err(document.table_fault("ldap", reason));
    }
    let missing = |key| document.table_fault("ldap", &format!("{key} is missing"));
    if found.attribute.is_none() && found.attribute_scram.is_none() {
        return Err(missing("attribute"));
    }
    let form = found.form.unwrap_or(Form::RealmHash);
    // A response proves the hash, not the realm that it was made of.
    if form == Form::Hash && found.filter.as_ref().is_some_and(|filter| !filter.names_realm()) {
        let reason = "form \"hash\" wants %r in the filter; or keep \"realm:hash\"";
        return Err(document.table_fault("ldap", reason));
    }
    let Bounds { timeout, connections, cache } = found.bounds;
    Ok(Settings {
        uri: found.uri.ok_or_else(|| missing("uri"))?,
        bind_dn: found.bind_dn,
        bind_password: found.bind_password.unwrap_or_default(),
        starttls: found.starttls,
        base: found.base.ok_or_else(|| missing("base"))?,
        filter: found.filter.ok_or_else(|| missing("filter"))?,
        name: found.name.ok_or_else(|| missing("name"))?,
        attribute: found.attribute,
        attribute_scram: found.attribute_scram,
        form,
        timeout,
        connections,
        cache,
    })
}
