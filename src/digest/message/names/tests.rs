use super::*;
use crate::error::Result;

/// A candidate's user, realm and encoding.
type Row = (Vec<u8>, Vec<u8>, Encoding);

/// The candidates of a response with these two values.
fn read(username: &[u8], realm: &[u8]) -> Result<Vec<Row>> {
    let token = [
        b"username=",
        username,
        b",realm=",
        realm,
        b",nonce=n,cnonce=c,nc=00000001,digest-uri=d/h,response=",
        &[b'0'; 32],
    ]
    .concat();
    let response = Response::parse(&token)?;
    let candidates = candidates(&response);
    let ascii = token.is_ascii() && !token.contains(&b'\\');
    for candidate in candidates.iter() {
        let borrowed =
            matches!((&candidate.user, &candidate.realm), (Cow::Borrowed(_), Cow::Borrowed(_)));
        assert!(borrowed || !ascii, "allocated for {:?}", String::from_utf8_lossy(&token));
    }
    Ok(candidates
        .iter()
        .map(|candidate| (candidate.user.to_vec(), candidate.realm.to_vec(), candidate.encoding))
        .collect())
}

type Expected<'a> = &'a [(&'a [u8], &'a [u8], Encoding)];

#[track_caller]
fn assert_candidates(username: &[u8], realm: &[u8], expected: Expected<'_>) {
    let found = read(username, realm).unwrap();
    let expected: Vec<_> = expected
        .iter()
        .map(|(user, realm, encoding)| (user.to_vec(), realm.to_vec(), *encoding))
        .collect();
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(username));
}

#[test]
fn ordinary_names_have_one_candidate() {
    use Encoding::Only;
    assert_candidates(b"\"alice\"", b"\"example.org\"", &[(b"alice", b"example.org", Only)]);
    assert_candidates(b"alice", b"\"\"", &[(b"alice", b"", Only)]);
    assert_candidates(b"DOM\\alice", b"\"\"", &[(b"DOM\\alice", b"", Only)]);
    let cyrillic = "\u{436}\u{443}\u{43a}";
    assert_candidates(cyrillic.as_bytes(), b"r", &[(cyrillic.as_bytes(), b"r", Only)]);
}

#[test]
fn names_that_fit_latin1_are_downgraded_first_and_separately() {
    use Encoding::{AsSent, Downgraded};
    let jaeger = "j\u{e4}ger".as_bytes();
    let euro = "\u{20ac}".as_bytes();
    assert_candidates(jaeger, b"r", &[(b"j\xE4ger", b"r", Downgraded), (jaeger, b"r", AsSent)]);
    assert_candidates(
        jaeger,
        jaeger,
        &[(b"j\xE4ger", b"j\xE4ger", Downgraded), (jaeger, jaeger, AsSent)],
    );
    assert_candidates(jaeger, euro, &[(b"j\xE4ger", euro, Downgraded), (jaeger, euro, AsSent)]);
    assert_candidates(euro, jaeger, &[(euro, b"j\xE4ger", Downgraded), (euro, jaeger, AsSent)]);
}

#[test]
fn names_in_latin1_are_taken_as_sent_and_then_as_utf8() {
    use Encoding::{Only, Upgraded};
    let jaeger = "j\u{e4}ger".as_bytes();
    let euro = "\u{20ac}".as_bytes();
    assert_candidates(b"j\xE4ger", b"r", &[(b"j\xE4ger", b"r", Only), (jaeger, b"r", Upgraded)]);
    assert_candidates(
        b"j\xE4ger",
        b"j\xE4ger",
        &[(b"j\xE4ger", b"j\xE4ger", Only), (jaeger, jaeger, Upgraded)],
    );
    // What is UTF-8 stays, and what is not UTF-8 at all is ISO 8859-1.
    assert_candidates(
        euro,
        b"\xE4",
        &[(euro, b"\xE4", Only), (euro, "\u{e4}".as_bytes(), Upgraded)],
    );
    assert_candidates(
        b"\xC3\xA9\xC3",
        b"r",
        &[(b"\xC3\xA9\xC3", b"r", Only), ("\u{c3}\u{a9}\u{c3}".as_bytes(), b"r", Upgraded)],
    );
    assert_candidates(
        b"\"D\\\xE4\"",
        b"r",
        &[
            (b"D\xE4", b"r", Only),
            ("D\u{e4}".as_bytes(), b"r", Upgraded),
            (b"D\\\xE4", b"r", Only),
            ("D\\\u{e4}".as_bytes(), b"r", Upgraded),
        ],
    );
}

#[test]
fn backslashes_in_quotes_are_read_as_escapes_and_then_literally() {
    use Encoding::{AsSent, Downgraded, Only};
    assert_candidates(
        br#""DOM\user""#,
        b"r",
        &[(b"DOMuser", b"r", Only), (br"DOM\user", b"r", Only)],
    );
    assert_candidates(
        br#""DOM\\user""#,
        b"r",
        &[(br"DOM\user", b"r", Only), (br"DOM\\user", b"r", Only)],
    );
    assert_candidates(
        "\"D\\\u{e4}\"".as_bytes(),
        b"\"r\\\"\"",
        &[
            (b"D\xE4", b"r\"", Downgraded),
            ("D\u{e4}".as_bytes(), b"r\"", AsSent),
            (b"D\\\xE4", b"r\"", Downgraded),
            ("D\\\u{e4}".as_bytes(), b"r\"", AsSent),
        ],
    );
}

fn forms(encoding: Encoding, password: &str) -> Vec<Vec<u8>> {
    password_forms(encoding, password).iter().map(|form| form.to_vec()).collect()
}

#[test]
fn ascii_passwords_have_one_form_without_a_copy() {
    for encoding in [Encoding::Only, Encoding::Downgraded, Encoding::AsSent] {
        assert_eq!(forms(encoding, "secret"), [b"secret"]);
        assert_eq!(forms(encoding, ""), [b""]);
    }
    let forms = password_forms(Encoding::Only, "secret");
    assert!(forms.iter().all(|form| matches!(form.0, NameForm::Stored(_))));
}

#[test]
fn password_forms_follow_the_encoding_of_the_names() {
    let (latin1, utf8) = (&b"gr\xFCn"[..], "gr\u{fc}n".as_bytes());
    assert_eq!(forms(Encoding::Downgraded, "gr\u{fc}n"), [latin1]);
    assert_eq!(forms(Encoding::AsSent, "gr\u{fc}n"), [latin1, utf8], "GNU SASL's, then none");
    assert_eq!(forms(Encoding::Only, "gr\u{fc}n"), [latin1, utf8]);
    assert_eq!(forms(Encoding::Upgraded, "gr\u{fc}n"), [utf8]);
    for encoding in [Encoding::Only, Encoding::Downgraded, Encoding::AsSent] {
        assert_eq!(forms(encoding, "\u{20ac}uro"), ["\u{20ac}uro".as_bytes()]);
    }
}

#[test]
fn decomposed_passwords_are_tried_composed_as_well() {
    let decomposed = "gru\u{308}n";
    let (latin1, utf8) = (&b"gr\xFCn"[..], "gr\u{fc}n".as_bytes());
    assert_eq!(forms(Encoding::Downgraded, decomposed), [decomposed.as_bytes(), latin1]);
    assert_eq!(forms(Encoding::AsSent, decomposed), [decomposed.as_bytes(), latin1, utf8]);
    assert_eq!(forms(Encoding::Only, decomposed), [decomposed.as_bytes(), latin1, utf8]);
    assert_eq!(forms(Encoding::Upgraded, decomposed), [decomposed.as_bytes(), utf8]);
}

#[test]
fn a_password_is_not_printed() {
    let printed = format!("{:?}", password_forms(Encoding::Only, "gr\u{fc}n"));
    assert!(printed.contains("[redacted]") && !printed.contains("gr"), "{printed}");
}

#[test]
fn accounts_are_named_with_their_realm() {
    for (user, realm, shown) in [
        (&b"alice"[..], &b"EXAMPLE"[..], "EXAMPLE\\alice"),
        (b"alice", b"", "alice"),
        (b"DOM\\alice", b"EXAMPLE", "EXAMPLE\\DOM\\alice"),
        (b"DOM\\alice", b"", "\\DOM\\alice"),
        (b"alice@example.org", b"EXAMPLE", "EXAMPLE\\alice@example.org"),
        (b"alice@example.org", b"", "alice@example.org"),
        (b"alice", b"A\\B", "A%5CB\\alice"),
        (b"alice", b"A%5CB", "A%255CB\\alice"),
        (b"100%", b"r", "r\\100%"),
        (b"j\xE4ger", b"r\xE9", "r\u{e9}\\j\u{e4}ger"),
        ("j\u{e4}ger".as_bytes(), b"r", "r\\j\u{e4}ger"),
    ] {
        assert_eq!(display_name(user, realm), shown);
    }
}

#[test]
fn no_two_accounts_have_one_name() {
    // Every text of up to four of these, as user and as realm.
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..4 {
        let longer =
            |text: &String| ["\\", "@", "%", " ", "5C", "a"].map(|end| format!("{text}{end}"));
        last = last.iter().flat_map(longer).collect();
        texts.extend_from_slice(&last);
    }
    let short = |text: &&String| text.len() < 4;
    let mut known = std::collections::HashMap::new();
    for realm in texts.iter().filter(short) {
        for user in texts.iter().filter(short) {
            let name = display_name(user.as_bytes(), realm.as_bytes());
            let other = known.insert(name, (realm, user));
            assert_eq!(other, None, "{realm:?} {user:?}");
        }
    }
}
