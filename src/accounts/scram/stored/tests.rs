use super::*;
use crate::hex::unhex;

/// RFC 7677 §3, as PostgreSQL and as Dovecot write it.
const DOLLARS_LINE: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
    WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const BRACES_LINE: &str = "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,\
    WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

#[test]
fn both_forms_are_read() {
    let lower = BRACES_LINE.replace("SCRAM-SHA", "scram-sha");
    for text in [DOLLARS_LINE, BRACES_LINE, &lower] {
        let keys = read(text.as_bytes(), Hash::Sha256).unwrap();
        assert_eq!((keys.iterations, keys.hash, keys.pairs.len()), (4096, Hash::Sha256, 1));
        assert_eq!(keys.salt, unhex("5b6d99689d12358eeca04b141236fa81"));
        let stored = "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6";
        assert_eq!(keys.pairs[0].stored_key.bytes(), unhex(stored));
        let server = "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5";
        assert_eq!(keys.pairs[0].server_key.bytes(), unhex(server));
    }
}

/// RFC 5802 §5.
#[test]
fn sha1_is_read() {
    let text = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=";
    let keys = read(text.as_bytes(), Hash::Sha1).unwrap();
    let stored = unhex("e9d94660c39d65c38fbad91c358f14da0eef2bd6");
    assert_eq!(keys.pairs[0].stored_key.bytes(), stored);
}

#[test]
fn several_lines_have_one_salt_and_count() {
    let other = DOLLARS_LINE.replace("WG5d", "AG5d");
    let lines = |lines: &[&str]| read(lines.join("\n").as_bytes(), Hash::Sha256);
    let keys = lines(&[DOLLARS_LINE, &other, BRACES_LINE, &other]).unwrap();
    assert_eq!(keys.pairs.len(), 4);
    assert!(!keys.pairs[0].stored_key.is_same(&keys.pairs[1].stored_key));
    assert!(keys.pairs[0].stored_key.is_same(&keys.pairs[2].stored_key));
    assert_eq!(lines(&[other.as_str(); 5]).unwrap_err(), Refused::Malformed(TOO_MANY));
    for different in [other.replace("4096", "4097"), other.replace("W22Z", "X22Z")] {
        assert_eq!(
            lines(&[other.as_str(), different.as_str()]).unwrap_err(),
            Refused::Malformed(DIFFER)
        );
    }
    assert_eq!(lines(&[&other, ""]).unwrap_err(), Refused::Foreign);
}

#[test]
fn what_is_of_another_scheme_is_told_from_what_is_wrong() {
    let changed = |from: &str, to: &str| DOLLARS_LINE.replace(from, to);
    let braces = |from: &str, to: &str| BRACES_LINE.replace(from, to);
    let longest = "A".repeat(1368);
    for (text, expected) in [
        (String::new(), Refused::Foreign),
        ("pencil".to_owned(), Refused::Foreign),
        ("{SSHA}abc".to_owned(), Refused::Foreign),
        (changed("256$", "1$"), Refused::Foreign),
        (changed("256$", "512$"), Refused::Foreign),
        (changed("256$", "224$"), Refused::Foreign),
        (braces("256}", "256.b64}"), Refused::Foreign),
        (changed("SCRAM", " SCRAM"), Refused::Foreign),
        // GNU SASL's and Cyrus' own order is not RFC 5803's.
        (changed("4096:W", "4096$W"), Refused::Malformed(DOLLARS)),
        (changed("qY=:", "qY="), Refused::Malformed(DOLLARS)),
        (changed("4096:", ""), Refused::Malformed(DOLLARS)),
        (changed("4096", ""), Refused::Malformed(ITERATIONS)),
        (changed("4096", "0"), Refused::Malformed(ITERATIONS)),
        (changed("4096", "+4096"), Refused::Malformed(ITERATIONS)),
        (changed("4096", "-1"), Refused::Malformed(ITERATIONS)),
        (changed("4096", "04096"), Refused::Malformed(ITERATIONS)),
        (changed("4096", "4096 "), Refused::Malformed(ITERATIONS)),
        (changed("4096", "4294967296"), Refused::Malformed(ITERATIONS)),
        (changed("W22ZaJ0SNY7soEsUEjb6gQ==", ""), Refused::Malformed(SALT)),
        (changed("W22ZaJ0SNY7soEsUEjb6gQ==", "AAAAAAAAAA=="), Refused::Malformed(SALT)),
        (changed("W22ZaJ0SNY7soEsUEjb6gQ==", "W22ZaJ0SNY7soEsUEjb6gQ"), Refused::Malformed(SALT)),
        (changed("W22ZaJ0SNY7soEsUEjb6gQ==", "W22ZaJ0SNY7soEsUEjb6gR=="), Refused::Malformed(SALT)),
        (changed("W22ZaJ0SNY7soEsUEjb6gQ==", &longest), Refused::Malformed(SALT)),
        (changed("qY=:", "qY:"), Refused::Malformed(KEY)),
        (changed("WG5d", ""), Refused::Malformed(KEY)),
        (changed("2dU=", "2dU=AAAA"), Refused::Malformed(KEY)),
        (changed("2dU=", "2dU= "), Refused::Malformed(KEY)),
        (changed("2dU=", "2dU=\0"), Refused::Malformed(KEY)),
        (changed("2dU=", "2dU=:x"), Refused::Malformed(KEY)),
        (braces("2dU=", "2dU=,"), Refused::Malformed(BRACES)),
        (braces(",wfPL", "wfPL"), Refused::Malformed(KEY)),
    ] {
        assert_eq!(read(text.as_bytes(), Hash::Sha256).unwrap_err(), expected, "{text}");
    }
    // The bounds themselves.
    for (count, salt) in [("1", "AAAAAAAAAAA="), ("4294967295", &longest[4..])] {
        let salt = if salt.len() > 1360 { format!("{}AA==", &salt[4..]) } else { salt.to_owned() };
        let text = changed("4096", count).replace("W22ZaJ0SNY7soEsUEjb6gQ==", &salt);
        assert_eq!(read(text.as_bytes(), Hash::Sha256).unwrap().iterations.to_string(), count);
    }
}

#[test]
fn of_several_values_those_of_the_mechanism_count() {
    let sha1 = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=";
    let chosen = |values: &[&str], hash| {
        let keys = choose(values.iter().map(|value| value.as_bytes()), hash)?;
        Ok(keys.map(|keys| keys.pairs.len()))
    };
    let lines = format!("{sha1}\n{DOLLARS_LINE}  \n");
    let wrong = DOLLARS_LINE.replace("4096", "0");
    for (values, hash, expected) in [
        (&["{SSHA}abc", DOLLARS_LINE, "md5abc"][..], Hash::Sha256, Ok(Some(1))),
        (&[&lines, BRACES_LINE], Hash::Sha256, Ok(Some(2))),
        (&[&lines, BRACES_LINE], Hash::Sha1, Ok(Some(1))),
        (&[&lines], Hash::Sha512, Ok(None)),
        (&["", "pencil"], Hash::Sha1, Ok(None)),
        (&[], Hash::Sha1, Ok(None)),
        (&[&wrong], Hash::Sha1, Ok(None)),
        (&[sha1, &wrong], Hash::Sha256, Err(Refused::Malformed(ITERATIONS))),
        (&[DOLLARS_LINE; 5], Hash::Sha256, Err(Refused::Malformed(TOO_MANY))),
    ] {
        assert_eq!(chosen(values, hash), expected, "{values:?}");
    }
}

#[test]
fn reasons_quote_nothing() {
    let Unavailable(reason) = Refused::Malformed(KEY).unavailable("accounts");
    assert_eq!(reason, format!("accounts: {KEY}"));
    assert!(Refused::NoMemory.unavailable("accounts").is_no_memory());
    let debug = format!("{:?}", read(DOLLARS_LINE.as_bytes(), Hash::Sha256).unwrap());
    assert!(!debug.contains("88, 110"), "{debug}");
}
