//! What contexts tell of themselves, and what they refuse to do.

use super::*;
use crate::sspi::{Attribute, AttributeId, MAXIMUM_TIME, Message, Sizes};

/// `SECPKG_ATTR_NAMES` of an established end.
pub(super) fn name_of(end: &End) -> String {
    match end.context.query(AttributeId::NAMES) {
        Ok(Attribute::Names(name)) => name,
        other => panic!("{other:?}"),
    }
}

/// Both ends of a login of alice's.
fn established(flags: Flags) -> (End, End) {
    let package = "SCRAM-SHA-256";
    let mut server = End::server(&serving(package, Accounts::usual()));
    let mut client = End::client(&credential(package, Some(("alice", "secret")), None, ""));
    (server.flags, client.flags) = (flags, flags);
    let (status, last) = log_in(&mut server, &mut client);
    assert_eq!((status, client.status(last)), (Status::OK, Status::OK));
    (server, client)
}

#[test]
fn an_established_context_tells_name_and_times_and_has_neither_key_nor_target() {
    let (server, client) = established(Flags::NONE);
    for end in [&server, &client] {
        let query = |attribute| end.context.query(attribute);
        let max_token = 4096;
        assert!(matches!(
            query(AttributeId::SIZES),
            Ok(Attribute::Sizes(sizes)) if sizes == Sizes { max_token, ..Sizes::default() }
        ));
        assert_eq!(name_of(end), "alice");
        assert!(matches!(
            query(AttributeId::LIFESPAN),
            Ok(Attribute::Lifespan(start, MAXIMUM_TIME)) if start > 0
        ));
        let expiry = query(AttributeId::PASSWORD_EXPIRY);
        assert!(matches!(expiry, Ok(Attribute::PasswordExpiry(MAXIMUM_TIME))));
        assert_eq!(end.context.package().info().name, "SCRAM-SHA-256");
        refuse(
            end,
            &[AttributeId::TARGET, AttributeId::CLIENT_SPECIFIED_TARGET],
            Status::TARGET_UNKNOWN,
        );
        refuse(end, &NO_KEY, Status::UNSUPPORTED_FUNCTION);
    }
}

const NO_KEY: [AttributeId; 5] = [
    AttributeId::STREAM_SIZES,
    AttributeId::KEY_INFO,
    AttributeId::SESSION_KEY,
    AttributeId::AUTHORITY,
    AttributeId(77),
];

fn refuse(end: &End, attributes: &[AttributeId], status: Status) {
    for attribute in attributes {
        let found = end.context.query(*attribute).map(drop).unwrap_err().status();
        assert_eq!(found, status, "{attribute:?}");
    }
}

#[test]
fn an_unfinished_context_tells_sizes_alone() {
    let end = End::server(&serving("SCRAM-SHA-256", Accounts::usual()));
    assert!(end.context.query(AttributeId::SIZES).is_ok());
    let later = [AttributeId::NAMES, AttributeId::LIFESPAN, AttributeId::PASSWORD_EXPIRY];
    refuse(&end, &later, Status::INVALID_HANDLE);
    refuse(&end, &NO_KEY, Status::UNSUPPORTED_FUNCTION);
}

#[test]
fn attributes_are_mutual_at_the_end_and_never_of_messages() {
    let asked = Flags::MUTUAL_AUTH
        | Flags::CONNECTION
        | Flags::EXTENDED_ERROR
        | Flags::REPLAY_DETECT
        | Flags::SEQUENCE_DETECT;
    let begun = Flags::CONNECTION | Flags::EXTENDED_ERROR;
    let (server, client) = established(asked);
    for end in [server, client] {
        assert_eq!(end.context.flags(), begun | Flags::MUTUAL_AUTH);
    }
    let mut server = End::server(&serving("SCRAM-SHA-256", Accounts::usual()));
    server.flags = asked | Flags::INTEGRITY | Flags::CONFIDENTIALITY;
    server.goes_on("");
    assert_eq!(server.context.flags(), begun);
    let (server, _) = established(Flags::NONE);
    assert_eq!(server.context.flags(), Flags::NONE);
}

#[test]
fn there_is_no_layer() {
    let (server, client) = established(Flags::NONE);
    let begun = End::server(&serving("SCRAM-SHA-256", Accounts::usual()));
    for (end, expected) in [
        (server, Status::QOP_NOT_SUPPORTED),
        (client, Status::QOP_NOT_SUPPORTED),
        (begun, Status::INVALID_HANDLE),
    ] {
        let context = &*end.context;
        let none = || Message(&mut []);
        let status = |result: crate::error::Result<()>| result.unwrap_err().status();
        assert_eq!(status(context.sign(0, &mut none())), expected);
        assert_eq!(status(context.verify(&mut none()).map(drop)), expected);
        assert_eq!(status(context.seal(0, &mut none())), expected);
        assert_eq!(status(context.open(&mut none()).map(drop)), expected);
        assert_eq!(status(context.export(false).map(drop)), Status::UNSUPPORTED_FUNCTION);
        assert_eq!(status(context.complete(&mut none())), Status::UNSUPPORTED_FUNCTION);
    }
}

#[test]
fn a_client_that_wants_what_there_is_not_is_told_at_its_first_call() {
    for (flags, expected) in [
        (Flags::CONFIDENTIALITY, Status::QOP_NOT_SUPPORTED),
        (Flags::INTEGRITY, Status::QOP_NOT_SUPPORTED),
        (Flags::HTTP, Status::UNSUPPORTED_FUNCTION),
        (Flags::USE_HTTP_STYLE, Status::UNSUPPORTED_FUNCTION),
        (Flags::DELEGATE, Status::UNSUPPORTED_FUNCTION),
        (Flags::REPLAY_DETECT | Flags::SEQUENCE_DETECT, Status::CONTINUE_NEEDED),
    ] {
        let user = Some(("alice", "secret"));
        let mut client = End::client(&credential("SCRAM-SHA-256", user, None, ""));
        client.flags = flags;
        assert_eq!(client.status(""), expected, "{flags:?}");
    }
}

#[test]
fn a_credential_speaks_for_its_user_as_given() {
    let of = |user| credential("SCRAM-SHA-256", Some((user, "secret")), None, "");
    assert_eq!(of("DOM\\alice").name(), "DOM\\alice");
    let mut client = End::client(&of("DOM\\alice@x"));
    assert!(client.goes_on("").starts_with("n,,n=DOM\\alice@x,r="));
    let request = CredentialRequest::default();
    let nobody = named("SCRAM-SHA-256").unwrap().acquire(request).unwrap();
    assert_eq!(
        (nobody.name(), End::client(&nobody).status("")),
        (String::new(), Status::NO_CREDENTIALS)
    );
    let inbound = serving("SCRAM-SHA-256", Accounts::usual());
    let refused = inbound.context(Role::Client).map(drop).unwrap_err();
    assert_eq!(refused.status(), Status::NO_CREDENTIALS);
}
