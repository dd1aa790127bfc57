use super::*;
use crate::base64;
use crate::error::Status;

const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";

fn first(message: impl AsRef<[u8]>) -> Result<String, Status> {
    let message: Box<[u8]> = message.as_ref().into();
    let first = ClientFirst::parse(&message).map_err(|error| error.status())?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let flag = match first.flag {
        Flag::None => "n".to_owned(),
        Flag::Unoffered => "y".to_owned(),
        Flag::Used(name) => text(name),
    };
    assert_eq!([first.header, first.bare].concat(), *message);
    let parts = [flag, text(&first.authorization), text(&first.name), text(first.nonce)];
    Ok(parts.join(" "))
}

fn is_invalid<T: std::fmt::Debug>(of: Result<T, Status>, message: impl AsRef<[u8]>) {
    let message = message.as_ref().escape_ascii().to_string();
    assert_eq!(of.expect_err(&message), Status::INVALID_TOKEN, "{message}");
}

/// Messages of this form, each of the parts in the place of `{}`.
fn invalid(form: &str, parts: &[&str]) {
    for part in parts {
        let message = form.replace("{}", part);
        is_invalid(first(&message), &message);
    }
}

#[test]
fn client_firsts_as_peers_send_them() {
    for (message, expected) in [
        ("n,,n=user,r=abc", "n  user abc"),
        ("y,,n=user,r=abc", "y  user abc"),
        ("p=tls-exporter,,n=user,r=abc", "tls-exporter  user abc"),
        ("p=a.B-9,a=x,n=user,r=abc", "a.B-9 x user abc"),
        ("n,a=ad=2Cmin=3D,n=a=3Db=2Cc,r=C01", "n ad,min= a=b,c C01"),
        ("n,,n=a=3db=2cc,r=C01", "n  a=b,c C01"),
        ("n,,n=,r=abc", "n   abc"),
        ("n,,n=*,r=abc", "n  * abc"),
        ("n,,n=caf\u{e9},r=abc", "n  caf\u{e9} abc"),
        ("n,,n=user,r=a\"\\{|}~+/=!", "n  user a\"\\{|}~+/=!"),
        ("n,,n=user,r=abc,x=y", "n  user abc"),
        ("n,,n=user,r=abc,x=y,Z==,q=a=b", "n  user abc"),
    ] {
        assert_eq!(first(message).as_deref(), Ok(expected), "{message}");
    }
}

#[test]
fn s01_flags_that_there_are_not() {
    invalid(
        "{}n=user,r=abc",
        &[
            "", ",", ",,", "x,,", "N,,", "Y,,", "F,n,,", "p,,", "p=,,", "p=a_b,,", "p=a b,,",
            "P=a,,", "nn,,", "n,", "n ,,", " n,,", "n=,,",
        ],
    );
    invalid("{}", &["", "n", "n,", "n,,", "y,,", "p=tls-unique,,", "p=tls-unique", ",,"]);
}

#[test]
fn s03_names_and_nonces_that_are_missing_twice_or_out_of_order() {
    invalid(
        "n,,{}",
        &[
            "r=abc",
            "n=user",
            "n=user,",
            "n=user,r=",
            "n=user,,r=abc",
            "n=user,n=user,r=abc",
            "N=user,r=abc",
            "n=user,R=abc",
            " n=user,r=abc",
            "n=user, r=abc",
            "r=abc,n=user",
            "n=user,r=abc,",
            "n=user,r=abc,n=user",
            "n=user,r=abc,r=abc",
            "n=user,r=abc,x",
            "n=user,r=abc,x=",
            "n=user,r=abc,=y",
            "n=user,r=abc,xy=z",
            "n=user,r=abc,1=z",
            "n=user,r=abc,x=y,",
            "n=user,r=abc,,x=y",
            "n=user,r=abc,p=abc",
            "n=user,x=y,r=abc",
        ],
    );
}

#[test]
fn s04_names_that_are_escaped_wrongly_or_no_text() {
    invalid("n,,n={},r=abc", &["=", "=2", "=41", "a=2C=", "=2C=3", "=3E", "=2d", "a=b", "==3D"]);
    invalid("n,a={},n=user,r=abc", &["=", "=2", "=41", "a=b"]);
    for name in [
        &b"a\0b"[..],
        b"\0",
        b"a\rb",
        b"a\nb",
        b"\xC0\x80",
        b"\xC3",
        b"\xE0\x80\xAF",
        b"\xED\xA0\x80",
        b"\xF8\x88\x80\x80\x80",
        b"\xFF",
    ] {
        let message = [b"n,,n=", name, b",r=abc"].concat();
        is_invalid(first(&message), &message);
        let message = [b"n,a=", name, b",n=user,r=abc"].concat();
        is_invalid(first(&message), &message);
    }
}

#[test]
fn s05_nonces_that_are_none() {
    invalid("n,,n=user,r={}", &["a b", "a\u{7f}", "\u{e9}", "a\u{1}", "abc\n", "abc\0", "abc\r\n"]);
    let (most, more) = ("a".repeat(512), "a".repeat(513));
    assert_eq!(first(format!("n,,n=user,r={most}")), Ok(format!("n  user {most}")));
    invalid("n,,n=user,r={}", &[&more]);
}

#[test]
fn s06_mandatory_extensions() {
    for message in ["n,,m=x,n=user,r=abc", "n,,n=user,m=x,r=abc", "n,,n=user,r=abc,m=", "n,,m="] {
        assert_eq!(first(message), Err(Status::UNSUPPORTED_FUNCTION), "{message}");
    }
    for message in ["m=x,r=abcd,s=AA==,i=1", "r=abcd,m=x,s=AA==,i=1", "r=abcd,s=AA==,i=1,m=x"] {
        assert_eq!(server(message), Err(Status::UNSUPPORTED_FUNCTION), "{message}");
    }
    for message in ["m=x,c=biws,r=abc,p=AAAA", "c=biws,r=abc,m=x,p=AAAA"] {
        assert_eq!(last(message), Err(Status::UNSUPPORTED_FUNCTION), "{message}");
    }
    let status = server_signature(b"v=AAAA,m=x", 3).map(drop).unwrap_err().status();
    assert_eq!(status, Status::UNSUPPORTED_FUNCTION);
}

#[test]
fn s07_authorization_identities_that_are_none() {
    invalid("n,{},n=user,r=abc", &["a=", "b=x", "A=x", "x", "a", "m", " ", "a=x,a=y"]);
}

#[test]
fn names_are_as_long_as_messages_carry_them() {
    for (length, expected) in [(1024, true), (1025, false)] {
        let name = "a".repeat(length);
        for message in [format!("n,,n={name},r=abc"), format!("n,a={name},n=user,r=abc")] {
            assert_eq!(first(&message).is_ok(), expected, "{length}");
        }
        // Escapes do not count.
        let message = format!("n,,n={},r=abc", "=2C".repeat(length));
        assert_eq!(first(&message).is_ok(), expected, "{length}");
    }
    let rest = "x".repeat(MAX_TOKEN - "n,,n=user,r=abc,x=".len());
    assert!(first(format!("n,,n=user,r=abc,x={rest}")).is_ok());
    is_invalid(first(format!("n,,n=user,r=abc,x={rest}y")), "4097 bytes");
}

#[test]
fn a_client_first_is_read_as_it_is_printed() {
    for (flag, authorization, name, expected) in [
        (Flag::None, "", "user", "n,,n=user,r=abc"),
        (Flag::Unoffered, "ad,min=", "a=b,c", "y,a=ad=2Cmin=3D,n=a=3Db=2Cc,r=abc"),
        (Flag::Used(b"tls-unique"), "", "", "p=tls-unique,,n=,r=abc"),
    ] {
        let (authorization, name) = (authorization.as_bytes(), name.as_bytes());
        let (message, header) = client_first(flag, authorization, name, b"abc").unwrap();
        assert_eq!(message, expected.as_bytes());
        let first = ClientFirst::parse(&message).unwrap();
        assert_eq!((first.flag, first.header.len()), (flag, header));
        assert_eq!((&*first.authorization, &*first.name), (authorization, name));
    }
    assert!(client_first(Flag::None, b"", &[b'='; 1400], b"abc").is_err());
}

fn server(message: impl AsRef<[u8]>) -> Result<(String, Vec<u8>, u32), Status> {
    let message: Box<[u8]> = message.as_ref().into();
    let parsed = ServerFirst::parse(&message, b"abc").map_err(|error| error.status())?;
    let ServerFirst { nonce, salt, iterations } = parsed;
    let nonce = String::from_utf8(nonce.to_vec()).unwrap();
    Ok((nonce, salt.bytes().to_vec(), iterations))
}

fn server_invalid(form: &str, parts: &[&str]) {
    for part in parts {
        let message = form.replace("{}", part);
        is_invalid(server(&message), &message);
    }
}

#[test]
fn server_firsts_as_peers_send_them() {
    for (message, nonce, iterations) in [
        ("r=abcd,s=AAE=,i=4096", "abcd", 4096),
        ("r=abc\"\\{=,s=AAE=,i=1", "abc\"\\{=", 1),
        ("r=abcd,s=AAE=,i=4294967295", "abcd", u32::MAX),
        ("r=abcd,s=AAE=,i=4096,x=y,z=,y", "abcd", 0),
        ("r=abcd,s=AAE=,i=4096,x=y,z=w", "abcd", 4096),
    ] {
        let expected = Ok((nonce.to_owned(), vec![0, 1], iterations));
        let expected = if iterations == 0 { Err(Status::INVALID_TOKEN) } else { expected };
        assert_eq!(server(message), expected, "{message}");
    }
    let longest = base64::write(&[7; 1024], &mut [0; 1368]).unwrap().to_vec();
    let message = [b"r=abcd,s=", &*longest, b",i=4096"].concat();
    assert_eq!(server(message).unwrap().1, [7; 1024]);
}

#[test]
fn s17_nonces_of_servers_that_are_not_the_clients_and_more() {
    server_invalid(
        "r={},s=AAE=,i=4096",
        &["", "a", "ab", "abc", "abd", "Abcd", "xabc", "dabc", "abc ", "abc\u{1}", "abc\u{e9}"],
    );
    server_invalid("r={},s=AAE=,i=4096", &[&format!("abc{}", "d".repeat(1022))]);
    assert!(server(format!("r=abc{},s=AAE=,i=4096", "d".repeat(1021))).is_ok());
}

#[test]
fn s18_counts_that_are_no_numbers() {
    server_invalid(
        "r=abcd,s=AAE=,i={}",
        &[
            "",
            "0",
            "-1",
            "+4096",
            "04096",
            "4096x",
            " 4096",
            "4096 ",
            "4294967296",
            "4294967297",
            "99999999999999999999999",
            "0x1000",
            "4,096",
            "\u{0664}",
        ],
    );
}

#[test]
fn s20_salts_that_are_none_and_parts_out_of_order() {
    server_invalid("r=abcd,s={},i=4096", &["", "A", "AAE", "AAE=\n", "AB==", "A*E=", "AAE==", " "]);
    let long = base64::write(&[7; 1025], &mut [0; 1368]).unwrap().to_vec();
    server_invalid("r=abcd,s={},i=4096", &[std::str::from_utf8(&long).unwrap()]);
    server_invalid(
        "{}",
        &[
            "",
            "r=abcd",
            "r=abcd,s=AAE=",
            "r=abcd,i=4096",
            "s=AAE=,i=4096",
            "r=abcd,i=4096,s=AAE=",
            "s=AAE=,r=abcd,i=4096",
            "r=abcd,s=AAE=,i=4096,",
            "r=abcd,s=AAE=,i=4096,i=4096",
            "R=abcd,s=AAE=,i=4096",
            "r=abcd,s=AAE=,s=AAE=,i=4096",
            "r=abcd,x=y,s=AAE=,i=4096",
        ],
    );
}

#[test]
fn s21_messages_that_are_too_long() {
    for length in [4097, 64 << 10] {
        let message = format!("r=abcd,s=AAE=,i=4096,x={}", "y".repeat(length - 23));
        assert_eq!(message.len(), length);
        is_invalid(server(&message), "a long one");
    }
}

fn last(message: impl AsRef<[u8]>) -> Result<(Vec<u8>, String, String), Status> {
    let message: Box<[u8]> = message.as_ref().into();
    let last = ClientFinal::parse(&message, 3).map_err(|error| error.status())?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ok((last.bindings.clone(), text(last.nonce), text(last.without_proof)))
}

fn last_invalid(form: &str, parts: &[&str]) {
    for part in parts {
        let message = form.replace("{}", part);
        is_invalid(last(&message), &message);
    }
}

#[test]
fn client_finals_as_peers_send_them() {
    for (message, without_proof) in [
        ("c=biws,r=abcd,p=AAAA", "c=biws,r=abcd"),
        ("c=biws,r=abcd,x=y,p=AAAA", "c=biws,r=abcd,x=y"),
        ("c=biws,r=abcd,x=p=AAAA,p=AAAA", "c=biws,r=abcd,x=p=AAAA"),
    ] {
        let expected = (b"n,,".to_vec(), "abcd".to_owned(), without_proof.to_owned());
        assert_eq!(last(message), Ok(expected), "{message}");
    }
}

#[test]
fn s10_bindings_that_are_not_base64() {
    last_invalid(
        "c={},r=abcd,p=AAAA",
        &["", "*", "bi", "biw", "bh==", "eSws ", "eSw-", "bi==ws=="],
    );
}

#[test]
fn s14_proofs_that_are_none() {
    last_invalid(
        "c=biws,r=abcd{}",
        &[
            "",
            ",",
            ",p",
            ",p=",
            ",p=AAA=",
            ",p=AAAAAA==",
            ",p=AAAA,",
            ",p=AAAA,p=AAAA",
            ",p=AAAA,x=y",
            ",P=AAAA",
            ",p=AAAA\n",
            ",p=AAAA\0",
            ",x=,p=AAAA",
            ",r=abcd,p=AAAA",
        ],
    );
    last_invalid("{}", &["", "p=AAAA", "c=biws,p=AAAA", "r=abcd,p=AAAA", "r=abcd,c=biws,p=AAAA"]);
}

#[test]
fn s23_server_finals_that_are_none() {
    let of = |message: &str| {
        let message: Box<[u8]> = message.as_bytes().into();
        server_error(&message)
            .and_then(|error| {
                if error.is_some() { Ok(()) } else { server_signature(&message, 3).map(drop) }
            })
            .map_err(|error| error.status())
    };
    for message in [
        "",
        "v",
        "v=",
        "v=AAA=",
        "v=AAAAAA==",
        "v=AAA",
        "V=AAAA",
        "e=",
        "e",
        "e=x,v=AAAA",
        "v=AAAA,e=x",
        "v=AAAA,",
        "v=AAAA,v=AAAA",
        "v=AAAA\n",
        "v=AAAA\0",
        "x=y,v=AAAA",
        "e=x,",
        "e=x\n",
        "v=AAAA,x",
    ] {
        is_invalid(of(message), message);
    }
    for message in ["v=AAAA", "v=AAAA,x=y", "e=other-error", "e=x,y=z"] {
        assert_eq!(of(message), Ok(()), "{message}");
    }
}

#[test]
fn every_part_of_a_message_that_is_cut_off_is_invalid_or_another_message() {
    let cut = |message: &str, parse: &dyn Fn(&[u8]) -> Result<(), Status>, from: &[usize]| {
        for length in 0..message.len() {
            let found = parse(&message.as_bytes()[..length]);
            let expected = if from.contains(&length) { Ok(()) } else { Err(Status::INVALID_TOKEN) };
            assert_eq!(found, expected, "{}", &message[..length]);
        }
        assert_eq!(parse(message.as_bytes()), Ok(()), "{message}");
    };
    let message = format!("p=tls-unique,a=x=2Cy,n=a=3Db,r={NONCE}");
    // A shorter nonce is one too.
    let nonces: Vec<usize> = (message.len() - NONCE.len() + 1..message.len()).collect();
    cut(&message, &|message| first(message).map(drop), &nonces);
    let message = "r=abcd,s=AAEC,i=4096";
    cut(message, &|message| server(message).map(drop), &[17, 18, 19]);
    cut("c=biws,r=abcd,p=AAAA", &|message| last(message).map(drop), &[]);
    let last = |message: &[u8]| {
        let message: Box<[u8]> = message.into();
        server_error(&message)
            .and_then(|error| {
                if error.is_some() { Ok(()) } else { server_signature(&message, 3).map(drop) }
            })
            .map_err(|error| error.status())
    };
    cut("v=AAAA", &last, &[]);
}
