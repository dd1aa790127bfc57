//! Exchanges with users of an accounts file.

use super::*;
use crate::digest::charset::downgrade;
use crate::system::scratch::Scratch;

/// A line of an htdigest file.
fn line(user: &[u8], realm: &str, password: &[u8]) -> Vec<u8> {
    let hash = hex::of_hash(&hash::password_hash(user, realm.as_bytes(), password));
    [user, b":", realm.as_bytes(), b":", &hash, b"\n"].concat()
}

/// A server with these lines in its file.
fn server_of(lines: &[Vec<u8>]) -> Arc<DigestCredential> {
    let directory = Scratch::new();
    let path = directory.file("accounts", lines.concat());
    let config = config(&format!("accounts = {path:?}"));
    let usage = Usage { inbound: true, outbound: false };
    let request = CredentialRequest { usage, ..CredentialRequest::default() };
    Arc::new(DigestCredential::with_config(request, config).unwrap())
}

/// The response of a client that hashes these octets, and announces UTF-8 or nothing.
fn response(challenge: &[u8], sent: &[u8], user: &[u8], realm: &str, password: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(challenge);
    let nonce = text.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    let secret = hash::password_hash(user, realm.as_bytes(), password);
    let a1 = hash::session_hash(&secret, nonce.as_bytes(), b"c", None);
    let (response, _) = hash::response_pair(
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
        let (_, challenge) = leg(&*context, Flags::NONE, b"").unwrap();
        let response = response(&challenge, sent, user, "example.org", password);
        assert_eq!(status_of(leg(&*context, Flags::NONE, &response)), expected, "{kind}");
        if expected == Status::OK {
            let Ok(Attribute::Names(name)) = context.query(AttributeId::NAMES) else { panic!() };
            assert_eq!(name, "example.org\\jäger", "{kind}");
        }
    }
}
