//! The published and recorded exchanges, with their intermediate hashes: H1-H9 of RFC 2617 and RFC
//! 7616 (with erratum 4897), W1-W4 of a Windows 11 client.

use crate::digest::http::challenge::Challenge;
use crate::digest::http::formulas::{self, Algorithm, Counted, Digits, Hash};
use crate::digest::http::response_printer::{Count, Name, ResponseText};
use crate::digest::message::printer::Print;
use crate::digest::message::qop::Named;
use crate::error::Status;

struct Vector {
    algorithm: &'static str,
    user: &'static str,
    realm: &'static str,
    password: &'static str,
    nonce: &'static str,
    cnonce: &'static str,
    nc: &'static [u8; 8],
    qop: &'static str,
    method: &'static str,
    uri: &'static str,
    entity: Option<&'static str>,
    a1: &'static str,
    a2: &'static str,
    response: &'static str,
}

const H1: Vector = Vector {
    algorithm: "MD5",
    user: "Mufasa",
    realm: "testrealm@host.com",
    password: "Circle Of Life",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    cnonce: "0a4f113b",
    nc: b"00000001",
    qop: "auth",
    method: "GET",
    uri: "/dir/index.html",
    entity: None,
    a1: "939e7578ed9e3c518a452acee763bce9",
    a2: "39aff3a2bab6126f332b942af96d3366",
    response: "6629fae49393a05397450978507c4ef1",
};

const H2: Vector = Vector {
    realm: "http-auth@example.org",
    password: "Circle of Life",
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    a1: "3d78807defe7de2157e2b0b6573a855f",
    response: "8ca523f5e9506fed4657c9700eebdbec",
    ..H1
};

const SHA_256_A2: &str = "9a3fdae9a622fe8de177c24fa9c070f2b181ec85e15dcbdc32e10c82ad450b04";
const SHA_512_A2: &str = "c2cc924c647b13c41e0fb8825bdaa97d0a1f2a7afb15e1e03c994229b20e1c92";

const WINDOWS: Vector = Vector {
    user: "tester",
    realm: "surl",
    password: "secret",
    nonce: "fixturenonce",
    uri: "/x",
    a1: "0ff62d1ddd6c9b49e52e1f5971b1db41",
    a2: "39703b9244f1eabf92f738ac2f185993",
    ..H1
};

const VECTORS: [(&str, Vector); 13] = [
    ("H1", H1),
    ("H2", H2),
    (
        "H3",
        Vector {
            algorithm: "SHA-256",
            a1: "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232",
            a2: SHA_256_A2,
            response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ..H2
        },
    ),
    (
        "H4",
        Vector {
            algorithm: "SHA-256-sess",
            a1: "bca21f4c7d7e8bf70d96361085370c7d219947abc1b8cd628f710917b89bed5b",
            a2: SHA_256_A2,
            response: "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7",
            ..H2
        },
    ),
    (
        "H5",
        Vector {
            algorithm: "SHA-512-256",
            a1: "fb174f5c3c7802721517cae13b98e2b8dae2e0118cb705d94ee29946319204ce",
            a2: SHA_512_A2,
            response: "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0",
            ..H2
        },
    ),
    (
        "H6",
        Vector {
            algorithm: "SHA-512-256-sess",
            a1: "7bda9d6d426c30b563dd560a3fcddd2be830ed2f46019752dcf95ea629c4e570",
            a2: SHA_512_A2,
            response: "3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e",
            ..H2
        },
    ),
    (
        "H7",
        Vector {
            algorithm: "MD5-sess",
            a1: "2b3d906f52651c3136e1502b3d6f38ee",
            response: "e783283f46242139c486a698fec7211d",
            ..H2
        },
    ),
    (
        "H8",
        Vector {
            qop: "auth-int",
            method: "POST",
            entity: Some("38609a28efe1da66fb338fe868fc4428"),
            a2: "d3971c42d53539ed4c70e2e1205f1e58",
            response: "beb71ce784d939e8a8030380ddf6b456",
            ..H2
        },
    ),
    (
        "H9",
        Vector {
            algorithm: "SHA-512-256",
            user: "J\u{e4}s\u{f8}n Doe",
            realm: "api@example.org",
            password: "Secret, or not?",
            nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
            cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
            uri: "/doe.json",
            a1: "2d3d9f12c9f3d30011259dc5fecee005ae24de40e3e1f61806d03e65f1e6024f",
            a2: "1734b070bafdeb53ae52f93659427bb4bc545e2ef4d5e74ba247dad4861b4634",
            response: "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
            ..H1
        },
    ),
    (
        "W1",
        Vector {
            algorithm: "MD5-sess",
            cnonce: "3bbc9fce945d63791e80547bb6ec84a5",
            a1: "67ffcaa14dc062cf1a671c4177a04024",
            response: "a98759e8c3cc3c74af3ed6b7e9a90600",
            ..WINDOWS
        },
    ),
    (
        "W2",
        Vector {
            cnonce: "dda365ad4d39ecae92a37bd03678e901",
            nc: b"00000002",
            response: "882f3ddbc931b996212b4cba1543945f",
            ..WINDOWS
        },
    ),
    (
        "W3",
        Vector {
            cnonce: "2ad953f4f46d72b40f71a5af72169a02",
            uri: "/dir/x?y=1&z=%41",
            a2: "66c58396ee1e47d04ae4454084f178a2",
            response: "2e3e61c33e734df3657da3156eead0bb",
            ..WINDOWS
        },
    ),
    (
        "W4",
        Vector {
            cnonce: "21fd8c61786bf82e53989eb7651b007c",
            method: "POST",
            a2: "df0fb8554f39045cea275e20092da43d",
            response: "7900d632c3f0c680e12a364e09f93554",
            ..WINDOWS
        },
    ),
];

impl Vector {
    fn algorithm(&self) -> Algorithm {
        Algorithm::from_name(self.algorithm.as_bytes()).unwrap()
    }

    fn secret(&self) -> Digits {
        let [user, realm, password] = [self.user, self.realm, self.password].map(str::as_bytes);
        formulas::password(self.algorithm().hash, user, realm, password)
    }

    fn a1(&self) -> Digits {
        let Algorithm { hash, session } = self.algorithm();
        if !session {
            return self.secret();
        }
        formulas::session(hash, &self.secret(), self.nonce.as_bytes(), self.cnonce.as_bytes())
    }

    fn a2(&self, method: &str) -> Digits {
        let (hash, entity) = (self.algorithm().hash, self.entity.map(str::as_bytes));
        formulas::request(hash, method.as_bytes(), self.uri.as_bytes(), entity)
    }

    fn response(&self, a1: &[u8], a2: &[u8], counted: bool) -> Digits {
        let (cnonce, qop) = (self.cnonce.as_bytes(), self.qop.as_bytes());
        let counted = counted.then_some(Counted { nc: self.nc, cnonce, qop });
        formulas::response(self.algorithm().hash, a1, self.nonce.as_bytes(), counted, a2)
    }
}

fn text(digits: &Digits) -> &str {
    std::str::from_utf8(digits).unwrap()
}

#[test]
fn every_hash_of_every_vector_is_reproduced() {
    for (name, vector) in VECTORS {
        let (a1, a2) = (vector.a1(), vector.a2(vector.method));
        assert_eq!(text(&a1), vector.a1, "{name}");
        assert_eq!(text(&a2), vector.a2, "{name}");
        assert_eq!(text(&vector.response(&a1, &a2, true)), vector.response, "{name}");
    }
}

#[test]
fn h1_has_an_rspauth_and_a_form_without_qop() {
    let a1 = H1.a1();
    let rspauth = H1.response(&a1, &H1.a2(""), true);
    assert_eq!(text(&rspauth), "376602cfd2f4e8e5e78b948a85263e85");
    let old = H1.response(&a1, &H1.a2("GET"), false);
    assert_eq!(text(&old), "670fd8c2df070c60b045671b8b24ff02");
}

#[test]
fn h8_hashes_the_body() {
    assert_eq!(text(&Hash::Md5.of(&[b"v=1"])), "38609a28efe1da66fb338fe868fc4428");
}

#[test]
fn h9_hashes_the_user_and_not_as_rfc_7616_prints_it() {
    let user = formulas::user(Hash::Sha512_256, "Jäsøn Doe".as_bytes(), b"api@example.org");
    let printed = "488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec";
    assert_eq!(text(&user), "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
    assert_ne!(text(&user), printed, "a truncated SHA-512 (erratum 4897)");
}

#[test]
fn w1_with_raw_bytes_would_be_another_response() {
    let mut bytes = [0; 16];
    let w1 = &VECTORS[9].1;
    crate::digest::message::hex::read(&w1.secret(), &mut bytes).unwrap();
    let a1 = formulas::session(Hash::Md5, &bytes, w1.nonce.as_bytes(), w1.cnonce.as_bytes());
    assert_eq!(text(&a1), "a0b30249a0d8fcfbba2f41e342413259");
    let response = w1.response(&a1, &w1.a2("GET"), true);
    assert_eq!(text(&response), "71140b29b0af48a6dd02936e4d846e82");
}

#[test]
fn w1_to_w4_are_written_as_windows_writes_them() {
    for (name, vector) in &VECTORS[9..] {
        let challenge = format!(
            "realm=\"surl\", nonce=\"fixturenonce\", qop=\"auth\", algorithm={}",
            vector.algorithm
        );
        let challenge = Challenge::all(challenge.as_bytes()).unwrap().next().unwrap().unwrap();
        let response = vector.response(&vector.a1(), &vector.a2(vector.method), true);
        let nc = u32::from_str_radix(std::str::from_utf8(vector.nc).unwrap(), 16).unwrap();
        let text = ResponseText {
            username: Name::Plain(vector.user.as_bytes()),
            realm: &challenge.realm.unquoted(),
            nonce: challenge.nonce,
            uri: vector.uri.as_bytes(),
            counted: Some(Count { cnonce: vector.cnonce.as_bytes(), nc, qop: "auth" }),
            algorithm: challenge.algorithm_text,
            response: &response,
            utf8: challenge.utf8,
            opaque: challenge.opaque,
            claim: None,
        };
        let mut written = vec![0; text.length()];
        text.write(&mut written).unwrap();
        let expected = format!(
            "username=\"tester\",realm=\"surl\",nonce=\"fixturenonce\",uri=\"{}\",cnonce=\"{}\",\
             nc=0000000{nc},algorithm={},response=\"{}\",qop=\"auth\"",
            vector.uri, vector.cnonce, vector.algorithm, vector.response
        );
        assert_eq!(String::from_utf8(written).unwrap(), expected, "{name}");
    }
}

#[test]
fn every_vector_is_judged_right_and_each_changed_digit_wrong() {
    use crate::digest::http::response::Response;
    use crate::digest::http::session_secret::{Nonces, Request, SessionSecret};
    for (name, vector) in VECTORS {
        let nc = std::str::from_utf8(vector.nc).unwrap();
        let token = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\", cnonce=\"{}\", nc={nc}, \
             qop={}, algorithm={}, response=\"{}\"",
            vector.user,
            vector.realm,
            vector.nonce,
            vector.uri,
            vector.cnonce,
            vector.qop,
            vector.algorithm,
            vector.response
        );
        let is_right = |token: &str, method: &[u8]| {
            let response = Response::parse(token.as_bytes(), Status::INVALID_TOKEN).unwrap();
            let hash = vector.algorithm().hash;
            let entity = vector.entity.map(|entity| Digits::read(entity.as_bytes(), hash).unwrap());
            let request = Request { method, entity };
            let nonces = Nonces::of(vector.nonce.as_bytes());
            SessionSecret::of(&vector.secret(), &response, nonces, &request).is_some()
        };
        assert!(is_right(&token, vector.method.as_bytes()), "{name}");
        assert!(!is_right(&token, b"DELETE"), "{name}");
        let start = token.len() - 1 - vector.response.len();
        for place in start..token.len() - 1 {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(!is_right(&changed, vector.method.as_bytes()), "{name} {place}");
        }
    }
}
