//! `CompleteAuthToken`: what it is given is what counts, whatever was accepted before.

use super::*;
use crate::sspi::Outcome::{Complete, Done};

/// A first request, and what a second one is to answer.
fn begun(credential: &Arc<DigestCredential>) -> (Box<dyn Context>, String) {
    let text = challenge(credential);
    let (context, result) = answer(credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    assert_eq!(result.unwrap().0, Done);
    (context, text)
}

/// A context that has accepted a response and waits for it to be completed.
fn accepted(
    credential: &Arc<DigestCredential>,
    buffers: &[InputBuffer<'_>],
    flags: Flags,
) -> Box<dyn Context> {
    let context = begin(credential, Role::Server);
    let step = step(&*context, buffers, flags, None, &mut Vec::new());
    assert_eq!(step.unwrap().outcome, Complete);
    context
}

/// `CompleteAuthToken` with token, method, URI and entity hash.
fn complete_with(context: &dyn Context, texts: [&[u8]; 4]) -> Status {
    let [mut token, mut method, mut uri, mut entity] = texts.map(<[u8]>::to_vec);
    let mut buffers = [
        message_buffer(TOKEN, &mut token),
        message_buffer(PARAMS, &mut method),
        message_buffer(PARAMS, &mut uri),
        message_buffer(PARAMS, &mut entity),
    ];
    status_of(context.complete(&mut Message(&mut buffers)))
}

fn target(context: &dyn Context) -> Vec<u8> {
    let Ok(Attribute::Target(uri)) = context.query(AttributeId::TARGET) else { panic!() };
    uri
}

#[test]
fn another_token_or_method_than_was_accepted_is_judged_by_itself() {
    let credential = server("");
    let (_first, text) = begun(&credential);
    let right = ALICE.respond(&text, 2, "GET", "/a");
    let altered = Status::MESSAGE_ALTERED;
    let digit = if right.contains("response=\"0") { "1" } else { "0" };
    let (before, after) = right.split_once("response=\"").unwrap();
    let wrong_hash = format!("{before}response=\"{digit}{}", &after[1..]);
    for (token, method, expected) in [
        (right.as_str(), "POST", altered),
        (right.as_str(), "get", altered),
        (right.as_str(), "", Status::INVALID_TOKEN),
        (&right.replace("uri=\"/a\"", "uri=\"/b\""), "GET", altered),
        (&right.replace("nc=00000002", "nc=00000003"), "GET", altered),
        (&right.replace("alice", "Alice"), "GET", altered),
        (&right[..right.len() - 1], "GET", Status::INVALID_TOKEN),
        (&wrong_hash, "GET", altered),
        (&ALICE.respond(&text, 4, "GET", "/a"), "GET", Status::OUT_OF_SEQUENCE),
    ] {
        let context = accepted(&credential, &inputs(right.as_bytes(), "GET", b""), Flags::NONE);
        let texts = [token.as_bytes(), method.as_bytes(), b"", b""];
        assert_eq!(complete_with(&*context, texts), expected, "{token} {method}");
        assert!(!context.established());
        if expected != Status::OUT_OF_SEQUENCE {
            let context = accepted(&credential, &inputs(right.as_bytes(), "GET", b""), Flags::NONE);
            assert_eq!(complete_with(&*context, texts), expected, "{token} {method}");
        }
    }
    // Another request that is right is the one that is granted.
    let other = ALICE.respond(&text, 2, "POST", "/b");
    let context = accepted(&credential, &inputs(right.as_bytes(), "GET", b""), Flags::NONE);
    assert_eq!(complete_with(&*context, [other.as_bytes(), b"POST", b"", b""]), Status::OK);
    assert_eq!(target(&*context), b"/b");
    let again = accepted(
        &credential,
        &inputs(ALICE.respond(&text, 3, "GET", "/").as_bytes(), "GET", b""),
        Flags::NONE,
    );
    let replayed = complete_with(&*again, [other.as_bytes(), b"POST", b"", b""]);
    assert_eq!(replayed, Status::OUT_OF_SEQUENCE);
}

#[test]
fn what_failed_may_be_completed_with_what_was_accepted() {
    let credential = server("");
    let (_first, text) = begun(&credential);
    let right = ALICE.respond(&text, 2, "GET", "/a");
    let context = accepted(&credential, &inputs(right.as_bytes(), "GET", b""), Flags::NONE);
    let altered = complete_with(&*context, [right.as_bytes(), b"POST", b"", b""]);
    assert_eq!(altered, Status::MESSAGE_ALTERED);
    assert_eq!(complete_with(&*context, [right.as_bytes(), b"GET", b"", b""]), Status::OK);
    assert_eq!(target(&*context), b"/a");
}

#[test]
fn another_body_or_uri_than_was_accepted_is_judged_by_itself() {
    let credential = server("http_check_uri = 1");
    let (_first, text) = begun(&credential);
    let (entity, other) = ("38609a28efe1da66fb338fe868fc4428", "d41d8cd98f00b204e9800998ecf8427e");
    let body = Browser { qop: "auth-int", entity: Some(entity), ..ALICE };
    let response = body.respond(&text, 2, "POST", "/form");
    let buffers = inputs(response.as_bytes(), "POST", entity.as_bytes());
    for (uri, entity, expected) in [
        ("", other, Status::MESSAGE_ALTERED),
        ("", "", Status::MESSAGE_ALTERED),
        ("", "38", Status::INVALID_TOKEN),
        ("/other", entity, Status::INVALID_TOKEN),
        ("/form", entity, Status::OK),
    ] {
        let context = accepted(&credential, &buffers, Flags::SIGNED);
        let texts = [response.as_bytes(), b"POST", uri.as_bytes(), entity.as_bytes()];
        assert_eq!(complete_with(&*context, texts), expected, "{uri} {entity}");
        assert_eq!(context.flags().contains(Flags::SIGNED), expected == Status::OK);
    }
}

#[test]
fn what_was_not_offered_is_not_taken_from_a_later_request_either() {
    let credential = server("http_opaque = 1");
    let (verifying, text) = begun(&credential);
    let opaque = |response: &str, opaque: &str| format!("{response}, opaque=\"{opaque}\"");
    let own = value(&text, "opaque").unwrap();
    let empty = "d41d8cd98f00b204e9800998ecf8427e";
    let body = Browser { qop: "auth-int", entity: Some(empty), ..ALICE };
    let rows = |nc: u32| {
        let auth = ALICE.respond(&text, nc, "GET", "/");
        let int = body.respond(&text, nc, "GET", "/");
        [
            (opaque(&auth, &"0".repeat(32)), "", Status::INVALID_TOKEN),
            (opaque(&auth, ""), "", Status::INVALID_TOKEN),
            // Integrity of a body that nobody has looked at.
            (opaque(&int, &own), "", Status::INVALID_TOKEN),
            (opaque(&int, &own), empty, Status::OK),
        ]
    };
    let right = opaque(&ALICE.respond(&text, 2, "GET", "/"), &own);
    let context = accepted(&credential, &inputs(right.as_bytes(), "GET", b""), Flags::NONE);
    for (response, entity, expected) in rows(2) {
        let texts = [response.as_bytes(), b"GET", b"", entity.as_bytes()];
        assert_eq!(complete_with(&*context, texts), expected, "complete {response}");
    }
    for (response, entity, expected) in rows(3) {
        let [mut token, mut method, mut entity] =
            [response.as_bytes(), b"GET", entity.as_bytes()].map(<[u8]>::to_vec);
        let mut buffers = [
            message_buffer(TOKEN, &mut token),
            message_buffer(PARAMS, &mut method),
            message_buffer(PARAMS, &mut []),
            message_buffer(PARAMS, &mut entity),
        ];
        let status = status_of(verifying.verify(&mut Message(&mut buffers)));
        assert_eq!(status, expected, "verify {response}");
    }
}

#[test]
fn requests_of_every_length_are_completed() {
    let credential = server("");
    let (_first, text) = begun(&credential);
    let lengths = (1..200).step_by(7).chain([1000, 1700, 1800, 2047, 2048, 5000, 60_000]);
    for (nc, length) in (2..).zip(lengths) {
        let uri = format!("/{}", "u".repeat(length - 1));
        let response = ALICE.respond(&text, nc, "GET", &uri);
        let (context, result) = answer(&credential, &response, "GET");
        assert_eq!(result.unwrap().0, Complete);
        complete(&*context, &response, "GET").unwrap();
        assert_eq!(target(&*context), uri.as_bytes(), "{length}");
    }
}

#[test]
fn a_uri_is_told_without_the_backslashes_that_quote_it() {
    let credential = server("");
    let (_first, text) = begun(&credential);
    let response = ALICE.respond(&text, 2, "GET", "/a\"b\\").replace("/a\"b\\", "/a\\\"b\\\\");
    let (context, result) = answer(&credential, &response, "GET");
    assert_eq!(result.unwrap().0, Complete);
    complete(&*context, &response, "GET").unwrap();
    assert_eq!(target(&*context), b"/a\"b\\");
}

#[test]
fn r31_a_failed_context_takes_no_more_tokens() {
    let credential = server("");
    let wrong = Browser { password: "wrong", ..ALICE };
    let pending = begin(&credential, Role::Server);
    let mut output = Vec::new();
    accept(&*pending, b"", "", &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    let refused = wrong.respond(&text, 1, "GET", "/");
    let status = status_of(accept(&*pending, refused.as_bytes(), "GET", &mut Vec::new()));
    assert_eq!(status, Status::LOGON_DENIED);
    let right = ALICE.respond(&text, 1, "GET", "/");
    for token in [right.as_bytes(), refused.as_bytes(), b""] {
        let status = status_of(accept(&*pending, token, "GET", &mut Vec::new()));
        assert_eq!(status, Status::STATUS_LOGON_FAILURE);
    }
    let texts = [right.as_bytes(), b"GET", b"", b""];
    assert_eq!(complete_with(&*pending, texts), Status::INTERNAL_ERROR);
    assert_eq!(status_of(pending.query(AttributeId::NAMES)), Status::INVALID_HANDLE);
    assert!(!pending.established());
}

#[test]
fn r39_no_password_is_not_a_users_password_and_case_makes_another_user() {
    for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256"] {
        let credential = server(&format!("http_algorithms = [\"{algorithm}\"]"));
        for user in ["nobody", "alice", "Alice", "ALICE", ""] {
            for password in ["", "null", "None", "\0", "undefined", "nobody"] {
                let browser = Browser { user, password, ..ALICE };
                let response = browser.respond(&challenge(&credential), 1, "GET", "/");
                let status = status_of(answer(&credential, &response, "GET").1);
                assert_eq!(status, Status::LOGON_DENIED, "{algorithm} {user:?} {password:?}");
            }
        }
        for user in ["Alice", "ALICE"] {
            let browser = Browser { user, ..ALICE };
            let response = browser.respond(&challenge(&credential), 1, "GET", "/");
            assert_eq!(status_of(answer(&credential, &response, "GET").1), Status::LOGON_DENIED);
        }
        let response = ALICE.respond(&challenge(&credential), 1, "GET", "/");
        assert_eq!(answer(&credential, &response, "GET").1.unwrap().0, Done);
    }
}
