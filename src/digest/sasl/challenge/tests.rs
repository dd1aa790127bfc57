use super::*;
use crate::digest::message::tokenizer::tests::mutations;

const WINDOWS: &str = "qop=\"auth,auth-int,auth-conf\",cipher=\"3des,rc4\",algorithm=md5-sess,\
    nonce=\"+Upgraded+v10011\",charset=utf-8,realm=\"int.example.org\"";
const WINDOWS_2003: &str = "qop=\"auth,auth-int,auth-conf\",cipher=\"3des,des,rc4-40,rc4,rc4-56\",\
    algorithm=md5-sess,nonce=\"0011\",charset=utf-8,realm=\"int.example.org\"";
const CYRUS: &str = "nonce=\"bm9uY2U=\",realm=\"example.org\",qop=\"auth,auth-int,auth-conf\",\
    cipher=\"rc4-40,rc4-56,rc4,des,3des\",maxbuf=65536,charset=utf-8,algorithm=md5-sess";
const JDK: &str = "realm=\"example.org\",nonce=\"bm9uY2U\",qop=\"auth,auth-int,auth-conf\",\
    charset=utf-8,cipher=\"3des,rc4,des,rc4-56,rc4-40\",algorithm=md5-sess";
const GSASL: &str = "realm=\"example.org\", nonce=\"bm9uY2U==\", qop=\"auth, auth-int\", \
    charset=utf-8, algorithm=md5-sess";
const DOVECOT: &str = "realm=\"example.org\",nonce=\"bm9uY2U==\",qop=\"auth\",charset=\"utf-8\",\
    algorithm=\"md5-sess\"";
const RFC_2831: &str = "realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",\
    algorithm=md5-sess,charset=utf-8";
const SMALLEST: &str = "nonce=\"n\",algorithm=md5-sess";

#[track_caller]
fn assert_refused(token: impl AsRef<[u8]>, status: Status) {
    let token = Box::<[u8]>::from(token.as_ref());
    let error = Challenge::parse(&token).expect_err(&String::from_utf8_lossy(&token));
    assert_eq!(error.status(), status, "{error}");
    assert!(!error.reason().is_empty());
}

#[track_caller]
fn assert_invalid(token: impl AsRef<[u8]>) {
    assert_refused(token, Status::INVALID_TOKEN);
}

#[track_caller]
fn assert_good(token: &str) -> Challenge<'_> {
    match Challenge::parse(token.as_bytes()) {
        Ok(challenge) => challenge,
        Err(error) => panic!("{token}: {error}"),
    }
}

fn added(directives: &str) -> String {
    format!("{SMALLEST},{directives}")
}

#[test]
fn challenges_of_peers_are_understood() {
    for (token, qop, cipher, realm) in [
        (WINDOWS, "auth,auth-int,auth-conf", "3des,rc4", "int.example.org"),
        (WINDOWS_2003, "auth,auth-int,auth-conf", "3des,des,rc4-40,rc4,rc4-56", "int.example.org"),
        (CYRUS, "auth,auth-int,auth-conf", "rc4-40,rc4-56,rc4,des,3des", "example.org"),
        (JDK, "auth,auth-int,auth-conf", "3des,rc4,des,rc4-56,rc4-40", "example.org"),
        (GSASL, "auth,auth-int", "", "example.org"),
        (DOVECOT, "auth", "", "example.org"),
        (RFC_2831, "auth", "", "elwood.innosoft.com"),
    ] {
        let challenge = assert_good(token);
        assert_eq!(challenge.qop.to_string(), qop, "{token}");
        assert_eq!(challenge.cipher.to_string(), cipher, "{token}");
        assert_eq!(challenge.realm.unwrap().raw(), realm.as_bytes(), "{token}");
        assert!(challenge.utf8 && !challenge.stale && challenge.maxbuf == 65_536, "{token}");
    }
}

#[test]
fn absent_directives_have_their_defaults() {
    let challenge = assert_good(SMALLEST);
    assert_eq!(challenge.qop.to_string(), "auth");
    assert!(challenge.cipher.is_empty() && challenge.realm.is_none());
    assert!(!challenge.utf8 && !challenge.stale);
    assert_eq!((challenge.maxbuf, challenge.nonce.raw()), (65_536, &b"n"[..]));
    assert_eq!(challenge.realms().count(), 0);
}

#[test]
fn forms_that_all_clients_take_are_taken() {
    for directives in [
        "charset=\"utf-8\"",
        "charset=UTF-8",
        "maxbuf=\"1024\"",
        "realm=\"\"",
        "qop=auth",
        "qop=\"token,auth\"",
        "qop=\" , auth,,\t\"",
        "qop=\"auth,auth\"",
        "qop=\"AUTH\"",
        "stale=true",
        "stale=\"TRUE\"",
        "stale=false",
        "unknown=x,unknown=y",
        "opaque=\"o\",domain=\"/\"",
        ",, ,",
        "cipher=\"3des,rc4\"",
        "cipher=\"\",cipher=\"x\\y\"",
        "cipher=unknown",
    ] {
        let token = added(directives);
        let challenge = assert_good(&token);
        assert_eq!(challenge.qop.to_string(), "auth", "{directives}");
        assert!(challenge.cipher.is_empty(), "{directives}");
        assert_eq!(challenge.stale, directives.to_lowercase().contains("true"), "{directives}");
        assert_eq!(challenge.maxbuf == 1024, directives.contains("maxbuf"), "{directives}");
        assert_eq!(challenge.utf8, directives.contains("charset"), "{directives}");
    }
    assert_good(&SMALLEST.replace("md5-sess", "\"MD5-Sess\""));
    assert_good(&format!("{WINDOWS}\0"));
    let token = added("qop=\"auth-conf,x\",cipher=\"aes-ctr, rc4 ,3des\"");
    assert_eq!(assert_good(&token).cipher.to_string(), "rc4,3des");
    let token = added("qop=\"auth-conf\",cipher=\"aes-ctr\"");
    assert!(assert_good(&token).cipher.is_empty());
}

#[test]
fn several_realms_keep_their_order() {
    let token = added("realm=\"one\",REALM=two,x=\"realm=no\",realm=\"\"");
    let challenge = assert_good(&token);
    assert_eq!(challenge.realm.unwrap().raw(), b"one");
    let realms: Vec<_> = challenge.realms().map(Value::raw).collect();
    assert_eq!(realms, [&b"one"[..], b"two", b""]);
}

#[test]
fn r09_missing_directives_are_invalid_token() {
    for token in [
        "",
        "\0",
        ",",
        "nonce=\"n\"",
        "algorithm=md5-sess",
        "realm=\"r\",qop=\"auth\"",
        "nonce=\"\",algorithm=md5-sess",
        "nonce=,algorithm=md5-sess",
        "nonce,algorithm=md5-sess",
    ] {
        assert_invalid(token);
    }
    assert_invalid(added("qop=\"auth-conf\""));
    assert_invalid(added("qop=\"\""));
    assert_invalid(added("qop=\" , \""));
    assert_invalid(added("qop=\"auth-conf\",cipher=\"\""));
}

#[test]
fn r19_repeated_directives_are_invalid_token() {
    for directives in [
        "nonce=\"n\"",
        "NONCE=\"n\"",
        "algorithm=md5-sess",
        "qop=auth,qop=auth",
        "stale=true,stale=true",
        "maxbuf=17,maxbuf=17",
        "charset=utf-8,charset=utf-8",
        "qop=\"auth-conf\",cipher=rc4,cipher=rc4",
        "cipher=rc4,cipher=rc4,qop=\"auth-conf\"",
    ] {
        assert_invalid(added(directives));
    }
}

#[test]
fn r21_values_out_of_range_are_invalid_token() {
    for directives in [
        "maxbuf=0",
        "maxbuf=16",
        "maxbuf=16777216",
        "maxbuf=18446744073709551617",
        "maxbuf=abc",
        "maxbuf=\"\"",
        "maxbuf=-17",
        "charset=iso-8859-1",
        "charset=\"\"",
        "qop=auth,auth-int",
        "qop=\"au\\th\"",
        "qop=\"auth",
    ] {
        assert_invalid(added(directives));
    }
    assert_eq!(assert_good(&added("maxbuf=17")).maxbuf, 17);
    assert_eq!(assert_good(&added("maxbuf=16777215")).maxbuf, 16_777_215);
}

#[test]
fn unknown_qops_and_algorithms_are_not_supported() {
    assert_refused(added("qop=\"token\""), Status::QOP_NOT_SUPPORTED);
    for algorithm in ["md5", "SHA-256", "\"\"", "md5-sess2"] {
        assert_refused(SMALLEST.replace("md5-sess", algorithm), Status::QOP_NOT_SUPPORTED);
    }
}

#[test]
fn r05_r11_every_directive_may_fill_the_message_to_its_limit() {
    for name in ["realm", "opaque", "unknown", "nonce"] {
        let rest = if name == "nonce" { "algorithm=md5-sess" } else { SMALLEST };
        for (length, good) in [(2046, true), (2047, true), (2048, false), (2049, false)] {
            let value = "a".repeat(length - rest.len() - name.len() - 4);
            let token = format!("{rest},{name}=\"{value}\"");
            assert_eq!(token.len(), length);
            let token = token.into_bytes().into_boxed_slice();
            assert_eq!(Challenge::parse(&token).is_ok(), good, "{name} {length}");
        }
    }
}

#[test]
fn r14_every_prefix_is_read_or_refused() {
    for wire in [WINDOWS, CYRUS, JDK, GSASL, DOVECOT] {
        for length in 0..wire.len() {
            let prefix = Box::<[u8]>::from(&wire.as_bytes()[..length]);
            if let Ok(challenge) = Challenge::parse(&prefix) {
                assert!(!challenge.nonce.is_empty());
            }
        }
    }
}

#[test]
fn r22_broken_utf8_in_a_realm_is_invalid_token_where_utf8_is_declared() {
    let latin1 = [SMALLEST.as_bytes(), b",realm=\"ok\",realm=\"\xE4\""].concat();
    assert!(Challenge::parse(&latin1).is_ok());
    assert_invalid([&latin1[..], b",charset=utf-8"].concat());
}

#[test]
fn mutated_challenges_never_panic() {
    for wire in [WINDOWS, CYRUS, JDK, GSASL, DOVECOT, RFC_2831] {
        mutations(wire, |bytes| {
            if let Ok(challenge) = Challenge::parse(bytes) {
                assert!(!challenge.qop.is_empty());
                assert_eq!(challenge.realm, challenge.realms().next());
            }
        });
    }
}

fn text() -> ChallengeText<'static> {
    ChallengeText {
        stale: false,
        qop: [Qop::Auth, Qop::AuthInt, Qop::AuthConf].into_iter().collect(),
        cipher: [Cipher::TripleDes, Cipher::Rc4].into_iter().collect(),
        nonce: b"+Upgraded+v10011",
        utf8: true,
        maxbuf: None,
        realm: Some(b"int.example.org"),
    }
}

fn written(text: &ChallengeText<'_>) -> String {
    let mut out = vec![0; text.length()];
    text.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn written_challenges_have_the_order_of_windows() {
    assert_eq!(written(&text()), WINDOWS);
    let long = ChallengeText { nonce: &[b'0'; 124], realm: Some(b""), ..text() };
    assert_eq!(long.length(), 222, "the length that Server 2008 R2 and later have without realm");
    let signed = [Qop::Auth, Qop::AuthInt].into_iter().collect();
    let other = ChallengeText {
        stale: true,
        qop: signed,
        nonce: b"n",
        maxbuf: Some(4096),
        realm: Some(b"r"),
        ..text()
    };
    assert_eq!(
        written(&other),
        "stale=true,qop=\"auth,auth-int\",algorithm=md5-sess,nonce=\"n\",charset=utf-8,\
         maxbuf=4096,realm=\"r\""
    );
    let nameless = ChallengeText { stale: false, utf8: false, realm: None, ..other };
    assert_eq!(
        written(&nameless),
        "qop=\"auth,auth-int\",algorithm=md5-sess,nonce=\"n\",maxbuf=4096"
    );
    let plain = ChallengeText { utf8: false, maxbuf: None, stale: false, ..other };
    assert_eq!(written(&plain), "qop=\"auth,auth-int\",algorithm=md5-sess,nonce=\"n\",realm=\"r\"");
}

#[test]
fn r02_r10_realms_of_quotes_and_backslashes_are_escaped_within_the_limit() {
    let short = ChallengeText { stale: true, realm: Some(b""), ..text() }.length();
    for (length, good) in [(2046, true), (2047, true), (2048, false), (2049, false)] {
        let mut realm = "\"\\".repeat((length - short) / 4);
        realm.push_str(&"a".repeat((length - short) % 4));
        let challenge = ChallengeText { stale: true, realm: Some(realm.as_bytes()), ..text() };
        assert_eq!(challenge.length(), length);
        assert_eq!(challenge.fits().is_ok(), good, "{length}");
        let token = written(&challenge);
        assert_eq!(token.len(), length);
        match Challenge::parse(token.as_bytes()) {
            Ok(read) => assert_eq!(&*read.realm.unwrap().unquoted(), realm.as_bytes()),
            Err(_) => assert!(!good, "{length}"),
        }
    }
}

#[test]
fn r13_control_characters_in_a_realm_do_not_fit() {
    for realm in [&b"a\nb"[..], b"\0", b"\x7F"] {
        let error = ChallengeText { realm: Some(realm), ..text() }.fits().unwrap_err();
        assert_eq!(error.status(), Status::INVALID_TOKEN);
    }
}
