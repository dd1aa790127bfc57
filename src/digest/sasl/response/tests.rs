use super::*;
use crate::digest::message::tokenizer::tests::mutations;
use crate::error::Status;

mod peers;
mod written;

const HASH: &str = "d388dad90d4bbd760a152321f2143af7";

/// The directives of a good response, in the order of Windows.
const GOOD: &[(&str, &str)] = &[
    ("username", "\"chris\""),
    ("realm", "\"elwood.innosoft.com\""),
    ("nonce", "\"OA6MG9tEQGm2hh\""),
    ("digest-uri", "\"imap/elwood.innosoft.com\""),
    ("cnonce", "\"OA6MHXh6VqTrRk\""),
    ("nc", "00000001"),
    ("response", HASH),
    ("qop", "auth"),
    ("charset", "utf-8"),
];

const V3: &str = "username=\"user\",realm=\"\",nonce=\"MDEyMzQ1Njc4OWFiY2RlZg==\",\
    digest-uri=\"smtp/127.0.0.1\",cnonce=\"e495b889b7b854405de324ede5849ea3\",nc=00000001,\
    response=9ff8685c4f01832cd4bed741bdc439b7,qop=auth,charset=utf-8";
const V4: &str = "username=\"alice\",realm=\"\",nonce=\"MDEyMzQ1Njc4OWFiY2RlZg==\",\
    digest-uri=\"ldap/127.0.0.1\",cnonce=\"8aa82d051ad9706a2cbc26aceeb8f21a\",nc=00000001,\
    response=a5161e5d54e3950512ceb4bd61f5a564,qop=auth-conf,cipher=3des,charset=utf-8";
const CYRUS: &str = "username=\"alice\",realm=\"example.org\",nonce=\"bm9uY2U=\",cnonce=\"Y24=\",\
    nc=00000001,qop=auth-conf,cipher=rc4,maxbuf=65536,digest-uri=\"imap/localhost\",\
    response=d388dad90d4bbd760a152321f2143af7";
const JDK: &str = "charset=utf-8,username=\"alice\",realm=\"example.org\",nonce=\"bm9uY2U=\",\
    nc=00000001,cnonce=\"Y24=\",digest-uri=\"imap/localhost\",maxbuf=65536,\
    response=d388dad90d4bbd760a152321f2143af7,qop=auth-conf,cipher=\"3des\",authzid=\"alice\"";
const GSASL: &str = "username=\"alice\", realm=\"example.org\", nonce=\"bm9uY2U==\", \
    cnonce=\"Y24==\", nc=00000001, qop=auth-int, digest-uri=\"imap/localhost\", \
    response=d388dad90d4bbd760a152321f2143af7, charset=utf-8, authzid=\"alice\"";
const CURL: &str = "username=\"alice\",realm=\"example.org\",nonce=\"bm9uY2U=\",cnonce=\"Y24=\",\
    nc=\"00000001\",digest-uri=\"imap/example.org\",response=d388dad90d4bbd760a152321f2143af7,\
    qop=auth";
const RFC_2831: &str = "charset=utf-8,username=\"chris\",realm=\"elwood.innosoft.com\",\
    nonce=\"OA6MG9tEQGm2hh\",nc=00000001,cnonce=\"OA6MHXh6VqTrRk\",\
    digest-uri=\"imap/elwood.innosoft.com\",response=d388dad90d4bbd760a152321f2143af7,qop=auth";

fn print(directives: &[(&str, &str)]) -> String {
    let directives: Vec<_> =
        directives.iter().map(|(name, value)| format!("{name}={value}")).collect();
    directives.join(",")
}

/// The good response with this directive's value in place of its own, or added.
fn with(name: &str, value: &str) -> String {
    let mut directives: Vec<_> = GOOD.iter().copied().filter(|row| row.0 != name).collect();
    directives.push((name, value));
    print(&directives)
}

fn without(names: &[&str]) -> String {
    let left: Vec<_> = GOOD.iter().copied().filter(|row| !names.contains(&row.0)).collect();
    print(&left)
}

#[track_caller]
fn assert_invalid(token: impl AsRef<[u8]>) {
    let token = Box::<[u8]>::from(token.as_ref());
    let error = Response::parse(&token).expect_err(&String::from_utf8_lossy(&token));
    assert_eq!(error.status(), Status::INVALID_TOKEN);
    assert!(!error.reason().is_empty());
}

#[track_caller]
fn assert_good(token: &str) -> Response<'_> {
    match Response::parse(token.as_bytes()) {
        Ok(response) => response,
        Err(error) => panic!("{token}: {error}"),
    }
}

#[test]
fn r01_r04_a_directive_without_value_is_invalid_token() {
    for (name, _) in GOOD {
        assert_invalid(format!("{},{name}", without(&[name])));
        assert_invalid(format!("{name},{}", without(&[name])));
        assert_invalid(format!("{name}=,{}", without(&[name])));
    }
    assert_invalid("nonce,realm=\"x\"");
    assert_invalid("username=\"x\",uri,nonce=\"y\"");
}

#[test]
fn r03_missing_directives_singly_and_in_pairs_are_invalid_token() {
    let optional = ["realm", "qop", "charset"];
    for (one, _) in GOOD {
        for (other, _) in GOOD {
            let token = without(&[one, other]);
            if optional.contains(one) && optional.contains(other) {
                assert_good(&token);
            } else {
                assert_invalid(token);
            }
        }
    }
    for token in ["", "\0", ",", " "] {
        assert_invalid(token);
    }
}

#[test]
fn r05_r11_every_directive_may_fill_the_message_to_its_limit() {
    for name in ["username", "realm", "nonce", "digest-uri", "cnonce", "authzid", "unknown"] {
        let short = with(name, "\"\"");
        for (length, good) in [(4094, true), (4095, true), (4096, false), (4097, false)] {
            let value = "a".repeat(length - short.len());
            let token = with(name, &format!("\"{value}\""));
            assert_eq!(token.len(), length);
            let token = token.into_bytes().into_boxed_slice();
            assert_eq!(Response::parse(&token).is_ok(), good, "{name} {length}");
        }
    }
    let full = format!("{}{}\0", print(GOOD), " ".repeat(4095 - print(GOOD).len()));
    assert_eq!(full.len(), 4096);
    assert_good(&full);
}

#[test]
fn r05_values_of_fixed_length_have_just_that() {
    for length in [0, 1, 31, 33, 64] {
        assert_invalid(with("response", &format!("\"{}\"", "a".repeat(length))));
    }
    assert_good(&with("response", &"a".repeat(32)));
    assert_invalid(with("response", &HASH.to_uppercase()));
    assert_invalid(with("response", &HASH.replace('d', "g")));
    assert_invalid(with("response", &format!("\"\\{HASH}\"")));
}

#[test]
fn r06_a_response_without_qop_means_auth() {
    let token = without(&["qop"]);
    let response = assert_good(&token);
    assert_eq!((response.qop, response.qop_text), (Qop::Auth, &b"auth"[..]));
    assert_invalid(without(&["qop", "nc"]));
}

#[test]
fn r08_white_space_after_the_last_directive_is_taken() {
    for end in [" ", "\t", " ,", ", ", "\r\n "] {
        assert_good(&format!("{}{end}", print(GOOD)));
    }
    assert_invalid(without(&["cnonce"]) + " ");
}

#[test]
fn r14_every_prefix_is_read_or_refused() {
    for wire in [V3, V4, CYRUS, JDK, GSASL, CURL] {
        for length in 0..wire.len() {
            let prefix = Box::<[u8]>::from(&wire.as_bytes()[..length]);
            if let Ok(response) = Response::parse(&prefix) {
                assert_eq!(response.nc, 1);
            }
        }
    }
}

#[test]
fn r16_empty_values_are_invalid_token() {
    for name in
        ["nonce", "cnonce", "nc", "qop", "digest-uri", "response", "maxbuf", "charset", "authzid"]
    {
        assert_invalid(with(name, "\"\""));
        assert_invalid(with(name, ""));
        assert_invalid(with(name, "\""));
    }
    assert!(assert_good(&with("realm", "\"\"")).realm.is_some());
    assert!(assert_good(&with("username", "\"\"")).username.is_empty());
    assert_invalid(with("username", &format!("\"{}\"", "a".repeat(2 << 20))));
}

#[test]
fn r17_a_nul_inside_a_value_is_invalid_token() {
    for name in ["username", "realm", "authzid", "digest-uri", "unknown"] {
        assert_invalid(with(name, "\"a\0b\""));
        assert_invalid(with(name, "\"a\\\0b\""));
        assert_invalid(with(name, "a\0b"));
    }
}

#[test]
fn r18_an_ignored_directive_may_be_empty_in_quotes_only() {
    assert_good(&with("domain", "\"\""));
    assert_good(&with("domain", &format!("\"{}\"", "/a ".repeat(1000))));
    assert_invalid(with("domain", ""));
}

#[test]
fn r19_repeated_directives_are_invalid_token() {
    for (name, value) in [GOOD, &[("maxbuf", "65536"), ("authzid", "\"a\"")]].concat() {
        assert_invalid(format!("{},{name}={value}", with(name, value)));
        assert_invalid(format!("{},{}={value}", with(name, value), name.to_uppercase()));
    }
    let repeated = format!("{},cipher=rc4", with("cipher", "rc4"));
    assert_good(&repeated);
    assert_invalid(repeated.replace("qop=auth", "qop=auth-conf"));
    assert_good(&format!("{},algorithm=x", with("algorithm", "x")));
    let error = Response::parse(b"nonce=a,NONCE=b").unwrap_err();
    assert_eq!(error.reason(), "response: nonce appears twice (RFC 2831 §2.1)");
}

#[test]
fn r20_nc_is_eight_hexadecimal_digits() {
    for nc in [
        "\"\"",
        "1",
        "0000001",
        "000000001",
        "+0000001",
        "-0000001",
        "\" 0000001\"",
        "0x000001",
        "0000000g",
        "0000 001",
        "zz",
        "\"0000000\\1\"",
    ] {
        assert_invalid(with("nc", nc));
    }
    for (nc, number) in [
        ("00000000", 0),
        ("00000002", 2),
        ("0000000a", 10),
        ("0000000A", 10),
        ("89abcdef", 0x89AB_CDEF),
        ("ffffffff", u32::MAX),
        (" 00000001 ", 1),
    ] {
        let token = with("nc", nc);
        let response = assert_good(&token);
        assert_eq!(response.nc, number, "{nc}");
        assert_eq!(&response.nc_text[..], nc.trim().as_bytes());
    }
}

#[test]
fn r21_maxbuf_is_from_17_to_16777215() {
    for maxbuf in [
        "0",
        "15",
        "16",
        "16777216",
        "4294967296",
        "4294967313",
        "18446744073709551617",
        "-1",
        "+17",
        "0x11",
        "ff",
        "1e3",
        "17.0",
        "1 7",
        "abc",
        "1",
        "\"\\17\"",
    ] {
        assert_invalid(with("maxbuf", maxbuf));
    }
    for (maxbuf, number) in [
        ("17", 17),
        ("\"17\"", 17),
        ("16777215", 16_777_215),
        ("0000000000000000000065536", 65_536),
    ] {
        assert_eq!(assert_good(&with("maxbuf", maxbuf)).maxbuf, number, "{maxbuf}");
    }
    assert_eq!(assert_good(&print(GOOD)).maxbuf, 65_536);
}

#[test]
fn r21_qop_is_one_known_name_in_any_case() {
    for qop in [
        "\" auth\"",
        "\"auth \"",
        "auth,auth",
        "\"auth,auth\"",
        "\"auth,auth-int\"",
        "unknown",
        "auth-",
        "\"\"",
        "\"au\\th\"",
        "auth-conf",
    ] {
        assert_invalid(with("qop", qop));
    }
    for (qop, known) in [("AUTH", Qop::Auth), ("Auth-Int", Qop::AuthInt), ("auth", Qop::Auth)] {
        let token = with("qop", qop);
        let response = assert_good(&token);
        assert_eq!((response.qop, response.qop_text), (known, qop.as_bytes()));
    }
}

#[test]
fn r21b_absurd_values_are_invalid_token() {
    assert_invalid(with("maxbuf", "abc"));
    assert_invalid(format!("{},maxbuf=1,cipher=rc4", with("qop", "auth-conf")));
    assert_invalid(without(&["digest-uri"]));
    assert_invalid(with("nc", "zz"));
    // The service is the program's to judge (SECPKG_ATTR_TARGET).
    assert_eq!(assert_good(&with("digest-uri", "\"i\"")).digest_uri.raw(), b"i");
}

#[test]
fn r22_cipher_counts_only_with_auth_conf() {
    let sealed = |cipher: &str| format!("{}{cipher}", with("qop", "auth-conf"));
    for (cipher, known) in [
        (",cipher=3des", Cipher::TripleDes),
        (",cipher=\"RC4\"", Cipher::Rc4),
        (",cipher=des", Cipher::Des),
        (",cipher=rc4-40", Cipher::Rc4With40Bits),
        (",cipher=rc4-56", Cipher::Rc4With56Bits),
    ] {
        assert_eq!(assert_good(&sealed(cipher)).cipher, Some(known));
    }
    for cipher in ["", ",cipher=aes", ",cipher=\"\"", ",cipher=\"3des,rc4\"", ",cipher=\"3\\des\""]
    {
        assert_invalid(sealed(cipher));
    }
    for cipher in ["3des", "\"\"", "garbage", "\"3\\des\""] {
        assert_eq!(assert_good(&with("cipher", cipher)).cipher, None);
    }
}

#[test]
fn r07_r22_broken_utf8_is_invalid_token_where_utf8_is_declared() {
    let broken: [&[u8]; 6] =
        [b"\xE4", b"a\xC3", b"\xC0\x80", b"\xE0\x80\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80"];
    for bytes in broken {
        for name in ["username", "realm", "authzid"] {
            let replace = |token: String| {
                let (before, after) = token.split_once('?').unwrap();
                [before.as_bytes(), bytes, after.as_bytes()].concat()
            };
            assert_invalid(replace(with(name, "\"a?\"")));
            let latin1 = replace(with(name, "\"a?\"").replace("charset=utf-8,", ""));
            assert_eq!(Response::parse(&latin1).is_ok(), name != "authzid", "{name} {bytes:02x?}");
        }
    }
    assert_good(&with("username", "\"j\u{e4}ger \u{20ac}\""));
    assert_good(&with("authzid", "\"DOM\\\u{e4}\""));
    for charset in ["iso-8859-1", "utf8", "\"\"", "\" utf-8\""] {
        assert_invalid(with("charset", charset));
    }
}

#[test]
fn mutated_responses_never_panic() {
    for wire in [V3, V4, CYRUS, JDK, GSASL, CURL, RFC_2831] {
        mutations(wire, |bytes| {
            if let Ok(response) = Response::parse(bytes) {
                assert_eq!(response.cipher.is_some(), response.qop == Qop::AuthConf);
                assert_eq!(response.nc_text.len(), 8);
            }
        });
    }
}
