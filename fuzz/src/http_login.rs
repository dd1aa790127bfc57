//! Digest over HTTP between the library's own two ends, with an editor on the wire: a challenge for
//! each algorithm, a first request, later ones. Whatever the editor does, a request is let in only
//! with a right hash over its method and URI, in the offered realm, with a nonce that the server
//! issued, and each count of a nonce once.

use std::collections::{HashMap, HashSet};

use crate::abi::{self, SecBuffer, SecBufferDesc};
use crate::editor::Wire;
use crate::ends::{Block, End, Function};
use crate::fault;
use crate::formulas::{Hash, Http};
use crate::input::Input;
use crate::people::{self, REALM};
use crate::place::{self, Claimed, SETUPS};
use crate::strict::{self, Message};

const USERS: &[(&str, &str)] = &[
    ("alice", "secret"),
    ("alice", "Secret"),
    ("josé", "pässword"),
    ("bob", "secret"),
    ("q\"uote", "secret"),
    ("白", "密"),
    ("nobody", "secret"),
];
const DOMAINS: &[Option<&str>] = &[None, Some(""), Some(REALM), Some("other.org")];
const URIS: &[&str] = &["/", "/dir/x?y=1&z=%41", "*"];
const ENTITY: &[u8] = b"38609a28efe1da66fb338fe868fc4428";

/// Runs one conversation.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let input = &mut input;
    let setup = input.below(SETUPS.len());
    let (user, password) = *input.one_of(USERS);
    let claimed = Claimed { user, domain: *input.one_of(DOMAINS), password };
    let choices = input.byte();
    let callback = choices & 1 != 0;
    let (asc, isc) = match choices >> 1 & 1 {
        0 => (abi::ASC_HTTP, abi::ISC_HTTP),
        _ => (abi::ASC_HTTP | abi::ASC_INTEGRITY, abi::ISC_HTTP | abi::ISC_INTEGRITY),
    };
    let mut conversation = Conversation {
        setup,
        claimed,
        server: place::server(setup, callback),
        client: End::new(Function::Initialize, place::client(setup, claimed), isc),
        asc,
        entity: if choices & 4 != 0 { ENTITY } else { b"" },
        callback,
        realm: if choices & 8 != 0 { "other.org" } else { REALM },
        wire: Wire::default(),
        held: vec![],
        issued: HashSet::new(),
        taken: HashSet::new(),
        sessions: HashMap::new(),
        diverted: false,
    };
    conversation.run(input);
}

struct Conversation {
    setup: usize,
    claimed: Claimed,
    server: abi::SecHandle,
    client: End,
    asc: u32,
    entity: &'static [u8],
    callback: bool,
    /// What the call offers as realm.
    realm: &'static str,
    wire: Wire,
    /// The server's contexts, which keep the session.
    held: Vec<End>,
    issued: HashSet<Vec<u8>>,
    /// Every nonce and count that was let in.
    taken: HashSet<(Vec<u8>, Vec<u8>)>,
    /// The first cnonce of each nonce.
    sessions: HashMap<Vec<u8>, Vec<u8>>,
    /// Whether some request did not arrive as it was sent, so that what follows may be refused.
    diverted: bool,
}

/// A buffer that HTTP alone has.
fn parameter(bytes: &[u8]) -> (u32, &[u8]) {
    (abi::PKG_PARAMS, bytes)
}

/// A request on its way.
struct Request<'a> {
    method: &'a [u8],
    uri: &'a [u8],
    response: &'a [u8],
}

impl Conversation {
    fn run(&mut self, input: &mut Input<'_>) {
        let challenges = self.challenge(input);
        let place = input.below(challenges.len());
        let arrived = self.wire.pass(input, &challenges[place]);
        let method = *input.one_of(&[&b"GET"[..], b"POST"]);
        let uri = *input.one_of(URIS);
        let Some(response) = self.respond(input, &arrived, method, uri) else { return };
        self.deliver(input, method, uri, &response, true);
        for _ in 0..input.below(4) {
            if input.byte() & 7 == 7 {
                // The next call names another realm than the session began in.
                self.realm = if self.realm == REALM { "other.org" } else { REALM };
                self.diverted = true;
            }
            let method = *input.one_of(&[&b"GET"[..], b"POST"]);
            let uri = *input.one_of(URIS);
            let Some(response) = self.sign(input, method, uri) else { return };
            self.deliver(input, method, uri, &response, false);
        }
    }

    fn server_end(&self) -> End {
        End::new(Function::Accept, self.server, self.asc)
    }

    fn realm_units(&self) -> Vec<u8> {
        if self.realm == REALM {
            return vec![];
        }
        self.realm.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn challenge(&mut self, input: &mut Input<'_>) -> Vec<Vec<u8>> {
        let mut end = self.server_end();
        end.tokens = SETUPS[self.setup].algorithms.len();
        let realm = self.realm_units();
        let given = [
            (abi::TOKEN, &b""[..]),
            parameter(b""),
            parameter(b""),
            parameter(b""),
            parameter(&realm),
        ];
        let step = end.step(input, &given);
        assert_eq!(step.status, abi::CONTINUE_NEEDED, "ORACLE challenge");
        for (token, algorithm) in step.tokens.iter().zip(SETUPS[self.setup].algorithms) {
            let once = ["nonce", "realm", "algorithm", "qop", "stale", "opaque", "charset"];
            let read = Message::read(token, &once).expect("ORACLE grammar: a challenge");
            assert_eq!(read.value("algorithm"), Some(algorithm.as_bytes()), "ORACLE algorithm");
            assert_eq!(read.value("realm"), Some(self.realm.as_bytes()), "ORACLE realm: offered");
            self.issued.insert(read.value("nonce").unwrap().to_vec());
        }
        self.held.push(end);
        step.tokens
    }

    fn respond(
        &mut self,
        input: &mut Input<'_>,
        challenge: &[u8],
        method: &[u8],
        uri: &str,
    ) -> Option<Vec<u8>> {
        self.client.target = uri.as_bytes().to_vec();
        let given = [(abi::TOKEN, challenge), parameter(method), parameter(self.entity)];
        let step = self.client.step(input, &given);
        if step.status != abi::OK {
            return None;
        }
        let response = step.token().to_vec();
        strict::directives(&response).expect("ORACLE grammar: a response");
        Some(response)
    }

    /// The client's response of a later request.
    fn sign(&mut self, input: &mut Input<'_>, method: &[u8], uri: &str) -> Option<Vec<u8>> {
        let context = self.client.context.as_mut()?;
        let mut room = if input.byte() & 3 == 2 { input.below(300) } else { 4096 };
        loop {
            let given = [&b""[..], method, uri.as_bytes(), self.entity];
            let mut blocks = given.map(Block::of);
            let mut output = Block::room(room);
            let mut buffers: Vec<SecBuffer> =
                blocks.iter_mut().map(|block| block.buffer(abi::PKG_PARAMS)).collect();
            buffers[0].kind = abi::TOKEN;
            buffers.push(output.buffer(abi::PADDING));
            let mut message = SecBufferDesc::of(&mut buffers);
            // SAFETY: blocks of exactly the sizes said.
            let status = unsafe { abi::MakeSignature(context, 0, &mut message, 0) };
            let length = buffers[4].length as usize;
            match status {
                abi::OK => {
                    assert!(length <= room, "ORACLE capacity: {length} of {room}");
                    return Some(output.bytes()[..length].to_vec());
                }
                abi::BUFFER_TOO_SMALL => {
                    assert!(length > room, "ORACLE room: {length} of {room}");
                    room = length;
                }
                _ => return None,
            }
        }
    }

    fn deliver(
        &mut self,
        input: &mut Input<'_>,
        method: &[u8],
        uri: &str,
        sent: &[u8],
        first: bool,
    ) {
        let arrived = self.wire.pass(input, sent);
        let untouched = arrived == sent && !self.wire.touched;
        let request = Request { method, uri: uri.as_bytes(), response: &arrived };
        let granted = self.accept(input, &request, first && untouched);
        if granted {
            self.check_granted(&request);
        } else {
            assert!(
                !(untouched && !self.diverted && self.is_right(sent)),
                "ORACLE nothing lost: a right request was refused"
            );
            self.diverted = true;
        }
        if fault::is("count-taken-twice") && granted {
            self.check_granted(&request);
        }
    }

    /// Whether a response of the client's own making is a right one.
    fn is_right(&self, sent: &[u8]) -> bool {
        let Some(read) = strict::http_response(sent) else { return false };
        let realm = read.value("realm").unwrap_or_default();
        let Some((hash, _)) = Hash::named(read.value("algorithm").unwrap_or(b"MD5")) else {
            return false;
        };
        // SHA-512/256 has no place in the accounts' file, a name beyond ASCII no one form, and a
        // hashed name of the empty realm is the rule of whoever hashes it.
        let stored = self.callback || hash != Hash::Sha512_256;
        let plain = self.claimed.user.is_ascii() && read.value("userhash").is_none();
        let allowed = realm == self.realm.as_bytes() || realm.is_empty();
        let known = people::secrets(hash, self.claimed.user.as_bytes(), realm)
            .iter()
            .any(|(account, _)| account.password == self.claimed.password);
        stored && plain && allowed && known
    }

    /// Whether the server lets a request in, by one call or two.
    fn accept(&mut self, input: &mut Input<'_>, request: &Request<'_>, fresh: bool) -> bool {
        let mut end = self.server_end();
        let realm = self.realm_units();
        let given = [
            (abi::TOKEN, request.response),
            parameter(request.method),
            parameter(request.uri),
            parameter(self.entity),
            parameter(&realm),
        ];
        let step = end.step(input, &given);
        let mut status = step.status;
        assert_ne!(status, abi::INTERNAL_ERROR, "ORACLE status: an internal error");
        assert!(!(fresh && status == abi::COMPLETE_NEEDED), "ORACLE count: a first is a later one");
        let mut answer = step.token().to_vec();
        if status == abi::COMPLETE_NEEDED {
            (status, answer) = self.complete(input, &mut end, &given);
        }
        if status == abi::CONTINUE_NEEDED {
            self.note_nonce(&answer, "nonce");
        }
        if fault::is("foreign-realm") && status < 0 {
            status = abi::OK;
            answer.clear();
        }
        let granted = status == abi::OK;
        if granted {
            if SETUPS[self.setup].info && !answer.is_empty() {
                strict::directives(&answer).expect("ORACLE grammar: Authentication-Info");
                self.note_nonce(&answer, "nextnonce");
            }
            self.held.push(end);
        }
        granted
    }

    fn complete(
        &self,
        input: &mut Input<'_>,
        end: &mut End,
        given: &[(u32, &[u8])],
    ) -> (i32, Vec<u8>) {
        let mut room = if input.byte() & 3 == 2 { input.below(120) } else { 4096 };
        for _ in 0..2 {
            let mut blocks: Vec<Block> =
                given[..4].iter().map(|(_, bytes)| Block::of(bytes)).collect();
            let mut output = Block::room(room);
            let mut buffers: Vec<SecBuffer> = blocks
                .iter_mut()
                .zip(given)
                .map(|(block, (kind, _))| block.buffer(*kind))
                .collect();
            buffers.push(output.buffer(abi::TOKEN));
            let mut message = SecBufferDesc::of(&mut buffers);
            let context = end.context.as_mut().unwrap();
            // SAFETY: blocks of exactly the sizes said.
            let status = unsafe { abi::CompleteAuthToken(context, &mut message) };
            let length = buffers[4].length as usize;
            if status == abi::BUFFER_TOO_SMALL {
                assert!(length > room, "ORACLE room: {length} of {room}");
                room = length;
                continue;
            }
            if status != abi::OK {
                return (status, vec![]);
            }
            assert!(length <= room, "ORACLE capacity: {length} of {room}");
            return (status, output.bytes()[..length].to_vec());
        }
        panic!("ORACLE room: too little where enough was said");
    }

    fn note_nonce(&mut self, message: &[u8], name: &str) {
        let read = strict::directives(message).expect("ORACLE grammar: an answer");
        let nonce = read.into_iter().find(|directive| directive.name == name.as_bytes());
        self.issued.extend(nonce.map(|nonce| nonce.value));
    }

    /// Holds a request that was let in against the rules.
    fn check_granted(&mut self, request: &Request<'_>) {
        let read = strict::http_response(request.response).expect("ORACLE grammar: let in");
        let nonce = read.value("nonce").unwrap().to_vec();
        assert!(self.issued.contains(&nonce), "ORACLE nonce: let in with one never issued");
        let realm = read.value("realm").unwrap();
        let name = read.value("algorithm").unwrap_or(b"MD5");
        let (hash, session) = Hash::named(name).expect("ORACLE algorithm");
        let offered = SETUPS[self.setup].algorithms.iter();
        let mut hashes = offered.filter_map(|name| Hash::named(name.as_bytes()));
        assert!(hashes.any(|(offered, _)| offered == hash), "ORACLE algorithm: never offered");
        let cnonce = read.value("cnonce").unwrap_or_default().to_vec();
        let first = self.sessions.entry(nonce.clone()).or_insert_with(|| cnonce.clone()).clone();
        let proven = self.is_proven(&read, request, hash, session.then_some([&cnonce, &first]));
        assert!(proven, "ORACLE password: let in without a right one");
        assert!(
            realm.is_empty() || people::text(realm) == self.realm,
            "ORACLE realm: let in of another realm"
        );
        // RFC 2069's form has no counts.
        let count = read.value("nc").unwrap_or_default().to_ascii_lowercase();
        assert!(self.taken.insert((nonce, count)), "ORACLE count: let in twice");
    }

    fn is_proven(
        &self,
        read: &Message,
        request: &Request<'_>,
        hash: Hash,
        session: Option<[&[u8]; 2]>,
    ) -> bool {
        let qop = read.value("qop");
        let empty = hash.joined(&[]);
        let covered = Http {
            hash,
            nonce: read.value("nonce").unwrap(),
            counted: read.value("nc").map(|nc| [nc, read.value("cnonce").unwrap(), qop.unwrap()]),
            method: request.method,
            uri: read.value("uri").unwrap(),
            entity: qop
                .filter(|qop| qop.eq_ignore_ascii_case(b"auth-int"))
                .map(|_| if self.entity.is_empty() { &*empty } else { self.entity }),
        };
        let given = read.value("response").unwrap().to_ascii_lowercase();
        self.secrets(read, hash).iter().any(|secret| {
            let mut a1s = vec![crate::formulas::hex(secret)];
            if let Some(cnonces) = session {
                a1s = cnonces
                    .into_iter()
                    .flat_map(|cnonce| Http::sessions(hash, secret, covered.nonce, cnonce))
                    .collect();
            }
            a1s.iter().any(|a1| covered.response(a1) == given)
        })
    }

    /// What a response may prove to know.
    fn secrets(&self, read: &Message, hash: Hash) -> Vec<Vec<u8>> {
        let realm = read.value("realm").unwrap_or_default();
        let mut names = vec![];
        if let Some(username) = read.get("username") {
            names.extend([username.value.clone(), username.raw.clone()]);
        }
        let hashed =
            read.value("userhash").is_some_and(|value| value.eq_ignore_ascii_case(b"true"));
        for account in people::ALL {
            for user in people::forms(account.user) {
                let named = match read.get("username") {
                    Some(name) if hashed => {
                        name.value.to_ascii_lowercase() == hash.joined(&[&user, realm])
                    }
                    Some(_) => false,
                    None => true,
                };
                if named {
                    names.push(user);
                }
            }
        }
        names
            .iter()
            .flat_map(|name| people::secrets(hash, name, realm))
            .map(|(_, secret)| secret)
            .collect()
    }
}
