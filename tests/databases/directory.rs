//! Accounts in `slapd`.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use secur32::accounts::scram::Hash;
use secur32::accounts::{Algorithm, Source};
use secur32::config::Document;
use secur32::digest::settings::Settings;

use crate::accounts::{NAMES, ask, ask_in, hex, md5, password, sha256};
use crate::scram;
use crate::servers::{Kind, Server};

const MD5: Algorithm = Algorithm::Md5;

/// The source of a table `[ldap]` with these lines.
fn source(server: &Server, lines: &str) -> Arc<dyn Source> {
    source_at(server, &server.uri(), lines)
}

/// The same by these addresses.
fn source_at(server: &Server, uris: &str, lines: &str) -> Arc<dyn Source> {
    let file = server.directory.join("password");
    fs::write(&file, "of the proxy\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
    let text = format!(
        "[ldap]\nuri = \"{uris}\"\nbind_dn = \"uid=proxy,dc=example\"\n\
         bind_password_file = \"password\"\nbase = \"dc=example\"\nname = \"uid\"\n{lines}\n"
    );
    let settings = Document::parse(&text, &server.directory.join("secur32.toml"))
        .and_then(|document| Settings::read(&document))
        .expect("a configuration");
    settings.source().expect("an LDAP library")
}

const DIGEST: &str = "filter = \"(uid=%u)\"\nattribute = \"digestHA1\"\n";
const PASSWORD: &str = "filter = \"(uid=%u)\"\nattribute = \"userPassword\"\nform = \"password\"\n";
/// Enough for a busy machine; none of these waits it out.
const PATIENT: &str = "timeout = 30000\ncache = 0\n";

#[test]
fn slapd() {
    let Some(mut server) = Server::start(Kind::Slapd) else { return };
    names_and_forms(&server);
    what_is_stored_in_other_forms(&server);
    a_wrong_set_up_is_told_and_nobody_is_unknown(&server);
    keys_of_scram(&server);
    many_threads_share_a_few_connections(&server);
    of_several_servers_one_that_answers_will_do(&server);
    a_server_that_dies_stands_still_or_comes_back(&mut server);
}

fn names_and_forms(server: &Server) {
    let hashes = source(server, &[DIGEST, PATIENT].concat());
    let passwords = source(server, &[PASSWORD, PATIENT].concat());
    let bare = "filter = \"(&(uid=%u)(|(o=%r)(objectClass=digestUser)))\"\nform = \"hash\"\n";
    let plain = source(server, &[bare, "attribute = \"carLicense\"\n", PATIENT].concat());
    let raw = source(server, &[bare, "attribute = \"userPassword\"\n", PATIENT].concat());
    for name in NAMES {
        let bytes = name.as_bytes();
        assert_eq!(ask(&*hashes, bytes, MD5), Ok(hex(&md5(name))), "{name}");
        assert_eq!(ask(&*hashes, bytes, Algorithm::Sha256), Ok(hex(&sha256(name))), "{name}");
        assert_eq!(ask(&*hashes, bytes, Algorithm::Sha512_256), Ok("nobody".to_owned()));
        assert_eq!(ask(&*plain, bytes, MD5), Ok(hex(&md5(name))), "{name}");
        assert_eq!(ask(&*passwords, bytes, Algorithm::Sha512_256), Ok(password(name)), "{name}");
        assert_eq!(ask_in(&*hashes, bytes, b"nowhere", MD5), Ok("nobody".to_owned()));
        assert_eq!(ask_in(&*hashes, bytes, b"elsewhere", MD5), Ok(hex(&[7; 16])));
    }
    assert_eq!(ask(&*raw, b"raw", MD5), Ok(hex(&md5("raw"))));
    // ISO 8859-1 is read as such.
    assert_eq!(ask(&*hashes, b"zo\xEB", MD5), Ok(hex(&md5("zo\u{eb}"))));
    let nobody: [&[u8]; 16] = [
        b"",
        b"*",
        b"al*",
        b"ALICE",
        b"Alice",
        b"alice ",
        b" alice",
        b"bob",
        b"alice\0",
        b"\0",
        b"zo\xC3",
        b"alice)(uid=*",
        b"\\2a",
        b"none",
        b"elsewhere",
        b"unknown",
    ];
    for name in nobody {
        assert_eq!(ask(&*hashes, name, MD5), Ok("nobody".to_owned()), "{name:?}");
    }
}

fn what_is_stored_in_other_forms(server: &Server) {
    let hashes = source(server, &[DIGEST, PATIENT].concat());
    let passwords = source(server, &[PASSWORD, PATIENT].concat());
    let said = |name: &str, reason: &str| (name.to_owned(), Err(format!("[ldap]: {reason}")));
    assert_eq!(ask(&*hashes, b"malformed", MD5), said("", "the value is not realm:hash").1);
    for (name, expected) in [
        said("ssha", "the value's {SCHEME} is neither {PLAIN} nor {CLEARTEXT}"),
        ("both".to_owned(), Ok(password("both"))),
        said("two", "the account has several secrets"),
        said("twice", "the filter finds more than one entry"),
        ("once".to_owned(), Ok("other".to_owned())),
    ] {
        assert_eq!(ask(&*passwords, name.as_bytes(), MD5), expected, "{name}");
    }
}

fn keys_of_scram(server: &Server) {
    let keys = "filter = \"(uid=%u)\"\nattribute_scram = \"userPassword\"\n";
    let keys = source(server, &[keys, PATIENT].concat());
    let expected = [
        ("scram", Hash::Sha1, "keys"),
        ("scram", Hash::Sha256, "keys"),
        ("scram", Hash::Sha512, "nobody"),
        ("SCRAM", Hash::Sha256, "nobody"),
        ("once", Hash::Sha256, "nobody"),
        ("mallory", Hash::Sha256, "nobody"),
    ];
    scram::answers(&*keys, &expected);
    let said = scram::ask(&*keys, "wrong scram", Hash::Sha256).expect_err("a wrong count");
    assert!(said.starts_with("[ldap]: expected an iteration count"), "{said}");
    assert_eq!(ask(&*keys, b"once", MD5), Ok("nobody".to_owned()));
    let passwords = source(server, &[PASSWORD, PATIENT].concat());
    scram::answers(
        &*passwords,
        &[("once", Hash::Sha512, "other"), ("mallory", Hash::Sha1, "nobody")],
    );
    let hashes = source(server, &[DIGEST, PATIENT].concat());
    let said = scram::ask(&*hashes, "scram", Hash::Sha256).expect_err("no attribute of keys");
    assert!(said.contains("attribute_scram"), "{said}");
}

fn a_wrong_set_up_is_told_and_nobody_is_unknown(server: &Server) {
    let file = server.directory.join("wrong");
    fs::write(&file, "hidden\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
    let uri = server.uri();
    for (lines, expected) in [
        (format!("uri = \"{uri}\"\nbase = \"dc=nowhere\""), "searching: result 32"),
        (
            format!(
                "uri = \"{uri}\"\nbase = \"dc=example\"\nbind_dn = \"uid=proxy,dc=example\"\n\
                 bind_password_file = \"wrong\""
            ),
            "binding: result 49",
        ),
        (
            "uri = \"ldapi://%2Fnonexistent\"\nbase = \"dc=example\"".to_owned(),
            "binding: result -1",
        ),
        ("uri = \"http://x\"\nbase = \"dc=example\"".to_owned(), "reading the URI"),
        (format!("uri = \"{uri}\"\nbase = \"dc=example\"\nstarttls = 1"), "starting TLS"),
    ] {
        let text = format!("[ldap]\n{lines}\nname = \"uid\"\n{DIGEST}{PATIENT}");
        let settings = Document::parse(&text, &server.directory.join("secur32.toml"))
            .and_then(|document| Settings::read(&document));
        let source = settings.expect("a configuration").source().expect("an LDAP library");
        let said = ask(&*source, b"alice", MD5).expect_err("unavailable");
        assert!(said.contains(expected) && !said.contains("hidden"), "{said}");
    }
}

fn a_server_that_dies_stands_still_or_comes_back(server: &mut Server) {
    let kept = source(server, &[DIGEST, "timeout = 400\ncache = 0\n"].concat());
    let found = |source: &Arc<dyn Source>| ask(&**source, b"alice", MD5);
    let hash = Ok(hex(&md5("alice")));
    while found(&kept) != hash {}
    server.stand_still();
    for _ in 0..2 {
        let said = found(&kept).expect_err("unavailable");
        assert!(said.starts_with("[ldap]: searching: result -5"), "{said}");
    }
    server.go_on();
    while found(&kept) != hash {}
    server.kill();
    for _ in 0..3 {
        let said = found(&kept).expect_err("unavailable");
        assert!(said.starts_with("[ldap]: binding: result -1"), "{said}");
    }
    let patient = source(server, &[DIGEST, PATIENT].concat());
    server.restart();
    assert_eq!(found(&patient), hash);
    // Restarted between two look-ups: the connection that was kept is dead, and nobody notices.
    server.kill();
    server.restart();
    assert_eq!(found(&patient), hash);
    assert_eq!(ask(&*patient, b"nobody", MD5), Ok("nobody".to_owned()));
}

/// Gone, or silent: the next has its share of the time.
fn of_several_servers_one_that_answers_will_do(server: &Server) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("ldap://{}", silent.local_addr().expect("an address"));
    let uris = ["ldapi://%2Fnonexistent", &silent, &server.uri()].join(" ");
    let lines = [DIGEST, "timeout = 6000\ncache = 0\n"].concat();
    let source = source_at(server, &uris, &lines);
    assert_eq!(ask(&*source, b"alice", MD5), Ok(hex(&md5("alice"))));
    let uris = ["ldapi://%2Fnonexistent", "ldap://127.0.0.1:1"].join(" ");
    let said = ask(&*source_at(server, &uris, &lines), b"alice", MD5).expect_err("unavailable");
    assert!(said.starts_with("[ldap]: binding: result -1"), "{said}");
}

fn many_threads_share_a_few_connections(server: &Server) {
    let source = source(server, &[DIGEST, "connections = 2\n", PATIENT].concat());
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
