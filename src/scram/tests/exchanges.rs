//! Exchanges of both ends of this library.

use super::*;
use crate::scram::credential::{Salted, ScramCredential};
use crate::scram::hash::{client_key, server_key};

const NAMES: [&str; 3] = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"];

fn client(package: &str, user: &str, password: &str) -> End {
    End::client(&credential(package, Some((user, password)), None, ""))
}

#[test]
fn users_with_keys_and_with_passwords_log_in() {
    for package in NAMES {
        let serving = serving(package, Accounts::usual());
        for user in ["alice", "bob"] {
            let mut server = End::server(&serving);
            let mut client = client(package, user, "secret");
            let (status, last) = log_in(&mut server, &mut client);
            assert_eq!(status, Status::OK, "{package} {user}");
            assert_eq!(client.step(last), (Status::OK, String::new()));
            assert!(server.context.established() && client.context.established());
        }
    }
}

#[test]
fn a_server_that_is_asked_first_sends_an_empty_challenge() {
    let mut server = End::server(&serving(NAMES[1], Accounts::usual()));
    let mut client = client(NAMES[1], "alice", "secret");
    for _ in 0..2 {
        assert_eq!(server.step(""), (Status::CONTINUE_NEEDED, String::new()));
    }
    let first = client.goes_on("");
    // The client is told so too.
    assert_eq!(client.goes_on(""), first);
    let challenge = server.goes_on(first);
    let last = client.goes_on(challenge);
    assert_eq!(server.status(last), Status::OK);
}

#[test]
fn an_authorization_identity_that_is_set_in_between_is_sent() {
    let mut server = End::server(&serving(NAMES[1], Accounts::usual()));
    let mut client = client(NAMES[1], "alice", "secret");
    let first = client.goes_on("");
    client.authorization = "b=,";
    let second = client.goes_on("");
    assert!(second.starts_with("n,a=b=3D=2C,n=alice,r="), "{second}");
    assert_ne!(value(&first, 'r'), value(&second, 'r'));
    assert_eq!(client.goes_on(""), second);
    let challenge = server.goes_on(second);
    let last = client.goes_on(challenge);
    assert_eq!(server.context.authorization(), b"");
    assert_eq!(server.status(last), Status::OK);
    assert_eq!(server.context.authorization(), b"b=,");
}

#[test]
fn an_authorization_identity_that_comes_too_late_is_not_left_out() {
    let mut server = End::server(&serving(NAMES[1], Accounts::usual()));
    let mut client = client(NAMES[1], "alice", "secret");
    let first = client.goes_on("");
    client.authorization = "bob";
    let challenge = server.goes_on(first);
    assert_eq!(client.status(challenge), Status::UNSUPPORTED_FUNCTION);
}

#[test]
fn forbidden_authorization_identities_are_refused_at_client_final() {
    for (authorization, expected) in [("", Status::OK), ("bob", Status::ALGORITHM_MISMATCH)] {
        let mut server = End::server(&serving(NAMES[1], Accounts::usual()));
        let mut client = client(NAMES[1], "alice", "secret");
        client.authorization = authorization;
        server.authorization_allowed = false;
        assert_eq!(log_in(&mut server, &mut client).0, expected);
        assert_eq!(server.context.authorization(), b"");
    }
}

#[test]
fn names_are_looked_up_as_sent_then_as_saslprep_has_them() {
    for (sent, known, asked) in [
        ("alice", "alice", &["alice"][..]),
        ("\u{2168}", "IX", &["\u{2168}", "IX"]),
        ("\u{2168}", "\u{2168}", &["\u{2168}"]),
        ("\u{1f511}", "\u{1f511}", &["\u{1f511}"]),
    ] {
        let accounts = Arc::new(Accounts::default());
        accounts.add(known, Hash::Sha256, Has::Keys("secret", SALT, COUNT));
        let serving = credential(NAMES[1], None, Some(Arc::clone(&accounts)), "");
        let mut server = End::server(&serving);
        // As a client that does not prepare names sends it.
        server.goes_on(format!("n,,n={sent},r=abc"));
        assert_eq!(*accounts.asked.lock().unwrap(), asked, "{sent}");
    }
    // The account's spelling is the one that counts.
    let accounts = Accounts::default();
    accounts.add("IX", Hash::Sha256, Has::Keys("secret", SALT, COUNT));
    let mut server = End::server(&serving(NAMES[1], accounts));
    let mut client = client(NAMES[1], "\u{2168}", "secret");
    assert_eq!(log_in(&mut server, &mut client).0, Status::OK);
    assert_eq!(attributes::name_of(&server), "IX");
    assert_eq!(attributes::name_of(&server), "IX");
}

#[test]
fn an_empty_name_is_for_sources_that_take_one() {
    for (takes_empty_names, expected) in [(true, Status::OK), (false, Status::INVALID_TOKEN)] {
        let accounts = Accounts { takes_empty_names, ..Accounts::default() };
        accounts.add("", Hash::Sha256, Has::Keys("secret", SALT, COUNT));
        let mut server = End::server(&serving(NAMES[1], accounts));
        let mut client = client(NAMES[1], "", "secret");
        let (status, challenge) = server.step(client.goes_on(""));
        if status == Status::CONTINUE_NEEDED {
            let last = client.goes_on(challenge);
            assert_eq!(server.status(last), expected);
        } else {
            assert_eq!(status, expected);
        }
    }
}

#[test]
fn a_credential_keeps_what_it_hashed_for_servers_that_proved_it() {
    let path = |configuration| {
        let user = Some(("alice", "secret"));
        ScramCredential::acquire(
            named(NAMES[1]).unwrap(),
            Hash::Sha256,
            false,
            request(user, None, configuration),
        )
        .unwrap()
    };
    let credential = Arc::new(path("[scram]\niterations_min = 1\ncache = 2"));
    let outbound: Arc<dyn Credential> = Arc::clone(&credential) as Arc<dyn Credential>;
    let log_in_with = |salt: &'static [u8], finish: bool| {
        let accounts = Accounts::default();
        accounts.add("alice", Hash::Sha256, Has::Keys("secret", salt, COUNT));
        let mut server = End::server(&serving(NAMES[1], accounts));
        let mut client = End::client(&outbound);
        let (status, last) = log_in(&mut server, &mut client);
        assert_eq!(status, Status::OK);
        if finish {
            assert_eq!(client.status(last), Status::OK);
        }
    };
    let (one, two, three) = (&b"salt of one"[..], &b"salt of two"[..], &b"salt of three"[..]);
    log_in_with(one, false);
    assert!(credential.salted(one, COUNT).is_none(), "before the server's signature");
    for salt in [one, two, one] {
        log_in_with(salt, true);
        assert!(credential.salted(salt, COUNT).is_some());
    }
    assert!(credential.salted(one, COUNT + 1).is_none());
    log_in_with(three, true);
    let kept = [one, two, three].map(|salt| credential.salted(salt, COUNT).is_some());
    assert_eq!(kept, [false, true, true], "the oldest goes");
    let none = path("[scram]\ncache = 0");
    none.keep(credential.salted(two, COUNT).unwrap());
    assert!(none.salted(two, COUNT).is_none());
}

#[test]
fn what_is_kept_is_what_is_used() {
    // With keys of another password kept, the login has that password.
    let user = Some(("alice", "another"));
    let credential = Arc::new(
        ScramCredential::acquire(
            named(NAMES[1]).unwrap(),
            Hash::Sha256,
            false,
            request(user, None, "scram.iterations_min = 1"),
        )
        .unwrap(),
    );
    let key = Hash::Sha256.salted_password(b"secret", SALT, COUNT);
    let (client_key, server_key) = (client_key(&key), server_key(&key));
    credential.keep(Salted::new(SALT, COUNT, client_key, server_key).unwrap());
    let mut server = End::server(&serving(NAMES[1], Accounts::usual()));
    let mut client = End::client(&(credential as Arc<dyn Credential>));
    let (status, last) = log_in(&mut server, &mut client);
    assert_eq!((status, client.status(last)), (Status::OK, Status::OK));
}

#[test]
fn bindings_that_come_with_the_empty_call_are_kept() {
    let mut server = End::server(&serving("SCRAM-SHA-256-PLUS", Accounts::usual()));
    server = server.bound(b"tls-exporter:the channel");
    server.goes_on("");
    server.bindings.clear();
    let user = Some(("alice", "secret"));
    let mut client = End::client(&credential("SCRAM-SHA-256-PLUS", user, None, ""));
    client = client.bound(b"tls-exporter:the channel");
    assert_eq!(log_in(&mut server, &mut client).0, Status::OK);
}

#[test]
fn a_client_that_binds_is_served_by_the_plain_package_too() {
    let mut server = End::server(&serving(NAMES[1], Accounts::usual()));
    server = server.bound(b"tls-unique:y").bound(b"tls-exporter:the channel");
    let user = Some(("alice", "secret"));
    let mut client = End::client(&credential("SCRAM-SHA-256-PLUS", user, None, ""));
    client = client.bound(b"tls-exporter:the channel");
    assert_eq!(log_in(&mut server, &mut client).0, Status::OK);
}

#[test]
fn a_channel_that_ends_at_another_machine_is_not_compared() {
    for package in ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] {
        let mut server = End::server(&serving(package, Accounts::usual()));
        server.flags = Flags::PROXY_BINDINGS;
        let user = Some(("alice", "secret"));
        let mut client = End::client(&credential("SCRAM-SHA-256-PLUS", user, None, ""));
        client = client.bound(b"tls-exporter:whatever");
        assert_eq!(log_in(&mut server, &mut client).0, Status::OK, "{package}");
    }
}
