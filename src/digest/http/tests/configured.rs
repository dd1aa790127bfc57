//! What the configuration adds: algorithms, opaque, hashed names, Authentication-Info.

use super::*;
use crate::sspi::Outcome::{Complete, Continue, Done};

/// Several output tokens.
#[derive(Default)]
struct Several {
    tokens: Vec<Vec<u8>>,
    current: usize,
}

impl Several {
    fn of(count: usize) -> Self {
        Self { tokens: vec![b"untouched".to_vec(); count], current: 0 }
    }
}

impl TokenSink for Several {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        self.tokens[self.current].space(length)
    }

    fn next(&mut self) -> bool {
        let more = self.current + 1 < self.tokens.len();
        self.current += usize::from(more);
        more
    }

    fn rewind(&mut self) {
        self.current = 0;
    }

    fn refused(&self) -> bool {
        false
    }

    fn length(&self) -> usize {
        self.tokens[0].len()
    }
}

#[test]
fn each_algorithm_has_a_token_as_far_as_there_are_buffers() {
    let names = ["SHA-256", "MD5-sess", "SHA-512-256"];
    let credential = server("http_algorithms = [\"sha-256\", \"MD5-sess\", \"SHA-512-256\"]");
    for count in 1..6 {
        let mut several = Several::of(count);
        accept(&*begin(&credential, Role::Server), b"", "", &mut several).unwrap();
        for (index, token) in several.tokens.iter().enumerate() {
            let text = std::str::from_utf8(token).unwrap();
            let algorithm = value(text, "algorithm");
            assert_eq!(algorithm.as_deref(), names.get(index).copied(), "{count} {text}");
            assert_eq!(text.is_empty(), index >= names.len());
            if let Some(name) = names.get(index) {
                let response = ALICE.respond(text, 1, "GET", "/");
                if count == index + 1 {
                    let result = answer(&credential, &response, "GET").1;
                    assert_eq!(result.unwrap().0, Done, "{name}");
                }
            }
        }
    }
}

#[test]
fn auth_int_covers_the_body() {
    let credential = server("");
    let digests = ["38609a28efe1da66fb338fe868fc4428", "d41d8cd98f00b204e9800998ecf8427e"];
    for flags in [Flags::INTEGRITY, Flags::REPLAY_DETECT, Flags::SEQUENCE_DETECT] {
        let first = begin(&credential, Role::Server);
        let mut output = Vec::new();
        step(&*first, &inputs(b"", "", b""), flags, None, &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert_eq!(value(&text, "qop").unwrap(), "auth,auth-int");
        let browser = Browser { qop: "auth-int", entity: Some(digests[0]), ..ALICE };
        let response = browser.respond(&text, 1, "POST", "/");
        let upper = digests[0].to_uppercase();
        let rows = [
            (digests[1], Err(Status::LOGON_DENIED)),
            ("", Err(Status::LOGON_DENIED)),
            ("38609a28", Err(Status::INVALID_TOKEN)),
            (&upper, Ok((Done, Flags::SIGNED))),
        ];
        for (entity, expected) in rows {
            let context = begin(&credential, Role::Server);
            let buffers = inputs(response.as_bytes(), "POST", entity.as_bytes());
            let result = step(&*context, &buffers, flags, None, &mut Vec::new());
            let result = result.map(|step| (step.outcome, step.flags));
            assert_eq!(result.map_err(|error| error.status()), expected, "{entity}");
        }
    }
}

#[test]
fn without_utf8http_no_charset_is_offered() {
    assert!(!challenge(&server("[WDigest]\nUTF8HTTP = 0")).contains("charset"));
}

#[test]
fn an_opaque_is_verified_where_one_was_sent() {
    let credential = server("http_opaque = 1");
    let text = challenge(&credential);
    let opaque = value(&text, "opaque").unwrap();
    let response = ALICE.respond(&text, 1, "GET", "/");
    let wrong = format!("{response}, opaque=\"{}\"", "0".repeat(32));
    assert_eq!(status_of(answer(&credential, &wrong, "GET").1), Status::INVALID_TOKEN);
    let right = format!("{response}, opaque=\"{opaque}\"");
    let (_first, result) = answer(&credential, &right, "GET");
    assert_eq!(result.unwrap().0, Done);
    let second = format!("{}, opaque=\"{opaque}\"", ALICE.respond(&text, 2, "GET", "/"));
    assert_eq!(answer(&credential, &second, "GET").1.unwrap().0, Complete);
    let wrong = second.replace(&opaque, &"0".repeat(32));
    assert_eq!(status_of(answer(&credential, &wrong, "GET").1), Status::INVALID_TOKEN);
}

#[test]
fn hashed_names_are_found() {
    let credential = server("http_userhash = 1\nhttp_algorithms = [\"SHA-256\"]");
    let text = challenge(&credential);
    assert!(text.ends_with(",userhash=true"));
    for (user, password, expected) in [
        ("alice", "secret", Status::OK),
        ("jäger", "grün", Status::OK),
        ("alice", "wrong", Status::LOGON_DENIED),
        ("nobody", "secret", Status::LOGON_DENIED),
    ] {
        let text = challenge(&credential);
        let context = begin(&client_of(user, None, password), Role::Client);
        let buffers = &inputs(text.as_bytes(), "GET", b"")[..3];
        let mut output = Vec::new();
        step(&*context, buffers, Flags::USE_HTTP_STYLE, Some("/"), &mut output).unwrap();
        let response = String::from_utf8(output).unwrap();
        assert!(!response.contains(user), "{response}");
        let (accepted, result) = answer(&credential, &response, "GET");
        assert_eq!(status_of(result), expected, "{user}");
        if expected == Status::OK {
            let Ok(Attribute::Names(name)) = accepted.query(AttributeId::NAMES) else { panic!() };
            assert_eq!(name, format!("example.org\\{user}"));
        }
    }
    let plain = ALICE.respond(&text, 1, "GET", "/");
    let claimed = format!("{plain}, userhash=true");
    assert_eq!(status_of(answer(&credential, &claimed, "GET").1), Status::LOGON_DENIED);
    assert_eq!(answer(&credential, &plain, "GET").1.unwrap().0, Done, "or not hashed");
}

#[test]
fn hashed_names_are_nobodys_where_they_are_not_asked_for() {
    for (settings, status, hashed) in
        [("", Status::LOGON_DENIED, 0), ("http_userhash = 1", Status::OK, 1)]
    {
        for algorithm in ["MD5", "MD5-sess", "SHA-256"] {
            let source = Arc::new(Accounts::default());
            let settings = format!("{settings}\nhttp_algorithms = [\"{algorithm}\"]");
            let credential = server_of(&settings, &source);
            let text = challenge(&credential).replace(",userhash=true", "") + ",userhash=true";
            let context = begin(&client_of("alice", None, "secret"), Role::Client);
            let buffers = &inputs(text.as_bytes(), "GET", b"")[..3];
            let mut output = Vec::new();
            step(&*context, buffers, Flags::USE_HTTP_STYLE, Some("/"), &mut output).unwrap();
            let response = String::from_utf8(output).unwrap();
            assert!(response.ends_with(",userhash=true"), "{response}");
            assert_eq!(status_of(answer(&credential, &response, "GET").1), status, "{settings}");
            // One look-up, as for anyone who is not known.
            let asked = [&source.asked, &source.asked_hashed];
            let asked = asked.map(|count| count.load(Ordering::Relaxed));
            assert_eq!(asked, [1, hashed], "{settings}");
        }
    }
}

#[test]
fn username_star_names_a_user() {
    let credential = server("http_algorithms = [\"SHA-256\"]");
    let jaeger = Browser { user: "jäger", password: "grün", ..ALICE };
    let response = jaeger.respond(&challenge(&credential), 1, "GET", "/");
    let response = response.replace("username=\"jäger\"", "username*=UTF-8''j%C3%A4ger");
    assert_eq!(answer(&credential, &response, "GET").1.unwrap().0, Done);
}

/// What `CompleteAuthToken` says that it needs for its answer.
fn tell_needed(context: &dyn Context, response: &str) -> usize {
    let (mut token, mut method) = (response.as_bytes().to_vec(), b"GET".to_vec());
    let mut buffers = [
        message_buffer(TOKEN, &mut token),
        message_buffer(PARAMS, &mut method),
        message_buffer(PARAMS, &mut []),
        message_buffer(PARAMS, &mut []),
        message_buffer(TOKEN, &mut []),
    ];
    let status = status_of(context.complete(&mut Message(&mut buffers)));
    assert_eq!(status, Status::BUFFER_TOO_SMALL);
    buffers[4].length.unwrap()
}

#[test]
fn authentication_info_proves_the_server_and_names_the_next_nonce() {
    for (setting, has_next) in [("rspauth", false), ("nextnonce", true)] {
        for algorithm in ["MD5", "SHA-256-sess"] {
            let credential = server(&format!(
                "http_authentication_info = \"{setting}\"\nhttp_algorithms = [\"{algorithm}\"]"
            ));
            let text = challenge(&credential);
            let expected = |nc: u32, method: &str| {
                // rspauth is what the response would be without a method.
                value(&ALICE.respond(&text, nc, method, "/"), "response")
            };
            let response = ALICE.respond(&text, 1, "GET", "/");
            let (_first, result) = answer(&credential, &response, "GET");
            let (outcome, info) = result.unwrap();
            assert_eq!(outcome, Done);
            assert_eq!(value(&info, "rspauth"), expected(1, ""), "{info}");
            assert!(info.starts_with("qop=auth,rspauth=\""));
            assert!(info.contains(",cnonce=\"0a4f113b\",nc=00000001"));
            assert_eq!(value(&info, "nextnonce").is_some(), has_next);
            let response = ALICE.respond(&text, 2, "GET", "/");
            let (second, _) = answer(&credential, &response, "GET");
            let length = tell_needed(&*second, &response);
            let info = String::from_utf8(complete(&*second, &response, "GET").unwrap()).unwrap();
            assert_eq!(value(&info, "rspauth"), expected(2, ""));
            assert_eq!(length, info.len());
            if let Some(next) = value(&info, "nextnonce") {
                let text = text.replace(&value(&text, "nonce").unwrap(), &next);
                let response = ALICE.respond(&text, 1, "GET", "/");
                assert_eq!(answer(&credential, &response, "GET").1.unwrap().0, Done);
            }
        }
    }
}

#[test]
fn verify_signature_takes_the_next_request_of_a_context() {
    let credential = server("");
    let text = challenge(&credential);
    let (context, _) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    let verify = |token: &str, method: &str| {
        let (mut token, mut method) = (token.as_bytes().to_vec(), method.as_bytes().to_vec());
        let mut buffers = [
            message_buffer(TOKEN, &mut token),
            message_buffer(PARAMS, &mut method),
            message_buffer(PARAMS, &mut []),
            message_buffer(PARAMS, &mut []),
        ];
        status_of(context.verify(&mut Message(&mut buffers)))
    };
    let second = ALICE.respond(&text, 2, "GET", "/");
    assert_eq!(verify(&second, "POST"), Status::MESSAGE_ALTERED);
    assert_eq!(verify(&second.replace("uri=\"/\"", "uri=\"/x\""), "GET"), Status::MESSAGE_ALTERED);
    assert_eq!(verify(&ALICE.respond(&text, 3, "GET", "/"), "GET"), Status::OUT_OF_SEQUENCE);
    let wrong = second.replace("nc=00000002", "nc=zz");
    assert_eq!(verify(&wrong, "GET"), Status::STATUS_INVALID_PARAMETER);
    assert_eq!(verify("nonsense", "GET"), Status::INVALID_TOKEN);
    assert_eq!(verify("", "GET"), Status::INVALID_TOKEN);
    assert_eq!(verify(&second, "GET"), Status::OK);
    assert_eq!(verify(&second, "GET"), Status::OUT_OF_SEQUENCE);
    let target = || match context.query(AttributeId::TARGET) {
        Ok(Attribute::Target(uri)) => String::from_utf8(uri).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(target(), "/");
    let third = ALICE.respond(&text, 3, "GET", "/third");
    assert_eq!(verify(&third.replace("third", "x"), "GET"), Status::MESSAGE_ALTERED);
    assert_eq!(target(), "/", "of what was verified");
    assert_eq!(verify(&third, "GET"), Status::OK);
    assert_eq!(target(), "/third", "of what was verified last");
}

#[test]
fn complete_takes_the_array_as_it_was_too() {
    let credential = server("");
    let text = challenge(&credential);
    let (_first, _) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    let response = ALICE.respond(&text, 2, "GET", "/");
    let (context, _) = answer(&credential, &response, "GET");
    let (mut token, mut method) = (response.into_bytes(), b"GET\0".to_vec());
    let mut empty = [message_buffer(TOKEN, &mut [])];
    let status = status_of(context.complete(&mut Message(&mut empty)));
    assert_eq!(status, Status::INVALID_TOKEN);
    assert_eq!(status_of(context.complete(&mut Message(&mut []))), Status::INVALID_TOKEN);
    // A URI of another type is not one that need not be compared.
    let mut uri = b"/other".to_vec();
    let mut mistyped = [
        message_buffer(TOKEN, &mut token),
        message_buffer(PARAMS, &mut method),
        message_buffer(buffer_type::DATA, &mut uri),
    ];
    let status = status_of(context.complete(&mut Message(&mut mistyped)));
    assert_eq!(status, Status::INVALID_TOKEN);
    let mut realm = utf16("example.org");
    let mut buffers = [
        message_buffer(TOKEN, &mut token),
        message_buffer(PARAMS, &mut method),
        message_buffer(PARAMS, &mut []),
        message_buffer(PARAMS, &mut []),
        message_buffer(PARAMS, &mut realm),
    ];
    context.complete(&mut Message(&mut buffers)).unwrap();
    assert_eq!(buffers[4].length, None, "no output, nothing written");
    assert!(context.established());
    let fresh = begin(&credential, Role::Server);
    let mut output = Vec::new();
    assert_eq!(accept(&*fresh, b"", "", &mut output).unwrap().outcome, Continue);
    let status = status_of(fresh.complete(&mut Message(&mut buffers)));
    assert_eq!(status, Status::INTERNAL_ERROR);
}
