//! The IMAP example, both sides, as separate programs: logins with every qop, refusals, and peers
//! that misbehave.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod imap;
mod support;

use imap::digest::{Signed, account, encode, log_in_for};
use imap::{Programs, Server, client, client_against, client_with, client_with_against};

#[test]
fn the_programs_compile_without_a_warning_when_optimized() {
    Programs::build(&["-O2", "-DNDEBUG"]);
}

#[test]
fn every_qop_logs_in_and_talks_under_its_layer() {
    for (qop, layer, mark) in [
        ("auth", "none", None),
        ("auth-int", "integrity", Some("(signed ")),
        ("auth-conf", "confidentiality", Some("(sealed ")),
    ] {
        let server = Server::start(1);
        let dialogue = client(server.port, qop, "alice", "secret").expect(0).dialogue;
        let told = server.finish();
        for text in ["rspauth=", "c2 OK", "c3 OK", "* BYE", "c4 OK", &format!("layer: {layer}\n")] {
            assert!(dialogue.contains(text), "{qop}: {text}\n{dialogue}");
        }
        let login = format!("alice logged in by DIGEST-MD5, security layer: {layer}\n");
        for text in ["[1] C: c3 NOOP", "[1] S: c4 OK", "[1] -- closed", &login] {
            assert!(told.contains(text), "{qop}: {text}\n{told}");
        }
        let mark = mark.unwrap_or("bytes)");
        assert_eq!(told.contains(mark), qop != "auth", "{told}");
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let server = Server::start(3);
    for (user, password) in [("alice", "swordfish"), ("mallory", "secret"), ("bob", "")] {
        let ending = client(server.port, "auth-conf", user, password).expect(1);
        let refusal = "S: c2 NO [AUTHENTICATIONFAILED] Wrong user or password\n";
        assert!(ending.dialogue.contains(refusal), "{}", ending.dialogue);
    }
    assert_eq!(server.finish().matches("SEC_E_LOGON_DENIED").count(), 3);
}

#[test]
fn a_login_for_another_service_or_of_another_realm_is_refused() {
    let directory = support::scratch("other-realm");
    let (accounts, config) = (directory.join("accounts"), directory.join("secur32.toml"));
    let lines = ["example.org", "LISTED", "other", ""].map(account);
    std::fs::write(&accounts, lines.concat()).expect("accounts");
    std::fs::write(&config, "[server]\nrealms = [\"LISTED\"]\n").expect("a configuration");
    let rows = [
        ("example.org", "imap/127.0.0.1", "a OK"),
        ("example.org", "IMAP/mail.example.org", "a OK"),
        ("", "imap/mail.example.org/example.org", "a OK"),
        ("example.org", "ldap/127.0.0.1", "a NO [AUTHENTICATIONFAILED]"),
        ("example.org", "imap", "a NO [AUTHENTICATIONFAILED]"),
        ("example.org", "imapx/127.0.0.1", "a NO [AUTHENTICATIONFAILED]"),
        // Let in by the library, and not by the server.
        ("LISTED", "imap/127.0.0.1", "a NO [AUTHENTICATIONFAILED]"),
        ("other", "imap/127.0.0.1", "a NO [AUTHENTICATIONFAILED]"),
    ];
    let server = Server::start_with(rows.len(), &accounts, Some(&config));
    for (realm, uri, expected) in rows {
        let answer = log_in_for(&server, realm, uri);
        assert!(answer.starts_with(expected), "{realm:?} {uri}: {answer}");
    }
    let told = server.finish();
    let count = |text: &str| told.matches(text).count();
    assert_eq!(count("SEC_E_TARGET_UNKNOWN"), 3, "{told}");
    assert_eq!(count("another service: SEC_E_LOGON_DENIED"), 1, "{told}");
    assert_eq!(count("SaslAcceptSecurityContext: SEC_E_LOGON_DENIED"), 1, "{told}");
}

#[test]
fn a_cancelled_exchange_is_bad_and_the_next_one_succeeds() {
    let server = Server::start(1);
    let mut line = server.connect();
    line.ask("a AUTHENTICATE DIGEST-MD5", "+ ");
    line.ask("*", "a BAD");
    line.ask("b NOOP", "b OK");
    line.ask("c AUTHENTICATE digest-md5 =", "+ ");
    line.ask("*", "c BAD");
    line.ask("d LOGOUT", "* BYE");
    assert_eq!(line.read(), "d OK Logged out");
    drop(line);
    server.finish();
}

#[test]
fn lines_that_are_no_commands_are_bad_and_nothing_more() {
    let server = Server::start(1);
    let mut line = server.connect();
    for (command, answer) in [
        ("", "* BAD"),
        ("garbage", "* BAD"),
        ("* NOOP", "* BAD"),
        ("+ NOOP", "* BAD"),
        ("a\0 NOOP", "* BAD"),
        ("\u{fffd} NOOP", "* BAD"),
        (" a NOOP", "* BAD"),
        ("a", "* BAD"),
        ("a ", "* BAD"),
        ("a FROBNICATE", "a BAD"),
        ("a LIST \"\" \"*\"", "a BAD"),
        ("a LOGIN alice secret", "a NO"),
        ("a AUTHENTICATE", "a NO"),
        ("a AUTHENTICATE EXTERNAL", "a NO"),
        ("a AUTHENTICATE DIGEST-MD5 =x=", "a BAD"),
        ("a noop", "a OK"),
    ] {
        line.ask(command, answer);
    }
    drop(line);
    let told = server.finish();
    assert!(!told.contains("alice secret"), "a password is in the dialogue\n{told}");
}

#[test]
fn answers_that_are_no_responses_are_refused_and_hang_up_in_the_end() {
    let server = Server::start(1);
    let mut line = server.connect();
    let long = encode(&[b'x'; 5000]);
    for (answer, refusal) in [
        ("not base64", "a BAD"),
        ("AAA", "a BAD"),
        ("", "a NO"),
        (&encode(b"username=\"alice\",nonce"), "a NO"),
        (&long, "a NO"),
    ] {
        line.ask("a AUTHENTICATE DIGEST-MD5", "+ ");
        line.ask(answer, refusal);
    }
    assert_eq!(line.read(), "* BYE Too many refused logins");
    assert_eq!(line.read(), "");
    drop(line);
    server.finish();
}

#[test]
fn a_line_beyond_the_limit_ends_the_connection() {
    let server = Server::start(2);
    let mut line = server.connect();
    line.ask(&format!("a NOOP {}", "x".repeat(8192 - 7)), "a OK");
    line.ask(&format!("a NOOP {}", "x".repeat(8192 - 6)), "* BYE");
    let mut endless = server.connect();
    endless.send(&"x".repeat(100_000));
    assert_eq!(endless.read(), "* BYE That line is too long");
    drop((line, endless));
    server.finish();
}

#[test]
fn r33_clients_that_leave_midway_take_nothing_with_them() {
    let server = Server::start(61);
    for round in 0..60 {
        let mut line = server.connect();
        match round % 4 {
            0 => {}
            1 => line.send("a AUTHENTICATE DIG"),
            2 => drop(line.ask("a AUTHENTICATE DIGEST-MD5", "+ ")),
            _ => {
                line.ask("a AUTHENTICATE DIGEST-MD5", "+ ");
                line.send("dXNlcm5hbWU9");
            }
        }
    }
    client(server.port, "auth-conf", "alice", "secret").expect(0);
    let told = server.finish();
    assert_eq!(told.matches("-- the client is gone").count(), 60, "{told}");
}

#[test]
fn two_connections_at_once_do_not_wait_for_each_other() {
    let server = Server::start(3);
    let mut waiting = server.connect();
    waiting.ask("a AUTHENTICATE DIGEST-MD5", "+ ");
    std::thread::scope(|scope| {
        let one = scope.spawn(|| client(server.port, "auth-conf", "alice", "secret"));
        let other = scope.spawn(|| client(server.port, "auth-int", "bob", "swordfish"));
        one.join().expect("a client").expect(0);
        other.join().expect("a client").expect(0);
    });
    waiting.ask("*", "a BAD");
    drop(waiting);
    let told = server.finish();
    for user in ["alice", "bob"] {
        assert!(told.contains(&format!("{user} logged in by DIGEST-MD5")), "{told}");
    }
}

#[test]
fn commands_come_in_any_cut_into_frames() {
    let server = Server::start(1);
    let mut signed = Signed::log_in(&server);
    let frames = [
        signed.frame(b"a NOOP\r\nb LIST \"\" \"*\"\r\nc SEL"),
        signed.frame(b""),
        signed.frame(b"ECT INBOX\r"),
        signed.frame(b"\nd LOGOUT\r\n"),
    ];
    for byte in frames.concat() {
        signed.line.send_bytes(&[byte]);
    }
    for answer in ["a OK", "* LIST (\\Noselect) \"/\" INBOX", "b OK", "c NO", "* BYE", "d OK"] {
        let text = signed.read();
        assert!(text.starts_with(answer) && text.ends_with("\r\n"), "{answer:?}: {text:?}");
    }
    drop(signed);
    server.finish();
}

#[test]
fn frames_that_follow_the_last_empty_line_at_once_are_taken() {
    let server = Server::start(1);
    // The client's answer, the empty line and the first frame arrive in one piece.
    let mut signed = Signed::log_in_at_once(&server, b"a NOOP\r\n");
    assert!(signed.read().starts_with("a OK"));
    drop(signed);
    server.finish();
}

#[test]
fn r50_frames_too_long_too_short_or_altered_end_the_connection() {
    type Spoil = fn(&mut Vec<u8>);
    let rows: [(&str, Spoil, &str); 6] = [
        ("65537 bytes", |frame| frame[..4].copy_from_slice(&[0, 1, 0, 1]), "more than we take"),
        ("4 GiB", |frame| frame[..4].fill(0xFF), "more than we take"),
        ("15 bytes", |frame| frame[3] = 15, "SEC_E_INCOMPLETE_MESSAGE"),
        ("no bytes", |frame| frame[..4].fill(0), "SEC_E_INCOMPLETE_MESSAGE"),
        ("another text", |frame| frame[4] ^= 1, "SEC_E_MESSAGE_ALTERED"),
        ("another number", |frame| *frame.last_mut().expect("bytes") = 7, "SEC_E_OUT_OF_SEQUENCE"),
    ];
    let server = Server::start(rows.len());
    for (name, spoil, _) in rows {
        let mut signed = Signed::log_in(&server);
        let mut frame = signed.frame(b"a NOOP\r\n");
        spoil(&mut frame);
        signed.line.send_bytes(&frame);
        let text = signed.read();
        assert!(text.starts_with("* BYE "), "{name}: {text:?}");
        assert!(signed.line.rest().is_empty(), "{name}: more came");
    }
    let told = server.finish();
    for (name, _, reason) in rows {
        assert!(told.contains(reason), "{name}: {reason}\n{told}");
    }
}

#[test]
fn the_client_leaves_a_server_that_does_not_prove_itself() {
    let challenge = format!(
        "+ {}",
        encode(br#"realm="example.org",nonce="abc",qop="auth",algorithm=md5-sess,charset=utf-8"#)
    );
    let wrong = format!("+ {}", encode(b"rspauth=00000000000000000000000000000000"));
    let offer = "IMAP4rev1 AUTH=DIGEST-MD5";
    for (name, capabilities, replies) in [
        ("no mechanism", "IMAP4rev1 AUTH=PLAIN", &[][..]),
        ("another's name in it", "IMAP4rev1 XAUTH=DIGEST-MD5 AUTH=DIGEST-MD5X", &[]),
        ("OK at once", offer, &["c2 OK"]),
        ("OK without rspauth", offer, &[&*challenge, "c2 OK"]),
        ("a wrong rspauth", offer, &[&*challenge, &*wrong, "c2 BAD"]),
        ("a challenge that is none", offer, &["+ AAAA", "c2 BAD"]),
        ("not base64", offer, &["+ ???", "c2 BAD"]),
        ("BAD", offer, &["c2 BAD"]),
        ("silence", offer, &[]),
    ] {
        let ending = client_against(capabilities, replies);
        assert_eq!(ending.code, Some(3), "{name}: {}\n{}", ending.dialogue, ending.errors);
        assert!(!ending.dialogue.contains("NOOP"), "{name}: {}", ending.dialogue);
    }
    assert_eq!(client_against(offer, &[&*challenge, "c2 NO"]).code, Some(1));
}

/// A configuration with these profiles, and the example's keys.
fn scram(name: &str, profiles: &[&str]) -> std::path::PathBuf {
    let keys = support::root().join("examples/accounts.scram");
    let toml =
        format!("[sasl]\nprofiles = {profiles:?}\n[scram]\naccounts = '{}'\n", keys.display());
    let config = support::scratch(&format!("scram-{name}")).join("secur32.toml");
    std::fs::write(&config, toml).expect("a configuration");
    config
}

#[test]
fn the_client_takes_the_first_of_its_profiles_that_both_ends_have() {
    // The server's profiles, the client's, its words, the mechanism and the layer.
    type Row<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], &'a str, &'a str);
    const SHA_1: &str = "SCRAM-SHA-1";
    const SHA_256: &str = "SCRAM-SHA-256";
    const DIGEST: &str = "DIGEST-MD5";
    let default = ["GSSAPI", "GSS-SPNEGO", "EXTERNAL", DIGEST];
    let all = [SHA_256, SHA_1, DIGEST];
    let rows: [Row<'_>; 9] = [
        (&all, &all, &[], SHA_256, "none"),
        (&[DIGEST, SHA_1, SHA_256], &all, &[], SHA_256, "none"),
        (&all, &[SHA_1, DIGEST], &[], SHA_1, "none"),
        (&all, &[DIGEST, SHA_256], &[], DIGEST, "confidentiality"),
        (&all, &default, &[], DIGEST, "confidentiality"),
        (&default, &all, &[], DIGEST, "confidentiality"),
        (&all, &all, &["--qop", "auth-int"], DIGEST, "integrity"),
        (&all, &all, &["--mechanism", DIGEST], DIGEST, "confidentiality"),
        // Neither end binds to a TLS that is not there.
        (&["SCRAM-SHA-256-PLUS", SHA_256], &["SCRAM-SHA-256-PLUS", SHA_256], &[], SHA_256, "none"),
    ];
    let accounts = support::root().join("examples/accounts.htdigest");
    for (at, (offered, taken, words, mechanism, layer)) in rows.into_iter().enumerate() {
        let here = scram(&format!("server-{at}"), offered);
        let there = scram(&format!("client-{at}"), taken);
        let server = Server::start_with(1, &accounts, Some(&here));
        let ending = client_with(Some(&there), words, server.port, "alice", "secret").expect(0);
        let told = server.finish();
        let login = format!("alice logged in by {mechanism}, security layer: {layer}\n");
        assert!(told.contains(&login), "row {at}: {login}{told}");
        assert!(!ending.dialogue.contains("-PLUS"), "row {at}: {}", ending.dialogue);
    }
}

#[test]
fn scram_begins_with_the_command_or_after_an_empty_challenge() {
    let config = scram("begins", &["SCRAM-SHA-256", "DIGEST-MD5"]);
    let accounts = support::root().join("examples/accounts.htdigest");
    let server = Server::start_with(3, &accounts, Some(&config));
    let first = encode(b"n,,n=alice,r=abcdefgh");
    let mut line = server.connect();
    for command in ["a AUTHENTICATE SCRAM-SHA-256", "a AUTHENTICATE scram-sha-256 ="] {
        assert_eq!(line.ask(command, "+ "), "+ ");
        line.ask(&first, "+ cj1hYmNkZWZna"); // r=abcdefgh and more
        line.ask("*", "a BAD");
    }
    line.ask(&format!("a AUTHENTICATE SCRAM-SHA-256 {first}"), "+ cj1hYmNkZWZna");
    // Client-final of another nonce.
    line.ask(&encode(b"c=biws,r=abcdefgh,p=AAAA"), "a NO That answer");
    drop(line);
    for (password, code) in [("secret", 0), ("Secret", 1)] {
        client_with(Some(&config), &[], server.port, "alice", password).expect(code);
    }
    let told = server.finish();
    assert!(told.contains("alice logged in by SCRAM-SHA-256, security layer: none"), "{told}");
    assert!(told.contains("S: c2 NO [AUTHENTICATIONFAILED] Wrong user or password"), "{told}");
}

#[test]
fn the_client_waits_with_its_first_message_where_the_server_takes_no_initial_response() {
    let config = scram("waits", &["SCRAM-SHA-256"]);
    let against =
        |offer: &str, replies: &[&str]| client_with_against(Some(&config), offer, replies);
    let challenge = format!("+ {}", encode(b"r=notyours,s=AAECAwQFBgcICQoLDA0ODw==,i=4096"));
    let plain = "IMAP4rev1 AUTH=SCRAM-SHA-256";
    let waits = against(plain, &["+ ", &challenge, "c2 BAD"]);
    assert!(waits.dialogue.contains("C: c2 AUTHENTICATE SCRAM-SHA-256\n"), "{}", waits.dialogue);
    let initial = against("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256", &[&challenge, "c2 BAD"]);
    let with_token = "C: c2 AUTHENTICATE SCRAM-SHA-256 biws"; // n,,
    assert!(initial.dialogue.contains(with_token), "{}", initial.dialogue);
    for ending in [waits, initial] {
        assert!(ending.errors.contains("SEC_E_INVALID_TOKEN"), "{}", ending.errors);
        assert_eq!(ending.expect(3).dialogue.matches("NOOP").count(), 0);
    }
    // Success that no signature stands behind.
    let early = against("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256", &["c2 OK"]).expect(3);
    assert!(early.errors.contains("did not prove itself"), "{}", early.errors);
}
