//! The server's side: server-first, and the verification of client-final.

use std::hint::black_box;

use subtle::ConstantTimeEq;

use super::bindings::{Expected, Given, bad};
use super::credential::ScramCredential;
use super::established::Established;
use super::hash::{self, Hash, Key, KeyPair};
use super::message::{ClientFinal, ClientFirst, ServerFirst, server_first};
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

/// A context between server-first and client-final. Millions of them may wait: what stands in its messages is
/// read from them again.
pub(super) struct Challenged {
    /// Client-first, a comma, and server-first.
    text: Vec<u8>,
    /// How long client-first is.
    first: usize,
    /// Whether server-first went out.
    pub(super) delivered: bool,
    /// Whether the account has the name as SASLprep has it, and not as it was sent.
    prepared: bool,
    expected: Expected,
    secrets: Secrets,
}

/// What is known of the user.
enum Secrets {
    /// The stored key and the server key of each spelling of the password, one after the other.
    Keys(Secret<Vec<u8>>),
    Password(Secret<String>),
    /// There is none, or nothing of this hash.
    Nobody,
}

impl Secrets {
    fn of(pairs: &[KeyPair]) -> Result<Self> {
        let keys = || pairs.iter().flat_map(|pair| [&pair.stored_key, &pair.server_key]);
        let mut bytes = heap::list(keys().map(|key| key.bytes().len()).sum())?;
        keys().for_each(|key| bytes.extend_from_slice(key.bytes()));
        Ok(Self::Keys(Secret::new(bytes)))
    }
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
    let Found { prepared, secrets, salt, iterations } = found;
    let text = server_first(message, first.nonce, &nonce, &salt, iterations)?;
    Ok(Challenged { text, first: message.len(), delivered: false, prepared, expected, secrets })
}

/// Who is meant, and what server-first tells.
struct Found {
    prepared: bool,
    secrets: Secrets,
    salt: Vec<u8>,
    iterations: u32,
}

/// Looks the name up as it was sent, then as SASLprep has it.
fn find(credential: &ScramCredential, sent: Vec<u8>) -> Result<Found> {
    let (source, hash) = (credential.source()?, credential.hash);
    source.refresh();
    let mut known = source.find_scram(&sent, hash).map_err(unavailable)?;
    let other = if known.is_none() { other_name(&sent) } else { None };
    let prepared = other.is_some();
    let user = other.unwrap_or(sent);
    if prepared {
        known = source.find_scram(&user, hash).map_err(unavailable)?;
    }
    let secrets = match known {
        Some(Known::Keys(StoredKeys { iterations, salt, pairs, .. })) => {
            return Ok(Found { prepared, secrets: Secrets::of(&pairs)?, salt, iterations });
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
    Ok(Found { prepared, secrets, salt, iterations })
}

/// The name as SASLprep has it, where that is another one.
fn other_name(sent: &[u8]) -> Option<Vec<u8>> {
    let other = std::str::from_utf8(sent).ok().and_then(prepare::other_name)?;
    Some(other.into_bytes())
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

    /// The nonce of both, in which there is no comma.
    fn nonce(&self) -> &[u8] {
        let part = self.server_first().split(|byte| *byte == b',').next().unwrap_or_default();
        part.strip_prefix(b"r=").unwrap_or_default()
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
        let first = ClientFirst::parse(self.client_first())?;
        let data = message.bindings.strip_prefix(first.header);
        let data = data.ok_or_else(|| {
            bad("client-final: c= has not the header of client-first (RFC 5802 §5.1)")
        })?;
        if matches!(self.expected, Expected::Nothing) && !data.is_empty() {
            return Err(bad("client-final: bindings after a flag that promised none"));
        }
        let bare = self.text.get(first.header.len()..).unwrap_or_default();
        let covered = Covered { hash, parts: [bare, b",", message.without_proof] };
        let proof = Key::from_slice(hash, message.proof.bytes()).unwrap_or(Key::zeroed(hash));
        let server_key = self.prove(credential, first.nonce, &covered, &proof)?;
        let same = match &self.expected {
            Expected::Nothing => true,
            Expected::Data(expected) => bool::from(expected.ct_eq(data)),
            Expected::Unchecked => !data.is_empty(),
        };
        if !same {
            return Err(bad("client-final: the client's channel is not the server's"));
        }
        if !first.authorization.is_empty() && !call.authorization_allowed {
            let reason = "client-first: authorization identities are forbidden on this context";
            return Err(Error::new(Status::ALGORITHM_MISMATCH, reason));
        }
        let other = if self.prepared { other_name(&first.name) } else { None };
        let established = Established {
            user: other.unwrap_or(first.name),
            authorization: first.authorization,
            started: clock::filetime(),
        };
        Ok((established, covered.signature(&server_key)))
    }

    /// The server key of the secret that the proof is of. A refusal costs the same whoever is meant.
    fn prove(
        &self,
        credential: &ScramCredential,
        nonce: &[u8],
        covered: &Covered<'_>,
        proof: &Key,
    ) -> Result<Key> {
        let hash = covered.hash;
        let (mut verified, mut hashed) = (0, 0);
        match &self.secrets {
            Secrets::Keys(keys) => {
                for pair in keys.expose().chunks_exact(2 * hash.size()) {
                    let (stored_key, server_key) = pair.split_at(hash.size());
                    verified += 1;
                    if Key::from_slice(hash, stored_key)
                        .is_some_and(|key| covered.is_proven(proof, &key))
                    {
                        return Ok(Key::from_slice(hash, server_key).unwrap_or(Key::zeroed(hash)));
                    }
                }
            }
            Secrets::Password(password) => {
                for form in Candidates::of(password.expose()).iter() {
                    let pair = self.pair_of(nonce, hash, form)?;
                    (verified, hashed) = (verified + 1, hashed + 1);
                    if covered.is_proven(proof, &pair.stored_key) {
                        return Ok(pair.server_key);
                    }
                }
            }
            Secrets::Nobody => {}
        }
        if hashed == 0 && credential.tells_passwords() {
            black_box(self.pair_of(nonce, hash, b"a password of nobody")?);
        }
        let mut nobodys = Key::zeroed(hash);
        random::fill(nobodys.bytes_mut())?;
        for _ in verified..MOST_PAIRS {
            black_box(covered.is_proven(proof, &nobodys));
        }
        let reason = "client-final: unknown user or wrong password (RFC 5802 §3)";
        Err(Error::new(Status::LOGON_DENIED, reason))
    }

    /// What the password makes of the salt and the count in server-first, which answers the client's `nonce`.
    fn pair_of(&self, nonce: &[u8], hash: Hash, password: &[u8]) -> Result<KeyPair> {
        let told = ServerFirst::parse(self.server_first(), nonce)?;
        Ok(hash::pair_of(&hash.salted_password(password, told.salt.bytes(), told.iterations)))
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
