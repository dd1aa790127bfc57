//! The salts of users that have none: of those that there are not, and of those whose password is known.
//! A name's salt stays the same, so that neither is told from users with stored keys.

use once_cell::race::OnceBox;

use super::hash::Hash;
use super::settings::Settings;
use crate::error::Result;
use crate::log;
use crate::random;
use crate::secret::Secret;
use crate::system::heap;

/// The salt of `name`, of `length` bytes.
pub(super) fn derived(
    settings: &Settings,
    hash: Hash,
    name: &[u8],
    length: usize,
) -> Result<Vec<u8>> {
    match &settings.secret {
        Some(secret) => {
            let key = Hash::Sha256.hmac(secret.expose(), &[b"scram"]);
            by_key(key.bytes(), hash, name, length)
        }
        None => by_key(of_process()?.expose(), hash, name, length),
    }
}

/// Blocks of HMAC-SHA-256, each of the one before and what the salt is of.
fn by_key(key: &[u8], hash: Hash, name: &[u8], length: usize) -> Result<Vec<u8>> {
    let mut salt = heap::list(length)?;
    let mut block = None;
    while salt.len() < length {
        let before = block.as_ref().map_or(&[][..], super::hash::Key::bytes);
        let mechanism = hash.mechanism().as_bytes();
        let parts = [before, b"secur32 scram salt\0", mechanism, b"\0", name];
        let next = Hash::Sha256.hmac(key, &parts);
        let missing = length - salt.len();
        salt.extend(next.bytes().iter().take(missing));
        block = Some(next);
    }
    Ok(salt)
}

/// A key that lasts as long as the process.
fn of_process() -> Result<&'static Secret<[u8; 32]>> {
    static KEY: OnceBox<Secret<[u8; 32]>> = OnceBox::new();
    KEY.get_or_try_init(|| {
        log::note(|| {
            "SCRAM: without server.secret, users that there are not have another salt after a restart"
                .to_owned()
        });
        let mut key = heap::boxed(Secret::new([0; 32]))?;
        random::fill(key.expose_mut()).map(|()| key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64;

    #[test]
    fn a_name_s_salt_is_that_of_its_hash_and_key() {
        for (hash, expected) in
            [(Hash::Sha1, "48zekForq2RExvAfHoQ1Bg=="), (Hash::Sha256, "oMG7ljJuG+U71sR2osnWRA==")]
        {
            let salt = by_key(b"at least sixteen octets", hash, b"nobody", 16).unwrap();
            assert_eq!(base64::write(&salt, &mut [0; 24]).unwrap(), expected.as_bytes());
        }
    }

    #[test]
    fn salts_are_as_long_as_wanted_and_begin_alike() {
        let long = by_key(b"key", Hash::Sha512, b"nobody", 100).unwrap();
        for length in 0..100 {
            let salt = by_key(b"key", Hash::Sha512, b"nobody", length).unwrap();
            assert_eq!(salt, long[..length]);
        }
        assert_ne!(long[..32], long[32..64]);
    }

    #[test]
    fn the_configured_secret_decides() {
        let with = |secret: &[u8]| {
            let secret = Some(Secret::new(secret.to_vec()));
            let settings = Settings { secret, ..Settings::default() };
            derived(&settings, Hash::Sha256, b"nobody", 16).unwrap()
        };
        assert_eq!(with(b"at least sixteen bytes"), with(b"at least sixteen bytes"));
        assert_ne!(with(b"at least sixteen bytes"), with(b"at least sixteen others"));
        let without = || derived(&Settings::default(), Hash::Sha256, b"nobody", 16).unwrap();
        assert_eq!(without(), without());
    }
}
