use std::ffi::c_char;
use std::ptr::{null, null_mut};

use super::*;
use crate::ffi::abi::identity::{SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_W};
use crate::ffi::caller::identity::reader::read_identity;
use crate::ffi::exports::identity::protect::{
    SspiDecryptAuthIdentity, SspiDecryptAuthIdentityEx, SspiEncryptAuthIdentity,
    SspiEncryptAuthIdentityEx, SspiIsAuthIdentityEncrypted, SspiMarshalAuthIdentity,
    SspiUnmarshalAuthIdentity,
};

pub(crate) const OK: i32 = 0;
pub(crate) const INVALID_PARAMETER: i32 = Status::INVALID_PARAMETER.code().cast_signed();
pub(crate) const INVALID_TOKEN: i32 = Status::INVALID_TOKEN.code().cast_signed();

pub(crate) type Opaque = PSEC_WINNT_AUTH_IDENTITY_OPAQUE;

/// A pointer that nothing was written to.
pub(crate) fn untouched<T>() -> *mut T {
    std::ptr::without_provenance_mut(0xDEAD_BEE0)
}

pub(crate) fn wide_z(string: &str) -> Box<[u16]> {
    string.encode_utf16().chain([0]).collect()
}

pub(crate) fn encode(strings: [Option<&str>; 3]) -> (i32, Opaque) {
    let strings = strings.map(|string| string.map(wide_z));
    let [user, domain, password] =
        strings.each_ref().map(|string| string.as_ref().map_or(null(), |string| string.as_ptr()));
    let mut out = untouched();
    // SAFETY: terminated strings and an output.
    let status = unsafe { SspiEncodeStringsAsAuthIdentity(user, domain, password, &raw mut out) };
    (status, out)
}

pub(crate) fn made(strings: [Option<&str>; 3]) -> Opaque {
    let (status, out) = encode(strings);
    assert_eq!(status, OK);
    out
}

pub(crate) fn taken(pointer: *const u16) -> Option<String> {
    // SAFETY: NULL or a terminated string of the library.
    let string = unsafe { wide(pointer) }.unwrap();
    // SAFETY: NULL or memory of the library.
    unsafe { SspiLocalFree(pointer.cast_mut().cast()) };
    string
}

pub(crate) fn strings(identity: Opaque) -> Result<[Option<String>; 3], i32> {
    let mut outs = [untouched::<u16>().cast_const(); 3];
    let [user, domain, password] = outs.each_mut().map(std::ptr::from_mut);
    // SAFETY: an identity or NULL, and outputs.
    match unsafe { SspiEncodeAuthIdentityAsStrings(identity, user, domain, password) } {
        OK => Ok(outs.map(taken)),
        status => {
            assert_eq!(outs, [untouched::<u16>().cast_const(); 3]);
            Err(status)
        }
    }
}

pub(crate) fn owned(strings: [Option<&str>; 3]) -> [Option<String>; 3] {
    strings.map(|string| string.map(str::to_owned))
}

pub(crate) fn free(identity: Opaque) {
    // SAFETY: an identity of the library.
    unsafe { SspiFreeAuthIdentity(identity) };
}

pub(crate) const ROWS: [[Option<&str>; 3]; 8] = [
    [Some("user"), Some("domain"), Some("password")],
    [Some("user"), None, Some("password")],
    [Some("user"), None, None],
    [None, Some("domain"), None],
    [None, None, Some("password")],
    [Some("üser😀"), Some("dömain"), Some("pässword")],
    [Some(""), Some(""), Some("")],
    [Some("user"), Some(""), Some("")],
];

#[test]
fn all_strings_null_is_invalid_token_and_nothing_is_written() {
    assert_eq!(encode([None; 3]), (INVALID_TOKEN, untouched()));
    // SAFETY: NULLs are allowed.
    let status = unsafe { SspiEncodeStringsAsAuthIdentity(null(), null(), null(), null_mut()) };
    assert_eq!(status, INVALID_TOKEN);
}

#[test]
fn strings_come_back_equal_and_absent_ones_as_null() {
    for row in ROWS {
        let identity = made(row);
        assert_eq!(strings(identity), Ok(owned(row)));
        free(identity);
    }
}

#[test]
fn credentials_read_what_was_encoded() {
    let identity = made(ROWS[0]);
    // SAFETY: an identity of the library.
    let read = unsafe { read_identity(identity) }.unwrap().0.unwrap();
    assert_eq!(read.user.as_deref(), Some("user"));
    assert_eq!(read.domain.as_deref(), Some("domain"));
    assert!(read.password.is_some_and(|password| password.expose() == "password"));
    free(identity);
}

#[test]
fn r63_strings_that_are_too_long_or_no_utf16_are_invalid_parameter() {
    let long = "a".repeat(32768);
    for row in [[Some(long.as_str()), None, None], [Some("u"), None, Some(&long)]] {
        assert_eq!(encode(row), (INVALID_PARAMETER, untouched()));
    }
    let surrogate: Box<[u16]> = Box::new([0xD83D, 0]);
    let mut out = untouched();
    // SAFETY: a terminated string and an output.
    let status = unsafe {
        SspiEncodeStringsAsAuthIdentity(surrogate.as_ptr(), null(), null(), &raw mut out)
    };
    assert_eq!((status, out), (INVALID_PARAMETER, untouched()));
}

#[test]
fn null_arguments_are_invalid_parameter_and_the_void_functions_ignore_them() {
    let user = wide_z("user");
    let identity = made(ROWS[0]);
    let mut string = untouched::<u16>().cast_const();
    let mut out: Opaque = untouched();
    let mut bytes: *mut c_char = untouched();
    let mut size = 7;
    let (text_out, out_out) = (&raw mut string, &raw mut out);
    let (bytes_out, size_out) = (&raw mut bytes, &raw mut size);
    // SAFETY: NULLs are what is tested; the other pointers are good.
    #[allow(clippy::multiple_unsafe_ops_per_block)]
    let statuses = unsafe {
        [
            SspiEncodeStringsAsAuthIdentity(user.as_ptr(), null(), null(), null_mut()),
            SspiEncodeAuthIdentityAsStrings(null_mut(), text_out, text_out, text_out),
            SspiEncodeAuthIdentityAsStrings(identity, null_mut(), text_out, text_out),
            SspiEncodeAuthIdentityAsStrings(identity, text_out, null_mut(), text_out),
            SspiEncodeAuthIdentityAsStrings(identity, text_out, text_out, null_mut()),
            SspiValidateAuthIdentity(null_mut()),
            SspiCopyAuthIdentity(null_mut(), out_out),
            SspiCopyAuthIdentity(identity, null_mut()),
            SspiEncryptAuthIdentity(null_mut()),
            SspiEncryptAuthIdentityEx(2, null_mut()),
            SspiDecryptAuthIdentity(null_mut()),
            SspiDecryptAuthIdentityEx(2, null_mut()),
            SspiMarshalAuthIdentity(null_mut(), size_out, bytes_out),
            SspiMarshalAuthIdentity(identity, null_mut(), bytes_out),
            SspiMarshalAuthIdentity(identity, size_out, null_mut()),
            SspiUnmarshalAuthIdentity(100, null_mut(), out_out),
            SspiUnmarshalAuthIdentity(0, null_mut(), null_mut()),
        ]
    };
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(status, INVALID_PARAMETER, "call {index}");
    }
    assert_eq!((string, out), (untouched::<u16>().cast_const(), untouched()));
    assert_eq!((bytes, size), (untouched(), 7));
    // SAFETY: NULL is allowed.
    unsafe { SspiFreeAuthIdentity(null_mut()) };
    // SAFETY: NULL is allowed.
    unsafe { SspiZeroAuthIdentity(null_mut()) };
    // SAFETY: NULL is allowed.
    unsafe { SspiLocalFree(null_mut()) };
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { SspiIsAuthIdentityEncrypted(null_mut()) }, 0);
    free(identity);
}

#[test]
fn freeing_twice_and_freeing_what_is_not_ours_does_nothing() {
    // Too large to share an address with what other tests allocate meanwhile.
    let long = "a".repeat(32767);
    let identity = made([Some(long.as_str()); 3]);
    assert!(memory::size_of(identity).is_some());
    free(identity);
    assert_eq!(memory::size_of(identity), None);
    free(identity);
    // SAFETY: any pointer may be given.
    unsafe { SspiLocalFree(identity) };
    let mut own = own_structure();
    // SAFETY: any pointer may be given.
    unsafe { SspiFreeAuthIdentity((&raw mut own).cast()) };
    // SAFETY: any pointer may be given.
    unsafe { SspiLocalFree((&raw mut own).cast()) };
}

/// A structure of the caller's own, without string.
pub(crate) fn own_structure() -> SEC_WINNT_AUTH_IDENTITY_W {
    SEC_WINNT_AUTH_IDENTITY_W {
        User: null_mut(),
        UserLength: 0,
        Domain: null_mut(),
        DomainLength: 0,
        Password: null_mut(),
        PasswordLength: 0,
        Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
    }
}

#[test]
fn a_zeroed_identity_holds_nothing_and_can_only_be_freed() {
    let identity = made(ROWS[0]);
    let size = memory::size_of(identity).unwrap();
    // SAFETY: an identity of the library.
    unsafe { SspiZeroAuthIdentity(identity) };
    // SAFETY: a block of this size.
    let bytes = unsafe { std::slice::from_raw_parts(identity.cast::<u8>(), size) };
    assert!(bytes.iter().all(|byte| *byte == 0));
    assert_eq!(strings(identity), Err(INVALID_PARAMETER));
    // SAFETY: an identity of the library.
    assert_eq!(unsafe { SspiValidateAuthIdentity(identity) }, INVALID_PARAMETER);
    free(identity);
}

#[test]
fn structures_of_the_callers_own_are_read_copied_and_zeroed() {
    let mut user: Box<[u16]> = "user".encode_utf16().collect();
    let mut password: Box<[u16]> = "password".encode_utf16().collect();
    let mut own = SEC_WINNT_AUTH_IDENTITY_W {
        User: user.as_mut_ptr(),
        UserLength: 4,
        Password: password.as_mut_ptr(),
        PasswordLength: 8,
        ..own_structure()
    };
    let pointer: Opaque = (&raw mut own).cast();
    let expected = owned([Some("user"), None, Some("password")]);
    // SAFETY: an identity.
    assert_eq!(unsafe { SspiValidateAuthIdentity(pointer) }, OK);
    assert_eq!(strings(pointer), Ok(expected.clone()));
    let mut copy = null_mut();
    // SAFETY: an identity and an output.
    assert_eq!(unsafe { SspiCopyAuthIdentity(pointer, &raw mut copy) }, OK);
    // SAFETY: an identity that is writable.
    unsafe { SspiZeroAuthIdentity(pointer) };
    assert!(password.iter().all(|unit| *unit == 0));
    assert_eq!(strings(copy), Ok(expected));
    free(copy);
    own.Flags = 0;
    let pointer: Opaque = (&raw mut own).cast();
    // SAFETY: an identity.
    assert_eq!(unsafe { SspiValidateAuthIdentity(pointer) }, INVALID_PARAMETER);
    assert_eq!(strings(pointer), Err(INVALID_PARAMETER));
}

#[test]
fn comparing_looks_at_case_only_in_passwords() {
    type StringSet = [Option<&'static str>; 3];
    const ADA: StringSet = [Some("Ada"), Some("Lab"), Some("pass")];
    let rows: [(StringSet, (u8, u8)); 10] = [
        (ADA, (1, 1)),
        ([Some("ADA"), Some("lab"), Some("pass")], (1, 1)),
        ([Some("Ada"), Some("Lab"), Some("Pass")], (1, 0)),
        ([Some("Ada"), Some("Lab"), Some("pas")], (1, 0)),
        ([Some("Ada"), Some("Lab"), None], (1, 0)),
        ([Some("Ad"), Some("Lab"), Some("pass")], (0, 0)),
        ([Some("Ada"), Some("Lob"), Some("pass")], (0, 0)),
        ([Some("Ada"), None, Some("pass")], (0, 0)),
        ([Some("Ada"), Some(""), Some("pass")], (0, 0)),
        ([None, Some("Lab"), Some("pass")], (0, 0)),
    ];
    let one = made(ADA);
    for (row, expected) in rows {
        let other = made(row);
        for (one, other) in [(one, other), (other, one)] {
            let (mut user, mut all) = (7, 7);
            // SAFETY: identities and outputs.
            let status =
                unsafe { SspiCompareAuthIdentities(one, other, &raw mut user, &raw mut all) };
            assert_eq!((status, user, all), (OK, expected.0, expected.1));
        }
        free(other);
    }
    for (one, other, expected) in
        [(one, null_mut(), 0), (null_mut(), one, 0), (null_mut(), null_mut(), 1)]
    {
        let (mut user, mut all) = (7, 7);
        // SAFETY: identities or NULL, and outputs.
        let status = unsafe { SspiCompareAuthIdentities(one, other, &raw mut user, &raw mut all) };
        assert_eq!((status, user, all), (OK, expected, expected));
    }
    // SAFETY: results that are not wanted.
    let status = unsafe { SspiCompareAuthIdentities(one, one, null_mut(), null_mut()) };
    assert_eq!(status, OK);
    let mut bad = SEC_WINNT_AUTH_IDENTITY_W { Flags: 0, ..own_structure() };
    let mut user = 7;
    // SAFETY: a structure and an output.
    let status =
        unsafe { SspiCompareAuthIdentities(one, (&raw mut bad).cast(), &raw mut user, null_mut()) };
    assert_eq!((status, user), (INVALID_PARAMETER, 7));
    free(one);
}
