//! What cookies mean for the messages of programs.

use super::*;
use crate::sspi::{Data, InputBuffer, Inputs, MessageBuffer, Outcome, buffer_type};
use crate::testing::mechanism::{FakeMechanism, FakeMechanismCredential, unwrapped, wrapped};

#[test]
fn contexts_without_cookies_do_not_pay_for_them() {
    assert_eq!(size_of::<Wrapper>(), size_of::<Option<SparseOptions>>());
}

fn begin(role: Role) -> Session {
    Session::begin(Arc::new(FakeMechanismCredential), role, true).unwrap()
}

fn take(session: &Session, input: &[u8], flags: Flags) -> (Step, Vec<u8>) {
    let inputs = [InputBuffer { kind: buffer_type::TOKEN, data: input }];
    let (role, inputs, target) = (session.context().role(), Inputs(&inputs), None);
    let request = StepRequest { role, through_sasl: true, inputs, flags, target };
    let mut output = Vec::new();
    (session.step(None, &request, &mut output).unwrap(), output)
}

fn buffer(kind: u32, bytes: &mut [u8]) -> MessageBuffer<'_> {
    let data = Data::Writable(bytes);
    MessageBuffer { kind, passed_over: false, data, length: None, placement: None }
}

/// What a program's message becomes, joined.
fn sealed(session: &Session, qop: u32) -> Result<Vec<u8>> {
    let (mut token, mut data, mut padding) = ([0; 5], *b"text", [0; 1]);
    let mut buffers = [
        buffer(buffer_type::TOKEN, &mut token),
        buffer(buffer_type::DATA, &mut data),
        buffer(buffer_type::PADDING, &mut padding),
    ];
    session.seal(qop, &mut Message(&mut buffers))?;
    Ok([&token[..2], &data].concat())
}

fn opened(session: &Session, message: &[u8]) -> Result<u32> {
    let mut stream = message.to_vec();
    let mut buffers =
        [buffer(buffer_type::STREAM, &mut stream), buffer(buffer_type::DATA, &mut [])];
    session.open(&mut Message(&mut buffers))
}

/// The statuses of all four functions; what the fake cannot do itself it says by another one.
fn statuses(session: &Session) -> [Status; 4] {
    let (mut token, mut data) = ([0; 5], [0; 4]);
    let mut buffers =
        [buffer(buffer_type::TOKEN, &mut token), buffer(buffer_type::DATA, &mut data)];
    let mut message = Message(&mut buffers);
    let signed = session.sign(0, &mut message).unwrap_err().status();
    let verified = session.verify(&mut message).unwrap_err().status();
    let sealed = sealed(session, 0).map_or_else(|error| error.status(), |_| Status::OK);
    let opened = opened(session, b"").map_or_else(|error| error.status(), |_| Status::OK);
    [signed, verified, sealed, opened]
}

#[test]
fn no_message_before_the_cookies_are_done() {
    let server = begin(Role::Server);
    assert_eq!(statuses(&server), [Status::INVALID_HANDLE; 4]);
    let (_, offer) = take(&server, b"token", Flags::NONE);
    assert!(server.context().established());
    assert_eq!(statuses(&server), [Status::INVALID_HANDLE; 4]);
    // Nor did those that were refused count: the offer was the first message, the choice is.
    unwrapped(0, &offer);
    let (step, _) = take(&server, &wrapped(0, b"\x04\x01\0\0"), Flags::NONE);
    assert_eq!(step.outcome, Outcome::Done);
    assert_eq!(sealed(&server, 0).unwrap()[..2], [b'S', 1]);

    let client = begin(Role::Client);
    take(&client, b"", Flags::SEALED);
    assert_eq!(statuses(&client), [Status::INVALID_HANDLE; 4]);
}

#[test]
fn no_message_after_a_failure() {
    let server = begin(Role::Server);
    take(&server, b"token", Flags::NONE);
    let inputs = [InputBuffer { kind: buffer_type::TOKEN, data: b"garbage" }];
    let (role, inputs, flags) = (Role::Server, Inputs(&inputs), Flags::NONE);
    let request = StepRequest { role, through_sasl: true, inputs, flags, target: None };
    assert!(server.step(None, &request, &mut Vec::new()).is_err());
    assert_eq!(statuses(&server), [Status::INVALID_HANDLE; 4]);
}

#[test]
fn no_message_without_a_layer() {
    let server = begin(Role::Server);
    take(&server, b"token", Flags::NONE);
    take(&server, &wrapped(0, b"\x01\0\0\0"), Flags::NONE);
    assert_eq!(statuses(&server), [Status::QOP_NOT_SUPPORTED; 4]);
}

#[test]
fn the_layer_that_signs_does_not_encrypt() {
    let server = begin(Role::Server);
    take(&server, b"token", Flags::NONE);
    let (step, _) = take(&server, &wrapped(0, b"\x02\x01\0\0"), Flags::NONE);
    assert_eq!((step.flags, server.flags()), (Flags::SIGNED, Flags::SIGNED));
    assert_eq!(sealed(&server, 0).unwrap()[..2], [b'W', 1]);
    assert_eq!(sealed(&server, WRAP_NO_ENCRYPT).unwrap()[..2], [b'W', 2]);
    assert_eq!(opened(&server, &wrapped(1, b"text")).unwrap(), 0);
    // These reach the package.
    assert_eq!(statuses(&server)[..2], [Status::UNSUPPORTED_FUNCTION; 2]);
}

#[test]
fn the_layer_that_encrypts_does_and_may_sign() {
    let server = begin(Role::Server);
    take(&server, b"token", Flags::NONE);
    let (step, _) = take(&server, &wrapped(0, b"\x04\x01\0\0"), Flags::NONE);
    assert_eq!((step.flags, server.flags()), (Flags::SEALED, Flags::SEALED));
    assert_eq!(sealed(&server, 0).unwrap()[..2], [b'S', 1]);
    assert_eq!(sealed(&server, WRAP_NO_ENCRYPT).unwrap()[..2], [b'W', 2]);
}

#[test]
fn packages_without_cookies_verify_their_messages_themselves() {
    let fake = Box::new(FakeMechanism::new(Role::Server, b"", Flags::SEALED));
    let session = Session::imported(fake);
    assert_eq!(sealed(&session, 0).unwrap()[..2], [b'S', 0]);
    assert_eq!(opened(&session, &wrapped(0, b"text")).unwrap(), 0);
}
