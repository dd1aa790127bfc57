//! Exchanges with users of an accounts file.

use super::*;
use crate::digest::WDigest;
use crate::error::Error;
use crate::sspi::Outcome::Complete;
use crate::testing::scratch::Scratch;

/// A line of an htdigest file.
fn line(hash: Hash, user: &str, realm: &str, password: &str) -> String {
    let digits = formulas::password(hash, user.as_bytes(), realm.as_bytes(), password.as_bytes());
    format!("{user}:{realm}:{}\n", std::str::from_utf8(&digits).unwrap())
}

/// A server with these lines in its file.
fn server_with(lines: &str, settings: &str) -> Arc<DigestCredential> {
    let directory = Scratch::new();
    let path = directory.file("accounts", lines);
    let text = format!("[server]\nrealm = \"example.org\"\naccounts = {path:?}\n{settings}");
    let settings = Arc::new(Settings::parse(&text).unwrap());
    let usage = Usage { inbound: true, outbound: false };
    let request = CredentialRequest { usage, ..CredentialRequest::default() };
    Arc::new(DigestCredential::with_settings(&WDigest, request, settings).unwrap())
}

#[test]
fn each_line_of_a_name_lets_its_password_in() {
    for (algorithm, hash) in
        [("MD5-sess", Hash::Md5), ("MD5", Hash::Md5), ("SHA-256", Hash::Sha256)]
    {
        let lines =
            ["first", "second", "third"].map(|word| line(hash, "alice", "example.org", word));
        let settings = format!("http_algorithms = [\"{algorithm}\"]");
        let credential = server_with(&lines.concat(), &settings);
        for (password, expected) in [
            ("first", Status::OK),
            ("second", Status::OK),
            ("third", Status::OK),
            ("fourth", Status::LOGON_DENIED),
        ] {
            let alice = Browser { password, ..ALICE };
            let challenge = challenge(&credential);
            let response = alice.respond(&challenge, 1, "GET", "/");
            let (first, result) = answer(&credential, &response, "GET");
            assert_eq!(
                result.as_ref().err().map_or(Status::OK, Error::status),
                expected,
                "{password}"
            );
            if expected != Status::OK {
                continue;
            }
            let response = alice.respond(&challenge, 2, "GET", "/");
            let (second, result) = answer(&credential, &response, "GET");
            assert_eq!(result.unwrap().0, Complete);
            complete(&*second, &response, "GET").unwrap();
            drop(first);
        }
    }
}
