//! The encryption of an identity's password in place (`SspiEncryptAuthIdentity`).
//!
//! It keeps passwords that wait for use out of core files, swap and casual reading of memory; who
//! controls the process can decrypt, as on Windows. The key is 32 random bytes of this process.
//! The stream is HMAC-SHA-256 in counter mode over a fresh nonce (NIST SP 800-108r1 §4.1), the tag
//! is an HMAC-SHA-256 over nonce and ciphertext, cut to 16 bytes; a leading byte keeps the uses of
//! the key apart. Nonce and tag lie in the image's trailer, so that the password keeps its length:
//!
//! ```text
//! mark (8) | nonce (16) | tag (16)
//! ```

use std::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use once_cell::race::OnceBox;
use sha2::Sha256;
use zeroize::Zeroize;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::identity::SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED;
use crate::ffi::caller::identity::header::{self, PasswordProtection, refused};
use crate::secret::Secret;

/// The size of the trailer in bytes.
pub(crate) const TRAILER: usize = MARK.len() + NONCE + TAG;
/// The trailer of an identity whose password is plain.
pub(crate) const EMPTY_TRAILER: [u8; TRAILER] = {
    let mut trailer = [0; TRAILER];
    let mut at = 0;
    while at < MARK.len() {
        trailer[at] = MARK[at];
        at += 1;
    }
    trailer
};

const MARK: [u8; 8] = *b"identity";
const NONCE: usize = 16;
const TAG: usize = 16;
const FLAGS: Range<usize> = 36..40;

const STREAM_USE: [u8; 1] = [0];
const TAG_USE: [u8; 1] = [1];

/// `SEC_E_DECRYPT_FAILURE`.
const DECRYPT_FAILURE: u32 = 0x8009_0330;

static KEY: OnceBox<Secret<[u8; 32]>> = OnceBox::new();

/// Encrypts the password of `image`; one that is encrypted already stays as it is.
///
/// # Errors
/// `INVALID_PARAMETER` where the image is not one that `pack` made;
/// `INTERNAL_ERROR` where the system has no randomness.
pub(crate) fn seal(image: &mut [u8]) -> Result<()> {
    let Places { protection, password, nonce, tag, flags } = places(image)?;
    match protection {
        PasswordProtection::Plain => {}
        PasswordProtection::Sealed => return Ok(()),
        PasswordProtection::Foreign => {
            return Err(refused("identity: encrypted by a key not ours"));
        }
    }
    let mut fresh = [0; NONCE];
    fill_random(&mut fresh)?;
    let password = at(image, password)?;
    apply_stream(&fresh, password)?;
    let sum = tagger(&fresh, password)?.finalize().into_bytes();
    at(image, nonce)?.copy_from_slice(&fresh);
    for (byte, value) in at(image, tag)?.iter_mut().zip(sum) {
        *byte = value;
    }
    let sealed = flags | SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED;
    at(image, FLAGS)?.copy_from_slice(&sealed.to_ne_bytes());
    Ok(())
}

/// Decrypts the password of `image`; one that is plain already stays as it is.
///
/// # Errors
/// `INVALID_PARAMETER` where the image is not one that `pack` made;
/// `SEC_E_DECRYPT_FAILURE` where this process has not encrypted it, or it was changed since.
pub(crate) fn open(image: &mut [u8]) -> Result<()> {
    let Places { protection, password, nonce, tag, flags } = places(image)?;
    match protection {
        PasswordProtection::Plain => return Ok(()),
        PasswordProtection::Sealed => {}
        PasswordProtection::Foreign => {
            return Err(refused("identity: encrypted by a key not ours"));
        }
    }
    let mut used = [0; NONCE];
    used.copy_from_slice(at(image, nonce.clone())?);
    let mut sum = [0; TAG];
    sum.copy_from_slice(at(image, tag.clone())?);
    let password = at(image, password)?;
    tagger(&used, password)?.verify_truncated_left(&sum).map_err(|_| {
        let status = Status::from(DECRYPT_FAILURE);
        Error::new(status, "identity: not encrypted by this process, or changed since")
    })?;
    apply_stream(&used, password)?;
    at(image, nonce)?.fill(0);
    at(image, tag)?.fill(0);
    let plain = flags & !SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED;
    at(image, FLAGS)?.copy_from_slice(&plain.to_ne_bytes());
    Ok(())
}

/// Where the pieces lie that encryption changes.
struct Places {
    protection: PasswordProtection,
    password: Range<usize>,
    nonce: Range<usize>,
    tag: Range<usize>,
    flags: u32,
}

fn places(image: &[u8]) -> Result<Places> {
    let invalid = |_| refused("identity: not a structure that can be encrypted");
    let block = header::header(image).map_err(invalid)?;
    let end = header::structure_length(&block).map_err(invalid)?;
    // An absent password is encrypted as an empty one, and stays absent.
    let password = header::password_range(&block).map_err(invalid)?.unwrap_or(0..0);
    let trailer = end.saturating_sub(TRAILER);
    let nonce = trailer + MARK.len();
    let tag = nonce + NONCE;
    if image.get(trailer..nonce) != Some(MARK.as_slice())
        || trailer < usize::from(block.cbHeaderLength)
        || password.end > trailer
    {
        return Err(refused("identity: not one that this library made"));
    }
    let protection = header::protection(block.Flags);
    Ok(Places { protection, password, nonce: nonce..tag, tag: tag..end, flags: block.Flags })
}

fn at(image: &mut [u8], range: Range<usize>) -> Result<&mut [u8]> {
    image.get_mut(range).ok_or_else(|| refused("identity: shorter than it says"))
}

/// Adds the stream of `nonce` to `bytes`: twice gives them back.
fn apply_stream(nonce: &[u8; NONCE], bytes: &mut [u8]) -> Result<()> {
    for (counter, block) in (0_u32..).zip(bytes.chunks_mut(32)) {
        let stream = keyed(STREAM_USE)?.chain_update(nonce).chain_update(counter.to_be_bytes());
        let mut stream: [u8; 32] = stream.finalize().into_bytes().into();
        for (byte, mask) in block.iter_mut().zip(stream) {
            *byte ^= mask;
        }
        stream.zeroize();
    }
    Ok(())
}

/// The tag of `ciphertext`, to finish or to verify.
fn tagger(nonce: &[u8; NONCE], ciphertext: &[u8]) -> Result<Hmac<Sha256>> {
    Ok(keyed(TAG_USE)?.chain_update(nonce).chain_update(ciphertext))
}

/// An HMAC under this process's key, begun with the byte of its use.
fn keyed(purpose: [u8; 1]) -> Result<Hmac<Sha256>> {
    let key = KEY.get_or_try_init(|| {
        let mut key = Box::new(Secret::new([0; 32]));
        fill_random(key.expose_mut())?;
        Ok(key)
    })?;
    let keyed = Hmac::<Sha256>::new_from_slice(key.expose())
        .map_err(|_| Error::new(Status::INTERNAL_ERROR, "identity: no HMAC of the key"))?;
    Ok(keyed.chain_update(purpose))
}

fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|_| Error::new(Status::INTERNAL_ERROR, "identity: no randomness of the system"))
}

#[cfg(test)]
mod tests;
