//! The identity structures of `<sspi.h>`, by their Windows names, with their sizes and offsets
//! checked for both word sizes.
//!
//! Text members of the classic and `EX` forms are pointers with a length in characters, without
//! terminator. The `EX2` form is one block: text members are byte offsets from its start, with a
//! length in bytes.
#![allow(non_snake_case, non_camel_case_types)]

use std::ffi::c_void;
use std::mem::{offset_of, size_of};

use crate::ffi::abi::types::{UCHAR, ULONG, USHORT, WCHAR};

/// An identity as the `Sspi*` functions take and return it: one of the structures below.
pub type PSEC_WINNT_AUTH_IDENTITY_OPAQUE = *mut c_void;

/// First member of [`SEC_WINNT_AUTH_IDENTITY_EXW`].
pub const SEC_WINNT_AUTH_IDENTITY_VERSION: ULONG = 0x200;
/// First member of [`SEC_WINNT_AUTH_IDENTITY_EX2`].
pub const SEC_WINNT_AUTH_IDENTITY_VERSION_2: ULONG = 0x201;

/// `Flags`: the text is in the ANSI encoding.
pub const SEC_WINNT_AUTH_IDENTITY_ANSI: ULONG = 0x1;
/// `Flags`: the text is UTF-16.
pub const SEC_WINNT_AUTH_IDENTITY_UNICODE: ULONG = 0x2;
/// `Flags`: all data lies in one buffer. The pointers are as valid as without it.
pub const SEC_WINNT_AUTH_IDENTITY_MARSHALLED: ULONG = 0x4;
/// `Flags`: the credentials are for identity only.
pub const SEC_WINNT_AUTH_IDENTITY_ONLY: ULONG = 0x8;
/// `Flags`: the password is encrypted by a key of this process.
pub const SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED: ULONG = 0x10;
/// `Flags`: the password is encrypted by a key of Windows' local system.
pub const SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED: ULONG = 0x20;
/// `Flags`: the password is encrypted by a key of a Windows logon session.
pub const SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED: ULONG = 0x40;
/// `Flags`: the password is encrypted for Windows' local system.
pub const SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED: ULONG = 0x80;
/// `Flags` of the `EX2` form: there is no user name, rather than an empty one.
pub const SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER: ULONG = 0x2_0000;
/// `Flags` of the `EX2` form: there is no domain, rather than an empty one.
pub const SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN: ULONG = 0x4_0000;
/// `Flags`: the bits that carry the wishes of a credential prompt.
pub const SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_USE_MASK: ULONG = 0xFF00_0000;

/// Option of `SspiEncryptAuthIdentityEx`: readable in the same logon session.
pub const SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON: ULONG = 1;
/// Option of `SspiEncryptAuthIdentityEx`: readable in the same process.
pub const SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS: ULONG = 2;
/// Option of `SspiEncryptAuthIdentityEx`: readable by the local system.
pub const SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM: ULONG = 4;

/// The classic identity, of UTF-16 text.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SEC_WINNT_AUTH_IDENTITY_W {
    /// The user's name.
    pub User: *mut WCHAR,
    /// Its length in characters.
    pub UserLength: ULONG,
    /// The domain; NULL lets the server's realm be used.
    pub Domain: *mut WCHAR,
    /// Its length in characters.
    pub DomainLength: ULONG,
    /// The password.
    pub Password: *mut WCHAR,
    /// Its length in characters.
    pub PasswordLength: ULONG,
    /// `SEC_WINNT_AUTH_IDENTITY_UNICODE`, and others of these flags.
    pub Flags: ULONG,
}

/// The classic identity, of ANSI text.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SEC_WINNT_AUTH_IDENTITY_A {
    /// The user's name.
    pub User: *mut UCHAR,
    /// Its length in characters.
    pub UserLength: ULONG,
    /// The domain; NULL lets the server's realm be used.
    pub Domain: *mut UCHAR,
    /// Its length in characters.
    pub DomainLength: ULONG,
    /// The password.
    pub Password: *mut UCHAR,
    /// Its length in characters.
    pub PasswordLength: ULONG,
    /// `SEC_WINNT_AUTH_IDENTITY_ANSI`, and others of these flags.
    pub Flags: ULONG,
}

/// The extended identity, of UTF-16 text.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SEC_WINNT_AUTH_IDENTITY_EXW {
    /// `SEC_WINNT_AUTH_IDENTITY_VERSION`.
    pub Version: ULONG,
    /// The size of this structure in bytes.
    pub Length: ULONG,
    /// The user's name.
    pub User: *mut WCHAR,
    /// Its length in characters.
    pub UserLength: ULONG,
    /// The domain; NULL lets the server's realm be used.
    pub Domain: *mut WCHAR,
    /// Its length in characters.
    pub DomainLength: ULONG,
    /// The password.
    pub Password: *mut WCHAR,
    /// Its length in characters.
    pub PasswordLength: ULONG,
    /// `SEC_WINNT_AUTH_IDENTITY_UNICODE`, and others of these flags.
    pub Flags: ULONG,
    /// Names of packages to use, or with a leading `!` not to use, between commas.
    pub PackageList: *mut WCHAR,
    /// Its length in characters.
    pub PackageListLength: ULONG,
}

/// The extended identity, of ANSI text.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SEC_WINNT_AUTH_IDENTITY_EXA {
    /// `SEC_WINNT_AUTH_IDENTITY_VERSION`.
    pub Version: ULONG,
    /// The size of this structure in bytes.
    pub Length: ULONG,
    /// The user's name.
    pub User: *mut UCHAR,
    /// Its length in characters.
    pub UserLength: ULONG,
    /// The domain; NULL lets the server's realm be used.
    pub Domain: *mut UCHAR,
    /// Its length in characters.
    pub DomainLength: ULONG,
    /// The password.
    pub Password: *mut UCHAR,
    /// Its length in characters.
    pub PasswordLength: ULONG,
    /// `SEC_WINNT_AUTH_IDENTITY_ANSI`, and others of these flags.
    pub Flags: ULONG,
    /// Names of packages to use, or with a leading `!` not to use, between commas.
    pub PackageList: *mut UCHAR,
    /// Its length in characters.
    pub PackageListLength: ULONG,
}

/// The identity in one block, which the `Sspi*` functions make.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SEC_WINNT_AUTH_IDENTITY_EX2 {
    /// `SEC_WINNT_AUTH_IDENTITY_VERSION_2`.
    pub Version: ULONG,
    /// The size of this header in bytes.
    pub cbHeaderLength: USHORT,
    /// The size of the whole block in bytes.
    pub cbStructureLength: ULONG,
    /// Where the user's name begins.
    pub UserOffset: ULONG,
    /// Its length in bytes.
    pub UserLength: USHORT,
    /// Where the domain begins.
    pub DomainOffset: ULONG,
    /// Its length in bytes.
    pub DomainLength: USHORT,
    /// Where the password begins.
    pub PackedCredentialsOffset: ULONG,
    /// Its length in bytes.
    pub PackedCredentialsLength: USHORT,
    /// `SEC_WINNT_AUTH_IDENTITY_UNICODE`, and others of these flags.
    pub Flags: ULONG,
    /// Where the package list begins.
    pub PackageListOffset: ULONG,
    /// Its length in bytes.
    pub PackageListLength: USHORT,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<SEC_WINNT_AUTH_IDENTITY_W>() == 48);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_W, Domain) == 16);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_W, Password) == 32);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_W, Flags) == 44);
    assert!(size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>() == 72);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, User) == 8);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, Domain) == 24);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, Password) == 40);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, Flags) == 52);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, PackageList) == 56);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<SEC_WINNT_AUTH_IDENTITY_W>() == 28);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_W, Domain) == 8);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_W, Password) == 16);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_W, Flags) == 24);
    assert!(size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>() == 44);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, User) == 8);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, Domain) == 16);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, Password) == 24);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, Flags) == 32);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, PackageList) == 36);
};

// The reader takes the A forms for the W forms of the same shape.
const _: () = {
    assert!(size_of::<SEC_WINNT_AUTH_IDENTITY_A>() == size_of::<SEC_WINNT_AUTH_IDENTITY_W>());
    assert!(
        offset_of!(SEC_WINNT_AUTH_IDENTITY_A, Flags)
            == offset_of!(SEC_WINNT_AUTH_IDENTITY_W, Flags)
    );
    assert!(size_of::<SEC_WINNT_AUTH_IDENTITY_EXA>() == size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>());
    assert!(
        offset_of!(SEC_WINNT_AUTH_IDENTITY_EXA, PackageListLength)
            == offset_of!(SEC_WINNT_AUTH_IDENTITY_EXW, PackageListLength)
    );
    assert!(size_of::<SEC_WINNT_AUTH_IDENTITY_EX2>() == 48);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, cbHeaderLength) == 4);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, cbStructureLength) == 8);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, UserOffset) == 12);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, DomainOffset) == 20);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, PackedCredentialsOffset) == 28);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, Flags) == 36);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, PackageListOffset) == 40);
    assert!(offset_of!(SEC_WINNT_AUTH_IDENTITY_EX2, PackageListLength) == 44);
};
