//! Settings that peers need: the qops that are offered, and the charset that is hashed.

use super::*;
use crate::digest::message::charset::downgrade;

fn challenge_with(keys: &str, flags: Flags) -> (Box<dyn Context>, String) {
    let context = begin(&server_with(settings(keys), &Arc::default()), Role::Server);
    let (_, challenge) = take_step(&*context, flags, b"").unwrap();
    (context, String::from_utf8(challenge).unwrap())
}

#[test]
fn no_more_is_offered_than_is_configured() {
    for (keys, flags, offered) in [
        ("", Flags::SEALED, "auth,auth-int,auth-conf"),
        ("qop = \"auth\"", Flags::SEALED, "auth"),
        ("qop = \"auth\"", Flags::SIGNED, "auth"),
        ("qop = \"auth\"", Flags::NONE, "auth"),
        ("qop = \"auth,auth-int\"", Flags::SEALED, "auth,auth-int"),
        ("qop = \"auth-conf,auth\"", Flags::SEALED, "auth,auth-conf"),
        ("qop = \"auth-conf,auth\"", Flags::SIGNED, "auth"),
        ("qop = \"auth,auth-int,auth-conf\"", Flags::SIGNED, "auth,auth-int"),
    ] {
        let (_, challenge) = challenge_with(keys, flags);
        assert!(challenge.starts_with(&format!("qop=\"{offered}\",")), "{keys}: {challenge}");
        assert_eq!(challenge.contains("cipher="), offered.contains("auth-conf"), "{challenge}");
    }
}

/// libstrophe answers the server's whole list, which is right where it has one value.
#[test]
fn a_program_that_asks_for_a_layer_goes_on_without_where_none_is_offered() {
    let (context, challenge) = challenge_with("qop = \"auth\"", Flags::SEALED);
    let client = begin(&client(), Role::Client);
    let (_, response) = take_step(&*client, Flags::NONE, challenge.as_bytes()).unwrap();
    let (step, _) = take_step(&*context, Flags::SEALED, &response).unwrap();
    assert_eq!((step.outcome, step.flags), (Outcome::Done, Flags::NONE));

    for qop in ["auth-int", "auth-conf,cipher=rc4", "auth,auth-int,auth-conf"] {
        let (context, challenge) = challenge_with("qop = \"auth\"", Flags::SEALED);
        let client = begin(&super::client(), Role::Client);
        let (_, response) = take_step(&*client, Flags::NONE, challenge.as_bytes()).unwrap();
        let response = String::from_utf8(response).unwrap();
        let response = response.replacen("qop=auth", &format!("qop={qop}"), 1);
        let status = status_of(take_step(&*context, Flags::SEALED, response.as_bytes()));
        assert_eq!(status, Status::INVALID_TOKEN, "{qop}");
    }
    let client = begin(&super::client(), Role::Client);
    let status = status_of(take_step(&*client, Flags::INTEGRITY, challenge.as_bytes()));
    assert_eq!(status, Status::QOP_NOT_SUPPORTED);
}

/// What a response says of a directive.
fn directive<'a>(response: &'a str, name: &str) -> &'a str {
    let (_, rest) = response.split_once(&format!("{name}=")).unwrap();
    rest.trim_start_matches('"').split(['"', ',']).next().unwrap()
}

#[test]
fn names_that_fit_iso_8859_1_are_hashed_as_is_configured() {
    let utf8 = |text: &str| text.as_bytes().to_vec();
    let latin1 = |text: &str| downgrade(text.as_bytes()).unwrap().into_owned();
    let fits = |text: &str| text.chars().all(|c| c <= '\u{ff}');
    for (keys, is_utf8) in [
        ("", false),
        ("[client]\nhash_charset = \"ISO-8859-1\"", false),
        ("[client]\nhash_charset = \"UTF-8\"", true),
    ] {
        // What does not fit is hashed in UTF-8 always, each text by itself.
        let hashed = |text: &str| if is_utf8 || !fits(text) { utf8(text) } else { latin1(text) };
        for (user, password) in [
            ("jos\u{e9}", "gr\u{fc}n"),
            ("jos\u{e9}", "10 \u{20ac}"),
            ("\u{436}\u{430}\u{431}\u{430}", "gr\u{fc}n"),
            ("alice", "secret"),
        ] {
            let challenge =
                b"realm=\"r\",nonce=\"n\",qop=\"auth\",algorithm=md5-sess,charset=utf-8";
            let credential = client_with(settings(keys), user, None, password);
            let client = begin(&credential, Role::Client);
            let (_, response) = take_step(&*client, Flags::NONE, challenge).unwrap();
            let response = String::from_utf8(response).unwrap();
            assert!(response.contains(&format!("username=\"{user}\"")), "{response}");
            let secret = formulas::password_hash(&hashed(user), b"r", &hashed(password));
            let cnonce = directive(&response, "cnonce").as_bytes();
            let a1 = formulas::session_hash(&secret, b"n", cnonce, None);
            let (expected, _) = formulas::response_pair(
                &a1,
                b"n",
                b"00000001",
                cnonce,
                b"auth",
                b"imap/localhost",
                false,
            );
            assert_eq!(directive(&response, "response").as_bytes(), expected, "{keys} {user}");
        }
    }
}

/// To a server that knows no UTF-8 there is one way only.
#[test]
fn without_charset_names_are_sent_and_hashed_in_iso_8859_1() {
    let keys = "[client]\nhash_charset = \"UTF-8\"";
    let challenge = b"realm=\"r\",nonce=\"n\",qop=\"auth\",algorithm=md5-sess";
    let credential = client_with(settings(keys), "jos\u{e9}", None, "secret");
    let client = begin(&credential, Role::Client);
    let (_, response) = take_step(&*client, Flags::NONE, challenge).unwrap();
    assert!(response.windows(6).any(|part| part == b"\"jos\xE9\""));
    let credential = client_with(settings(keys), "\u{436}", None, "secret");
    let status = status_of(take_step(&*begin(&credential, Role::Client), Flags::NONE, challenge));
    assert_eq!(status, Status::NO_CREDENTIALS);
}
