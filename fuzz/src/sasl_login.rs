//! A login by DIGEST-MD5 between the library's own two ends, with an editor on the wire. Whatever
//! the editor does, a server lets in only who proves a password that it knows, in the realm that it
//! offered, on the channel that was claimed; a client believes only a server that proves the same.

use crate::abi;
use crate::bindings;
use crate::editor::Wire;
use crate::ends::{End, Function, Step};
use crate::fault;
use crate::formulas::{Hash, Sasl};
use crate::input::Input;
use crate::people::{self, Account, REALM};
use crate::place::{self, Claimed, SETUPS};
use crate::strict::{self, Message};

const USERS: &[(&str, &str)] = &[
    ("alice", "secret"),
    ("alice", "Secret"),
    ("josé", "pässword"),
    ("bob", "secret"),
    ("DOM\\carol", "secret"),
    ("example.org\\alice", "secret"),
    ("dave@example.org", "secret"),
    ("q\"uote", "secret"),
    ("白", "密"),
    ("nobody", "secret"),
];
const DOMAINS: &[Option<&str>] = &[None, Some(""), Some(REALM), Some("other.org")];
const FLAGS: &[(u32, u32)] = &[
    (0, 0),
    (abi::ASC_INTEGRITY, abi::ISC_INTEGRITY),
    (abi::ASC_CONFIDENTIALITY, abi::ISC_CONFIDENTIALITY),
    (abi::ASC_CONFIDENTIALITY, 0),
    (abi::ASC_REPLAY, abi::ISC_CONFIDENTIALITY),
];

/// Runs one exchange.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let input = &mut input;
    let setup = input.below(SETUPS.len());
    let (user, password) = *input.one_of(USERS);
    let claimed = Claimed { user, domain: *input.one_of(DOMAINS), password };
    let (asc, isc) = *input.one_of(FLAGS);
    let choices = input.byte();
    let bound = match choices >> 2 & 3 {
        2 => Some(false),
        3 => Some(true),
        _ => None,
    };
    let functions = match choices & 1 {
        0 => (Function::SaslAccept, Function::SaslInitialize),
        _ => (Function::Accept, Function::Initialize),
    };
    let allowed = if bound == Some(true) && choices & 16 != 0 { abi::ASC_ALLOW_MISSING } else { 0 };
    let mut exchange = Exchange {
        setup,
        claimed,
        server: End::new(functions.0, place::server(setup, choices & 2 != 0), asc | allowed),
        client: End::new(functions.1, place::client(setup, claimed), isc),
        bound: bound.is_some(),
        allow_missing: allowed != 0,
        honest: bound != Some(true) || choices & 32 == 0,
        claims: bound.is_some(),
        wire: Wire::default(),
    };
    exchange.client.target = b"imap/mail.example.org".to_vec();
    exchange.run(input);
}

struct Exchange {
    setup: usize,
    claimed: Claimed,
    server: End,
    client: End,
    /// Whether the server is given the bindings of its channel.
    bound: bool,
    allow_missing: bool,
    /// Whether the client is on the same channel.
    honest: bool,
    /// Whether the client is given the bindings of its channel.
    claims: bool,
    wire: Wire,
}

impl Exchange {
    fn run(&mut self, input: &mut Input<'_>) {
        let challenge = self.accept(input, &[]);
        assert_eq!(challenge.status, abi::CONTINUE_NEEDED, "ORACLE challenge");
        let sent = strict::sasl_challenge(challenge.token()).expect("ORACLE grammar: a challenge");
        let arrived = self.wire.pass(input, challenge.token());
        let Some(response) = self.respond(input, &arrived) else { return };
        let arrived = self.wire.pass(input, &response);
        let verified = self.verify(input, &arrived);
        self.judge(&sent, &response, &arrived, &verified);
        if verified.status == abi::OK {
            self.conclude(input, &response, verified.token());
        }
    }

    /// The client's response to a challenge; none where it refuses.
    fn respond(&mut self, input: &mut Input<'_>, challenge: &[u8]) -> Option<Vec<u8>> {
        let channel = if self.honest { bindings::CHANNEL } else { bindings::OTHER };
        let block = bindings::block(channel);
        let mut given = vec![(abi::TOKEN, challenge)];
        if self.claims {
            given.push((abi::CHANNEL_BINDINGS, &block));
        }
        let step = self.client.step(input, &given);
        if step.status != abi::CONTINUE_NEEDED {
            assert!(step.status < 0, "ORACLE proof: a client is content with a challenge");
            return None;
        }
        let response = step.token().to_vec();
        // Without input it waits for the challenge.
        if strict::unterminated(challenge).is_empty() {
            return None;
        }
        let read =
            strict::sasl_challenge(challenge).expect("ORACLE grammar: answered, no challenge");
        let answer = strict::sasl_response(&response).expect("ORACLE grammar: a response");
        assert_eq!(answer.value("nonce"), read.value("nonce"), "ORACLE nonce");
        let qop = answer.value("qop").unwrap_or(b"auth").to_vec();
        let offered =
            if read.get("qop").is_some() { read.list("qop") } else { vec![b"auth".to_vec()] };
        assert!(offered.contains(&qop), "ORACLE qop: not one of the challenge's");
        if let Some(cipher) = answer.value("cipher") {
            let configured = SETUPS[self.setup].ciphers;
            let mut both = configured
                .iter()
                .filter(|name| read.list("cipher").contains(&name.as_bytes().to_vec()));
            let first = both.next().map(|name| name.as_bytes());
            assert_eq!(Some(cipher), first, "ORACLE cipher: not the first of those configured");
        }
        Some(response)
    }

    /// A step of the server, with the bindings of its channel where it has them.
    fn accept(&mut self, input: &mut Input<'_>, token: &[u8]) -> Step {
        let block = bindings::block(bindings::CHANNEL);
        let mut given = vec![(abi::TOKEN, token)];
        if self.bound {
            given.push((abi::CHANNEL_BINDINGS, &block));
        }
        self.server.step(input, &given)
    }

    fn verify(&mut self, input: &mut Input<'_>, response: &[u8]) -> Step {
        let mut step = self.accept(input, response);
        let planted = ["foreign-realm", "claim-unchecked"].into_iter().any(fault::is);
        if planted && step.status < 0 {
            step.status = abi::OK;
        }
        step
    }

    fn judge(&mut self, sent: &Message, response: &[u8], arrived: &[u8], verified: &Step) {
        if verified.status == abi::OK {
            let account = self.check_success(sent, arrived);
            people::check_names(self.server.context.as_mut().unwrap(), account);
            return;
        }
        assert!(
            verified.status < 0 || verified.status == abi::CONTINUE_NEEDED,
            "ORACLE status: {:X}",
            verified.status
        );
        assert_ne!(verified.status, abi::INTERNAL_ERROR, "ORACLE status: an internal error");
        assert_ne!(verified.status, abi::BUFFER_TOO_SMALL, "ORACLE room");
        let answered = strict::sasl_response(response).unwrap();
        let (user, realm) = (answered.value("username").unwrap(), answered.value("realm"));
        let realm = realm.unwrap_or_default();
        let known = people::secrets(Hash::Md5, user, realm)
            .iter()
            .any(|(account, _)| account.password == self.claimed.password);
        let right = known && (realm == REALM.as_bytes() || realm.is_empty());
        let bound = !self.bound || self.claims && self.honest;
        let untouched = !self.wire.touched && response == arrived;
        let status = verified.status;
        assert!(
            !(untouched && right && bound),
            "ORACLE nothing lost: a right response was refused with {status:X}"
        );
    }

    /// Holds what was let in against the rules; returns the account that it proved to be.
    fn check_success(&self, sent: &Message, arrived: &[u8]) -> &'static Account {
        let read = strict::sasl_response(arrived).expect("ORACLE grammar: let in, no response");
        assert_eq!(read.value("nonce"), sent.value("nonce"), "ORACLE nonce: another one");
        assert_eq!(read.value("nc"), Some(&b"00000001"[..]), "ORACLE count");
        let qop = read.value("qop").unwrap_or(b"auth");
        assert!(sent.list("qop").contains(&qop.to_ascii_lowercase()), "ORACLE qop");
        if qop.eq_ignore_ascii_case(b"auth-conf") {
            let cipher = read.value("cipher").unwrap().to_ascii_lowercase();
            assert!(sent.list("cipher").contains(&cipher), "ORACLE cipher");
        }
        let realm = read.value("realm").unwrap_or_default();
        let account = self.proven(&read);
        let wrong = "ORACLE password: let in without a right one";
        let account = account.expect(wrong);
        assert!(
            realm.is_empty() || people::text(realm) == REALM,
            "ORACLE realm: let in of another realm"
        );
        if self.bound {
            let claim = bindings::claims(&read, bindings::CHANNEL);
            let good = claim == Some(true) || claim.is_none() && self.allow_missing;
            assert!(good, "ORACLE claim: let in on another channel");
        }
        account
    }

    /// The account whose password a response proves.
    fn proven(&self, read: &Message) -> Option<&'static Account> {
        let covered = covered(read);
        let realm = read.value("realm").unwrap_or_default();
        let username = read.get("username").unwrap();
        let hash = read.value("response").unwrap();
        [&username.value, &username.raw]
            .into_iter()
            .flat_map(|user| people::secrets(Hash::Md5, user, realm))
            .find(|(_, secret)| covered.proof(secret, b"AUTHENTICATE") == hash)
            .map(|(account, _)| account)
    }

    fn conclude(&mut self, input: &mut Input<'_>, response: &[u8], proof: &[u8]) {
        let arrived = self.wire.pass(input, proof);
        let step = self.client.step(input, &[(abi::TOKEN, &arrived)]);
        let mut status = step.status;
        if fault::is("proof-unchecked") {
            status = abi::OK;
        }
        if arrived == proof && !self.wire.touched && status != abi::OK {
            panic!("ORACLE nothing lost: a right proof was refused with {status:X}");
        }
        if status == abi::OK {
            let read = strict::sasl_response(response).unwrap();
            let words = Message::read(&arrived, &["rspauth"]).expect("ORACLE grammar: a proof");
            let expected = self
                .own_secrets(&read)
                .into_iter()
                .map(|secret| covered(&read).proof(&secret, b""));
            let given = words.value("rspauth").unwrap_or_default().to_vec();
            assert!(
                expected.into_iter().any(|expected| expected == given),
                "ORACLE proof: a client believes a server that does not know the password"
            );
        }
    }

    /// What the client itself may have hashed.
    fn own_secrets(&self, read: &Message) -> Vec<Vec<u8>> {
        let (user, realm) =
            (read.value("username").unwrap(), read.value("realm").unwrap_or_default());
        let mut all = vec![];
        for user in people::forms(&people::text(user)) {
            for realm in people::forms(&people::text(realm)) {
                for password in people::forms(self.claimed.password) {
                    all.push(Hash::Md5.of(&[&user, b":", &realm, b":", &password]));
                }
            }
        }
        all
    }
}

fn covered(read: &Message) -> Sasl<'_> {
    Sasl {
        nonce: read.value("nonce").unwrap(),
        cnonce: read.value("cnonce").unwrap(),
        nc: read.value("nc").unwrap(),
        qop: read.value("qop").unwrap_or(b"auth"),
        digest_uri: read.value("digest-uri").unwrap(),
        authzid: read.value("authzid"),
    }
}
