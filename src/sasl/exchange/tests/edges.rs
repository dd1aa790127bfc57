//! Edges of the state machines beside the straight ways.

use super::*;

#[test]
fn what_is_to_be_completed_passes_through() {
    for subject in [Subject::server(b""), Subject::client(b"", Flags::NONE)] {
        assert_eq!(subject.take(b"complete and continue").unwrap().0, Outcome::CompleteAndContinue);
    }
    // It is still the package's turn.
    let mut server = Subject::server(b"proof");
    server.fake.steps = 1;
    assert_eq!(server.take(b"complete").unwrap().0, Outcome::Complete);
    assert_eq!(server.goes_on(b"token"), b"proof");
    unwrapped(0, &server.goes_on(b""));
}

#[test]
fn clients_of_several_steps_repeat_the_first() {
    let mut client = Subject::client(b"last", SIGNS);
    client.fake.steps = 2;
    assert_eq!(client.goes_on(b""), b"more");
    assert_eq!(client.goes_on(b"one"), b"more");
    assert_eq!(client.goes_on(b"two"), b"last");
    let (outcome, cookie, _) = client.take(&wrapped(0, b"\x07\x01\0\0")).unwrap();
    assert_eq!((outcome, unwrapped(0, &cookie)[0]), (Outcome::Done, 2));
}

#[test]
fn what_a_client_asked_for_in_any_step_counts() {
    let mut client = Subject::client(b"last", Flags::CONFIDENTIALITY);
    client.fake.steps = 1;
    client.goes_on(b"");
    client.asked = Flags::NONE;
    client.goes_on(b"one");
    let (_, cookie, _) = client.take(&wrapped(0, b"\x07\x01\0\0")).unwrap();
    assert_eq!(unwrapped(0, &cookie)[0], 4);
}

#[test]
fn a_cookie_that_cannot_be_protected_kills() {
    for status in [Status::INSUFFICIENT_MEMORY, Status::CONTEXT_EXPIRED] {
        // At once, after the empty token, and a client's.
        let mut server = Subject::server(b"");
        server.fake.refuses_to_seal = Some(status);
        server.refuses(b"token", status);
        server.fake.refuses_to_seal = None;
        server.is_dead();

        let mut server = Subject::server(b"proof");
        server.goes_on(b"token");
        server.fake.refuses_to_seal = Some(status);
        server.refuses(b"", status);
        server.fake.refuses_to_seal = None;
        server.is_dead();

        let mut client = waiting(SIGNS);
        client.fake.refuses_to_seal = Some(status);
        client.refuses(&wrapped(0, b"\x07\x01\0\0"), status);
        client.fake.refuses_to_seal = None;
        client.is_dead();
    }
}

#[test]
fn options_set_after_the_cookie_change_nothing_of_it() {
    let mut server = offered();
    server.set(OptionId::RECV_SIZE, 0);
    // What was offered may still be chosen.
    assert_eq!(server.take(&wrapped(0, b"\x04\x01\0\0")).unwrap().2, ALL);

    let server = Subject::server(b"");
    let refused = server.take_into(b"token", &mut Room(3, Vec::new(), false)).unwrap_err();
    assert_eq!(refused.status(), Status::BUFFER_TOO_SMALL);
    let mut server = server;
    server.set(OptionId::RECV_SIZE, 1);
    assert_eq!(unwrapped(0, &server.goes_on(b"token")), [7, 0, 0xFF, 0xFF]);
}

#[test]
fn a_token_that_was_made_waits_with_its_input_also_for_a_client() {
    let client = waiting(SIGNS);
    let offer = wrapped(0, b"\x07\x01\0\0");
    for _ in 0..3 {
        let refused = client.take_into(&offer, &mut Nowhere(false)).unwrap_err();
        assert_eq!(refused.status(), Status::INVALID_TOKEN);
    }
    client.refuses(&wrapped(1, b"\x07\x01\0\0"), Status::INVALID_TOKEN);
    // Nothing was settled by a cookie that never left.
    client.is_dead();
}
