use std::ptr::null;

use super::*;
use crate::error::Status;
use crate::ffi::caller::identity::reader::read_parts;
use crate::ffi::caller::memory;
use crate::ffi::exports::identity::protect::{
    SspiEncryptAuthIdentity, SspiIsAuthIdentityEncrypted,
};
use crate::ffi::exports::identity::{
    SspiEncodeStringsAsAuthIdentity, SspiFreeAuthIdentity, SspiLocalFree,
};

const OK: i32 = 0;
const INVALID_PARAMETER: i32 = Status::INVALID_PARAMETER.code().cast_signed();

fn untouched<T>() -> *mut T {
    std::ptr::without_provenance_mut(0xDEAD_BEE0)
}

fn wide_z(string: &str) -> Box<[u16]> {
    string.encode_utf16().chain([0]).collect()
}

fn start(string: Option<&[u16]>) -> *const u16 {
    string.map_or(null(), <[u16]>::as_ptr)
}

fn made(strings: [Option<&str>; 3]) -> PSEC_WINNT_AUTH_IDENTITY_OPAQUE {
    let strings = strings.map(|string| string.map(wide_z));
    let [user, domain, password] = strings.each_ref().map(|string| start(string.as_deref()));
    let mut out = null_mut();
    // SAFETY: terminated strings and an output.
    let status = unsafe { SspiEncodeStringsAsAuthIdentity(user, domain, password, &raw mut out) };
    assert_eq!(status, OK);
    out
}

fn taken(pointer: *const u16) -> String {
    // SAFETY: a terminated string of the library.
    let string = unsafe { wide(pointer) }.unwrap().unwrap();
    // SAFETY: memory of the library.
    unsafe { SspiLocalFree(pointer.cast_mut().cast()) };
    string
}

fn free(identity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE) {
    // SAFETY: an identity of the library.
    unsafe { SspiFreeAuthIdentity(identity) };
}

#[derive(PartialEq, Debug)]
struct Written {
    kind: u32,
    target: String,
    user: String,
    blob: Option<Vec<u8>>,
}

fn prepare_write(
    identity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    target: Option<&str>,
) -> std::result::Result<Written, i32> {
    let target = target.map(wide_z);
    let (mut kind, mut size) = (7, 7);
    let (mut target_out, mut user_out) =
        (untouched::<u16>().cast_const(), untouched::<u16>().cast_const());
    let mut blob = untouched::<u8>();
    // SAFETY: an identity, a terminated string and outputs.
    let status = unsafe {
        SspiPrepareForCredWrite(
            identity,
            start(target.as_deref()),
            &raw mut kind,
            &raw mut target_out,
            &raw mut user_out,
            &raw mut blob,
            &raw mut size,
        )
    };
    if status != OK {
        assert_eq!((kind, size, blob), (7, 7, untouched()));
        assert_eq!(
            (target_out, user_out),
            (untouched::<u16>().cast_const(), untouched::<u16>().cast_const())
        );
        return Err(status);
    }
    let bytes = (!blob.is_null()).then(|| {
        assert_eq!(memory::size_of(blob.cast()), usize::try_from(size).ok());
        // SAFETY: a block of this size.
        unsafe { std::slice::from_raw_parts(blob, memory::size_of(blob.cast()).unwrap()) }.to_vec()
    });
    assert!(bytes.is_some() || size == 0);
    // SAFETY: NULL or memory of the library.
    unsafe { SspiLocalFree(blob.cast()) };
    Ok(Written { kind, target: taken(target_out), user: taken(user_out), blob: bytes })
}

#[test]
fn prepared_credentials_are_those_of_windows() {
    let password = Some("pw".encode_utf16().flat_map(u16::to_ne_bytes).collect::<Vec<_>>());
    let rows = [
        ([Some("u"), Some("d"), Some("pw")], None, "d\\u", "d\\u", password.clone()),
        ([Some("u"), Some("d"), Some("pw")], Some("t"), "t", "d\\u", password.clone()),
        ([Some("u"), None, Some("pw")], None, "u", "u", password.clone()),
        ([Some("u"), Some(""), Some("")], None, "u", "u", Some(Vec::new())),
        ([Some("u"), Some("d"), None], Some("t"), "t", "d\\u", None),
    ];
    for (strings, target, target_name, user, blob) in rows {
        let identity = made(strings);
        let expected =
            Written { kind: 2, target: target_name.to_owned(), user: user.to_owned(), blob };
        assert_eq!(prepare_write(identity, target), Ok(expected));

        let (mut kind, mut name) = (7, null());
        let target = target.map(wide_z);
        let target = start(target.as_deref());
        // SAFETY: an identity, a terminated string and outputs.
        let status =
            unsafe { SspiPrepareForCredRead(identity, target, &raw mut kind, &raw mut name) };
        assert_eq!((status, kind, taken(name).as_str()), (OK, 2, target_name));
        free(identity);
    }
}

#[test]
fn without_a_user_there_is_nothing_to_keep() {
    for strings in [[None, Some("d"), Some("p")], [Some(""), Some("d"), Some("p")]] {
        let identity = made(strings);
        assert_eq!(prepare_write(identity, None), Err(INVALID_PARAMETER));
        assert_eq!(prepare_write(identity, Some("t")), Err(INVALID_PARAMETER));
        free(identity);
    }
    assert_eq!(prepare_write(null_mut(), Some("t")), Err(INVALID_PARAMETER));
}

#[test]
fn null_arguments_are_invalid_parameter() {
    let identity = made([Some("u"), None, Some("p")]);
    let name = wide_z("NTLM");
    let (mut number, mut string, mut blob) =
        (7, untouched::<u16>().cast_const(), untouched::<u8>());
    let (n, t, b) = (&raw mut number, &raw mut string, &raw mut blob);
    let (mut host, mut other) = (untouched(), untouched());
    let none = null();
    // SAFETY: NULLs are what is tested; the other pointers are good.
    #[allow(clippy::multiple_unsafe_ops_per_block)]
    let statuses = unsafe {
        [
            SspiPrepareForCredRead(null_mut(), none, n, t),
            SspiPrepareForCredRead(identity, none, null_mut(), t),
            SspiPrepareForCredRead(identity, none, n, null_mut()),
            SspiPrepareForCredWrite(null_mut(), none, n, t, t, b, n),
            SspiPrepareForCredWrite(identity, none, null_mut(), t, t, b, n),
            SspiPrepareForCredWrite(identity, none, n, null_mut(), t, b, n),
            SspiPrepareForCredWrite(identity, none, n, t, null_mut(), b, n),
            SspiPrepareForCredWrite(identity, none, n, t, t, null_mut(), n),
            SspiPrepareForCredWrite(identity, none, n, t, t, b, null_mut()),
            SspiGetTargetHostName(null(), &raw mut host),
            SspiGetTargetHostName(name.as_ptr(), null_mut()),
            SspiExcludePackage(identity, null(), &raw mut other),
            SspiExcludePackage(identity, name.as_ptr(), null_mut()),
        ]
    };
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(status, INVALID_PARAMETER, "call {index}");
    }
    assert_eq!((number, string, blob), (7, untouched::<u16>().cast_const(), untouched()));
    assert_eq!((host, other), (untouched(), untouched()));
    free(identity);
}

#[test]
fn hosts_are_taken_from_targets() {
    let rows = [
        ("imap/mail.example.org", Some("mail.example.org")),
        ("HTTP/www.example.org:8080", Some("www.example.org")),
        ("ldap/dc1.example.org:389/example.org", Some("dc1.example.org")),
        ("ldap/dc1.example.org/example.org", Some("dc1.example.org")),
        ("mail.example.org", Some("mail.example.org")),
        ("mail.example.org:143", Some("mail.example.org:143")),
        ("imap/[::1]:143", Some("[::1]")),
        ("imap/[::1", Some("[::1")),
        ("imap/fe80::1", Some("fe80::1")),
        ("imap/", None),
        ("imap/:143", None),
        ("/", None),
        ("", None),
    ];
    for (target, expected) in rows {
        let target = wide_z(target);
        let mut host = untouched();
        // SAFETY: a terminated string and an output.
        let status = unsafe { SspiGetTargetHostName(target.as_ptr(), &raw mut host) };
        match expected {
            Some(expected) => assert_eq!((status, taken(host).as_str()), (OK, expected)),
            None => assert_eq!((status, host), (INVALID_PARAMETER, untouched())),
        }
    }
}

fn exclude(
    identity: PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
    package: &str,
) -> (i32, PSEC_WINNT_AUTH_IDENTITY_OPAQUE) {
    let package = wide_z(package);
    let mut out = untouched();
    // SAFETY: an identity or NULL, a terminated string and an output.
    let status = unsafe { SspiExcludePackage(identity, package.as_ptr(), &raw mut out) };
    (status, out)
}

#[test]
fn excluded_packages_are_added_once_to_a_copy() {
    let steps = [
        ("NTLM", "!NTLM"),
        ("Kerberos", "!NTLM,!Kerberos"),
        ("ntlm", "!NTLM,!Kerberos"),
        ("NTL", "!NTLM,!Kerberos,!NTL"),
    ];
    for first in [made([Some("u"), Some(""), Some("p")]), null_mut()] {
        let mut identity = first;
        for (package, expected) in steps {
            let (status, next) = exclude(identity, package);
            assert_eq!(status, OK);
            // SAFETY: an identity of the library.
            let parts = unsafe { read_parts(next) }.unwrap().unwrap();
            assert_eq!(parts.packages.as_deref(), Some(expected));
            let user = (!first.is_null()).then_some("u");
            assert_eq!(parts.identity.user.as_deref(), user);
            free(identity);
            identity = next;
        }
        free(identity);
    }
    for bad in ["", "NTLM,Kerberos"] {
        assert_eq!(exclude(null_mut(), bad), (INVALID_PARAMETER, untouched()));
    }
}

#[test]
fn excluding_from_an_encrypted_identity_keeps_it_encrypted() {
    let identity = made([Some("u"), None, Some("p")]);
    // SAFETY: an identity of the library.
    assert_eq!(unsafe { SspiEncryptAuthIdentity(identity) }, OK);
    let (status, copy) = exclude(identity, "NTLM");
    assert_eq!(status, OK);
    // SAFETY: an identity of the library.
    assert_eq!(unsafe { SspiIsAuthIdentityEncrypted(copy) }, 1);
    free(identity);
    free(copy);
}

#[test]
fn asking_again_helps_after_refused_credentials_only() {
    let helps =
        [0x8009_030E, 0x8009_030C, 0x8009_030D, 0xC000_006D, 0xC000_006A, 0xC000_0064, 1326];
    let does_not = [0, 0x8009_0308, 0x8009_0311, 0x0009_0312, 5, 1325, 0xC000_0022, u32::MAX];
    for (codes, expected) in [(&helps[..], 1), (&does_not[..], 0)] {
        for code in codes {
            // SAFETY: no pointers.
            assert_eq!(unsafe { SspiIsPromptingNeeded(*code) }, expected, "{code:#x}");
        }
    }
}
