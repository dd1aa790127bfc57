use super::*;
use crate::error::Result;

const NOW: u64 = 0x01D9_0000_1234_5678;

const REALM: &[u8] = b"example.org";
const USER: User<'_> = [b"alice", b"example.com"];

fn issuer(secret: &str) -> NonceIssuer {
    let settings = Settings {
        secret: (!secret.is_empty()).then(|| Secret::new(secret.as_bytes().to_vec())),
        ..Settings::default()
    };
    NonceIssuer::new(&settings).unwrap()
}

#[test]
fn a_nonce_has_windows_form_and_proves_its_time() -> Result<()> {
    let issuer = issuer("");
    let fresh = issuer.issue(REALM, NOW, None)?;
    let text = fresh.text;
    let digits = text.strip_prefix(b"+Upgraded+v1").unwrap();
    assert_eq!(&digits[32..48], b"785634120000d901", "the time, little-endian");
    let proven = issuer.check(REALM, USER, &text, None).unwrap();
    assert_eq!((proven.issued, proven), (NOW, fresh));
    assert_eq!(key(&text), Some(proven.key));
    assert_ne!(issuer.issue(REALM, NOW, None)?.text, text);
    Ok(())
}

#[test]
fn r37_a_nonce_of_another_secret_or_realm_or_with_a_digit_changed_proves_nothing() {
    let ours = issuer("sixteen bytes !!");
    let first = ours.issue(REALM, NOW, None).unwrap();
    let next = ours.issue_next(REALM, USER, &first.key, NOW, None).unwrap();
    for text in [first.text, next.text] {
        proves_nothing_but_as_it_was(&ours, text);
    }
}

fn proves_nothing_but_as_it_was(ours: &NonceIssuer, text: Text) {
    assert!(issuer("sixteen bytes !!").check(REALM, USER, &text, None).is_some());
    assert_eq!(issuer("sixteen bytes !!").id(), ours.id());
    let theirs = issuer("sixteen bytes !?");
    assert!(theirs.check(REALM, USER, &text, None).is_none() && theirs.id() != ours.id());
    for realm in ["", "example.com", "example.or", "example.org\0", "EXAMPLE.ORG"] {
        assert!(ours.check(realm.as_bytes(), USER, &text, None).is_none(), "{realm}");
    }
    for place in 0..NONCE_LENGTH {
        for byte in [b'0', b'1', b'A', b'"'] {
            let mut changed = text;
            changed[place] = byte;
            assert_eq!(
                ours.check(REALM, USER, &changed, None).is_some(),
                changed == text,
                "{place}"
            );
        }
    }
    assert!(ours.check(REALM, USER, &text[..63], None).is_none());
    assert!(ours.check(REALM, USER, &[&text[..], b"0"].concat(), None).is_none());
    let upper = text.to_ascii_uppercase();
    assert!(ours.check(REALM, USER, &upper, None).is_none());
}

#[test]
fn a_next_nonce_tells_what_it_goes_back_to_and_is_its_users() {
    let issuer = issuer("sixteen bytes !!");
    let [one, other] = [REALM; 2].map(|realm| issuer.issue(realm, NOW, None).unwrap());
    assert!(!one.is_next() && one.root == one.key);
    let mut next = one;
    for age in 1..4 {
        let before = next;
        next = issuer.issue_next(REALM, USER, &before.root, NOW + age, None).unwrap();
        assert!(next.is_next() && next.root == one.key && next.key != before.key);
        assert_eq!(issuer.check(REALM, USER, &next.text, None), Some(next));
        assert_eq!(next.issued, NOW + age);
        let [alice, own] = USER;
        let names = [&b""[..], b"alic", b"Alice", b"alice\0"].map(|name| [name, own]);
        let realms = [&b""[..], b"example.co", REALM, b"example.comalice"].map(|own| [alice, own]);
        for user in names.into_iter().chain(realms) {
            assert_eq!(issuer.check(REALM, user, &next.text, None), None);
            assert_eq!(issuer.check(REALM, user, &one.text, None), Some(one), "anybody's");
        }
    }
    assert_ne!(one.root, other.root);
    // Nothing runs into another.
    let next = issuer.issue_next(b"r", [b"ea", b"lm"], &one.key, NOW, None).unwrap();
    for (realm, user) in [
        (&b"r"[..], [&b"e"[..], b"alm"]),
        (b"r", [b"", b"ealm"]),
        (b"r", [b"ealm", b""]),
        (b"re", [b"a", b"lm"]),
        (b"realm", [b"", b""]),
    ] {
        assert_eq!(issuer.check(realm, user, &next.text, None), None);
    }
}

#[test]
fn an_opaque_goes_with_its_realm_and_secret() {
    let ours = issuer("sixteen bytes !!");
    assert_eq!(ours.opaque(REALM), issuer("sixteen bytes !!").opaque(REALM));
    assert_ne!(ours.opaque(REALM), ours.opaque(b"example.com"));
    assert_ne!(ours.opaque(REALM), issuer("sixteen bytes !?").opaque(REALM));
}

#[test]
fn a_nonce_cannot_be_made_a_next_one() {
    // A realm that is what the MAC of a next nonce covers further.
    let issuer = issuer("sixteen bytes !!");
    let root = [b'r'; KEY];
    let ([name, own], length) = (USER, 11_u64.to_le_bytes());
    let realm = [&root[..], &length, REALM, &length, own, name].concat();
    let first = issuer.issue(&realm, NOW, None).unwrap();
    let mut raw = [0; RAW];
    hex::read(first.text.strip_prefix(PREFIX).unwrap(), &mut raw).unwrap();
    raw.copy_within(COVERED..COVERED_OF_NEXT, COVERED_OF_NEXT);
    raw[COVERED..COVERED_OF_NEXT].copy_from_slice(&root);
    assert_eq!(issuer.check(REALM, USER, &text(&raw), None), None);
}
