use super::*;

const TEXT: ResponseText<'_> = ResponseText {
    username: b"alice",
    realm: Some(b""),
    nonce: Value::bare(b"MDEyMzQ1Njc4OWFiY2RlZg=="),
    digest_uri: b"ldap/127.0.0.1",
    cnonce: b"8aa82d051ad9706a2cbc26aceeb8f21a",
    nc: 1,
    response: b"a5161e5d54e3950512ceb4bd61f5a564",
    qop: Qop::AuthConf,
    cipher: Some(Cipher::TripleDes),
    utf8: true,
    maxbuf: None,
    authzid: None,
    claim: None,
};

fn written(text: &ResponseText<'_>) -> String {
    let mut out = vec![0; text.length()];
    text.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn written_responses_are_those_recorded() {
    assert_eq!(written(&TEXT), V4);
    let smtp = ResponseText {
        username: b"user",
        digest_uri: b"smtp/127.0.0.1",
        cnonce: b"e495b889b7b854405de324ede5849ea3",
        response: b"9ff8685c4f01832cd4bed741bdc439b7",
        qop: Qop::Auth,
        cipher: None,
        ..TEXT
    };
    assert_eq!(written(&smtp), V3);
}

#[test]
fn optional_directives_are_written_at_their_places() {
    let text = ResponseText {
        realm: None,
        nc: 0x89AB_CDEF,
        utf8: false,
        maxbuf: Some(16_777_215),
        authzid: Some(b"boss"),
        ..TEXT
    };
    assert_eq!(
        written(&text),
        "username=\"alice\",nonce=\"MDEyMzQ1Njc4OWFiY2RlZg==\",digest-uri=\"ldap/127.0.0.1\",\
         cnonce=\"8aa82d051ad9706a2cbc26aceeb8f21a\",nc=89abcdef,\
         response=a5161e5d54e3950512ceb4bd61f5a564,qop=auth-conf,cipher=3des,maxbuf=16777215,\
         authzid=\"boss\""
    );
}

#[test]
fn r02_r13_quotes_and_backslashes_are_escaped_and_read_back() {
    let nasty = br#"\"\\"""\ = ,"#;
    let challenge = br#"nonce="a\"b\c""#;
    let nonce = directives(challenge).next().unwrap().unwrap().value;
    let text = ResponseText {
        username: nasty,
        realm: Some(nasty),
        nonce,
        digest_uri: nasty,
        cnonce: nasty,
        authzid: Some(nasty),
        ..TEXT
    };
    text.check().unwrap();
    let token = written(&text);
    let response = assert_good(&token);
    for value in [response.username, response.digest_uri, response.cnonce] {
        assert_eq!(&*value.unquoted(), nasty);
    }
    assert_eq!(&*response.realm.unwrap().unquoted(), nasty);
    assert_eq!(&*response.authzid.unwrap().unquoted(), nasty);
    assert_eq!(response.nonce.raw(), nonce.raw());
}

#[test]
fn r13_control_characters_are_not_sent() {
    TEXT.check().unwrap();
    for bytes in [&b"\0"[..], b"a\r\n", b"\x1F", b"\x7F", b"\t"] {
        for text in [
            ResponseText { username: bytes, ..TEXT },
            ResponseText { realm: Some(bytes), ..TEXT },
            ResponseText { nonce: Value::bare(bytes), ..TEXT },
            ResponseText { digest_uri: bytes, ..TEXT },
            ResponseText { cnonce: bytes, ..TEXT },
            ResponseText { authzid: Some(bytes), ..TEXT },
        ] {
            assert_eq!(text.check().unwrap_err().status(), Status::INVALID_TOKEN);
        }
    }
}

#[test]
fn r02_r10_the_length_is_exact_with_escapes_up_to_the_limit() {
    for (quotes, end, good) in
        [(1900, 0, true), (1900, 1, true), (1900, 2, false), (4096, 0, false)]
    {
        let rest = 4094 - (ResponseText { username: b"", ..TEXT }.length() + 2 * 1900);
        let name = ["\"".repeat(quotes), "a".repeat(rest + end)].concat();
        let text = ResponseText { username: name.as_bytes(), ..TEXT };
        assert_eq!(text.check().is_ok(), good, "{quotes} {end}");
        let token = written(&text);
        assert_eq!(Response::parse(token.as_bytes()).is_ok(), good, "{quotes} {end}");
    }
}

#[test]
fn another_length_of_space_is_refused() {
    for length in [0, 1, V4.len() - 1, V4.len() + 1] {
        let error = TEXT.write(&mut vec![0; length]).unwrap_err();
        assert_eq!(error.status(), Status::BUFFER_TOO_SMALL, "{length}");
    }
}
