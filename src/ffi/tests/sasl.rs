//! Profiles of SASL, and options of its contexts.

use std::ffi::c_void;
use std::ptr::null_mut;

use crate::error::Status;
use crate::ffi::abi::types::*;
use crate::ffi::caller::string;
use crate::ffi::exports::sasl::*;
use crate::ffi::tests::{credential, established};
use crate::testing::calls::*;
use crate::testing::package::inject;

#[test]
fn profiles_are_a_list_with_a_terminator_at_its_end() {
    let profiles = inject().profiles().unwrap();
    let (mut list, mut count) = (null_mut(), 0);
    // SAFETY: good places.
    check(unsafe { SaslEnumerateProfilesW(&raw mut list, &raw mut count) }, Status::OK);
    let mut place = list;
    for profile in profiles {
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
