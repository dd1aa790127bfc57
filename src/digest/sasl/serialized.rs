//! Exported contexts: an established context as bytes, with a MAC over them.
//!
//! ```text
//! "S32WDG03"  MAC (32 bytes)  role qop cipher (1 byte each)  attributes  peer's, own maxbuf (4 each)
//! start (8)  session key (16)  user realm authzid digest-uri service (2 bytes of length, text)
//! and with a layer, for each direction: sequence (8)  cipher position (2 bytes of length, bytes)
//! ```
//!
//! Numbers are little-endian: an exported context never leaves its machine. The bytes hold keys;
//! the MAC keeps them from being changed, not from being read.

use hmac::{Hmac, KeyInit, Mac};
use once_cell::race::OnceBox;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::established::{Established, Parties, Terms};
use super::layer::{Layer, Maxbuf, SerializedDirection, SerializedLayer};
use crate::digest::message::qop::{Cipher, Named, Qop};
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::random;
use crate::secret::Secret;
use crate::sspi::{Flags, Role};
use crate::system::heap;

const MAGIC: &[u8; 8] = b"S32WDG03";
const MAC_LENGTH: usize = 32;
/// Bytes of a body beside its texts, at most: 268 of them for each direction.
const FIXED: usize = 49 + 2 * (10 + 258);
/// Stands for "no cipher".
const NO_CIPHER: u8 = 0xFF;

/// Serializes `established`; with `reset`, as it was before its first message.
pub(in crate::digest) fn serialize(
    established: &Established,
    role: Role,
    flags: Flags,
    reset: bool,
    settings: &Settings,
) -> Result<Vec<u8>> {
    // Room for all of it at once: what grows leaves copies of keys behind.
    let Parties { user, realm, authorization, digest_uri, service } = established.parties();
    let texts = [user, realm, authorization, digest_uri, service];
    let room = FIXED + texts.iter().map(|text| text.len()).sum::<usize>();
    let mut body = Zeroizing::new(heap::list(room)?);
    let Terms { qop, cipher, maxbuf } = established.terms;
    body.push(u8::from(role == Role::Client));
    body.push(position_of(qop));
    body.push(cipher.map_or(NO_CIPHER, position_of));
    body.extend(flag_bits(role, flags).to_le_bytes());
    body.extend(maxbuf.peer.to_le_bytes());
    body.extend(maxbuf.own.unwrap_or_default().to_le_bytes());
    body.extend(established.started.to_le_bytes());
    body.extend(established.session_key().expose());
    for text in texts {
        push_counted(&mut body, text)?;
    }
    if let Some(layer) = &established.layer {
        let serialized = layer.export(reset)?;
        for direction in [&serialized.sending, &serialized.receiving] {
            body.extend(direction.sequence.to_le_bytes());
            push_counted(&mut body, direction.position.expose())?;
        }
    }
    let mac = keyed(settings)?.chain_update(&*body).finalize().into_bytes();
    Ok([MAGIC.as_slice(), &mac, &body].concat())
}

/// Reads what [`serialize`] made, in this process or in one with the same secret.
pub(in crate::digest) fn deserialize(
    bytes: &[u8],
    settings: &Settings,
) -> Result<(Established, Role, Flags)> {
    let bytes = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
    let (mac, body) = bytes.split_at_checked(MAC_LENGTH).ok_or_else(damaged)?;
    keyed(settings)?.chain_update(body).verify_slice(mac).map_err(|_| damaged())?;
    read(&mut Reader(body)).ok_or_else(damaged)?
}

fn read(reader: &mut Reader<'_>) -> Option<Result<(Established, Role, Flags)>> {
    let role = if reader.number::<1>()? == 0 { Role::Server } else { Role::Client };
    let qop = named::<Qop>(reader.number::<1>()?)?;
    let cipher = match reader.number::<1>()? {
        none if none == u64::from(NO_CIPHER) => None,
        position => Some(named::<Cipher>(position)?),
    };
    let flags = u32::try_from(reader.number::<4>()?).ok()?;
    let peer = u32::try_from(reader.number::<4>()?).ok()?;
    let own = u32::try_from(reader.number::<4>()?).ok()?;
    let maxbuf = Maxbuf { peer, own: Some(own).filter(|own| *own != 0) };
    let started = reader.number::<8>()?;
    let session_key = Secret::new(*reader.take(16)?.first_chunk::<16>()?);
    let parties = Parties {
        user: reader.counted()?,
        realm: reader.counted()?,
        authorization: reader.counted()?,
        digest_uri: reader.counted()?,
        service: reader.counted()?,
    };
    let terms = Terms { qop, cipher, maxbuf };
    let layer = match terms.protection() {
        None => None,
        Some(protection) => {
            let h_a1 = session_key.clone();
            let (sending, receiving) = (reader.direction()?, reader.direction()?);
            let serialized = SerializedLayer { h_a1, protection, role, maxbuf, sending, receiving };
            match Layer::import(&serialized).and_then(heap::boxed) {
                Ok(layer) => Some(layer),
                Err(error) => return Some(Err(error)),
            }
        }
    };
    if !reader.0.is_empty() {
        return None;
    }
    let established = Established::with_layer(&parties, &session_key, terms, layer, started);
    Some(established.map(|established| (established, role, flags_of(role, flags))))
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number<const BYTES: usize>(&mut self) -> Option<u64> {
        let bytes = self.take(BYTES)?;
        Some(bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.number::<2>()?;
        self.take(usize::try_from(length).ok()?)
    }

    fn direction(&mut self) -> Option<SerializedDirection> {
        let sequence = self.number::<8>()?;
        Some(SerializedDirection { sequence, position: Secret::new(self.counted()?.to_vec()) })
    }
}

fn push_counted(body: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    let length = u16::try_from(bytes.len()).map_err(|_| {
        Error::new(Status::CANNOT_PACK, "export: a text of the context is too long")
    })?;
    body.extend(length.to_le_bytes());
    body.extend(bytes);
    Ok(())
}

fn position_of<T: Named>(value: T) -> u8 {
    let position = T::ALL.iter().position(|(known, _)| *known == value);
    position.and_then(|position| u8::try_from(position).ok()).unwrap_or(NO_CIPHER)
}

fn named<T: Named>(position: u64) -> Option<T> {
    T::ALL.get(usize::try_from(position).ok()?).map(|(value, _)| *value)
}

fn flag_bits(role: Role, flags: Flags) -> u32 {
    match role {
        Role::Server => flags.to_asc(),
        Role::Client => flags.to_isc(),
    }
}

fn flags_of(role: Role, bits: u32) -> Flags {
    match role {
        Role::Server => Flags::from_asc(bits),
        Role::Client => Flags::from_isc(bits),
    }
}

/// The MAC's key: the configured secret, which processes of one machine can share, else one that
/// this process and the children it forks have alone.
fn keyed(settings: &Settings) -> Result<Hmac<Sha256>> {
    static OWN: OnceBox<Secret<[u8; 32]>> = OnceBox::new();
    let own = || {
        OWN.get_or_try_init(|| {
            let mut key = Box::new(Secret::new([0; 32]));
            random::fill(key.expose_mut()).map(|()| key)
        })
    };
    let key = match &settings.secret {
        Some(secret) => secret.expose().as_slice(),
        None => own()?.expose().as_slice(),
    };
    Hmac::new_from_slice(key)
        .map_err(|_| Error::new(Status::INTERNAL_ERROR, "export: the secret cannot be a key"))
}

fn damaged() -> Error {
    let reason = "import: damaged, or exported by a process with another secret";
    Error::new(Status::INVALID_TOKEN, reason)
}
