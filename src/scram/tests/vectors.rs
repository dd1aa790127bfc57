//! Vectors: V1 is RFC 5802 §5, V2 RFC 7677 §3; the others were computed by independent code.

use super::*;
use crate::scram::nonce::tests::give;

/// One exchange, by its messages.
#[derive(Clone)]
pub(crate) struct Vector {
    pub(crate) package: &'static str,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) salt: &'static str,
    pub(crate) iterations: u32,
    /// The nonces of client and server.
    pub(crate) nonces: [&'static str; 2],
    pub(crate) authorization: &'static str,
    /// A block's application data, where there is one.
    pub(crate) bindings: Option<&'static [u8]>,
    /// client-first, server-first, client-final, server-final.
    pub(crate) messages: [&'static str; 4],
}

const V1: Vector = Vector {
    package: "SCRAM-SHA-1",
    user: "user",
    password: "pencil",
    salt: "QSXCR+Q6sek8bf92",
    iterations: 4096,
    nonces: ["fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j"],
    authorization: "",
    bindings: None,
    messages: [
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ],
};

const V2: Vector = Vector {
    package: "SCRAM-SHA-256",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    nonces: ["rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"],
    messages: [
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ],
    ..V1
};

const V3: Vector = Vector {
    package: "SCRAM-SHA-512",
    messages: [
        V2.messages[0],
        V2.messages[1],
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
        "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
    ],
    ..V2
};

const V4: Vector = Vector {
    user: "a=b,c",
    password: "p,w=1",
    salt: "AAECAwQFBgcICQoLDA0ODw==",
    iterations: 10000,
    nonces: ["C0123456789abcdef", "S\"\\{|}~+/="],
    authorization: "ad,min=",
    messages: [
        "n,a=ad=2Cmin=3D,n=a=3Db=2Cc,r=C0123456789abcdef",
        "r=C0123456789abcdefS\"\\{|}~+/=,s=AAECAwQFBgcICQoLDA0ODw==,i=10000",
        "c=bixhPWFkPTJDbWluPTNELA==,r=C0123456789abcdefS\"\\{|}~+/=,\
         p=u4u774Y//nli6MnZ2m0/J9AFkCzMag4c1p2xOt7E/UI=",
        "v=G4XHDW1qLAI7p4Hgu4GDydtqqA8lIfQHBfjWpqfosCc=",
    ],
    ..V2
};

const V5: [Vector; 2] = [
    Vector {
        package: "SCRAM-SHA-256-PLUS",
        bindings: Some(
            b"tls-server-end-point:\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\
              \x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f",
        ),
        messages: [
            "p=tls-server-end-point,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            V2.messages[1],
            "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,\
             r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=nY1Wus9a+gM2DrbQ1msXFgyhW6KM5ktOxWiU+/P/EGY=",
            "v=RwppMGddhz/J0lFYaRReBjXcQeNUFP5Qc76Lo5Exrig=",
        ],
        ..V2
    },
    Vector {
        package: "SCRAM-SHA-1-PLUS",
        bindings: Some(
            b"tls-exporter:\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\
              \x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f",
        ),
        messages: [
            "p=tls-exporter,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            V1.messages[1],
            "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,\
             r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=i0z2xFi+ITaJvbLXpcWyruGx26U=",
            "v=YgmPUhdXTCPY9I7+PKzEdnp1cdo=",
        ],
        ..V1
    },
];

/// The client has bindings, the server has none.
const V6: Vector = Vector {
    bindings: Some(b"tls-exporter:x"),
    messages: [
        "y,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        V2.messages[1],
        "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=FoqiHTtQEDE8lz1CdaEe3tK4mS+iMDTl77SPyDS53DY=",
        "v=dI4KpiQJwBr1+V+K6U1dA6l6I4I9DUNXWND4pcpRU3U=",
    ],
    ..V2
};

/// Passwords as they are hashed, and the proofs of V2's exchange.
const V7: [(&str, &str); 4] = [
    ("IX", "Ccfz+MPysZ5YsRatnfoQRtOYQ0RquqCRk+EhNl23pFE="),
    ("\u{2168}", "TZF5h4prrdd5jiiCn/qlyfZ/5YyNeqaR3U6tl42Nyvw="),
    ("caf\u{e9}", "ZGX5QlDGvmj4jrNtoUkHraOjVr4kOjFCBsG0qBqc9TU="),
    ("cafe\u{301}", "9t+8FnEYbYvA10+3UJoe1DHY6a4t3DTI9CgLiMiybrQ="),
];

/// All with one exchange each.
pub(crate) fn all() -> Vec<Vector> {
    [vec![V1, V2, V3, V4, V6], V5.to_vec()].concat()
}

/// Takes the next nonce away.
pub(crate) fn skip_nonce() {
    crate::scram::nonce::nonce().unwrap();
}

pub(crate) use crate::scram::bindings::tests::block;

impl Vector {
    fn salt(&self) -> &'static [u8] {
        let mut space = [0; 64];
        crate::base64::read(self.salt.as_bytes(), &mut space).unwrap().to_vec().leak()
    }

    /// Accounts of its user alone.
    pub(crate) fn accounts(&self) -> Accounts {
        let accounts = Accounts::default();
        for hash in Hash::ALL {
            accounts.add(self.user, hash, Has::Keys(self.password, self.salt(), self.iterations));
        }
        accounts
    }

    /// The ends of the exchange, whose next nonces are the vector's.
    fn ends(&self) -> (End, End) {
        let mut server = End::server(&serving(self.package, self.accounts()));
        let user = Some((self.user, self.password));
        let mut client = End::client(&credential(self.package, user, None, ""));
        client.authorization = self.authorization;
        if let Some(bindings) = self.bindings {
            client = client.bound(bindings);
            if self.package.ends_with("-PLUS") {
                server = server.bound(bindings);
            }
        }
        self.give_nonces();
        (server, client)
    }

    /// Has this thread's next nonces be the vector's: the client's, then the server's.
    pub(crate) fn give_nonces(&self) {
        self.nonces.into_iter().for_each(give);
    }
}

#[test]
fn v1_to_v6_byte_for_byte() {
    for vector in all() {
        let (mut server, mut client) = vector.ends();
        let [client_first, server_first, client_final, server_final] = vector.messages;
        assert_eq!(client.goes_on(""), client_first);
        assert_eq!(server.goes_on(client_first), server_first);
        assert_eq!(client.goes_on(server_first), client_final);
        assert_eq!(server.step(client_final), (Status::OK, server_final.to_owned()));
        assert_eq!(client.step(server_final), (Status::OK, String::new()));
        assert_eq!(server.context.authorization(), vector.authorization.as_bytes());
    }
}

#[test]
fn v7_passwords_as_peers_hash_them() {
    for (password, proof) in V7 {
        let accounts = Accounts::default();
        accounts.add("user", Hash::Sha256, Has::Keys(password, V2.salt(), 4096));
        let mut server = End::server(&serving("SCRAM-SHA-256", accounts));
        give(V2.nonces[1]);
        assert_eq!(server.goes_on(V2.messages[0]), V2.messages[1]);
        let (start, _) = V2.messages[2].split_once(",p=").unwrap();
        assert_eq!(server.status(format!("{start},p={proof}")), Status::OK, "{password}");
        // A client hashes what SASLprep makes of it.
        let mut client =
            End::client(&credential("SCRAM-SHA-256", Some(("user", password)), None, ""));
        give(V2.nonces[0]);
        client.goes_on("");
        let sent = client.goes_on(V2.messages[1]);
        let prepared = match password {
            "\u{2168}" => V7[0].1,
            "cafe\u{301}" => V7[2].1,
            _ => proof,
        };
        assert_eq!(value(&sent, 'p'), prepared, "{password}");
    }
}

#[test]
fn v7_a_server_with_the_password_takes_each_form() {
    for (password, proofs) in
        [("\u{2168}", [V7[0].1, V7[1].1]), ("cafe\u{301}", [V7[2].1, V7[3].1])]
    {
        for (index, of_a_known_salt) in proofs.into_iter().enumerate() {
            // As two spellings of stored keys.
            let accounts = Accounts::default();
            for form in V7.iter().filter(|(_, proof)| proofs.contains(proof)) {
                accounts.add("user", Hash::Sha256, Has::Keys(form.0, V2.salt(), 4096));
            }
            let mut server = End::server(&serving("SCRAM-SHA-256", accounts));
            give(V2.nonces[1]);
            server.goes_on(V2.messages[0]);
            let (start, _) = V2.messages[2].split_once(",p=").unwrap();
            let message = format!("{start},p={of_a_known_salt}");
            assert_eq!(server.status(message), Status::OK, "{password} {index}");
        }
        // As a password, of which a client hashes one form.
        let accounts = Accounts::default();
        accounts.add("user", Hash::Sha256, Has::Password(password));
        let mut server = End::server(&serving("SCRAM-SHA-256", accounts));
        let user = Some(("user", password));
        let mut client = End::client(&credential("SCRAM-SHA-256", user, None, ""));
        assert_eq!(log_in(&mut server, &mut client).0, Status::OK);
    }
}
