//! What becomes of a response: whose it is, and whether it is right.

use std::sync::Arc;

use super::authentication_info::AnswerText;
use super::buffers::{self, ServerInputs};
use super::judge::{self, Match};
use super::later::{Asked, Known, Uri};
use super::nonce::{self, Proven};
use super::nonce_counts::Counts;
use super::response::Response;
use super::server::Clock;
use super::session_secret::{Nonces, Request};
use super::sessions::{Beginning, Found, Session, Sessions};
use crate::accounts;
use crate::digest::credential::DigestCredential;
use crate::digest::message::bindings::Claim;
use crate::digest::message::nonce::FILETIME_SECOND;
use crate::digest::message::printer::Print;
use crate::digest::message::qop::Qop;
use crate::digest::realms::Realms;
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::log;
use crate::sspi::{Call, Flags, TokenSink};
use crate::system::{heap, stack};

/// What a handle was granted.
pub(super) struct Granted {
    /// The uri of the request.
    pub(super) uri: Uri,
    /// The service that the client named.
    pub(super) service: Option<Box<[u8]>>,
    /// The attributes.
    pub(super) flags: Flags,
    /// The attributes asked for, which later requests on this handle are held to as well.
    pub(super) requested: Flags,
}

/// How a response was judged.
pub(super) enum Verdict {
    /// Right, and the first of a session.
    First(Arc<Session>, Granted),
    /// Of a session that goes on: to be completed. Verified already where that was simple.
    Later(Arc<Session>, Option<Known>),
    /// To be answered by a challenge, which is stale or not.
    Again(bool),
}

/// A call that brings a response.
pub(super) struct Exchange<'a> {
    pub(super) credential: &'a DigestCredential,
    pub(super) inputs: &'a ServerInputs<'a>,
    pub(super) call: &'a Call<'a>,
    pub(super) realms: Realms<'a>,
    pub(super) sessions: &'a Arc<Sessions>,
    pub(super) clock: Clock<'a>,
}

/// A response that is right, and what it begins a session with.
struct First<'a> {
    response: &'a Response<'a>,
    request: &'a Request<'a>,
    nonce: Proven,
    found: Match,
    root: Option<Arc<Session>>,
    now: u64,
}

impl Exchange<'_> {
    /// Judges the response: whose nonce it is and how old, then its count, then its hash.
    pub(super) fn judge(&self, asked: &Asked, output: &mut dyn TokenSink) -> Result<Verdict> {
        // Used where it is put, as the request is: large values are not moved.
        let response = Response::parse(self.inputs.token, Status::INVALID_TOKEN);
        let response = match response {
            Ok(ref response) => response,
            Err(error) => return Err(error),
        };
        if self.inputs.method.is_empty() {
            return Err(invalid("accept: a response needs the request's method in buffer 1"));
        }
        let settings = self.credential.settings();
        check_offered(self.credential, self.inputs, response, self.call.flags)?;
        let request = request(settings, self.inputs, response);
        let request = match request {
            Ok(ref request) => request,
            Err(error) => return Err(error),
        };
        let text = response.nonce.unquoted();
        // Twice at most: when another thread begins the session meanwhile, it is found.
        for _ in 0..2 {
            if let Some(session) = self.live_session(&text)? {
                return self.judge_later(session, response, request);
            }
            let verdict = self.judge_first(response, &text, request, asked, output);
            stack::wipe();
            if let Some(verdict) = verdict? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Again(true))
    }

    /// Judges a response that no session is known of; `None` where one has begun meanwhile.
    #[inline(never)] // so that requests of sessions do not lay out the stack of this
    fn judge_first(
        &self,
        response: &Response<'_>,
        text: &[u8],
        request: &Request<'_>,
        asked: &Asked,
        output: &mut dyn TokenSink,
    ) -> Result<Option<Verdict>> {
        let (name, realm) = (response.username.bytes(), response.realm.unquoted());
        let (mint, user) = (self.credential.mint()?, [&*name, &*realm]);
        let Some(nonce) = mint.check(self.realms.offered, user, text) else {
            return Ok(Some(Verdict::Again(false)));
        };
        check_opaque(self.credential, self.realms.offered, response)?;
        if response.nc == Some(0) {
            return Err(out_of_sequence());
        }
        let root = self.root(&nonce, response)?;
        let nonces = match &root {
            Some(root) => Nonces::after(text, &root.nonce.text, &root.secret),
            None => Nonces::of(text),
        };
        let Some(found) = self.search(response, nonces, request)? else {
            // Its key may be of another challenge: of requests in parallel one may have the nonce of one
            // answer and the key of another, and the session may be over. With a fresh nonce that
            // is told from a wrong password.
            if nonce.is_next() && response.algorithm.session {
                log::note(|| {
                    "HTTP: a response to a next nonce is wrong, or its key lost".to_owned()
                });
                return Ok(Some(Verdict::Again(true)));
            }
            return Err(self.denied(response));
        };
        let now = (self.clock)();
        let late = now > expires(&nonce, self.credential.settings());
        if late || !self.sessions.is_unused(&nonce) {
            let lives = matches!(self.sessions.find(&nonce.key), Found::Live(_));
            return Ok((!lives).then_some(Verdict::Again(true)));
        }
        let first = First { response, request, nonce, found, root, now };
        let begun = self.begin(first, asked, output)?;
        Ok(begun.map(|(session, granted)| Verdict::First(session, granted)))
    }

    /// The session that goes on with this nonce, if this call could have begun it: a user of other
    /// accounts, or of an area that is told apart by its realm, is nobody here.
    fn live_session(&self, nonce: &[u8]) -> Result<Option<Arc<Session>>> {
        let Some(key) = nonce::key(nonce) else { return Ok(None) };
        let Found::Live(session) = self.sessions.find(&key) else { return Ok(None) };
        Ok((session.nonce.text == nonce && self.is_ours(&session)?).then_some(session))
    }

    fn is_ours(&self, session: &Session) -> Result<bool> {
        Ok(accounts::are_same(&session.source, self.credential.shared_source()?)
            && session.mint == *self.credential.mint()?.id()
            && *session.offered == *self.realms.offered
            && self.realms.accepts(&session.realm, false))
    }

    /// The session that a next nonce goes back to, if A1 covers the nonces of that.
    fn root(&self, nonce: &Proven, response: &Response<'_>) -> Result<Option<Arc<Session>>> {
        if !nonce.is_next() || !response.algorithm.session {
            return Ok(None);
        }
        let Found::Live(root) = self.sessions.find(&nonce.root) else { return Ok(None) };
        Ok((self.is_ours(&root)? && is_users(&root, response)).then_some(root))
    }

    /// A nonce count that is new leaves the rest to `CompleteAuthToken`; a right response with an
    /// old one, or of another user, gets a nonce of its own.
    fn judge_later(
        &self,
        session: Arc<Session>,
        response: &Response<'_>,
        request: &Request<'_>,
    ) -> Result<Verdict> {
        check_opaque(self.credential, self.realms.offered, response)?;
        let order = self.credential.settings().http_nonce_count;
        let same_user = is_users(&session, response);
        let is_new = |count| session.counts.is_new(count, order);
        if same_user && response.nc.is_some_and(is_new) {
            let known = Known::of(self.credential, self.inputs, response, &session, request);
            return Ok(Verdict::Later(session, known));
        }
        let nonce = &session.nonce.text;
        if (same_user && session.secret.makes(response, nonce, request))
            || self.search(response, Nonces::of(nonce), request)?.is_some()
        {
            return Ok(Verdict::Again(true));
        }
        Err(self.denied(response))
    }

    fn search(
        &self,
        response: &Response<'_>,
        nonces: Nonces<'_>,
        request: &Request<'_>,
    ) -> Result<Option<Match>> {
        let eligible = self.accepts_realm(response);
        let userhash = self.credential.settings().http_userhash;
        judge::search(self.credential.source()?, response, eligible, nonces, request, userhash)
    }

    fn accepts_realm(&self, response: &Response<'_>) -> bool {
        self.realms.accepts(&response.realm.unquoted(), false)
    }

    fn denied(&self, response: &Response<'_>) -> Error {
        let reason = if self.accepts_realm(response) {
            "response: unknown user or wrong password (RFC 7616 §3.4)"
        } else {
            "response: the realm is neither the one offered nor one of `realms` (RFC 7616 §3.4)"
        };
        Error::new(Status::LOGON_DENIED, reason)
    }

    /// Begins the session of a response that is right; `None` where its nonce was used meanwhile.
    fn begin(
        &self,
        first: First<'_>,
        asked: &Asked,
        output: &mut dyn TokenSink,
    ) -> Result<Option<(Arc<Session>, Granted)>> {
        let First { response, request, nonce, found, root, now } = first;
        let claim = Claim::read(self.inputs.token, &response.cnonce())?;
        asked.judge(&claim)?;
        let settings = self.credential.settings();
        let offered = self.realms.offered;
        let (clock, right) = (&|| now, (response, request));
        let answer =
            AnswerText::new(self.credential, offered, right, &nonce, &found.secret, clock)?;
        let kept = |bytes: &[u8]| heap::copied(bytes).map(Vec::into_boxed_slice);
        let uri = Uri::of(&response.uri())?;
        let beginning = Beginning {
            nonce,
            user: kept(&response.username.bytes())?,
            realm: kept(&response.realm.unquoted())?,
            account: (found.user.into(), found.realm.into()),
            source: Arc::clone(self.credential.shared_source()?),
            offered: kept(offered)?,
            mint: *self.credential.mint()?.id(),
            secret: found.secret,
            root,
            started: now,
            counts: response.nc.map_or(Counts::spent(), Counts::starting),
        };
        let limit = settings.http_sessions;
        // Where there is no room for the answer, nothing has begun; nothing fails once it has.
        let space = answer.as_ref().map(|answer| output.space(answer.length())).transpose()?;
        let session = self.sessions.begin(beginning, expires(&nonce, settings), limit)?;
        if let (Some(answer), Some(space), Some(_)) = (&answer, space, &session) {
            answer.write(space)?;
        }
        let requested = self.call.flags;
        let granted = Granted {
            uri,
            service: claim.into_service(),
            flags: granted_flags(requested, response.qop),
            requested,
        };
        Ok(session.map(|session| (session, granted)))
    }
}

/// Of what was offered, the hash must be one, and auth-int where it is the response's qop.
pub(super) fn check_offered(
    credential: &DigestCredential,
    inputs: &ServerInputs<'_>,
    response: &Response<'_>,
    requested: Flags,
) -> Result<()> {
    let (settings, hash) = (credential.settings(), response.algorithm.hash);
    if !settings.http_algorithms.iter().any(|algorithm| algorithm.hash == hash) {
        return Err(invalid("response: the algorithm was not offered (RFC 7616 §3.4)"));
    }
    let integrity = requested.intersects(Flags::SIGNED) || !inputs.entity.is_empty();
    if response.qop == Qop::AuthInt && !integrity {
        return Err(invalid("response: auth-int was not offered (RFC 7616 §3.4)"));
    }
    Ok(())
}

/// The opaque, where it was sent and comes back, must be that of the realm that was offered.
pub(super) fn check_opaque(
    credential: &DigestCredential,
    offered: &[u8],
    response: &Response<'_>,
) -> Result<()> {
    let wanted = credential.settings().http_opaque;
    let Some(opaque) = response.opaque.filter(|_| wanted) else { return Ok(()) };
    if opaque.unquoted().as_ref() == credential.mint()?.opaque(offered) {
        return Ok(());
    }
    Err(invalid("response: the opaque is not the one sent (RFC 7616 §3.4)"))
}

/// The attributes of a request with this qop.
pub(super) fn granted_flags(requested: Flags, qop: Qop) -> Flags {
    let signed = if qop == Qop::AuthInt { Flags::SIGNED } else { Flags::NONE };
    (requested & Flags::CONNECTION) | signed
}

/// Whether a response names the session's user as the first one did.
pub(super) fn is_users(session: &Session, response: &Response<'_>) -> bool {
    *response.username.bytes() == *session.user && *response.realm.unquoted() == *session.realm
}

pub(super) fn request<'a>(
    settings: &Settings,
    inputs: &ServerInputs<'a>,
    response: &Response<'_>,
) -> Result<Request<'a>> {
    if settings.http_check_uri && !inputs.uri.is_empty() && *response.uri() != *inputs.uri {
        return Err(invalid("response: the uri is not the request's (RFC 7616 §3.4.6)"));
    }
    let entity = buffers::entity(response.qop, inputs.entity, response.algorithm.hash)?;
    Ok(Request { method: inputs.method, entity })
}

/// When a nonce becomes too old to begin a session with.
fn expires(nonce: &Proven, settings: &Settings) -> u64 {
    nonce.issued.saturating_add(settings.nonce_lifetime.as_secs() * FILETIME_SECOND)
}

pub(super) fn out_of_sequence() -> Error {
    let reason = "response: the nonce count is not the next one (RFC 7616 §3.4)";
    Error::new(Status::OUT_OF_SEQUENCE, reason)
}

fn invalid(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}
