use super::*;
use crate::accounts::Account;
use crate::accounts::Algorithm as Stored;
use crate::digest::http::formulas::Algorithm;
use crate::digest::message::qop::Named;
use crate::system::scratch::Scratch;

fn parse(text: &str) -> Result<Config> {
    Config::parse(text, Path::new("/etc/secur32.toml"))
}

/// The reason for which a text is refused, after the name of the file.
fn refused(text: &str) -> String {
    let error = parse(text).expect_err(text);
    assert_eq!(error.status(), Status::INTERNAL_ERROR);
    assert!(!error.reason().contains('\n'), "{error}");
    error.reason().strip_prefix("/etc/secur32.toml:").expect(text).to_owned()
}

fn with(variables: &[(&str, &str)]) -> Result<Config> {
    Config::load_from(&[], &environment(variables))
}

fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
    |name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.into())
    }
}

fn reason<T>(result: Result<T>) -> String {
    let error = result.err().unwrap();
    assert_eq!(error.status(), Status::INTERNAL_ERROR);
    error.reason().to_owned()
}

#[test]
fn nothing_is_windows_defaults() {
    for text in ["", "\u{FEFF}", "# nothing\r\n", "[WDigest]\n[server]\n[client]\n[sasl]\n[log]\n"]
    {
        let config = parse(text).unwrap();
        assert_eq!(config.ciphers.to_string(), "3des,rc4");
        assert!(config.utf8_sasl && config.utf8_http);
        assert_eq!(config.realm, host::domain());
        assert!(config.realms.is_empty());
        assert_eq!(config.accounts, None);
        assert_eq!(config.nonce_lifetime, Duration::from_secs(300));
        assert_eq!(config.maxbuf, None);
        assert!(config.secret.is_none());
        assert_eq!(config.http_algorithms, [Algorithm::MD5_SESS]);
        assert_eq!((config.http_nonce_count, config.http_sessions), (Order::Strict, 100_000));
        assert!(!(config.http_opaque || config.http_check_uri || config.http_userhash));
        assert_eq!(config.http_authentication_info, AuthenticationInfo::None);
        assert_eq!(config.client_algorithms, Algorithm::STRONGEST_FIRST);
        assert!(!config.client_without_integrity);
        assert_eq!(config.profiles, PROFILES);
        assert_eq!(config.log, log::Settings::default());
    }
}

#[test]
fn everything_can_be_said() {
    let config = parse(
        r#"
        log = { level = "error", file = "/var/log/secur32" }
        [WDigest]
        DigestEncryptionAlgorithms = "rc4-40, RC4,3des"
        UTF8SASL = 0
        UTF8HTTP = 0
        use_system = 1
        [server]
        realm = "Großes \"Reich\""
        realms = ["", "EXAMPLE", "Großes Reich"]
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
        http_without_integrity = 1
        [sasl]
        profiles = ["digest-md5", "EXTERNAL"]
        "#,
    )
    .unwrap();
    assert_eq!(config.ciphers.to_string(), "rc4-40,rc4,3des");
    assert!(!config.utf8_sasl && !config.utf8_http && config.use_system);
    assert_eq!(config.realm, "Großes \"Reich\"");
    assert_eq!(config.realms, ["", "EXAMPLE", "Großes Reich"]);
    assert_eq!(config.accounts.unwrap(), Path::new("/etc/users/accounts"));
    assert_eq!(config.nonce_lifetime, Duration::from_secs(3600));
    assert_eq!(config.maxbuf, Some(4096));
    assert_eq!(config.secret.unwrap().expose(), b"sixteen bytes !!");
    let names: Vec<_> = config.http_algorithms.iter().map(|algorithm| algorithm.name()).collect();
    assert_eq!(names, ["SHA-256", "MD5-sess"]);
    assert_eq!((config.http_nonce_count, config.http_sessions), (Order::Window, 64));
    assert!(config.http_opaque && config.http_check_uri && config.http_userhash);
    assert_eq!(config.http_authentication_info, AuthenticationInfo::NextNonce);
    let names: Vec<_> = config.client_algorithms.iter().map(|algorithm| algorithm.name()).collect();
    assert_eq!(names, ["MD5", "SHA-256-sess"]);
    assert!(config.client_without_integrity);
    assert_eq!(config.profiles, ["DIGEST-MD5", "EXTERNAL"]);
    assert_eq!(config.log.level, log::Level::Error);
    assert_eq!(config.log.file.unwrap(), Path::new("/var/log/secur32"));
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
        assert!(parse(text).is_ok(), "{text}");
    }
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
        ("client", "realm = \"x\"", "realm"),
        ("sasl", "profiles = []", "profiles"),
        ("sasl", "profiles = \"DIGEST-MD5\"", "profiles"),
        ("sasl", "profiles = [\"PLAIN\"]", "profiles"),
        ("sasl", "profiles = [\"EXTERNAL\", \"external\"]", "profiles"),
        ("sasl", "profiles = [1]", "profiles"),
        ("sasl", "mechanisms = []", "mechanisms"),
        ("log", "level = \"trace\"", "level"),
        ("log", "level = 1", "level"),
        ("log", "file = 1", "file"),
        ("log", "path = \"x\"", "path"),
    ] {
        let reason = refused(&format!("# a comment\n[{table}]\n{entry}\n"));
        assert!(reason.starts_with(&format!("3: {table}.{key}: ")), "{entry}: {reason}");
        assert!(!reason.contains("bytes!"), "{reason}");
    }
}

#[test]
fn messages_say_what_is_expected() {
    for (text, reason) in [
        ("[WDigest]\nUTF8SASL = 7", "2: WDigest.UTF8SASL: expected 0 or 1"),
        (
            "\n[servers]",
            "2: servers: unknown; the tables are WDigest, server, sql, ldap, client, sasl and log",
        ),
        (
            "realm = \"x\"",
            "1: realm: unknown; the tables are WDigest, server, sql, ldap, client, sasl and log",
        ),
        ("server = 1", "1: server: expected a table"),
        ("[[server]]", "1: server: expected a table"),
        ("[log]\nx = 1", "2: log.x: unknown; [log] has level and file"),
    ] {
        assert_eq!(refused(text), reason);
    }
}

#[test]
fn what_is_not_toml_is_named_by_line() {
    for (text, line) in [
        ("[server]\nrealm = \"x\"\nrealm = \"y\"", 3),
        ("[server]\nsecret = \"hush hush hush hush\n", 2),
        ("[server]\n\nsecret hush", 3),
        ("[server]\nmaxbuf = hush", 2),
        ("\0", 1),
        ("[server]\n[server]", 2),
    ] {
        let reason = refused(text);
        assert!(reason.starts_with(&format!("{line}: ")), "{text:?}: {reason}");
        assert!(!reason.contains("hush"), "{reason}");
    }
}

#[test]
fn deeply_nested_values_are_refused() {
    let depth = 100_000;
    let text = format!("x = {}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(refused(&text).starts_with("1: "));
}

#[test]
fn a_secret_is_not_printed() {
    let config = parse("[server]\nsecret = \"sixteen bytes !!\"").unwrap();
    let text = format!("{config:?}");
    assert!(text.contains("[redacted]"));
    assert!(!text.contains("bytes!") && !text.contains("115, 105"), "{text}");
}

#[test]
fn the_environment_overrides_the_file() {
    let config = parse("[server]\nrealm = \"x\"\naccounts = \"/x\"\n[log]\nfile = \"/x\"").unwrap();
    let variables = [
        ("SECUR32_ACCOUNTS", "/srv/accounts"),
        ("SECUR32_REALM", "example.org"),
        ("SECUR32_LOG", "debug"),
    ];
    let config = config.apply_environment(&environment(&variables)).unwrap();
    assert_eq!(config.accounts.unwrap(), Path::new("/srv/accounts"));
    assert_eq!(config.realm, "example.org");
    assert_eq!(config.log, log::Settings { level: log::Level::Debug, file: None });
}

#[test]
fn empty_variables_are_none() {
    let names = ["SECUR32_CONFIG", "SECUR32_ACCOUNTS", "SECUR32_REALM", "SECUR32_LOG"];
    let config = with(&names.map(|name| (name, ""))).unwrap();
    assert_eq!(config.accounts, None);
    assert_eq!(config.realm, host::domain());
}

#[test]
fn an_empty_variable_leaves_the_realm_of_the_file_which_may_be_empty() {
    for realm in ["x", ""] {
        let config = parse(&format!("[server]\nrealm = \"{realm}\"")).unwrap();
        let config = config.apply_environment(&environment(&[("SECUR32_REALM", "")])).unwrap();
        assert_eq!(config.realm, realm);
    }
}

#[test]
fn relative_paths_of_the_environment_begin_at_the_current_directory() {
    let config = with(&[("SECUR32_ACCOUNTS", "accounts")]).unwrap();
    assert_eq!(config.accounts.unwrap(), std::env::current_dir().unwrap().join("accounts"));
}

#[test]
fn wrong_variables_are_named() {
    for (name, value) in
        [("SECUR32_REALM", "a\nb"), ("SECUR32_LOG", "verbose"), ("SECUR32_LOG", "debug:")]
    {
        let reason = reason(with(&[(name, value)]));
        assert!(reason.starts_with(&format!("{name}: expected")), "{reason}");
    }
}

#[test]
#[cfg(unix)]
fn variables_that_are_not_utf8_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    for name in ["SECUR32_REALM", "SECUR32_LOG"] {
        let variable =
            |asked: &str| (asked == name).then(|| OsString::from_vec(b"debug\xFF".to_vec()));
        assert!(reason(Config::load_from(&[], &variable)).starts_with(name));
    }
}

#[test]
fn the_first_file_that_exists_is_read() {
    let directory = Scratch::new();
    let missing = directory.path().join("missing.toml");
    let first = directory.file("first.toml", "[server]\nrealm = \"first\"");
    let wrong = directory.file("wrong.toml", "[server]\nrealm = 1");
    let below = first.join("secur32.toml");
    let load = |places: &[&PathBuf], variables: &[(&str, &str)]| {
        let places: Vec<_> = places.iter().map(|place| (*place).clone()).collect();
        Config::load_from(&places, &environment(variables)).map(|config| config.realm)
    };
    assert_eq!(load(&[&missing, &below, &first, &wrong], &[]).unwrap(), "first");
    assert!(reason(load(&[&wrong, &first], &[])).contains("wrong.toml:2: server.realm"));
    assert_eq!(load(&[&missing], &[]).unwrap(), host::domain());
    let named = [("SECUR32_CONFIG", first.to_str().unwrap())];
    assert_eq!(load(&[&wrong], &named).unwrap(), "first");
    let named = [("SECUR32_CONFIG", missing.to_str().unwrap())];
    let reason = reason(load(&[&first], &named));
    assert!(reason.ends_with("missing.toml: SECUR32_CONFIG names it, but it does not exist"));
}

#[test]
fn unusable_files_are_refused() {
    let directory = Scratch::new();
    let refused = |path: &Path| reason(file::read(path));
    assert!(refused(directory.path()).ends_with(": not a regular file"));
    let path = directory.file("latin1.toml", b"[server]\n# caf\xE9\n");
    assert!(refused(&path).ends_with("latin1.toml:2: expected UTF-8 text"));
    let path = directory.file("huge.toml", "#".repeat(file::MAX_FILE + 1));
    assert!(refused(&path).ends_with(": larger than 1 MiB"));
    let path = directory.file("large.toml", "#".repeat(file::MAX_FILE));
    assert!(file::read(&path).is_ok());
}

#[test]
fn accounts_are_those_of_the_file_and_shared() {
    let directory = Scratch::new();
    directory.file("accounts", "alice::0123456789abcdef0123456789abcdef\n");
    let path = directory.file("secur32.toml", "[server]\naccounts = \"accounts\"");
    let config = file::read(&path).unwrap().unwrap();
    let accounts = config.accounts().unwrap();
    let alice = Account { user: b"alice", realm: b"" };
    assert!(accounts.find(&alice, Stored::Md5).unwrap().is_some());
    assert!(Arc::ptr_eq(&accounts, &config.accounts().unwrap()));
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
        let path = directory.file("secur32.toml", text);
        let accounts = file::read(&path).unwrap().unwrap().accounts().unwrap();
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
    let config = Config { accounts: Some(path.clone()), ..Config::default() };
    assert!(reason(config.accounts()).starts_with(&format!("{}:1: ", path.display())));
}

#[test]
fn without_accounts_every_question_says_so() {
    let config = Config { accounts: None, ..Config::default() };
    let alice = Account { user: b"alice", realm: b"" };
    assert!(config.accounts().unwrap().find(&alice, Stored::Md5).is_err());
}

#[test]
fn the_standard_places_are_absolute() {
    let places = file::standard_places();
    assert!(places.len() >= 2);
    assert!(places.iter().all(|place| place.is_absolute() && place.ends_with("secur32.toml")));
}
