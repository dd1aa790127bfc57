use super::*;
use crate::sspi::InputBuffer;

/// A block with this application data.
pub(crate) fn block(application: &[u8]) -> Vec<u8> {
    let length = u32::try_from(application.len()).unwrap();
    let numbers = [0, 0, 0, 0, 0, 0, length, 32];
    let mut block: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    block.extend_from_slice(application);
    block
}

fn with<T>(blocks: &[Vec<u8>], with: impl FnOnce(Result<Given<'_>>) -> T) -> T {
    let kind = buffer_type::CHANNEL_BINDINGS;
    let buffers: Vec<_> = blocks.iter().map(|data| InputBuffer { kind, data }).collect();
    with(Given::of_inputs(Inputs(&buffers)))
}

#[test]
fn s29_blocks_and_names_that_are_malformed() {
    for application in
        [&b""[..], b"tls-unique", b":data", b"tls-unique:", b"tls unique:x", b"tls_unique:x", b":"]
    {
        let status = with(&[block(application)], |given| given.map(drop).unwrap_err().status());
        assert_eq!(status, Status::INVALID_TOKEN, "{}", application.escape_ascii());
    }
    let good = block(b"tls-unique:data");
    for length in 1..good.len() {
        let status =
            with(&[good[..length].to_vec()], |given| given.map(drop).unwrap_err().status());
        assert_eq!(status, Status::INVALID_TOKEN, "{length}");
    }
    let (mut beyond, mut far) = (good.clone(), good.clone());
    beyond[28] += 1;
    far[28..32].copy_from_slice(&u32::MAX.to_ne_bytes());
    for bad in [beyond, far] {
        assert!(with(&[bad], |given| given.is_err()));
    }
    // Another name, though it differs in case alone.
    with(&[block(b"TLS-UNIQUE:x")], |given| {
        let expected = given.unwrap().expected(true, Flag::Used(b"tls-unique"), Flags::NONE);
        assert_eq!(expected.map(drop).unwrap_err().status(), Status::BAD_BINDINGS);
    });
}

#[test]
fn the_data_may_hold_anything() {
    with(&[block(b"tls-exporter:a:b\0\xFF:")], |given| {
        let given = given.unwrap();
        let (flag, data) = given.of_client(true).unwrap();
        assert_eq!((flag, data), (Flag::Used(b"tls-exporter"), &b"a:b\0\xFF:"[..]));
    });
    // An empty buffer is none.
    assert!(with(&[vec![]], |given| given.unwrap().is_empty()));
}

#[test]
fn a_client_says_what_it_has() {
    let two = [block(b"tls-exporter:x"), block(b"tls-unique:y")];
    for (blocks, plus, expected) in [
        (&[][..], false, Some((Flag::None, &b""[..]))),
        (&two, false, Some((Flag::Unoffered, b""))),
        (&[], true, None),
        (&two, true, Some((Flag::Used(b"tls-exporter"), b"x"))),
    ] {
        with(blocks, |given| match (given.unwrap().of_client(plus), expected) {
            (Ok(found), Some(expected)) => assert_eq!(found, expected),
            (Err(error), None) => assert_eq!(error.status(), Status::BAD_BINDINGS),
            _ => panic!("{plus} {expected:?}"),
        });
    }
}

/// What a server expects: `Ok` of the data, of nothing, or of anything.
fn expected(
    blocks: &[Vec<u8>],
    plus: bool,
    flag: Flag<'_>,
    flags: Flags,
) -> std::result::Result<String, Status> {
    with(blocks, |given| {
        // What is kept for a later call counts alike.
        let given = given.unwrap();
        let kept = given.kept().unwrap();
        let of = |given: &Given<'_>| match given.expected(plus, flag, flags) {
            Ok(Expected::Nothing) => Ok("nothing".to_owned()),
            Ok(Expected::Data(data)) => Ok(String::from_utf8(data).unwrap()),
            Ok(Expected::Unchecked) => Ok("anything".to_owned()),
            Err(error) => Err(error.status()),
        };
        let found = of(&given);
        assert_eq!(of(&kept.given().unwrap()), found);
        found
    })
}

#[test]
fn s08_a_server_takes_flags_by_what_it_has() {
    const BAD: std::result::Result<&str, Status> = Err(Status::BAD_BINDINGS);
    let none = &[][..];
    let some = &[block(b"tls-exporter:x"), block(b"tls-unique:y")][..];
    let (exporter, other) = (Flag::Used(b"tls-exporter"), Flag::Used(b"tls-server-end-point"));
    let (plain, plus) = (false, true);
    for (mechanism, flag, blocks, missing, expected_here) in [
        (plain, Flag::None, none, false, Ok("nothing")),
        (plain, Flag::None, some, false, BAD),
        (plain, Flag::None, some, true, Ok("nothing")),
        (plain, Flag::None, none, true, Ok("nothing")),
        (plain, Flag::Unoffered, none, false, Ok("nothing")),
        (plain, Flag::Unoffered, some, false, BAD),
        (plain, Flag::Unoffered, some, true, BAD),
        (plain, Flag::Unoffered, none, true, Ok("nothing")),
        (plus, Flag::None, none, false, BAD),
        (plus, Flag::None, some, false, BAD),
        (plus, Flag::None, some, true, BAD),
        (plus, Flag::Unoffered, none, false, BAD),
        (plus, Flag::Unoffered, some, false, BAD),
        (plus, Flag::Unoffered, some, true, BAD),
        (plus, exporter, none, false, BAD),
        (plain, exporter, none, false, BAD),
        (plain, exporter, none, true, BAD),
        (plus, exporter, some, false, Ok("x")),
        (plain, exporter, some, false, Ok("x")),
        (plus, exporter, some, true, Ok("x")),
        (plus, Flag::Used(b"tls-unique"), some, false, Ok("y")),
        (plus, other, some, false, BAD),
        (plain, other, some, true, BAD),
    ] {
        let flags = if missing { Flags::HTTP } else { Flags::NONE };
        let found = expected(blocks, mechanism, flag, flags);
        assert_eq!(
            found.as_deref(),
            expected_here.as_ref().copied(),
            "{mechanism} {flag:?} {missing}"
        );
    }
}

#[test]
fn a_channel_that_ends_elsewhere_has_bindings_of_a_known_type() {
    let proxy = Flags::PROXY_BINDINGS;
    for (flag, expected_here) in [
        (Flag::Used(b"tls-server-end-point"), Ok("anything")),
        (Flag::Used(b"tls-unique"), Ok("anything")),
        (Flag::Used(b"tls-exporter"), Ok("anything")),
        (Flag::Used(b"tls-other"), Err(Status::BAD_BINDINGS)),
        (Flag::None, Err(Status::BAD_BINDINGS)),
        (Flag::Unoffered, Err(Status::BAD_BINDINGS)),
    ] {
        for plus in [false, true] {
            for blocks in [&[][..], &[block(b"tls-other:x")]] {
                let found = expected(blocks, plus, flag, proxy);
                assert_eq!(found.as_deref(), expected_here.as_ref().copied(), "{flag:?}");
            }
        }
    }
    let both = expected(&[], true, Flag::Used(b"tls-unique"), proxy | Flags::HTTP);
    assert_eq!(both, Err(Status::SECURITY_QOS_FAILED));
}
