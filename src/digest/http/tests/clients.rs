//! Our client: libcurl's calls, later requests, stale challenges, old servers.

use super::*;
use crate::digest::WDigest;
use crate::sspi::Outcome::{Complete, Continue, Done};

const STYLE: Flags = Flags::USE_HTTP_STYLE;

/// An initialize call in libcurl's form: token, method, an empty buffer.
fn initialize(
    context: &dyn Context,
    challenge: &str,
    method: &str,
    uri: &str,
    flags: Flags,
) -> Result<String> {
    let inputs = &inputs(challenge.as_bytes(), method, b"")[..3];
    let mut output = Vec::new();
    let step = step(context, inputs, flags, Some(uri), &mut output)?;
    assert_eq!(step.outcome, Done, "curl takes it, and no answer comes");
    Ok(String::from_utf8(output).unwrap())
}

fn client() -> Box<dyn Context> {
    begin(&client_of("alice", None, "secret"), Role::Client)
}

/// `MakeSignature` in libcurl's form; the fifth buffer has this type.
fn sign(
    context: &dyn Context,
    method: &str,
    uri: &str,
    kind: u32,
    room: usize,
) -> std::result::Result<String, (Status, Option<usize>)> {
    let (mut method, mut uri) = (method.as_bytes().to_vec(), uri.as_bytes().to_vec());
    let mut output = vec![0xFF; room];
    let mut buffers = [
        message_buffer(TOKEN, &mut []),
        message_buffer(PARAMS, &mut method),
        message_buffer(PARAMS, &mut uri),
        message_buffer(PARAMS, &mut []),
        message_buffer(kind, &mut output),
    ];
    let result = context.sign(0, &mut Message(&mut buffers));
    let length = buffers[4].length;
    match result {
        Ok(()) => Ok(String::from_utf8(output[..length.unwrap()].to_vec()).unwrap()),
        Err(error) => {
            assert!(output.iter().all(|byte| *byte == 0xFF), "nothing is written");
            Err((error.status(), length))
        }
    }
}

#[test]
fn our_client_and_server_agree_on_every_algorithm() {
    for (algorithm, _) in Algorithm::ALL.iter().map(|(algorithm, name)| (name, algorithm)) {
        let settings =
            format!("http_algorithms = [\"{algorithm}\"]\nhttp_opaque = 1\nrealms = [\"Domain\"]");
        let credential = server(&settings);
        for (user, domain) in [("alice", None), ("alice", Some("")), ("jäger", Some("Domain"))] {
            let password = if user == "alice" { "secret" } else { "grün" };
            let context = begin(&client_of(user, domain, password), Role::Client);
            let text = challenge(&credential);
            let response = initialize(&*context, &text, "GET", "/x?y=%41", STYLE).unwrap();
            let (_first, result) = answer(&credential, &response, "GET");
            assert_eq!(result.unwrap().0, Done, "{algorithm} {response}");
            for (method, uri) in [("POST", "/z"), ("GET", "/x?y=%41")] {
                let response = sign(&*context, method, uri, buffer_type::PADDING, 4096).unwrap();
                let (second, result) = answer(&credential, &response, method);
                assert_eq!(result.unwrap().0, Complete, "{response}");
                complete(&*second, &response, method).unwrap();
            }
        }
    }
}

#[test]
fn the_response_has_windows_order_and_form() {
    let context = client();
    let text = "realm=\"a \\\"r\\\"\",nonce=\"n\\\\1\",qop=\"auth,auth-int\",algorithm=md5-SESS,\
                charset=utf-8,opaque=\"o\\\"\"";
    let response = initialize(&*context, text, "GET", "/x", STYLE).unwrap();
    let cnonce = value(&response, "cnonce").unwrap();
    let digits = value(&response, "response").unwrap();
    assert_eq!((cnonce.len(), digits.len()), (32, 32));
    let expected = format!(
        "username=\"alice\",realm=\"a \\\"r\\\"\",nonce=\"n\\\\1\",uri=\"/x\",cnonce=\"{cnonce}\",\
         nc=00000001,algorithm=md5-SESS,response=\"{digits}\",qop=\"auth\",charset=utf-8,\
         opaque=\"o\\\"\""
    );
    assert_eq!(response, expected);
    let second = sign(&*context, "GET", "/y", PARAMS, 4096).unwrap();
    let digits = value(&second, "response").unwrap();
    let expected = expected.replace("\"/x\"", "\"/y\"").replace("nc=00000001", "nc=00000002");
    assert_eq!(second, expected.replace(&value(&response, "response").unwrap(), &digits));
    assert_ne!(response, second);
}

#[test]
fn contexts_of_one_user_share_the_count_of_a_nonce() {
    let text = challenge(&server(""));
    let (first, second) = (client(), client());
    let nc = |response: String| value(&response, "nc").unwrap();
    assert_eq!(nc(initialize(&*first, &text, "GET", "/", STYLE).unwrap()), "00000001");
    assert_eq!(nc(initialize(&*second, &text, "GET", "/", STYLE).unwrap()), "00000002");
    assert_eq!(nc(sign(&*first, "GET", "/", PARAMS, 4096).unwrap()), "00000003");
    assert_eq!(nc(sign(&*second, "GET", "/", PARAMS, 4096).unwrap()), "00000004");
}

#[test]
fn a_second_context_on_a_nonce_logs_in_though_its_a1_differs() {
    let credential = server("");
    let text = challenge(&credential);
    let (first, second) = (client(), client());
    let response = initialize(&*first, &text, "GET", "/", STYLE).unwrap();
    let (_held, _) = answer(&credential, &response, "GET");
    let response = initialize(&*second, &text, "GET", "/", STYLE).unwrap();
    let (context, _) = answer(&credential, &response, "GET");
    complete(&*context, &response, "GET").unwrap();
}

#[test]
fn signature_buffers_are_checked_and_no_count_is_lost() {
    let context = client();
    let text = challenge(&server(""));
    initialize(&*context, &text, "GET", "/", STYLE).unwrap();
    let needed = sign(&*context, "GET", "/", buffer_type::PADDING, 4096).unwrap().len();
    for room in [0, needed - 1] {
        let refused = sign(&*context, "GET", "/", buffer_type::PADDING, room).unwrap_err();
        assert_eq!(refused, (Status::BUFFER_TOO_SMALL, Some(needed)));
    }
    for (method, uri) in [("", "/"), ("GET", ""), ("GET", "/ö"), ("GET", "/\n")] {
        let refused = sign(&*context, method, uri, PARAMS, 4096).unwrap_err();
        assert_eq!(refused.0, Status::INVALID_TOKEN);
    }
    let exact = sign(&*context, "GET", "/", buffer_type::DATA, needed).unwrap();
    assert_eq!(value(&exact, "nc").unwrap(), "00000003");
    let mut bytes = vec![0; 4096];
    let mut four = [
        message_buffer(TOKEN, &mut []),
        message_buffer(PARAMS, &mut []),
        message_buffer(PARAMS, &mut []),
        message_buffer(buffer_type::PADDING, &mut bytes),
    ];
    assert_eq!(status_of(context.sign(0, &mut Message(&mut four))), Status::INVALID_TOKEN);
    assert_eq!(status_of(context.sign(0, &mut Message(&mut []))), Status::INVALID_TOKEN);
    let before = sign(&*client(), "GET", "/", PARAMS, 4096).unwrap_err();
    assert_eq!(before.0, Status::INVALID_HANDLE);
}

#[test]
fn a_stale_challenge_is_answered_anew() {
    let credential = server("");
    let context = client();
    let text = challenge(&credential);
    let first = initialize(&*context, &text, "GET", "/", STYLE).unwrap();
    sign(&*context, "GET", "/", PARAMS, 4096).unwrap();
    let stale = format!("stale=true,{}", challenge(&credential));
    let second = initialize(&*context, &stale, "GET", "/", STYLE).unwrap();
    assert_eq!(value(&second, "nc").unwrap(), "00000001");
    assert_ne!(value(&first, "cnonce"), value(&second, "cnonce"));
    assert_eq!(answer(&credential, &second, "GET").1.unwrap().0, Done);
}

#[test]
fn a_nonce_for_each_request_is_a_new_login_and_the_same_one_again_a_refusal() {
    for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"] {
        let offer = |nonce: &str, more: &str| {
            format!("realm=\"r\",nonce=\"{nonce}\",qop=\"auth\",algorithm={algorithm}{more}")
        };
        let context = client();
        let mut cnonces = Vec::new();
        for number in 0..3 {
            let nonce = format!("{algorithm}, {number}");
            // As well after requests that were signed as after none.
            if number == 2 {
                sign(&*context, "GET", "/", PARAMS, 4096).unwrap();
            }
            let response = initialize(&*context, &offer(&nonce, ""), "GET", "/", STYLE).unwrap();
            assert_eq!(value(&response, "nonce").unwrap(), nonce);
            assert_eq!(value(&response, "nc").unwrap(), "00000001");
            cnonces.push(value(&response, "cnonce").unwrap());
            let next = sign(&*context, "GET", "/", PARAMS, 4096).unwrap();
            assert_eq!(value(&next, "nc").unwrap(), "00000002");
        }
        cnonces.dedup();
        assert_eq!(cnonces.len(), 3);
        // However it is written, and whatever comes with it.
        let last = format!("Basic realm=x, Digest {}", offer(&format!("\\{algorithm}, 2"), ",x=y"));
        let refused = initialize(&*context, &last, "GET", "/", STYLE);
        assert_eq!(status_of(refused), Status::LOGON_DENIED);
        let after = initialize(&*context, &offer("another", ""), "GET", "/", STYLE);
        assert_eq!(status_of(after), Status::STATUS_LOGON_FAILURE);
    }
}

#[test]
fn a_further_login_is_held_to_the_flags_as_the_first() {
    let context = client();
    let integrity = STYLE | Flags::INTEGRITY;
    let offer = "realm=r,nonce=1,qop=\"auth,auth-int\"";
    let response = initialize(&*context, offer, "GET", "/", integrity).unwrap();
    assert_eq!(value(&response, "qop").unwrap(), "auth-int");
    let weaker = "stale=true,realm=r,nonce=2,qop=\"auth\"";
    let refused = initialize(&*context, weaker, "GET", "/", integrity);
    assert_eq!(status_of(refused), Status::QOP_NOT_SUPPORTED);
}

#[test]
fn without_a_challenge_there_is_nothing_to_send_yet() {
    let context = client();
    let mut output = vec![1];
    let step = step(&*context, &[], STYLE, Some("/"), &mut output).unwrap();
    assert_eq!((step.outcome, output.len()), (Continue, 0));
    assert!(!context.established());
    let response = initialize(&*context, &challenge(&server("")), "GET", "/", Flags::NONE);
    assert!(response.is_ok(), "the mode is settled");
}

#[test]
fn a_server_of_rfc_2069_gets_its_form() {
    let context = begin(&client_of("Mufasa", None, "Circle Of Life"), Role::Client);
    let text = "realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
    let response = initialize(&*context, text, "GET", "/dir/index.html", STYLE).unwrap();
    let expected = "username=\"Mufasa\",realm=\"testrealm@host.com\",\
                    nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",uri=\"/dir/index.html\",\
                    response=\"670fd8c2df070c60b045671b8b24ff02\"";
    assert_eq!(response, expected);
    assert_eq!(sign(&*context, "GET", "/dir/index.html", PARAMS, 4096).unwrap(), expected);
}

#[test]
fn the_qop_follows_offer_flags_and_entity() {
    const BODY: &[u8] = b"38609a28efe1da66fb338fe868fc4428";
    for (offered, flags, entity, expected) in [
        ("auth,auth-int", Flags::NONE, BODY, "auth"),
        ("auth,auth-int", Flags::INTEGRITY, b"", "auth-int"),
        ("auth,auth-int", Flags::SEQUENCE_DETECT, BODY, "auth-int"),
        ("auth-int", Flags::NONE, b"", "auth-int"),
        ("auth-int", Flags::NONE, BODY, "auth-int"),
    ] {
        let context = client();
        let text = format!("realm=r,nonce=n,algorithm=MD5,qop=\"{offered}\"");
        let buffers = inputs(text.as_bytes(), "POST", b"");
        let entity = InputBuffer { kind: PARAMS, data: entity };
        let buffers = [buffers[0], buffers[1], entity];
        let mut output = Vec::new();
        let step = step(&*context, &buffers, flags | STYLE, Some("/"), &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert_eq!(value(&text, "qop").unwrap(), expected);
        let signed = if expected == "auth" { Flags::NONE } else { Flags::SIGNED };
        assert_eq!(step.flags, STYLE | signed);
    }
}

#[test]
fn names_follow_the_charset_and_the_algorithm() {
    let text = "realm=r,nonce=n,qop=\"auth\"";
    let latin = begin(&client_of("jäger", None, "grün"), Role::Client);
    let buffers = &inputs(text.as_bytes(), "GET", b"")[..3];
    let mut output = Vec::new();
    step(&*latin, buffers, STYLE, Some("/"), &mut output).unwrap();
    assert!(output.starts_with(b"username=\"j\xE4ger\""));
    let beyond = begin(&client_of("€uro", None, "x"), Role::Client);
    let status = status_of(initialize(&*beyond, text, "GET", "/", STYLE));
    assert_eq!(status, Status::NO_CREDENTIALS);
    let modern = "realm=r,nonce=n,qop=\"auth\",charset=UTF-8,algorithm=SHA-256";
    for (text, expected) in [
        (format!("{text},charset=utf-8"), "username=\"jäger\","),
        (modern.to_owned(), "username*=UTF-8''j%C3%A4ger,"),
        (format!("{modern},userhash=true"), "username=\""),
    ] {
        let context = begin(&client_of("jäger", None, "grün"), Role::Client);
        let response = initialize(&*context, &text, "GET", "/", STYLE).unwrap();
        assert!(response.starts_with(expected), "{response}");
        assert_eq!(response.ends_with(",userhash=true"), text.ends_with("userhash=true"));
    }
}

/// The hash of a response to this challenge is that of RFC 7616 for these bytes of name and password.
fn is_hashed_as(context: &dyn Context, challenge: &str, user: &[u8], password: &[u8]) {
    let response = initialize(context, challenge, "GET", "/", STYLE).unwrap();
    let of = |name: &str| value(&response, name).unwrap().into_bytes();
    let algorithm = Algorithm::from_name(&of("algorithm")).unwrap();
    let (hash, nonce, cnonce, nc) = (algorithm.hash, of("nonce"), of("cnonce"), of("nc"));
    let secret = formulas::password(hash, user, b"r", password);
    let a1 =
        if algorithm.session { formulas::session(hash, &secret, &nonce, &cnonce) } else { secret };
    let nc = nc.as_slice().try_into().unwrap();
    let counted = formulas::Counted { nc, cnonce: &cnonce, qop: b"auth" };
    let a2 = formulas::request(hash, b"GET", b"/", None);
    let digits = formulas::response(hash, &a1, &nonce, Some(counted), &a2);
    assert_eq!(*digits, *of("response"), "{challenge}");
}

#[test]
fn utf8_is_hashed_as_rfc_7616_has_it_and_for_windows_servers_as_they_have_it() {
    let utf8 = "realm=\"r\",qop=\"auth\",charset=UTF-8";
    let (user, password) = ("jäger".as_bytes(), "grün".as_bytes());
    for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256"] {
        let text = format!("{utf8},algorithm={algorithm},nonce=\"n\"");
        let context = begin(&client_of("jäger", None, "grün"), Role::Client);
        is_hashed_as(&*context, &text, user, password);
        // In form C, whatever form the caller's text has.
        let context = begin(&client_of("ja\u{308}ger", None, "gru\u{308}n"), Role::Client);
        is_hashed_as(&*context, &text, user, password);
    }
    // An algorithm of RFC 7616 needs no charset to be named.
    let unnamed = "realm=\"r\",qop=\"auth\",algorithm=SHA-256,nonce=\"n\"";
    for user in ["jäger", "żółw"] {
        let context = begin(&client_of(user, None, "grün"), Role::Client);
        is_hashed_as(&*context, unnamed, user.as_bytes(), password);
        let response = initialize(&*context, &unnamed.replace("\"n\"", "\"m\""), "GET", "/", STYLE);
        assert!(!response.unwrap().contains("charset"));
    }
    let windows = format!("{utf8},algorithm=MD5-sess,nonce=\"+Upgraded+v1a\"");
    let context = begin(&client_of("jäger", None, "grün"), Role::Client);
    is_hashed_as(&*context, &windows, b"j\xE4ger", b"gr\xFCn");
    let context = begin(&client_of("żółw", None, "grün"), Role::Client);
    is_hashed_as(&*context, &windows, "żółw".as_bytes(), b"gr\xFCn");
}

#[test]
fn names_beyond_ascii_log_in_by_every_algorithm_whether_or_not_a_charset_is_named() {
    for charset in [0, 1] {
        for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256"] {
            let algorithms = format!("http_algorithms = [\"{algorithm}\"]");
            let server = server(&format!("{algorithms}\n[WDigest]\nUTF8HTTP = {charset}"));
            let text = challenge(&server);
            assert_eq!(text.contains("charset="), charset == 1);
            let context = begin(&client_of("jäger", None, "grün"), Role::Client);
            let mut response = Vec::new();
            let buffers = &inputs(text.as_bytes(), "GET", b"")[..3];
            step(&*context, buffers, STYLE, Some("/"), &mut response).unwrap();
            let context = begin(&server, Role::Server);
            let accepted = accept(&*context, &response, "GET", &mut Vec::new());
            assert_eq!(accepted.unwrap().outcome, Done, "{text}");
        }
    }
}

#[test]
fn calls_that_lack_something_are_refused() {
    let text = challenge(&server(""));
    let nobody =
        DigestCredential::with_settings(&WDigest, CredentialRequest::default(), Arc::default());
    let nobody = begin(&Arc::new(nobody.unwrap()), Role::Client);
    assert_eq!(status_of(initialize(&*nobody, &text, "GET", "/", STYLE)), Status::NO_CREDENTIALS);
    for (text, method, uri, expected) in [
        (&text[..], "", "/", Status::INVALID_TOKEN),
        (&text, "GET", "", Status::TARGET_UNKNOWN),
        (&text, "GET", "/ö", Status::TARGET_UNKNOWN),
        (&text, "GET", "/\r\nX: y", Status::INVALID_TOKEN),
        ("realm=r", "GET", "/", Status::INVALID_TOKEN),
        ("realm=r,nonce=n,algorithm=MD6", "GET", "/", Status::INVALID_TOKEN),
    ] {
        let context = client();
        assert_eq!(status_of(initialize(&*context, text, method, uri, STYLE)), expected, "{uri}");
        let again = initialize(&*context, text, method, uri, STYLE);
        assert!(status_of(again).is_error());
    }
}

#[test]
fn a_buffer_too_small_loses_nothing() {
    struct Small(usize);
    impl TokenSink for Small {
        fn space(&mut self, length: usize) -> Result<&mut [u8]> {
            self.0 = length;
            Err(crate::error::Error::new(Status::BUFFER_TOO_SMALL, "small"))
        }

        fn refused(&self) -> bool {
            true
        }

        fn length(&self) -> usize {
            0
        }
    }
    let context = client();
    let text = challenge(&server(""));
    let buffers = inputs(text.as_bytes(), "GET", b"");
    let mut small = Small(0);
    let status = status_of(step(&*context, &buffers, STYLE, Some("/"), &mut small));
    assert_eq!(status, Status::BUFFER_TOO_SMALL);
    let response = initialize(&*context, &text, "GET", "/", STYLE).unwrap();
    assert_eq!((value(&response, "nc").unwrap().as_str(), response.len()), ("00000001", small.0));
}

#[test]
fn attributes_of_both_ends() {
    let credential = server("");
    let context = client();
    let flags = Flags::CONNECTION | STYLE;
    let response = initialize(&*context, &challenge(&credential), "GET", "/x", flags).unwrap();
    let (accepted, _) = answer(&credential, &response, "GET");
    for (context, name) in [(&*context, "alice"), (&*accepted, "example.org\\alice")] {
        let Ok(Attribute::Sizes(sizes)) = context.query(AttributeId::SIZES) else { panic!() };
        let expected = (4096, 4096, 0, 0);
        let sizes =
            (sizes.max_token, sizes.max_signature, sizes.block_size, sizes.security_trailer);
        assert_eq!(sizes, expected);
        let Ok(Attribute::Names(names)) = context.query(AttributeId::NAMES) else { panic!() };
        assert_eq!(names, name);
        let Ok(Attribute::Authority(realm)) = context.query(AttributeId::AUTHORITY) else {
            panic!()
        };
        assert_eq!(realm, "example.org");
        let Ok(Attribute::Target(uri)) = context.query(AttributeId::TARGET) else { panic!() };
        assert_eq!(uri, b"/x");
        let status = status_of(context.query(AttributeId::CLIENT_SPECIFIED_TARGET));
        assert_eq!(status, Status::TARGET_UNKNOWN);
        let Ok(Attribute::KeyInfo(key)) = context.query(AttributeId::KEY_INFO) else { panic!() };
        assert_eq!((key.signature_name, key.encryption_name), ("MD5", ""));
    }
    assert_eq!(context.flags(), flags);
    assert_eq!(accepted.flags(), Flags::CONNECTION);
    let Ok(Attribute::Sizes(sizes)) = client().query(AttributeId::SIZES) else { panic!() };
    assert_eq!((sizes.max_token, sizes.max_signature), (4096, 0));
}

#[test]
fn r02_r10_r13_values_of_quotes_and_backslashes_come_back_as_they_were() {
    for (text, name) in [("\\\"", "\""), ("\\\\", "\\"), ("\\\"\\\\", "\"\\")] {
        let (text, name) = (text.repeat(500), name.repeat(500));
        let challenge = format!("realm=\"{text}\",nonce=\"{text}\",opaque=\"{text}\"");
        let context = begin(&client_of(&name, None, "x"), Role::Client);
        let response = initialize(&*context, &challenge, "GET", "/", STYLE).unwrap();
        for directive in ["username", "realm", "nonce", "opaque"] {
            assert_eq!(value(&response, directive).unwrap(), text, "{directive}");
        }
    }
}
