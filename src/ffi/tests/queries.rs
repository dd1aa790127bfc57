//! The exports that tell of contexts, packages and credentials.

use std::ffi::c_void;
use std::ptr::null_mut;

use crate::error::Status;
use crate::ffi::abi::types::*;
use crate::ffi::caller::memory::size_of;
use crate::ffi::caller::string;
use crate::ffi::exports::attributes::*;
use crate::ffi::exports::credentials::*;
use crate::ffi::exports::packages::*;
use crate::ffi::tests::{credential, established};
use crate::testing::calls::*;
use crate::testing::package::inject;

/// The answer of the W function, which must succeed.
#[track_caller]
fn ask<T>(attribute: u32) -> T {
    let mut context = established();
    let mut answer = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: the structure of the attribute.
    let status =
        unsafe { QueryContextAttributesW(&raw mut context, attribute, answer.as_mut_ptr().cast()) };
    check(status, Status::OK);
    // SAFETY: zeroed or written, and a structure of numbers and pointers.
    unsafe { answer.assume_init() }
}

/// The answer of the A function, which must succeed.
#[track_caller]
fn ask_narrow<T>(attribute: u32) -> T {
    let mut context = established();
    let mut answer = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: the structure of the attribute.
    let status =
        unsafe { QueryContextAttributesA(&raw mut context, attribute, answer.as_mut_ptr().cast()) };
    check(status, Status::OK);
    // SAFETY: zeroed or written, and a structure of numbers and pointers.
    unsafe { answer.assume_init() }
}

#[test]
fn every_attribute_is_answered_in_its_structure() {
    let sizes: SecPkgContext_Sizes = ask(0);
    let SecPkgContext_Sizes { cbMaxToken, cbMaxSignature, cbBlockSize, cbSecurityTrailer } = sizes;
    assert_eq!((cbMaxToken, cbMaxSignature, cbBlockSize, cbSecurityTrailer), (4096, 16, 8, 24));
    assert_eq!(wide(ask::<SecPkgContext_NamesW>(1).sUserName), "alicé");
    assert_eq!(narrow(ask_narrow::<SecPkgContext_NamesA>(1).sUserName), "alicé");
    let lifespan: SecPkgContext_Lifespan = ask(2);
    assert_eq!(lifespan.tsStart, TimeStamp { LowPart: 0, HighPart: 1 });
    assert_eq!(lifespan.tsExpiry, TimeStamp { LowPart: u32::MAX, HighPart: i32::MAX });
    let stream: SecPkgContext_StreamSizes = ask(4);
    assert_eq!((stream.cbHeader, stream.cbTrailer, stream.cbMaximumMessage), (1, 2, 3));
    assert_eq!((stream.cBuffers, stream.cbBlockSize), (4, 5));
    let key: SecPkgContext_KeyInfoW = ask(5);
    assert_eq!((key.KeySize, key.SignatureAlgorithm, key.EncryptAlgorithm), (128, 0x8003, 0x6801));
    assert_eq!(
        (wide(key.sSignatureAlgorithmName), wide(key.sEncryptAlgorithmName)),
        ("MD5".into(), "RC4".into())
    );
    let key: SecPkgContext_KeyInfoA = ask_narrow(5);
    assert_eq!(
        (narrow(key.sSignatureAlgorithmName), narrow(key.sEncryptAlgorithmName)),
        ("MD5".into(), "RC4".into())
    );
    assert_eq!(wide(ask::<SecPkgContext_AuthorityW>(6).sAuthorityName), "réalm");
    assert_eq!(narrow(ask_narrow::<SecPkgContext_AuthorityA>(6).sAuthorityName), "réalm");
    let expiry: SecPkgContext_PasswordExpiry = ask(8);
    assert_eq!(expiry.tsPasswordExpires.HighPart, i32::MAX);
    let session: SecPkgContext_SessionKey = ask(9);
    assert_eq!((session.SessionKeyLength, size_of(session.SessionKey.cast())), (16, Some(16)));
    free(session.SessionKey);
    assert_eq!(ask::<SecPkgContext_Flags>(14).Flags, 0x800 | 0x2_0000);
    let target: SecPkgContext_Target = ask(19);
    assert_eq!((target.TargetLength, size_of(target.Target.cast())), (9, Some(9)));
    free(target.Target);
    for name in [ask::<SecPkgContext_ClientSpecifiedTarget>(27), ask_narrow(27)] {
        assert_eq!(wide(name.sTargetName), "imap");
    }
}

#[test]
fn package_attributes_are_one_block_of_exactly_their_size() {
    let info = ask::<SecPkgContext_PackageInfoW>(10).PackageInfo;
    let expected = std::mem::size_of::<SecPkgInfoW>() + 2 * ("Fake".len() + 1 + 9 + 1);
    assert_eq!(size_of(info.cast()), Some(expected));
    // SAFETY: the library's answer.
    let read = unsafe { *info };
    assert_eq!((read.fCapabilities, read.wVersion, read.wRPCID), (0x304, 1, 21));
    // SAFETY: as above.
    assert_eq!(unsafe { string::wide(read.Comment) }, Ok(Some("Tést fake".to_owned())));
    free(info);
    let negotiation: SecPkgContext_NegotiationInfoA = ask_narrow(12);
    assert_eq!(negotiation.NegotiationState, 0);
    // SAFETY: the library's answer.
    let name = unsafe { (*negotiation.PackageInfo).Name };
    // SAFETY: as above.
    assert_eq!(unsafe { string::narrow(name.cast()) }, Ok(Some("Fake".to_owned())));
    free(negotiation.PackageInfo);
}

#[test]
fn refused_queries_write_nothing() {
    let mut room = [0xAAu8; 64];
    let place: *mut c_void = room.as_mut_ptr().cast();
    let rows = [
        (established(), 3, place, Status::UNSUPPORTED_FUNCTION),
        (established(), 0x10000, place, Status::UNSUPPORTED_FUNCTION),
        (established(), u32::MAX, place, Status::UNSUPPORTED_FUNCTION),
        (established(), 18, place, Status::NO_IMPERSONATION),
        (established(), 0, NOTHING, Status::INVALID_PARAMETER),
        (ONES, 0, place, Status::INVALID_HANDLE),
        (ZERO, 0, place, Status::INVALID_HANDLE),
        (credential(true, true), 0, place, Status::INVALID_HANDLE),
    ];
    for (mut context, attribute, place, expected) in rows {
        let context = &raw mut context;
        // SAFETY: room for every structure, or refused before it is used.
        check(unsafe { QueryContextAttributesW(context, attribute, place) }, expected);
        // SAFETY: as above.
        check(unsafe { QueryContextAttributesA(context, attribute, place) }, expected);
        // SAFETY: as above.
        check(unsafe { QueryContextAttributesExW(context, attribute, place, 64) }, expected);
    }
    assert_eq!(room, [0xAA; 64]);
}

#[test]
fn r60_ex_queries_check_the_room() {
    let mut context = established();
    let context = &raw mut context;
    for (attribute, size) in [(0, 16), (1, std::mem::size_of::<usize>()), (4, 20), (14, 4)] {
        let mut exact = Memory::of(&vec![0xAA; size]);
        let buffer = exact.buffer(0);
        let (place, size) = (buffer.pvBuffer, buffer.cbBuffer);
        for short in [0, size - 1] {
            // SAFETY: as much room as stated.
            let status = unsafe { QueryContextAttributesExA(context, attribute, place, short) };
            check(status, Status::BUFFER_TOO_SMALL);
        }
        assert!(exact.bytes().iter().all(|byte| *byte == 0xAA));
        let place = exact.buffer(0).pvBuffer;
        // SAFETY: as much room as stated.
        check(unsafe { QueryContextAttributesExW(context, attribute, place, size) }, Status::OK);
        if attribute == 1 {
            // SAFETY: written just now.
            wide(unsafe { place.cast::<SecPkgContext_NamesW>().read_unaligned() }.sUserName);
        }
    }
}

#[test]
fn packages_are_enumerated_in_one_block() {
    let packages = inject().available();
    let (mut count, mut infos) = (0, null_mut());
    // SAFETY: good places.
    check(unsafe { EnumerateSecurityPackagesW(&raw mut count, &raw mut infos) }, Status::OK);
    assert_eq!(usize::try_from(count), Ok(packages.len()));
    for (index, package) in packages.iter().enumerate() {
        // SAFETY: one of `count`.
        let info = unsafe { infos.add(index).read() };
        // SAFETY: the library's string.
        assert_eq!(unsafe { string::wide(info.Name) }, Ok(Some(package.info().name.to_owned())));
        assert_eq!(info.cbMaxToken, package.info().max_token);
    }
    free(infos);
    let (mut count, mut infos) = (0, null_mut());
    // SAFETY: good places.
    check(unsafe { EnumerateSecurityPackagesA(&raw mut count, &raw mut infos) }, Status::OK);
    // SAFETY: the first of `count`.
    let name = unsafe { (*infos).Name };
    // SAFETY: the library's string.
    let name = unsafe { string::narrow(name.cast()) };
    assert_eq!(name, Ok(Some(packages[0].info().name.to_owned())));
    free(infos);
    // SAFETY: NULL is refused.
    let status = unsafe { EnumerateSecurityPackagesA(null_mut(), &raw mut infos) };
    check(status, Status::INVALID_PARAMETER);
    // SAFETY: NULL is refused.
    let status = unsafe { EnumerateSecurityPackagesW(&raw mut count, null_mut()) };
    check(status, Status::INVALID_PARAMETER);
}

#[test]
fn a_package_is_found_whatever_the_case_and_an_unknown_one_leaves_the_pointer() {
    let known = inject().available()[0].info().name.to_uppercase();
    let untouched = std::ptr::without_provenance_mut(0xDEAD);
    let rows = [
        (known.as_str(), Status::OK),
        ("Winetest", Status::SECPKG_NOT_FOUND),
        ("", Status::SECPKG_NOT_FOUND),
    ];
    for (name, expected) in rows {
        let mut info = untouched;
        let mut string = narrow_name(name);
        let start = string.buffer(0).pvBuffer.cast();
        // SAFETY: a terminated string and a good place.
        check(unsafe { QuerySecurityPackageInfoA(start, &raw mut info) }, expected);
        match expected {
            Status::OK => free(info),
            _ => assert_eq!(info, untouched),
        }
        let (mut info, mut string) = (untouched.cast(), wide_name(name));
        // SAFETY: a terminated string and a good place.
        check(unsafe { QuerySecurityPackageInfoW(string.as_mut_ptr(), &raw mut info) }, expected);
        match expected {
            Status::OK => free(info),
            _ => assert_eq!(info, untouched.cast()),
        }
    }
    let mut info = null_mut();
    // SAFETY: NULL is refused.
    let status = unsafe { QuerySecurityPackageInfoW(null_mut(), &raw mut info) };
    check(status, Status::SECPKG_NOT_FOUND);
    let mut string = wide_name("WDigest");
    // SAFETY: NULL is refused.
    let status = unsafe { QuerySecurityPackageInfoW(string.as_mut_ptr(), null_mut()) };
    check(status, Status::INVALID_PARAMETER);
}

/// Calls the A function for the first package of this machine.
fn acquire(name: &str, usage: u32, logon: *mut c_void) -> (SECURITY_STATUS, SecHandle, TimeStamp) {
    let (mut handle, mut expiry) = (UNTOUCHED, TimeStamp { LowPart: 7, HighPart: 7 });
    let mut package = narrow_name(name);
    let package = package.buffer(0).pvBuffer.cast();
    // SAFETY: a terminated string and good places.
    let status = unsafe {
        AcquireCredentialsHandleA(
            null_mut(),
            package,
            usage,
            logon,
            null_mut(),
            None,
            null_mut(),
            &raw mut handle,
            &raw mut expiry,
        )
    };
    (status, handle, expiry)
}

#[test]
fn credentials_are_acquired_and_freed_once() {
    let name = inject().available()[0].info().name;
    for usage in [2, 2 | 0x10, 2 | 0x20] {
        let (status, mut handle, expiry) = acquire(name, usage, null_mut());
        check(status, Status::OK);
        assert_eq!((expiry.LowPart, expiry.HighPart), (u32::MAX, i32::MAX));
        // SAFETY: a handle.
        check(unsafe { FreeCredentialsHandle(&raw mut handle) }, Status::OK);
        // SAFETY: a handle no more.
        check(unsafe { FreeCredentialsHandle(&raw mut handle) }, Status::INVALID_HANDLE);
    }
    let mut context = established();
    // SAFETY: a handle of the other kind.
    check(unsafe { FreeCredentialsHandle(&raw mut context) }, Status::INVALID_HANDLE);
    // SAFETY: NULL is refused.
    check(unsafe { FreeCredentialsHandle(null_mut()) }, Status::INVALID_HANDLE);
}

#[test]
fn a_refused_credential_writes_nothing() {
    let name = inject().available()[0].info().name;
    let other = std::ptr::without_provenance_mut(1);
    let rows = [
        ("Winetest", 2, null_mut(), Status::SECPKG_NOT_FOUND),
        ("", 2, null_mut(), Status::SECPKG_NOT_FOUND),
        (name, 0, null_mut(), Status::UNKNOWN_CREDENTIALS),
        (name, 4, null_mut(), Status::UNKNOWN_CREDENTIALS),
        (name, 2 | 8, null_mut(), Status::UNKNOWN_CREDENTIALS),
        (name, 2, other, Status::NOT_OWNER),
    ];
    for (name, usage, logon, expected) in rows {
        let (status, handle, expiry) = acquire(name, usage, logon);
        check(status, expected);
        assert_eq!((handle, expiry.LowPart), (UNTOUCHED, 7));
    }
    let mut package = wide_name(name);
    // SAFETY: NULL is refused.
    let status = unsafe {
        AcquireCredentialsHandleW(
            null_mut(),
            package.as_mut_ptr(),
            2,
            null_mut(),
            null_mut(),
            None,
            null_mut(),
            null_mut(),
            null_mut(),
        )
    };
    check(status, Status::INVALID_HANDLE);
}

#[test]
fn a_credential_tells_its_name_and_nothing_else() {
    let mut credential = credential(true, true);
    let credential = &raw mut credential;
    let mut names = SecPkgCredentials_NamesW { sUserName: null_mut() };
    let place = (&raw mut names).cast();
    // SAFETY: the structure.
    check(unsafe { QueryCredentialsAttributesW(credential, 1, place) }, Status::OK);
    assert_eq!(wide(names.sUserName), "alicé");
    let mut names = SecPkgCredentials_NamesA { sUserName: null_mut() };
    let place = (&raw mut names).cast();
    let size = u32::try_from(std::mem::size_of::<usize>()).unwrap();
    // SAFETY: the structure.
    check(unsafe { QueryCredentialsAttributesExA(credential, 1, place, size) }, Status::OK);
    assert_eq!(narrow(names.sUserName), "alicé");
    let place = (&raw mut names).cast();
    // SAFETY: refused.
    let status = unsafe { QueryCredentialsAttributesExW(credential, 1, place, size - 1) };
    check(status, Status::BUFFER_TOO_SMALL);
    let (mut counts, logins) = ([u64::MAX; 2], 0x5333_0001);
    let place_of_counts = (&raw mut counts).cast();
    // SAFETY: the structure, and refused.
    let status = unsafe { QueryCredentialsAttributesExW(credential, logins, place_of_counts, 15) };
    check(status, Status::BUFFER_TOO_SMALL);
    assert_eq!(counts, [u64::MAX; 2]);
    // SAFETY: the structure.
    let status = unsafe { QueryCredentialsAttributesExA(credential, logins, place_of_counts, 16) };
    check(status, Status::OK);
    assert!(counts[0] < u64::MAX && counts[1] < u64::MAX);
    // SAFETY: refused.
    let status = unsafe { QueryCredentialsAttributesA(credential, 2, place) };
    check(status, Status::UNSUPPORTED_FUNCTION);
    // SAFETY: refused.
    let status = unsafe { SetCredentialsAttributesW(credential, 1, place, size) };
    check(status, Status::UNSUPPORTED_FUNCTION);
}
