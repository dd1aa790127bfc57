//! Every allocation fails once, and all from each one on.

use data_encoding::HEXLOWER;
use md5::Digest as _;

use super::{Place, account, program};
use crate::support::{parallel, succeed};

const ENDS: &[&str] = &["each_allocation", "failing_heap", "ends", "scenes"];

fn accounts() -> String {
    // As clients hash it: in ISO 8859-1 (RFC 2831 §2.1.2.1).
    let jurgen = md5::Md5::digest(b"J\xFCrgen:example.org:geh\xE4im");
    let jurgen = format!("J\u{FC}rgen:example.org:{}\n", HEXLOWER.encode(&jurgen));
    account::<md5::Md5>("alice", b"secret").0 + &jurgen
}

/// Plays `scenes` in all ways at one place.
fn play(place: &Place, scenes: &[&str]) {
    let program = program(ENDS);
    let ways = [("once", "warm"), ("once", "cold"), ("all", "warm"), ("all", "cold")];
    let runs: Vec<_> = scenes
        .iter()
        .flat_map(|scene| ways.map(|(failing, before)| [scene, failing, before]))
        .collect();
    parallel::for_each(&runs, |run| {
        let text = succeed(place.command(&program).args(run));
        assert!(text.contains(" 0 times wrong"), "{text}");
    });
}

#[test]
fn no_allocation_that_fails_ends_a_process_or_a_login() {
    let place = Place::new("plain", "", "", &accounts());
    let all = succeed(&mut place.command(&program(ENDS)));
    let all: Vec<&str> = all.lines().collect();
    assert!(all.len() >= 12, "{all:?}");
    play(&place, &all);
}

#[test]
fn nor_does_it_with_any_other_cipher() {
    for cipher in ["rc4", "des", "rc4-56"] {
        let line = format!("DigestEncryptionAlgorithms = \"{cipher}\"");
        play(&Place::new(cipher, &line, "", &accounts()), &["confidentiality"]);
    }
}

#[test]
fn nor_does_it_with_the_other_hashes_of_http_and_an_answer_to_each_request() {
    let sha256 = account::<sha2::Sha256>("alice", b"secret").0;
    for (algorithm, info) in [("MD5", "rspauth"), ("SHA-256", "nextnonce")] {
        let lines = format!(
            "http_algorithms = [\"{algorithm}\"]\nhttp_authentication_info = \"{info}\"\n\
             http_nonce_count = \"window\""
        );
        play(&Place::new(algorithm, "", &lines, &format!("{}{sha256}", accounts())), &["http"]);
    }
}

#[test]
fn nor_does_it_with_a_log() {
    let place =
        Place::new("log", "", "[log]\nlevel = \"debug\"\nfile = \"/dev/null\"", &accounts());
    play(&place, &["auth", "denied", "http"]);
}
