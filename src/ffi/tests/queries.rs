//! The exports that tell things: attributes, packages, credentials, options, tokens, packs.

use std::ffi::c_void;
use std::ptr::null_mut;

use crate::error::Status;
use crate::ffi::abi::types::*;
use crate::ffi::caller::memory::size_of;
use crate::ffi::caller::string;
use crate::ffi::double::{credential, established};
use crate::ffi::exports::attributes::*;
use crate::ffi::exports::credentials::*;
use crate::ffi::exports::impersonation::*;
use crate::ffi::exports::memory::FreeContextBuffer;
use crate::ffi::exports::packages::*;
use crate::ffi::exports::sasl::*;
use crate::ffi::exports::transfer::*;
use crate::ffi::tests::support::*;
use crate::packages::packages;

#[track_caller]
fn free<T>(pointer: *mut T) {
    assert!(!pointer.is_null());
    // SAFETY: any pointer may be given.
    check(unsafe { FreeContextBuffer(pointer.cast()) }, Status::OK);
}

/// Reads a string and frees it.
#[track_caller]
fn wide(string: *mut SEC_WCHAR) -> String {
    // SAFETY: a terminated string of the library's.
    let read = unsafe { string::wide(string) }.unwrap().unwrap();
    free(string);
    read
}

/// Reads a string and frees it.
#[track_caller]
fn narrow(string: *mut SEC_CHAR) -> String {
    // SAFETY: a terminated string of the library's.
    let read = unsafe { string::narrow(string.cast()) }.unwrap().unwrap();
    free(string);
    read
}

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
    let expected = std::mem::size_of::<SecPkgInfoW>() + 2 * ("Double".len() + 1 + 11 + 1);
    assert_eq!(size_of(info.cast()), Some(expected));
    // SAFETY: the library's answer.
    let read = unsafe { *info };
    assert_eq!((read.fCapabilities, read.wVersion, read.wRPCID), (0x304, 1, 21));
    // SAFETY: as above.
    assert_eq!(unsafe { string::wide(read.Comment) }, Ok(Some("Tést double".to_owned())));
    free(info);
    let negotiation: SecPkgContext_NegotiationInfoA = ask_narrow(12);
    assert_eq!(negotiation.NegotiationState, 0);
    // SAFETY: the library's answer.
    let name = unsafe { (*negotiation.PackageInfo).Name };
    // SAFETY: as above.
    assert_eq!(unsafe { string::narrow(name.cast()) }, Ok(Some("Double".to_owned())));
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
    let (mut count, mut infos) = (0, null_mut());
    // SAFETY: good places.
    check(unsafe { EnumerateSecurityPackagesW(&raw mut count, &raw mut infos) }, Status::OK);
    assert_eq!(usize::try_from(count), Ok(packages().len()));
    for (index, package) in packages().iter().enumerate() {
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
    assert_eq!(name, Ok(Some(packages()[0].info().name.to_owned())));
    free(infos);
    // SAFETY: NULL is refused.
    let status = unsafe { EnumerateSecurityPackagesA(null_mut(), &raw mut infos) };
    check(status, Status::INVALID_PARAMETER);
    // SAFETY: NULL is refused.
    let status = unsafe { EnumerateSecurityPackagesW(&raw mut count, null_mut()) };
    check(status, Status::INVALID_PARAMETER);
}

fn narrow_name(name: &str) -> Memory {
    Memory::of(&[name.as_bytes(), b"\0"].concat())
}

fn wide_name(name: &str) -> Vec<u16> {
    name.encode_utf16().chain([0]).collect()
}

#[test]
fn a_package_is_found_whatever_the_case_and_an_unknown_one_leaves_the_pointer() {
    let known = packages()[0].info().name.to_uppercase();
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
    let name = packages()[0].info().name;
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
    let name = packages()[0].info().name;
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
    // SAFETY: refused.
    let status = unsafe { QueryCredentialsAttributesA(credential, 2, place) };
    check(status, Status::UNSUPPORTED_FUNCTION);
    // SAFETY: refused.
    let status = unsafe { SetCredentialsAttributesW(credential, 1, place, size) };
    check(status, Status::UNSUPPORTED_FUNCTION);
}

#[test]
fn no_context_has_a_token_and_reverting_is_always_done() {
    let mut token = NOTHING;
    for (mut context, refused, done) in [
        (established(), Status::NO_IMPERSONATION, Status::OK),
        (ONES, Status::INVALID_HANDLE, Status::INVALID_HANDLE),
    ] {
        let context = &raw mut context;
        // SAFETY: a handle.
        check(unsafe { ImpersonateSecurityContext(context) }, refused);
        // SAFETY: a handle.
        check(unsafe { RevertSecurityContext(context) }, done);
        // SAFETY: a handle and a good place.
        check(unsafe { QuerySecurityContextToken(context, &raw mut token) }, refused);
        assert!(token.is_null());
    }
}

#[test]
fn a_context_is_exported_and_deleted_on_demand() {
    let mut context = established();
    let context = &raw mut context;
    // SAFETY: NULL is refused.
    let status = unsafe { ExportSecurityContext(context, 0, null_mut(), null_mut()) };
    check(status, Status::INVALID_PARAMETER);
    let empty = SecBuffer { cbBuffer: 77, BufferType: 0, pvBuffer: NOTHING };
    for (flags, expected) in [
        (4, Status::UNSUPPORTED_FUNCTION),
        (8 | 1, Status::UNSUPPORTED_FUNCTION),
        (1, Status::OK),
        (2, Status::OK),
        (0, Status::INVALID_HANDLE),
    ] {
        let (mut packed, mut token) = (empty, std::ptr::without_provenance_mut(5));
        // SAFETY: good places.
        let status =
            unsafe { ExportSecurityContext(context, flags, &raw mut packed, &raw mut token) };
        check(status, expected);
        if expected == Status::OK {
            // SAFETY: the library's answer.
            assert_eq!(unsafe { pointed(packed) }, b"packed");
            assert!(token.is_null());
            free(packed.pvBuffer);
        } else {
            assert_eq!((packed.cbBuffer, packed.pvBuffer, token.addr()), (77, NOTHING, 5));
        }
    }
    // SAFETY: NULL is refused.
    let status = unsafe { ExportSecurityContext(context, 0, null_mut(), null_mut()) };
    check(status, Status::INVALID_HANDLE); // it is looked at first
}

#[test]
fn an_import_refuses_damage_and_unknown_packages() {
    let name = packages()[0].info().name;
    let mut damaged = Memory::of(b"damaged pack");
    let null = SecBuffer { cbBuffer: 4, BufferType: 0, pvBuffer: NOTHING };
    let rows = [
        ("Winetest", damaged.buffer(0), Status::SECPKG_NOT_FOUND),
        (name, damaged.buffer(0), Status::INVALID_TOKEN),
        (name, null, Status::INVALID_TOKEN),
        (name, SecBuffer { cbBuffer: 0, ..null }, Status::INVALID_TOKEN),
    ];
    for (name, mut packed, expected) in rows {
        let (mut package, mut context) = (wide_name(name), UNTOUCHED);
        let (package, packed) = (package.as_mut_ptr(), &raw mut packed);
        // SAFETY: good pointers.
        let status =
            unsafe { ImportSecurityContextW(package, packed, null_mut(), &raw mut context) };
        check(status, expected);
        assert_eq!(context, UNTOUCHED);
        // SAFETY: NULL is refused.
        let status = unsafe { ImportSecurityContextW(package, packed, null_mut(), null_mut()) };
        check(status, Status::INVALID_PARAMETER);
    }
}

#[test]
fn profiles_are_a_list_with_a_terminator_at_its_end() {
    let (mut list, mut count) = (null_mut(), 0);
    // SAFETY: good places.
    check(unsafe { SaslEnumerateProfilesW(&raw mut list, &raw mut count) }, Status::OK);
    let mut place = list;
    for profile in crate::packages::profiles().unwrap() {
        // SAFETY: a string of the list.
        assert_eq!(unsafe { string::wide(place) }, Ok(Some((*profile).to_owned())));
        place = place.wrapping_add(profile.encode_utf16().count() + 1);
        count -= 1;
    }
    // SAFETY: the terminator of the list.
    assert_eq!((unsafe { *place }, count), (0, 0));
    free(list);
    // SAFETY: NULL is refused.
    let status = unsafe { SaslEnumerateProfilesA(null_mut(), &raw mut count) };
    check(status, Status::INVALID_PARAMETER);
}

#[test]
fn a_profile_leads_to_its_package() {
    let mut info = null_mut();
    let mut name = narrow_name("digest-md5");
    let start = name.buffer(0).pvBuffer.cast();
    // SAFETY: a string and a good place.
    check(unsafe { SaslGetProfilePackageA(start, &raw mut info) }, Status::OK);
    free(info);
    for name in ["", "NOT-THERE"] {
        let (mut name, mut info) = (wide_name(name), null_mut());
        // SAFETY: a string and a good place.
        let status = unsafe { SaslGetProfilePackageW(name.as_mut_ptr(), &raw mut info) };
        check(status, Status::SECPKG_NOT_FOUND);
        assert!(info.is_null());
    }
}

#[test]
fn a_token_leads_to_its_package() {
    for (token, expected) in [
        (&b"DIGEST-MD5 abc"[..], Status::OK),
        (b"", Status::INVALID_TOKEN),
        (b"\x01\x02", Status::SECPKG_NOT_FOUND),
    ] {
        // The first TOKEN buffer, or else the first buffer.
        for kinds in [[DATA, TOKEN], [DATA, 77]] {
            let (mut token, mut other) = (Memory::of(token), Memory::of(b"\x01"));
            let mut buffers = match kinds {
                [_, TOKEN] => [other.buffer(DATA), token.buffer(TOKEN)],
                _ => [token.buffer(DATA), other.buffer(77)],
            };
            let (mut input, mut info) = (descriptor(&mut buffers), null_mut());
            // SAFETY: good pointers.
            check(unsafe { SaslIdentifyPackageW(&raw mut input, &raw mut info) }, expected);
            match expected {
                Status::OK => free(info),
                _ => assert!(info.is_null()),
            }
        }
    }
    let mut info = null_mut();
    // SAFETY: NULL stands for no token.
    let status = unsafe { SaslIdentifyPackageA(null_mut(), &raw mut info) };
    check(status, Status::INVALID_TOKEN);
}

/// A context that a Sasl function made.
fn sasl_context() -> SecHandle {
    let (mut inbound, mut context) = (credential(true, false), UNTOUCHED);
    let mut token = Memory::of(&[0; 8]);
    let mut buffers = [token.buffer(TOKEN)];
    let mut output = descriptor(&mut buffers);
    // SAFETY: good pointers, and NULL where that is allowed.
    let status = unsafe {
        SaslAcceptSecurityContext(
            &raw mut inbound,
            null_mut(),
            null_mut(),
            0,
            0,
            &raw mut context,
            &raw mut output,
            null_mut(),
            null_mut(),
        )
    };
    check(status, Status::CONTINUE_NEEDED);
    context
}

#[test]
fn options_of_a_sasl_context_are_set_and_read() {
    let mut context = sasl_context();
    let context = &raw mut context;
    let (mut limit, mut needed) = (4000u32, 0);
    // SAFETY: four bytes.
    let status = unsafe { SaslSetContextOption(context, 2, (&raw mut limit).cast(), 4) };
    check(status, Status::OK);
    let mut read = 0u32;
    let place = (&raw mut read).cast();
    for room in [0, 3] {
        // SAFETY: four bytes.
        let status = unsafe { SaslGetContextOption(context, 2, place, room, &raw mut needed) };
        check(status, Status::BUFFER_TOO_SMALL);
        assert_eq!((needed, std::mem::take(&mut needed)), (4, 4));
    }
    // SAFETY: NULL and 0 ask for the length.
    let status = unsafe { SaslGetContextOption(context, 2, NOTHING, 0, null_mut()) };
    check(status, Status::BUFFER_TOO_SMALL);
    let place = (&raw mut read).cast();
    // SAFETY: four bytes.
    let status = unsafe { SaslGetContextOption(context, 2, place, 4, &raw mut needed) };
    check(status, Status::OK);
    assert_eq!((read, needed), (4000, 4));
    // SAFETY: an empty string is nothing to write.
    let status = unsafe { SaslGetContextOption(context, 3, NOTHING, 0, &raw mut needed) };
    check(status, Status::OK);
    assert_eq!(needed, 0);
}

#[test]
fn bad_options_are_refused() {
    let mut value = 0u32;
    let place: *mut c_void = (&raw mut value).cast();
    let mut plain = established();
    let mut sasl = sasl_context();
    let (plain, sasl) = (&raw mut plain, &raw mut sasl);
    let rows = [
        (plain, 1, place, 4, Status::INVALID_HANDLE),
        (null_mut(), 1, place, 4, Status::INVALID_HANDLE),
        (sasl, 1, NOTHING, 4, Status::INVALID_PARAMETER),
        (sasl, 99, place, 4, Status::UNSUPPORTED_FUNCTION),
        (sasl, 1, place, 3, Status::BUFFER_TOO_SMALL),
    ];
    for (context, option, value, size, expected) in rows {
        // SAFETY: as much as stated, or refused.
        check(unsafe { SaslSetContextOption(context, option, value, size) }, expected);
        // SAFETY: as much as stated, or refused.
        let status = unsafe { SaslGetContextOption(context, option, value, size, null_mut()) };
        check(status, expected);
    }
}

#[test]
fn a_plain_context_does_not_go_on_through_sasl() {
    let (mut inbound, mut context) = (credential(true, false), established());
    // SAFETY: good pointers, and NULL where that is allowed.
    let status = unsafe {
        SaslAcceptSecurityContext(
            &raw mut inbound,
            &raw mut context,
            null_mut(),
            0,
            0,
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
        )
    };
    check(status, Status::INVALID_HANDLE);
}
