//! Exchanges with users of an accounts file.

use super::*;
use crate::digest::WDigest;
use crate::digest::message::charset::downgrade;
use crate::testing::scratch::Scratch;

/// A line of an htdigest file.
fn line(user: &[u8], realm: &str, password: &[u8]) -> Vec<u8> {
    let hash = hex::of_hash(&formulas::password_hash(user, realm.as_bytes(), password));
    [user, b":", realm.as_bytes(), b":", &hash, b"\n"].concat()
}

/// A server with these lines in its file.
fn server_of(lines: &[Vec<u8>]) -> Arc<DigestCredential> {
    server_with_lines("", lines)
}

fn server_with_lines(keys: &str, lines: &[Vec<u8>]) -> Arc<DigestCredential> {
    let directory = Scratch::new();
    let path = directory.file("accounts", lines.concat());
    let settings = settings(&format!("accounts = {path:?}\n{keys}"));
    let usage = Usage { inbound: true, outbound: false };
    let request = CredentialRequest { usage, ..CredentialRequest::default() };
    Arc::new(DigestCredential::with_settings(&WDigest, request, settings).unwrap())
}

/// The response of a client that hashes these bytes, and announces UTF-8 or nothing.
fn response(challenge: &[u8], sent: &[u8], user: &[u8], realm: &str, password: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(challenge);
    let nonce = text.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    let secret = formulas::password_hash(user, realm.as_bytes(), password);
    let a1 = formulas::session_hash(&secret, nonce.as_bytes(), b"c", None);
    let (response, _) = formulas::response_pair(
        &a1,
        nonce.as_bytes(),
        b"00000001",
        b"c",
        b"auth",
        b"imap/localhost",
        false,
    );
    let parts: [&[u8]; 9] = [
        b"username=\"",
        sent,
        b"\",realm=\"",
        realm.as_bytes(),
        b"\",nonce=\"",
        nonce.as_bytes(),
        b"\",cnonce=\"c\",nc=00000001,digest-uri=\"imap/localhost\",response=",
        &response,
        if sent.is_ascii() || downgrade(sent).is_none() { b"" } else { b",charset=utf-8" },
    ];
    parts.concat()
}

#[test]
fn a_line_for_each_kind_of_client_lets_each_in() {
    let (user, password) = ("jäger".as_bytes(), "grün".as_bytes());
    let [latin1_user, latin1_password] = [user, password].map(|text| downgrade(text).unwrap());
    let credential = server_of(&[
        line(user, "example.org", password),
        line(user, "example.org", &latin1_password),
        line(&latin1_user, "example.org", &latin1_password),
    ]);
    for (kind, sent, user, password, expected) in [
        ("converts nothing, as curl", user, user, password, Status::OK),
        ("converts the password, as GNU SASL", user, user, &*latin1_password, Status::OK),
        ("converts both", user, &*latin1_user, &latin1_password, Status::OK),
        ("speaks ISO 8859-1", &*latin1_user, &latin1_user, &latin1_password, Status::OK),
        ("has a password that is none", user, user, b"gr\xC3", Status::LOGON_DENIED),
    ] {
        let context = begin(&credential, Role::Server);
        let (_, challenge) = take_step(&*context, Flags::NONE, b"").unwrap();
        let response = response(&challenge, sent, user, "example.org", password);
        assert_eq!(status_of(take_step(&*context, Flags::NONE, &response)), expected, "{kind}");
        if expected == Status::OK {
            let Ok(Attribute::Names(name)) = context.query(AttributeId::NAMES) else { panic!() };
            assert_eq!(name, "example.org\\jäger", "{kind}");
        }
    }
}

#[test]
fn only_users_of_the_offered_realm_are_let_in() {
    let users =
        [("alice", "example.org"), ("guest", "realm2"), ("listed", "LISTED"), ("empty", "")];
    let lines = users.map(|(user, realm)| line(user.as_bytes(), realm, b"secret"));
    let credential = server_with_lines("realms = [\"LISTED\"]", &lines);
    for (user, realm, reason) in [
        ("alice", "example.org", ""),
        ("empty", "", ""),
        ("listed", "LISTED", ""),
        ("alice", "", "unknown user"),
        ("guest", "example.org", "unknown user"),
        ("guest", "realm2", "the realm is neither the one offered nor one of `realms`"),
        ("nobody", "realm2", "the realm is neither the one offered nor one of `realms`"),
        ("listed", "listed", "the realm is neither the one offered nor one of `realms`"),
    ] {
        let context = begin(&credential, Role::Server);
        let (_, challenge) = take_step(&*context, Flags::NONE, b"").unwrap();
        let name = user.as_bytes();
        let response = response(&challenge, name, name, realm, b"secret");
        match take_step(&*context, Flags::NONE, &response) {
            Ok(_) => assert_eq!(reason, "", "{user} of {realm}"),
            Err(refused) => {
                assert_eq!(refused.status(), Status::LOGON_DENIED);
                let told = refused.reason();
                assert!(!reason.is_empty() && told.contains(reason), "{user} of {realm}: {told}");
            }
        }
    }
}

#[test]
fn an_empty_realm_is_left_out_and_lets_in_its_users_alone() {
    let directory = Scratch::new();
    let lines = [line(b"alice", "", b"secret"), line(b"bob", "example.org", b"secret")].concat();
    let path = directory.file("accounts", lines);
    let text = format!("[server]\nrealm = \"\"\naccounts = {path:?}");
    let settings = Arc::new(Settings::parse(&text).unwrap());
    let usage = Usage { inbound: true, outbound: false };
    let request = CredentialRequest { usage, ..CredentialRequest::default() };
    let credential =
        Arc::new(DigestCredential::with_settings(&WDigest, request, settings).unwrap());
    for (user, realm, expected) in [
        ("alice", "", Status::OK),
        ("bob", "", Status::LOGON_DENIED),
        ("bob", "example.org", Status::LOGON_DENIED),
    ] {
        let context = begin(&credential, Role::Server);
        let (_, challenge) = take_step(&*context, Flags::NONE, b"").unwrap();
        assert!(challenge.ends_with(b",charset=utf-8"), "{challenge:?}");
        let response = response(&challenge, user.as_bytes(), user.as_bytes(), realm, b"secret");
        assert_eq!(
            status_of(take_step(&*context, Flags::NONE, &response)),
            expected,
            "{user} {realm}"
        );
        if expected == Status::OK {
            let Ok(Attribute::Names(name)) = context.query(AttributeId::NAMES) else { panic!() };
            assert_eq!(name, user);
        }
    }
}

#[test]
fn a_user_of_another_realm_costs_what_an_unknown_one_does() {
    let accounts = Arc::<Accounts>::default();
    let credential = server_with(settings(""), &accounts);
    for (user, domain) in [("bob", "realm2"), ("alice", "realm2"), ("nobody", "realm2")] {
        let context = begin(&credential, Role::Server);
        let (_, response) =
            exchange(&*context, &client_of(user, Some(domain), "secret"), Flags::NONE);
        let before = accounts.asked.load(Ordering::Relaxed);
        assert_eq!(status_of(take_step(&*context, Flags::NONE, &response)), Status::LOGON_DENIED);
        assert_eq!(accounts.asked.load(Ordering::Relaxed) - before, 1, "{user}");
    }
}
