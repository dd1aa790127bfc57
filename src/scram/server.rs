//! The server's side: server-first, and the verification of client-final.

use std::hint::black_box;

use subtle::ConstantTimeEq;

use super::bindings::{Expected, Given, bad};
use super::credential::ScramCredential;
use super::established::Established;
use super::hash::{self, Hash, Key, KeyPair};
use super::message::{ClientFinal, ClientFirst, server_first};
use super::nonce::nonce;
use super::prepare::{self, Candidates};
use super::salt;
use crate::accounts::Unavailable;
use crate::accounts::scram::{Known, MOST_PAIRS, StoredKeys, Usual};
use crate::error::{Error, Result, Status};
use crate::random;
use crate::secret::Secret;
use crate::sspi::Call;
use crate::system::{clock, heap};

/// Bytes of the salts of this library.
const SALT: usize = 16;

/// A context between server-first and client-final.
pub(super) struct Challenged {
    /// Client-first, a comma, and server-first.
    text: Vec<u8>,
    /// How long client-first is, its header, and the nonce of both.
    first: usize,
    header: usize,
    nonce: usize,
    /// Whether server-first went out.
    pub(super) delivered: bool,
    user: Vec<u8>,
    authorization: Vec<u8>,
    expected: Expected,
    secrets: Secrets,
    salt: Vec<u8>,
    iterations: u32,
}

/// What is known of the user.
enum Secrets {
    /// A pair of keys for each spelling of the password.
    Pairs(Vec<KeyPair>),
    Password(Secret<String>),
    /// There is none, or nothing of this hash.
    Nobody,
}

/// Answers the client-first in `call`. What is known of the user is what counts at client-final.
pub(super) fn challenge(
    credential: &ScramCredential,
    call: &Call<'_>,
    given: &Given<'_>,
) -> Result<Challenged> {
    let message = call.inputs.token();
    let first = ClientFirst::parse(message)?;
    let expected = given.expected(credential.plus, first.flag, call.flags)?;
    if first.name.is_empty() && !credential.source()?.takes_empty_names() {
        let reason = "client-first: the name is empty, and the accounts have none without a name";
        return Err(Error::new(Status::INVALID_TOKEN, reason));
    }
    let found = find(credential, first.name)?;
    let nonce = nonce()?;
    let Found { user, secrets, salt, iterations } = found;
    let text = server_first(message, first.nonce, &nonce, &salt, iterations)?;
    Ok(Challenged {
        text,
        first: message.len(),
        header: first.header.len(),
        nonce: first.nonce.len() + nonce.len(),
        delivered: false,
        user,
        authorization: first.authorization,
        expected,
        secrets,
        salt,
        iterations,
    })
}

/// Who is meant, and what server-first tells.
struct Found {
    user: Vec<u8>,
    secrets: Secrets,
    salt: Vec<u8>,
    iterations: u32,
}

/// Looks the name up as it was sent, then as SASLprep has it.
fn find(credential: &ScramCredential, sent: Vec<u8>) -> Result<Found> {
    let (source, hash) = (credential.source()?, credential.hash);
    source.refresh();
    let mut known = source.find_scram(&sent, hash).map_err(unavailable)?;
    let mut user = sent;
    if known.is_none()
        && let Some(other) = std::str::from_utf8(&user).ok().and_then(prepare::other_name)
    {
        user = other.into_bytes();
        known = source.find_scram(&user, hash).map_err(unavailable)?;
    }
    let secrets = match known {
        Some(Known::Keys(StoredKeys { iterations, salt, pairs, .. })) => {
            return Ok(Found { user, secrets: Secrets::Pairs(pairs), salt, iterations });
        }
        Some(Known::Password(password)) => {
            credential.remember_password();
            Secrets::Password(password)
        }
        None => Secrets::Nobody,
    };
    let own = Usual { salt: SALT, iterations: credential.settings.iterations };
    let Usual { salt, iterations } = source.usual_scram(hash).unwrap_or(own);
    let salt = salt::derived(&credential.settings, hash, &user, salt)?;
    Ok(Found { user, secrets, salt, iterations })
}

impl Challenged {
    /// The message that it answers.
    pub(super) fn client_first(&self) -> &[u8] {
        self.text.get(..self.first).unwrap_or_default()
    }

    /// The answer.
    pub(super) fn server_first(&self) -> &[u8] {
        self.text.get(self.first + 1..).unwrap_or_default()
    }

    fn header(&self) -> &[u8] {
        self.text.get(..self.header).unwrap_or_default()
    }

    fn nonce(&self) -> &[u8] {
        self.server_first().get(2..2 + self.nonce).unwrap_or_default()
    }

    /// Verifies the client-final in `call`; returns who it is, and the server's signature.
    pub(super) fn verify(
        &self,
        credential: &ScramCredential,
        call: &Call<'_>,
    ) -> Result<(Established, Key)> {
        let hash = credential.hash;
        let message = ClientFinal::parse(call.inputs.token(), hash.size())?;
        if message.nonce != self.nonce() {
            let reason = "client-final: the nonce is not the one of server-first (RFC 5802 §5.1)";
            return Err(Error::new(Status::INVALID_TOKEN, reason));
        }
        let data = message.bindings.bytes().strip_prefix(self.header());
        let data = data.ok_or_else(|| {
            bad("client-final: c= has not the header of client-first (RFC 5802 §5.1)")
        })?;
        if matches!(self.expected, Expected::Nothing) && !data.is_empty() {
            return Err(bad("client-final: bindings after a flag that promised none"));
        }
        let bare = self.text.get(self.header..).unwrap_or_default();
        let covered = Covered { hash, parts: [bare, b",", message.without_proof] };
        let proof = Key::from_slice(hash, message.proof.bytes()).unwrap_or(Key::zeroed(hash));
        let server_key = self.prove(credential, &covered, &proof)?;
        let same = match &self.expected {
            Expected::Nothing => true,
            Expected::Data(expected) => bool::from(expected.ct_eq(data)),
            Expected::Unchecked => !data.is_empty(),
        };
        if !same {
            return Err(bad("client-final: the client's channel is not the server's"));
        }
        if !self.authorization.is_empty() && !call.authorization_allowed {
            let reason = "client-first: authorization identities are forbidden on this context";
            return Err(Error::new(Status::ALGORITHM_MISMATCH, reason));
        }
        let established = Established {
            user: heap::copied(&self.user)?,
            authorization: heap::copied(&self.authorization)?,
            started: clock::filetime(),
        };
        Ok((established, covered.signature(&server_key)))
    }

    /// The server key of the secret that the proof is of. A refusal costs the same whoever is meant.
    fn prove(
        &self,
        credential: &ScramCredential,
        covered: &Covered<'_>,
        proof: &Key,
    ) -> Result<Key> {
        let (mut verified, mut hashed) = (0, 0);
        match &self.secrets {
            Secrets::Pairs(pairs) => {
                for pair in pairs {
                    verified += 1;
                    if covered.is_proven(proof, &pair.stored_key) {
                        return Ok(pair.server_key.clone());
                    }
                }
            }
            Secrets::Password(password) => {
                for form in Candidates::of(password.expose()).iter() {
                    let pair = self.pair_of(covered.hash, form);
                    (verified, hashed) = (verified + 1, hashed + 1);
                    if covered.is_proven(proof, &pair.stored_key) {
                        return Ok(pair.server_key);
                    }
                }
            }
            Secrets::Nobody => {}
        }
        if hashed == 0 && credential.tells_passwords() {
            black_box(self.pair_of(covered.hash, b"a password of nobody"));
        }
        let mut nobodys = Key::zeroed(covered.hash);
        random::fill(nobodys.bytes_mut())?;
        for _ in verified..MOST_PAIRS {
            black_box(covered.is_proven(proof, &nobodys));
        }
        let reason = "client-final: unknown user or wrong password (RFC 5802 §3)";
        Err(Error::new(Status::LOGON_DENIED, reason))
    }

    fn pair_of(&self, hash: Hash, password: &[u8]) -> KeyPair {
        hash::pair_of(&hash.salted_password(password, &self.salt, self.iterations))
    }
}

/// `AuthMessage`, in parts.
struct Covered<'a> {
    hash: Hash,
    parts: [&'a [u8]; 3],
}

impl Covered<'_> {
    fn signature(&self, key: &Key) -> Key {
        self.hash.hmac(key.bytes(), &self.parts)
    }

    /// Whether `H(ClientProof XOR ClientSignature)` is the stored key.
    fn is_proven(&self, proof: &Key, stored_key: &Key) -> bool {
        let client_key = proof.xor(&self.signature(stored_key));
        self.hash.digest(client_key.bytes()).is_same(stored_key)
    }
}

/// The refusal where a source of accounts could not answer.
fn unavailable(unavailable: Unavailable) -> Error {
    if unavailable.is_no_memory() {
        return Error::no_memory();
    }
    let Unavailable(reason) = unavailable;
    Error::new(Status::NO_AUTHENTICATING_AUTHORITY, format!("accounts: {reason}"))
}
