//! The server's side of DIGEST-MD5: the challenge, and the judgement of the response.

use std::borrow::Cow;
use std::hint::black_box;

use subtle::ConstantTimeEq;

use super::established::{Established, Parties, Terms};
use super::formulas;
use super::layer::{Maxbuf, Signers};
use super::proofs::{Covered, proofs};
use super::response::Response;
use crate::accounts::Algorithm;
use crate::digest::account_check::{self, Verifier};
use crate::digest::credential::DigestCredential;
use crate::digest::message::bindings::{Claim, Policy};
use crate::digest::message::names::{self, NameCandidate};
use crate::digest::message::nonce::{FILETIME_SECOND, Nonce};
use crate::digest::message::qop::{Offer, Qop};
use crate::digest::message::tokenizer::Value;
use crate::digest::realms::Realms;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::sspi::{Call, Flags, Role, TokenSink, buffer_type};

/// The nonce count of a first response (RFC 2831 §2.1.2). Windows knows no other in SASL.
const FIRST_USE: u32 = 1;

/// A context between its challenge and the response to it.
pub(in crate::digest) struct Challenged {
    pub(in crate::digest) nonce: Nonce,
    pub(in crate::digest) qops: Offer<Qop>,
}

/// A response that is right.
pub(in crate::digest) struct Verified {
    pub(in crate::digest) established: Established,
    /// 32 hex digits.
    pub(in crate::digest) rspauth: [u8; 32],
    /// Right, but to a nonce whose time is over.
    pub(in crate::digest) stale: bool,
}

/// Writes a challenge with `nonce` to `output`; returns what it offers. With `stale`, one that tells
/// the client to answer again.
pub(in crate::digest) fn challenge(
    credential: &DigestCredential,
    requested: Flags,
    stale: bool,
    nonce: &Nonce,
    output: &mut dyn TokenSink,
) -> Result<Offer<Qop>> {
    let template = credential.challenges()?.for_request(requested);
    template.write(nonce, stale, output)?;
    Ok(template.qops)
}

impl Challenged {
    /// Verifies the token of `call`, the response to this challenge; `policy` is the call's.
    pub(in crate::digest) fn verify(
        &self,
        credential: &DigestCredential,
        call: &Call<'_>,
        policy: &Policy,
        now: u64,
    ) -> Result<Verified> {
        let token = call.inputs.token();
        let response = Response::parse(token)?;
        let terms = self.check_terms(credential, &response)?;
        if response.authzid.is_some() && !call.authorization_allowed {
            let reason = "response: authorization identities are forbidden on this context";
            return Err(Error::new(Status::ALGORITHM_MISMATCH, reason));
        }
        let proving = ResponseVerifier::new(&response);
        let candidates = names::candidates(&response);
        let source = credential.source()?;
        let realms = Realms::of(credential.settings().realm.as_bytes(), credential.settings());
        let realm = response.realm.map(Value::unquoted).unwrap_or_default();
        let eligible = realms.accepts(&realm, response.utf8);
        let search = || account_check::search(source, &candidates, eligible, &proving);
        let mut found = search()?;
        if found.is_none() && source.refresh() {
            found = search()?;
        }
        let Some((candidate, Match { session_key, rspauth, signers })) = found else {
            let reason = if eligible {
                "response: unknown user or wrong password (RFC 2831 §2.1.3)"
            } else {
                "response: the realm is neither the one offered nor one of `realms` (RFC 2831 §2.1.2)"
            };
            return Err(Error::new(Status::LOGON_DENIED, reason));
        };
        let claim = Claim::read(token, &proving.cnonce)?;
        policy.check(&claim)?;
        let service = claim.into_service().unwrap_or_default();
        let parties = Parties {
            service: &service,
            user: &candidate.user,
            realm: &candidate.realm,
            authorization: &proving.authorization,
            digest_uri: &proving.digest_uri,
        };
        let established =
            Established::new(&parties, &session_key, signers, terms, Role::Server, now)?;
        Ok(Verified { established, rspauth, stale: self.is_stale(credential, now) })
    }

    /// Holds the response against the offer, in the order of RFC 2831 §2.1.2's directives.
    fn check_terms(&self, credential: &DigestCredential, response: &Response<'_>) -> Result<Terms> {
        if !self.nonce.is_named_by(&response.nonce.unquoted()) {
            return Err(invalid("response: the nonce is not the one offered (RFC 2831 §2.1.2)"));
        }
        if response.nc != FIRST_USE {
            let reason = "response: the nonce count of a first response is 1 (RFC 2831 §2.1.2)";
            return Err(Error::new(Status::OUT_OF_SEQUENCE, reason));
        }
        if !self.qops.contains(response.qop) {
            return Err(invalid("response: the qop was not offered (RFC 2831 §2.1.2)"));
        }
        let cipher = match (response.qop, response.cipher) {
            (Qop::AuthConf, Some(cipher)) if credential.settings().ciphers.contains(cipher) => {
                Some(cipher)
            }
            (Qop::AuthConf, _) => {
                return Err(invalid("response: the cipher was not offered (RFC 2831 §2.1.2)"));
            }
            _ => None,
        };
        if response.utf8 && !credential.settings().utf8_sasl {
            return Err(invalid("response: charset was not offered (RFC 2831 §2.1.2)"));
        }
        let maxbuf = Maxbuf { peer: response.maxbuf, own: credential.settings().maxbuf };
        Ok(Terms { qop: response.qop, cipher, maxbuf })
    }

    fn is_stale(&self, credential: &DigestCredential, now: u64) -> bool {
        let lifetime = credential.settings().nonce_lifetime.as_secs() * FILETIME_SECOND;
        now.saturating_sub(self.nonce.issued()) > lifetime
    }
}

/// What the caller demands of the client's channel: flags and bindings have to make sense before anything
/// is done for a call.
///
/// # Errors
/// As [`Policy::of`].
pub(in crate::digest) fn policy(call: &Call<'_>) -> Result<Policy> {
    let block = call.inputs.first(buffer_type::CHANNEL_BINDINGS).unwrap_or_default();
    Policy::of(call.flags, block, false)
}

/// What a secret that makes the response right makes of the exchange.
struct Match {
    session_key: Secret<[u8; 16]>,
    rspauth: [u8; 32],
    signers: Option<Signers>,
}

/// Compares a response with what secrets would make of it.
struct ResponseVerifier<'a> {
    response: &'a Response<'a>,
    nonce: Cow<'a, [u8]>,
    cnonce: Cow<'a, [u8]>,
    digest_uri: Cow<'a, [u8]>,
    authorization: Cow<'a, [u8]>,
}

impl<'a> ResponseVerifier<'a> {
    fn new(response: &'a Response<'a>) -> Self {
        let nonce = response.nonce.unquoted();
        let authorization = response.authzid.map(Value::unquoted).unwrap_or_default();
        let cnonce = response.cnonce.unquoted();
        let digest_uri = response.digest_uri.unquoted();
        Self { response, nonce, cnonce, digest_uri, authorization }
    }
}

impl Verifier for ResponseVerifier<'_> {
    type Match = Match;

    fn algorithm(&self) -> Algorithm {
        Algorithm::Md5
    }

    fn verify_hash(&self, hash: &Secret<[u8; 32]>) -> Option<Match> {
        self.try_hash(hash.expose().first_chunk()?)
    }

    fn verify_password(&self, candidate: &NameCandidate<'_>, password: &[u8]) -> Option<Match> {
        let secret =
            Secret::new(formulas::password_hash(&candidate.user, &candidate.realm, password));
        self.try_hash(secret.expose())
    }

    fn hash_password(&self, candidate: &NameCandidate<'_>, password: &[u8]) {
        let hash = formulas::password_hash(&candidate.user, &candidate.realm, password);
        black_box(Secret::new(hash));
    }
}

impl ResponseVerifier<'_> {
    fn try_hash(&self, secret: &[u8; 16]) -> Option<Match> {
        let response = self.response;
        let covered = Covered {
            nonce: &self.nonce,
            nc: response.nc_text,
            cnonce: &self.cnonce,
            authzid: response.authzid.map(|_| &*self.authorization),
            qop_text: response.qop_text,
            digest_uri: &self.digest_uri,
            protected: response.qop != Qop::Auth,
        };
        let proofs = proofs(secret, &covered);
        same(&proofs.response, response.response).then(|| Match {
            session_key: proofs.session_key,
            rspauth: proofs.rspauth,
            signers: proofs.signers,
        })
    }
}

/// Whether two texts are the same, in a time that does not tell where they differ. Sixteen bytes
/// are compared at once.
fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let pairs = one.as_chunks().0.iter().zip(other.as_chunks().0);
    let differences = pairs.fold(0, |differences, (one, other)| {
        differences | (u128::from_ne_bytes(*one) ^ u128::from_ne_bytes(*other))
    });
    differences.ct_eq(&0).into()
}

fn invalid(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}
