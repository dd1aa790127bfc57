//! The IMAP example, both sides, as separate programs: logins with every qop, refusals, and peers
//! that misbehave.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod imap;
mod support;

use imap::digest::{Signed, account, encode, log_in_for};
use imap::{Programs, Server, client, client_against};

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
