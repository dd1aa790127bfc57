//! What becomes of a response: whose it is, and whether it is right.

use std::sync::Arc;

use super::account_match::{self, Match};
use super::authentication_info::AnswerText;
use super::buffers::ServerInputs;
use super::checks::{
    check_offered, check_opaque, granted_flags, invalid, is_users, out_of_sequence, request,
};
use super::nonce::{Clock, Proven, Text, expires};
use super::nonce_counts::{Counts, SharedCounts};
use super::request::{Asked, Granted, Uri};
use super::response::Response;
use super::session_secret::{Nonces, Request};
use super::sessions::{Beginning, Found, HttpSession, Sessions, SharedSession};
use super::shared::realm::{Request as Asking, SharedRealm};
use super::subsequent::Known;
use crate::accounts;
use crate::digest::credential::DigestCredential;
use crate::digest::message::bindings::Claim;
use crate::digest::message::printer::Print;
use crate::digest::realms::Realms;
use crate::error::{Error, Result, Status};
use crate::log;
use crate::sspi::{Call, TokenSink};
use crate::system::{heap, stack};

/// What becomes of a response.
pub(super) enum Verdict {
    /// Right, and the first of a session.
    First(Arc<HttpSession>, Granted),
    /// Of a session that goes on: to be completed. Verified already where that was simple.
    Subsequent(Arc<HttpSession>, Option<Known>),
    /// To be answered by a challenge, which is stale or not.
    Again(bool),
}

/// A call that brings a response.
pub(super) struct FirstResponse<'a> {
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
    root: Option<Arc<HttpSession>>,
    now: u64,
    shared: Option<SharedRealm<'a>>,
}

impl FirstResponse<'_> {
    /// Verifies the response: whose nonce it is and how old, then its count, then its hash.
    pub(super) fn verify(&self, asked: &Asked, output: &mut dyn TokenSink) -> Result<Verdict> {
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
                return self.verify_subsequent(session, response, request);
            }
            let verdict = self.verify_unknown(response, &text, request, asked, output);
            stack::wipe();
            if let Some(verdict) = verdict? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Again(true))
    }

    /// Verifies a response that no session is known of; `None` where one has begun meanwhile.
    #[inline(never)] // so that requests of sessions do not lay out the stack of this
    fn verify_unknown(
        &self,
        response: &Response<'_>,
        text: &[u8],
        request: &Request<'_>,
        asked: &Asked,
        output: &mut dyn TokenSink,
    ) -> Result<Option<Verdict>> {
        let (name, realm) = (response.username.bytes(), response.realm.unquoted());
        let (issuer, user) = (self.credential.issuer()?, [&*name, &*realm]);
        let mut shared = SharedRealm::of(self.credential)?;
        let check = |shared: &Option<SharedRealm<'_>>| {
            let epoch = shared.as_ref().map(|realm| &realm.epoch);
            issuer.check(self.realms.offered, user, text, epoch)
        };
        let Some(mut nonce) = check(&shared) else {
            return Ok(Some(Verdict::Again(false)));
        };
        if let Some(realm) = shared.as_mut().filter(|_| nonce.is_past) {
            // Another process may have issued it in an epoch that is not known here yet. If not, its
            // record is gone with its epoch, and the key of a session with that: a challenge follows,
            // before anything is said of the password.
            realm.look_for_next_epoch()?;
            match check(&shared) {
                Some(again) if !again.is_past => nonce = again,
                _ => return Ok(Some(Verdict::Again(true))),
            }
        }
        check_opaque(self.credential, self.realms.offered, response)?;
        if response.nc == Some(0) {
            return Err(out_of_sequence());
        }
        let root = self.root(&nonce, response)?;
        let nonces = match &root {
            Some(root) => Nonces::after(text, &root.nonce.text, &root.secret),
            None => Nonces::of(text),
        };
        let found = match self.search(response, nonces, request)? {
            Some(found) => Some(found),
            None => self.search_as_begun(response, &nonce, shared.as_ref(), request)?,
        };
        let Some(found) = found else {
            // Its key may be of another challenge: of requests in parallel one may have the nonce of one
            // answer and the key of another, and the session may be over. With a fresh nonce that is told
            // from a wrong password.
            if nonce.is_next() && response.algorithm.session {
                log::note(|| {
                    "HTTP: a response to a next nonce is wrong, or its key lost".to_owned()
                });
                return Ok(Some(Verdict::Again(true)));
            }
            return Err(self.denied(response));
        };
        let now = (self.clock)();
        let is_shared = shared.is_some();
        if !is_shared {
            let late = now > expires(&nonce, self.credential.settings());
            if late || !self.sessions.is_unused(&nonce) {
                let lives = matches!(self.sessions.find(&nonce.key), Found::Live(_));
                return Ok((!lives).then_some(Verdict::Again(true)));
            }
        }
        let first = First { response, request, nonce, found, root, now, shared };
        Ok(match self.begin(first, asked, output)? {
            Some((session, granted)) => Some(Verdict::First(session, granted)),
            None => is_shared.then_some(Verdict::Again(true)),
        })
    }

    /// Searches once more, with the client's nonce that the session began with in another process: A1 is
    /// made with that alone by clients that keep to RFC 7616 §3.4.2. Their first request has its own, so
    /// that only subsequent ones are worth a question to the engine.
    #[cold]
    fn search_as_begun(
        &self,
        response: &Response<'_>,
        nonce: &Proven,
        shared: Option<&SharedRealm<'_>>,
        request: &Request<'_>,
    ) -> Result<Option<Match>> {
        let is_offered = self.credential.settings().http_algorithms.contains(&response.algorithm);
        let wanted = response.algorithm.session
            && is_offered
            && response.nc.is_some_and(|nc| nc > 1)
            && !nonce.is_next();
        let Some(realm) = shared.filter(|_| wanted) else { return Ok(None) };
        match realm.first_cnonce(&nonce.key)? {
            Some(first) if *first != *response.cnonce() => {
                self.search(response, Nonces::begun_with(&nonce.text, &first), request)
            }
            _ => Ok(None),
        }
    }

    /// The session that goes on with this nonce, if this call could have begun it: a user of other
    /// accounts, or of an area that is told apart by its realm, is nobody here.
    fn live_session(&self, nonce: &[u8]) -> Result<Option<Arc<HttpSession>>> {
        let Some(key) = Text::key(nonce) else { return Ok(None) };
        let Found::Live(session) = self.sessions.find(&key) else { return Ok(None) };
        Ok((*session.nonce.text == *nonce && self.is_ours(&session)?).then_some(session))
    }

    fn is_ours(&self, session: &HttpSession) -> Result<bool> {
        Ok(session.shared.is_some() == self.credential.settings().shared.is_some()
            && accounts::are_same(&session.source, self.credential.shared_source()?)
            && session.issuer == *self.credential.issuer()?.id()
            && *session.offered == *self.realms.offered
            && self.realms.accepts(&session.realm, false))
    }

    /// The session that a next nonce goes back to, if A1 covers the nonces of that.
    fn root(&self, nonce: &Proven, response: &Response<'_>) -> Result<Option<Arc<HttpSession>>> {
        if !nonce.is_next() || !response.algorithm.session {
            return Ok(None);
        }
        let Found::Live(root) = self.sessions.find(&nonce.root) else { return Ok(None) };
        Ok((self.is_ours(&root)? && is_users(&root, response)).then_some(root))
    }

    /// A nonce count that is new leaves the rest to `CompleteAuthToken`; a right response with an
    /// old one, or of another user, gets a nonce of its own.
    fn verify_subsequent(
        &self,
        session: Arc<HttpSession>,
        response: &Response<'_>,
        request: &Request<'_>,
    ) -> Result<Verdict> {
        check_opaque(self.credential, self.realms.offered, response)?;
        let order = self.credential.settings().http_nonce_count;
        let same_user = is_users(&session, response);
        let is_new = |count| session.counts.is_new(count, order);
        if same_user && response.nc.is_some_and(is_new) {
            let known = Known::of(self.credential, self.inputs, response, &session, request);
            return Ok(Verdict::Subsequent(session, known));
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
        account_match::search(
            self.credential.source()?,
            response,
            eligible,
            nonces,
            request,
            userhash,
        )
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
    ) -> Result<Option<(Arc<HttpSession>, Granted)>> {
        let First { response, request, nonce, found, root, now, shared } = first;
        let claim = Claim::read(self.inputs.token, &response.cnonce())?;
        asked.check(&claim)?;
        let settings = self.credential.settings();
        let offered = self.realms.offered;
        let (clock, right) = (&|| now, (response, request));
        let of = (&nonce, shared.as_ref().map(|realm| &realm.epoch));
        let answer = AnswerText::new(self.credential, offered, right, of, &found.secret, clock)?;
        let kept = |bytes: &[u8]| heap::copied(bytes).map(Vec::into_boxed_slice);
        let uri = Uri::of(&response.uri())?;
        let beginning = Beginning {
            nonce,
            user: kept(&response.username.bytes())?,
            realm: kept(&response.realm.unquoted())?,
            account: (found.user.into(), found.realm.into()),
            source: Arc::clone(self.credential.shared_source()?),
            offered: kept(offered)?,
            issuer: *self.credential.issuer()?.id(),
            secret: found.secret,
            root,
            started: now,
            counts: SharedCounts::new(response.nc.map_or(Counts::spent(), Counts::starting)),
            shared: shared
                .as_ref()
                .map(|realm| self.shared_session(realm, response))
                .transpose()?,
        };
        let limit = settings.http_sessions;
        // Where there is no room for the answer, nothing has begun; nothing fails once it has.
        let space = answer.as_ref().map(|answer| output.space(answer.length())).transpose()?;
        let until = expires(&nonce, settings);
        let session = match &shared {
            None => self.sessions.begin(beginning, until, limit)?,
            Some(realm) => self.sessions.adopt(beginning, until, limit, |session| {
                let (nonce, cnonce) = (&session.nonce, response.cnonce());
                let Some(SharedSession { user, .. }) = session.shared.as_deref() else {
                    return Ok(false);
                };
                let begins_with = Some(&*cnonce);
                realm.claim(&Asking { nonce, user, begins_with, count: response.nc, now })
            })?,
        };
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

    /// What the claims of a session have in common.
    fn shared_session(
        &self,
        realm: &SharedRealm<'_>,
        response: &Response<'_>,
    ) -> Result<Box<SharedSession>> {
        let (name, own) = (response.username.bytes(), response.realm.unquoted());
        let user = self.credential.issuer()?.user_hash([&name, &own]).unwrap_or_default();
        heap::boxed(SharedSession { epoch: realm.epoch, user })
    }
}
