//! Areas of one site, told apart by the realm in the call's own buffer or in the configuration: whose
//! users are let in where, and where their nonces and sessions are good.

use super::*;
use crate::sspi::Outcome::{Complete, Continue, Done};

/// An accept call for the area of a realm; of the configuration's with none.
fn accept_in(
    context: &dyn Context,
    area: &str,
    response: &str,
) -> std::result::Result<(Outcome, String), Status> {
    let realm = utf16(area);
    let mut buffers = inputs(response.as_bytes(), "GET", b"");
    buffers[4].data = &realm;
    let mut output = Vec::new();
    match step(context, &buffers, Flags::NONE, None, &mut output) {
        Ok(step) => Ok((step.outcome, String::from_utf8(output).unwrap())),
        Err(error) => Err(error.status()),
    }
}

/// The same without a context.
fn ask(
    credential: &Arc<DigestCredential>,
    area: &str,
    response: &str,
) -> (Box<dyn Context>, std::result::Result<(Outcome, String), Status>) {
    let context = begin(credential, Role::Server);
    let result = accept_in(&*context, area, response);
    (context, result)
}

fn challenge_of(credential: &Arc<DigestCredential>, area: &str) -> String {
    ask(credential, area, "").1.unwrap().1
}

/// A response of ALICE's to the nonce of `challenge`, in this realm.
fn respond_in(challenge: &str, realm: &str, nc: u32) -> String {
    let offered = value(challenge, "realm").unwrap();
    let altered = challenge.replace(&format!("realm=\"{offered}\""), &format!("realm=\"{realm}\""));
    ALICE.respond(&altered, nc, "GET", "/")
}

/// `CompleteAuthToken` with a realm in the fifth buffer.
fn complete_in(context: &dyn Context, response: &str, realm: &[u8]) -> Status {
    in_buffers(response, realm, |message| context.complete(message))
}

/// The status of a call with the buffers of a request, the realm being the fifth.
fn in_buffers(
    response: &str,
    realm: &[u8],
    call: impl FnOnce(&mut Message<'_, '_>) -> Result<()>,
) -> Status {
    let (mut token, mut method, mut realm) =
        (response.as_bytes().to_vec(), b"GET".to_vec(), realm.to_vec());
    let mut buffers = [
        message_buffer(TOKEN, &mut token),
        message_buffer(PARAMS, &mut method),
        message_buffer(PARAMS, &mut []),
        message_buffer(PARAMS, &mut []),
        message_buffer(PARAMS, &mut realm),
    ];
    status_of(call(&mut Message(&mut buffers)))
}

#[test]
fn a_realm_of_the_callers_is_offered() {
    let credential = server("");
    let text = challenge_of(&credential, "Digest");
    assert!(text.ends_with(",charset=UTF-8,realm=\"Digest\""));
    let response = ALICE.respond(&text, 1, "GET", "/");
    let (context, result) = ask(&credential, "Digest", &response);
    assert_eq!(result.unwrap().0, Done);
    let Ok(Attribute::Authority(realm)) = context.query(AttributeId::AUTHORITY) else { panic!() };
    assert_eq!(realm, "Digest");
    for response in ["", &response] {
        let mut buffers = inputs(response.as_bytes(), "GET", b"");
        buffers[4].data = "ö".as_bytes();
        let context = begin(&credential, Role::Server);
        let status = status_of(step(&*context, &buffers, Flags::NONE, None, &mut Vec::new()));
        assert_eq!(status, Status::INVALID_TOKEN);
    }
}

#[test]
fn only_users_of_the_offered_realm_are_let_in() {
    for algorithm in ["MD5-sess", "MD5", "SHA-256"] {
        let source = Arc::<Accounts>::default();
        let settings =
            format!("realms = [\"LISTED\", \"two\"]\nhttp_algorithms = [\"{algorithm}\"]");
        let credential = server_of(&settings, &source);
        for (area, realm, expected) in [
            ("", "example.org", Ok(Done)),
            ("", "", Ok(Done)),
            ("", "LISTED", Ok(Done)),
            ("", "other", Err(Status::LOGON_DENIED)),
            ("", "EXAMPLE.ORG", Err(Status::LOGON_DENIED)),
            ("", "example.org ", Err(Status::LOGON_DENIED)),
            ("other", "other", Ok(Done)),
            ("other", "oth\\er", Ok(Done)),
            ("other", "", Ok(Done)),
            ("other", "two", Ok(Done)),
            ("other", "example.org", Err(Status::LOGON_DENIED)),
            ("other", "third", Err(Status::LOGON_DENIED)),
        ] {
            let text = challenge_of(&credential, area);
            let unescaped = realm.replace('\\', "");
            let sent = respond_in(&text, &unescaped, 1)
                .replace(&format!("realm=\"{unescaped}\""), &format!("realm=\"{realm}\""));
            let before = source.asked.load(Ordering::Relaxed);
            let (_context, result) = ask(&credential, area, &sent);
            assert_eq!(result.map(|(outcome, _)| outcome), expected, "{area} {realm}");
            let asked = source.asked.load(Ordering::Relaxed) - before;
            assert_eq!(asked, 1, "{realm}: looked up, whoever it is");
        }
    }
}

#[test]
fn a_nonce_is_good_for_the_realm_it_was_offered_for() {
    let credential = server("");
    for (issued, area, good) in [
        ("", "", true),
        ("", "example.org", true),
        ("example.org", "", true),
        ("one", "one", true),
        ("one", "two", false),
        ("one", "", false),
        ("", "one", false),
    ] {
        let text = challenge_of(&credential, issued);
        let realm = if area.is_empty() { "example.org" } else { area };
        let (_context, result) = ask(&credential, area, &respond_in(&text, realm, 1));
        let (outcome, fresh) = result.unwrap();
        assert_eq!(outcome, if good { Done } else { Continue }, "{issued} {area}");
        if !good {
            assert_eq!(value(&fresh, "realm").as_deref(), Some(realm));
            assert_eq!(value(&fresh, "stale"), None, "as for any nonce that is not this server's");
        }
    }
}

#[test]
fn a_session_does_not_go_on_in_another_realm() {
    let credential = server("realms = [\"one\", \"two\"]");
    for (home, elsewhere) in [("one", "two"), ("one", ""), ("", "one")] {
        for realm in [if home.is_empty() { "example.org" } else { home }, ""] {
            let text = challenge_of(&credential, home);
            let (_first, result) = ask(&credential, home, &respond_in(&text, realm, 1));
            assert_eq!(result.unwrap().0, Done);
            let second = respond_in(&text, realm, 2);
            let (_challenged, result) = ask(&credential, elsewhere, &second);
            let (outcome, fresh) = result.unwrap();
            assert_eq!((outcome, value(&fresh, "stale")), (Continue, None), "{home} {elsewhere}");
            let (context, result) = ask(&credential, home, &second);
            assert_eq!(result.unwrap().0, Complete, "the count has not been used up");
            let named = if elsewhere.is_empty() { "example.org" } else { elsewhere };
            assert_eq!(complete_in(&*context, &second, &utf16(named)), Status::LOGON_DENIED);
            assert_eq!(complete_in(&*context, &second, "ö".as_bytes()), Status::INVALID_TOKEN);
            assert!(!context.established());
            assert_eq!(complete_in(&*context, &second, &utf16(home)), Status::OK);
            let third = respond_in(&text, realm, 3);
            let (context, _) = ask(&credential, home, &third);
            assert_eq!(complete_in(&*context, &third, b""), Status::OK, "with its own realm");
        }
    }
}

#[test]
fn a_signature_is_verified_for_the_sessions_realm_only() {
    let credential = server("");
    let text = challenge_of(&credential, "one");
    let (context, result) = ask(&credential, "one", &ALICE.respond(&text, 1, "GET", "/"));
    assert_eq!(result.unwrap().0, Done);
    for (nc, realm, expected) in [
        (2, "two", Status::LOGON_DENIED),
        (2, "example.org", Status::LOGON_DENIED),
        (2, "one", Status::OK),
        (3, "", Status::OK),
    ] {
        let response = ALICE.respond(&text, nc, "GET", "/");
        let verify = |message: &mut Message<'_, '_>| context.verify(message).map(drop);
        assert_eq!(in_buffers(&response, &utf16(realm), verify), expected, "{realm}");
    }
}

#[test]
fn a_session_ends_where_its_realm_is_no_longer_listed() {
    let source = Arc::<Accounts>::default();
    let before = server_of("realms = [\"LISTED\"]\nsecret = \"sixteen bytes !!\"", &source);
    let after = server_of("secret = \"sixteen bytes !!\"", &source);
    let text = challenge(&before);
    let (_first, result) = ask(&before, "", &respond_in(&text, "LISTED", 1));
    assert_eq!(result.unwrap().0, Done);
    let second = respond_in(&text, "LISTED", 2);
    assert_eq!(ask(&after, "", &second).1.unwrap_err(), Status::LOGON_DENIED);
    assert_eq!(ask(&before, "", &second).1.unwrap().0, Complete);
}

#[test]
fn a_context_keeps_the_realm_that_it_has_offered() {
    let credential = server("");
    let context = begin(&credential, Role::Server);
    let (_, text) = accept_in(&*context, "one", "").unwrap();
    let (outcome, _) = accept_in(&*context, "", &ALICE.respond(&text, 1, "GET", "/")).unwrap();
    assert_eq!(outcome, Done);
    // A further request that comes too late is answered by a challenge of the same realm.
    for nc in [2, 3] {
        let response = ALICE.respond(&text, nc, "GET", "/");
        let (late, _) = ask(&credential, "one", &response);
        let (other, _) = ask(&credential, "one", &response);
        assert_eq!(complete_in(&*other, &response, b""), Status::OK);
        assert_eq!(complete_in(&*late, &response, b""), Status::OUT_OF_SEQUENCE);
        let (_, fresh) = accept_in(&*late, "", "").unwrap();
        assert_eq!(value(&fresh, "realm").as_deref(), Some("one"));
        assert_eq!(value(&fresh, "stale").as_deref(), Some("true"));
        let (outcome, _) = accept_in(&*late, "", &ALICE.respond(&fresh, 1, "GET", "/")).unwrap();
        assert_eq!(outcome, Done);
    }
}

#[test]
fn a_next_nonce_is_one_of_the_sessions_realm() {
    let credential = server("http_authentication_info = \"nextnonce\"");
    let text = challenge_of(&credential, "one");
    let (_first, result) = ask(&credential, "one", &ALICE.respond(&text, 1, "GET", "/"));
    let mut answer = result.unwrap().1;
    for nc in [2, 3] {
        let next = value(&answer, "nextnonce").unwrap();
        let fresh = text.replace(&value(&text, "nonce").unwrap(), &next);
        let response = ALICE.respond(&fresh, 1, "GET", "/");
        assert_eq!(ask(&credential, "", &response).1.unwrap().0, Continue);
        assert_eq!(ask(&credential, "one", &response).1.unwrap().0, Done);
        let response = ALICE.respond(&text, nc, "GET", "/");
        let (context, _) = ask(&credential, "one", &response);
        let written = complete(&*context, &response, "GET").unwrap();
        answer = String::from_utf8(written).unwrap();
    }
}
