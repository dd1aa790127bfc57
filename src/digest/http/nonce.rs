//! Nonces that prove by themselves who issued them and when: whoever has the secret checks them,
//! and nothing is kept of a challenge until it has been answered.
//!
//! The text is that of Windows' servers since 2008 R2: `+Upgraded+v1` and 112 lower-case hex digits
//! of 16 random octets, the time (FILETIME, little-endian) and 32 octets, which here are
//! HMAC-SHA-256 over random octets, time and the realm that the nonce is offered for.

use hmac::{Hmac, KeyInit, Mac};
use once_cell::race::OnceBox;
use sha2::Sha256;

use crate::config::Config;
use crate::digest::hex;
use crate::digest::nonce::{NONCE_LENGTH, PREFIX};
use crate::random;
use crate::sspi::{Error, Result, Secret, Status};

/// Octets that are random, and which no two nonces share.
const KEY: usize = 16;
/// Octets that the MAC covers: the random ones and the time.
const COVERED: usize = 24;
/// Octets of the MAC.
const MAC: usize = 32;
/// Octets before they become digits.
const RAW: usize = COVERED + MAC;
/// Digits of an opaque.
const OPAQUE: usize = 32;

/// What tells the nonces of one secret from other uses of it.
const NONCE_LABEL: &[u8] = b"secur32 http nonce\0";
const OPAQUE_LABEL: &[u8] = b"secur32 http opaque\0";
const MINT_LABEL: &[u8] = b"secur32 http mint\0";

/// A nonce's text.
pub type Text = [u8; NONCE_LENGTH];
/// The random octets of a nonce, which name it.
pub type Key = [u8; KEY];

/// A nonce that was issued with this secret for a realm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proven {
    /// Its text.
    pub text: Text,
    /// Its random octets.
    pub key: Key,
    /// When it was issued: FILETIME, UTC.
    pub issued: u64,
}

/// What a secret has in common with no others; it tells nothing of it.
pub type MintId = [u8; MAC];

/// Issues nonces and checks them.
pub struct Mint {
    nonces: Hmac<Sha256>,
    opaques: Hmac<Sha256>,
    id: MintId,
}

impl Mint {
    /// The mint of a configuration: of its secret, or one of this process and its forked children.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no randomness.
    pub fn new(config: &Config) -> Result<Self> {
        let secret = match &config.secret {
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
        let id = keyed(MINT_LABEL)?.finalize().into_bytes().into();
        Ok(Self { nonces: keyed(NONCE_LABEL)?, opaques: keyed(OPAQUE_LABEL)?, id })
    }

    /// What mints of the same secret have in common: each takes the other's nonces.
    #[must_use]
    pub fn id(&self) -> &MintId {
        &self.id
    }

    /// A fresh nonce, for a challenge that offers `realm`.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no randomness.
    pub fn issue(&self, realm: &[u8], now: u64) -> Result<Text> {
        let mut raw = [0; RAW];
        let (covered, mac) = raw.split_at_mut(COVERED);
        let (key, time) = covered.split_at_mut(KEY);
        random::fill(key)?;
        time.copy_from_slice(&now.to_le_bytes());
        mac.copy_from_slice(&self.mac(covered, realm).finalize().into_bytes());
        let mut text = [0; NONCE_LENGTH];
        let (prefix, digits) = text.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        hex::write(&raw, digits);
        Ok(text)
    }

    /// What `text` proves; `None` where it is not a nonce of this secret and realm.
    #[must_use]
    pub fn check(&self, realm: &[u8], text: &[u8]) -> Option<Proven> {
        let text: Text = text.try_into().ok()?;
        let digits = text.strip_prefix(PREFIX)?;
        let mut raw = [0; RAW];
        hex::read(digits, &mut raw)?;
        let (covered, mac) = raw.split_at(COVERED);
        self.mac(covered, realm).verify_slice(mac).ok()?;
        let (key, time) = covered.split_at(KEY);
        let issued = u64::from_le_bytes(time.try_into().ok()?);
        Some(Proven { text, key: key.try_into().ok()?, issued })
    }

    /// The opaque that goes with a nonce.
    #[must_use]
    pub fn opaque(&self, nonce: &Text) -> [u8; OPAQUE] {
        let mut mac = self.opaques.clone();
        mac.update(nonce);
        let mut text = [0; OPAQUE];
        hex::write(&mac.finalize().into_bytes(), &mut text);
        text
    }

    /// The octets covered are as many for every nonce, so that no realm runs into them.
    fn mac(&self, covered: &[u8], realm: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.nonces.clone();
        mac.update(covered);
        mac.update(realm);
        mac
    }
}

/// The random octets that name a nonce, whoever issued it.
#[must_use]
pub fn key(text: &[u8]) -> Option<Key> {
    let digits = text.strip_prefix(PREFIX)?.get(..2 * KEY)?;
    let mut key = [0; KEY];
    hex::read(digits, &mut key)?;
    Some(key)
}

fn process_secret() -> Result<&'static [u8]> {
    static SECRET: OnceBox<Secret<[u8; 32]>> = OnceBox::new();
    let secret = SECRET.get_or_try_init(|| {
        let mut secret = Box::new(Secret::new([0; 32]));
        random::fill(secret.expose_mut()).map(|()| secret)
    })?;
    Ok(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sspi::Result;

    const NOW: u64 = 0x01D9_0000_1234_5678;

    const REALM: &[u8] = b"example.org";

    fn mint(secret: &str) -> Mint {
        let config = Config {
            secret: (!secret.is_empty()).then(|| Secret::new(secret.as_bytes().to_vec())),
            ..Config::default()
        };
        Mint::new(&config).unwrap()
    }

    #[test]
    fn a_nonce_has_windows_form_and_proves_its_time() -> Result<()> {
        let mint = mint("");
        let text = mint.issue(REALM, NOW)?;
        let digits = text.strip_prefix(b"+Upgraded+v1").unwrap();
        assert_eq!(&digits[32..48], b"785634120000d901", "the time, little-endian");
        let proven = mint.check(REALM, &text).unwrap();
        assert_eq!((proven.issued, proven.text), (NOW, text));
        assert_eq!(key(&text), Some(proven.key));
        assert_ne!(mint.issue(REALM, NOW)?, text);
        Ok(())
    }

    #[test]
    fn r37_a_nonce_of_another_secret_or_realm_or_with_a_digit_changed_proves_nothing() {
        let ours = mint("sixteen octets!!");
        let text = ours.issue(REALM, NOW).unwrap();
        assert!(mint("sixteen octets!!").check(REALM, &text).is_some());
        assert_eq!(mint("sixteen octets!!").id(), ours.id());
        let theirs = mint("sixteen octets!?");
        assert!(theirs.check(REALM, &text).is_none() && theirs.id() != ours.id());
        for realm in ["", "example.com", "example.or", "example.org\0", "EXAMPLE.ORG"] {
            assert!(ours.check(realm.as_bytes(), &text).is_none(), "{realm}");
        }
        for place in 0..NONCE_LENGTH {
            for octet in [b'0', b'1', b'A', b'"'] {
                let mut changed = text;
                changed[place] = octet;
                assert_eq!(ours.check(REALM, &changed).is_some(), changed == text, "{place}");
            }
        }
        assert!(ours.check(REALM, &text[..63]).is_none());
        assert!(ours.check(REALM, &[&text[..], b"0"].concat()).is_none());
        let upper = text.to_ascii_uppercase();
        assert!(ours.check(REALM, &upper).is_none());
    }

    #[test]
    fn an_opaque_goes_with_its_nonce() {
        let mint = mint("sixteen octets!!");
        let [one, other] = [REALM; 2].map(|realm| mint.issue(realm, NOW).unwrap());
        assert_eq!(mint.opaque(&one), mint.opaque(&one));
        assert_ne!(mint.opaque(&one), mint.opaque(&other));
    }
}
