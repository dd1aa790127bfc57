//! The server's side of HTTP Digest: challenge, first response, and the requests after it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::answer::AnswerText;
use super::buffers::{self, OUTPUT, ServerInputs};
use super::challenge::ChallengeText;
use super::judge::{self, Match};
use super::nonce::{self, Proven};
use super::response::Response;
use super::secret::Request;
use super::sessions::{Beginning, Found, Session, Sessions};
use super::window::Counts;
use crate::config::{AuthenticationInfo, Config};
use crate::digest::bindings::{Claim, Policy};
use crate::digest::credential::DigestCredential;
use crate::digest::nonce::FILETIME_SECOND;
use crate::digest::printer::Print;
use crate::digest::qop::Qop;
use crate::log;
use crate::sspi::{Call, Error, Flags, Message, Outcome, Result, Status, Step, TokenSink};

/// A server's context in HTTP mode: one handle's view of a session.
pub(in crate::digest) struct HttpServer {
    phase: Mutex<Phase>,
    sessions: Arc<Sessions>,
}

/// How far this handle has come.
enum Phase {
    /// Waits for a response; what it must answer, the nonce itself tells.
    Waiting,
    /// Found its session; waits for `CompleteAuthToken` to verify the request.
    Completing(Arc<Session>, Flags),
    /// The request was right but for its count; may be answered by a stale challenge.
    OutOfSequence,
    /// Succeeded.
    Done(Arc<Granted>),
    /// Failed, or a leg is just being taken.
    Closed,
}

/// What a handle was granted.
pub(super) struct Granted {
    /// The session.
    pub(super) session: Arc<Session>,
    /// The uri of the request.
    pub(super) uri: Box<[u8]>,
    /// The service that the client named.
    pub(super) service: Option<Box<[u8]>>,
    /// The attributes.
    pub(super) flags: Flags,
}

/// How a response was judged.
enum Verdict {
    /// Right, and the first of a session.
    First(Granted),
    /// Of a session that goes on: to be completed.
    Later(Arc<Session>),
    /// To be answered by a challenge, which is stale or not.
    Again(bool),
}

impl HttpServer {
    /// A context before its first leg.
    pub(super) fn new(sessions: Arc<Sessions>) -> Self {
        Self { phase: Mutex::new(Phase::Waiting), sessions }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was granted, once it was.
    pub(super) fn granted(&self) -> Option<Arc<Granted>> {
        match &*self.lock() {
            Phase::Done(granted) => Some(Arc::clone(granted)),
            _ => None,
        }
    }

    /// Takes a leg. No lock is held meanwhile, so that a source of accounts may call back.
    pub(super) fn step(
        &self,
        credential: &DigestCredential,
        call: &Call<'_>,
        now: u64,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let stale = {
            let mut phase = self.lock();
            match &*phase {
                Phase::Waiting => {
                    *phase = Phase::Closed;
                    false
                }
                Phase::OutOfSequence if call.inputs.token().is_empty() => true,
                _ => return Err(ended()),
            }
        };
        let mut output = Watched { output, failed: false };
        let result = self.advance(credential, call, stale, now, &mut output);
        let (phase, result) = match result {
            Ok((phase, step)) => (phase, Ok(step)),
            Err(error) if output.failed && !stale => (Phase::Waiting, Err(error)),
            Err(error) if output.failed => (Phase::OutOfSequence, Err(error)),
            Err(error) => (Phase::Closed, Err(error)),
        };
        *self.lock() = phase;
        result
    }

    fn advance(
        &self,
        credential: &DigestCredential,
        call: &Call<'_>,
        stale: bool,
        now: u64,
        output: &mut dyn TokenSink,
    ) -> Result<(Phase, Step)> {
        if call.flags.contains(Flags::CONFIDENTIALITY) {
            let reason = "accept: HTTP has no confidentiality of its own";
            return Err(Error::new(Status::SECURITY_QOS_FAILED, reason));
        }
        let inputs = ServerInputs::of(call.inputs.0)?;
        let policy = Policy::of(call.flags, inputs.bindings, true)?;
        let echoed = call.flags & Flags::CONNECTION;
        let again = |stale, output: &mut dyn TokenSink| {
            challenge(credential, &inputs, call.flags, stale, now, output)?;
            Ok((Phase::Waiting, Step { outcome: Outcome::Continue, flags: echoed }))
        };
        if inputs.token.is_empty() {
            return again(stale, output);
        }
        let exchange =
            Exchange { credential, inputs: &inputs, call, sessions: &self.sessions, now };
        match exchange.judge(&policy, output)? {
            Verdict::Again(stale) => again(stale, output),
            Verdict::First(granted) => {
                let flags = granted.flags;
                log::note(|| "HTTP: a session has begun".to_owned());
                let granted = Phase::Done(Arc::new(granted));
                Ok((granted, Step { outcome: Outcome::Done, flags }))
            }
            Verdict::Later(session) => {
                output.space(0)?;
                let step = Step { outcome: Outcome::Complete, flags: echoed };
                Ok((Phase::Completing(session, call.flags), step))
            }
        }
    }

    /// `CompleteAuthToken`.
    pub(super) fn complete(
        &self,
        credential: &DigestCredential,
        now: u64,
        message: &mut Message<'_, '_>,
    ) -> Result<()> {
        let mut phase = self.lock();
        let Phase::Completing(session, flags) = &*phase else {
            let reason = "complete: no request of this context waits for it";
            return Err(Error::new(Status::INTERNAL_ERROR, reason));
        };
        let (session, flags) = (Arc::clone(session), *flags);
        let result = later(credential, &session, flags, now, message, Status::INVALID_TOKEN);
        match result {
            Ok(granted) => {
                *phase = Phase::Done(Arc::new(granted));
                Ok(())
            }
            Err(error) => {
                if error.status() == Status::OUT_OF_SEQUENCE {
                    *phase = Phase::OutOfSequence;
                }
                Err(error)
            }
        }
    }

    /// `VerifySignature`: a request of the session, on a handle that has been granted one before.
    pub(super) fn verify(
        &self,
        credential: &DigestCredential,
        now: u64,
        message: &mut Message<'_, '_>,
    ) -> Result<()> {
        let granted = self.granted().ok_or_else(|| {
            let reason = "context: the exchange has not succeeded (yet)";
            Error::new(Status::INVALID_HANDLE, reason)
        })?;
        let session = Arc::clone(&granted.session);
        let wrong_count = Status::STATUS_INVALID_PARAMETER;
        later(credential, &session, granted.flags, now, message, wrong_count).map(drop)
    }
}

/// A call that brings a response.
struct Exchange<'a> {
    credential: &'a DigestCredential,
    inputs: &'a ServerInputs<'a>,
    call: &'a Call<'a>,
    sessions: &'a Arc<Sessions>,
    now: u64,
}

impl Exchange<'_> {
    /// Judges the response: whose nonce it is and how old, then its count, then its hash.
    fn judge(&self, policy: &Policy, output: &mut dyn TokenSink) -> Result<Verdict> {
        let response = Response::parse(self.inputs.token, Status::INVALID_TOKEN)?;
        if self.inputs.method.is_empty() {
            return Err(invalid("accept: a response needs the request's method in buffer 1"));
        }
        let config = self.credential.config();
        self.check_offered(config, &response)?;
        let request = request(config, self.inputs, &response)?;
        let text = response.nonce.unquoted();
        // Twice at most: when another thread begins the session meanwhile, it is found.
        for _ in 0..2 {
            if let Some(session) = self.live_session(&text) {
                return self.judge_later(session, &response, &request);
            }
            let Some(nonce) = self.credential.mint()?.check(&text) else {
                return Ok(Verdict::Again(false));
            };
            self.check_opaque(&response, &nonce)?;
            if response.nc == Some(0) {
                return Err(out_of_sequence());
            }
            let found = judge::search(self.credential.source()?, &response, &text, &request)?;
            let found = found.ok_or_else(denied)?;
            if self.now > expires(&nonce, config) || !self.sessions.is_unused(&nonce) {
                if matches!(self.sessions.find(&nonce.key), Found::Live(_)) {
                    continue;
                }
                return Ok(Verdict::Again(true));
            }
            if let Some(granted) = self.begin(&response, nonce, found, policy, output)? {
                return Ok(Verdict::First(granted));
            }
        }
        Ok(Verdict::Again(true))
    }

    fn live_session(&self, nonce: &[u8]) -> Option<Arc<Session>> {
        match self.sessions.find(&nonce::key(nonce)?) {
            Found::Live(session) if session.nonce.text == nonce => Some(session),
            _ => None,
        }
    }

    /// A nonce count that is new leaves the rest to `CompleteAuthToken`; a right response with an
    /// old one, or of another user, gets a nonce of its own.
    fn judge_later(
        &self,
        session: Arc<Session>,
        response: &Response<'_>,
        request: &Request<'_>,
    ) -> Result<Verdict> {
        self.check_opaque(response, &session.nonce)?;
        let order = self.credential.config().http_nonce_count;
        let same_user = is_users(&session, response);
        let is_new = |count| session.counts().is_new(count, order);
        if same_user && response.nc.is_some_and(is_new) {
            return Ok(Verdict::Later(session));
        }
        let nonce = &session.nonce.text;
        if (same_user && session.secret.makes(response, nonce, request))
            || judge::search(self.credential.source()?, response, nonce, request)?.is_some()
        {
            return Ok(Verdict::Again(true));
        }
        Err(denied())
    }

    /// Begins the session of a response that is right; `None` where its nonce was used meanwhile.
    fn begin(
        &self,
        response: &Response<'_>,
        nonce: Proven,
        found: Match,
        policy: &Policy,
        output: &mut dyn TokenSink,
    ) -> Result<Option<Granted>> {
        let claim = Claim::read(self.inputs.token, &response.cnonce())?;
        policy.judge(&claim)?;
        let config = self.credential.config();
        let answer = AnswerText::new(self.credential, response, &nonce, &found.secret, self.now)?;
        if let Some(answer) = &answer {
            answer.write(output.space(answer.length())?)?;
        }
        let beginning = Beginning {
            nonce,
            user: response.username.octets().as_ref().into(),
            realm: response.realm.unquoted().as_ref().into(),
            account: (found.user.into(), found.realm.into()),
            secret: found.secret,
            started: self.now,
            counts: response.nc.map_or(Counts::spent(), Counts::starting),
        };
        let limit = config.http_sessions;
        let session = self.sessions.begin(beginning, expires(&nonce, config), limit);
        Ok(session.map(|session| granted(session, response, claim, self.call.flags)))
    }

    /// Of what was offered, the hash must be one, and auth-int where it is the response's qop.
    fn check_offered(&self, config: &Config, response: &Response<'_>) -> Result<()> {
        let hash = response.algorithm.hash;
        if !config.http_algorithms.iter().any(|algorithm| algorithm.hash == hash) {
            return Err(invalid("response: the algorithm was not offered (RFC 7616 §3.4)"));
        }
        let integrity = self.call.flags.intersects(Flags::SIGNED) || !self.inputs.entity.is_empty();
        if response.qop == Qop::AuthInt && !integrity {
            return Err(invalid("response: auth-int was not offered (RFC 7616 §3.4)"));
        }
        Ok(())
    }

    fn check_opaque(&self, response: &Response<'_>, nonce: &Proven) -> Result<()> {
        let config = self.credential.config();
        let Some(opaque) = response.opaque.filter(|_| config.http_opaque) else { return Ok(()) };
        if opaque.unquoted().as_ref() == self.credential.mint()?.opaque(&nonce.text) {
            return Ok(());
        }
        Err(invalid("response: the opaque is not the one sent (RFC 7616 §3.4)"))
    }
}

/// Verifies a further request of a session.
fn later(
    credential: &DigestCredential,
    session: &Arc<Session>,
    flags: Flags,
    now: u64,
    message: &mut Message<'_, '_>,
    wrong_count: Status,
) -> Result<Granted> {
    let (granted, answer) = {
        let inputs = ServerInputs::of_message(message)?;
        let response = Response::parse(inputs.token, wrong_count)?;
        let policy = Policy::of(flags, inputs.bindings, true)?;
        let request = request(credential.config(), &inputs, &response)?;
        let nonce = &session.nonce.text;
        if response.nonce.unquoted().as_ref() != nonce
            || !is_users(session, &response)
            || !session.secret.makes(&response, nonce, &request)
        {
            let reason = "response: not what the session's user would send (RFC 7616 §3.4.6)";
            return Err(Error::new(Status::MESSAGE_ALTERED, reason));
        }
        let claim = Claim::read(inputs.token, &response.cnonce())?;
        policy.judge(&claim)?;
        let answer = AnswerText::new(credential, &response, &session.nonce, &session.secret, now)?;
        if let Some(answer) = &answer
            && room(message).is_some_and(|room| room < answer.length())
        {
            let reason = "complete: the buffer is too small for Authentication-Info";
            return Err(Error::new(Status::BUFFER_TOO_SMALL, reason));
        }
        let order = credential.config().http_nonce_count;
        let count = response.nc.ok_or_else(out_of_sequence)?;
        if !session.counts().take(count, order) {
            return Err(out_of_sequence());
        }
        let granted = granted(Arc::clone(session), &response, claim, flags);
        (granted, answer.map(|answer| answer.to_vec()))
    };
    write_answer(message, answer.as_deref().unwrap_or_default())?;
    Ok(granted)
}

/// The capacity of the buffer for a token, where the caller gave one.
fn room(message: &Message<'_, '_>) -> Option<usize> {
    use crate::sspi::{Data, buffer_type};
    let buffer = message.0.get(OUTPUT).filter(|buffer| buffer.kind == buffer_type::TOKEN)?;
    match &buffer.data {
        Data::Writable(octets) => Some(octets.len()),
        Data::ReadOnly(_) => None,
    }
}

fn write_answer(message: &mut Message<'_, '_>, answer: &[u8]) -> Result<()> {
    if room(message).is_none() {
        return Ok(());
    }
    if let Some(space) = message.writable(OUTPUT)?.get_mut(..answer.len()) {
        space.copy_from_slice(answer);
    }
    if let Some(buffer) = message.0.get_mut(OUTPUT) {
        buffer.length = Some(answer.len());
    }
    Ok(())
}

fn granted(
    session: Arc<Session>,
    response: &Response<'_>,
    claim: Claim,
    requested: Flags,
) -> Granted {
    let signed = if response.qop == Qop::AuthInt { Flags::SIGNED } else { Flags::NONE };
    Granted {
        session,
        uri: response.uri().as_ref().into(),
        service: claim.into_service(),
        flags: (requested & Flags::CONNECTION) | signed,
    }
}

/// Whether a response names the session's user as the first one did.
fn is_users(session: &Session, response: &Response<'_>) -> bool {
    *response.username.octets() == *session.user && *response.realm.unquoted() == *session.realm
}

fn request<'a>(
    config: &Config,
    inputs: &ServerInputs<'a>,
    response: &Response<'_>,
) -> Result<Request<'a>> {
    if config.http_check_uri && !inputs.uri.is_empty() && *response.uri() != *inputs.uri {
        return Err(invalid("response: the uri is not the request's (RFC 7616 §3.4.6)"));
    }
    let entity = buffers::entity(response.qop, inputs.entity, response.algorithm.hash)?;
    Ok(Request { method: inputs.method, entity })
}

/// When a nonce becomes too old to begin a session with.
fn expires(nonce: &Proven, config: &Config) -> u64 {
    nonce.issued.saturating_add(config.nonce_lifetime.as_secs() * FILETIME_SECOND)
}

/// Writes a challenge for each configured algorithm, as far as there are buffers for them.
fn challenge(
    credential: &DigestCredential,
    inputs: &ServerInputs<'_>,
    requested: Flags,
    stale: bool,
    now: u64,
    output: &mut dyn TokenSink,
) -> Result<()> {
    let config = credential.config();
    let realm = match inputs.realm()? {
        Some(realm) => Cow::Owned(realm),
        None => Cow::Borrowed(config.realm.as_bytes()),
    };
    let mint = credential.mint()?;
    let nonce = mint.issue(now)?;
    let opaque = config.http_opaque.then(|| mint.opaque(&nonce));
    let mut algorithms = config.http_algorithms.iter();
    loop {
        match algorithms.next() {
            Some(algorithm) => {
                let text = ChallengeText {
                    stale,
                    integrity: requested.intersects(Flags::SIGNED),
                    algorithm: *algorithm,
                    nonce: &nonce,
                    utf8: config.utf8_http,
                    realm: &realm,
                    opaque: opaque.as_ref().map(<[u8; 32]>::as_slice),
                    userhash: config.http_userhash,
                };
                text.check()?;
                text.write(output.space(text.length())?)?;
            }
            None => {
                output.space(0)?;
            }
        }
        if !output.next() {
            return Ok(());
        }
    }
}

/// Whether an Authentication-Info is wanted, and with a next nonce.
pub(super) fn wants_answer(config: &Config) -> Option<bool> {
    match config.http_authentication_info {
        AuthenticationInfo::None => None,
        AuthenticationInfo::Rspauth => Some(false),
        AuthenticationInfo::NextNonce => Some(true),
    }
}

fn denied() -> Error {
    let reason = "response: unknown user or wrong password (RFC 7616 §3.4)";
    Error::new(Status::LOGON_DENIED, reason)
}

fn ended() -> Error {
    let reason = "context: the exchange has ended, or a leg is being taken on another thread";
    Error::new(Status::STATUS_LOGON_FAILURE, reason)
}

fn out_of_sequence() -> Error {
    let reason = "response: the nonce count is not the next one (RFC 7616 §3.4)";
    Error::new(Status::OUT_OF_SEQUENCE, reason)
}

fn invalid(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

/// Notices whether it was the output that could not be had: then the leg may be repeated.
struct Watched<'a> {
    output: &'a mut dyn TokenSink,
    failed: bool,
}

impl TokenSink for Watched<'_> {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        let space = self.output.space(length);
        self.failed = space.is_err();
        space
    }

    fn next(&mut self) -> bool {
        self.output.next()
    }
}
