//! Authentication-Info (RFC 7616 §3.5): the server's proof that it knows the secret too, and the
//! next nonce. Windows sends none.

use super::nonce::{Clock, Epoch, Proven, Text};
use super::response::Response;

use super::session_secret::{Request, SessionSecret};
use crate::digest::credential::DigestCredential;
use crate::digest::message::printer::{Print, Printer};
use crate::digest::message::qop::Qop;
use crate::digest::settings::{AuthenticationInfo, Settings};
use crate::error::Result;

/// An Authentication-Info to send.
pub(super) struct AnswerText {
    next_nonce: Option<Text>,
    proof: Option<Proof>,
}

/// Only with qop, and without auth-int, which covers an entity that is not known here.
struct Proof {
    qop: Box<[u8]>,
    digits: super::formulas::Digits,
    cnonce: Box<[u8]>,
    nc: [u8; 8],
}

impl AnswerText {
    /// The answer to a response that is right; `None` where the configuration wants none, or
    /// there is nothing to say. `offered` is the realm that the next nonce is for.
    pub(super) fn new(
        credential: &DigestCredential,
        offered: &[u8],
        (response, request): (&Response<'_>, &Request<'_>),
        (nonce, epoch): (&Proven, Option<&Epoch>),
        secret: &SessionSecret,
        clock: Clock<'_>,
    ) -> Result<Option<Self>> {
        let Some(with_next) = wants_answer(credential.settings()) else { return Ok(None) };
        let (name, realm) = (response.username.bytes(), response.realm.unquoted());
        let user = [&*name, &*realm];
        let issue = || credential.issuer()?.issue_next(offered, user, &nonce.root, clock(), epoch);
        let next_nonce = with_next.then(issue).transpose()?;
        let proven = response.nc.is_some() && response.qop == Qop::Auth;
        let proof = proven.then(|| Proof {
            qop: response.qop_text().into(),
            digits: secret.answer(response, &nonce.text, request),
            cnonce: response.cnonce().as_ref().into(),
            nc: *response.nc_text(),
        });
        let next_nonce = next_nonce.map(|nonce| nonce.text);
        let nothing = next_nonce.is_none() && proof.is_none();
        Ok((!nothing).then_some(Self { next_nonce, proof }))
    }
}

impl Print for AnswerText {
    fn print(&self, printer: &mut Printer<'_>) {
        if let Some(proof) = &self.proof {
            printer.bare("qop", &proof.qop);
            printer.quoted("rspauth", &proof.digits);
            printer.quoted("cnonce", &proof.cnonce);
            printer.bare("nc", &proof.nc);
        }
        if let Some(nonce) = &self.next_nonce {
            printer.quoted("nextnonce", nonce);
        }
    }
}

/// Whether an Authentication-Info is wanted, and with a next nonce.
pub(super) fn wants_answer(settings: &Settings) -> Option<bool> {
    match settings.http_authentication_info {
        AuthenticationInfo::None => None,
        AuthenticationInfo::Rspauth => Some(false),
        AuthenticationInfo::NextNonce => Some(true),
    }
}
