//! Exported and imported contexts, and the access tokens that no context has.

use std::ptr::null_mut;

use crate::error::Status;
use crate::ffi::abi::types::*;
use crate::ffi::exports::impersonation::*;
use crate::ffi::exports::transfer::*;
use crate::ffi::tests::established;
use crate::testing::calls::*;
use crate::testing::package::inject;

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
    let name = inject().available()[0].info().name;
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
