use super::*;
use crate::sasl::options::{OptionId, OptionValue};
use crate::sspi::{InputBuffer, Inputs, buffer_type};
use crate::testing::mechanism::{FakeMechanism, unwrapped, wrapped};

mod edges;

const SIGNS: Flags = Flags::SIGNED;
const ALL: Flags = Flags::SEALED;

/// An exchange over a fake mechanism, its options, and the step that is taken.
struct Subject {
    fake: FakeMechanism,
    exchange: CookieExchange,
    options: Options,
    asked: Flags,
}

/// A sink that has this much room, its token, and whether it refused.
struct Room(usize, Vec<u8>, bool);

impl TokenSink for Room {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        if length > self.0 {
            self.2 = true;
            return Err(Error::new(Status::BUFFER_TOO_SMALL, "test"));
        }
        self.1.space(length)
    }

    fn refused(&self) -> bool {
        self.2
    }

    fn length(&self) -> usize {
        self.1.len()
    }
}

/// No output buffer at all; and whether a token was refused.
struct Nowhere(bool);

impl TokenSink for Nowhere {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        if length == 0 {
            return Ok(&mut []);
        }
        self.0 = true;
        Err(Error::new(Status::INVALID_TOKEN, "test"))
    }

    fn refused(&self) -> bool {
        self.0
    }

    fn length(&self) -> usize {
        0
    }
}

impl Subject {
    fn new(role: Role, last_token: &'static [u8], flags: Flags) -> Self {
        let fake = FakeMechanism::new(role, last_token, flags);
        let (exchange, options) = (CookieExchange::new(), Options::default());
        Self { fake, exchange, options, asked: Flags::NONE }
    }

    fn server(last_token: &'static [u8]) -> Self {
        Self::new(Role::Server, last_token, ALL)
    }

    fn client(last_token: &'static [u8], asked: Flags) -> Self {
        Self { asked, ..Self::new(Role::Client, last_token, ALL) }
    }

    fn take_into(&self, input: &[u8], output: &mut dyn TokenSink) -> Result<Step> {
        let inputs = [InputBuffer { kind: buffer_type::TOKEN, data: input }];
        let request = StepRequest {
            role: self.fake.role,
            through_sasl: true,
            inputs: Inputs(&inputs),
            flags: self.asked,
            target: Some("imap/host"),
        };
        self.exchange.step(&self.fake, &self.options, &request, output)
    }

    fn take(&self, input: &[u8]) -> Result<(Outcome, Vec<u8>, Flags)> {
        let mut output = Vec::new();
        let step = self.take_into(input, &mut output)?;
        Ok((step.outcome, output, step.flags))
    }

    /// A step that goes on, and its token.
    #[track_caller]
    fn goes_on(&self, input: &[u8]) -> Vec<u8> {
        let (outcome, token, flags) = self.take(input).unwrap();
        assert_eq!((outcome, flags), (Outcome::Continue, self.fake.flags));
        token
    }

    #[track_caller]
    fn refuses(&self, input: &[u8], status: Status) {
        assert_eq!(self.take(input).unwrap_err().status(), status);
    }

    /// After a failure nothing is taken any more.
    #[track_caller]
    fn is_dead(&self) {
        for input in [&b""[..], b"token", &wrapped(0, b"\x01\0\0\0"), &wrapped(1, b"\x01\0\0\0")] {
            self.refuses(input, Status::INVALID_TOKEN);
        }
        assert!(self.exchange.agreed().is_none());
    }

    fn option(&self, option: OptionId) -> OptionValue {
        self.options.get(option, &self.fake, self.exchange.agreed()).unwrap()
    }

    fn set(&mut self, option: OptionId, value: u32) {
        self.options.set(option, &value.to_ne_bytes()).unwrap();
    }
}

/// A server that has sent its cookie, which offers all layers.
fn offered() -> Subject {
    let server = Subject::server(b"");
    assert_eq!(unwrapped(0, &server.goes_on(b"token")), [7, 0, 0xFF, 0xFF]);
    server
}

/// A client that has consumed the package's last token.
fn waiting(asked: Flags) -> Subject {
    let client = Subject::client(b"", asked);
    assert_eq!(client.goes_on(b"last"), b"");
    client
}

#[test]
fn server_after_a_token_waits_for_the_empty_one() {
    let server = Subject::server(b"proof");
    assert_eq!(server.goes_on(b"token"), b"proof");
    assert_eq!(unwrapped(0, &server.goes_on(b"")), [7, 0, 0xFF, 0xFF]);
    let (outcome, token, flags) = server.take(&wrapped(0, b"\x04\0\xFF\xFF")).unwrap();
    assert_eq!((outcome, token, flags), (Outcome::Done, Vec::new(), ALL));
}

#[test]
fn server_without_a_token_offers_at_once() {
    let server = offered();
    assert_eq!(server.take(&wrapped(0, b"\x01\0\0\0")).unwrap().0, Outcome::Done);
}

#[test]
fn packages_of_several_steps_repeat_the_first() {
    let mut server = Subject::server(b"proof");
    server.fake.steps = 2;
    assert_eq!(server.goes_on(b"one"), b"more");
    assert_eq!(server.goes_on(b"two"), b"more");
    assert_eq!(server.goes_on(b"three"), b"proof");
    unwrapped(0, &server.goes_on(b""));
    assert_eq!(server.fake.taken.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[test]
fn a_token_where_the_empty_one_is_due_kills() {
    let server = Subject::server(b"proof");
    server.goes_on(b"token");
    server.refuses(b"x", Status::INVALID_TOKEN);
    server.is_dead();
}

#[test]
fn the_packages_refusal_passes_through_and_kills() {
    for subject in [Subject::server(b"proof"), Subject::client(b"", Flags::NONE)] {
        subject.refuses(b"refuse", Status::LOGON_DENIED);
        subject.is_dead();
    }
}

#[test]
fn r56_choices_too_short_or_senseless_kill() {
    for plain in [&b""[..], b"\x01", b"\x01\0\0", b"\0\0\0\0", b"\x08\0\0\0", b"\x0F\0\xFF\xFF"] {
        let server = offered();
        server.refuses(&wrapped(0, plain), Status::INVALID_TOKEN);
        server.is_dead();
    }
}

#[test]
fn messages_that_do_not_open_kill() {
    for (message, status) in [
        (&b""[..], Status::INVALID_TOKEN),
        (b"garbage", Status::INVALID_TOKEN),
        (&wrapped(1, b"\x01\0\0\0"), Status::INVALID_TOKEN),
        (b"E", Status::CONTEXT_EXPIRED),
    ] {
        for subject in [offered(), waiting(Flags::NONE)] {
            subject.refuses(message, status);
            subject.is_dead();
        }
    }
}

#[test]
fn the_choice_masks_the_attributes() {
    for (plain, flags) in [
        (b"\x01\0\0\0", ALL - SIGNS - Flags::CONFIDENTIALITY),
        (b"\x01\x01\0\0", ALL - SIGNS - Flags::CONFIDENTIALITY),
        (b"\x02\x01\0\0", ALL - Flags::CONFIDENTIALITY),
        (b"\x02\0\0\0", ALL - Flags::CONFIDENTIALITY),
        (b"\x04\x01\0\0", ALL),
        (b"\x06\x01\0\0", ALL),
        (b"\x07\x01\0\0", ALL),
    ] {
        let server = offered();
        assert_eq!(server.take(&wrapped(0, plain)).unwrap().2, flags, "{plain:02x?}");
    }
}

#[test]
fn layers_that_were_not_offered_cannot_be_chosen() {
    for (flags, mask) in [(Flags::NONE, 1), (Flags::INTEGRITY, 3), (Flags::CONFIDENTIALITY, 5)] {
        for bit in [1_u8, 2, 4] {
            let server = Subject::new(Role::Server, b"", flags);
            assert_eq!(unwrapped(0, &server.goes_on(b"token"))[0], mask);
            let taken = server.take(&wrapped(0, &[bit, 1, 0, 0]));
            assert_eq!(taken.is_ok(), mask & bit != 0, "{bit} of {mask}");
        }
    }
}

#[test]
fn the_size_is_the_option_and_three_bytes() {
    for (size, cookie) in [
        (0, [1, 0, 0, 0]),
        (1, [7, 0, 0, 1]),
        (0xA0_0000, [7, 0xA0, 0, 0]),
        (0x100_0000, [7, 0xFF, 0xFF, 0xFF]),
        (u32::MAX, [7, 0xFF, 0xFF, 0xFF]),
    ] {
        let mut server = Subject::server(b"proof");
        server.goes_on(b"token");
        server.set(OptionId::RECV_SIZE, size);
        assert_eq!(unwrapped(0, &server.goes_on(b"")), cookie);
        assert_eq!(server.option(OptionId::RECV_SIZE), OptionValue::Number(size));
    }
}

#[test]
fn authorization_identities_are_told() {
    for (plain, expected) in [
        (&b"\x01\0\0\0"[..], &b""[..]),
        (b"\x01\0\0\0b", b"b"),
        (b"\x02\x01\0\0u:bob", b"u:bob"),
        (b"\x02\x01\0\0bob\0", b"bob"),
    ] {
        let server = offered();
        let before = server.option(OptionId::AUTHZ_STRING);
        assert_eq!(before, OptionValue::Bytes(Vec::new()));
        server.take(&wrapped(0, plain)).unwrap();
        let after = server.option(OptionId::AUTHZ_STRING);
        assert_eq!(after, OptionValue::Bytes(expected.to_vec()));
    }
}

#[test]
fn forbidden_identities_are_a_mismatch() {
    let mut server = offered();
    server.set(OptionId::AUTHZ_PROCESSING, 0);
    server.refuses(&wrapped(0, b"\x01\0\0\0bob"), Status::ALGORITHM_MISMATCH);
    server.is_dead();
    for plain in [&b"\x01\0\0\0"[..], b"\x01\0\0\0\0"] {
        let mut server = offered();
        server.set(OptionId::AUTHZ_PROCESSING, 0);
        assert_eq!(server.take(&wrapped(0, plain)).unwrap().0, Outcome::Done);
    }
    let mut client = waiting(Flags::NONE);
    client.options.set(OptionId::AUTHZ_STRING, b"bob").unwrap();
    client.set(OptionId::AUTHZ_PROCESSING, 0);
    client.refuses(&wrapped(0, b"\x01\0\0\0"), Status::ALGORITHM_MISMATCH);
    client.is_dead();
}

#[test]
fn send_size_leaves_room_for_what_the_wrap_adds() {
    // Block, trailer and signature of the fake: 1 + 5 + 2.
    for (plain, own, expected) in [
        (b"\x04\x00\x10\x00", 0xFFFF, 0x1000 - 8),
        (b"\x04\xFF\xFF\xFF", 0xFFFF, 0xFFFF - 8),
        (b"\x02\0\0\0", u32::MAX, 0xFF_FFFF - 8),
        (b"\x02\0\0\x04", 0xFFFF, 0),
        (b"\x01\0\0\0", 0xFFFF, 0xFFFF),
    ] {
        let mut server = offered();
        server.set(OptionId::SEND_SIZE, own);
        assert_eq!(server.option(OptionId::SEND_SIZE), OptionValue::Number(own));
        server.take(&wrapped(0, plain)).unwrap();
        assert_eq!(server.option(OptionId::SEND_SIZE), OptionValue::Number(expected));
    }
}

#[test]
fn too_little_room_costs_nothing() {
    // The package's own token, then the cookie, each asked for with ever more room.
    let server = Subject::server(b"proof");
    for (input, length) in [(&b"token"[..], 5), (b"", 6)] {
        let refused =
            [0, length - 1].map(|room| server.take_into(input, &mut Room(room, Vec::new(), false)));
        for refused in refused {
            assert_eq!(refused.unwrap_err().status(), Status::BUFFER_TOO_SMALL);
        }
        assert_eq!(
            server.take_into(input, &mut Nowhere(false)).unwrap_err().status(),
            Status::INVALID_TOKEN
        );
        let mut room = Room(length, Vec::new(), false);
        assert_eq!(server.take_into(input, &mut room).unwrap().outcome, Outcome::Continue);
        assert_eq!(room.1.len(), length);
        if length == 6 {
            // Made once, not once for each time it was asked for.
            unwrapped(0, &room.1);
        }
    }
    // The last step returns nothing and needs no buffer.
    let step = server.take_into(&wrapped(0, b"\x01\0\0\0"), &mut Nowhere(false)).unwrap();
    assert_eq!(step.outcome, Outcome::Done);
}

#[test]
fn the_clients_cookie_too_waits_for_room() {
    let client = waiting(SIGNS);
    let offer = wrapped(0, b"\x07\x01\0\0");
    let refused = client.take_into(&offer, &mut Room(5, Vec::new(), false)).unwrap_err();
    assert_eq!(refused.status(), Status::BUFFER_TOO_SMALL);
    let mut room = Room(6, Vec::new(), false);
    assert_eq!(client.take_into(&offer, &mut room).unwrap().outcome, Outcome::Done);
    assert_eq!(unwrapped(0, &room.1), [2, 0, 0xFF, 0xFF]);
}

#[test]
fn another_input_is_no_repetition() {
    let server = Subject::server(b"");
    let refused = server.take_into(b"token", &mut Room(5, Vec::new(), false)).unwrap_err();
    assert_eq!(refused.status(), Status::BUFFER_TOO_SMALL);
    server.refuses(b"other", Status::INVALID_TOKEN);
    server.is_dead();
}

#[test]
fn nothing_is_taken_after_the_end_and_nothing_lost() {
    let server = offered();
    server.take(&wrapped(0, b"\x02\x01\0\0bob")).unwrap();
    for input in [&b""[..], b"token", &wrapped(1, b"\x01\0\0\0")] {
        server.refuses(input, Status::INVALID_TOKEN);
    }
    assert_eq!(server.option(OptionId::AUTHZ_STRING), OptionValue::Bytes(b"bob".to_vec()));
}

#[test]
fn client_after_the_last_token_sends_the_empty_one() {
    let client = waiting(Flags::NONE);
    let (outcome, cookie, flags) = client.take(&wrapped(0, b"\x07\x01\0\0")).unwrap();
    assert_eq!((outcome, unwrapped(0, &cookie)), (Outcome::Done, vec![1, 0, 0, 0]));
    assert_eq!(flags, ALL - SIGNS - Flags::CONFIDENTIALITY);
    client.refuses(b"", Status::INVALID_TOKEN);
}

#[test]
fn client_that_ends_with_a_token_awaits_the_offer() {
    let client = Subject::client(b"one way", Flags::NONE);
    assert_eq!(client.goes_on(b""), b"one way");
    assert_eq!(client.take(&wrapped(0, b"\x01\0\0\0")).unwrap().0, Outcome::Done);
}

#[test]
fn client_chooses_what_it_asked_for() {
    for (asked, plain, expected) in [
        (Flags::NONE, b"\x07\x01\0\0", Some(1)),
        (Flags::MUTUAL_AUTH, b"\x01\0\0\0", Some(1)),
        (SIGNS, b"\x07\x01\0\0", Some(2)),
        (SIGNS, b"\x03\x01\0\0", Some(2)),
        (Flags::SEQUENCE_DETECT, b"\x07\x01\0\0", Some(2)),
        (Flags::CONFIDENTIALITY, b"\x07\x01\0\0", Some(4)),
        (ALL, b"\xFF\x01\0\0", Some(4)),
        (ALL, b"\x03\x01\0\0", None),
        (SIGNS, b"\x01\0\0\0", None),
        (SIGNS, b"\x05\x01\0\0", None),
        (Flags::NONE, b"\x06\x01\0\0", None),
    ] {
        let client = waiting(asked);
        let taken = client.take(&wrapped(0, plain));
        if let Some(bit) = expected {
            assert_eq!(unwrapped(0, &taken.unwrap().1)[0], bit, "{plain:02x?}");
        } else {
            assert_eq!(taken.unwrap_err().status(), Status::QOP_NOT_SUPPORTED);
            client.is_dead();
        }
    }
}

#[test]
fn client_takes_no_layer_that_its_context_has_not() {
    let mut client = waiting(SIGNS);
    client.fake.flags = Flags::MUTUAL_AUTH;
    client.refuses(&wrapped(0, b"\x07\x01\0\0"), Status::QOP_NOT_SUPPORTED);
    let mut client = waiting(SIGNS);
    client.set(OptionId::RECV_SIZE, 0);
    client.refuses(&wrapped(0, b"\x07\x01\0\0"), Status::QOP_NOT_SUPPORTED);
}

#[test]
fn r56_offers_too_short_too_long_or_senseless_kill() {
    for plain in [&b""[..], b"\x07\x01\0", b"\x07\x01\0\0\0", b"\0\x01\0\0", b"\xF8\x01\0\0"] {
        let client = waiting(Flags::NONE);
        client.refuses(&wrapped(0, plain), Status::INVALID_TOKEN);
        client.is_dead();
    }
}

#[test]
fn client_sends_its_size_and_identity() {
    let mut client = waiting(SIGNS);
    client.set(OptionId::RECV_SIZE, 0x01_0000);
    client.options.set(OptionId::AUTHZ_STRING, b"u:bob").unwrap();
    let (_, cookie, _) = client.take(&wrapped(0, b"\x07\0\x10\0")).unwrap();
    assert_eq!(unwrapped(0, &cookie), b"\x02\x01\0\0u:bob");
    assert_eq!(client.option(OptionId::AUTHZ_STRING), OptionValue::Bytes(b"u:bob".to_vec()));
    assert_eq!(client.option(OptionId::SEND_SIZE), OptionValue::Number(0x1000 - 8));
}

#[test]
fn client_asks_the_package_for_what_cookies_need() {
    let needs = Flags::INTEGRITY | Flags::MUTUAL_AUTH | Flags::SEQUENCE_DETECT;
    for (asked, expected) in [
        (Flags::NONE, Flags::INTEGRITY),
        (Flags::REPLAY_DETECT, Flags::REPLAY_DETECT | needs),
        (Flags::CONFIDENTIALITY, Flags::CONFIDENTIALITY | needs),
    ] {
        let client = waiting(asked);
        assert_eq!(*client.fake.asked.lock().unwrap(), expected);
    }
    let server = offered();
    assert_eq!(*server.fake.asked.lock().unwrap(), Flags::NONE);
}
