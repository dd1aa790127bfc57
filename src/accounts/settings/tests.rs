//! `[sql]` and `[ldap]`, right and wrong.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use super::*;
use crate::accounts::stored_form::Form;
use crate::digest::settings::Settings as DigestSettings;
use crate::testing::scratch::Scratch;

const SQL: &str = "[sql]\nconnection = \"DSN=x\"\nquery = \"q\"\n";
const LDAP: &str = "[ldap]\nuri = \"ldapi:///\"\nbase = \"dc=x\"\nfilter = \"(uid=%u)\"\nname = \"uid\"\n\
                    attribute = \"a\"\n";

fn parse_at(text: &str, path: &Path) -> Result<Settings> {
    let document = Document::parse(text, path)?;
    DigestSettings::read(&document).map(|settings| settings.databases)
}

fn parse(text: &str) -> Result<Settings> {
    parse_at(text, Path::new("/etc/secur32.toml"))
}

fn refusal(text: &str) -> String {
    match parse(text) {
        Ok(_) => panic!("{text} is taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_not_said_has_its_default() {
    let settings = parse(SQL).unwrap();
    let sql = settings.sql.unwrap();
    assert_eq!((sql.connection.expose().as_str(), sql.query.as_deref()), ("DSN=x", Some("q")));
    assert_eq!((sql.form, sql.connections, sql.cache), (Form::Hash, 4, 10_000));
    assert_eq!(sql.timeout, Duration::from_secs(1));
    assert_eq!((&sql.query_sha256, &sql.query_userhash), (&None, &None));
    let only_scram = parse(&SQL.replace("query", "query_scram")).unwrap().sql.unwrap();
    assert_eq!((only_scram.query.as_deref(), only_scram.query_scram.as_deref()), (None, Some("q")));
}

#[test]
fn what_is_not_said_of_a_directory_has_its_default() {
    let settings = parse(LDAP).unwrap();
    let ldap = settings.ldap.unwrap();
    assert_eq!((ldap.form, ldap.connections, ldap.cache), (Form::RealmHash, 4, 10_000));
    assert!(!ldap.starttls && ldap.bind_dn.is_empty());
    let only_scram = LDAP.replace("attribute", "attribute_scram");
    let only_scram = parse(&only_scram).unwrap().ldap.unwrap();
    let attributes = (only_scram.attribute.as_deref(), only_scram.attribute_scram.as_deref());
    assert_eq!(attributes, (None, Some("a")));
}

#[test]
fn faults_name_file_line_and_key() {
    let sql = |line: &str| format!("{SQL}{line}\n");
    for (text, expected) in [
        (sql("password = \"x\""), ":4: sql.password: unknown; [sql] has connection"),
        (
            sql("timeout = 49"),
            ":4: sql.timeout: expected a number of milliseconds from 50 to 60000",
        ),
        (sql("connections = 65"), ":4: sql.connections: expected a number from 1 to 64"),
        (sql("cache = 601"), ":4: sql.cache: expected a number of seconds from 0 to 600"),
        (sql("form = \"realm:hash\""), ":4: sql.form: expected \"hash\" or \"password\""),
        (sql("query_sha256 = \"\""), ":4: sql.query_sha256: expected a query"),
        (sql("connection_file = \"x\""), "sql.connection_file: there are both"),
        (sql("[server]\naccounts = \"a\""), ":1: sql: there is server.accounts too"),
        (sql("[server]\nhttp_userhash = 1"), ":1: sql: server.http_userhash wants"),
        (
            "[sql]\nquery = \"q\"\n".to_owned(),
            ":1: sql: connection (or connection_file) is missing",
        ),
        ("[sql]\nconnection = \"c\"\n".to_owned(), ":1: sql: query is missing"),
        ("sql = 1\n".to_owned(), ":1: sql: expected a table"),
    ] {
        let said = refusal(&text);
        assert!(said.contains("/etc/secur32.toml:") && said.contains(expected), "{said}");
    }
    let hashed = sql("query_userhash = \"q\"\n[server]\nhttp_userhash = 1");
    assert!(parse(&hashed).is_ok());
}

#[test]
fn faults_of_a_directory() {
    let ldap = |line: &str| format!("{LDAP}{line}\n");
    for (text, expected) in [
        (ldap("scope = 1"), ":7: ldap.scope: unknown; [ldap] has uri"),
        (ldap("form = \"hash\""), ":1: ldap: form \"hash\" wants %r in the filter"),
        (ldap("starttls = 2"), ":7: ldap.starttls: expected 0 or 1"),
        (ldap("bind_dn = \"x\""), ":1: ldap: of bind_dn and bind_password_file one is missing"),
        (ldap("[server]\naccounts = \"a\""), ":1: ldap: there is server.accounts too"),
        (ldap(SQL), ":1: ldap: there is [sql] too"),
        (ldap("[server]\nhttp_userhash = 1"), ":1: ldap: server.http_userhash wants"),
        (LDAP.replace("%u", "%x"), ":4: ldap.filter: expected a filter"),
        (LDAP.replace("base", "bind_dn"), ":1: ldap: "),
    ] {
        let said = refusal(&text);
        assert!(said.contains(expected), "{said}");
    }
}

/// A configuration in a directory with a file beside it.
fn with_file(text: &str, mode: u32) -> (Scratch, PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = Scratch::new();
    let file = directory.file("secret", text);
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    let path = directory.path().join("secur32.toml");
    (directory, path)
}

#[test]
fn secrets_come_from_files_that_others_cannot_read() {
    let text = "[sql]\nconnection_file = \"secret\"\nquery = \"q\"\n";
    let (directory, path) = with_file("DSN=x;PWD=y\nmore\n", 0o640);
    let settings = parse_at(text, &path).unwrap();
    assert_eq!(settings.sql.unwrap().connection.expose(), "DSN=x;PWD=y");
    for (content, mode, expected) in [
        ("DSN=x\n", 0o644, "others may read or write it"),
        ("DSN=x\n", 0o602, "others may read or write it"),
        ("", 0o600, "its first line is empty"),
        ("\nDSN=x\n", 0o600, "its first line is empty"),
    ] {
        let (_directory, path) = with_file(content, mode);
        let said = parse_at(text, &path).unwrap_err().to_string();
        assert!(said.contains(":2: sql.connection_file: ") && said.contains(expected), "{said}");
    }
    fs::remove_file(directory.path().join("secret")).unwrap();
    let said = parse_at(text, &path).unwrap_err().to_string();
    assert!(said.contains("sql.connection_file"), "{said}");
}
