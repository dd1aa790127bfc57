//! What must be refused, or answered by a challenge: replay, other nonces, wrong secrets.

use super::*;
use crate::sspi::Outcome::{Complete, Continue, Done};

/// The outcome of a call with a response and no context, and its token.
fn outcome(
    credential: &Arc<DigestCredential>,
    response: &str,
    method: &str,
) -> std::result::Result<(Outcome, String), Status> {
    answer(credential, response, method).1.map_err(|error| error.status())
}

#[track_caller]
fn assert_challenged(result: std::result::Result<(Outcome, String), Status>, stale: bool) {
    let (outcome, token) = result.unwrap();
    assert_eq!((outcome, token.starts_with("stale=true,qop=")), (Continue, stale), "{token}");
    assert!(token.contains("nonce=\"+Upgraded+v1"));
}

#[test]
fn wrong_password_and_unknown_user_are_refused_alike() {
    let accounts = Arc::<Accounts>::default();
    let credential = server_of("", &accounts);
    for (user, password) in [("alice", "wrong"), ("nobody", "secret"), ("hashed", ""), ("", "")] {
        let browser = Browser { user, password, ..ALICE };
        let response = browser.respond(&challenge(&credential), 1, "GET", "/");
        accounts.asked.store(0, Ordering::Relaxed);
        let (context, result) = answer(&credential, &response, "GET");
        let error = result.unwrap_err();
        assert_eq!(error.status(), Status::LOGON_DENIED, "{user}");
        assert_eq!(error.reason(), "response: unknown user or wrong password (RFC 7616 §3.4)");
        assert_eq!(accounts.asked.load(Ordering::Relaxed), 1);
        let again = accept(&*context, response.as_bytes(), "GET", &mut Vec::new());
        assert_eq!(status_of(again), Status::STATUS_LOGON_FAILURE);
    }
}

#[test]
fn a_source_that_cannot_answer_is_no_authenticating_authority() {
    let credential = server("");
    let browser = Browser { user: "gone", ..ALICE };
    let response = browser.respond(&challenge(&credential), 1, "GET", "/");
    let status = outcome(&credential, &response, "GET").unwrap_err();
    assert_eq!(status, Status::NO_AUTHENTICATING_AUTHORITY);
}

#[test]
fn a_changed_method_uri_count_nonce_or_hash_is_refused() {
    let credential = server("");
    let other = value(&challenge(&credential), "nonce").unwrap();
    for (from, to) in [
        ("uri=\"/page?a=1\"", "uri=\"/page?a=2\""),
        ("uri=\"/page?a=1\"", "uri=\"/other?a=1\""),
        ("nc=00000001", "nc=00000002"),
        ("cnonce=\"0a4f113b\"", "cnonce=\"0a4f113c\""),
        ("username=\"alice\"", "username=\"bob\""),
        ("realm=\"example.org\"", "realm=\"example.com\""),
        ("algorithm=MD5-sess", "algorithm=MD5"),
    ] {
        let response = ALICE.respond(&challenge(&credential), 1, "GET", "/page?a=1");
        let changed = response.replace(from, to);
        assert_ne!(changed, response);
        assert_eq!(outcome(&credential, &changed, "GET"), Err(Status::LOGON_DENIED), "{to}");
        assert_eq!(outcome(&credential, &response, "POST"), Err(Status::LOGON_DENIED));
        let nonce = value(&response, "nonce").unwrap();
        let moved = response.replace(&nonce, &other);
        assert_eq!(outcome(&credential, &moved, "GET"), Err(Status::LOGON_DENIED));
        assert_eq!(outcome(&credential, &response, "GET").unwrap().0, Done, "as it was sent");
    }
}

#[test]
fn malformed_tokens_and_missing_methods_are_invalid_token() {
    let credential = server("");
    let response = ALICE.respond(&challenge(&credential), 1, "GET", "/");
    for token in ["nonsense", "Digest", "username=\"alice\"", &response.replace("uri", "url")] {
        assert_eq!(outcome(&credential, token, "GET"), Err(Status::INVALID_TOKEN), "{token}");
    }
    assert_eq!(outcome(&credential, &response, ""), Err(Status::INVALID_TOKEN));
}

#[test]
fn what_was_not_offered_is_invalid_token() {
    let credential = server("http_algorithms = [\"SHA-256\"]");
    let text = challenge(&credential).replace("SHA-256", "MD5");
    let response = ALICE.respond(&text, 1, "GET", "/");
    assert_eq!(outcome(&credential, &response, "GET"), Err(Status::INVALID_TOKEN));
    let credential = server("");
    let text = challenge(&credential).replace("MD5-sess", "SHA-256");
    let response = ALICE.respond(&text, 1, "GET", "/");
    assert_eq!(outcome(&credential, &response, "GET"), Err(Status::INVALID_TOKEN));
    let body =
        Browser { qop: "auth-int", entity: Some("d41d8cd98f00b204e9800998ecf8427e"), ..ALICE };
    let response = body.respond(&challenge(&credential), 1, "GET", "/");
    assert_eq!(outcome(&credential, &response, "GET"), Err(Status::INVALID_TOKEN));
}

#[test]
fn md5_is_taken_where_md5_sess_is_offered() {
    let credential = server("");
    let text = challenge(&credential).replace("MD5-sess", "MD5");
    let response = ALICE.respond(&text, 1, "GET", "/").replace(", algorithm=MD5", "");
    assert_eq!(outcome(&credential, &response, "GET").unwrap().0, Done);
}

#[test]
fn r34_r35_a_captured_response_does_not_work_again() {
    let credential = server("");
    for delete in [false, true] {
        let response = ALICE.respond(&challenge(&credential), 1, "GET", "/");
        let (context, result) = answer(&credential, &response, "GET");
        assert_eq!(result.unwrap().0, Done);
        if delete {
            drop(context);
            assert_challenged(outcome(&credential, &response, "GET"), true);
        } else {
            assert_challenged(outcome(&credential, &response, "GET"), true);
            let wrong = response.replace("uri=\"/\"", "uri=\"/x\"");
            assert_eq!(outcome(&credential, &wrong, "GET"), Err(Status::LOGON_DENIED));
        }
    }
}

#[test]
fn r34_a_captured_response_does_not_work_with_another_cnonce_tracked() {
    // Tomcat tracked cnonces: a replay with a new one passed.
    let credential = server("");
    let text = challenge(&credential);
    let (_context, result) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    assert_eq!(result.unwrap().0, Done);
    let other = Browser { cnonce: "another", ..ALICE };
    assert_challenged(outcome(&credential, &other.respond(&text, 1, "GET", "/"), "GET"), true);
}

#[test]
fn r35_a_replayed_request_is_out_of_sequence_however_often() {
    let credential = server("");
    let text = challenge(&credential);
    let (_first, _) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    let second = ALICE.respond(&text, 2, "GET", "/");
    let contexts: Vec<_> = (0..3).map(|_| answer(&credential, &second, "GET").0).collect();
    let statuses = contexts.iter().map(|context| status_of(complete(&**context, &second, "GET")));
    let expected = [Status::OK, Status::OUT_OF_SEQUENCE, Status::OUT_OF_SEQUENCE];
    assert!(statuses.eq(expected));
    assert_challenged(outcome(&credential, &second, "GET"), true);
}

#[test]
fn r37_a_nonce_of_another_server_gets_a_challenge_of_ours() {
    let credential = server("secret = \"sixteen bytes !!\"");
    let other = server("secret = \"sixteen bytes !?\"");
    let response = ALICE.respond(&challenge(&other), 1, "GET", "/");
    assert_challenged(outcome(&credential, &response, "GET"), false);
    let invented = challenge(&other).replace("+Upgraded+v1", "+Upgraded+v2");
    let response = ALICE.respond(&invented, 1, "GET", "/");
    assert_challenged(outcome(&credential, &response, "GET"), false);
    let ours = ALICE.respond(&challenge(&server("secret = \"sixteen bytes !!\"")), 1, "GET", "/");
    assert_eq!(outcome(&credential, &ours, "GET").unwrap().0, Done, "another process's");
}

#[test]
fn r38_one_nonce_does_not_make_one_user_another() {
    let credential = server("");
    let bob = Browser { user: "bob", password: "hunter2", ..ALICE };
    let text = challenge(&credential);
    let (_first, result) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    assert_eq!(result.unwrap().0, Done);
    assert_challenged(outcome(&credential, &bob.respond(&text, 2, "GET", "/"), "GET"), true);
    let second = ALICE.respond(&text, 2, "GET", "/");
    let (context, result) = answer(&credential, &second, "GET");
    assert_eq!(result.unwrap().0, Complete);
    let switched = bob.respond(&text, 2, "GET", "/");
    assert_eq!(status_of(complete(&*context, &switched, "GET")), Status::MESSAGE_ALTERED);
    assert!(complete(&*context, &second, "GET").is_ok());
}

#[test]
fn r38_two_threads_with_one_nonce_are_one_user() {
    let credential = server("");
    for _ in 0..30 {
        let text = challenge(&credential);
        let bob = Browser { user: "bob", password: "hunter2", ..ALICE };
        let responses = [ALICE, bob].map(|browser| browser.respond(&text, 1, "GET", "/"));
        let barrier = std::sync::Barrier::new(2);
        let done: Vec<_> = std::thread::scope(|scope| {
            let (barrier, credential) = (&barrier, &credential);
            let run = move |response: &String| {
                barrier.wait();
                let (context, result) = answer(credential, response, "GET");
                let names = context.query(AttributeId::NAMES);
                (result.unwrap().0, names.map(|names| format!("{names:?}")).unwrap_or_default())
            };
            let threads: Vec<_> = responses.iter().map(|r| scope.spawn(move || run(r))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let names = ["alice", "bob"];
        let mut granted = 0;
        for ((outcome, name), user) in done.iter().zip(names) {
            match outcome {
                Done => {
                    granted += 1;
                    assert!(name.contains(user), "{name}");
                }
                other => assert_eq!((*other, name.as_str()), (Continue, "")),
            }
        }
        assert_eq!(granted, 1);
    }
}

#[test]
fn r20_counts_of_a_first_response() {
    let credential = server("");
    for (nc, expected) in [(0, Err(Status::OUT_OF_SEQUENCE)), (2, Ok(Done)), (u32::MAX, Ok(Done))] {
        let response = ALICE.respond(&challenge(&credential), nc, "GET", "/");
        let result = outcome(&credential, &response, "GET").map(|(outcome, _)| outcome);
        assert_eq!(result, expected, "{nc}");
    }
}

#[test]
fn r20_later_counts_follow_by_one_or_within_a_window() {
    let counts = [3, 3, 2, 4, 5, 9, 6, 0];
    let strict = [false, false, true, false, false, false, false, false];
    let window = [true, false, true, true, true, true, true, false];
    for (setting, expected) in [("", strict), ("http_nonce_count = \"window\"", window)] {
        let credential = server(setting);
        let text = challenge(&credential);
        let (_first, _) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
        for (nc, good) in counts.into_iter().zip(expected) {
            let response = ALICE.respond(&text, nc, "GET", "/");
            let (context, result) = answer(&credential, &response, "GET");
            let taken = match result.unwrap().0 {
                Complete => match status_of(complete(&*context, &response, "GET")) {
                    Status::OK => true,
                    status => {
                        assert_eq!(status, Status::OUT_OF_SEQUENCE);
                        false
                    }
                },
                outcome => {
                    assert_eq!(outcome, Continue);
                    false
                }
            };
            assert_eq!(taken, good, "{setting} {nc}");
        }
    }
}

#[test]
fn a_request_out_of_sequence_can_be_answered_by_a_stale_challenge() {
    let credential = server("");
    let text = challenge(&credential);
    let (_first, _) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    let third = ALICE.respond(&text, 3, "GET", "/");
    let (context, _) = answer(&credential, &third, "GET");
    assert_eq!(status_of(complete(&*context, &third, "GET")), Status::OUT_OF_SEQUENCE);
    let again = accept(&*context, third.as_bytes(), "GET", &mut Vec::new());
    assert_eq!(status_of(again), Status::STATUS_LOGON_FAILURE);
    assert_eq!(status_of(complete(&*context, &third, "GET")), Status::INTERNAL_ERROR);
    let mut output = Vec::new();
    assert_eq!(accept(&*context, b"", "GET", &mut output).unwrap().outcome, Continue);
    let text = String::from_utf8(output).unwrap();
    assert!(text.starts_with("stale=true,"));
    let response = ALICE.respond(&text, 1, "GET", "/");
    let mut output = Vec::new();
    let step = accept(&*context, response.as_bytes(), "GET", &mut output).unwrap();
    assert_eq!(step.outcome, Done);
}

#[test]
fn d_an_established_context_takes_no_more_tokens() {
    let credential = server("");
    let text = challenge(&credential);
    let response = ALICE.respond(&text, 1, "GET", "/");
    let (context, _) = answer(&credential, &response, "GET");
    for token in [ALICE.respond(&text, 2, "GET", "/").as_bytes(), b"", b"nonsense"] {
        let status = status_of(accept(&*context, token, "GET", &mut Vec::new()));
        assert_eq!(status, Status::STATUS_LOGON_FAILURE);
    }
    assert!(context.established());
    assert_eq!(status_of(complete(&*context, &response, "GET")), Status::INTERNAL_ERROR);
}

#[test]
fn flags_and_buffers_that_http_has_not_are_refused() {
    let credential = server("");
    let context = begin(&credential, Role::Server);
    let buffers = inputs(b"", "GET", b"");
    let status =
        status_of(step(&*context, &buffers, Flags::CONFIDENTIALITY, None, &mut Vec::new()));
    assert_eq!(status, Status::SECURITY_QOS_FAILED);
    for place in 1..5 {
        let mut buffers = inputs(b"", "GET", b"");
        buffers[place].kind = buffer_type::DATA;
        let context = begin(&credential, Role::Server);
        let status = status_of(step(&*context, &buffers, Flags::NONE, None, &mut Vec::new()));
        assert_eq!(status, Status::INVALID_TOKEN, "{place}");
    }
    let both = Flags::HTTP | Flags::CONFIDENTIALITY;
    let context = begin(&client_of("alice", None, "secret"), Role::Client);
    let status = status_of(step(&*context, &buffers, both, Some("/"), &mut Vec::new()));
    assert_eq!(status, Status::UNSUPPORTED_FUNCTION);
}

#[test]
fn message_functions_of_sasl_are_not_https() {
    let credential = server("");
    let response = ALICE.respond(&challenge(&credential), 1, "GET", "/");
    let (context, _) = answer(&credential, &response, "GET");
    let mut bytes = *b"plain text and more of it";
    let mut buffers = [message_buffer(buffer_type::DATA, &mut bytes)];
    let mut message = Message(&mut buffers);
    assert_eq!(status_of(context.seal(0, &mut message)), Status::QOP_NOT_SUPPORTED);
    assert_eq!(status_of(context.open(&mut message)), Status::QOP_NOT_SUPPORTED);
    assert_eq!(status_of(context.sign(0, &mut message)), Status::UNSUPPORTED_FUNCTION);
    assert_eq!(status_of(context.verify(&mut message)), Status::INVALID_TOKEN);
    assert_eq!(status_of(context.export(false)), Status::CANNOT_PACK);
    assert_eq!(status_of(context.query(AttributeId::SESSION_KEY)), Status::UNSUPPORTED_FUNCTION);
}

#[test]
fn r07_r22_names_that_are_not_utf8_fail_alone() {
    let credential = server("");
    let response = ALICE.respond(&challenge(&credential), 1, "GET", "/");
    for name in [&b"\xE4"[..], b"\xC0\x80", b"\xC3", b"\xFF\xFE", b"\xF0\x80\x83\xA9"] {
        let (before, after) = response.split_once("alice").unwrap();
        let token = [before.as_bytes(), name, after.as_bytes(), b", charset=utf-8"].concat();
        let context = begin(&credential, Role::Server);
        let status = status_of(accept(&*context, &token, "GET", &mut Vec::new()));
        assert_eq!(status, Status::LOGON_DENIED, "{name:?}");
    }
    assert_eq!(outcome(&credential, &response, "GET").unwrap().0, Done);
}

#[test]
fn a_uri_of_the_callers_is_compared_where_that_is_configured() {
    for (setting, uri, expected) in [
        ("", "/other", Ok(Done)),
        ("http_check_uri = 1", "/page", Ok(Done)),
        ("http_check_uri = 1", "", Ok(Done)),
        ("http_check_uri = 1", "/other", Err(Status::INVALID_TOKEN)),
    ] {
        let credential = server(setting);
        let response = ALICE.respond(&challenge(&credential), 1, "GET", "/page");
        let mut buffers = inputs(response.as_bytes(), "GET", b"");
        buffers[2].data = uri.as_bytes();
        let context = begin(&credential, Role::Server);
        let result = step(&*context, &buffers, Flags::NONE, None, &mut Vec::new());
        let result = result.map(|step| step.outcome).map_err(|error| error.status());
        assert_eq!(result, expected, "{setting} {uri}");
    }
}
