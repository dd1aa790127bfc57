//! The client's side of HTTP Digest: the response to a challenge, and those to later requests.

use std::borrow::Cow;
use std::sync::Arc;

use super::buffers::{self, ClientInputs, OUTPUT};
use super::choice::{Charset, Choice, Terms, choose};
use super::client_counts;
use super::formulas::{self, Digits, Hash};
use super::response_printer::{Count, Name, ResponseText};
use crate::digest::credential::DigestCredential;
use crate::digest::message::bindings::ClaimText;
use crate::digest::message::charset;
use crate::digest::message::charset::encode;
use crate::digest::message::nonce;
use crate::digest::message::printer::Print;
use crate::digest::message::qop::{Named, Qop};
use crate::digest::message::tokenizer::Value;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::sspi::{Call, Data, Flags, Message, Outcome, Step, TokenSink, buffer_type};
use crate::system::fork::{Gated, Mutex};
use crate::system::stack;

/// A client's context in HTTP mode.
pub(in crate::digest) struct HttpClient {
    phase: Mutex<Phase>,
}

enum Phase {
    /// Waits for a challenge.
    Waiting,
    /// Has answered one.
    Done(Arc<Login>),
    /// Failed.
    Closed,
}

/// What a client needs to answer again with the same nonce.
pub(super) struct Login {
    terms: Terms,
    /// The user's name as it was given, in the charset agreed on.
    pub(super) user: Box<[u8]>,
    /// The realm, in the charset agreed on.
    pub(super) realm: Box<[u8]>,
    /// The user's name hashed, where the server wants that.
    hashed_user: Option<Digits>,
    /// The challenge's nonce as it was sent, and its bytes.
    nonce_text: (Box<[u8]>, bool),
    nonce: Box<[u8]>,
    opaque: Option<(Box<[u8]>, bool)>,
    algorithm_text: Option<Box<[u8]>>,
    cnonce: Box<[u8]>,
    a1: Digits,
    claim: Option<ClaimText>,
    /// The last count used here.
    count: Gated<u32>,
    /// The uri of the first request.
    pub(super) uri: Box<[u8]>,
    /// FILETIME, UTC.
    pub(super) started: u64,
    /// The attributes.
    pub(super) flags: Flags,
}

impl HttpClient {
    /// A context before its first step.
    pub(super) fn new() -> Self {
        Self { phase: Mutex::new(Phase::Waiting) }
    }

    /// The login, once a challenge was answered.
    pub(super) fn login(&self) -> Option<Arc<Login>> {
        match &*self.phase.lock().ok()? {
            Phase::Done(login) => Some(Arc::clone(login)),
            _ => None,
        }
    }

    /// Answers a challenge; a further one, if it is stale or for another nonce.
    pub(super) fn step(
        &self,
        credential: &DigestCredential,
        call: &Call<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let mut phase = self.phase.lock()?;
        let echoed = call.flags & (Flags::CONNECTION | Flags::EXTENDED_ERROR);
        let answered = match &*phase {
            Phase::Waiting => None,
            Phase::Done(login) => Some(&**login),
            Phase::Closed => return Err(closed()),
        };
        let inputs = ClientInputs::of(call.inputs.0)?;
        if inputs.token.is_empty() && answered.is_none() {
            output.space(0)?;
            return Ok(Step { outcome: Outcome::Continue, flags: echoed });
        }
        let mut failed = false;
        let responded = respond(credential, call, &inputs, answered, output, &mut failed);
        stack::wipe();
        match responded {
            Ok(login) => {
                let flags = login.flags;
                *phase = Phase::Done(Arc::new(login));
                Ok(Step { outcome: Outcome::Done, flags })
            }
            Err(error) => {
                if !failed && error.status() != Status::INSUFFICIENT_MEMORY {
                    *phase = Phase::Closed;
                }
                Err(error)
            }
        }
    }

    /// `MakeSignature`: the response for another request.
    pub(super) fn sign(&self, message: &mut Message<'_, '_>) -> Result<()> {
        let login = self.login().ok_or_else(|| {
            let reason = "context: no challenge has been answered (yet)";
            Error::new(Status::INVALID_HANDLE, reason)
        })?;
        let signed = login.sign(message);
        stack::wipe();
        signed
    }
}

/// Refuses what Digest over HTTP cannot give a client.
pub(super) fn check_call(call: &Call<'_>) -> Result<()> {
    if call.flags.contains(Flags::CONFIDENTIALITY) {
        let reason = "initialize: HTTP has no confidentiality of its own";
        return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
    }
    Ok(())
}

#[inline(never)] // so that what it leaves on the stack lies below its caller
fn respond(
    credential: &DigestCredential,
    call: &Call<'_>,
    inputs: &ClientInputs<'_>,
    answered: Option<&Login>,
    output: &mut dyn TokenSink,
    output_failed: &mut bool,
) -> Result<Login> {
    let choice = choose(inputs.token, call.flags, credential.settings())?;
    let Choice { challenge, .. } = &choice;
    // A nonce of its own for each request is no refusal, and whether the request before was refused
    // only the caller knows. The nonce that was answered is: nothing better can be said to it.
    let is_same = |login: &Login| *login.nonce == *challenge.nonce.unquoted();
    if !challenge.stale && answered.is_some_and(is_same) {
        let reason = "challenge: one for the nonce just answered refuses the login (RFC 7616 §3.3)";
        return Err(Error::new(Status::LOGON_DENIED, reason));
    }
    if inputs.method.is_empty() {
        return Err(wrong("initialize: the request's method is missing"));
    }
    let uri = match call.target {
        Some(uri) if !uri.is_empty() && uri.is_ascii() => uri.as_bytes(),
        _ => {
            let reason = "initialize: the target must be the request's URI, in ASCII";
            return Err(Error::new(Status::TARGET_UNKNOWN, reason));
        }
    };
    let login = Login::new(credential, call, inputs, &choice, uri)?;
    let entity = login.entity(inputs.entity)?;
    let request = Outgoing { method: inputs.method, uri, entity };
    let length = login.length(uri)?;
    // Taken before the count, so that a buffer that is too small uses none up.
    let space = output.space(length).inspect_err(|_| *output_failed = true)?;
    login.write(&request, space)?;
    Ok(login)
}

/// A request to be signed.
struct Outgoing<'a> {
    method: &'a [u8],
    uri: &'a [u8],
    entity: Option<Digits>,
}

impl Login {
    fn new(
        credential: &DigestCredential,
        call: &Call<'_>,
        inputs: &ClientInputs<'_>,
        choice: &Choice<'_>,
        uri: &[u8],
    ) -> Result<Self> {
        let identity = credential.identity()?;
        let Choice { challenge, terms } = choice;
        let hash = terms.algorithm.hash;
        let user = encoded(identity.user.as_deref().unwrap_or_default(), terms.charset)?;
        let password = identity.password.as_ref().map_or("", |password| password.expose().as_str());
        let password = Secret::new(encoded(password, terms.charset)?.into_owned());
        // As in SASL, a domain that is present but empty is sent.
        let realm = match &identity.domain {
            Some(domain) => encoded(domain, terms.charset)?,
            None => challenge.realm.unquoted(),
        };
        let hashed = |bytes| {
            let windows = terms.charset == Charset::Windows;
            let downgraded = if windows { charset::downgrade(bytes) } else { None };
            downgraded.unwrap_or(Cow::Borrowed(bytes))
        };
        let password_bytes = hashed(password.expose());
        let secret = formulas::password(hash, &hashed(&user), &hashed(&realm), &password_bytes);
        if let Cow::Owned(bytes) = password_bytes {
            drop(Secret::new(bytes));
        }
        let nonce = challenge.nonce.unquoted();
        let claim = ClaimText::new(&nonce, &inputs.service, inputs.bindings)?;
        let cnonce: Box<[u8]> = match &claim {
            Some(claim) => claim.cnonce().into(),
            None => nonce::cnonce()?.as_slice().into(),
        };
        let a1 = if terms.algorithm.session {
            formulas::session(hash, &secret, &nonce, &cnonce)
        } else {
            secret
        };
        let signed = if terms.qop == Some(Qop::AuthInt) { Flags::SIGNED } else { Flags::NONE };
        let echoed = call.flags & (Flags::CONNECTION | Flags::EXTENDED_ERROR);
        let http = call.flags & (Flags::HTTP | Flags::USE_HTTP_STYLE);
        let owned = |value: Value<'_>| (value.raw().into(), value.is_quoted());
        Ok(Self {
            terms: *terms,
            hashed_user: challenge.userhash.then(|| formulas::user(hash, &user, &realm)),
            user: user.as_ref().into(),
            realm: realm.as_ref().into(),
            nonce_text: owned(challenge.nonce),
            nonce: nonce.as_ref().into(),
            opaque: challenge.opaque.map(owned),
            algorithm_text: challenge.algorithm_text.map(Into::into),
            cnonce,
            a1,
            claim,
            count: Gated::new(0),
            uri: uri.into(),
            started: nonce::now(),
            flags: echoed | http | signed,
        })
    }

    /// What was agreed on.
    pub(super) fn terms(&self) -> Terms {
        self.terms
    }

    fn entity(&self, given: &[u8]) -> Result<Option<Digits>> {
        buffers::entity(self.terms.qop.unwrap_or(Qop::Auth), given, self.terms.algorithm.hash)
    }

    /// Bytes of a response for this uri, whatever its count and hash.
    fn length(&self, uri: &[u8]) -> Result<usize> {
        let digits = Digits::zeroes(self.terms.algorithm.hash);
        let text = self.text(uri, 0, &digits);
        text.check()?;
        Ok(text.length())
    }

    /// Writes the response to a request, with the next count.
    fn write(&self, request: &Outgoing<'_>, space: &mut [u8]) -> Result<()> {
        let hash = self.terms.algorithm.hash;
        let a2 = formulas::request(hash, request.method, request.uri, request.entity.as_deref());
        let Some(qop) = self.terms.qop else {
            let digits = formulas::response(hash, &self.a1, &self.nonce, None, &a2);
            return self.text(request.uri, 0, &digits).write(space);
        };
        let nc = self.next_count()?;
        let counted = formulas::Counted {
            nc: &crate::digest::message::fields::hexadecimal(nc),
            cnonce: &self.cnonce,
            qop: qop.name().as_bytes(),
        };
        let digits = formulas::response(hash, &self.a1, &self.nonce, Some(counted), &a2);
        self.text(request.uri, nc, &digits).write(space)
    }

    fn next_count(&self) -> Result<u32> {
        let mut used = self.count.lock();
        let next = client_counts::of_process().next(&self.user, &self.realm, &self.nonce, *used);
        *used = next.ok_or_else(|| {
            let reason = "response: the nonce has no counts left (RFC 7616 §3.4)";
            Error::new(Status::NO_AUTHENTICATING_AUTHORITY, reason)
        })?;
        Ok(*used)
    }

    fn text<'a>(&'a self, uri: &'a [u8], nc: u32, response: &'a Digits) -> ResponseText<'a> {
        let modern = self.terms.algorithm.hash != Hash::Md5;
        let username = match &self.hashed_user {
            Some(digits) => Name::Hashed(digits),
            None if modern && !self.user.is_ascii() => Name::Extended(&self.user),
            None => Name::Plain(&self.user),
        };
        ResponseText {
            username,
            realm: &self.realm,
            nonce: value(&self.nonce_text),
            uri,
            counted: self.terms.qop.map(|qop| Count { cnonce: &self.cnonce, nc, qop: qop.name() }),
            algorithm: self.algorithm_text.as_deref(),
            response,
            utf8: self.terms.charset.is_named(),
            opaque: self.opaque.as_ref().map(value),
            claim: self.claim.as_ref(),
        }
    }

    /// The buffers are token (empty), method, URI, entity hash, and the one to write, of any type.
    #[inline(never)]
    fn sign(&self, message: &mut Message<'_, '_>) -> Result<()> {
        let kind = |place: usize| message.0.get(place).map(|buffer| buffer.kind);
        if kind(0) != Some(buffer_type::TOKEN) || message.0.len() <= OUTPUT {
            return Err(wrong("signature: HTTP needs a TOKEN and four more buffers"));
        }
        let parameter = |place: usize| match message.0.get(place) {
            Some(buffer) if buffer.kind == buffer_type::PKG_PARAMS => {
                let bytes = buffer.data.bytes();
                Ok(bytes.strip_suffix(&[0]).unwrap_or(bytes).to_vec())
            }
            _ => Err(wrong("signature: one of the buffers 1 to 3 is not SECBUFFER_PKG_PARAMS")),
        };
        let (method, uri, entity) = (parameter(1)?, parameter(2)?, parameter(3)?);
        if method.is_empty() || uri.is_empty() || !uri.is_ascii() {
            return Err(wrong("signature: no method, or no URI in ASCII"));
        }
        let entity = self.entity(&entity)?;
        let length = self.length(&uri)?;
        let room = match message.0.get(OUTPUT).map(|buffer| &buffer.data) {
            Some(Data::Writable(bytes)) => bytes.len(),
            _ => return Err(wrong("signature: the fifth buffer is read-only")),
        };
        if room < length {
            if let Some(buffer) = message.0.get_mut(OUTPUT) {
                buffer.length = Some(length);
            }
            let reason = "signature: the fifth buffer is too small for the response";
            return Err(Error::new(Status::BUFFER_TOO_SMALL, reason));
        }
        let request = Outgoing { method: &method, uri: &uri, entity };
        let space = message.writable(OUTPUT)?.get_mut(..length).unwrap_or_default();
        self.write(&request, space)?;
        if let Some(buffer) = message.0.get_mut(OUTPUT) {
            buffer.length = Some(length);
        }
        Ok(())
    }
}

/// `text` as it is sent.
fn encoded(text: &str, charset: Charset) -> Result<Cow<'_, [u8]>> {
    Ok(match charset {
        Charset::Latin1 => encode(text, false)?,
        Charset::Windows => encode(text, true)?,
        Charset::Utf8 | Charset::Unnamed => match charset::nfc(text) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
    })
}

/// A value kept as it was sent.
fn value((bytes, quoted): &(Box<[u8]>, bool)) -> Value<'_> {
    if *quoted { Value::quoted(bytes) } else { Value::bare(bytes) }
}

fn closed() -> Error {
    let reason = "context: the exchange has ended";
    Error::new(Status::STATUS_LOGON_FAILURE, reason)
}

fn wrong(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}
