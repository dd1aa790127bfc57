use super::*;
use crate::digest::message::qop::Named;

fn settings(keys: &str) -> Settings {
    Settings::parse(&format!("[client]\n{keys}")).unwrap()
}

/// The nonce answered, by which algorithm and qop; or why none is.
type Answered = std::result::Result<(&'static str, &'static str, &'static str), Status>;

fn check(field: &str, requested: Flags, keys: &str, expected: Answered) {
    let settings = settings(keys);
    let chosen = choose(field.as_bytes(), requested, &settings).map_err(|error| error.status());
    let chosen = chosen.as_ref().map_err(|status| *status).map(|Choice { challenge, terms }| {
        let nonce = std::str::from_utf8(challenge.nonce.raw()).unwrap();
        (nonce, terms.algorithm.name(), terms.qop.map_or("", Named::name))
    });
    assert_eq!(chosen, expected, "{field} {keys}");
}

#[test]
fn the_best_configured_algorithm_of_several_challenges_is_answered() {
    const MD5: &str = "Digest realm=\"a, Basic b\", nonce=\"1\", qop=\"auth\"";
    const SESS: &str = "Digest realm=r, nonce=2, qop=auth, algorithm=MD5-sess";
    const SHA: &str = "Digest realm=r, nonce=3, qop=\"auth\", algorithm=SHA-256";
    const SHA512: &str = "Digest realm=r, nonce=4, qop=\"auth\", algorithm=SHA-512-256";
    const OTHERS: &str = "Negotiate YWJj==, Basic realm=\"x, Digest nonce=9\", NTLM";
    const UNKNOWN: &str = "Digest realm=r, nonce=5, qop=\"auth\", algorithm=SHA3";
    const BROKEN: &str = "Digest realm=r, nonce=6, nonce=7";
    let only = "http_algorithms = [\"MD5\", \"SHA-256\"]";
    for (fields, keys, expected) in [
        (&[MD5][..], "", Ok(("1", "MD5", "auth"))),
        (&[MD5, SHA], "", Ok(("3", "SHA-256", "auth"))),
        (&[SHA, MD5], "", Ok(("3", "SHA-256", "auth"))),
        (&[MD5, SESS, OTHERS], "", Ok(("2", "MD5-sess", "auth"))),
        (&[OTHERS, MD5, SHA, SHA512, OTHERS], "", Ok(("4", "SHA-512-256", "auth"))),
        (&[UNKNOWN, BROKEN, OTHERS, MD5], "", Ok(("1", "MD5", "auth"))),
        // In the configured order, and nothing else.
        (&[SHA512, SHA, MD5], only, Ok(("1", "MD5", "auth"))),
        (&[SHA512, SESS, SHA], only, Ok(("3", "SHA-256", "auth"))),
        (&[SHA512, SESS], only, Err(Status::ALGORITHM_MISMATCH)),
        (&[SHA512, BROKEN], only, Err(Status::ALGORITHM_MISMATCH)),
        (&[MD5], "http_algorithms = [\"SHA-256\"]", Err(Status::ALGORITHM_MISMATCH)),
        // None.
        (&[OTHERS], "", Err(Status::INVALID_TOKEN)),
        (&[UNKNOWN, BROKEN], "", Err(Status::INVALID_TOKEN)),
        (&[""], "", Err(Status::INVALID_TOKEN)),
    ] {
        check(&fields.join(", "), Flags::NONE, keys, expected);
        if let Some(bare) = fields[0].strip_prefix("Digest ") {
            let rest = [&[bare], &fields[1..]].concat().join(",");
            check(&rest, Flags::NONE, keys, expected);
        }
    }
    let twice = format!("{SHA}, {}", SHA.replace("nonce=3", "nonce=8"));
    check(&twice, Flags::NONE, "", Ok(("3", "SHA-256", "auth")));
}

#[test]
fn integrity_that_was_asked_for_is_not_done_without() {
    let denied = Err(Status::QOP_NOT_SUPPORTED);
    let allowed = "http_without_integrity = 1";
    for flags in [Flags::INTEGRITY, Flags::REPLAY_DETECT, Flags::SEQUENCE_DETECT] {
        for (offered, keys, expected) in [
            (",qop=\"auth\"", "", denied),
            ("", "", denied),
            (",qop=\"auth,token\"", "", denied),
            (",qop=\"auth,auth-int\"", "", Ok(("1", "MD5", "auth-int"))),
            (",qop=auth-int", "", Ok(("1", "MD5", "auth-int"))),
            (",qop=\"auth\"", allowed, Ok(("1", "MD5", "auth"))),
            ("", allowed, Ok(("1", "MD5", ""))),
            (",qop=\"auth,auth-int\"", allowed, Ok(("1", "MD5", "auth-int"))),
        ] {
            check(&format!("realm=r,nonce=1{offered}"), flags, keys, expected);
        }
        // A weaker algorithm that has it, before a stronger one that has not.
        let both = "Digest nonce=1,qop=auth,algorithm=SHA-256, Digest nonce=2,qop=\"auth-int\"";
        check(both, flags, "", Ok(("2", "MD5", "auth-int")));
    }
    for (offered, qop) in [
        (",qop=\"auth-int,auth\"", "auth"),
        (",qop=\"auth-int\"", "auth-int"),
        (",qop=\"auth\"", "auth"),
        ("", ""),
    ] {
        check(&format!("nonce=1{offered}"), Flags::CONNECTION, "", Ok(("1", "MD5", qop)));
    }
}

#[test]
fn names_are_hashed_in_iso_8859_1_for_windows_servers_alone() {
    let windows = format!("{}00", std::str::from_utf8(nonce::PREFIX).unwrap());
    for (algorithm, nonce, charset, expected) in [
        ("MD5-sess", &windows[..], ",charset=utf-8", Charset::Windows),
        ("md5-SESS", &windows, ",charset=\"UTF-8\"", Charset::Windows),
        ("MD5-sess", "abc", ",charset=utf-8", Charset::Utf8),
        ("MD5", &windows, ",charset=utf-8", Charset::Utf8),
        ("MD5", "abc", ",charset=UTF-8", Charset::Utf8),
        ("SHA-256-sess", &windows, ",charset=UTF-8", Charset::Utf8),
        ("SHA-256", "abc", ",charset=UTF-8", Charset::Utf8),
        ("MD5-sess", &windows, "", Charset::Latin1),
        ("MD5", "abc", "", Charset::Latin1),
        ("MD5", "abc", ",charset=latin1", Charset::Latin1),
        ("SHA-256", "abc", ",charset=latin1", Charset::Unnamed),
        ("SHA-512-256-sess", &windows, "", Charset::Unnamed),
    ] {
        let field = format!("nonce=\"{nonce}\",qop=auth,algorithm={algorithm}{charset}");
        let choice = choose(field.as_bytes(), Flags::NONE, &Settings::default()).unwrap();
        assert_eq!(choice.terms.charset, expected, "{field}");
    }
}

#[test]
fn where_no_charset_is_named_md5_goes_by_http_charset() {
    let settings = Settings { client_http_latin1: false, ..Settings::default() };
    for (field, expected) in [
        ("nonce=n,algorithm=MD5", Charset::Unnamed),
        ("nonce=n", Charset::Unnamed),
        ("nonce=n,qop=auth,algorithm=MD5-sess,charset=latin1", Charset::Unnamed),
        ("nonce=n,algorithm=MD5,charset=UTF-8", Charset::Utf8),
        ("nonce=\"+Upgraded+v100\",qop=auth,algorithm=MD5-sess,charset=utf-8", Charset::Windows),
    ] {
        let choice = choose(field.as_bytes(), Flags::NONE, &settings).unwrap();
        assert_eq!(choice.terms.charset, expected, "{field}");
    }
}

#[test]
fn r11_a_field_is_bounded() {
    let long = "Basic realm=x, ".repeat(4000) + "Digest nonce=n";
    assert!(long.len() < 65_536);
    check(&long, Flags::NONE, "", Ok(("n", "MD5", "")));
    let many = "Digest nonce=n, ".repeat(4095);
    check(&many, Flags::NONE, "", Ok(("n", "MD5", "")));
    let longer = long + &" ".repeat(6000);
    check(&longer, Flags::NONE, "", Err(Status::INVALID_TOKEN));
}
