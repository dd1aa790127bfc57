//! Both ends of SCRAM, each with a model beside it that says before every call what must come of it:
//! the status, and byte for byte the token.

use crate::abi::{self, SecHandle};
use crate::bindings;
use crate::ends::{End, Step};
use crate::fault;
use crate::input::Input;
use crate::scram::{self, ClientFirst, Hash, Keys, base64, escape, xor};
use crate::scram_people::{self, COUNTS, Known, Package, User};

/// Characters of a nonce of the library's.
const NONCE: usize = 24;

/// What a model says of a call: the status, and the token where it is known before.
type Foreseen = (i32, Option<Vec<u8>>);

/// Bindings as a caller gives them: `NAME:DATA`, whatever that is.
pub type Channel = Vec<u8>;

/// The parts of bindings that are well formed.
fn divided(channels: &[Channel]) -> Result<Vec<(&[u8], &[u8])>, i32> {
    let divide = |channel: &Channel| channel.iter().position(|byte| *byte == b':');
    let parts = channels.iter().map(|channel| {
        let at = divide(channel).ok_or(abi::INVALID_TOKEN)?;
        let (name, data) = (&channel[..at], &channel[at + 1..]);
        let good = scram::is_type(name) && !data.is_empty();
        if good { Ok((name, data)) } else { Err(abi::INVALID_TOKEN) }
    });
    parts.collect()
}

fn given<'t>(token: &'t [u8], blocks: &'t [Vec<u8>]) -> Vec<(u32, &'t [u8])> {
    let mut given = vec![(abi::TOKEN, token)];
    given.extend(blocks.iter().map(|block| (abi::CHANNEL_BINDINGS, block.as_slice())));
    given
}

/// Holds what came of a call against what was foreseen.
fn check(whose: &str, step: &Step, foreseen: &Foreseen, message: &[u8]) {
    let (status, token) = foreseen;
    let message = message.escape_ascii();
    assert!(
        step.status == *status,
        "ORACLE {whose} status: {:X}, foreseen was {status:X}, for {message}",
        step.status
    );
    if let Some(token) = token {
        let came = step.token();
        assert!(
            came == token,
            "ORACLE {whose} token: {}, foreseen was {}, for {message}",
            came.escape_ascii(),
            token.escape_ascii()
        );
    }
}

/// What ends an exchange for its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Done,
    Denied,
    Dead,
}

impl Over {
    fn foreseen(self) -> Foreseen {
        let status =
            if self == Self::Dead { abi::INVALID_TOKEN } else { abi::STATUS_LOGON_FAILURE };
        (status, None)
    }
}

/// A server between server-first and client-final.
struct Challenged {
    first: ClientFirst,
    known: Known,
    /// Server-first.
    sent: Vec<u8>,
    /// The data that has to follow the header; none where any will do.
    data: Option<Vec<u8>>,
}

enum ServerState {
    /// With the bindings of an earlier call.
    Start(Vec<Channel>),
    Challenged(Box<Challenged>),
    Over(Over),
}

pub struct Server {
    pub end: End,
    pub package: Package,
    pub callback: bool,
    pub channels: Vec<Channel>,
    pub authorization_allowed: bool,
    state: ServerState,
}

impl Server {
    pub fn new(end: End, package: Package, callback: bool, channels: Vec<Channel>) -> Self {
        let state = ServerState::Start(vec![]);
        Self { end, package, callback, channels, authorization_allowed: true, state }
    }

    /// A call with this token.
    pub fn step(&mut self, input: &mut Input<'_>, token: &[u8]) -> Step {
        let foreseen = self.foresee(token);
        let blocks: Vec<_> = self.channels.iter().map(|channel| bindings::block(channel)).collect();
        let step = self.end.step(input, &given(token, &blocks));
        check("server", &step, &foreseen, token);
        self.go_on(token, &step);
        step
    }

    /// Server-first, where it has gone out and client-final is due.
    pub fn challenge(&self) -> Option<(&ClientFirst, &[u8])> {
        match &self.state {
            ServerState::Challenged(challenged) => Some((&challenged.first, &challenged.sent)),
            _ => None,
        }
    }

    fn foresee(&self, token: &[u8]) -> Foreseen {
        let result = match &self.state {
            ServerState::Over(over) => return over.foreseen(),
            ServerState::Start(_) if token.is_empty() => {
                divided(&self.channels).map(|_| (abi::CONTINUE_NEEDED, Some(vec![])))
            }
            ServerState::Start(kept) => {
                self.expected(kept, token).map(|_| (abi::CONTINUE_NEEDED, None))
            }
            ServerState::Challenged(challenged) => {
                self.verified(challenged, token).map(|token| (abi::OK, Some(token)))
            }
        };
        result.unwrap_or_else(|status| {
            let tells = matches!(self.state, ServerState::Challenged(_))
                && self.end.flags & abi::ASC_EXTENDED_ERROR != 0;
            let why: &[u8] = match status {
                _ if !tells => b"",
                abi::LOGON_DENIED => b"e=invalid-proof",
                abi::BAD_BINDINGS => b"e=channel-bindings-dont-match",
                abi::INVALID_TOKEN => b"e=invalid-encoding",
                abi::UNSUPPORTED_FUNCTION => b"e=extensions-not-supported",
                _ => b"e=other-error",
            };
            (status, Some(why.to_vec()))
        })
    }

    /// What client-first says, and the data that client-final has to have.
    fn expected(
        &self,
        kept: &[Channel],
        token: &[u8],
    ) -> Result<(ClientFirst, Option<Vec<u8>>), i32> {
        divided(&self.channels)?;
        let channels = if self.channels.is_empty() { kept } else { &self.channels };
        let channels = divided(channels)?;
        let first = scram::client_first(token)?;
        let missing = self.end.flags & abi::ASC_ALLOW_MISSING != 0;
        let proxy = self.end.flags & abi::ASC_PROXY != 0;
        if missing && proxy {
            return Err(abi::SECURITY_QOS_FAILED);
        }
        let data = if first.used.is_empty() {
            let good =
                !self.package.2 && !proxy && (channels.is_empty() || missing && !first.unoffered);
            if !good {
                return Err(abi::BAD_BINDINGS);
            }
            Some(vec![])
        } else if proxy {
            let types: [&[u8]; 3] = [b"tls-unique", b"tls-exporter", b"tls-server-end-point"];
            if !types.contains(&first.used.as_slice()) {
                return Err(abi::BAD_BINDINGS);
            }
            None
        } else {
            let own = channels.iter().find(|(name, _)| *name == first.used);
            Some(own.ok_or(abi::BAD_BINDINGS)?.1.to_vec())
        };
        if first.name.is_empty() && !self.callback {
            return Err(abi::INVALID_TOKEN);
        }
        Ok((first, data))
    }

    /// Server-final.
    fn verified(&self, challenged: &Challenged, token: &[u8]) -> Result<Vec<u8>, i32> {
        let Challenged { first, known, sent, data } = challenged;
        let hash = self.package.1;
        let last = scram::client_final(token, hash)?;
        let own = scram::server_first(sent, &first.nonce).unwrap();
        if last.nonce != own.nonce {
            return Err(abi::INVALID_TOKEN);
        }
        let came = last.bindings.strip_prefix(&*first.header).ok_or(abi::BAD_BINDINGS)?;
        if first.used.is_empty() && !came.is_empty() {
            return Err(abi::BAD_BINDINGS);
        }
        let covered = covered(&first.bare, sent, &last.without_proof);
        let proven = |keys: &&Keys| {
            let client = xor(&last.proof, &hash.hmac(&keys.stored, &covered));
            hash.of(&client) == keys.stored
        };
        let keys = known.pairs.iter().find(proven).ok_or(abi::LOGON_DENIED)?;
        if data.as_ref().is_some_and(|data| data != came) || data.is_none() && came.is_empty() {
            return Err(abi::BAD_BINDINGS);
        }
        if !first.authorization.is_empty() && !self.authorization_allowed {
            return Err(abi::ALGORITHM_MISMATCH);
        }
        Ok([b"v=", &*base64(&hash.hmac(&keys.server, &covered))].concat())
    }

    fn go_on(&mut self, token: &[u8], step: &Step) {
        let over = match &mut self.state {
            // A first call that fails leaves nothing behind.
            _ if self.end.context.is_none() => None,
            ServerState::Over(_) => None,
            _ if step.status == abi::LOGON_DENIED => Some(Over::Denied),
            _ if step.status < 0 => Some(Over::Dead),
            ServerState::Start(kept) if token.is_empty() => {
                if !self.channels.is_empty() {
                    kept.clone_from(&self.channels);
                }
                None
            }
            ServerState::Start(kept) => {
                let kept = std::mem::take(kept);
                let (first, data) = self.expected(&kept, token).unwrap();
                let known = scram_people::known(self.package.1, self.callback, &first.name);
                let sent = step.token().to_vec();
                check_challenge(&sent, &first, &known);
                let challenged = Challenged { first, known, sent, data };
                self.state = ServerState::Challenged(Box::new(challenged));
                None
            }
            ServerState::Challenged(challenged) => {
                let context = self.end.context.as_mut().unwrap();
                let name = abi::name_of(context);
                let name = if fault::is("another-name") { b"mallory".to_vec() } else { name };
                assert!(name == challenged.known.user, "ORACLE name: {}", name.escape_ascii());
                Some(Over::Done)
            }
        };
        if let Some(over) = over {
            self.state = ServerState::Over(over);
        }
    }
}

/// Server-first: the client's nonce with more, and what is told of the user.
fn check_challenge(sent: &[u8], first: &ClientFirst, known: &Known) {
    let read = scram::server_first(sent, &first.nonce).expect("ORACLE grammar: a server-first");
    assert_eq!(read.nonce.len(), first.nonce.len() + NONCE, "ORACLE nonce");
    let count = if fault::is("count-differs") { 1 } else { read.count };
    let told = (&read.salt, count);
    assert!(told == (&known.salt, known.count), "ORACLE salt: {}", sent.escape_ascii());
}

pub fn covered(bare: &[u8], server_first: &[u8], without_proof: &[u8]) -> Vec<u8> {
    [bare, server_first, without_proof].join(&b',')
}

/// Client-final without its proof, and with it.
pub fn client_final(
    (header, bare): (&[u8], &[u8]),
    data: &[u8],
    nonce: &[u8],
    server_first: &[u8],
    (hash, keys): (Hash, &Keys),
) -> Vec<u8> {
    let bindings = base64(&[header, data].concat());
    let without = [b"c=", &*bindings, b",r=", nonce].concat();
    proven(&without, bare, server_first, (hash, keys))
}

/// What `without_proof` becomes with the proof of who knows the password.
pub fn proven(
    without_proof: &[u8],
    bare: &[u8],
    server_first: &[u8],
    (hash, keys): (Hash, &Keys),
) -> Vec<u8> {
    let signature = hash.hmac(&keys.stored, &covered(bare, server_first, without_proof));
    [without_proof, b",p=", &base64(&xor(&keys.client, &signature))].concat()
}

enum ClientState {
    Start,
    /// Client-first.
    FirstSent(Vec<u8>),
    /// The signature that server-final has to have.
    FinalSent(Vec<u8>),
    Over(Over),
}

pub struct Client {
    pub end: End,
    pub package: Package,
    pub user: &'static User,
    pub channels: Vec<Channel>,
    /// The authorization identity that is wanted, and that of client-first.
    pub authorization: Vec<u8>,
    sent_authorization: Vec<u8>,
    state: ClientState,
}

impl Client {
    pub fn new(end: End, package: Package, user: &'static User, channels: Vec<Channel>) -> Self {
        let state = ClientState::Start;
        let (authorization, sent_authorization) = (vec![], vec![]);
        Self { end, package, user, channels, authorization, sent_authorization, state }
    }

    /// A call with this token.
    pub fn step(&mut self, input: &mut Input<'_>, token: &[u8]) -> Step {
        let foreseen = self.foresee(token);
        let blocks: Vec<_> = self.channels.iter().map(|channel| bindings::block(channel)).collect();
        let mut step = self.end.step(input, &given(token, &blocks));
        if matches!(self.state, ClientState::FinalSent(_)) && fault::is("signature-unchecked") {
            step.status = abi::OK;
        }
        check("client", &step, &foreseen, token);
        self.go_on(token, &step);
        step
    }

    /// Client-first, where it has gone out and server-first is due.
    pub fn first(&self) -> Option<&[u8]> {
        match &self.state {
            ClientState::FirstSent(first) => Some(first),
            _ => None,
        }
    }

    /// The signature that is due.
    pub fn signature(&self) -> Option<&[u8]> {
        match &self.state {
            ClientState::FinalSent(signature) => Some(signature),
            _ => None,
        }
    }

    fn foresee(&self, token: &[u8]) -> Foreseen {
        let result = match &self.state {
            ClientState::Over(over) => return over.foreseen(),
            ClientState::Start if self.end.flags & abi::ISC_INTEGRITY != 0 => {
                Err(abi::QOP_NOT_SUPPORTED)
            }
            ClientState::Start if !token.is_empty() => Err(abi::INVALID_TOKEN),
            ClientState::Start => self.flag().map(|_| (abi::CONTINUE_NEEDED, None)),
            ClientState::FirstSent(_) if token.is_empty() && self.is_stale() => {
                Ok((abi::CONTINUE_NEEDED, None))
            }
            ClientState::FirstSent(first) if token.is_empty() => {
                Ok((abi::CONTINUE_NEEDED, Some(first.clone())))
            }
            ClientState::FirstSent(first) => {
                self.answer(first, token).map(|(last, _)| (abi::CONTINUE_NEEDED, Some(last)))
            }
            ClientState::FinalSent(signature) => scram::server_final(token, self.package.1)
                .and_then(|given| {
                    let good = given == *signature;
                    if good { Ok((abi::OK, Some(vec![]))) } else { Err(abi::WRONG_PRINCIPAL) }
                }),
        };
        result.unwrap_or_else(|status| (status, Some(vec![])))
    }

    fn is_stale(&self) -> bool {
        self.authorization != self.sent_authorization
    }

    /// The flag, and the data of bindings.
    fn flag(&self) -> Result<(Vec<u8>, Vec<u8>), i32> {
        let channels = divided(&self.channels)?;
        match (channels.first(), self.package.2) {
            (Some((name, data)), true) => Ok(([b"p=", *name].concat(), data.to_vec())),
            (None, true) => Err(abi::BAD_BINDINGS),
            (Some(_), false) => Ok((b"y".to_vec(), vec![])),
            (None, false) => Ok((b"n".to_vec(), vec![])),
        }
    }

    /// Client-final, and the signature of a server that knows the password.
    fn answer(&self, first: &[u8], token: &[u8]) -> Result<(Vec<u8>, Vec<u8>), i32> {
        scram::server_error(token)?;
        let own = scram::client_first(first).unwrap();
        let server = scram::server_first(token, &own.nonce)?;
        if self.is_stale() {
            return Err(abi::UNSUPPORTED_FUNCTION);
        }
        if !COUNTS.contains(&server.count) {
            return Err(abi::SECURITY_QOS_FAILED);
        }
        let (_, data) = self.flag().unwrap();
        let hash = self.package.1;
        let keys = hash.keys(self.user.hashed.as_bytes(), &server.salt, server.count);
        let (header, bare) = (&*own.header, &*own.bare);
        let last = client_final((header, bare), &data, &server.nonce, token, (hash, &keys));
        let read = scram::client_final(&last, hash).unwrap();
        let covered = covered(bare, token, &read.without_proof);
        Ok((last, hash.hmac(&keys.server, &covered)))
    }

    fn go_on(&mut self, token: &[u8], step: &Step) {
        let next = match &self.state {
            _ if self.end.context.is_none() => return,
            ClientState::Over(_) => return,
            _ if step.status < 0 => ClientState::Over(Over::Dead),
            ClientState::FinalSent(_) => ClientState::Over(Over::Done),
            ClientState::FirstSent(first) if !token.is_empty() => {
                ClientState::FinalSent(self.answer(first, token).unwrap().1)
            }
            ClientState::Start | ClientState::FirstSent(_) => {
                self.check_first(step.token());
                self.sent_authorization.clone_from(&self.authorization);
                ClientState::FirstSent(step.token().to_vec())
            }
        };
        self.state = next;
    }

    /// Client-first: what the user and the caller want, and a nonce.
    fn check_first(&self, first: &[u8]) {
        let (flag, _) = self.flag().unwrap();
        let authorization = match &*self.authorization {
            b"" => vec![],
            name => [b"a=", &*escape(name)].concat(),
        };
        let name = escape(self.user.sent.as_bytes());
        let expected = [&*flag, b",", &authorization, b",n=", &name, b",r="].concat();
        let nonce = first.strip_prefix(&*expected);
        let good = nonce.is_some_and(|nonce| nonce.len() == NONCE && !nonce.contains(&b','));
        assert!(good, "ORACLE first: {}", first.escape_ascii());
    }
}

/// Sets an option of a context that a Sasl function made.
pub fn set_option(context: &mut SecHandle, option: u32, value: &[u8]) {
    let mut value = value.to_vec();
    let length = u32::try_from(value.len()).unwrap();
    // SAFETY: as many bytes as are said.
    let status =
        unsafe { abi::SaslSetContextOption(context, option, value.as_mut_ptr().cast(), length) };
    assert_eq!(status, abi::OK, "ORACLE option");
}
