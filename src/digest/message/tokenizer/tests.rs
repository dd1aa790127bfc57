use super::usual::last_window;
use super::*;

/// A directive's name, its raw value, and whether that is quoted.
type Row<'a> = (&'a [u8], &'a [u8], bool);

/// The directives of `message`, or the error's status.
fn read(message: &[u8]) -> std::result::Result<Vec<Row<'_>>, Status> {
    directives(message)
        .map(|directive| {
            let Directive { name, id, value } = directive.map_err(|error| error.status())?;
            assert_eq!(id, Name::of(name));
            Ok((name, value.raw(), value.is_quoted()))
        })
        .collect()
}

/// Bytes that mean something to a tokenizer.
const LIKELY: &[u8] = b"\"\\,=\0\r\n \t\x7F\x80\xC3\xFFa0";

/// Calls `check` with copies of `wire` that have one to four bytes flipped, deleted or inserted, or
/// pieces repeated; the same ones in every run.
pub(in crate::digest) fn mutations(wire: &str, check: impl Fn(&[u8])) {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for round in 0..4000 {
        let mut bytes = wire.as_bytes().to_vec();
        for _ in 0..=round / 1000 {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] ^= 1 << random(8),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, LIKELY[random(LIKELY.len())]),
                _ => {
                    let piece = bytes[at..(at + random(9)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        check(&bytes.into_boxed_slice());
    }
}

#[test]
fn directives_are_cut_at_commas_outside_quotes() {
    type Row = (&'static str, &'static [(&'static str, &'static str, bool)]);
    let rows: &[Row] = &[
        ("", &[]),
        (" ,\t, ,", &[]),
        ("a=b", &[("a", "b", false)]),
        ("a=\"b\"", &[("a", "b", true)]),
        ("a=\"\"", &[("a", "", true)]),
        (",,a=b,,c=d,,", &[("a", "b", false), ("c", "d", false)]),
        (" a = b , c\t=\t\"d\" ", &[("a", "b", false), ("c", "d", true)]),
        ("a\r\n =\r\n\tb\r\n ,\r\n c=\"d\"\r\n ", &[("a", "b", false), ("c", "d", true)]),
        ("a=b\r\n \r\n ", &[("a", "b", false)]),
        (
            "a=x/y==,b=(c) <d>;e:f@g[h]?{i}\t ",
            &[("a", "x/y==", false), ("b", "(c) <d>;e:f@g[h]?{i}", false)],
        ),
        ("a=DOM\\user,b==", &[("a", "DOM\\user", false), ("b", "=", false)]),
        ("a=\"x,y=z\",b=c", &[("a", "x,y=z", true), ("b", "c", false)]),
        ("a=\"\\\"\\\\\\x\",b=c", &[("a", "\\\"\\\\\\x", true), ("b", "c", false)]),
        ("a=\"x y\tz\"", &[("a", "x y\tz", true)]),
        (
            "a=\"\\\t\u{e9}\\\u{e9}\",b=\u{e9}",
            &[("a", "\\\t\u{e9}\\\u{e9}", true), ("b", "\u{e9}", false)],
        ),
        ("!#$%&'*+-.^_`|~09azAZ=x", &[("!#$%&'*+-.^_`|~09azAZ", "x", false)]),
    ];
    for (message, expected) in rows {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value, quoted)| (name.as_bytes(), value.as_bytes(), *quoted))
            .collect();
        let message = Box::<[u8]>::from(message.as_bytes());
        assert_eq!(read(&message), Ok(expected), "{:?}", String::from_utf8_lossy(&message));
    }
}

#[test]
fn malformed_directives_are_invalid_token() {
    for message in [
        "=",
        "=b",
        "a",
        "a,",
        "a,b=c",
        "a b=c",
        "a\"=b",
        "\u{e9}=b",
        "a/b=c",
        "a:=b",
        "\"a\"=b",
        "a=",
        "a=,b=c",
        "a= ",
        "a=\r\n ",
        "a=\"",
        "a=\"b",
        "a=\"b\\",
        "a=\"b\\\"",
        "a=\"b\"c",
        "a=\"b\" c",
        "a=\"b\"\"c\"",
        "a=\"b\"=c",
        "a=b\"c\"",
        "a=b\"",
        "a=b\r\n c",
        "a=b\r\n",
        "a=b\n",
        "a=b\r",
        "\na=b",
        "a=b\r ,c=d",
        "a=\"b\r\nc\"",
        "a=\"b\rc\"",
        "a=\"b\nc\"",
        "a=\"b\x01\"",
        "a=\"b\\\x01\"",
        "a=\"b\\\r\n \"",
        "a=\"b\r\n c\"",
        "a=\"b\r\n\tc\"",
        "a=\"\r\n \"",
        "a=\"b\x7F\"",
        "a=\"b\\\x7F\"",
        "a=\"a value that is longer than sixteen bytes\r\n and is folded\"",
        "a=\"a value that is longer than sixteen bytes\x7F\", b=c",
        "a=b\x01",
        "a=b\x7F",
        "a\x01=b",
        "a=b\x0B",
    ] {
        let message = Box::<[u8]>::from(message.as_bytes());
        let text = String::from_utf8_lossy(&message);
        assert_eq!(read(&message), Err(Status::INVALID_TOKEN), "{text:?}");
    }
}

#[test]
fn an_error_is_the_last_item() {
    let mut found = directives(b"a=b,c,d=e");
    assert!(found.next().unwrap().is_ok());
    assert!(found.next().unwrap().is_err());
    assert!(found.next().is_none());
    assert!(found.next().is_none());
}

#[test]
fn unquoting_removes_one_backslash_of_each_pair() {
    for (sent, meant) in [
        ("\"plain\"", "plain"),
        ("\"\"", ""),
        ("\"a\\\"b\\\\c\\d\"", "a\"b\\cd"),
        ("\"\\\\\\\\\"", "\\\\"),
        ("\"DOM\\user\"", "DOMuser"),
        ("DOM\\user", "DOM\\user"),
    ] {
        let message = format!("x={sent}");
        let value = directives(message.as_bytes()).next().unwrap().unwrap().value;
        let unquoted = value.unquoted();
        assert_eq!(&*unquoted, meant.as_bytes(), "{sent}");
        assert_eq!(matches!(unquoted, Cow::Owned(_)), value.is_escaped(), "{sent}");
        assert_eq!(value.plain().is_err(), value.is_escaped(), "{sent}");
    }
}

#[test]
fn names_compare_without_regard_to_case() {
    assert_eq!(Name::of(b"Digest-URI"), Name::of(b"digest-uri"));
    assert_ne!(Name::of(b"Digest-URI"), Name::of(b"digest_uri"));
    assert_ne!(Name::of(b"nonce"), Name::of(b"cnonce"));
    assert_ne!(Name::of(b"aBCDEFGHIJKLMNOP"), Name::LONG);
    assert_eq!(Name::of(b"ABCDEFGHIJKLMNOPQ"), Name::LONG);
    // No other byte of a token becomes a letter or hyphen.
    for known in (b'a'..=b'z').chain([b'-']) {
        for byte in 0x21..0x7F_u8 {
            let same = Name::of(&[byte]) == Name::of(&[known]);
            assert_eq!(same, byte.eq_ignore_ascii_case(&known), "{byte:02x} {known:02x}");
        }
    }
}

#[test]
fn known_names_have_their_place_and_no_others() {
    let known: [&[u8]; 5] = [b"username", b"nc", b"digest-uri", b"a", b"sixteen-letters-"];
    let names = Names::of(known);
    for (place, name) in known.into_iter().enumerate() {
        assert_eq!(names.place(Name::of(name)), Some(place));
        assert_eq!(names.place(Name::of(&name.to_ascii_uppercase())), Some(place));
        assert_eq!(names.place(Name::of(&name[1..])), None);
        assert_eq!(names.place(Name::of(&[name, b"s"].concat())), None);
    }
    for name in ["b", "-", "seventeen-letters", "username*", "ssername"] {
        assert_eq!(names.place(Name::of(name.as_bytes())), None, "{name}");
    }
}

/// The directives of `message`, or the error's text, by the way for all.
fn read_slowly(message: &[u8]) -> std::result::Result<Vec<Directive<'_>>, String> {
    let mut left = directives(message);
    let found = std::iter::from_fn(|| left.take_directive().transpose());
    found.map(|item| item.map_err(|reason| malformed(reason).to_string())).collect()
}

#[track_caller]
fn assert_same_both_ways(message: &[u8]) {
    let found: std::result::Result<Vec<_>, _> = directives(message).collect();
    let found = found.map_err(|error| error.to_string());
    assert_eq!(found, read_slowly(message), "{}", message.escape_ascii());
}

#[test]
fn usual_directives_are_read_as_all_are() {
    let message = "username=\"Mufasa\", realm=\"\",nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4G\", \
                   nc=00000001,qop=auth,  algorithm=MD5-sess,charset=utf-8 ,uri=/dir/index.html,digest-uri=\"imap/localhost\"";
    assert_eq!(read_slowly(message.as_bytes()).unwrap().len(), 9);
    mutations(message, assert_same_both_ways);
    for byte in 0..=u8::MAX {
        for place in 0..message.len() {
            let mut bytes = message.as_bytes().to_vec();
            bytes[place] = byte;
            assert_same_both_ways(&bytes);
        }
    }
}

/// Whether the next directive of `message` is taken by the short way.
fn is_usual(message: &[u8]) -> bool {
    directives(message).take_usual().is_some()
}

#[test]
fn usual_directives_take_the_short_way_wherever_they_stand() {
    let first = "a-name-before=\"its value\", ";
    for directive in [
        "digest-uri=\"imap/localhost\"",
        "Digest-URI=imap/localhost",
        "charset=utf-8",
        "nc=00000001",
        "fourteen-chars=1",
        "fourteen-chars=\"1\"",
        "fourteen-chars=\"\"",
        "fourteen-chars=\"0123456789abcdef\"",
        "thirteen-char=\"0123456789abcdef0123456789abcde\"",
        "-=-",
        "response=d388dad90d4bbd760a152321f2143af7",
        "realm=\"\"",
        "username=\"\u{e4} \t~\"",
    ] {
        for after in ["", ",", ", ", ",x=y"] {
            // A tab in quotes is no usual text.
            let usual = !directive.contains('\t');
            let message = format!("{first}{directive}{after}");
            let mut left = directives(message.as_bytes());
            assert!(left.take_usual().is_some());
            assert_eq!(left.take_usual().is_some(), usual, "{message}");
            assert_same_both_ways(message.as_bytes());
        }
    }
    for message in [
        "fifteen-letters=1, x=1",
        "sixteen--letters=1, x=1",
        "=1, a text of enough bytes=1",
        "digest_uri=1, a text of enough bytes=1",
        "digest-uri =1, a text of enough bytes=1",
        "digest-uri= 1, a text of enough bytes=1",
        "digest-uri=1 , a text of enough bytes=1",
        "digest-uri=\"1\" , a text of enough bytes=1",
        "digest-uri=\"1\\2\", a text of enough bytes=1",
        "digest-uri=, a text of enough bytes=1",
        "digest-uri=\"not closed and long enough",
        "digest\ruri=1, a text of enough bytes=1",
        "fifteen-bytes=",
        "fourteen-byte=\"",
        "nc=00000001",
    ] {
        assert!(!is_usual(message.as_bytes()), "{message}");
        assert_same_both_ways(message.as_bytes());
    }
}

#[test]
fn the_end_of_a_message_is_looked_at_as_if_nuls_followed() {
    let message = b"0123456789abcdefXYZ";
    for length in 0..16 {
        let mut window = [0; 16];
        window[..length].copy_from_slice(&message[19 - length..]);
        assert_eq!(last_window(message, &message[19 - length..]), Some(window));
    }
    assert_eq!(last_window(&message[..15], b""), None);
}

#[test]
fn names_of_every_length_end_at_the_equals_sign() {
    for length in 1..50 {
        let name = "Name".repeat(13)[..length].to_owned();
        for end in ["=1", " = 1", "=\"a value that is longer than sixteen bytes\""] {
            let message = format!("{name}{end}");
            let [(found, ..)] = read(message.as_bytes()).unwrap()[..] else { panic!("{message}") };
            assert_eq!(found, name.as_bytes());
        }
        for between in [",", "  x", "\0"] {
            let message = format!("{name}{}=1", between.repeat(16));
            assert_eq!(read(message.as_bytes()), Err(Status::INVALID_TOKEN), "{message}");
        }
    }
}

#[test]
fn every_byte_ends_a_value_at_every_place_or_none() {
    for byte in 0..=u8::MAX {
        for at in 0..20 {
            let mut text = [b'z'; 20];
            text[at] = byte;
            let quoted = byte >= 0x20 && !b"\"\\\x7F".contains(&byte) || byte == b'\t';
            let bare = byte >= 0x20 && !b",\"\x7F".contains(&byte) || byte == b'\t';
            let (end_quoted, end_bare) = (if quoted { 20 } else { at }, if bare { 20 } else { at });
            assert_eq!(
                long_span(&text, QUOTED, [b'"', b'\\', 0x7F]),
                end_quoted,
                "{byte:02x} {at}"
            );
            assert_eq!(long_span(&text, BARE, [b',', b'"', 0x7F]), end_bare, "{byte:02x} {at}");
        }
    }
}

#[test]
fn r01_a_directive_without_equals_sign_is_invalid_token() {
    assert_eq!(read(b"nonce,realm=\"x\""), Err(Status::INVALID_TOKEN));
    assert_eq!(read(b"realm=\"x\",nonce"), Err(Status::INVALID_TOKEN));
}

#[test]
fn r12_directives_inside_a_value_are_part_of_it() {
    let message = br#"nonce="x,realm=\"y\",realm=z",realm="real""#;
    let found = read(message).unwrap();
    assert_eq!(
        found,
        [(&b"nonce"[..], &br#"x,realm=\"y\",realm=z"#[..], true), (b"realm", b"real", true)]
    );
}

#[test]
fn r14_every_prefix_of_a_message_is_read_or_refused() {
    let message = br#"username="a\"b",realm="" , nc=00000001,x = y"#;
    for length in 0..message.len() {
        let prefix = Box::<[u8]>::from(&message[..length]);
        let whole = matches!(length, 0 | 15..=16 | 24..=27 | 31..=39);
        // Prefixes that end inside a bare value are whole messages with a shorter value.
        assert_eq!(read(&prefix).is_ok(), whole, "{:?}", String::from_utf8_lossy(&prefix));
    }
}

#[test]
fn r15_a_mebibyte_of_one_character_takes_linear_time() {
    const SIZE: usize = 1 << 20;
    for (byte, good) in [(b'\\', false), (b'"', false), (b',', true), (b' ', true), (b'=', false)] {
        assert_eq!(read(&vec![byte; SIZE]).is_ok(), good, "{:?}", char::from(byte));
        let quoted = [&b"a=\""[..], &vec![byte; SIZE], b"\""].concat();
        assert_eq!(read(&quoted).is_ok(), byte != b'"', "quoted {:?}", char::from(byte));
    }
    for unit in ["\\\"", "a=b,", "a=\"\",", "\r\n ", "\\\\"] {
        let many = unit.repeat(SIZE / unit.len());
        let quoted = format!("a=\"{many}\"");
        assert_eq!(read(many.as_bytes()).is_ok(), !unit.starts_with('\\'), "{unit:?}");
        let good = matches!(unit, "\\\"" | "a=b," | "\\\\");
        assert_eq!(read(quoted.as_bytes()).is_ok(), good, "{unit:?}");
    }
    assert_eq!(read(&vec![0; SIZE]), Ok(vec![]));
    let value = Value { bytes: &vec![b'\\'; SIZE], form: ValueForm::Escaped };
    assert_eq!(value.unquoted().len(), SIZE / 2);
}

/// Bytes that are looked at to read `message`, on the short way and on the one for all.
fn effort(message: &[u8]) -> [usize; 2] {
    let mut short = directives(message);
    scan::LOOKED_AT.set(0);
    while let Ok(Some(_)) = short.take_next() {}
    let on_short_way = scan::LOOKED_AT.replace(0);
    let mut slow = directives(message);
    while let Ok(Some(_)) = slow.take_directive() {}
    [on_short_way, scan::LOOKED_AT.get()]
}

#[test]
fn r15_twice_as_long_a_message_is_twice_the_effort() {
    const MEBIBYTE: usize = 1 << 20;
    let bytes =
        ["\\", "\"", ",", "=", "a", " ", "\t", "\0", "\x7F"].map(|unit| (unit, MEBIBYTE / 2));
    let units =
        ["\r\n ", "\\\"", "\\\\", "a=b,", "a=\"\",", "a=\"b\\\"\",", "a = b ,", "a=\"\r\n \","];
    let names = ["abcdefghijklmnopq=1,", "a=b c,", "é"];
    let units = units.into_iter().chain(names).map(|unit| (unit, MEBIBYTE / 32));
    for (unit, size) in bytes.into_iter().chain(units) {
        for (before, after) in
            [("", ""), ("a=\"", ""), ("a=\"", "\""), ("a=", ""), ("x=y,a=", ",b=c")]
        {
            let message = |size: usize| {
                let run = unit.repeat(size / unit.len());
                [before, &run, after].concat().into_bytes()
            };
            for (once, twice) in effort(&message(size)).into_iter().zip(effort(&message(2 * size)))
            {
                assert!(twice <= 2 * once + 1000, "{before}{unit:?}{after}: {once}, then {twice}");
                assert!(once <= 20 * size, "{before}{unit:?}{after}: {once}");
            }
        }
    }
}

#[test]
fn r16_a_lone_quote_or_nothing_as_value_is_invalid_token() {
    for message in ["nc=", "nc=,x=y", "nc=\"", "nc=\",x=y", "nc= ,x=y"] {
        assert_eq!(read(message.as_bytes()), Err(Status::INVALID_TOKEN), "{message}");
    }
}

#[test]
fn r17_nuls_at_the_end_are_dropped_and_others_are_invalid_token() {
    for message in [&b"a=b\0"[..], b"a=b\0\0\0", b"a=b,\0", b"a=b \0"] {
        assert_eq!(read(message), Ok(vec![(&b"a"[..], &b"b"[..], false)]));
    }
    for message in [
        &b"a=b\0,c=d"[..],
        b"\0a=b",
        b"a\0=b",
        b"a=\0b",
        b"a=\"b\0\"",
        b"a=\"\\\0\"",
        b"a=b\0 \0",
        b"a=\"b\"\0,",
    ] {
        assert_eq!(read(message), Err(Status::INVALID_TOKEN), "{message:?}");
    }
    assert_eq!(without_terminator(b"\0\0"), b"");
    assert_eq!(without_terminator(b"\0a\0"), b"\0a");
}

#[test]
fn mutated_messages_never_panic() {
    mutations("username=\"a\\\\b\", realm=\"\",nc=00000001 ,qop=auth", |bytes| {
        for directive in directives(bytes).flatten() {
            let unquoted = directive.value.unquoted();
            assert!(unquoted.len() <= directive.value.raw().len());
        }
    });
}
