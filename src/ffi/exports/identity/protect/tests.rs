//! Encrypted and marshalled identities.

use std::ptr::null_mut;

use super::*;
use crate::ffi::caller::identity::reader::read_identity;
use crate::ffi::exports::identity::protect::{
    SspiDecryptAuthIdentity, SspiDecryptAuthIdentityEx, SspiEncryptAuthIdentity,
    SspiEncryptAuthIdentityEx, SspiIsAuthIdentityEncrypted, SspiMarshalAuthIdentity,
    SspiUnmarshalAuthIdentity,
};
use crate::ffi::exports::identity::tests::*;
use crate::ffi::exports::identity::*;

fn encrypted(identity: Opaque) -> u8 {
    // SAFETY: an identity.
    unsafe { SspiIsAuthIdentityEncrypted(identity) }
}

/// The bytes of a block of the library.
fn bytes(identity: Opaque) -> Vec<u8> {
    let size = memory::size_of(identity).unwrap();
    // SAFETY: a block of this size.
    unsafe { std::slice::from_raw_parts(identity.cast::<u8>(), size) }.to_vec()
}

#[test]
fn encrypted_identities_serve_as_before_and_hide_the_password() {
    let password: Vec<u8> = "password".encode_utf16().flat_map(u16::to_ne_bytes).collect();
    let visible = |identity| bytes(identity).windows(16).any(|window| window == password);
    let identity = made(ROWS[0]);
    let plain = bytes(identity);
    assert_eq!((encrypted(identity), visible(identity)), (0, true));
    // SAFETY: an identity of the library.
    assert_eq!(unsafe { SspiEncryptAuthIdentity(identity) }, OK);
    assert_eq!((encrypted(identity), visible(identity)), (1, false));
    // SAFETY: an identity of the library.
    assert_eq!(unsafe { SspiValidateAuthIdentity(identity) }, OK);
    assert_eq!(strings(identity), Ok(owned(ROWS[0])));
    // SAFETY: an identity of the library.
    assert!(unsafe { read_identity(identity) }.unwrap().0.unwrap().password.is_some());
    let mut copy = null_mut();
    // SAFETY: an identity and an output.
    assert_eq!(unsafe { SspiCopyAuthIdentity(identity, &raw mut copy) }, OK);
    assert_eq!((encrypted(copy), visible(copy)), (1, false));
    assert_eq!(strings(copy), Ok(owned(ROWS[0])));
    // SAFETY: an identity of the library.
    assert_eq!(unsafe { SspiDecryptAuthIdentity(identity) }, OK);
    assert_eq!((encrypted(identity), bytes(identity) == plain), (0, true));
    free(identity);
    free(copy);
}

#[test]
fn the_options_of_encryption_are_those_of_the_header() {
    let identity = made(ROWS[0]);
    for options in [1, 2, 4] {
        // SAFETY: an identity of the library.
        assert_eq!(unsafe { SspiEncryptAuthIdentityEx(options, identity) }, OK);
        assert_eq!(encrypted(identity), 1);
        // SAFETY: an identity of the library.
        assert_eq!(unsafe { SspiDecryptAuthIdentityEx(options, identity) }, OK);
        assert_eq!(encrypted(identity), 0);
    }
    for options in [0, 3, 5, 8, u32::MAX] {
        // SAFETY: an identity of the library.
        assert_eq!(unsafe { SspiEncryptAuthIdentityEx(options, identity) }, INVALID_PARAMETER);
        // SAFETY: an identity of the library.
        assert_eq!(unsafe { SspiDecryptAuthIdentityEx(options, identity) }, INVALID_PARAMETER);
        assert_eq!(encrypted(identity), 0);
    }
    free(identity);
}

#[test]
fn only_identities_of_the_library_can_be_encrypted() {
    let mut own = own_structure();
    // SAFETY: any identity may be given.
    assert_eq!(unsafe { SspiEncryptAuthIdentity((&raw mut own).cast()) }, INVALID_PARAMETER);
    // SAFETY: any identity may be given.
    assert_eq!(unsafe { SspiDecryptAuthIdentity((&raw mut own).cast()) }, INVALID_PARAMETER);
    own.Flags |= 0x40;
    assert_eq!(encrypted((&raw mut own).cast()), 1);
    let other = ContextBuffer::zeroed(4).unwrap().release();
    // SAFETY: a block that is no identity.
    assert_eq!(unsafe { SspiEncryptAuthIdentity(other) }, INVALID_PARAMETER);
    assert_eq!(encrypted(other), 0);
    memory::free(other).unwrap();
}

#[test]
fn a_changed_encryption_is_a_decrypt_failure_and_no_credential() {
    let identity = made(ROWS[0]);
    // SAFETY: an identity of the library.
    assert_eq!(unsafe { SspiEncryptAuthIdentity(identity) }, OK);
    // SAFETY: an identity of the library, which nobody else uses.
    let bytes = unsafe { reader::block_bytes(identity) }.unwrap();
    // The last byte of the tag.
    let last = bytes.last_mut().unwrap();
    *last ^= 1;
    // SAFETY: an identity of the library.
    let status = unsafe { SspiDecryptAuthIdentity(identity) };
    assert_eq!(status.cast_unsigned(), 0x8009_0330);
    // SAFETY: an identity of the library.
    let read = unsafe { read_identity(identity) };
    assert_eq!(read.unwrap_err().status(), Status::UNKNOWN_CREDENTIALS);
    assert_eq!(strings(identity), Err(INVALID_PARAMETER));
    free(identity);
}

#[test]
fn marshalled_identities_come_back() {
    for (row, seal) in ROWS.into_iter().flat_map(|row| [(row, false), (row, true)]) {
        let identity = made(row);
        if seal {
            // SAFETY: an identity of the library.
            assert_eq!(unsafe { SspiEncryptAuthIdentity(identity) }, OK);
        }
        let (mut size, mut bytes, mut back) = (0, null_mut(), untouched());
        // SAFETY: an identity and outputs.
        let status = unsafe { SspiMarshalAuthIdentity(identity, &raw mut size, &raw mut bytes) };
        assert_eq!(status, OK);
        for wrong in [0, 1, 47, size - 1] {
            // SAFETY: fewer bytes than there are.
            let status = unsafe { SspiUnmarshalAuthIdentity(wrong, bytes, &raw mut back) };
            assert_eq!((status, back), (INVALID_PARAMETER, untouched()));
        }
        // SAFETY: the bytes and an output.
        assert_eq!(unsafe { SspiUnmarshalAuthIdentity(size, bytes, &raw mut back) }, OK);
        assert_eq!((strings(back), encrypted(back)), (Ok(owned(row)), seal.into()));
        // SAFETY: memory of the library.
        unsafe { SspiLocalFree(bytes.cast()) };
        free(identity);
        free(back);
    }
}

#[test]
fn bytes_of_no_identity_are_invalid_parameter() {
    let identity = made(ROWS[0]);
    let mut longer = bytes(identity);
    longer.push(0);
    let mut garbage = bytes(identity);
    garbage[12] = 0xFF;
    for mut bytes in [longer, garbage, vec![0xFF; 100], vec![0; 0x5_0001]] {
        let mut back = untouched();
        let size = u32::try_from(bytes.len()).unwrap();
        let start = bytes.as_mut_ptr().cast();
        // SAFETY: the bytes and an output.
        let status = unsafe { SspiUnmarshalAuthIdentity(size, start, &raw mut back) };
        assert_eq!((status, back), (INVALID_PARAMETER, untouched()));
    }
    free(identity);
}
