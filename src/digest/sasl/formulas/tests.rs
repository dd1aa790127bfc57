//! The vectors of RFC 2831 §4, of recordings of a Windows 11 client, and variations of them, with
//! every value between password and rspauth.

use super::*;
use crate::digest::message::hex::unhex;

/// One exchange, and the hex text of what it must come to; an empty text is not checked.
struct Row {
    name: &'static str,
    user: &'static [u8],
    realm: &'static [u8],
    password: &'static [u8],
    nonce: &'static [u8],
    nc: &'static [u8; 8],
    cnonce: &'static [u8],
    qop: &'static [u8],
    uri: &'static [u8],
    authzid: Option<&'static [u8]>,
    ss: &'static str,
    h_a1: &'static str,
    h_a2: &'static str,
    h_a2_answer: &'static str,
    response: &'static str,
    rspauth: &'static str,
}

const V1: Row = Row {
    name: "V1",
    user: b"chris",
    realm: b"elwood.innosoft.com",
    password: b"secret",
    nonce: b"OA6MG9tEQGm2hh",
    nc: b"00000001",
    cnonce: b"OA6MHXh6VqTrRk",
    qop: b"auth",
    uri: b"imap/elwood.innosoft.com",
    authzid: None,
    ss: "eb5a750053e4d2c34aa84bbc9b0b6ee7",
    h_a1: "a2549853149b0536f01f0b850c643c57",
    h_a2: "15e3594677e51ade69715d1cb7d207ba",
    h_a2_answer: "0d83dab1214f2fd7b0745ac431d63a5a",
    response: "d388dad90d4bbd760a152321f2143af7",
    rspauth: "ea40f60335c427b5527b84dbabcdfffd",
};

const V3: Row = Row {
    name: "V3",
    user: b"user",
    realm: b"",
    nonce: b"MDEyMzQ1Njc4OWFiY2RlZg==",
    cnonce: b"e495b889b7b854405de324ede5849ea3",
    uri: b"smtp/127.0.0.1",
    ss: "20b4b61d3f0126b9aac227a68dbe3e26",
    h_a1: "0ebcf3819743e05ee9abab3469ecf744",
    h_a2: "8333e3e84f29bf8d65b5f22517d6cea6",
    h_a2_answer: "3f07f37c301f08cb61d46bcc60fc5e45",
    response: "9ff8685c4f01832cd4bed741bdc439b7",
    rspauth: "8d422ca64ae5e0a809f28ae7bd969e13",
    ..V1
};

const V6: Row = Row {
    name: "V6, both downgraded",
    user: b"j\xE4ger",
    realm: b"example.com",
    password: b"gr\xFCn",
    nonce: b"N1",
    cnonce: b"C1",
    uri: b"ldap/h.example.com",
    ss: "633c0a60e7f255375da830e844e1ee9c",
    h_a1: "",
    h_a2: "",
    h_a2_answer: "",
    response: "da1235d385e9e9d881b758b32307b836",
    rspauth: "",
    ..V1
};

const ROWS: &[Row] = &[
    V1,
    Row {
        name: "V2",
        nonce: b"OA9BSXrbuRhWay",
        cnonce: b"OA9BSuZWMSpW8m",
        uri: b"acap/elwood.innosoft.com",
        h_a1: "b62e36ab7dd57c82c296186c0f062f9e",
        h_a2: "c557ec746787450143826ac2c55cbabf",
        h_a2_answer: "c194261e70d24758fbe4070a1ce18d95",
        response: "6084c6db3fede7352c551284490fd0fc",
        rspauth: "2f0b3d7c3c2e486600ef710726aa2eae",
        ..V1
    },
    V3,
    Row {
        name: "V4",
        user: b"alice",
        cnonce: b"8aa82d051ad9706a2cbc26aceeb8f21a",
        qop: b"auth-conf",
        uri: b"ldap/127.0.0.1",
        ss: "cc3a3506aba601d2feee7bf9b34237ce",
        h_a1: "68d9795fbde795dac0fdfdbd4461a106",
        h_a2: "db50c8775d1ba521d17fc0b63d342ee7",
        h_a2_answer: "ab2e05cc2df1ac6ba7df7e3a578320e0",
        response: "a5161e5d54e3950512ceb4bd61f5a564",
        rspauth: "317c080c54526d1d62d9f392f87cf69a",
        ..V3
    },
    Row {
        name: "V5, auth-int",
        qop: b"auth-int",
        h_a2: "ea53ff7b95bc78e5161f0f7731ac6dde",
        h_a2_answer: "",
        response: "89fdc8198a2499ec4b6d0045c00ae24a",
        rspauth: "2342e4b9b84956beda20b94d83cc8fe0",
        ..V1
    },
    Row {
        name: "V5, authzid",
        authzid: Some(b"boss"),
        h_a1: "ac2dbc5a4930fd4b52eb4a256f7bb5bc",
        response: "b9a7e77bbb04632bb7ab2632c49bf202",
        rspauth: "8df73ac1bc9be931e892c497d717fc20",
        ..V1
    },
    Row {
        name: "V5, nc 2",
        nc: b"00000002",
        response: "b0b5d72a400655b8306e434566b10efb",
        rspauth: "73dd7feae8e84a22b0ad1f92666954d0",
        ..V1
    },
    V6,
    Row {
        name: "V6, neither downgraded",
        user: "jäger".as_bytes(),
        password: "grün".as_bytes(),
        ss: "69fa49a4b18ab364aa76f2a174464753",
        response: "ecc71bf0af9ce37e19aebf44b3815dc3",
        ..V6
    },
    Row {
        name: "V6, the user downgraded",
        password: "€uro".as_bytes(),
        ss: "b0016ba8fc9e0cf4ec51cfd5b05fb8db",
        response: "2e4d6a6ce456d3841e5f39f439b5e79b",
        ..V6
    },
];

fn check(row: &Row, what: &str, actual: &[u8], expected: &str) {
    if !expected.is_empty() {
        assert_eq!(actual, unhex(expected), "{}: {what}", row.name);
    }
}

#[test]
fn every_vector_comes_out_with_every_value_on_the_way() {
    for row in ROWS {
        let ss = password_hash(row.user, row.realm, row.password);
        check(row, "SS", &ss, row.ss);
        let h_a1 = session_hash(&ss, row.nonce, row.cnonce, row.authzid);
        check(row, "H(A1)", &h_a1, row.h_a1);
        let protected = row.qop != b"auth";
        check(row, "H(A2)", &request_hash(row.uri, protected), row.h_a2);
        check(row, "H(A2')", &answer_hash(row.uri, protected), row.h_a2_answer);

        let (nonce, nc, cnonce, qop, uri) = (row.nonce, row.nc, row.cnonce, row.qop, row.uri);
        let pair = response_pair(&h_a1, nonce, nc, cnonce, qop, uri, protected);
        assert_eq!(pair.0.as_slice(), row.response.as_bytes(), "{}: response", row.name);
        if !row.rspauth.is_empty() {
            assert_eq!(pair.1.as_slice(), row.rspauth.as_bytes(), "{}: rspauth", row.name);
        }
    }
}

#[test]
fn a1_of_v1_has_raw_bytes_first() {
    let ss = password_hash(V1.user, V1.realm, V1.password);
    let a1 = [ss.as_slice(), b":", V1.nonce, b":", V1.cnonce].concat();
    let text = "eb5a750053e4d2c34aa84bbc9b0b6ee7\
                3a4f41364d4739744551476d3268683a4f41364d4858683656715472526b";
    assert_eq!(a1, unhex(text));
    let hash: [u8; 16] = joined::<Md5>(&[&a1]).into();
    assert_eq!(hash.as_slice(), unhex(V1.h_a1));
    assert_eq!(session_hash(&ss, V1.nonce, V1.cnonce, None), hash);
}

#[test]
fn an_empty_authzid_is_not_an_absent_one() {
    let absent = session_hash(&[1; 16], b"n", b"c", None);
    assert_ne!(session_hash(&[1; 16], b"n", b"c", Some(b"")), absent);
}

#[test]
fn qop_and_nc_are_hashed_as_they_were_sent() {
    let of = |nc, qop: &[u8]| response_pair(&[1; 16], b"n", nc, b"c", qop, b"u/h", false).0;
    assert_ne!(of(b"00000001", b"auth"), of(b"00000001", b"AUTH"));
    assert_ne!(of(b"0000000a", b"auth"), of(b"0000000A", b"auth"));
}

#[test]
fn joined_takes_any_hash() {
    let empty = joined::<sha2::Sha256>(&[b"a", b"", b"bc"]);
    let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(empty.as_slice(), unhex(text));
}
