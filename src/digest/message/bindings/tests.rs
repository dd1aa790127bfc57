use super::*;

/// CB1: the application data of a certificate's hash, and what is made of it.
fn cb1_block() -> Vec<u8> {
    let certificate = "9ffcbf0e9e67d9c2150487b9367c8b3d21d691d5f3e5f8bb1df379b95a6e83f3";
    let data = [&b"tls-server-end-point:"[..], &hex::unhex(certificate)].concat();
    block([(0, b""), (0, b"")], &data)
}

const CB1: &ChannelHash = b"eddc3036d71bab62a741b111cf2c241e";
const SERVICE: &[u8] = b"HTTP/server.example.com";

/// A `SEC_CHANNEL_BINDINGS` block.
fn block(addresses: [(u32, &[u8]); 2], application: &[u8]) -> Vec<u8> {
    let count = |length: usize| u32::try_from(length).unwrap();
    let (mut numbers, mut data) = (Vec::new(), Vec::new());
    for (kind, bytes) in addresses {
        numbers.extend([kind, count(bytes.len()), count(32 + data.len())]);
        data.extend_from_slice(bytes);
    }
    numbers.extend([count(application.len()), count(32 + data.len())]);
    data.extend_from_slice(application);
    let mut block: Vec<u8> = numbers.into_iter().flat_map(u32::to_ne_bytes).collect();
    block.extend(data);
    block
}

fn status_of<T>(result: Result<T>) -> Status {
    result.err().map_or(Status::OK, |error| error.status())
}

#[test]
fn cb1_is_reproduced() {
    assert_eq!(&channel_hash(&cb1_block()).unwrap(), CB1);
    for (channel, digits) in [
        (*CB1, "0d2a2d792e977ce8a810a4002fff8886"),
        (NO_CHANNEL, "d262da7e58ba90b648a7b371302769e6"),
    ] {
        let claim = ClaimText::with_random(SERVICE, channel, &[b'7'; 32]);
        let expected = format!("+Upgraded+v1{digits}{}", "7".repeat(32));
        assert_eq!(claim.cnonce(), expected.as_bytes());
    }
}

#[test]
fn an_empty_block_is_not_the_absence_of_one() {
    let hash = channel_hash(&block([(0, b""), (0, b"")], b"")).unwrap();
    assert_eq!(&hash, b"441018525208457705bf09a8ee3c1093");
}

#[test]
fn addresses_count_too() {
    let plain = channel_hash(&block([(0, b""), (0, b"")], b"data")).unwrap();
    for addresses in
        [[(2, &b""[..]), (0, &b""[..])], [(0, b"\x7f\0\0\x01"), (0, b"")], [(0, b""), (2, b"x")]]
    {
        assert_ne!(channel_hash(&block(addresses, b"data")).unwrap(), plain);
    }
}

#[test]
fn blocks_that_name_bytes_outside_are_invalid_token() {
    let good = cb1_block();
    for length in 0..good.len() {
        assert_eq!(status_of(channel_hash(&good[..length])), Status::INVALID_TOKEN, "{length}");
    }
    for (place, number) in
        [(1, 1), (4, u32::MAX), (6, 54), (6, u32::MAX), (7, 33), (7, u32::MAX), (7, 0x8000_0000)]
    {
        let mut block = good.clone();
        if place == 1 || place == 4 {
            // A length whose offset lies at the very end.
            block[4 * (place + 1)..4 * (place + 2)].copy_from_slice(&85_u32.to_ne_bytes());
        }
        block[4 * place..4 * place + 4].copy_from_slice(&u32::to_ne_bytes(number));
        assert_eq!(status_of(channel_hash(&block)), Status::INVALID_TOKEN, "{place} {number}");
    }
}

fn printed(claim: &ClaimText) -> String {
    struct Only<'a>(&'a ClaimText);
    impl crate::digest::message::printer::Print for Only<'_> {
        fn print(&self, printer: &mut Printer<'_>) {
            self.0.print(printer);
        }
    }
    use crate::digest::message::printer::Print as _;
    let only = Only(claim);
    let mut text = vec![0; only.length()];
    only.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_claim_is_read_as_it_was_written() {
    for (service, channel) in
        [(SERVICE, *CB1), (b"", *CB1), (SERVICE, NO_CHANNEL), (b"a\"\\b", *CB1)]
    {
        let written = ClaimText::with_random(service, channel, &[b'7'; 32]);
        let read = Claim::read(printed(&written).as_bytes(), written.cnonce()).unwrap();
        let channel = (channel != NO_CHANNEL).then_some(channel);
        assert_eq!(read, Claim::Upgraded { channel, service: service.into() });
        let service = (!service.is_empty()).then(|| service.into());
        assert_eq!(read.into_service(), service);
    }
}

#[test]
fn a_claim_that_the_cnonce_does_not_cover_is_logon_denied() {
    let written = ClaimText::with_random(SERVICE, *CB1, &[b'7'; 32]);
    let text = printed(&written);
    for (from, to) in [
        ("eddc", "eddd"),
        ("server.", "serves."),
        ("service-name,channel-binding", "channel-binding,service-name"),
        ("service-name,channel-binding", "service-name"),
        ("service-name,channel-binding", ""),
        ("service-name,channel-binding", "service-name,channel-binding,realm"),
        ("hashed-dirs", "hashed-dirt"),
        ("service-name=", "service-nome="),
        ("41e\"", "41\""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let status = status_of(Claim::read(changed.as_bytes(), written.cnonce()));
        assert_eq!(status, Status::LOGON_DENIED, "{from} {to}");
    }
    let cut = &written.cnonce()[..43];
    assert_eq!(status_of(Claim::read(text.as_bytes(), cut)), Status::LOGON_DENIED);
    let twice = format!("{text},Service-Name=\"x\"");
    let status = status_of(Claim::read(twice.as_bytes(), written.cnonce()));
    assert_eq!(status, Status::INVALID_TOKEN);
}

#[test]
fn directives_without_the_cnonce_claim_nothing() {
    let written = ClaimText::with_random(SERVICE, *CB1, &[b'7'; 32]);
    let legacy = Claim::read(printed(&written).as_bytes(), b"0a4f113b").unwrap();
    assert_eq!((legacy.clone(), legacy.into_service()), (Claim::Legacy, None));
}

#[test]
fn a_channel_that_hashed_dirs_does_not_name_is_none() {
    let digits = hex::of_hash(&joined::<Md5>(&[SERVICE]).into());
    let cnonce = [PREFIX.as_slice(), &digits, b"77"].concat();
    let text = "hashed-dirs=\"service-name\",service-name=\"HTTP/server.example.com\",\
                channel-binding=\"eddc3036d71bab62a741b111cf2c241e\"";
    let claim = Claim::read(text.as_bytes(), &cnonce).unwrap();
    assert_eq!(claim, Claim::Upgraded { channel: None, service: SERVICE.into() });
}

/// Every row of the table, and the combinations that it leaves to "any".
#[test]
fn every_row_of_the_evaluation_holds() {
    const ALLOW: Flags = Flags::HTTP;
    const PROXY: Flags = Flags::PROXY_BINDINGS;
    let block = cb1_block();
    let upgraded = |channel| Claim::Upgraded { channel, service: Box::default() };
    let claims =
        [Claim::Legacy, upgraded(None), upgraded(Some(*CB1)), upgraded(Some([b'1'; DIGITS]))];
    let rows = [
        // legacy, no channel, the same channel, another one
        (true, Flags::NONE, [false, false, true, false]),
        (true, ALLOW, [true, false, true, false]),
        (true, PROXY, [false, false, true, false]),
        (false, Flags::NONE, [true; 4]),
        (false, ALLOW, [true; 4]),
        (false, PROXY, [false, false, true, true]),
    ];
    for http in [false, true] {
        for (given, flags, expected) in rows {
            let policy = Policy::of(flags, if given { &block } else { b"" }, http).unwrap();
            for (claim, taken) in claims.iter().zip(expected) {
                let status = status_of(policy.check(claim));
                let expected = if taken { Status::OK } else { Status::BAD_BINDINGS };
                assert_eq!(status, expected, "{given} {flags:?} {claim:?}");
            }
        }
    }
}

#[test]
fn bindings_cannot_be_missing_and_demanded_at_once_but_in_http_the_flag_says_less() {
    let both = Flags::HTTP | Flags::PROXY_BINDINGS;
    assert_eq!(status_of(Policy::of(both, b"", false)), Status::SECURITY_QOS_FAILED);
    assert!(Policy::of(both, b"", true).is_ok());
    assert_eq!(status_of(Policy::of(Flags::NONE, b"short", true)), Status::INVALID_TOKEN);
}

#[test]
fn a_client_claims_only_to_servers_that_read_it() {
    let block = cb1_block();
    for (nonce, service, block, claims) in [
        (&b"+Upgraded+v1ab"[..], SERVICE, &block[..], true),
        (b"+Upgraded+v1ab", SERVICE, b"", true),
        (b"+Upgraded+v1ab", b"", &block, true),
        (b"+Upgraded+v1ab", b"", b"", false),
        (b"fixturenonce", SERVICE, &block, false),
    ] {
        let claim = ClaimText::new(nonce, service, block).unwrap();
        assert_eq!(claim.is_some(), claims);
    }
    assert!(ClaimText::new(b"+Upgraded+v1ab", b"a\nb", b"").is_err());
}
