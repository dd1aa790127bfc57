//! Channel bindings and service names through whole exchanges, in HTTP and in SASL.

use super::*;
use crate::sspi::Outcome::{Complete, Done};

const ALLOW: Flags = Flags::HTTP;

/// A `SEC_CHANNEL_BINDINGS` block with this application data.
fn block(data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    let numbers = [0, 0, 0, 0, 0, 0, length, 32];
    let mut block: Vec<u8> = numbers.into_iter().flat_map(u32::to_ne_bytes).collect();
    block.extend_from_slice(data);
    block
}

fn buffer(kind: u32, data: &[u8]) -> InputBuffer<'_> {
    InputBuffer { kind, data }
}

/// What a client answers with this name and these bindings.
fn respond(text: &str, service: &[u8], bindings: &[u8]) -> String {
    let context = begin(&client_of("alice", None, "secret"), Role::Client);
    let inputs = [
        buffer(TOKEN, text.as_bytes()),
        buffer(PARAMS, b"GET"),
        buffer(PARAMS, b""),
        buffer(buffer_type::TARGET_HOST, service),
        buffer(buffer_type::CHANNEL_BINDINGS, bindings),
    ];
    let mut output = Vec::new();
    step(&*context, &inputs, Flags::NONE, Some("/"), &mut output).unwrap();
    String::from_utf8(output).unwrap()
}

/// What a server with these bindings and flags says to it.
fn judge(
    credential: &Arc<DigestCredential>,
    response: &str,
    bindings: &[u8],
    flags: Flags,
) -> (Box<dyn Context>, Result<Outcome>) {
    let context = begin(credential, Role::Server);
    let [token, method, uri, entity, realm] = inputs(response.as_bytes(), "GET", b"");
    let bindings = buffer(buffer_type::CHANNEL_BINDINGS, bindings);
    let buffers = [token, method, uri, entity, realm, bindings];
    let result = step(&*context, &buffers, flags, None, &mut Vec::new());
    (context, result.map(|step| step.outcome))
}

#[test]
fn every_row_holds_in_http() {
    let credential = server("");
    let (ours, theirs) = (block(b"tls-server-end-point:a"), block(b"tls-server-end-point:b"));
    let proxy = Flags::PROXY_BINDINGS;
    let bad = Err(Status::BAD_BINDINGS);
    for (service, client, server, flags, expected) in [
        (&b""[..], &[][..], &ours[..], Flags::NONE, bad),
        (b"", &[], &ours, ALLOW, Ok(Done)),
        (b"HTTP/h", &[], &ours, Flags::NONE, bad),
        (b"HTTP/h", &[], &ours, ALLOW, bad),
        (b"HTTP/h", &ours, &ours, Flags::NONE, Ok(Done)),
        (b"", &ours, &ours, ALLOW, Ok(Done)),
        (b"HTTP/h", &theirs, &ours, Flags::NONE, bad),
        (b"HTTP/h", &theirs, &ours, ALLOW, bad),
        (b"HTTP/h", &theirs, &[], proxy, Ok(Done)),
        (b"", &[], &[], proxy, bad),
        (b"HTTP/h", &[], &[], proxy, bad),
        (b"", &[], &[], Flags::NONE, Ok(Done)),
        (b"HTTP/h", &[], &[], Flags::NONE, Ok(Done)),
        (b"HTTP/h", &theirs, &[], Flags::NONE, Ok(Done)),
        (b"HTTP/h", &theirs, &[], proxy | ALLOW, Ok(Done)),
    ] {
        let response = respond(&challenge(&credential), service, client);
        let (context, result) = judge(&credential, &response, server, flags);
        let result = result.map_err(|error| error.status());
        assert_eq!(result, expected, "{service:?} {client:?} {server:?} {flags:?}");
        if expected.is_ok() && !service.is_empty() {
            let named = context.query(AttributeId::CLIENT_SPECIFIED_TARGET);
            let Ok(Attribute::ClientSpecifiedTarget(name)) = named else { panic!() };
            assert_eq!(name, "HTTP/h");
        }
    }
}

#[test]
fn a_claim_changed_on_the_way_is_logon_denied() {
    let credential = server("");
    let ours = block(b"a");
    let response = respond(&challenge(&credential), b"HTTP/h", &ours);
    let changed = response.replace("HTTP/h", "HTTP/x");
    let (_, result) = judge(&credential, &changed, &ours, Flags::NONE);
    assert_eq!(status_of(result), Status::LOGON_DENIED);
    assert!(response.contains("cnonce=\"+Upgraded+v1"));
    let plain = challenge(&credential).replace("+Upgraded+", "Downgraded");
    assert!(!respond(&plain, b"HTTP/h", &ours).contains("channel-binding"));
}

#[test]
fn a_later_request_is_held_to_the_bindings_too() {
    let credential = server("");
    let ours = block(b"a");
    let text = challenge(&credential);
    let response = respond(&text, b"HTTP/h", &ours);
    let (_first, result) = judge(&credential, &response, &ours, Flags::NONE);
    assert_eq!(result.unwrap(), Done);
    for (theirs, expected) in [(block(b"b"), Status::BAD_BINDINGS), (ours.clone(), Status::OK)] {
        let response = ALICE.respond(&text, 2, "GET", "/");
        let response = if expected == Status::OK { respond(&text, b"", &ours) } else { response };
        let (context, result) = judge(&credential, &response, &theirs, Flags::NONE);
        assert_eq!(result.unwrap(), Complete);
        let mut texts = [response.into_bytes(), b"GET".to_vec(), theirs];
        let [token, method, bindings] = &mut texts;
        let mut buffers = [
            message_buffer(TOKEN, token),
            message_buffer(PARAMS, method),
            message_buffer(PARAMS, &mut []),
            message_buffer(PARAMS, &mut []),
            message_buffer(PARAMS, &mut []),
            message_buffer(buffer_type::CHANNEL_BINDINGS, bindings),
        ];
        let status = status_of(context.complete(&mut Message(&mut buffers)));
        assert_eq!(status, expected);
    }
}

#[test]
fn a_request_is_completed_by_the_bindings_it_was_accepted_with() {
    let credential = server("");
    let ours = block(b"a");
    let text = challenge(&credential);
    let (_first, result) = judge(&credential, &respond(&text, b"", &ours), &ours, Flags::NONE);
    assert_eq!(result.unwrap(), Done);
    let count = 2;
    let unbound = ALICE.respond(&text, count, "GET", "/");
    let (context, result) = judge(&credential, &unbound, &ours, Flags::NONE);
    assert_eq!(result.unwrap(), Complete);
    // The array without its sixth buffer is no way around them.
    let status = status_of(complete(&*context, &unbound, "GET"));
    assert_eq!(status, Status::BAD_BINDINGS);
    assert!(!context.established());
}

#[test]
fn verify_signature_holds_to_what_the_accepting_call_asked_for() {
    let ours = block(b"a");
    for (service, client, bindings, flags, expected) in [
        // A client without bindings is not to come in where the channel's end is elsewhere.
        (&b""[..], &[][..], &[][..], Flags::PROXY_BINDINGS, Status::BAD_BINDINGS),
        (b"HTTP/h", &ours, &[], Flags::PROXY_BINDINGS, Status::OK),
        (b"", &[], &ours, ALLOW, Status::OK),
        (b"", &[], &ours, Flags::NONE, Status::BAD_BINDINGS),
    ] {
        let credential = server("");
        let text = challenge(&credential);
        let first = respond(&text, b"HTTP/h", &ours);
        let (context, result) = judge(&credential, &first, bindings, flags);
        assert_eq!(result.unwrap(), Done);
        let count: u32 = value(&first, "nc").unwrap().parse().unwrap();
        let second = if service.is_empty() {
            ALICE.respond(&text, count + 1, "GET", "/")
        } else {
            respond(&text, service, client)
        };
        let mut texts = [second.into_bytes(), b"GET".to_vec(), bindings.to_vec()];
        let [token, method, bindings] = &mut texts;
        let mut buffers = [
            message_buffer(TOKEN, token),
            message_buffer(PARAMS, method),
            message_buffer(PARAMS, &mut []),
            message_buffer(PARAMS, &mut []),
            message_buffer(buffer_type::CHANNEL_BINDINGS, bindings),
        ];
        let status = status_of(context.verify(&mut Message(&mut buffers)));
        assert_eq!(status, expected, "{service:?} {flags:?}");
    }
}

#[test]
fn a_claim_after_the_word_digest_is_read() {
    let credential = server("");
    let ours = block(b"a");
    let response = format!("Digest {}", respond(&challenge(&credential), b"HTTP/h", &ours));
    let (_, result) = judge(&credential, &response, &ours, Flags::NONE);
    assert_eq!(result.unwrap(), Done);
}

/// A SASL exchange with bindings on both sides, and how it ended.
fn sasl(client: &[u8], server_bindings: &[u8], flags: Flags) -> (Box<dyn Context>, Status) {
    let context = begin(&server(""), Role::Server);
    let bound =
        |token| [buffer(TOKEN, token), buffer(buffer_type::CHANNEL_BINDINGS, server_bindings)];
    let mut text = Vec::new();
    if let Err(error) = step(&*context, &bound(b""), flags, None, &mut text) {
        return (context, error.status());
    }
    let initiator = begin(&client_of("alice", None, "secret"), Role::Client);
    let inputs = [buffer(TOKEN, &text), buffer(buffer_type::CHANNEL_BINDINGS, client)];
    let inputs = if client.is_empty() { &inputs[..1] } else { &inputs };
    let mut response = Vec::new();
    step(&*initiator, inputs, Flags::NONE, Some("ldap/h"), &mut response).unwrap();
    let mut answer = Vec::new();
    let status = status_of(step(&*context, &bound(&response), flags, None, &mut answer));
    if status == Status::OK {
        let inputs = [buffer(TOKEN, &answer)];
        let done = step(&*initiator, &inputs, Flags::NONE, Some("ldap/h"), &mut Vec::new());
        assert_eq!(done.unwrap().outcome, Done);
    }
    (context, status)
}

#[test]
fn every_row_holds_in_sasl() {
    let (ours, theirs) = (block(b"tls-server-end-point:a"), block(b"tls-server-end-point:b"));
    let proxy = Flags::PROXY_BINDINGS;
    for (client, server, flags, expected) in [
        (&[][..], &ours[..], Flags::NONE, Status::BAD_BINDINGS),
        (&[], &ours, ALLOW, Status::OK),
        (&ours, &ours, Flags::NONE, Status::OK),
        (&ours, &ours, ALLOW, Status::OK),
        (&theirs, &ours, Flags::NONE, Status::BAD_BINDINGS),
        (&theirs, &ours, ALLOW, Status::BAD_BINDINGS),
        (&theirs, &[], proxy, Status::OK),
        (&[], &[], proxy, Status::BAD_BINDINGS),
        (&[], &[], Flags::NONE, Status::OK),
        (&theirs, &[], Flags::NONE, Status::OK),
        (&ours, &ours, proxy | ALLOW, Status::SECURITY_QOS_FAILED),
        (&ours, &ours[..40], Flags::NONE, Status::INVALID_TOKEN),
    ] {
        let (context, status) = sasl(client, server, flags);
        assert_eq!(status, expected, "{client:?} {server:?} {flags:?}");
        let named = context.query(AttributeId::CLIENT_SPECIFIED_TARGET);
        match named {
            Ok(Attribute::ClientSpecifiedTarget(name)) => {
                assert_eq!((name.as_str(), status), ("ldap/h", Status::OK));
            }
            other => assert!(status_of(other) == Status::TARGET_UNKNOWN),
        }
    }
}

#[test]
fn the_mode_is_told_by_buffers_flags_and_bindings() {
    let bindings = block(b"a");
    let parameter = buffer(PARAMS, b"");
    let bound = buffer(buffer_type::CHANNEL_BINDINGS, &bindings);
    let token = buffer(TOKEN, b"");
    for (inputs, flags, http) in [
        (&[][..], Flags::NONE, false),
        (&[token], Flags::NONE, false),
        (&[token], ALLOW, true),
        (&[token, bound], ALLOW, false),
        (&[token, parameter], Flags::NONE, true),
        (&[token, parameter, parameter, parameter, parameter, bound], ALLOW, true),
    ] {
        let context = begin(&server(""), Role::Server);
        let mut output = Vec::new();
        step(&*context, inputs, flags, None, &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        let algorithm = if http { "MD5-sess" } else { "md5-sess" };
        assert_eq!(value(&text, "algorithm").unwrap(), algorithm, "{inputs:?}");
    }
}
