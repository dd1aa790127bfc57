use super::*;
use crate::error::Status;

fn parse(token: &str) -> Result<Challenge<'_>> {
    // The only one: a token without a Digest challenge has an empty one.
    Challenge::all(token.as_bytes())?.next().unwrap()
}

const TEXT: ChallengeText<'_> = ChallengeText {
    stale: false,
    integrity: false,
    algorithm: Algorithm::MD5_SESS,
    nonce: b"n",
    utf8: true,
    realm: b"Digest",
    opaque: None,
    userhash: false,
};

fn print(text: &ChallengeText<'_>) -> String {
    let mut bytes = vec![0; text.length()];
    text.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn challenges_have_the_form_of_iis() {
    let plain = "qop=\"auth\",algorithm=MD5-sess,nonce=\"n\",charset=UTF-8,realm=\"Digest\"";
    assert_eq!(print(&TEXT), plain);
    assert_eq!(print(&ChallengeText { stale: true, ..TEXT }), format!("stale=true,{plain}"));
    let all = ChallengeText {
        integrity: true,
        utf8: false,
        realm: b"a\"b",
        opaque: Some(b"o"),
        userhash: true,
        algorithm: Algorithm::MD5,
        ..TEXT
    };
    let expected = "qop=\"auth,auth-int\",algorithm=MD5,nonce=\"n\",realm=\"a\\\"b\",opaque=\"o\",\
                    userhash=true";
    assert_eq!(print(&all), expected);
}

#[test]
fn what_cannot_be_sent_is_invalid_token() {
    let long = [b'r'; 4096];
    for realm in [&b"a\r\nSet-Cookie: b"[..], b"\0", &long] {
        let status = ChallengeText { realm, ..TEXT }.check().unwrap_err().status();
        assert_eq!(status, Status::INVALID_TOKEN);
    }
    assert!(TEXT.check().is_ok());
}

#[test]
fn challenges_of_other_servers_are_read() {
    let apache = "Digest realm=\"example.org\", nonce=\"9XApsd5gBgA=1a3e75\", algorithm=MD5, \
                  qop=\"auth\"";
    let read = parse(apache).unwrap();
    assert_eq!((read.algorithm, read.algorithm_text), (Algorithm::MD5, Some(&b"MD5"[..])));
    assert!(read.qop.contains(Qop::Auth) && !read.stale && !read.utf8);
    assert_eq!(read.nonce.raw(), b"9XApsd5gBgA=1a3e75");
    let lighttpd = "realm=\"example.org\", charset=\"UTF-8\", algorithm=SHA-256, \
                    nonce=\"6b0302b3:0571\", qop=\"auth\"";
    assert!(parse(lighttpd).unwrap().utf8);
    let old = parse("realm=\"r\",nonce=\"n\"").unwrap();
    assert!(old.qop.is_empty() && old.algorithm_text.is_none());
    let stale = parse("realm=r, nonce=n, stale=TRUE, opaque=\"a\\\"b\", domain=\"/\"").unwrap();
    assert!(stale.stale && stale.opaque.unwrap().is_escaped());
    let mixed = parse("realm=r,nonce=n,qop=\"auth, token, AUTH-INT\",userhash=true").unwrap();
    assert!(mixed.qop.contains(Qop::AuthInt) && mixed.userhash);
}

#[test]
fn r09_missing_and_empty_directives() {
    for token in [
        "",
        "Digest",
        "Digest ",
        "realm=\"r\"",
        "realm=\"r\",nonce=\"\"",
        "realm=\"r\",nonce=",
        "realm=\"r\",nonce",
        "realm=\"r\",nonce n",
        "nonce=\"n\",qop=\"auth-conf\"",
        "nonce=\"n\",qop=\"\"",
        "nonce=\"n\",qop=\"token\"",
        "nonce=\"n\",algorithm=MD4",
        "nonce=\"n\",algorithm=\"\"",
        "nonce=\"n\",algorithm=MD5-sess",
        "nonce=\"n\",nonce=\"n\"",
        "nonce=\"n\",realm=r,realm=s",
        "nonce=\"n",
        "nonce=\"n\\",
        "nonce=\"a\nb\"",
    ] {
        assert_eq!(parse(token).unwrap_err().status(), Status::INVALID_TOKEN, "{token}");
    }
    assert_eq!(parse("nonce=\"n\"").unwrap().realm.raw(), b"", "no realm is an empty one");
}

#[test]
fn r18_a_domain_of_nothing_or_of_many_is_passed_over() {
    let many = format!("domain=\"{}\"", "http://example.org/a ".repeat(1000));
    for domain in
        ["domain=\"\"", "domain=\" \"", "domain=\"/\"", "domain=/a", "DOMAIN=\"/a /b\"", &many]
    {
        for token in [format!("{domain},nonce=n"), format!("nonce=n, {domain}")] {
            assert_eq!(*parse(&token).unwrap().nonce.unquoted(), *b"n", "{domain}");
        }
    }
    for domain in ["domain=", "domain \"/\"", "domain=\"", "domain= ", "=\"/\""] {
        for token in [format!("{domain},nonce=n"), format!("nonce=n, {domain}")] {
            assert!(parse(&token).is_err(), "{domain}");
        }
    }
}

#[test]
fn r15_r18_long_challenges() {
    for character in ["\\", "\"", ",", "a", " "] {
        let run = character.repeat(1 << 20);
        for token in [run.clone(), format!("realm=\"{run}\",nonce=n"), format!("nonce=n,x=\"{run}")]
        {
            assert!(parse(&token).is_err());
        }
    }
    let domain = format!("domain=\"{}\",nonce=n", "/a ".repeat(20_000));
    assert!(parse(&domain).is_ok());
}
