//! The system's packages through the traits, and the cookies over them, with a fake system.

use std::sync::Arc;

use super::credential::WindowsCredential;
use super::functions::SspiFunctions;
use super::package::{KERBEROS, NEGOTIATE};
use super::types::{SecHandle, WRAP_NO_ENCRYPT};
use crate::error::{Error, Result, Status};
use crate::sasl::{Session, StepRequest};
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Credential, Data, Flags, InputBuffer, Inputs, Message,
    MessageBuffer, Outcome, Package, Role, SaslSemantics, Sizes, Step, TokenSink, buffer_type,
};
use crate::testing::system_package::{self, WINDOWS, WINE, rotated, seen, wrapped};

/// A credential of the system's, and its handle there.
fn credential(functions: &'static SspiFunctions) -> (Arc<WindowsCredential>, SecHandle) {
    let handle = system_package::credential();
    (Arc::new(WindowsCredential::new(functions, &KERBEROS, handle)), handle)
}

fn take(
    context: &dyn Context,
    inputs: &[InputBuffer<'_>],
    output: &mut dyn TokenSink,
) -> Result<Step> {
    context.step(
        &Call {
            inputs: Inputs(inputs),
            flags: Flags::MUTUAL_AUTH | Flags::INTEGRITY | Flags::ALLOCATE_MEMORY,
            target: Some("imap/höst"),
            authorization_allowed: true,
            authorization: b"",
        },
        output,
    )
}

fn token(data: &[u8]) -> [InputBuffer<'_>; 1] {
    [InputBuffer { kind: buffer_type::TOKEN, data }]
}

/// An established context, and the handle of its credential.
fn established(functions: &'static SspiFunctions, role: Role) -> (Box<dyn Context>, SecHandle) {
    let (credential, handle) = credential(functions);
    let context = credential.context(role).unwrap();
    for word in [b"one", b"two"] {
        take(&*context, &token(word), &mut Vec::new()).unwrap();
    }
    assert!(context.established());
    (context, handle)
}

/// No room at all.
struct Nowhere;

impl TokenSink for Nowhere {
    fn space(&mut self, _: usize) -> Result<&mut [u8]> {
        Err(Error::new(Status::BUFFER_TOO_SMALL, "test"))
    }

    fn refused(&self) -> bool {
        true
    }

    fn length(&self) -> usize {
        0
    }
}

#[test]
fn steps_are_the_systems() {
    for (role, asked) in [(Role::Server, 0x2_0002), (Role::Client, 0x1_0002)] {
        let (credential, handle) = credential(&WINDOWS);
        let context = Arc::clone(&credential).context(role).unwrap();
        let mut output = Vec::new();
        let bound = [
            InputBuffer { kind: buffer_type::TOKEN, data: b"one" },
            InputBuffer { kind: buffer_type::CHANNEL_BINDINGS, data: b"block" },
        ];
        let step = take(&*context, &bound, &mut output).unwrap();
        assert_eq!((step.outcome, output.as_slice()), (Outcome::Continue, &b"more"[..]));
        assert_eq!(step.flags, Flags::SEALED);
        assert_eq!(seen(handle, |seen| seen.kinds.clone()), [2, 14]);
        assert_eq!(seen(handle, |seen| seen.asked), asked);
        assert!(!context.established());
        let step = take(&*context, &token(b"two"), &mut output).unwrap();
        assert_eq!((step.outcome, output.as_slice()), (Outcome::Done, &b"last"[..]));
        assert!(context.established());
        assert_eq!((context.flags(), context.expiry()), (Flags::SEALED, 1 << 32 | 7));
        let target = if role == Role::Client { "imap/höst" } else { "" };
        assert_eq!(seen(handle, |seen| seen.target.clone()), target);
        // The handle that the last step gave is the one that there is.
        assert_eq!(seen(handle, |seen| seen.deleted.len()), 0);
        let last = seen(handle, |seen| seen.context);
        drop(context);
        assert_eq!(seen(handle, |seen| seen.deleted.clone()), [last]);
        drop(credential);
        assert_eq!(seen(handle, |seen| seen.freed), 0);
    }
}

#[test]
fn no_token_is_not_an_empty_one() {
    let bound = [
        InputBuffer { kind: buffer_type::TOKEN, data: b"" },
        InputBuffer { kind: buffer_type::CHANNEL_BINDINGS, data: b"block" },
    ];
    for (role, inputs, kinds) in [
        (Role::Client, &bound[..1], &[][..]),
        (Role::Client, &bound, &[14]),
        (Role::Server, &bound, &[2, 14]),
    ] {
        let (credential, handle) = credential(&WINDOWS);
        let context = credential.context(role).unwrap();
        take(&*context, inputs, &mut Vec::new()).unwrap();
        assert_eq!(seen(handle, |seen| seen.kinds.clone()), kinds);
        // After the first step the empty one is a token, too.
        take(&*context, &bound, &mut Vec::new()).unwrap();
        assert_eq!(seen(handle, |seen| seen.kinds.clone()), [2, 14]);
    }
}

#[test]
fn refusals_and_successes_of_their_own_pass_through() {
    let (credential, handle) = credential(&WINDOWS);
    let context = Arc::clone(&credential).context(Role::Server).unwrap();
    let refused = take(&*context, &token(b"refuse"), &mut Vec::new()).unwrap_err();
    assert_eq!(refused.status(), Status::LOGON_DENIED);
    let refused = take(&*context, &token(b"one"), &mut Vec::new()).unwrap_err();
    assert_eq!(refused.status(), Status::INVALID_TOKEN);
    drop(context);
    // There was none.
    assert_eq!(seen(handle, |seen| (seen.steps, seen.deleted.len())), (0, 0));
    let context = credential.context(Role::Server).unwrap();
    let step = take(&*context, &token(b"complete"), &mut Vec::new()).unwrap();
    assert_eq!(step.outcome, Outcome::CompleteAndContinue);
}

#[test]
fn a_step_without_room_is_taken_once() {
    let (credential, handle) = credential(&WINDOWS);
    let context = credential.context(Role::Client).unwrap();
    let refused = take(&*context, &token(b"one"), &mut Nowhere).unwrap_err();
    assert_eq!(refused.status(), Status::BUFFER_TOO_SMALL);
    let mut output = Vec::new();
    take(&*context, &token(b"one"), &mut output).unwrap();
    assert_eq!((output.as_slice(), seen(handle, |seen| seen.steps)), (&b"more"[..], 1));
}

#[test]
fn a_credential_is_freed_after_its_contexts() {
    let (credential, handle) = credential(&WINDOWS);
    let context = Arc::clone(&credential).context(Role::Client).unwrap();
    take(&*context, &token(b"one"), &mut Vec::new()).unwrap();
    credential.free_later();
    drop(credential);
    assert_eq!(seen(handle, |seen| seen.freed), 0);
    take(&*context, &token(b"two"), &mut Vec::new()).unwrap();
    drop(context);
    assert_eq!(seen(handle, |seen| (seen.freed, seen.deleted.len())), (1, 1));
}

fn buffer(kind: u32, bytes: &mut [u8]) -> MessageBuffer<'_> {
    let data = Data::Writable(bytes);
    MessageBuffer { kind, passed_over: false, data, length: None, placement: None }
}

/// A message of `text` by `EncryptMessage`, joined as programs join it.
fn sealed(context: &dyn Context, qop: u32, text: &[u8], room: usize) -> Result<Vec<u8>> {
    let (mut token, mut data, mut padding) = (vec![0; room], text.to_vec(), [0; 8]);
    let mut buffers = [
        buffer(buffer_type::TOKEN, &mut token),
        buffer(buffer_type::DATA, &mut data),
        buffer(buffer_type::PADDING, &mut padding),
    ];
    let result = context.seal(qop, &mut Message(&mut buffers));
    let lengths =
        buffers.each_ref().map(|buffer| buffer.length.unwrap_or(buffer.data.bytes().len()));
    if let Err(error) = result {
        assert!(error.status() != Status::BUFFER_TOO_SMALL || lengths[0] > room);
        return Err(error);
    }
    Ok([&token[..lengths[0]], &data[..lengths[1]], &padding[..lengths[2]]].concat())
}

/// What `DecryptMessage` finds in a STREAM.
fn opened(context: &dyn Context, message: &[u8]) -> Result<(Vec<u8>, u32)> {
    let mut stream = message.to_vec();
    let mut buffers =
        [buffer(buffer_type::STREAM, &mut stream), buffer(buffer_type::DATA, &mut [])];
    let result = context.open(&mut Message(&mut buffers));
    let place = buffers[1].placement;
    let qop = result.inspect_err(|_| assert_eq!(buffers[0].data.bytes(), message))?;
    let place = place.expect("a place");
    assert_eq!(place.buffer, 0);
    Ok((stream[place.offset..][..place.length].to_vec(), qop))
}

#[test]
fn messages_are_the_same_on_windows_and_on_wine() {
    for functions in [&WINDOWS, &WINE] {
        let (context, _) = established(functions, Role::Client);
        for (number, (qop, text)) in
            [(WRAP_NO_ENCRYPT, &b"signed"[..]), (0, b"sealed"), (0, b""), (WRAP_NO_ENCRYPT, b"")]
                .into_iter()
                .enumerate()
        {
            let number = u8::try_from(number).unwrap();
            let message = sealed(&*context, qop, text, 76).unwrap();
            let expected = if functions.wine { rotated } else { wrapped };
            assert_eq!(message, expected(qop == 0, number, text), "{number}");
            assert_eq!(opened(&*context, &message).unwrap(), (text.to_vec(), qop));
        }
    }
}

#[test]
fn messages_that_are_bad_are_refused_and_left() {
    for functions in [&WINDOWS, &WINE] {
        let (context, _) = established(functions, Role::Server);
        let good = wrapped(false, 0, b"text");
        let mut altered = good.clone();
        altered[17] ^= 1;
        for (message, status) in [
            (&altered, Status::MESSAGE_ALTERED),
            (&wrapped(false, 1, b"text"), Status::OUT_OF_SEQUENCE),
            (
                &good[..20].to_vec(),
                if functions.wine { Status::INVALID_TOKEN } else { Status::MESSAGE_ALTERED },
            ),
        ] {
            assert_eq!(opened(&*context, message).unwrap_err().status(), status);
        }
        assert_eq!(opened(&*context, &good).unwrap().0, b"text");
        assert_eq!(opened(&*context, &good).unwrap_err().status(), Status::OUT_OF_SEQUENCE);
    }
    let (context, _) = established(&WINE, Role::Server);
    for garbage in [&b""[..], b"garbage", b"\x60\x30garbage garbage garbage", &[5, 4, 2, 0xFF]] {
        let status = opened(&*context, garbage).unwrap_err().status();
        assert_eq!(status, Status::INVALID_TOKEN, "{garbage:02x?}");
    }
}

fn sizes(context: &dyn Context) -> Sizes {
    match context.query(AttributeId::SIZES) {
        Ok(Attribute::Sizes(sizes)) => sizes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn sizes_on_wine_are_large_enough_and_become_exact() {
    let (context, _) = established(&WINDOWS, Role::Client);
    let told = sizes(&*context);
    assert_eq!((told.max_signature, told.block_size, told.security_trailer), (37, 1, 49));
    let (context, handle) = established(&WINE, Role::Client);
    let told = sizes(&*context);
    assert_eq!((told.max_signature, told.block_size, told.security_trailer), (40, 1, 72));
    // What does not fit costs no number.
    let refused = sealed(&*context, 0, b"text", 71).unwrap_err();
    assert_eq!((refused.status(), seen(handle, |seen| seen.sent)), (Status::BUFFER_TOO_SMALL, 0));
    // A message that is signed only tells how long checksums are.
    sealed(&*context, WRAP_NO_ENCRYPT, b"text", 40).unwrap();
    let told = sizes(&*context);
    assert_eq!((told.max_signature, told.security_trailer), (28, 60));
    let refused = sealed(&*context, 0, b"text", 59).unwrap_err();
    assert_eq!((refused.status(), seen(handle, |seen| seen.sent)), (Status::BUFFER_TOO_SMALL, 1));
    assert_eq!(sealed(&*context, 0, b"text", 60).unwrap(), rotated(true, 1, b"text"));
    let (context, _) = established(&WINE, Role::Server);
    opened(&*context, &wrapped(false, 0, b"text")).unwrap();
    assert_eq!(sizes(&*context).security_trailer, 60);
}

#[test]
fn wine_signs_within_the_room_there_is() {
    let (context, _) = established(&WINE, Role::Client);
    let (mut small, mut room, mut data) = ([0; 39], [0; 40], *b"text");
    let mut buffers =
        [buffer(buffer_type::TOKEN, &mut small), buffer(buffer_type::DATA, &mut data)];
    let refused = context.sign(0, &mut Message(&mut buffers)).unwrap_err();
    assert_eq!((refused.status(), buffers[0].length), (Status::BUFFER_TOO_SMALL, Some(40)));
    let mut buffers = [buffer(buffer_type::TOKEN, &mut room), buffer(buffer_type::DATA, &mut data)];
    context.sign(0, &mut Message(&mut buffers)).unwrap();
    let length = buffers[0].length.unwrap();
    let mut signature = room[..length].to_vec();
    for expected in [None, Some(Status::MESSAGE_ALTERED)] {
        let mut buffers =
            [buffer(buffer_type::TOKEN, &mut signature), buffer(buffer_type::DATA, &mut data)];
        let verified = context.verify(&mut Message(&mut buffers));
        assert_eq!(verified.err().map(|error| error.status()), expected);
        data[0] ^= 1;
    }
}

#[test]
fn ntlm_under_negotiate_has_no_ways_of_wines() {
    let handle = system_package::credential();
    let credential = Arc::new(WindowsCredential::new(&WINE, &NEGOTIATE, handle));
    let context = credential.context(Role::Server).unwrap();
    take(&*context, &token(b"ntlm"), &mut Vec::new()).unwrap();
    take(&*context, &token(b"two"), &mut Vec::new()).unwrap();
    assert_eq!(sizes(&*context).security_trailer, 49);
}

#[test]
fn nothing_before_the_end_but_the_largest_token() {
    for functions in [&WINDOWS, &WINE] {
        let (credential, _) = credential(functions);
        let context = credential.context(Role::Client).unwrap();
        assert_eq!(sizes(&*context), Sizes::default());
        for status in [
            sealed(&*context, 0, b"text", 99).unwrap_err().status(),
            opened(&*context, &wrapped(false, 0, b"text")).unwrap_err().status(),
            context.query(AttributeId::STREAM_SIZES).unwrap_err().status(),
        ] {
            assert_eq!(status, Status::INVALID_HANDLE);
        }
    }
}

/// A step of a session, through SASL.
fn request(session: &Session, input: &[u8], flags: Flags) -> (Outcome, Vec<u8>, Flags) {
    let inputs = token(input);
    let (role, inputs) = (session.context().role(), Inputs(&inputs));
    let request =
        StepRequest { role, through_sasl: true, inputs, flags, target: Some("imap/host") };
    let mut output = Vec::new();
    let step = session.step(None, &request, &mut output).unwrap();
    (step.outcome, output, step.flags)
}

#[test]
fn cookies_know_no_difference() {
    let signed = Flags::SIGNED;
    for (of_client, of_server) in [(&WINDOWS, &WINE), (&WINE, &WINDOWS)] {
        for (asked, settled) in [
            (Flags::NONE, Flags::NONE),
            (Flags::INTEGRITY, signed),
            (Flags::CONFIDENTIALITY, signed | Flags::CONFIDENTIALITY),
        ] {
            let begin =
                |functions, role| Session::begin(credential(functions).0, role, true).unwrap();
            let (client, server) = (begin(of_client, Role::Client), begin(of_server, Role::Server));
            let (mut from_client, mut last) = (request(&client, b"", asked), Vec::new());
            for _ in 0..9 {
                if from_client.0 == Outcome::Done && from_client.1.is_empty() {
                    break;
                }
                let from_server = request(&server, &from_client.1, Flags::NONE);
                last.push(from_server.0);
                if from_server.0 == Outcome::Done {
                    assert_eq!(from_server.2, settled);
                    break;
                }
                from_client = request(&client, &from_server.1, asked);
            }
            assert_eq!(last.last(), Some(&Outcome::Done), "{asked:?}");
            assert_eq!((client.flags(), server.flags()), (settled, settled));
        }
    }
}

#[test]
fn kerberos_alone_has_cookies() {
    assert_eq!(KERBEROS.sasl_semantics(), SaslSemantics::Gssapi);
    assert_eq!(NEGOTIATE.sasl_semantics(), SaslSemantics::Plain);
    assert!(KERBEROS.recognizes(b"\x60\x10\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"));
    assert!(NEGOTIATE.recognizes(b"\x60\x10\x06\x06\x2b\x06\x01\x05\x05\x02"));
    assert!(!KERBEROS.available() && !NEGOTIATE.available());
}
