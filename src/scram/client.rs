//! The client's side: client-first, client-final, and the verification of the server's signature.

use subtle::ConstantTimeEq;

use super::bindings::Given;
use super::credential::{Salted, ScramCredential};
use super::failures::refused;
use super::hash::{self, Key};
use super::message::{
    ClientFirst, ServerFirst, client_final, client_final_length, client_first, print_proof,
    server_error, server_signature,
};
use super::nonce::nonce;
use super::prepare;
use crate::error::{Error, Result, Status};
use crate::sspi::{Call, Flags, TokenSink, buffer_type};
use crate::system::heap;

/// A context between client-first and server-first.
pub(super) struct FirstSent {
    /// Client-first.
    pub(super) message: Vec<u8>,
    /// How long its header is.
    header: usize,
    nonce: Vec<u8>,
    /// The data of channel bindings; empty where none are used.
    data: Vec<u8>,
    authorization: Vec<u8>,
}

/// A context between client-final and server-final.
pub(super) struct FinalSent {
    /// `ServerSignature`.
    signature: Key,
    /// What was hashed for it, where it is not known yet.
    salted: Option<Salted>,
}

/// Refuses what SCRAM cannot give a client.
pub(super) fn check_call(call: &Call<'_>) -> Result<()> {
    let unsupported =
        Flags::DELEGATE | Flags::PROMPT_FOR_CREDS | Flags::HTTP | Flags::USE_HTTP_STYLE;
    let of_http = call.inputs.first(buffer_type::PKG_PARAMS).is_some();
    if of_http || call.flags.intersects(unsupported) {
        let reason = "initialize: SCRAM neither delegates, prompts for credentials nor speaks HTTP";
        return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
    }
    if call.flags.intersects(Flags::CONFIDENTIALITY | Flags::INTEGRITY) {
        let reason = "initialize: SCRAM protects no messages";
        return Err(Error::new(Status::QOP_NOT_SUPPORTED, reason));
    }
    Ok(())
}

/// Makes client-first.
pub(super) fn first(credential: &ScramCredential, call: &Call<'_>) -> Result<FirstSent> {
    let (user, _) = credential.user()?;
    let given = Given::of_inputs(call.inputs)?;
    let (flag, data) = given.of_client(credential.plus)?;
    let nonce = nonce()?;
    let name = prepare::name(user);
    let (message, header) = client_first(flag, call.authorization, name.as_bytes(), &nonce)?;
    // What no server could take is not sent.
    ClientFirst::parse(&message)?;
    let authorization = heap::copied(call.authorization)?;
    Ok(FirstSent { message, header, nonce, data: heap::copied(data)?, authorization })
}

impl FirstSent {
    /// Whether it is of the authorization identity that is wanted now.
    pub(super) fn is_for(&self, authorization: &[u8]) -> bool {
        self.authorization == authorization
    }

    /// Answers the server-first in `call`, writing client-final to `output`.
    pub(super) fn respond(
        &self,
        credential: &ScramCredential,
        call: &Call<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<FinalSent> {
        let (message, hash) = (call.inputs.token(), credential.hash);
        if let Some(value) = server_error(message)? {
            return refused(value);
        }
        let server = ServerFirst::parse(message, &self.nonce)?;
        if !self.is_for(call.authorization) {
            let reason = "initialize: client-first went out without the authorization identity, \
                          which may be set before an empty token is passed";
            return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
        }
        let (header, bare) = self.message.split_at_checked(self.header).unwrap_or_default();
        let length = client_final_length(header, &self.data, server.nonce, hash.size());
        let (salted, known) = salted(credential, &server, length, output)?;
        let mut answer = client_final(header, &self.data, server.nonce, hash.size())?;
        let covered = [bare, b",", message, b",", &answer];
        let stored_key = hash::stored_key(&salted.client_key);
        let signature = hash.hmac(stored_key.bytes(), &covered);
        let proof = salted.client_key.xor(&signature);
        let signature = hash.hmac(salted.server_key.bytes(), &covered);
        print_proof(&mut answer, proof.bytes());
        output.space(answer.len())?.copy_from_slice(&answer);
        Ok(FinalSent { signature, salted: if known { None } else { Some(salted) } })
    }
}

/// What the password is hashed to, and whether that was known. Before it is hashed there is room for the
/// answer, so that it is not hashed twice.
fn salted(
    credential: &ScramCredential,
    server: &ServerFirst<'_>,
    length: usize,
    output: &mut dyn TokenSink,
) -> Result<(Salted, bool)> {
    let (settings, iterations) = (&credential.settings, server.iterations);
    if !(settings.iterations_min..=settings.iterations_max).contains(&iterations) {
        let reason = format!(
            "server-first: {iterations} iterations, of {} to {} that [scram] allows",
            settings.iterations_min, settings.iterations_max
        );
        return Err(Error::new(Status::SECURITY_QOS_FAILED, reason));
    }
    output.space(length)?;
    let salt = server.salt.bytes();
    if let Some(salted) = credential.salted(salt, iterations) {
        return Ok((salted, true));
    }
    let (_, password) = credential.user()?;
    let password = prepare::password(password);
    let key = credential.hash.salted_password(password.expose().as_bytes(), salt, iterations);
    let (client_key, server_key) = (hash::client_key(&key), hash::server_key(&key));
    Ok((Salted::new(salt, iterations, client_key, server_key)?, false))
}

impl FinalSent {
    /// Verifies the server-final `message`.
    pub(super) fn verify(&self, message: &[u8]) -> Result<()> {
        if let Some(value) = server_error(message)? {
            return refused(value);
        }
        let given = server_signature(message, self.signature.bytes().len())?;
        if bool::from(given.bytes().ct_eq(self.signature.bytes())) {
            return Ok(());
        }
        let reason = "server-final: the server does not know the password (RFC 5802 §3)";
        Err(Error::new(Status::WRONG_PRINCIPAL, reason))
    }

    /// What was hashed, to be kept once it is verified.
    pub(super) fn into_salted(self) -> Option<Salted> {
        self.salted
    }
}
