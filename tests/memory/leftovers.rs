//! What is left of secrets in memory after all was freed.

use std::process::Output;

use data_encoding::HEXLOWER;
use md5::Md5;
use sha2::Sha256;

use super::{Place, account, program};

/// Long, since the C library's heap writes over the beginning of what is freed; the second begins
/// beyond ASCII, so that it is hashed in another charset than it was given in.
const PASSWORDS: [&str; 2] = [
    "0123456789abcdefZq9Secr3tPw!7LongEnoughForAll",
    "\u{FC}\u{FC}23456789abcdefZq9Secr3tPw!7LongEnoughForAll",
];

fn masked(bytes: &[u8]) -> String {
    let bytes: Vec<u8> = bytes.iter().map(|byte| byte ^ 0x5A).collect();
    HEXLOWER.encode(&bytes)
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).expect("in range")).collect()
}

fn run(place: &Place, mode: &str, password: &str, hash: &[u8]) -> Output {
    let program = program(&["leftovers", "plain_calls", "ends"]);
    let mut command = place.command(&program);
    command.args([mode, &masked(password.as_bytes()), &masked(hash)]);
    command.output().expect("the program runs")
}

fn assert_clean(place: &Place, mode: &str, password: &str, hash: &[u8]) {
    let output = run(place, mode, password, hash);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{mode} with {password}: {}\n{text}", output.status);
}

#[test]
fn a_planted_secret_is_found() {
    let password = PASSWORDS[0];
    let (accounts, hash) = account::<Md5>("alice", password.as_bytes());
    let output = run(&Place::new("planted", "", "", &accounts), "planted", password, &hash);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("password: 1"), "{output:?}");
}

#[test]
fn logins_leave_no_secret_behind() {
    for (number, password) in PASSWORDS.into_iter().enumerate() {
        let (accounts, hash) = account::<Md5>("alice", &latin1(password));
        for (cipher, modes) in [
            ("3des", &["auth", "integrity", "confidentiality", "refused"][..]),
            ("rc4", &["confidentiality", "callback-password", "callback-hash"]),
        ] {
            let line = format!("DigestEncryptionAlgorithms = \"{cipher}\"");
            let place = Place::new(&format!("left-{cipher}-{number}"), &line, "", &accounts);
            for mode in modes {
                assert_clean(&place, mode, password, &hash);
            }
        }
    }
}

#[test]
fn http_leaves_no_secret_behind() {
    for (number, password) in PASSWORDS.into_iter().enumerate() {
        for algorithm in ["MD5-sess", "MD5", "SHA-256"] {
            let (line, hash) = match algorithm {
                "SHA-256" => account::<Sha256>("alice", password.as_bytes()),
                _ => account::<Md5>("alice", &latin1(password)),
            };
            let accounts = format!("{}{line}", account::<Md5>("alice", password.as_bytes()).0);
            let lines = format!("http_algorithms = [\"{algorithm}\"]");
            let place = Place::new(&format!("left-{algorithm}-{number}"), "", &lines, &accounts);
            assert_clean(&place, "http", password, &hash);
        }
    }
}
