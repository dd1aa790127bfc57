//! Nonces that prove by themselves who issued them and when: whoever has the secret checks them,
//! and nothing is kept of a challenge until it has been answered.
//!
//! Its bytes are those that Windows' servers since 2008 R2 begin with, 16 random ones and the time (FILETIME,
//! little-endian), and the first 16 of an HMAC-SHA-256 over these and the realm that the nonce is offered for.
//! The next nonce of an Authentication-Info (RFC 7616 §3.5) has the random bytes of the challenge's nonce that
//! it goes back to before its MAC, which is over these and the user's realm and name too: so it tells to which session
//! it belongs, and nothing is kept of it either.
//!
//! Where `[shared]` has an engine, nonces are of one of its epochs as well, by 16 bytes more of another MAC that is over
//! the epoch too. The first right and the second wrong or missing, the nonce is of an epoch that is over.

use hmac::{Hmac, KeyInit, Mac};
use once_cell::race::OnceBox;
use sha2::Sha256;

use crate::digest::message::hex;
use crate::digest::message::nonce::FILETIME_SECOND;
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::random;
use crate::secret::Secret;
use crate::system::heap;

mod text;

use text::LONGEST_RAW;
pub use text::Text;

/// What gives the time, FILETIME, UTC. Most requests have no use for it.
pub(in crate::digest::http) type Clock<'a> = &'a dyn Fn() -> u64;

/// Bytes that are random, and which no two nonces share.
const KEY: usize = 16;
/// Bytes that the MAC covers: the random ones and the time.
const COVERED: usize = 24;
/// Bytes of the MAC.
const MAC: usize = 16;
/// Bytes that the MAC of a next nonce covers: those of others, and the random ones of another.
const COVERED_OF_NEXT: usize = COVERED + KEY;
const _: () = assert!(COVERED_OF_NEXT + 2 * MAC == LONGEST_RAW);
/// Digits of an opaque.
const OPAQUE: usize = 32;

/// What tells the nonces of one secret from other uses of it.
const NONCE_LABEL: &[u8] = b"secur32 http nonce\0";
const NEXT_LABEL: &[u8] = b"secur32 http next nonce\0";
const OPAQUE_LABEL: &[u8] = b"secur32 http opaque\0";
const ISSUER_LABEL: &[u8] = b"secur32 http issuer\0";
const EPOCH_LABEL: &[u8] = b"secur32 http epoch\0";
const SHARED_USER_LABEL: &[u8] = b"secur32 http shared user\0";
const SHARED_REALM_LABEL: &[u8] = b"secur32 http shared realm\0";

/// The random bytes of a nonce, which name it.
pub type Key = [u8; KEY];
/// A user's name and own realm, as sent: with some realms let in beside the one offered, no name alone
/// is a user.
pub type User<'a> = [&'a [u8]; 2];

/// Bytes of an epoch: random ones and the run id of a shared engine.
pub const EPOCH: usize = 48;

/// The time in which a shared engine has lost nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Epoch(pub [u8; EPOCH]);

/// Who a user is to a shared engine: a keyed hash.
pub type UserHash = [u8; 16];

/// A nonce that was issued with this secret for a realm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proven {
    /// Its text.
    pub text: Text,
    /// Its random bytes.
    pub key: Key,
    /// When it was issued: FILETIME, UTC.
    pub issued: u64,
    /// The random bytes of the challenge's nonce that it goes back to, through however many
    /// next nonces: its own if it is that.
    pub root: Key,
    /// Whether it is of another epoch of the engine in `[shared]`.
    pub is_past: bool,
}

impl Proven {
    /// Whether it was issued as a next nonce.
    #[must_use]
    pub fn is_next(&self) -> bool {
        self.root != self.key
    }
}

/// What a secret has in common with no others; it tells nothing of it.
pub type IssuerId = [u8; 32];

/// Issues nonces and checks them.
pub struct NonceIssuer {
    nonces: Hmac<Sha256>,
    next_nonces: Hmac<Sha256>,
    opaques: Hmac<Sha256>,
    id: IssuerId,
    shared: Option<Box<SharedKeys>>,
}

/// What only an engine that is shared has use for.
struct SharedKeys {
    epochs: Hmac<Sha256>,
    users: Hmac<Sha256>,
    realm_id: [u8; 16],
}

impl NonceIssuer {
    /// The issuer of a configuration: of its secret, or one of this process and its forked children.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no randomness.
    pub fn new(settings: &Settings) -> Result<Self> {
        let secret = match &settings.secret {
            Some(secret) => secret.expose().as_slice(),
            None => process_secret()?,
        };
        let keyed = |label: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| {
                Error::new(Status::INTERNAL_ERROR, "nonce: the secret cannot be a key")
            })?;
            mac.update(label);
            Ok(mac)
        };
        let id = keyed(ISSUER_LABEL)?.finalize().into_bytes().into();
        let (nonces, next_nonces) = (keyed(NONCE_LABEL)?, keyed(NEXT_LABEL)?);
        let shared_keys = || {
            let realm = mac_of(&keyed(SHARED_REALM_LABEL)?, &[], settings.realm.as_bytes());
            let realm: IssuerId = realm.finalize().into_bytes().into();
            let mut realm_id = [0; 16];
            hex::write(&realm, &mut realm_id);
            let (epochs, users) = (keyed(EPOCH_LABEL)?, keyed(SHARED_USER_LABEL)?);
            heap::boxed(SharedKeys { epochs, users, realm_id })
        };
        let shared = settings.shared.as_ref().map(|_| shared_keys()).transpose()?;
        Ok(Self { nonces, next_nonces, opaques: keyed(OPAQUE_LABEL)?, id, shared })
    }

    /// What the keys of records in a shared engine are told apart by: the secret and the configured realm.
    #[must_use]
    pub fn shared_realm_id(&self) -> Option<[u8; 16]> {
        self.shared.as_ref().map(|keys| keys.realm_id)
    }

    /// Who a user is to a shared engine.
    #[must_use]
    pub fn user_hash(&self, [name, realm]: User<'_>) -> Option<UserHash> {
        let keys = self.shared.as_ref()?;
        let mut mac = mac_of(&keys.users, &(name.len() as u64).to_le_bytes(), name);
        mac.update(realm);
        let whole: IssuerId = mac.finalize().into_bytes().into();
        whole.first_chunk().copied()
    }

    /// What issues of the same secret have in common: each takes the other's nonces.
    #[must_use]
    pub fn id(&self) -> &IssuerId {
        &self.id
    }

    /// A fresh nonce, for a challenge that offers `realm`; of an epoch, where there is a shared engine.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no randomness.
    pub fn issue(&self, realm: &[u8], now: u64, epoch: Option<&Epoch>) -> Result<Proven> {
        let mut raw = [0; LONGEST_RAW];
        let (covered, macs) = raw.split_at_mut(COVERED);
        let key = fill(covered, now)?;
        let length = self.prove(mac_of(&self.nonces, covered, realm), covered, epoch, macs);
        let text = Text::of(raw.get(..COVERED + length).unwrap_or_default());
        Ok(Proven { text, key, issued: now, root: key, is_past: false })
    }

    /// A fresh nonce for the next request of a user, in place of one that goes back to `root`.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no randomness.
    pub fn issue_next(
        &self,
        realm: &[u8],
        user: User<'_>,
        root: &Key,
        now: u64,
        epoch: Option<&Epoch>,
    ) -> Result<Proven> {
        let mut raw = [0; LONGEST_RAW];
        let (covered, macs) = raw.split_at_mut(COVERED_OF_NEXT);
        let (own, of_root) = covered.split_at_mut(COVERED);
        let key = fill(own, now)?;
        of_root.copy_from_slice(root);
        let length = self.prove(self.mac_of_next(covered, realm, user), covered, epoch, macs);
        let text = Text::of(raw.get(..COVERED_OF_NEXT + length).unwrap_or_default());
        Ok(Proven { text, key, issued: now, root: *root, is_past: false })
    }

    /// Writes the MACs of a nonce, and gives their length.
    fn prove(
        &self,
        own: Hmac<Sha256>,
        covered: &[u8],
        epoch: Option<&Epoch>,
        macs: &mut [u8],
    ) -> usize {
        let both = [Some(own), self.mac_of_epoch(covered, epoch)];
        let mut written = 0;
        for (place, mac) in macs.as_chunks_mut::<MAC>().0.iter_mut().zip(both.into_iter().flatten())
        {
            let whole = mac.finalize().into_bytes();
            for (byte, of_mac) in place.iter_mut().zip(whole) {
                *byte = of_mac;
            }
            written += MAC;
        }
        written
    }

    fn mac_of_epoch(&self, covered: &[u8], epoch: Option<&Epoch>) -> Option<Hmac<Sha256>> {
        let (keys, epoch) = self.shared.as_ref().zip(epoch)?;
        Some(mac_of(&keys.epochs, covered, &epoch.0))
    }

    /// Whether the first MAC is `own`; where there is a shared engine, also whether the second is that of
    /// another epoch.
    fn verify(
        &self,
        own: Hmac<Sha256>,
        covered: &[u8],
        epoch: Option<&Epoch>,
        macs: &[u8],
    ) -> Option<bool> {
        let (first, second) = macs.split_at_checked(MAC)?;
        own.verify_truncated_left(first).ok()?;
        match self.mac_of_epoch(covered, epoch) {
            None => second.is_empty().then_some(false),
            Some(mac) => Some(second.len() != MAC || mac.verify_truncated_left(second).is_err()),
        }
    }

    /// What `text` proves; `None` where it is not a nonce of this secret and realm, or a next one of
    /// another user. `epoch` is the one known of a shared engine.
    #[must_use]
    pub fn check(
        &self,
        realm: &[u8],
        user: User<'_>,
        text: &[u8],
        epoch: Option<&Epoch>,
    ) -> Option<Proven> {
        let mut space = [0; LONGEST_RAW];
        let (text, raw) = Text::read(text, &mut space)?;
        let (covered, macs) = raw.split_at_checked(COVERED)?;
        let (key, time) = covered.split_at(KEY);
        let key = key.try_into().ok()?;
        let own = mac_of(&self.nonces, covered, realm);
        let (root, is_past) = match self.verify(own, covered, epoch, macs) {
            Some(is_past) => (key, is_past),
            None => self.check_next(realm, user, raw, epoch)?,
        };
        let issued = u64::from_le_bytes(time.try_into().ok()?);
        Some(Proven { text, key, issued, root, is_past })
    }

    /// The nonce that a next one goes back to, and whether it is of another epoch.
    #[cold]
    fn check_next(
        &self,
        realm: &[u8],
        user: User<'_>,
        raw: &[u8],
        epoch: Option<&Epoch>,
    ) -> Option<(Key, bool)> {
        let (covered, macs) = raw.split_at_checked(COVERED_OF_NEXT)?;
        let own = self.mac_of_next(covered, realm, user);
        let is_past = self.verify(own, covered, epoch, macs)?;
        covered.last_chunk().copied().map(|root| (root, is_past))
    }

    fn mac_of_next(&self, covered: &[u8], realm: &[u8], [name, own]: User<'_>) -> Hmac<Sha256> {
        let mut mac = mac_of(&self.next_nonces, covered, &(realm.len() as u64).to_le_bytes());
        mac.update(realm);
        mac.update(&(own.len() as u64).to_le_bytes());
        mac.update(own);
        mac.update(name);
        mac
    }

    /// The opaque of a realm. It does not depend on the nonce: a client sends it unchanged with every
    /// next one (RFC 7616 §3.3), and of requests in parallel one may have the nonce of one answer
    /// and the opaque of another.
    #[must_use]
    pub fn opaque(&self, realm: &[u8]) -> [u8; OPAQUE] {
        let mut mac = self.opaques.clone();
        mac.update(realm);
        let mut text = [0; OPAQUE];
        hex::write(&mac.finalize().into_bytes(), &mut text);
        text
    }
}

/// Random bytes and the time; the former.
fn fill(covered: &mut [u8], now: u64) -> Result<Key> {
    let mut random = [0; KEY];
    random::fill(&mut random)?;
    let (key, time) = covered.split_at_mut(KEY);
    key.copy_from_slice(&random);
    time.copy_from_slice(&now.to_le_bytes());
    Ok(random)
}

/// The bytes covered are as many for every nonce of a kind, so that no realm runs into them.
fn mac_of(keyed: &Hmac<Sha256>, covered: &[u8], realm: &[u8]) -> Hmac<Sha256> {
    let mut mac = keyed.clone();
    mac.update(covered);
    mac.update(realm);
    mac
}

fn process_secret() -> Result<&'static [u8]> {
    static SECRET: OnceBox<Secret<[u8; 32]>> = OnceBox::new();
    let secret = SECRET.get_or_try_init(|| {
        let mut secret = Box::new(Secret::new([0; 32]));
        random::fill(secret.expose_mut()).map(|()| secret)
    })?;
    Ok(secret.expose())
}

/// When a nonce becomes too old to begin a session with.
pub(in crate::digest::http) fn expires(nonce: &Proven, settings: &Settings) -> u64 {
    nonce.issued.saturating_add(settings.nonce_lifetime.as_secs() * FILETIME_SECOND)
}

#[cfg(test)]
mod tests;
