//! A context's session key, and what it is for.

use super::buffer::OwnedBufferSet;
use super::state::ContextState;
use super::status::{Doing, check};
use super::types;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::sspi::KeyInfo;

/// A row of the registry of RFC 3961 §8: encryption type, its checksum's type and name, its own
/// name, bits of the key.
struct EncryptionType(u32, u32, &'static str, &'static str, u32);

const TYPES: [EncryptionType; 8] = [
    EncryptionType(16, 12, "HMAC-SHA1-DES3-KD", "DES3-CBC-SHA1-KD", 168),
    EncryptionType(17, 15, "HMAC-SHA1-96-AES128", "AES128-CTS-HMAC-SHA1-96", 128),
    EncryptionType(18, 16, "HMAC-SHA1-96-AES256", "AES256-CTS-HMAC-SHA1-96", 256),
    EncryptionType(19, 19, "HMAC-SHA256-128-AES128", "AES128-CTS-HMAC-SHA256-128", 128),
    EncryptionType(20, 20, "HMAC-SHA384-192-AES256", "AES256-CTS-HMAC-SHA384-192", 256),
    // -138.
    EncryptionType(23, 0xFFFF_FF76, "HMAC-MD5", "RC4-HMAC", 128),
    EncryptionType(25, 17, "CMAC-CAMELLIA128", "CAMELLIA128-CTS-CMAC", 128),
    EncryptionType(26, 18, "CMAC-CAMELLIA256", "CAMELLIA256-CTS-CMAC", 256),
];

/// `SECPKG_ATTR_SESSION_KEY`.
pub(super) fn session(state: &ContextState) -> Result<Secret<Vec<u8>>> {
    ask(state)?.get(0).map(|key| Secret::new(key.to_vec())).ok_or_else(untold)
}

/// `SECPKG_ATTR_KEY_INFO`.
pub(super) fn info(state: &ContextState) -> Result<KeyInfo> {
    let told = ask(state)?;
    let number = told.get(1).and_then(encryption_type).ok_or_else(untold)?;
    let row = TYPES.iter().find(|row| row.0 == number);
    let &EncryptionType(
        encryption_algorithm,
        signature_algorithm,
        signature_name,
        encryption_name,
        key_bits,
    ) = row.ok_or_else(|| {
        let reason = format!("query: encryption type {number} has no name here");
        Error::new(Status::UNSUPPORTED_FUNCTION, reason)
    })?;
    Ok(KeyInfo {
        signature_name,
        encryption_name,
        key_bits,
        signature_algorithm,
        encryption_algorithm,
    })
}

/// The key, and the identifier of its type.
fn ask(state: &ContextState) -> Result<OwnedBufferSet<'static>> {
    let functions = state.functions();
    let mut set = OwnedBufferSet::empty(functions);
    let mut minor = 0;
    let handle = state.established()?;
    // SAFETY: the context is live, the others point to live values.
    let major = unsafe {
        (functions.gss_inquire_sec_context_by_oid)(
            &raw mut minor,
            handle,
            &raw const types::SESSION_KEY,
            set.fill(),
        )
    };
    check(functions, Doing::Message, major, minor).map(|()| set)
}

/// The encryption type is the last number of the identifier, which has 7 bits in each byte
/// (X.690 §8.19).
fn encryption_type(identifier: &[u8]) -> Option<u32> {
    let (last, before) = identifier.split_last()?;
    if *last >= 0x80 {
        return None;
    }
    let more = before.iter().rev().take_while(|byte| **byte >= 0x80).count();
    let digits = identifier.get(identifier.len() - 1 - more..)?;
    digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(128)?.checked_add(u32::from(digit & 0x7F))
    })
}

fn untold() -> Error {
    Error::new(Status::UNSUPPORTED_FUNCTION, "query: the mechanism tells nothing of its key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_the_last_number() {
        // 1.2.840.113554.1.2.2.4 and the type.
        let of = |rest: &[u8]| {
            encryption_type(&[b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x04", rest].concat())
        };
        assert_eq!(of(&[18]), Some(18));
        assert_eq!(of(&[0x81, 0x00]), Some(128));
        assert_eq!(of(&[0x90, 0x80, 0x80, 0x80, 0x00]), None);
        assert_eq!(of(&[0x81]), None);
        assert_eq!(encryption_type(b""), None);
    }
}
