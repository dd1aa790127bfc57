use super::*;

const HASH: &str = "8ca523f5e9506fed4657c9700eebdbec";
const GOOD: [(&str, &str); 9] = [
    ("username", "\"Mufasa\""),
    ("realm", "\"http-auth@example.org\""),
    ("nonce", "\"7ypf/xlj9XXwfDPEoM4URrv\""),
    ("uri", "\"/dir/index.html\""),
    ("cnonce", "\"f2/wE4q74E6\""),
    ("nc", "00000001"),
    ("algorithm", "MD5"),
    ("response", "\"8ca523f5e9506fed4657c9700eebdbec\""),
    ("qop", "auth"),
];

fn print(directives: &[(&str, &str)]) -> String {
    let parts: Vec<_> = directives.iter().map(|(name, value)| format!("{name}={value}")).collect();
    parts.join(", ")
}

fn with(name: &str, value: &str) -> String {
    let mut directives = GOOD.to_vec();
    match directives.iter_mut().find(|(known, _)| *known == name) {
        Some(directive) => directive.1 = value,
        None => directives.push((name, value)),
    }
    print(&directives)
}

fn without(names: &[&str]) -> String {
    let mut directives = GOOD.to_vec();
    directives.retain(|(name, _)| !names.contains(name));
    print(&directives)
}

fn parse(token: &str) -> Result<Response<'_>> {
    Response::parse(token.as_bytes(), Status::INVALID_TOKEN)
}

#[track_caller]
fn assert_invalid(token: &str) {
    let shown = token.get(..200).unwrap_or(token);
    match parse(token) {
        Err(error) => assert_eq!(error.status(), Status::INVALID_TOKEN, "{shown}"),
        Ok(_) => panic!("taken: {shown}"),
    }
}

#[test]
fn what_clients_send_is_read() {
    for token in [
        print(&GOOD),
        format!("Digest {}", print(&GOOD)),
        format!("dIGEST {}", print(&GOOD)),
        print(&GOOD).replace(", ", ","),
        print(&GOOD).replace(", ", " ,\t,\r\n "),
        format!(",{},\0", print(&GOOD)),
        print(&GOOD).replace("nc=", "NC="),
        with("qop", "\"auth\""),
        with("nc", "\"00000001\""),
        with("response", HASH),
        with("response", &HASH.to_uppercase()),
        with("algorithm", "\"md5\""),
        without(&["algorithm"]),
        with("username", "Mufasa"),
        with("realm", "\"\""),
        with("opaque", "\"5ccc069c403ebaf9f0171e9517f40e41\""),
        with("opaque", "\"\""),
        with("charset", "utf-8"),
        with("userhash", "false"),
        with("unknown", "x"),
        format!("{}, unknown=\"y\"", with("unknown", "x")),
    ] {
        let response = parse(&token).unwrap();
        assert_eq!(*response.username.bytes(), *b"Mufasa");
        assert_eq!((response.nc, response.qop), (Some(1), Qop::Auth), "{token}");
        assert!(response.response.eq_ignore_ascii_case(HASH.as_bytes()), "{token}");
        assert_eq!(*response.uri(), *b"/dir/index.html");
    }
}

#[test]
fn r03_r16_missing_and_empty_directives_are_invalid_token() {
    let needed = ["username", "realm", "nonce", "uri", "response"];
    for (index, one) in needed.iter().enumerate() {
        assert_invalid(&without(&[one]));
        for other in &needed[index..] {
            assert_invalid(&without(&[one, other]));
        }
    }
    for name in ["nonce", "uri", "cnonce", "nc", "response", "qop", "algorithm"] {
        assert_invalid(&with(name, "\"\""));
        assert_invalid(&with(name, ""));
    }
    for name in ["username", "realm", "opaque"] {
        assert_invalid(&with(name, ""));
    }
    for names in [&["qop"][..], &["nc"], &["cnonce"], &["qop", "cnonce"], &["nc", "cnonce"]] {
        assert_invalid(&without(names));
    }
    assert_invalid("");
    assert_invalid("Digest ");
}

#[test]
fn r01_r04_a_key_without_a_value_is_invalid_token() {
    for name in ["username", "uri", "nonce", "nc", "unknown"] {
        for token in [
            print(&GOOD).replacen(&format!("{name}="), &format!("{name},x="), 1),
            format!("{name},{}", print(&GOOD)),
            format!("{}, {name}", print(&GOOD)),
        ] {
            if token != print(&GOOD) {
                assert_invalid(&token);
            }
        }
    }
}

#[test]
fn r05_lengths_at_the_limit() {
    let rest = with("uri", "\"\"").len();
    let uri = |length: usize| with("uri", &format!("\"{}\"", "/".repeat(length)));
    assert!(parse(&uri(LIMIT - 1 - rest)).is_ok());
    assert_invalid(&uri(LIMIT - rest));
    assert_invalid(&uri(LIMIT + 1 - rest));
}

#[test]
fn r06_without_qop_it_is_rfc_2069s_form() {
    for names in [&["qop", "nc", "cnonce"][..], &["qop", "nc"]] {
        let token = without(names);
        let response = parse(&token).unwrap();
        assert_eq!((response.nc, response.qop), (None, Qop::Auth));
        assert!(response.counted(b"").is_none());
    }
}

#[test]
fn r08_a_sessions_algorithm_without_cnonce_is_invalid_token() {
    let session = print(&GOOD).replace("=MD5", "=MD5-sess");
    assert!(parse(&session).is_ok());
    assert!(parse(&format!("{session} \t ")).is_ok(), "white space after the last directive");
    let (cnonce, counted) = ("cnonce=\"f2/wE4q74E6\", ", ["nc=00000001, ", ", qop=auth"]);
    assert_invalid(&session.replace(cnonce, ""));
    let old = counted.iter().fold(session, |text, part| text.replace(part, ""));
    assert!(parse(&old).is_ok());
    assert_invalid(&old.replace(cnonce, ""));
}

#[test]
fn r08_white_space_after_the_last_directive_is_taken() {
    for end in [" ", "\t \t", " \r\n ", ",", " , ", ", ,\r\n\t,", &" ".repeat(60_000)] {
        for token in [print(&GOOD), with("qop", "\"auth\"")] {
            assert_eq!(parse(&format!("{token}{end}")).unwrap().qop, Qop::Auth, "{end:?}");
        }
    }
    for end in ["\r", "\n", "\r\n", " \r\n", "\x0B", " x", "=", "\""] {
        assert_invalid(&format!("{}{end}", print(&GOOD)));
    }
}

#[test]
fn r12_content_is_not_a_directive() {
    let token = with("nonce", "\"a,realm=\\\"evil\\\",username=mallory\"");
    let response = parse(&token).unwrap();
    assert_eq!(*response.realm.unquoted(), *b"http-auth@example.org");
    assert_eq!(*response.username.bytes(), *b"Mufasa");
    assert_eq!(*response.nonce.unquoted(), *b"a,realm=\"evil\",username=mallory");
}

#[test]
fn r13_r17_control_characters_are_invalid_token() {
    for character in ["\0", "\n", "\r", "\r\n ", "\r\n\t", "\x01", "\x7f", "\x1b"] {
        for name in ["username", "realm", "nonce", "uri", "cnonce", "opaque", "other"] {
            assert_invalid(&with(name, &format!("\"a{character}b\"")));
            assert_invalid(&with(name, &format!("a{character}b")));
        }
    }
}

#[test]
fn r14_every_cut_ends_in_an_error_or_a_whole_response() {
    let token = with("username", "\"a\\\"b\"");
    for length in 0..token.len() {
        if let Ok(response) = parse(&token[..length]) {
            assert_eq!(*response.username.bytes(), *b"a\"b");
        }
    }
    for end in [", use", ", uri=", ", x=\"\\", ", x=\"", ", x=a\\\""] {
        assert_invalid(&format!("{token}{end}"));
    }
}

#[test]
fn r15_r16_r18_a_mebibyte_of_one_character_is_invalid_token_at_once() {
    for character in ["\\", "\"", ",", "=", "a", " ", "\t", "%", "'", "\0x"] {
        let run = character.repeat((1 << 20) / character.len());
        for token in [
            run.clone(),
            format!("Digest {run}"),
            with("uri", &format!("\"{run}\"")),
            with("username", &run),
            format!("{}, x=\"{run}", print(&GOOD)),
        ] {
            assert_invalid(&token);
        }
    }
}

#[test]
fn r15_long_runs_within_the_limit_are_one_pass() {
    let pairs = "\\\"".repeat(30_000);
    let token = with("username", &format!("\"{pairs}\""));
    assert_eq!(parse(&token).unwrap().username.bytes().len(), 30_000);
    for character in ["\\", "\"", ","] {
        let run = character.repeat(60_000);
        let _either = parse(&format!("{}{run}", print(&GOOD)));
        assert_invalid(&with("username", &format!("\"{run}x")));
    }
    assert!(parse(&format!("{}{}", print(&GOOD), ",".repeat(60_000))).is_ok());
}

#[test]
fn r19_repeated_directives_are_invalid_token() {
    for (name, value) in GOOD.iter().chain(&[("opaque", "x"), ("userhash", "false")]) {
        let once = with(name, value);
        assert!(parse(&once).is_ok());
        assert_invalid(&format!("{once}, {name}={value}"));
        assert_invalid(&format!("{once}, {}={value}", name.to_uppercase()));
    }
}

#[test]
fn r20_nc_is_eight_hexadecimal_digits() {
    for nc in [
        "0000001",
        "000000001",
        "+0000001",
        "\" 0000001\"",
        "0x000001",
        "0000000g",
        "-0000001",
        "\"0000\\0001\"",
        "１0000000",
    ] {
        assert_invalid(&with("nc", nc));
        let token = with("nc", nc);
        if let Err(error) = Response::parse(token.as_bytes(), Status::STATUS_INVALID_PARAMETER) {
            let expected = [Status::STATUS_INVALID_PARAMETER, Status::INVALID_TOKEN];
            assert!(expected.contains(&error.status()));
        }
    }
    for (nc, count) in
        [("00000000", 0), ("ffffffff", u32::MAX), ("FFFFFFFF", u32::MAX), ("0000000A", 10)]
    {
        assert_eq!(parse(&with("nc", nc)).unwrap().nc, Some(count));
    }
}

#[test]
fn names_of_algorithms_are_read_in_either_case() {
    for (algorithm, name) in Algorithm::ALL {
        for name in [*name, &name.to_lowercase(), &name.to_uppercase()] {
            assert_eq!(Algorithm::read(name.as_bytes()), Some(*algorithm), "{name}");
            assert_eq!(Algorithm::read(format!("{name}x").as_bytes()), None, "{name}");
        }
    }
}

#[test]
fn r21_qop_is_one_of_two_names() {
    for qop in ["auth-conf", "\"auth,auth-int\"", "\" auth\"", "auth,auth", "none"] {
        assert_invalid(&with("qop", qop));
    }
    for (qop, read) in
        [("AUTH", Qop::Auth), ("auth-int", Qop::AuthInt), ("\"Auth-Int\"", Qop::AuthInt)]
    {
        let token = with("qop", qop);
        let response = parse(&token).unwrap();
        assert_eq!(response.qop, read);
        assert_eq!(response.qop_text(), qop.trim_matches('"').as_bytes(), "hashed as sent");
    }
}

#[test]
fn hashes_have_the_length_of_their_algorithm() {
    let long = HASH.repeat(2);
    for (algorithm, hash, good) in [
        ("MD5", HASH, true),
        ("MD5", &long, false),
        ("MD5", &HASH[1..], false),
        ("SHA-256", &long, true),
        ("sha-512-256-SESS", &long, true),
        ("SHA-256", HASH, false),
        ("SHA-512", &long, false),
        ("MD5-SESSION", HASH, false),
        ("MD5", "8ca523f5e9506fed4657c9700eebdbeg", false),
    ] {
        let token = with("response", hash).replace("=MD5", &format!("={algorithm}"));
        assert_eq!(parse(&token).is_ok(), good, "{algorithm} {hash}");
    }
}

#[test]
fn username_star_is_decoded() {
    let name = |value: &str| {
        let token = format!("{}, username*={value}", without(&["username"]));
        parse(&token).map(|response| String::from_utf8(response.username.bytes().into_owned()))
    };
    for (value, expected) in [
        ("UTF-8''J%C3%A4s%C3%B8n%20Doe", "Jäsøn Doe"),
        ("utf-8'de'j%c3%a4ger", "jäger"),
        ("\"UTF-8''plain\"", "plain"),
        ("UTF-8''", ""),
        ("UTF-8''a'b", "a'b"),
    ] {
        assert_eq!(name(value).unwrap().unwrap(), expected);
    }
    for value in [
        "plain",
        "UTF-8'x",
        "ISO-8859-1''j%E4ger",
        "UTF-8''%C3",
        "UTF-8''%",
        "UTF-8''%4",
        "UTF-8''%4g",
        "UTF-8''%00",
        "UTF-8''%0A",
        "UTF-8''%C0%80",
        "UTF-8''%+1",
    ] {
        assert!(name(value).is_err(), "{value}");
    }
    assert_invalid(&with("username*", "UTF-8''x"));
    assert_invalid(&format!("{}, username*=UTF-8''x, userhash=true", without(&["username"])));
}

#[test]
fn the_hash_is_not_printed() {
    let printed = format!("{:?}", parse(&print(&GOOD)).unwrap());
    assert!(printed.contains("Mufasa") && !printed.contains("8ca5"), "{printed}");
}
