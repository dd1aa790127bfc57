use std::ffi::OsString;
use std::path::Path;

use super::*;
use crate::accounts::{Account, Algorithm as Stored};
use crate::error::Status;
use crate::testing::scratch::Scratch;

/// The reason for which a text is refused, after the name of the file.
fn refused(text: &str) -> String {
    let error = Settings::parse(text).expect_err(text);
    assert_eq!(error.status(), Status::INTERNAL_ERROR);
    assert!(!error.reason().contains('\n'), "{error}");
    error.reason().strip_prefix("/etc/secur32.toml:").expect(text).to_owned()
}

fn reason<T>(result: Result<T>) -> String {
    let error = result.err().unwrap();
    assert_eq!(error.status(), Status::INTERNAL_ERROR);
    error.reason().to_owned()
}

/// A file with this text, in an environment with these variables.
fn with(text: &str, variables: &[(&'static str, &str)]) -> Result<Settings> {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
    let variable = move |asked: &str| {
        let found = variables.iter().find(|(name, _)| *name == asked);
        found.map(|(_, value)| value.clone())
    };
    let document = Document::parse(text, Path::new("/etc/secur32.toml"))?;
    Settings::read(&document.with_environment(Box::new(variable)))
}

#[test]
fn nothing_is_windows_defaults() {
    for text in ["", "\u{FEFF}", "# nothing\r\n", "[WDigest]\n[server]\n[client]\n[log]\nx = 1"] {
        let settings = Settings::parse(text).unwrap();
        assert_eq!(settings.ciphers.to_string(), "3des,rc4");
        assert!(settings.utf8_sasl && settings.utf8_http);
        assert_eq!(settings.realm, host::domain());
        assert!(settings.realms.is_empty());
        assert_eq!(settings.accounts, None);
        assert_eq!(settings.nonce_lifetime, Duration::from_secs(300));
        assert_eq!(settings.maxbuf, None);
        assert!(settings.secret.is_none());
        // Windows' own on Windows and Wine.
        let (algorithm, order) = if cfg!(windows) {
            (Algorithm::MD5_SESS, Order::Strict)
        } else {
            (Algorithm::MD5, Order::Window)
        };
        assert_eq!(settings.http_algorithms, [algorithm]);
        assert_eq!((settings.http_nonce_count, settings.http_sessions), (order, 100_000));
        assert_eq!(settings.qops.to_string(), "auth,auth-int,auth-conf");
        assert!(settings.hash_latin1);
        assert!(!(settings.http_opaque || settings.http_check_uri || settings.http_userhash));
        assert_eq!(settings.http_authentication_info, AuthenticationInfo::None);
        assert_eq!(settings.client_algorithms, Algorithm::STRONGEST_FIRST);
        assert!(!settings.client_without_integrity && settings.client_http_latin1);
    }
}

#[test]
fn everything_can_be_said() {
    let settings = Settings::parse(
        r#"
        [WDigest]
        DigestEncryptionAlgorithms = "rc4-40, RC4,3des"
        UTF8SASL = 0
        UTF8HTTP = 0
        use_system = 1
        [server]
        realm = "Großes \"Reich\""
        realms = ["", "EXAMPLE", "Großes Reich"]
        qop = "AUTH-INT, auth"
        accounts = "users/accounts"
        nonce_lifetime = 3_600
        maxbuf = 0x1000
        secret = "sixteen bytes !!"
        http_algorithms = ["SHA-256", "md5-SESS"]
        http_nonce_count = "window"
        http_sessions = 64
        http_opaque = 1
        http_check_uri = 1
        http_userhash = 1
        http_authentication_info = "nextnonce"
        [client]
        http_algorithms = ["MD5", "SHA-256-sess"]
        hash_charset = "UTF-8"
        http_charset = "UTF-8"
        http_without_integrity = 1
        "#,
    )
    .unwrap();
    assert_eq!(settings.ciphers.to_string(), "rc4-40,rc4,3des");
    assert!(!settings.utf8_sasl && !settings.utf8_http && settings.use_system);
    assert_eq!(settings.realm, "Großes \"Reich\"");
    assert_eq!(settings.realms, ["", "EXAMPLE", "Großes Reich"]);
    assert_eq!(settings.accounts.unwrap(), Path::new("/etc/users/accounts"));
    assert_eq!(settings.nonce_lifetime, Duration::from_secs(3600));
    assert_eq!(settings.maxbuf, Some(4096));
    assert_eq!(settings.secret.unwrap().expose(), b"sixteen bytes !!");
    let names: Vec<_> = settings.http_algorithms.iter().map(|algorithm| algorithm.name()).collect();
    assert_eq!(names, ["SHA-256", "MD5-sess"]);
    assert_eq!((settings.http_nonce_count, settings.http_sessions), (Order::Window, 64));
    assert!(settings.http_opaque && settings.http_check_uri && settings.http_userhash);
    assert_eq!(settings.http_authentication_info, AuthenticationInfo::NextNonce);
    let names: Vec<_> =
        settings.client_algorithms.iter().map(|algorithm| algorithm.name()).collect();
    assert_eq!(names, ["MD5", "SHA-256-sess"]);
    assert!(settings.client_without_integrity && !settings.hash_latin1);
    assert!(!settings.client_http_latin1);
    assert_eq!(settings.qops.to_string(), "auth-int,auth");
}

#[test]
fn values_at_their_limits() {
    let realm = format!("[server]\nrealm = \"{}\"", "x".repeat(255));
    for text in [
        "[server]\nnonce_lifetime = 1",
        "[server]\nnonce_lifetime = 86400",
        "[server]\nmaxbuf = 17",
        "[server]\nmaxbuf = 16777215",
        "[server]\nrealm = \"\"",
        "[server]\nrealms = []",
        &realm.replace("realm = ", "realms = [").replace("x\"", "x\", \"y\"]"),
        "WDigest.UTF8SASL = 1",
        "[WDigest]\nDigestEncryptionAlgorithms = \"des\"",
        &realm,
    ] {
        assert!(Settings::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn a_secret_is_not_printed() {
    let settings = Settings::parse("[server]\nsecret = \"sixteen bytes !!\"").unwrap();
    let text = format!("{settings:?}");
    assert!(text.contains("[redacted]"));
    assert!(!text.contains("bytes!") && !text.contains("115, 105"), "{text}");
}

#[test]
fn the_environment_overrides_the_file() {
    let text = "[server]\nrealm = \"x\"\naccounts = \"/x\"";
    let variables = [("SECUR32_ACCOUNTS", "/srv/accounts"), ("SECUR32_REALM", "example.org")];
    let settings = with(text, &variables).unwrap();
    assert_eq!(settings.accounts.unwrap(), Path::new("/srv/accounts"));
    assert_eq!(settings.realm, "example.org");
}

#[test]
fn empty_variables_are_none() {
    let empty = [("SECUR32_ACCOUNTS", ""), ("SECUR32_REALM", "")];
    let settings = with("", &empty).unwrap();
    assert_eq!(settings.accounts, None);
    assert_eq!(settings.realm, host::domain());
    for realm in ["x", ""] {
        let settings = with(&format!("[server]\nrealm = \"{realm}\""), &empty).unwrap();
        assert_eq!(settings.realm, realm);
    }
}

#[test]
fn relative_paths_of_the_environment_begin_at_the_current_directory() {
    let settings = with("", &[("SECUR32_ACCOUNTS", "accounts")]).unwrap();
    assert_eq!(settings.accounts.unwrap(), std::env::current_dir().unwrap().join("accounts"));
}

#[test]
fn accounts_are_those_of_the_file_and_shared() {
    let directory = Scratch::new();
    directory.file("accounts", "alice::0123456789abcdef0123456789abcdef\n");
    let path = directory.path().join("secur32.toml");
    let document = Document::parse("[server]\naccounts = \"accounts\"", &path).unwrap();
    let settings = Settings::read(&document).unwrap();
    let accounts = settings.source().unwrap();
    let alice = Account { user: b"alice", realm: b"" };
    assert!(accounts.find(&alice, Stored::Md5).unwrap().is_some());
    assert!(Arc::ptr_eq(&accounts, &settings.source().unwrap()));
}

#[test]
fn names_are_found_by_their_hashes_where_that_is_configured() {
    use crate::digest::http::formulas::{Hash, user};
    let hashes = [(Hash::Md5, 32), (Hash::Sha256, 64)];
    for (keys, found) in [
        ("", [false; 2]),
        ("http_userhash = 0", [false; 2]),
        ("http_userhash = 1", [true, false]),
        ("http_userhash = 1\nhttp_algorithms = [\"SHA-256-sess\", \"SHA-512-256\"]", [false, true]),
        ("http_userhash = 1\nhttp_algorithms = [\"MD5\", \"SHA-256\"]", [true, true]),
    ] {
        let directory = Scratch::new();
        let lines = hashes.map(|(_, digits)| format!("alice:r:{}\n", "0".repeat(digits)));
        directory.file("accounts", lines.concat());
        let text = format!("[server]\naccounts = \"accounts\"\n{keys}");
        let document = Document::parse(&text, &directory.path().join("secur32.toml")).unwrap();
        let accounts = Settings::read(&document).unwrap().source().unwrap();
        let finds = |hash: Hash| {
            accounts.find_hashed(&user(hash, b"alice", b"r"), b"r", hash.stored()).unwrap()
        };
        assert_eq!(hashes.map(|(hash, _)| finds(hash).is_some()), found, "{keys}");
    }
}

#[test]
fn unusable_accounts_are_refused() {
    let directory = Scratch::new();
    let path = directory.file("accounts", "alice::nothing\n");
    let settings = Settings { accounts: Some(path.clone()), ..Settings::default() };
    assert!(reason(settings.source()).starts_with(&format!("{}:1: ", path.display())));
}

#[test]
fn without_accounts_every_question_says_so() {
    let settings = Settings { accounts: None, ..Settings::default() };
    let alice = Account { user: b"alice", realm: b"" };
    assert!(settings.source().unwrap().find(&alice, Stored::Md5).is_err());
}

#[test]
fn r41_wrong_values_are_named_by_line_and_key() {
    let realm = format!("realm = \"{}\"", "x".repeat(256));
    let realms = format!("realms = [\"a\", \"{}\"]", "x".repeat(256));
    for (table, entry, key) in [
        ("WDigest", "UTF8SASL = 2", "UTF8SASL"),
        ("WDigest", "UTF8SASL = -1", "UTF8SASL"),
        ("WDigest", "UTF8SASL = true", "UTF8SASL"),
        ("WDigest", "UTF8HTTP = \"1\"", "UTF8HTTP"),
        ("WDigest", "use_system = true", "use_system"),
        ("WDigest", "utf8sasl = 1", "utf8sasl"),
        ("WDigest", "DigestEncryptionAlgorithms = \"\"", "DigestEncryptionAlgorithms"),
        ("WDigest", "DigestEncryptionAlgorithms = \"3des,\"", "DigestEncryptionAlgorithms"),
        ("WDigest", "DigestEncryptionAlgorithms = \"aes\"", "DigestEncryptionAlgorithms"),
        ("WDigest", "DigestEncryptionAlgorithms = [\"des\"]", "DigestEncryptionAlgorithms"),
        ("server", "realm = 1", "realm"),
        ("server", "realm = \"a\\r\\nb\"", "realm"),
        ("server", "realm = \"a\\u0000\"", "realm"),
        ("server", &realm, "realm"),
        ("server", "realms = \"EXAMPLE\"", "realms"),
        ("server", "realms = 1", "realms"),
        ("server", "realms = [1]", "realms"),
        ("server", "realms = [\"a\", [\"b\"]]", "realms"),
        ("server", "realms = [\"a\", \"b\\n\"]", "realms"),
        ("server", &realms, "realms"),
        ("server", "qop = \"\"", "qop"),
        ("server", "qop = \"auth-int\"", "qop"),
        ("server", "qop = \"auth,\"", "qop"),
        ("server", "qop = \"auth,conf\"", "qop"),
        ("server", "qop = [\"auth\"]", "qop"),
        ("server", "accounts = \"\"", "accounts"),
        ("server", "accounts = \"a\\u0000b\"", "accounts"),
        ("server", "accounts = []", "accounts"),
        ("server", "nonce_lifetime = 0", "nonce_lifetime"),
        ("server", "nonce_lifetime = 86401", "nonce_lifetime"),
        ("server", "nonce_lifetime = 1.5", "nonce_lifetime"),
        ("server", "maxbuf = 16", "maxbuf"),
        ("server", "maxbuf = 16777216", "maxbuf"),
        ("server", "maxbuf = 4294967313", "maxbuf"),
        ("server", "maxbuf = 99999999999999999999999999999999999999999", "maxbuf"),
        ("server", "secret = \"fifteen bytes!!\"", "secret"),
        ("server", "secret = 1234567890123456", "secret"),
        ("server", "http_algorithms = []", "http_algorithms"),
        ("server", "http_algorithms = \"MD5\"", "http_algorithms"),
        ("server", "http_algorithms = [\"MD4\"]", "http_algorithms"),
        ("server", "http_algorithms = [\"MD5\", \"md5\"]", "http_algorithms"),
        ("server", "http_nonce_count = \"lax\"", "http_nonce_count"),
        ("server", "http_sessions = 63", "http_sessions"),
        ("server", "http_sessions = 16777217", "http_sessions"),
        ("server", "http_opaque = true", "http_opaque"),
        ("server", "http_userhash = 2", "http_userhash"),
        ("server", "http_check_uri = 2", "http_check_uri"),
        ("server", "http_authentication_info = 1", "http_authentication_info"),
        ("server", "http_other = 1", "http_other"),
        ("server", "relam = \"typo\"", "relam"),
        ("client", "http_algorithms = []", "http_algorithms"),
        ("client", "http_algorithms = \"MD5\"", "http_algorithms"),
        ("client", "http_algorithms = [\"MD5\", \"sha-1\"]", "http_algorithms"),
        ("client", "http_without_integrity = true", "http_without_integrity"),
        ("client", "http_without_integrity = 2", "http_without_integrity"),
        ("client", "hash_charset = 1", "hash_charset"),
        ("client", "http_charset = \"utf8\"", "http_charset"),
        ("client", "hash_charset = \"latin1\"", "hash_charset"),
        ("client", "realm = \"x\"", "realm"),
    ] {
        let reason = refused(&format!("# a comment\n[{table}]\n{entry}\n"));
        assert!(reason.starts_with(&format!("3: {table}.{key}: ")), "{entry}: {reason}");
        assert!(!reason.contains("bytes!"), "{reason}");
    }
}

#[test]
fn wrong_variables_are_named() {
    let reason = reason(with("", &[("SECUR32_REALM", "a\nb")]));
    assert!(reason.starts_with("SECUR32_REALM: expected"), "{reason}");
}

#[test]
#[cfg(unix)]
fn variables_that_are_not_utf8_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    let variable =
        |name: &str| (name == "SECUR32_REALM").then(|| OsString::from_vec(b"caf\xE9".to_vec()));
    let document = Document::empty().with_environment(Box::new(variable));
    assert!(reason(Settings::read(&document)).starts_with("SECUR32_REALM"));
}

#[test]
fn the_table_names_every_algorithm_and_cipher() {
    let expected = |table: &str, name: &str| {
        let mut keys = KEYS.iter().filter(|key| (key.table, key.name) == (table, name));
        keys.next().unwrap().expected
    };
    let algorithms: Vec<_> = Algorithm::ALL.iter().map(|(_, name)| *name).collect();
    for table in ["server", "client"] {
        assert!(expected(table, "http_algorithms").ends_with(&algorithms.join(", ")));
    }
    let ciphers = expected("WDigest", "DigestEncryptionAlgorithms");
    for (_, name) in Cipher::ALL {
        assert!(ciphers.split([' ', ',']).any(|word| word == *name), "{name}");
    }
}
