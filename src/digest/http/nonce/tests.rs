use data_encoding::BASE64URL_NOPAD;

use super::*;
use crate::digest::message::nonce::PREFIX;
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
fn a_nonce_begins_as_windows_do_and_proves_its_time() -> Result<()> {
    let issuer = issuer("");
    let fresh = issuer.issue(REALM, NOW, None)?;
    let text = fresh.text;
    assert_eq!(text.len(), 66);
    let characters = text.strip_prefix(b"+Upgraded+v1").unwrap();
    let raw = BASE64URL_NOPAD.decode(characters).unwrap();
    assert_eq!(raw[..16], fresh.key);
    assert_eq!(raw[16..24], NOW.to_le_bytes());
    let proven = issuer.check(REALM, USER, &text, None).unwrap();
    assert_eq!((proven.issued, proven), (NOW, fresh));
    assert_eq!(Text::key(&text), Some(proven.key));
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
    for place in 0..text.len() {
        for byte in [b'0', b'1', b'A', b'"'] {
            let mut changed = text.to_vec();
            changed[place] = byte;
            let proven = ours.check(REALM, USER, &changed, None);
            assert_eq!(proven.is_some(), *changed == *text, "{place}");
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
    let first = BASE64URL_NOPAD.decode(first.text.strip_prefix(PREFIX).unwrap()).unwrap();
    let (covered, mac) = first.split_at(COVERED);
    let next = Text::of(&[covered, &root, mac].concat());
    assert_eq!(issuer.check(REALM, USER, &next, None), None);
}

/// An issuer with a shared engine.
fn shared_issuer() -> NonceIssuer {
    let mut issuer = issuer("sixteen bytes !!");
    let keyed = |label: &[u8]| Hmac::new_from_slice(label).unwrap();
    let (epochs, users) = (keyed(EPOCH_LABEL), keyed(SHARED_USER_LABEL));
    issuer.shared = Some(Box::new(SharedKeys { epochs, users, realm_id: [0; 16] }));
    issuer
}

#[test]
fn a_nonce_of_an_epoch_is_past_in_another_and_where_its_second_mac_is_changed_or_missing() {
    let issuer = shared_issuer();
    let [epoch, other] = [1, 2].map(|byte| Epoch([byte; EPOCH]));
    let first = issuer.issue(REALM, NOW, Some(&epoch)).unwrap();
    let next = issuer.issue_next(REALM, USER, &first.key, NOW, Some(&epoch)).unwrap();
    for (nonce, length) in [(first, 87), (next, 108)] {
        assert_eq!(nonce.text.len(), length);
        let is_past = |text: &[u8], epoch| {
            issuer.check(REALM, USER, text, Some(epoch)).map(|nonce| nonce.is_past)
        };
        assert_eq!(is_past(&nonce.text, &epoch), Some(false));
        assert_eq!(is_past(&nonce.text, &other), Some(true));
        let raw = BASE64URL_NOPAD.decode(&nonce.text[PREFIX.len()..]).unwrap();
        for length in 0..raw.len() {
            let expected = (length >= raw.len() - MAC).then_some(true);
            // Without its MACs and its root a next nonce is none.
            assert_eq!(is_past(&Text::of(&raw[..length]), &epoch), expected, "{length}");
        }
        for place in 0..raw.len() {
            let mut changed = raw.clone();
            changed[place] ^= 1;
            let expected = (place >= raw.len() - MAC).then_some(true);
            assert_eq!(is_past(&Text::of(&changed), &epoch), expected, "{place}");
        }
        // Without an engine it is nobody's.
        let alone = self::issuer("sixteen bytes !!");
        assert_eq!(alone.check(REALM, USER, &nonce.text, None), None);
    }
}
