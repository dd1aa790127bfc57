use super::*;

#[test]
fn recorded_responses_are_understood() {
    let response = assert_good(V3);
    assert_eq!(
        response,
        Response {
            username: response.username,
            realm: response.realm,
            nonce: response.nonce,
            cnonce: response.cnonce,
            nc: 1,
            nc_text: b"00000001",
            qop: Qop::Auth,
            qop_text: b"auth",
            digest_uri: response.digest_uri,
            response: b"9ff8685c4f01832cd4bed741bdc439b7",
            maxbuf: 65_536,
            utf8: true,
            cipher: None,
            authzid: None,
        }
    );
    assert_eq!(response.username.raw(), b"user");
    assert!(response.realm.is_some_and(Value::is_empty));
    assert_eq!(response.nonce.raw(), b"MDEyMzQ1Njc4OWFiY2RlZg==");
    assert_eq!(response.cnonce.raw(), b"e495b889b7b854405de324ede5849ea3");
    assert_eq!(response.digest_uri.raw(), b"smtp/127.0.0.1");
    let response = assert_good(V4);
    assert_eq!((response.qop, response.cipher), (Qop::AuthConf, Some(Cipher::TripleDes)));
    assert_eq!(response.qop_text, b"auth-conf");
}

#[test]
fn responses_of_peers_are_understood() {
    type Row = (&'static str, Qop, Option<Cipher>, bool, bool);
    let rows: &[Row] = &[
        (RFC_2831, Qop::Auth, None, true, false),
        (CYRUS, Qop::AuthConf, Some(Cipher::Rc4), false, false),
        (JDK, Qop::AuthConf, Some(Cipher::TripleDes), true, true),
        (GSASL, Qop::AuthInt, None, true, true),
        (CURL, Qop::Auth, None, false, false),
    ];
    for (token, qop, cipher, utf8, authzid) in rows {
        let response = assert_good(token);
        assert_eq!(response.qop, *qop, "{token}");
        assert_eq!(response.cipher, *cipher, "{token}");
        assert_eq!(response.utf8, *utf8, "{token}");
        assert_eq!(response.authzid.map(Value::raw), authzid.then_some(&b"alice"[..]), "{token}");
        assert_eq!(response.nc, 1, "{token}");
    }
}

#[test]
fn forms_that_two_of_three_servers_take_are_taken() {
    for token in [
        with("nc", "\"00000001\""),
        with("qop", "\"auth\""),
        with("response", &format!("\"{HASH}\"")),
        with("maxbuf", "\"65536\""),
        with("charset", "\"utf-8\""),
        with("charset", "UTF-8"),
        with("username", "chris"),
        with("realm", "elwood.innosoft.com"),
        with("digest-uri", "imap/elwood.innosoft.com"),
        with("nonce", "OA6MG9tEQGm2hh=="),
        print(GOOD).replace(',', ", "),
        print(GOOD).replace(',', " ,,\r\n "),
        format!(",{},", print(GOOD)),
        format!("{} \t ", print(GOOD)),
        with("unknown", "x"),
        format!("{},unknown=\"y\"", with("unknown", "x")),
        with("a-name-longer-than-any-known-one", "x"),
        with("algorithm", "md5-sess"),
        with("algorithm", "\"anything\""),
        with("opaque", "\"\""),
        with("domain", "\"/\""),
        without(&["qop"]),
        without(&["charset"]),
        without(&["realm"]),
        print(GOOD).replace("username", "USERNAME").replace("nc=", "Nc="),
        with("cipher", "rc4"),
        format!("{}\0", print(GOOD)),
    ] {
        let response = assert_good(&token);
        assert_eq!((response.qop, response.qop_text), (Qop::Auth, &b"auth"[..]), "{token}");
        assert_eq!((response.nc, response.cipher), (1, None), "{token}");
        assert_eq!(response.username.raw(), b"chris", "{token}");
    }
}

#[test]
fn the_hash_is_not_printed() {
    let printed = format!("{:?}", assert_good(V4));
    assert!(printed.contains("\"alice\"") && !printed.contains("a516"), "{printed}");
}
