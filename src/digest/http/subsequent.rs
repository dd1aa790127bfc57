//! The requests of a session after its first: verified by `CompleteAuthToken` or `VerifySignature`.
//!
//! `CompleteAuthToken` brings the buffers of the accepting call before it once more. That call has
//! read the response to find its session, and so verifies it at once and keeps what it has
//! verified; what then comes is compared with it. Whatever is not simple is read again.

use super::authentication_info::{AnswerText, wants_answer};
use super::buffers::{OUTPUT, ServerInputs};
use super::checks::{
    check_offered, check_opaque, granted_flags, is_users, out_of_sequence, request,
};
use super::nonce::Clock;
use super::nonce_counts::Order;
use super::request::{Asked, Granted, Uri};
use super::response::Response;
use super::session_secret::Request;
use super::sessions::{Beginning, HttpSession, SharedSession};
use super::shared::realm::{Request as Asking, SharedRealm};
use crate::digest::credential::DigestCredential;
use crate::digest::message::bindings::Claim;
use crate::digest::message::printer::Print;
use crate::digest::message::qop::Qop;
use crate::error::{Error, Result, Status};
use crate::sspi::{Data, Message, buffer_type};
use crate::system::heap;

/// Bytes of all buffers that are kept of a request, at most.
const KEPT: usize = 2048;

/// A right request, as it was when it was accepted, of a client that claims nothing of its channel.
pub(super) struct Known {
    /// Token, method, URI and entity hash of the caller's, then the response's uri.
    bytes: Box<[u8]>,
    lengths: [u16; 4],
    count: u32,
    qop: Qop,
}

impl Known {
    /// What is kept of a request that is right and simple.
    pub(super) fn of(
        credential: &DigestCredential,
        inputs: &ServerInputs<'_>,
        response: &Response<'_>,
        session: &HttpSession,
        request: &Request<'_>,
    ) -> Option<Self> {
        let simple =
            wants_answer(credential.settings()).is_none() && Claim::is_legacy(&response.cnonce());
        if !simple || !session.secret.makes(response, &session.nonce.text, request) {
            return None;
        }
        let (parts, uri) = (parts(inputs), response.uri());
        let length = parts.iter().map(|part| part.len()).sum::<usize>() + uri.len();
        if length > KEPT {
            return None;
        }
        // Without memory for it, the request is read again.
        let mut bytes = heap::list(length).ok()?;
        let mut lengths = [0; 4];
        for (length, part) in lengths.iter_mut().zip(parts) {
            *length = u16::try_from(part.len()).ok()?;
            bytes.extend_from_slice(part);
        }
        bytes.extend_from_slice(&uri);
        let bytes = bytes.into_boxed_slice();
        Some(Self { bytes, lengths, count: response.nc?, qop: response.qop })
    }

    /// Whether this is the same request.
    fn is(&self, inputs: &ServerInputs<'_>) -> bool {
        let mut left = &*self.bytes;
        self.lengths.iter().zip(parts(inputs)).all(|(length, part)| {
            let same = part.len() == usize::from(*length);
            let (kept, after) = left.split_at_checked(part.len()).unwrap_or_default();
            left = after;
            // Nothing is not compared: C libraries may read it in a slow way, at no address.
            same && (part.is_empty() || kept == part)
        })
    }

    fn into_verified(self) -> Verified {
        let start = self.lengths.iter().map(|length| usize::from(*length)).sum();
        Verified {
            count: Some(self.count),
            qop: self.qop,
            claim: Claim::Legacy,
            uri: Uri { text: self.bytes, start },
            answer: None,
        }
    }
}

fn parts<'a>(inputs: &ServerInputs<'a>) -> [&'a [u8]; 4] {
    [inputs.token, inputs.method, inputs.uri, inputs.entity]
}

/// What a right request says.
struct Verified {
    count: Option<u32>,
    qop: Qop,
    claim: Claim,
    uri: Uri,
    answer: Option<Box<AnswerText>>,
}

/// A call that verifies a further request of a session.
pub(super) struct Subsequent<'a> {
    pub(super) credential: &'a DigestCredential,
    pub(super) session: &'a HttpSession,
    /// When the request was accepted.
    pub(super) asked: &'a Asked,
    pub(super) clock: Clock<'a>,
    /// The status for a nonce count that is none.
    pub(super) wrong_count: Status,
}

impl Subsequent<'_> {
    /// Verifies the request, and writes the answer where there is one. `known` is what was found
    /// when it was accepted.
    pub(super) fn verify(
        &self,
        message: &mut Message<'_, '_>,
        known: Option<Known>,
    ) -> Result<Granted> {
        // The buffers are used where they are put: large values are not moved.
        let inputs = ServerInputs::of_message(message);
        let inputs = match inputs {
            Ok(ref inputs) => inputs,
            Err(error) => return Err(error),
        };
        if inputs.realm()?.is_some_and(|realm| *realm != *self.session.offered) {
            let reason = "complete: the session is one of another realm (RFC 7616 §3.4)";
            return Err(Error::new(Status::LOGON_DENIED, reason));
        }
        let named;
        let asked = if inputs.bindings.is_empty() {
            self.asked
        } else {
            named = Asked::of(self.asked.flags, inputs.bindings)?;
            &named
        };
        let verified = match known {
            Some(known) if known.is(inputs) => known.into_verified(),
            _ => self.read(inputs)?,
        };
        asked.check(&verified.claim)?;
        if let Some(answer) = &verified.answer {
            check_room(message, answer)?;
        }
        let count = verified.count.ok_or_else(out_of_sequence)?;
        self.take(count)?;
        write_answer(message, verified.answer.as_deref())?;
        let requested = self.asked.flags;
        Ok(Granted {
            uri: verified.uri,
            service: verified.claim.into_service(),
            flags: granted_flags(requested, verified.qop),
            requested,
        })
    }

    /// Uses a count, here and in the engine where there is a shared one.
    fn take(&self, count: u32) -> Result<()> {
        let Beginning { counts, nonce, shared, .. } = &**self.session;
        let order = self.credential.settings().http_nonce_count;
        let Some(shared) = shared else {
            return if counts.take(count, order) { Ok(()) } else { Err(out_of_sequence()) };
        };
        // What is known here to be used is not asked for.
        let SharedSession { epoch, user } = &**shared;
        let realm = SharedRealm::as_of(self.credential, epoch)?;
        let realm = realm.filter(|_| counts.is_new(count, order)).ok_or_else(out_of_sequence)?;
        let (count_asked, now) = (Some(count), (self.clock)());
        let asked = Asking { nonce, user, begins_with: None, count: count_asked, now };
        if !realm.claim(&asked)? {
            return Err(out_of_sequence());
        }
        // Others may have used counts in between.
        counts.take(count, Order::Window);
        Ok(())
    }

    /// Reads a request, which is right.
    fn read(&self, inputs: &ServerInputs<'_>) -> Result<Verified> {
        let Beginning { nonce, secret, offered, shared, .. } = &**self.session;
        let response = &Response::parse(inputs.token, self.wrong_count)?;
        check_offered(self.credential, inputs, response, self.asked.flags)?;
        let request = &request(self.credential.settings(), inputs, response)?;
        if *response.nonce.unquoted() != *nonce.text
            || !is_users(self.session, response)
            || !secret.makes(response, &nonce.text, request)
        {
            let reason = "response: not what the session's user would send (RFC 7616 §3.4.6)";
            return Err(Error::new(Status::MESSAGE_ALTERED, reason));
        }
        check_opaque(self.credential, offered, response)?;
        let asked = (response, request);
        let of = (nonce, shared.as_ref().map(|shared| &shared.epoch));
        let answer = AnswerText::new(self.credential, offered, asked, of, secret, self.clock)?;
        Ok(Verified {
            count: response.nc,
            qop: response.qop,
            claim: Claim::read(inputs.token, &response.cnonce())?,
            uri: Uri::of(&response.uri())?,
            answer: answer.map(heap::boxed).transpose()?,
        })
    }
}

/// The capacity of the buffer for a token, where the caller gave one.
fn room(message: &Message<'_, '_>) -> Option<usize> {
    let buffer = message.0.get(OUTPUT).filter(|buffer| buffer.kind == buffer_type::TOKEN)?;
    match &buffer.data {
        Data::Writable(bytes) => Some(bytes.len()),
        Data::ReadOnly(_) => None,
    }
}

/// Refuses a buffer that the answer is too long for, and says how long it is.
fn check_room(message: &mut Message<'_, '_>, answer: &AnswerText) -> Result<()> {
    let needed = answer.length();
    if room(message).is_none_or(|room| room >= needed) {
        return Ok(());
    }
    if let Some(buffer) = message.0.get_mut(OUTPUT) {
        buffer.length = Some(needed);
    }
    let reason = "complete: the buffer is too small for Authentication-Info";
    Err(Error::new(Status::BUFFER_TOO_SMALL, reason))
}

fn write_answer(message: &mut Message<'_, '_>, answer: Option<&AnswerText>) -> Result<()> {
    if room(message).is_none() {
        return Ok(());
    }
    let length = answer.map_or(0, Print::length);
    if let Some(answer) = answer
        && let Some(space) = message.writable(OUTPUT)?.get_mut(..length)
    {
        answer.write(space)?;
    }
    if let Some(buffer) = message.0.get_mut(OUTPUT) {
        buffer.length = Some(length);
    }
    Ok(())
}
