//! Exchanges that are refused, and how.

use super::*;
use crate::base64;

const PACKAGE: &str = "SCRAM-SHA-256";

fn server() -> End {
    End::server(&serving(PACKAGE, Accounts::usual()))
}

fn client() -> End {
    End::client(&credential(PACKAGE, Some(("alice", "secret")), None, ""))
}

/// Both ends up to client-final, which the client has made.
fn at_client_final() -> (End, End, String) {
    let (mut server, mut client) = (server(), client());
    let first = client.goes_on("");
    let challenge = server.goes_on(first);
    let last = client.goes_on(challenge);
    (server, client, last)
}

/// client-final with one of its attributes changed.
fn with(message: &str, name: char, changed: &str) -> String {
    let old = format!("{name}={}", value(message, name));
    message.replacen(&old, &format!("{name}={changed}"), 1)
}

fn encoded(bytes: &[u8]) -> String {
    let mut space = vec![0; base64::length_of(bytes.len())];
    String::from_utf8(base64::write(bytes, &mut space).unwrap().to_vec()).unwrap()
}

#[test]
fn s02_bindings_of_a_client_where_the_server_has_none() {
    for package in [PACKAGE, "SCRAM-SHA-256-PLUS"] {
        let mut server = End::server(&serving(package, Accounts::usual()));
        let status = server.status("p=tls-unique,,n=alice,r=abc");
        assert_eq!(status, Status::BAD_BINDINGS);
    }
}

#[test]
fn s08_a_client_that_believes_the_server_has_no_bindings() {
    for flags in [Flags::NONE, Flags::HTTP] {
        let mut server = server().bound(b"tls-exporter:x");
        server.flags = flags;
        assert_eq!(server.status("y,,n=alice,r=abc"), Status::BAD_BINDINGS);
        assert_eq!(server.status("n,,n=alice,r=abc"), Status::INVALID_TOKEN);
    }
}

#[test]
fn s09_messages_in_another_order() {
    let (mut good, _, last) = at_client_final();
    assert_eq!(server().status(&last), Status::INVALID_TOKEN);
    let mut twice = server();
    twice.goes_on("n,,n=alice,r=abc");
    assert_eq!(twice.status("n,,n=alice,r=abc"), Status::INVALID_TOKEN);
    assert_eq!(twice.status(&last), Status::INVALID_TOKEN);
    assert_eq!(good.status(&last), Status::OK);
    assert_eq!(good.status(&last), Status::STATUS_LOGON_FAILURE);
    assert_eq!(good.status(""), Status::STATUS_LOGON_FAILURE);
    assert!(good.context.established());
    let (mut failed, _, last) = at_client_final();
    let wrong = with(&last, 'p', &encoded(&[0; 32]));
    assert_eq!(failed.status(&wrong), Status::LOGON_DENIED);
    for message in [&last, &wrong, ""] {
        assert_eq!(failed.status(message), Status::STATUS_LOGON_FAILURE);
    }
    assert!(!failed.context.established());
}

#[test]
fn s10_s13_s14_client_finals_that_are_malformed_or_of_another_nonce() {
    let (_, _, sample) = at_client_final();
    let nonces = value(&sample, 'r').to_owned();
    let (clients, servers) = nonces.split_at(24);
    for change in [
        |m: &str, _: &str, _: &str| with(m, 'c', ""),
        |m: &str, _: &str, _: &str| with(m, 'c', "*iws"),
        |m: &str, _: &str, _: &str| with(m, 'c', "biw"),
        |m: &str, _: &str, _: &str| with(m, 'c', "bh=="),
        |m: &str, clients: &str, _: &str| with(m, 'r', clients),
        |m: &str, _: &str, servers: &str| with(m, 'r', servers),
        |m: &str, clients: &str, _: &str| with(m, 'r', &clients.repeat(2)),
        |m: &str, _: &str, _: &str| with(m, 'r', &(value(m, 'r').to_owned() + "x")),
        |m: &str, _: &str, _: &str| {
            let flip = |c: char| {
                if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
            };
            with(m, 'r', &value(m, 'r').chars().map(flip).collect::<String>())
        },
        |m: &str, _: &str, _: &str| with(m, 'p', ""),
        |m: &str, _: &str, _: &str| with(m, 'p', &encoded(&[0; 31])),
        |m: &str, _: &str, _: &str| with(m, 'p', &encoded(&[0; 33])),
        |m: &str, _: &str, _: &str| with(m, 'p', &encoded(&[0; 20])),
        |m: &str, _: &str, _: &str| format!("{m},p={}", value(m, 'p')),
        |m: &str, _: &str, _: &str| format!("{m},x=y"),
        |m: &str, _: &str, _: &str| format!("{m}\0"),
        |m: &str, _: &str, _: &str| m.split_once(",p=").unwrap().0.to_owned(),
    ] {
        let (mut server, _, last) = at_client_final();
        let (own, others) = value(&last, 'r').split_at(24);
        let changed = change(&last, own, others);
        assert_ne!(changed, last);
        assert_eq!(server.status(&changed), Status::INVALID_TOKEN, "{changed}");
        assert_eq!(server.status(&last), Status::INVALID_TOKEN, "dead after {changed}");
    }
    assert_ne!(clients, servers);
}

#[test]
fn every_part_of_client_final_that_is_cut_off_is_refused() {
    let (_, _, sample) = at_client_final();
    // The proof's last two characters at a time: each is another exchange.
    for length in (0..sample.len()).step_by(7).chain([sample.len() - 1, sample.len() - 4]) {
        let (mut server, _, last) = at_client_final();
        assert_eq!(server.status(&last[..length]), Status::INVALID_TOKEN, "{length}");
    }
}

/// A client's messages, made by hand: the proof is over what is sent.
struct ByHand {
    first_bare: String,
    challenge: String,
}

impl ByHand {
    fn final_message(&self, header: &[u8], extensions: &str, password: &str) -> String {
        let salt = &mut [0; 64];
        let salt = base64::read(value(&self.challenge, 's').as_bytes(), salt).unwrap();
        let salted = Hash::Sha256.salted_password(password.as_bytes(), salt, COUNT);
        self.proven(header, extensions, &crate::scram::hash::client_key(&salted))
    }

    fn proven(
        &self,
        header: &[u8],
        extensions: &str,
        client_key: &crate::scram::hash::Key,
    ) -> String {
        let start = format!("c={},r={}{extensions}", encoded(header), value(&self.challenge, 'r'));
        let covered = format!("{},{},{start}", self.first_bare, self.challenge);
        let stored_key = crate::scram::hash::stored_key(client_key);
        let signature = Hash::Sha256.hmac(stored_key.bytes(), &[covered.as_bytes()]);
        format!("{start},p={}", encoded(client_key.xor(&signature).bytes()))
    }
}

/// Sends client-first to a server.
fn by_hand(server: &mut End, header: &str) -> ByHand {
    let first_bare = "n=alice,r=clients".to_owned();
    let challenge = server.goes_on(format!("{header}{first_bare}"));
    ByHand { first_bare, challenge }
}

#[test]
fn s11_another_header_than_client_first_had() {
    for (first, last, expected) in [
        ("n,,", &b"n,,"[..], Status::OK),
        ("n,,", b"y,,", Status::BAD_BINDINGS),
        ("y,,", b"n,,", Status::BAD_BINDINGS),
        ("n,,", b"n,a=bob,", Status::BAD_BINDINGS),
        ("n,a=bob,", b"n,,", Status::BAD_BINDINGS),
        ("n,a=bob,", b"n,a=carol,", Status::BAD_BINDINGS),
        ("n,a=b=2Cb,", b"n,a=b=2cb,", Status::BAD_BINDINGS),
        ("n,a=b=2cb,", b"n,a=b=2cb,", Status::OK),
        ("n,,", b"n,", Status::BAD_BINDINGS),
        ("n,,", b"n,,x", Status::BAD_BINDINGS),
        ("y,,", b"y,,tls", Status::BAD_BINDINGS),
    ] {
        let mut server = server();
        let message = by_hand(&mut server, first).final_message(last, "", "secret");
        assert_eq!(server.status(&message), expected, "{first} {}", last.escape_ascii());
    }
}

#[test]
fn s12_data_of_another_channel() {
    let header = "p=tls-exporter,,";
    for (data, password, expected) in [
        (&b"the channel"[..], "secret", Status::OK),
        (b"the channe", "secret", Status::BAD_BINDINGS),
        (b"the channel!", "secret", Status::BAD_BINDINGS),
        (b"the channem", "secret", Status::BAD_BINDINGS),
        (b"", "secret", Status::BAD_BINDINGS),
        (b"tls-exporter:the channel", "secret", Status::BAD_BINDINGS),
        // The proof comes first.
        (b"the channem", "Secret", Status::LOGON_DENIED),
    ] {
        let serving = serving("SCRAM-SHA-256-PLUS", Accounts::usual());
        let mut server = End::server(&serving).bound(b"tls-exporter:the channel");
        let input = [header.as_bytes(), data].concat();
        let message = by_hand(&mut server, header).final_message(&input, "", password);
        assert_eq!(server.status(&message), expected, "{}", data.escape_ascii());
        assert_eq!(server.context.established(), expected == Status::OK);
    }
}

#[test]
fn s15_proofs_of_other_secrets() {
    let mut server_ = server();
    let hand = by_hand(&mut server_, "n,,");
    let wrong = hand.final_message(b"n,,", "", "Secret");
    assert_eq!(server_.status(&wrong), Status::LOGON_DENIED);
    // The stored key in the place of the client's.
    let mut server_ = server();
    let hand = by_hand(&mut server_, "n,,");
    let stored_key = pair_of(&Hash::Sha256.salted_password(b"secret", SALT, COUNT)).stored_key;
    let message = hand.proven(b"n,,", "", &stored_key);
    assert_eq!(server_.status(&message), Status::LOGON_DENIED);
    let (mut server_, _, last) = at_client_final();
    assert_eq!(server_.status(with(&last, 'p', &encoded(&[0; 32]))), Status::LOGON_DENIED);
    // Of another exchange.
    let (_, _, other) = at_client_final();
    let (mut server_, _, last) = at_client_final();
    assert_eq!(server_.status(with(&last, 'p', value(&other, 'p'))), Status::LOGON_DENIED);
}

#[test]
fn s16_extensions_are_covered_and_passed_over() {
    for extensions in [",x=y".to_owned(), ",x=y".repeat(100)] {
        let mut server = server();
        let message = by_hand(&mut server, "n,,").final_message(b"n,,", &extensions, "secret");
        assert_eq!(server.status(&message), Status::OK);
        let (mut server, _, last) = at_client_final();
        let added = last.replacen(",p=", &format!("{extensions},p="), 1);
        assert_eq!(server.status(added), Status::LOGON_DENIED);
    }
}

#[test]
fn s19_counts_beyond_what_is_allowed_are_refused_at_once() {
    for (count, configuration, expected) in [
        (4095, "[scram]", Status::SECURITY_QOS_FAILED),
        (4096, "[scram]", Status::CONTINUE_NEEDED),
        (1_000_001, "[scram]", Status::SECURITY_QOS_FAILED),
        (u32::MAX, "[scram]", Status::SECURITY_QOS_FAILED),
        (4097, "scram.iterations_max = 4096", Status::SECURITY_QOS_FAILED),
        (1, "scram.iterations_min = 1", Status::CONTINUE_NEEDED),
        (4999, "scram.iterations_min = 5000", Status::SECURITY_QOS_FAILED),
    ] {
        let user = Some(("alice", "secret"));
        let mut client = End::client(&credential(PACKAGE, user, None, configuration));
        let first = client.goes_on("");
        let challenge = format!("r={}x,s=AAAAAAAAAAA=,i={count}", value(&first, 'r'));
        assert_eq!(client.status(challenge), expected, "{count} {configuration}");
    }
}

#[test]
fn s17_s20_s25_server_firsts_that_are_none() {
    for form in [
        "r={}",
        "r={}x",
        "r={},s=AAAA,i=4096",
        "r=x{},s=AAAA,i=4096",
        "r={} ,s=AAAA,i=4096",
        "r={}x,s=,i=4096",
        "r={}x,s=A,i=4096",
        "r={}x,s=AAAA,i=0",
        "r={}x,s=AAAA,i=04096",
        "r={}x,i=4096,s=AAAA",
        "r={}x,s=AAAA,i=4096,",
        "v=AAAA",
    ] {
        let mut client = client();
        let first = client.goes_on("");
        let challenge = form.replace("{}", value(&first, 'r'));
        assert_eq!(client.status(&challenge), Status::INVALID_TOKEN, "{challenge}");
        assert_eq!(client.status(""), Status::INVALID_TOKEN, "dead after {challenge}");
    }
    assert_eq!(client().status("r=x,s=AAAA,i=4096"), Status::INVALID_TOKEN);
}

#[test]
fn s22_servers_that_say_why_they_refuse() {
    for (value, expected) in [
        ("invalid-proof", Status::LOGON_DENIED),
        ("unknown-user", Status::LOGON_DENIED),
        ("channel-bindings-dont-match", Status::BAD_BINDINGS),
        ("server-does-support-channel-binding", Status::BAD_BINDINGS),
        ("channel-binding-not-supported", Status::BAD_BINDINGS),
        ("unsupported-channel-binding-type", Status::BAD_BINDINGS),
        ("invalid-encoding", Status::INVALID_TOKEN),
        ("invalid-username-encoding", Status::INVALID_TOKEN),
        ("extensions-not-supported", Status::UNSUPPORTED_FUNCTION),
        ("no-resources", Status::NO_AUTHENTICATING_AUTHORITY),
        ("other-error", Status::LOGON_DENIED),
        ("what-is-this", Status::LOGON_DENIED),
    ] {
        let mut early = client();
        early.goes_on("");
        assert_eq!(early.status(format!("e={value}")), expected, "{value}");
        let (_, mut late, _) = at_client_final();
        assert_eq!(late.status(format!("e={value}")), expected, "{value}");
        assert!(!late.context.established());
    }
    let error = crate::scram::failures::refused::<()>(&[b'\x01'; 500]).unwrap_err();
    assert!(error.reason().len() < 400 && error.reason().is_ascii());
}

#[test]
fn s23_s24_server_finals_that_prove_nothing() {
    let other = {
        let (mut server, _, last) = at_client_final();
        server.step(last).1
    };
    for (message, expected) in [
        (String::new(), Status::INVALID_TOKEN),
        ("v=".to_owned(), Status::INVALID_TOKEN),
        (format!("v={}", encoded(&[0; 31])), Status::INVALID_TOKEN),
        (format!("v={}", encoded(&[0; 33])), Status::INVALID_TOKEN),
        (format!("v={}", encoded(&[0; 32])), Status::WRONG_PRINCIPAL),
        (other, Status::WRONG_PRINCIPAL),
    ] {
        let (_, mut client, _) = at_client_final();
        assert_eq!(client.status(&message), expected, "{message}");
        assert!(!client.context.established());
    }
    // The right beginning.
    let (mut server, mut client, last) = at_client_final();
    let proof = server.step(last).1;
    let end = if proof.ends_with("A=") { "E=" } else { "A=" };
    let changed = format!("{}{end}", &proof[..proof.len() - 2]);
    assert_eq!(client.status(&changed), Status::WRONG_PRINCIPAL, "{changed}");
}

#[test]
fn s25_s26_server_finals_early_twice_and_extended() {
    let (mut server, mut client, last) = at_client_final();
    let proof = server.step(last).1;
    assert_eq!(client.status(format!("{proof},x=y")), Status::OK);
    assert_eq!(client.status(&proof), Status::STATUS_LOGON_FAILURE);
    assert!(client.context.established());
    let mut early = self::client();
    early.goes_on("");
    assert_eq!(early.status(&proof), Status::INVALID_TOKEN);
    // server-first again.
    let (mut server, mut client) = (self::server(), self::client());
    let first = client.goes_on("");
    let challenge = server.goes_on(first);
    client.goes_on(&challenge);
    assert_eq!(client.status(&challenge), Status::INVALID_TOKEN);
}

#[test]
fn s27_whom_there_is_not_is_challenged_like_others_and_refused_at_the_end() {
    let accounts = Accounts::usual();
    accounts.add("of another hash", Hash::Sha1, Has::Keys("secret", SALT, COUNT));
    let accounts =
        Accounts { usual: Some(Usual { salt: SALT.len(), iterations: COUNT }), ..accounts };
    let serving = serving(PACKAGE, accounts);
    let challenge = |name: &str| {
        let challenge = End::server(&serving).goes_on(format!("n,,n={name},r=abc"));
        let (salt, count) = (value(&challenge, 's'), value(&challenge, 'i'));
        (salt.to_owned(), count.to_owned(), challenge.len())
    };
    let known = challenge("alice");
    for name in ["nobody", "of another hash"] {
        let found = challenge(name);
        assert_eq!(challenge(name), found, "{name}");
        assert_ne!(found.0, known.0);
        assert_eq!((found.1, found.2), (known.1.clone(), known.2), "{name}");
        let mut server = End::server(&serving);
        let user = Some((name, "secret"));
        let mut client = End::client(&credential(PACKAGE, user, None, ""));
        assert_eq!(log_in(&mut server, &mut client).0, Status::LOGON_DENIED, "{name}");
    }
    assert_ne!(challenge("nobody").0, challenge("somebody").0);
}

#[test]
fn s27_salts_of_users_with_passwords_stay_the_same() {
    let serving = serving(PACKAGE, Accounts::usual());
    let challenge = |name: &str| {
        let challenge = End::server(&serving).goes_on(format!("n,,n={name},r=abc"));
        value(&challenge, 's').to_owned()
    };
    assert_eq!(challenge("bob"), challenge("bob"));
    assert_ne!(challenge("bob"), challenge("nobody"));
    assert_eq!(challenge("bob").len(), challenge("nobody").len());
}

#[test]
fn s30_a_plus_client_without_bindings_sends_nothing() {
    let user = Some(("alice", "secret"));
    let mut client = End::client(&credential("SCRAM-SHA-256-PLUS", user, None, ""));
    assert_eq!(client.step(""), (Status::BAD_BINDINGS, String::new()));
    assert_eq!(client.status(""), Status::INVALID_TOKEN);
}

#[test]
fn s31_exchanges_that_are_given_up_leave_nothing() {
    let serving = serving(PACKAGE, Accounts::usual());
    for number in 0..1000 {
        let mut server = End::server(&serving);
        server.goes_on(format!("n,,n=nobody{number},r=abc"));
    }
    assert_eq!(Arc::strong_count(&serving), 1);
}

#[test]
fn s31_keys_are_those_of_client_first() {
    let accounts = Arc::new(Accounts::usual());
    let serving = credential(PACKAGE, None, Some(Arc::clone(&accounts)), "");
    let mut server = End::server(&serving);
    let mut client = self::client();
    let challenge = server.goes_on(client.goes_on(""));
    accounts.known.lock().unwrap().clear();
    let last = client.goes_on(challenge);
    assert_eq!(server.status(last), Status::OK);
    assert_eq!(accounts.asked.lock().unwrap().len(), 1);
}

#[test]
fn accounts_that_cannot_be_asked_are_not_unknown_users() {
    let accounts = Accounts { unavailable: true, ..Accounts::usual() };
    let mut server = End::server(&serving(PACKAGE, accounts));
    let status = server.status("n,,n=alice,r=abc");
    assert_eq!(status, Status::NO_AUTHENTICATING_AUTHORITY);
}

#[test]
fn a_caller_who_wants_to_tell_the_client_why_gets_the_words() {
    let (mut server, _, last) = at_client_final();
    server.flags = Flags::EXTENDED_ERROR;
    let wrong = with(&last, 'p', &encoded(&[0; 32]));
    assert_eq!(server.step(wrong), (Status::LOGON_DENIED, "e=invalid-proof".to_owned()));
    let (mut server, _, last) = at_client_final();
    server.flags = Flags::EXTENDED_ERROR;
    let other = with(&last, 'c', "eSws");
    let told = "e=channel-bindings-dont-match".to_owned();
    assert_eq!(server.step(other), (Status::BAD_BINDINGS, told));
    let (mut server, _, _) = at_client_final();
    server.flags = Flags::EXTENDED_ERROR;
    assert_eq!(server.step("x"), (Status::INVALID_TOKEN, "e=invalid-encoding".to_owned()));
    // Whoever does not ask is told nothing.
    let (mut server, _, _) = at_client_final();
    assert_eq!(server.status("x"), Status::INVALID_TOKEN);
}
