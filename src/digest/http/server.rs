//! The server's side of HTTP Digest: challenge, first response, and the requests after it.

use std::sync::Arc;

use super::buffers::ServerInputs;
use super::challenge::ChallengeText;
use super::formulas::Algorithm;
use super::nonce::Clock;
use super::request::{Asked, Granted};
use super::sessions::{HttpSession, Sessions};
use super::subsequent::{Known, Subsequent};
use super::verify::{FirstResponse, Verdict};
use crate::digest::credential::DigestCredential;
use crate::digest::message::printer::Print;
use crate::digest::message::qop::Qop;
use crate::digest::realms::Realms;
use crate::error::{Error, Result, Status};
use crate::log;
use crate::sspi::{Call, Flags, Message, Outcome, Step, TokenSink, is_repeatable};
use crate::system::fork::Gated;

/// A server's context in HTTP mode: one handle's view of a session.
pub(in crate::digest) struct HttpServer {
    phase: Gated<Phase>,
}

/// How far this handle has come.
enum Phase {
    /// Waits for a response; what it must answer, the nonce itself tells. For the realm, where that
    /// was a call's own.
    Waiting(Option<Box<[u8]>>),
    /// Found its session; waits for `CompleteAuthToken` to verify the request.
    Completing(Arc<HttpSession>, Asked, Option<Known>),
    /// The request was right but for its count; may be answered by a stale challenge.
    OutOfSequence(Arc<HttpSession>),
    /// Succeeded.
    Done(Arc<HttpSession>, Granted),
    /// Failed, or a step is just being taken.
    Closed,
}

impl HttpServer {
    /// Takes the first step of a context.
    pub(super) fn begin(
        sessions: &Arc<Sessions>,
        credential: &DigestCredential,
        call: &Call<'_>,
        clock: Clock<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<(Self, Step)> {
        let server = ServerStep { sessions, credential, call, clock, stale: false, realm: None };
        let (phase, step) = server.take(output)?;
        Ok((Self { phase: Gated::new(phase) }, step))
    }

    /// What it was is dropped by the caller, outside of the lock.
    fn replace(&self, phase: Phase) -> Phase {
        std::mem::replace(&mut *self.phase.lock(), phase)
    }

    /// Asks what was granted, once it was.
    pub(super) fn granted<T>(
        &self,
        ask: impl FnOnce(&Arc<HttpSession>, &Granted) -> T,
    ) -> Option<T> {
        match &*self.phase.lock() {
            Phase::Done(session, granted) => Some(ask(session, granted)),
            _ => None,
        }
    }

    /// Takes a further step. No lock is held meanwhile, so that a source of accounts may call back.
    pub(super) fn step(
        &self,
        sessions: &Arc<Sessions>,
        credential: &DigestCredential,
        call: &Call<'_>,
        clock: Clock<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let before = {
            let mut phase = self.phase.lock();
            let goes_on = match &*phase {
                Phase::Waiting(_) => true,
                Phase::OutOfSequence(_) => call.inputs.token().is_empty(),
                _ => false,
            };
            if !goes_on {
                return Err(ended());
            }
            std::mem::replace(&mut *phase, Phase::Closed)
        };
        let (stale, realm) = match &before {
            Phase::OutOfSequence(session) => (true, Some(&*session.offered)),
            Phase::Waiting(realm) => (false, realm.as_deref()),
            _ => (false, None),
        };
        let server = ServerStep { sessions, credential, call, clock, stale, realm };
        let (phase, result) = match server.take(output) {
            Ok((phase, step)) => (phase, Ok(step)),
            Err(error) if is_repeatable(&error, output) || is_unavailable(&error) => {
                (before, Err(error))
            }
            Err(error) => (Phase::Closed, Err(error)),
        };
        self.replace(phase);
        result
    }

    /// `CompleteAuthToken`. No lock is held meanwhile, either.
    pub(super) fn complete(
        &self,
        credential: &DigestCredential,
        clock: Clock<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<()> {
        let (session, asked, known) = match self.replace(Phase::Closed) {
            Phase::Completing(session, asked, known) => (session, asked, known),
            other => {
                self.replace(other);
                let reason = "complete: no request of this context waits for it";
                return Err(Error::new(Status::INTERNAL_ERROR, reason));
            }
        };
        let wrong_count = Status::INVALID_TOKEN;
        let subsequent =
            Subsequent { credential, session: &session, asked: &asked, clock, wrong_count };
        let (next, result) = match subsequent.verify(message, known) {
            Ok(granted) => (Phase::Done(session, granted), Ok(())),
            Err(error) if error.status() == Status::OUT_OF_SEQUENCE => {
                (Phase::OutOfSequence(session), Err(error))
            }
            // A second try is read again.
            Err(error) => (Phase::Completing(session, asked, None), Err(error)),
        };
        self.replace(next);
        result
    }

    /// `VerifySignature`: a request of the session, on a handle that has been granted one before.
    pub(super) fn verify(
        &self,
        credential: &DigestCredential,
        clock: Clock<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<()> {
        let granted = self.granted(|session, granted| (Arc::clone(session), granted.requested));
        let (session, flags) = granted.ok_or_else(|| {
            let reason = "context: the exchange has not succeeded (yet)";
            Error::new(Status::INVALID_HANDLE, reason)
        })?;
        let asked = Asked::of(flags, &[])?;
        let wrong_count = Status::STATUS_INVALID_PARAMETER;
        let subsequent =
            Subsequent { credential, session: &session, asked: &asked, clock, wrong_count };
        // Attributes are of the request that was verified last: a caller may compare its URI.
        let granted = subsequent.verify(message, None)?;
        self.replace(Phase::Done(session, granted));
        Ok(())
    }
}

/// A step to be taken.
struct ServerStep<'a> {
    sessions: &'a Arc<Sessions>,
    credential: &'a DigestCredential,
    call: &'a Call<'a>,
    clock: Clock<'a>,
    /// Whether an empty token is answered by a stale challenge.
    stale: bool,
    /// The realm that the context has offered, where that may not be the configuration's.
    realm: Option<&'a [u8]>,
}

impl ServerStep<'_> {
    fn take(&self, output: &mut dyn TokenSink) -> Result<(Phase, Step)> {
        let Self { sessions, credential, call, clock, .. } = *self;
        if call.flags.contains(Flags::CONFIDENTIALITY) {
            let reason = "accept: HTTP has no confidentiality of its own";
            return Err(Error::new(Status::SECURITY_QOS_FAILED, reason));
        }
        // The buffers are used where they are put: large values are not moved.
        let inputs = ServerInputs::of(call.inputs.0);
        let inputs = match inputs {
            Ok(ref inputs) => inputs,
            Err(error) => return Err(error),
        };
        let own = inputs.realm()?;
        let own = own.as_deref().or(self.realm);
        let offered = own.unwrap_or(credential.settings().realm.as_bytes());
        let asked = Asked::of(call.flags, inputs.bindings)?;
        let echoed = call.flags & Flags::CONNECTION;
        let again = |stale, output: &mut dyn TokenSink| {
            challenge(credential, offered, call.flags, stale, clock, output)?;
            let step = Step { outcome: Outcome::Continue, flags: echoed };
            Ok((Phase::Waiting(own.map(Into::into)), step))
        };
        if inputs.token.is_empty() {
            return again(self.stale, output);
        }
        let realms = Realms::of(offered, credential.settings());
        let response = FirstResponse { credential, inputs, call, realms, sessions, clock };
        match response.verify(&asked, output)? {
            Verdict::Again(stale) => {
                log::note(|| why_again(stale).to_owned());
                again(stale, output)
            }
            Verdict::First(session, granted) => {
                let flags = granted.flags;
                log::note(|| "HTTP: a session has begun".to_owned());
                Ok((Phase::Done(session, granted), Step { outcome: Outcome::Done, flags }))
            }
            Verdict::Subsequent(session, known) => {
                output.space(0)?;
                let step = Step { outcome: Outcome::Complete, flags: echoed };
                Ok((Phase::Completing(session, asked, known), step))
            }
        }
    }
}

/// Why a response is answered by a challenge, which callers are not told as a refusal.
fn why_again(stale: bool) -> &'static str {
    if stale {
        "HTTP: a new nonce for a response whose nonce is too old or was used at its count (RFC 7616 §3.3)"
    } else {
        "HTTP: a challenge for a response whose nonce was not issued here for its realm and user"
    }
}

/// Writes a challenge for each configured algorithm, as far as there are buffers for them.
fn challenge(
    credential: &DigestCredential,
    realm: &[u8],
    requested: Flags,
    stale: bool,
    clock: Clock<'_>,
    output: &mut dyn TokenSink,
) -> Result<()> {
    let settings = credential.settings();
    let issuer = credential.issuer()?;
    let epoch = match credential.engine()? {
        Some(engine) => Some(engine.epoch(None)?),
        None => None,
    };
    let nonce = issuer.issue(realm, clock(), epoch.as_ref())?;
    let opaque = settings.http_opaque.then(|| issuer.opaque(realm));
    let text = |algorithm: &Algorithm| ChallengeText {
        stale,
        integrity: requested.intersects(Flags::SIGNED) && settings.qops.contains(Qop::AuthInt),
        algorithm: *algorithm,
        nonce: &nonce.text,
        utf8: settings.utf8_http,
        realm,
        opaque: opaque.as_ref().map(<[u8; 32]>::as_slice),
        userhash: settings.http_userhash,
    };
    if let [_, _, ..] = settings.http_algorithms.as_slice() {
        check_room(settings.http_algorithms.iter().map(text), output)?;
    }
    let mut algorithms = settings.http_algorithms.iter();
    loop {
        match algorithms.next().map(text) {
            Some(text) => {
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

/// Has room for all texts that there are buffers for, before any of them is written.
#[cold]
fn check_room<'a>(
    texts: impl Iterator<Item = ChallengeText<'a>>,
    output: &mut dyn TokenSink,
) -> Result<()> {
    for text in texts {
        output.space(text.length())?;
        if !output.next() {
            break;
        }
    }
    output.rewind();
    Ok(())
}

/// Whether accounts or a shared engine were not to be had, in which the peer had no part.
fn is_unavailable(error: &Error) -> bool {
    error.status() == Status::NO_AUTHENTICATING_AUTHORITY
}

fn ended() -> Error {
    let reason = "context: the exchange has ended, or a step is being taken on another thread";
    Error::new(Status::STATUS_LOGON_FAILURE, reason)
}
