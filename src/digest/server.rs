//! The server's side of DIGEST-MD5: the challenge, and the judgement of the response.

use std::borrow::Cow;

use once_cell::sync::OnceCell;
use subtle::ConstantTimeEq;

use super::bindings::{Claim, Policy};
use super::credential::DigestCredential;
use super::established::{Established, Parties, Terms};
use super::hash;
use super::layer::Signers;
use super::limits::TRIES;
use super::names::{self, Reading, Readings};
use super::nonce::{FILETIME_SECOND, Nonce};
use super::proofs::{Covered, proofs};
use super::qop::{Offer, Qop};
use super::response::Response;
use super::tokenizer::Value;
use crate::accounts::{Account, Algorithm, Source, Stored, Unavailable};
use crate::random;
use crate::sspi::{Call, Error, Flags, Result, Role, Secret, Status, TokenSink, buffer_type};

/// The nonce count of a first response (RFC 2831 §2.1.2). Windows knows no other in SASL.
const FIRST_USE: u32 = 1;

/// A context between its challenge and the response to it.
pub(super) struct Challenged {
    pub(super) nonce: Nonce,
    pub(super) qops: Offer<Qop>,
}

/// A response that is right.
pub(super) struct Verified {
    pub(super) established: Established,
    /// 32 hex digits.
    pub(super) rspauth: [u8; 32],
    /// Right, but to a nonce whose time is over.
    pub(super) stale: bool,
}

/// Writes a challenge with `nonce` to `output`; returns what it offers. With `stale`, one that tells
/// the client to answer again.
pub(super) fn challenge(
    credential: &DigestCredential,
    requested: Flags,
    stale: bool,
    nonce: &Nonce,
    output: &mut dyn TokenSink,
) -> Result<Offer<Qop>> {
    let layout = credential.challenges()?.for_request(requested);
    layout.write(nonce, stale, output)?;
    Ok(layout.qops)
}

impl Challenged {
    /// Judges the token of `call`, the response to this challenge.
    pub(super) fn verify(
        &self,
        credential: &DigestCredential,
        call: &Call<'_>,
        now: u64,
    ) -> Result<Verified> {
        let token = call.inputs.token();
        let response = Response::parse(token)?;
        let terms = self.check_terms(credential, &response)?;
        if response.authzid.is_some() && !call.authorization_allowed {
            let reason = "response: authorization identities are forbidden on this context";
            return Err(Error::new(Status::ALGORITHM_MISMATCH, reason));
        }
        let judge = Judge::new(&response);
        let readings = names::readings(&response);
        let source = credential.source()?;
        let mut found = judge.search(source, &readings)?;
        if found.is_none() && source.refresh() {
            found = judge.search(source, &readings)?;
        }
        let Some(Match { reading, session_key, rspauth, signers }) = found else {
            let reason = "response: unknown user or wrong password (RFC 2831 §2.1.3)";
            return Err(Error::new(Status::LOGON_DENIED, reason));
        };
        let claim = Claim::read(token, &judge.cnonce)?;
        policy(call)?.judge(&claim)?;
        let service = claim.into_service().unwrap_or_default();
        let parties = Parties {
            service: &service,
            user: &reading.user,
            realm: &reading.realm,
            authorization: &judge.authorization,
            digest_uri: &judge.digest_uri,
        };
        let established =
            Established::new(&parties, &session_key, signers, terms, Role::Server, now);
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
            (Qop::AuthConf, Some(cipher)) if credential.config().ciphers.contains(cipher) => {
                Some(cipher)
            }
            (Qop::AuthConf, _) => {
                return Err(invalid("response: the cipher was not offered (RFC 2831 §2.1.2)"));
            }
            _ => None,
        };
        if response.utf8 && !credential.config().utf8_sasl {
            return Err(invalid("response: charset was not offered (RFC 2831 §2.1.2)"));
        }
        Ok(Terms { qop: response.qop, cipher, peer_maxbuf: response.maxbuf })
    }

    fn is_stale(&self, credential: &DigestCredential, now: u64) -> bool {
        let lifetime = credential.config().nonce_lifetime.as_secs() * FILETIME_SECOND;
        now.saturating_sub(self.nonce.issued()) > lifetime
    }
}

/// Whether a call's flags and bindings make sense, before anything is done for it.
pub(super) fn check_call(call: &Call<'_>) -> Result<()> {
    policy(call).map(drop)
}

/// What the caller demands of the client's channel.
fn policy(call: &Call<'_>) -> Result<Policy> {
    let block = call.inputs.first(buffer_type::CHANNEL_BINDINGS).unwrap_or_default();
    Policy::of(call.flags, block, false)
}

/// An account whose secret makes the response right.
struct Match<'r> {
    reading: &'r Reading<'r>,
    session_key: Secret<[u8; 16]>,
    rspauth: [u8; 32],
    signers: Option<Signers>,
}

/// Compares a response with what secrets would make of it.
struct Judge<'a> {
    response: &'a Response<'a>,
    nonce: Cow<'a, [u8]>,
    cnonce: Cow<'a, [u8]>,
    digest_uri: Cow<'a, [u8]>,
    authorization: Cow<'a, [u8]>,
}

impl<'a> Judge<'a> {
    fn new(response: &'a Response<'a>) -> Self {
        let nonce = response.nonce.unquoted();
        let authorization = response.authzid.map(Value::unquoted).unwrap_or_default();
        let cnonce = response.cnonce.unquoted();
        let digest_uri = response.digest_uri.unquoted();
        Self { response, nonce, cnonce, digest_uri, authorization }
    }

    /// Tries every reading of the name, whether or not it is known: who measures the time of a
    /// refusal learns only what the message itself says.
    fn search<'r>(
        &self,
        source: &dyn Source,
        readings: &'r Readings<'r>,
    ) -> Result<Option<Match<'r>>> {
        let mut tries = TRIES;
        for reading in readings.iter() {
            let account = Account { user: &reading.user, realm: &reading.realm };
            let stored = source.find(&account, Algorithm::Md5).map_err(unavailable)?;
            if let Some(found) = self.try_stored(reading, stored.as_ref(), &mut tries)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn try_stored<'r>(
        &self,
        reading: &'r Reading<'r>,
        stored: Option<&Stored>,
        tries: &mut usize,
    ) -> Result<Option<Match<'r>>> {
        match stored {
            None => {
                self.try_hash(reading, absent_hash()?);
                Ok(None)
            }
            Some(Stored::Hash(hash)) => {
                let Some(hash) = hash.expose().first_chunk() else { return Ok(None) };
                Ok(self.try_hash(reading, hash))
            }
            Some(Stored::Password(password)) => {
                for form in names::password_forms(reading.encoding, password.expose()).iter() {
                    let Some(left) = tries.checked_sub(1) else { return Ok(None) };
                    *tries = left;
                    let secret =
                        Secret::new(hash::password_hash(&reading.user, &reading.realm, form));
                    if let Some(found) = self.try_hash(reading, secret.expose()) {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
        }
    }

    fn try_hash<'r>(&self, reading: &'r Reading<'r>, secret: &[u8; 16]) -> Option<Match<'r>> {
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
            reading,
            session_key: proofs.session_key,
            rspauth: proofs.rspauth,
            signers: proofs.signers,
        })
    }
}

/// Whether two texts are the same, in a time that does not tell where they differ. Sixteen octets
/// are compared at once.
fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let pairs = one.as_chunks().0.iter().zip(other.as_chunks().0);
    let differences = pairs.fold(0, |differences, (one, other)| {
        differences | (u128::from_ne_bytes(*one) ^ u128::from_ne_bytes(*other))
    });
    differences.ct_eq(&0).into()
}

/// The secret of users that do not exist: random, so that nobody can compute a response from it.
fn absent_hash() -> Result<&'static [u8; 16]> {
    static HASH: OnceCell<Secret<[u8; 16]>> = OnceCell::new();
    let hash = HASH.get_or_try_init(|| {
        let mut hash = Secret::new([0; 16]);
        random::fill(hash.expose_mut()).map(|()| hash)
    })?;
    Ok(hash.expose())
}

fn unavailable(Unavailable(reason): Unavailable) -> Error {
    Error::new(Status::NO_AUTHENTICATING_AUTHORITY, format!("accounts: {reason}"))
}

fn invalid(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}
