//! Steps that are taken again because their token did not fit.

use super::*;

const PACKAGE: &str = "SCRAM-SHA-256";

/// Takes a step without room, with one byte too few, and with room.
#[track_caller]
fn again(end: &mut End, token: impl AsRef<[u8]> + Copy) -> Answer {
    let whole = {
        end.capacity = 0;
        assert_eq!(end.status(token), Status::BUFFER_TOO_SMALL);
        end.capacity = 4096;
        end
    };
    whole.step(token)
}

#[test]
fn each_step_can_be_repeated_and_asks_and_hashes_once() {
    let accounts = Arc::new(Accounts::usual());
    let mut server = End::server(&credential(PACKAGE, None, Some(Arc::clone(&accounts)), ""));
    let mut client = End::client(&credential(PACKAGE, Some(("alice", "secret")), None, ""));
    let (_, first) = again(&mut client, "");
    assert_eq!(client.goes_on(""), first);
    let (_, challenge) = again(&mut server, &first);
    assert_eq!(*accounts.asked.lock().unwrap(), ["alice"]);
    let (_, last) = again(&mut client, &challenge);
    let (status, proof) = again(&mut server, &last);
    assert_eq!((status, client.status(proof)), (Status::OK, Status::OK));
}

#[test]
fn one_byte_too_few_is_too_few() {
    let (mut server, mut client) = (
        End::server(&serving(PACKAGE, Accounts::usual())),
        End::client(&credential(PACKAGE, Some(("alice", "secret")), None, "")),
    );
    let first = client.goes_on("");
    client.capacity = first.len() - 1;
    assert_eq!(client.status(""), Status::BUFFER_TOO_SMALL);
    client.capacity = first.len();
    assert_eq!(client.goes_on(""), first);
    let challenge = {
        server.capacity = 10;
        assert_eq!(server.status(&first), Status::BUFFER_TOO_SMALL);
        server.capacity = 4096;
        server.goes_on(&first)
    };
    let whole = "c=biws,r=,p=".len() + value(&challenge, 'r').len() + 44;
    client.capacity = whole - 1;
    assert_eq!(client.status(&challenge), Status::BUFFER_TOO_SMALL);
    client.capacity = whole;
    let last = client.goes_on(&challenge);
    assert_eq!(last.len(), whole);
    server.capacity = "v=".len() + 43;
    assert_eq!(server.status(&last), Status::BUFFER_TOO_SMALL);
    server.capacity += 1;
    assert_eq!(server.status(&last), Status::OK);
}

#[test]
fn room_is_looked_for_before_a_message_is_verified() {
    let mut server = End::server(&serving(PACKAGE, Accounts::usual()));
    server.goes_on("n,,n=alice,r=abc");
    server.capacity = 0;
    assert_eq!(server.status("x"), Status::BUFFER_TOO_SMALL);
    server.capacity = 4096;
    assert_eq!(server.status("x"), Status::INVALID_TOKEN);
}

#[test]
fn another_message_in_the_place_of_the_one_that_had_no_room_is_the_first() {
    let mut server = End::server(&serving(PACKAGE, Accounts::usual()));
    server.capacity = 0;
    assert_eq!(server.status("n,,n=alice,r=abc"), Status::BUFFER_TOO_SMALL);
    server.capacity = 4096;
    assert!(server.goes_on("n,,n=bob,r=def").starts_with("r=def"));
}
