//! The client's side of DIGEST-MD5: the response, and the judgement of the server's answer.

use crate::digest::message::charset::encode;
use std::borrow::Cow;

use subtle::ConstantTimeEq;

use super::challenge::Challenge;
use super::established::{Established, Parties, Terms};
use super::formulas;
use super::layer::Maxbuf;
use super::proofs::{Covered, Proofs, proofs};
use super::response::ResponseText;
use super::rspauth;
use crate::digest::credential::DigestCredential;
use crate::digest::http::buffers::service_name;
use crate::digest::message::bindings::ClaimText;
use crate::digest::message::charset;
use crate::digest::message::nonce;
use crate::digest::message::printer::Print;
use crate::digest::message::qop::{Named, Qop};
use crate::digest::message::tokenizer::Value;
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::sspi::{Call, Flags, Role, TokenSink, buffer_type};

/// The nonce count of a first response.
const FIRST_USE: u32 = 1;
const FIRST_USE_TEXT: &[u8; 8] = b"00000001";

/// A context between its response and the server's proof that it knows the secret too.
pub(in crate::digest) struct Responded {
    /// 32 hex digits.
    expected: [u8; 32],
    pub(in crate::digest) established: Established,
}

/// Refuses what Digest cannot give a client.
pub(in crate::digest) fn check_flags(role: Role, call: &Call<'_>) -> Result<()> {
    let beyond = Flags::DELEGATE | Flags::PROMPT_FOR_CREDS;
    if role == Role::Client && call.flags.intersects(beyond) {
        let reason = "initialize: Digest neither delegates nor prompts for credentials";
        return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
    }
    Ok(())
}

/// Answers the challenge in `call`, writing the response to `output`.
pub(in crate::digest) fn respond(
    credential: &DigestCredential,
    call: &Call<'_>,
    output: &mut dyn TokenSink,
) -> Result<Responded> {
    let identity = credential.identity()?;
    let challenge = Challenge::parse(call.inputs.token())?;
    let terms = choose(&challenge, call.flags, credential.settings())?;
    let target = target(call)?;
    let encode = |text| encode(text, challenge.utf8);
    let user = encode(identity.user.as_deref().unwrap_or_default())?;
    let password = identity.password.as_ref().map_or("", |password| password.expose().as_str());
    let password = Secret::new(encode(password)?.into_owned());
    // A domain that is present but empty is sent: Windows' client does so (digest of an empty
    // realm), and only an absent one lets the server's realm in.
    let realm = match &identity.domain {
        Some(domain) => Some(encode(domain)?),
        None => challenge.realm.map(Value::unquoted),
    };
    let latin1 = challenge.utf8 && credential.settings().hash_latin1;
    let hashed = |bytes| hashed(bytes, latin1);
    let realm_bytes = realm.as_deref().unwrap_or_default();
    let secret = Secret::new(formulas::password_hash(
        &hashed(&user),
        &hashed(realm_bytes),
        &hashed(password.expose()),
    ));
    let authorization = (!call.authorization.is_empty()).then_some(call.authorization);
    let nonce = challenge.nonce.unquoted();
    let claim = claim(call, &nonce, target)?;
    let plain = nonce::cnonce()?;
    let cnonce = claim.as_ref().map_or(plain.as_slice(), ClaimText::cnonce);
    let Proofs { session_key, response, rspauth: expected, signers } = proofs(
        secret.expose(),
        &Covered {
            nonce: &nonce,
            nc: FIRST_USE_TEXT,
            cnonce,
            authzid: authorization,
            qop_text: terms.qop.name().as_bytes(),
            digest_uri: target,
            protected: terms.qop != Qop::Auth,
        },
    );
    let text = ResponseText {
        username: &user,
        realm: realm.as_deref(),
        nonce: challenge.nonce,
        digest_uri: target,
        cnonce,
        nc: FIRST_USE,
        response: &response,
        qop: terms.qop,
        cipher: terms.cipher,
        utf8: challenge.utf8,
        maxbuf: credential.settings().maxbuf,
        authzid: authorization,
        claim: claim.as_ref(),
    };
    text.check()?;
    let parties = Parties {
        user: &user,
        realm: realm_bytes,
        authorization: call.authorization,
        digest_uri: target,
        service: b"",
    };
    let now = nonce::now();
    let established = Established::new(&parties, &session_key, signers, terms, Role::Client, now)?;
    // Last: where the challenge was, the response may be written, and the call is not repeated.
    text.write(output.space(text.length())?)?;
    Ok(Responded { expected, established })
}

impl Responded {
    /// Verifies the server's `rspauth`.
    pub(in crate::digest) fn verify(&self, token: &[u8]) -> Result<()> {
        let given = rspauth::parse(token)?;
        if bool::from(given.ct_eq(&self.expected)) {
            return Ok(());
        }
        let reason = "rspauth: the server does not know the password (RFC 2831 §2.1.3)";
        Err(Error::new(Status::WRONG_PRINCIPAL, reason))
    }
}

/// Whether `token` is a new challenge that asks to answer again (RFC 2831 §2.1.1, stale).
///
/// # Errors
/// `LOGON_DENIED` for a new challenge that does not: it refuses the login.
pub(in crate::digest) fn is_stale_challenge(token: &[u8]) -> Result<bool> {
    match Challenge::parse(token) {
        Ok(challenge) if challenge.stale => Ok(true),
        Ok(_) => {
            let reason = "challenge: a second one that is not stale refuses the login";
            Err(Error::new(Status::LOGON_DENIED, reason))
        }
        Err(_) => Ok(false),
    }
}

/// The quality of protection that the requested attributes call for, and a cipher for it: of those
/// that are configured the first that is offered. No hash covers the offer, so that whoever edits it
/// on its way would otherwise choose.
fn choose(challenge: &Challenge<'_>, requested: Flags, settings: &Settings) -> Result<Terms> {
    let (configured, own) = (settings.ciphers, settings.maxbuf);
    let qop = match requested {
        flags if flags.contains(Flags::CONFIDENTIALITY) => Qop::AuthConf,
        flags if flags.intersects(Flags::SIGNED) => Qop::AuthInt,
        _ => Qop::Auth,
    };
    if !challenge.qop.contains(qop) {
        let reason = "challenge: the needed qop is not offered (RFC 2831 §2.1.1)";
        return Err(Error::new(Status::QOP_NOT_SUPPORTED, reason));
    }
    let cipher = match qop {
        Qop::AuthConf => {
            let cipher = configured.iter().find(|cipher| challenge.cipher.contains(*cipher));
            Some(cipher.ok_or_else(|| {
                let reason = "challenge: no cipher of DigestEncryptionAlgorithms is offered \
                              (RFC 2831 §2.1.1)";
                Error::new(Status::CRYPTO_SYSTEM_INVALID, reason)
            })?)
        }
        _ => None,
    };
    Ok(Terms { qop, cipher, maxbuf: Maxbuf { peer: challenge.maxbuf, own } })
}

/// The digest-uri: the target as given.
fn target<'a>(call: &Call<'a>) -> Result<&'a [u8]> {
    match call.target {
        Some(target) if !target.is_empty() && target.is_ascii() => Ok(target.as_bytes()),
        _ => {
            let reason = "initialize: the target must be an ASCII text such as imap/host";
            Err(Error::new(Status::TARGET_UNKNOWN, reason))
        }
    }
}

/// What to claim about the channel, where the caller gave its bindings or the service's name: the
/// target is one too.
fn claim(call: &Call<'_>, nonce: &[u8], target: &[u8]) -> Result<Option<ClaimText>> {
    let bindings = call.inputs.first(buffer_type::CHANNEL_BINDINGS).unwrap_or_default();
    let service = match call.inputs.first(buffer_type::TARGET_HOST) {
        Some(name) => service_name(name)?,
        None if bindings.is_empty() => return Ok(None),
        None => Cow::Borrowed(target),
    };
    ClaimText::new(nonce, &service, bindings)
}

/// What of the wire's UTF-8 is hashed: ISO 8859-1 where the text allows (RFC 2831 §2.1.2.1), unless
/// `[client]` has `hash_charset = "UTF-8"`.
fn hashed(bytes: &[u8], latin1: bool) -> Cow<'_, [u8]> {
    let downgraded = if latin1 { charset::downgrade(bytes) } else { None };
    downgraded.unwrap_or(Cow::Borrowed(bytes))
}
