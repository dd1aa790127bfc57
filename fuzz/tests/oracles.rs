//! Every oracle fires: with a fault planted between the library and it, an exchange that it passes
//! without the fault fails, and by the words of that oracle.

use std::panic::{AssertUnwindSafe, catch_unwind};

use secur32_fuzz::fault;
use secur32_fuzz::{TARGETS, place};

/// Planted in a running target by .ci/fuzz: only a sanitizer sees it.
const OF_SANITIZERS: &[&str] = &["overrun"];

/// An input on which a fault shows, where the shortest one does not.
fn input(target: &str, planted: &str) -> Vec<u8> {
    let text: &[u8] = match (target, planted) {
        // Setup, user and password, domain.
        ("sasl_login" | "http_login" | "scram_login", "denied-is-success") => &[0, 1, 0],
        ("sasl_login" | "http_login", "foreign-realm") => &[0, 0, 3],
        // Bound on another channel than the client is on.
        ("sasl_login", "claim-unchecked") => &[0, 0, 0, 0, 8 + 4 + 32],
        // One edit of the third message, at its tenth byte: three of them changed.
        ("sasl_login", "proof-unchecked") => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 10, 3, 4, 1],
        // The same of server-final.
        ("scram_login", "signature-unchecked") => {
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 10, 3, 4, 1]
        }
        // A layer, a message of text, its delivery.
        ("layers", "left-in-clear") => b"\x01\x00\x07\x20abcdefghijklmnopqrstuvwxyz012345",
        ("layers", "altered-is-success") => b"\x00\x06\x01\x00\x03\x05abcde",
        ("layers", _) => b"\x00\x00\x07\x03abc\x00\x00",
        ("identities", _) => b"\x00\x00\x00\x05alice\x00\x03dom\x00\x06secret",
        ("import", _) => b"\x00\x00",
        ("configuration", _) => b"[server]\nrealm = \"r\"\n",
        ("accounts", _) => b"\0alice:r:0123456789abcdef0123456789abcdef\n",
        ("tokenizer", _) => b"a=\"b\"",
        _ => b"",
    };
    text.to_vec()
}

fn run(target: &str, input: &[u8]) -> Result<(), String> {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    catch_unwind(AssertUnwindSafe(|| run(input))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
    })
}

#[test]
fn every_oracle_fires_on_its_fault_and_on_nothing_else() {
    let mut wrong = vec![];
    for (planted, target, words) in fault::ALL {
        if OF_SANITIZERS.contains(planted) {
            continue;
        }
        let input = input(target, planted);
        if let Err(told) = run(target, &input) {
            wrong.push(format!("{target} without {planted}: {told}"));
        }
        fault::plant(Some(planted));
        let result = run(target, &input);
        fault::plant(None);
        match result {
            Err(told) if told.contains(words) => {}
            Err(told) => wrong.push(format!("{target} with {planted}: {told}")),
            Ok(()) => wrong.push(format!("{target} does not notice {planted}")),
        }
    }
    std::fs::remove_dir_all(place::directory()).unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
