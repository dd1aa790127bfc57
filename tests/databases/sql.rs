//! Accounts in `PostgreSQL`, `MariaDB` and `SQLite`, by their ODBC drivers.

use std::path::Path;
use std::sync::Arc;

use secur32::accounts::scram::Hash;
use secur32::accounts::{Algorithm, Source};
use secur32::config::Document;
use secur32::digest::settings::Settings;

use crate::accounts::{NAMES, ask, ask_in, hex, md5, password, sha256};
use crate::accounts::{SHA1, SHA256};
use crate::scram;
use crate::servers::{Kind, Server, sqlite, sqlite_carry_out};

const MD5: Algorithm = Algorithm::Md5;

/// A database that is asked, whichever it is.
enum Database {
    Server(Server),
    File(std::path::PathBuf, String),
}

impl Database {
    fn connection(&self) -> String {
        match self {
            Self::Server(server) => server.connection(),
            Self::File(_, connection) => connection.clone(),
        }
    }

    fn carry_out(&self, text: &str) {
        match self {
            Self::Server(server) => server.carry_out(&format!("{}{text}", server.prelude())),
            Self::File(file, _) => sqlite_carry_out(file, text),
        }
    }

    /// The source of a table `[sql]` with these lines.
    fn source(&self, lines: &str) -> Arc<dyn Source> {
        source(&self.connection(), lines)
    }
}

fn source(connection: &str, lines: &str) -> Arc<dyn Source> {
    let text = format!("[sql]\nconnection = '{connection}'\n{lines}\n");
    let settings = Document::parse(&text, Path::new("/secur32.toml"))
        .and_then(|document| Settings::read(&document))
        .expect("a configuration");
    settings.source().expect("a driver manager")
}

fn query(columns: &str) -> String {
    format!("query = 'SELECT {columns} FROM accounts WHERE username = ? AND realm = ?'\n")
}

/// Enough for a busy machine; none of these waits it out.
const PATIENT: &str = "timeout = 30000\ncache = 0\n";

fn is_asked(database: &Database) {
    names_and_forms(database);
    what_is_stored_in_other_forms(database);
    a_wrong_set_up_is_told_and_nobody_is_unknown(database);
    hashed_names(database);
    keys_of_scram(database);
    many_threads_share_a_few_connections(database);
    the_cache_keeps_answers_and_looks_again_for_a_wrong_response(database);
}

fn is_asked_and_fails(kind: Kind) {
    let Some(server) = Server::start(kind) else { return };
    let mut database = Database::Server(server);
    is_asked(&database);
    queries_of_the_documentation(&database);
    if let Database::Server(server) = &mut database {
        names_that_a_table_cannot_hold(server);
        a_value_that_cannot_be_read_is_nobodys_absence(server);
        a_server_that_stands_still_costs_one_time_out_for_each_connection(server);
        a_server_that_dies_or_comes_back(server);
    }
}

#[test]
fn postgresql() {
    is_asked_and_fails(Kind::Postgres);
}

#[test]
fn mariadb() {
    is_asked_and_fails(Kind::MariaDb);
}

#[test]
fn sqlite_files() {
    let Some((file, connection)) = sqlite() else { return };
    is_asked(&Database::File(file, connection));
}

/// Rows of one mechanism and of several, other schemes, passwords; `PostgreSQL`'s own users.
fn keys_of_scram(database: &Database) {
    let wrong = SHA256.replace("4096", "0");
    database.carry_out(&format!(
        "CREATE TABLE scram (username VARCHAR(64), mechanism VARCHAR(16), secret VARCHAR(400));\n\
         INSERT INTO scram VALUES ('alice', 'SCRAM-SHA-1', '{SHA1}');\n\
         INSERT INTO scram VALUES ('alice', 'SCRAM-SHA-256', '{SHA256}');\n\
         INSERT INTO scram VALUES ('bob', 'SCRAM-SHA-1', 'md5abc');\n\
         INSERT INTO scram VALUES ('carol', 'SCRAM-SHA-256', '{wrong}');\n\
         INSERT INTO scram VALUES ('dave', 'plain', 'secret');\n"
    ));
    let rows =
        "query_scram = 'SELECT secret, username FROM scram WHERE username = ? AND mechanism = ?'\n";
    let source = database.source(&[rows, PATIENT].concat());
    let expected = [
        ("alice", Hash::Sha1, "keys"),
        ("alice", Hash::Sha256, "keys"),
        ("alice", Hash::Sha512, "nobody"),
        ("Alice", Hash::Sha256, "nobody"),
        ("bob", Hash::Sha1, "nobody"),
        ("mallory", Hash::Sha1, "nobody"),
    ];
    scram::answers(&*source, &expected);
    let said = scram::ask(&*source, "carol", Hash::Sha256).expect_err("a wrong count");
    assert!(said.starts_with("[sql]: expected an iteration count"), "{said}");
    assert_eq!(ask(&*source, b"alice", MD5), Ok("nobody".to_owned()));
    let plain = "query = \"SELECT secret, username FROM scram WHERE mechanism = 'plain' AND username = ?\"\n\
                 form = \"password\"\n";
    let source = database.source(&[plain, PATIENT].concat());
    scram::answers(&*source, &[("dave", Hash::Sha512, "secret"), ("alice", Hash::Sha1, "nobody")]);
    let source = database.source(&[&query("ha1, username"), PATIENT].concat());
    let said = scram::ask(&*source, "alice", Hash::Sha256).expect_err("no query of keys");
    assert!(said.contains("query_scram"), "{said}");
    let Database::Server(server) = database else { return };
    if server.is_mariadb() {
        return;
    }
    database.carry_out("CREATE ROLE scram_user LOGIN PASSWORD 'secret';\n");
    let own = "query_scram = 'SELECT rolpassword, rolname FROM pg_authid WHERE rolname = ?'\n";
    let source = database.source(&[own, PATIENT].concat());
    let expected = [
        ("scram_user", Hash::Sha256, "keys"),
        ("scram_user", Hash::Sha1, "nobody"),
        ("mallory", Hash::Sha256, "nobody"),
    ];
    scram::answers(&*source, &expected);
}

/// Tables as other servers make them, by the queries of docs/accounts.md.
fn queries_of_the_documentation(database: &Database) {
    let (hash, secret) = (hex(&md5("alice")), password("alice"));
    let bytes = match database {
        Database::Server(server) if server.is_mariadb() => "VARBINARY(16)",
        _ => "BYTEA",
    };
    let raw = if bytes == "BYTEA" { format!("'\\x{hash}'") } else { format!("X'{hash}'") };
    let realm = "'example.org'";
    database.carry_out(&format!(
        "CREATE TABLE authn (username VARCHAR(25) NOT NULL, realm VARCHAR(25), password VARCHAR(128));\n\
         INSERT INTO authn VALUES ('alice', {realm}, '{hash}');\n\
         CREATE TABLE subscriber (id INTEGER, username VARCHAR(64) DEFAULT '' NOT NULL, domain VARCHAR(64) \
         DEFAULT '' NOT NULL, password VARCHAR(64), ha1 VARCHAR(128), ha1b VARCHAR(128));\n\
         INSERT INTO subscriber VALUES (1, 'alice', {realm}, '', '{hash}', 'x');\n\
         CREATE TABLE users (username VARCHAR(128), domain VARCHAR(128), password VARCHAR(64), realm \
         VARCHAR(128), secret {bytes});\n\
         INSERT INTO users VALUES ('alice', {realm}, '{{DIGEST-MD5}}{hash}', {realm}, {raw});\n\
         INSERT INTO users VALUES ('Bob', {realm}, '{{PLAIN}}bob', {realm}, NULL);\n\
         CREATE TABLE radcheck (id INTEGER, username VARCHAR(64) DEFAULT '' NOT NULL, attribute \
         VARCHAR(64), op CHAR(2), value VARCHAR(253));\n\
         INSERT INTO radcheck VALUES (1, 'alice', 'Digest-HA1', ':=', '{hash}');\n\
         INSERT INTO radcheck VALUES (2, 'alice', 'Cleartext-Password', ':=', '{secret}');\n"
    ));
    let page = crate::support::read("docs/accounts.md");
    let of_digest = page.split("## SCRAM").next().expect("a page");
    let rows: Vec<_> = of_digest.lines().filter(|line| line.contains("| `SELECT ")).collect();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let cells: Vec<_> = row.split(" | ").collect();
        let (query, form) = (cells[1].trim_matches('`'), cells[2].trim_matches(['`', ' ', '|']));
        let source = database.source(&format!("query = \"{query}\"\nform = \"{form}\"\n{PATIENT}"));
        // Cyrus has the same table with passwords.
        let (name, expected) =
            if form == "hash" { ("alice", &hash) } else { ("Bob", &"bob".to_owned()) };
        assert_eq!(ask(&*source, name.as_bytes(), MD5).as_ref(), Ok(expected), "{row}");
        assert_eq!(ask(&*source, b"carol", MD5), Ok("nobody".to_owned()), "{row}");
    }
    let clear = "query = \"SELECT value, username FROM radcheck WHERE attribute = 'Cleartext-Password' AND \
                 username = ?\"\nform = \"password\"\n";
    let source = database.source(&[clear, PATIENT].concat());
    assert_eq!(ask(&*source, b"alice", MD5), Ok(secret));
}

/// A state of class 22 that comes with a row, and not with a name, is no unknown user.
fn a_value_that_cannot_be_read_is_nobodys_absence(server: &Server) {
    if server.is_mariadb() {
        return;
    }
    // One row at a time, of which the second divides by zero.
    let connection = server.connection() + ";UseDeclareFetch=1;Fetch=1";
    let line = "query = 'SELECT ha1, username, (1 / (2 - row_number() OVER ()))::text FROM accounts WHERE \
                username = ? AND realm = ?'\n";
    let said = ask(&*source(&connection, &(line.to_owned() + PATIENT)), b"twice", MD5);
    let said = said.expect_err("unavailable");
    assert!(said.starts_with("[sql]: asking: SQLSTATE "), "{said}");
}

/// Peers choose names: one that the table's character set lacks is nobody's, and no fault.
fn names_that_a_table_cannot_hold(server: &Server) {
    let connection = server.latin1();
    let source = source(&connection, &(query("ha1, username") + PATIENT));
    let expected = Ok(hex(&md5("zo\u{eb}")));
    assert_eq!(ask(&*source, "zo\u{eb}".as_bytes(), MD5), expected);
    assert_eq!(ask(&*source, b"zo\xEB", MD5), expected);
    for name in ["\u{65e5}\u{672c}", "\u{1f600}", "zoe", "\u{20ac}"] {
        assert_eq!(ask(&*source, name.as_bytes(), MD5), Ok("nobody".to_owned()), "{name}");
        assert_eq!(ask(&*source, "zo\u{eb}".as_bytes(), MD5), expected);
    }
}

fn names_and_forms(database: &Database) {
    let both = query("ha1, username")
        + "query_sha256 = 'SELECT sha256, username FROM accounts WHERE username = ? AND realm = ?'\n";
    let hashes = database.source(&(both + PATIENT));
    let raw = database.source(&(query("raw, username") + PATIENT));
    let padded = database.source(&(query("padded, username, realm") + PATIENT));
    let passwords = database.source(&(query("pw, username") + "form = \"password\"\n" + PATIENT));
    for name in NAMES {
        let bytes = name.as_bytes();
        assert_eq!(ask(&*hashes, bytes, MD5), Ok(hex(&md5(name))), "{name}");
        assert_eq!(ask(&*hashes, bytes, Algorithm::Sha256), Ok(hex(&sha256(name))), "{name}");
        assert_eq!(ask(&*hashes, bytes, Algorithm::Sha512_256), Ok("nobody".to_owned()));
        assert_eq!(ask(&*raw, bytes, MD5), Ok(hex(&md5(name))), "{name}");
        assert_eq!(ask(&*padded, bytes, MD5), Ok(hex(&md5(name))), "{name}");
        assert_eq!(ask(&*passwords, bytes, Algorithm::Sha512_256), Ok(password(name)), "{name}");
    }
    // ISO 8859-1 is read as such.
    assert_eq!(ask(&*hashes, b"zo\xEB", MD5), Ok(hex(&md5("zo\u{eb}"))));
    let long = "x".repeat(3000);
    let nobody: [&[u8]; 18] = [
        b"",
        b"ALICE",
        b"bob",
        b"alice ",
        b" alice",
        b"Alice",
        b"zoe",
        b"zo\xC3",
        b"\xFF\xFE",
        b"al%",
        b"%",
        b"al_ce",
        b"' OR '1'='1",
        b"alice\0",
        b"\0",
        b"alice'--",
        b"o''hara",
        long.as_bytes(),
    ];
    for name in nobody {
        for source in [&hashes, &raw, &passwords] {
            assert_eq!(ask(&**source, name, MD5), Ok("nobody".to_owned()), "{name:?}");
        }
    }
    for realm in [&b""[..], b"EXAMPLE.ORG", b"example.org\0", b"other"] {
        let there = ask_in(&*hashes, b"alice", realm, MD5);
        // MariaDB compares realms by its collation, which a third column tells.
        assert!(there == Ok("nobody".to_owned()) || realm == b"EXAMPLE.ORG", "{there:?}");
        assert_eq!(ask_in(&*padded, b"alice", realm, MD5), Ok("nobody".to_owned()));
    }
    // Whoever has the hash of one spelling is not let in by another.
    for name in [&b"ALICE"[..], b"alice ", b"al\xEFce"] {
        assert_eq!(ask(&*padded, name, MD5), Ok("nobody".to_owned()), "{name:?}");
    }
}

fn what_is_stored_in_other_forms(database: &Database) {
    let unfit = |reason: &str| Err(format!("[sql]: {reason}"));
    let nobody = || Ok("nobody".to_owned());
    let digits = || unfit("the value is neither a hash's digits nor its bytes");
    let scheme = || unfit("the value's {SCHEME} is neither {PLAIN} nor {CLEARTEXT}");
    let rows = [
        ("upper", Ok(hex(&md5("upper"))), Ok(hex(&md5("upper")).to_uppercase())),
        ("dovecot", Ok(hex(&md5("dovecot"))), scheme()),
        ("blanks", Ok(hex(&md5("blanks"))), Ok(hex(&md5("blanks")) + "     ")),
        ("empty", nobody(), nobody()),
        ("null", nobody(), nobody()),
        ("short", digits(), Ok(hex(&md5("short"))[1..].to_owned())),
        ("text", digits(), Ok("a password".to_owned())),
        ("ssha", digits(), scheme()),
        ("plain", digits(), Ok(password("plain"))),
        ("clear", digits(), Ok("{SSHA}".to_owned())),
        (
            "twice",
            unfit("the query finds more than one row"),
            unfit("the query finds more than one row"),
        ),
    ];
    let hashes = database.source(&(query("ha1, username") + PATIENT));
    let passwords = database.source(&(query("pw, username") + "form = \"password\"\n" + PATIENT));
    for (name, hash, password) in &rows {
        assert_eq!(ask(&*hashes, name.as_bytes(), MD5), *hash, "{name}");
        assert_eq!(ask(&*passwords, name.as_bytes(), MD5), *password, "{name}");
    }
    for source in [&hashes, &passwords] {
        let long = ask(&**source, b"long", MD5).expect_err("a value that is too long");
        assert!(long.contains("longer than 4 KiB"), "{long}");
        // And the connection is as good as before.
        assert!(ask(&**source, b"alice", MD5).is_ok());
    }
}

fn a_wrong_set_up_is_told_and_nobody_is_unknown(database: &Database) {
    for (lines, expected) in [
        (query("pw") + "form = \"password\"", "the query wants two columns"),
        (query("ha1"), "the query wants two columns"),
        (
            "query = 'SELECT ha1, username FROM accounts WHERE username = ?'".to_owned(),
            "a query of hashes wants two ?",
        ),
        (query("nonsense"), "SQLSTATE"),
        (
            "query = 'SELECT ha1, username FROM nowhere WHERE username = ? AND realm = ?'"
                .to_owned(),
            "SQLSTATE",
        ),
        ("query = 'SELECT ha1 FROM accounts'".to_owned(), "neither one ? nor two"),
        ("query = 'not SQL ? ?'".to_owned(), "SQLSTATE"),
    ] {
        let said = ask(&*database.source(&(lines + "\n" + PATIENT)), b"alice", MD5);
        let said = said.expect_err("unavailable");
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("alice"), "{said}");
    }
    for connection in
        ["DSN=nowhere", "DRIVER={PostgreSQL Unicode};Servername=/nonexistent;PWD=hidden"]
    {
        let said = ask(&*source(connection, &(query("ha1") + PATIENT)), b"alice", MD5);
        let said = said.expect_err("unavailable");
        assert!(said.contains("connecting: SQLSTATE") && !said.contains("hidden"), "{said}");
    }
}

fn hashed_names(database: &Database) {
    let source = database.source(
        &(query("ha1, username")
            + "query_userhash = 'SELECT username FROM accounts WHERE ha1 = ? AND realm = ?'\n"
            + PATIENT),
    );
    // The column stands for one with hashes of names.
    for (name, expected) in [("zo\u{eb}", Some("zo\u{eb}")), ("nobody", None)] {
        let found = source.find_hashed(hex(&md5(name)).as_bytes(), b"example.org", MD5);
        assert_eq!(found, Ok(expected.map(|name| name.as_bytes().to_vec())));
    }
}

fn the_cache_keeps_answers_and_looks_again_for_a_wrong_response(database: &Database) {
    let source = database.source(&(query("pw, username") + "form = \"password\"\ntimeout = 30000"));
    let ask = |name: &str| ask(&*source, name.as_bytes(), MD5);
    assert_eq!(ask("alice"), Ok(password("alice")));
    assert_eq!(ask("carol"), Ok("nobody".to_owned()));
    database.carry_out(
        "UPDATE accounts SET pw = 'another' WHERE username = 'alice';\n\
         INSERT INTO accounts (username, realm, pw) VALUES ('carol', 'example.org', 'new');",
    );
    // Both are kept, until a response is wrong; not within a second of when they were asked for.
    assert_eq!(ask("alice"), Ok(password("alice")));
    assert_eq!(ask("carol"), Ok("nobody".to_owned()));
    while !source.refresh() {
        assert_eq!(ask("alice"), Ok(password("alice")));
        assert_eq!(ask("carol"), Ok("nobody".to_owned()));
    }
    assert_eq!(ask("alice"), Ok("another".to_owned()));
    // Asked for anew just now.
    assert!(!source.refresh());
    while ask("carol") == Ok("nobody".to_owned()) {
        source.refresh();
    }
    assert_eq!(ask("carol"), Ok("new".to_owned()));
    // One who is removed is unknown once that time has passed.
    let source = database
        .source(&(query("pw, username") + "form = \"password\"\ntimeout = 30000\ncache = 1"));
    let ask = || crate::accounts::ask(&*source, b"carol", MD5);
    assert_eq!(ask(), Ok("new".to_owned()));
    database.carry_out("DELETE FROM accounts WHERE username = 'carol';");
    while ask() != Ok("nobody".to_owned()) {}
}

fn a_server_that_dies_or_comes_back(server: &mut Server) {
    let source = source(&server.connection(), &(query("ha1, username") + PATIENT));
    let found = || ask(&*source, b"alice", MD5);
    let hash = Ok(hex(&md5("alice")));
    assert_eq!(found(), hash);
    server.kill();
    for _ in 0..3 {
        let said = found().expect_err("unavailable");
        assert!(said.starts_with("[sql]: connecting: SQLSTATE"), "{said}");
    }
    server.restart();
    assert_eq!(found(), hash);
    // Restarted between two look-ups: the connection that was kept is dead, and nobody notices.
    server.kill();
    server.restart();
    assert_eq!(found(), hash);
    assert_eq!(ask(&*source, b"nobody", MD5), Ok("nobody".to_owned()));
    server.carry_out(&(server.prelude() + "DROP TABLE accounts;"));
    assert!(found().expect_err("unavailable").contains("SQLSTATE 42"));
}

fn a_server_that_stands_still_costs_one_time_out_for_each_connection(server: &Server) {
    let lines = query("ha1, username") + "timeout = 400\nconnections = 2\ncache = 0";
    let source = source(&server.connection(), &lines);
    let found = || ask(&*source, b"alice", MD5);
    let hash = Ok(hex(&md5("alice")));
    while found() != hash {}
    server.stand_still();
    for _ in 0..2 {
        assert_eq!(found(), Err("[sql]: no answer within 400 ms".to_owned()));
    }
    // Both are late: nobody waits any more, who would say so.
    for _ in 0..100 {
        let late = "[sql]: every connection is late with an answer";
        assert_eq!(found(), Err(late.to_owned()));
    }
    server.go_on();
    // Nobody gets the late answers of others.
    let bob = hex(&md5("Bob"));
    while ask(&*source, b"Bob", MD5).is_err() {}
    assert_eq!(ask(&*source, b"Bob", MD5), Ok(bob));
}

fn many_threads_share_a_few_connections(database: &Database) {
    let lines = query("ha1, username") + "connections = 3\n" + PATIENT;
    let source = database.source(&lines);
    std::thread::scope(|scope| {
        for start in 0..8 {
            let source = &source;
            scope.spawn(move || {
                for at in 0..50 {
                    let name = NAMES[(start + at) % NAMES.len()];
                    assert_eq!(ask(&**source, name.as_bytes(), MD5), Ok(hex(&md5(name))));
                }
            });
        }
    });
}
