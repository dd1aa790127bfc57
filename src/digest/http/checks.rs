//! What every response to a server is held to, first ones and later ones.

use super::buffers::{self, ServerInputs};
use super::response::Response;
use super::session_secret::Request;
use super::sessions::HttpSession;
use crate::digest::credential::DigestCredential;
use crate::digest::message::qop::Qop;
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::sspi::Flags;

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
    let asked = requested.intersects(Flags::SIGNED) || !inputs.entity.is_empty();
    let integrity = asked && settings.qops.contains(Qop::AuthInt);
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
    if opaque.unquoted().as_ref() == credential.issuer()?.opaque(offered) {
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
pub(super) fn is_users(session: &HttpSession, response: &Response<'_>) -> bool {
    *response.username.bytes() == *session.user && *response.realm.unquoted() == *session.realm
}

/// What a response covers of its request.
pub(super) fn request<'a>(
    settings: &Settings,
    inputs: &ServerInputs<'a>,
    response: &Response<'_>,
) -> Result<Request<'a>> {
    let checked = settings.http_check_uri && !inputs.uri.is_empty();
    if checked && !is_same_target(&response.uri(), inputs.uri) {
        return Err(invalid("response: the uri is not the request's (RFC 7616 §3.4.6)"));
    }
    let entity = buffers::entity(response.qop, inputs.entity, response.algorithm.hash)?;
    Ok(Request { method: inputs.method, entity })
}

/// Whether two request targets are the same, or the one is the path of the other. A proxy is asked for
/// `http://host/path`, and most clients' responses are for the path alone.
fn is_same_target(one: &[u8], other: &[u8]) -> bool {
    let same_path = |absolute, path| path_of(absolute).is_some_and(|own| own == path);
    one == other || same_path(one, other) || same_path(other, one)
}

/// The path and query of a target in absolute form (RFC 9112 §3.2.2); `/` where there is none.
fn path_of(target: &[u8]) -> Option<&[u8]> {
    let has_scheme = |scheme: &&[u8]| {
        target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let scheme = [&b"http://"[..], b"https://"].into_iter().find(has_scheme)?;
    let rest = target.get(scheme.len()..)?;
    match rest.iter().position(|byte| matches!(byte, b'/' | b'?')) {
        Some(at) if rest.get(at) == Some(&b'/') => rest.get(at..),
        // A query without a path has no other form that this could be held against.
        Some(_) => None,
        None => Some(b"/"),
    }
}

/// The refusal of a count.
pub(super) fn out_of_sequence() -> Error {
    let reason = "response: the nonce count is not the next one (RFC 7616 §3.4)";
    Error::new(Status::OUT_OF_SEQUENCE, reason)
}

/// The refusal of a response that this server cannot have asked for.
pub(super) fn invalid(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}
