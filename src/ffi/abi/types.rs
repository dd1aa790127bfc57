//! The structures and scalars of `<sspi.h>`, by their Windows names, with their sizes and offsets
//! checked for both word sizes.
//!
//! The scalars are Windows' on every machine (LLP64): `ULONG` has 32 bits where C's `long` has 64.
#![allow(non_camel_case_types, clippy::upper_case_acronyms)]

use std::ffi::{c_char, c_void};
use std::mem::{offset_of, size_of};

/// An unsigned integer of 32 bits.
pub type ULONG = u32;
/// A signed integer of 32 bits.
pub type LONG = i32;
/// An unsigned integer of 16 bits.
pub type USHORT = u16;
/// A byte.
pub type UCHAR = u8;
/// A byte that is zero for false.
pub type BOOLEAN = u8;
/// An unsigned integer as wide as a pointer.
pub type ULONG_PTR = usize;
/// A UTF-16 code unit.
pub type WCHAR = u16;
/// A UTF-16 code unit of a text that SSPI functions take.
pub type SEC_WCHAR = WCHAR;
/// A character of ANSI text: the code page's on Windows, UTF-8 elsewhere.
pub type SEC_CHAR = c_char;
/// Zero, a positive success such as SEC_I_CONTINUE_NEEDED, or a negative error.
pub type SECURITY_STATUS = LONG;
/// Options of AddSecurityPackage, which nothing here reads.
pub type PSECURITY_PACKAGE_OPTIONS = *mut std::ffi::c_void;

/// A handle: two words that mean something to this library only. Copies are as good as the first.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecHandle {
    /// Not for callers to read.
    pub dwLower: ULONG_PTR,
    /// Not for callers to read.
    pub dwUpper: ULONG_PTR,
}

/// A handle to a credential.
pub type CredHandle = SecHandle;
/// A handle to a security context.
pub type CtxtHandle = SecHandle;

/// 64 bits in two halves.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SECURITY_INTEGER {
    /// The lower 32 bits.
    pub LowPart: ULONG,
    /// The upper 32 bits.
    pub HighPart: LONG,
}

/// A time: 100-nanosecond intervals since 1601 began, local time.
pub type TimeStamp = SECURITY_INTEGER;

/// A buffer of the caller.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecBuffer {
    /// Bytes at `pvBuffer`; set to the bytes written where a function writes.
    pub cbBuffer: ULONG,
    /// A SECBUFFER type, and attribute bits.
    pub BufferType: ULONG,
    /// The memory.
    pub pvBuffer: *mut c_void,
}

/// The buffers of a call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecBufferDesc {
    /// SECBUFFER_VERSION, 0. Not checked.
    pub ulVersion: ULONG,
    /// Buffers at `pBuffers`, 32 at most.
    pub cBuffers: ULONG,
    /// The buffers.
    pub pBuffers: *mut SecBuffer,
}

/// What there is to know of a security package.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgInfoA {
    /// SECPKG_FLAG bits.
    pub fCapabilities: ULONG,
    /// 1.
    pub wVersion: USHORT,
    /// The RPC number of the package.
    pub wRPCID: USHORT,
    /// The largest token in bytes.
    pub cbMaxToken: ULONG,
    /// The name to acquire credentials by.
    pub Name: *mut SEC_CHAR,
    /// A line for people.
    pub Comment: *mut SEC_CHAR,
}

/// What there is to know of a security package.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgInfoW {
    /// SECPKG_FLAG bits.
    pub fCapabilities: ULONG,
    /// 1.
    pub wVersion: USHORT,
    /// The RPC number of the package.
    pub wRPCID: USHORT,
    /// The largest token in bytes.
    pub cbMaxToken: ULONG,
    /// The name to acquire credentials by.
    pub Name: *mut SEC_WCHAR,
    /// A line for people.
    pub Comment: *mut SEC_WCHAR,
}

/// Asked by a server's credential for an account; see AcquireCredentialsHandle.
pub type SEC_GET_KEY_FN = Option<
    unsafe extern "system-unwind" fn(
        Arg: *mut c_void,
        Principal: *mut c_void,
        KeyVer: ULONG,
        Key: *mut *mut c_void,
        Status: *mut SECURITY_STATUS,
    ),
>;

/// Answer to SECPKG_ATTR_SIZES, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_Sizes {
    /// The largest token of the exchange.
    pub cbMaxToken: ULONG,
    /// The largest signature.
    pub cbMaxSignature: ULONG,
    /// The block size of the cipher.
    pub cbBlockSize: ULONG,
    /// The largest trailer of a message, padding aside.
    pub cbSecurityTrailer: ULONG,
}

/// Answer to SECPKG_ATTR_STREAM_SIZES, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_StreamSizes {
    /// Bytes before the data.
    pub cbHeader: ULONG,
    /// Bytes after the data.
    pub cbTrailer: ULONG,
    /// The largest plaintext of a message.
    pub cbMaximumMessage: ULONG,
    /// Buffers of a message.
    pub cBuffers: ULONG,
    /// The block size of the cipher.
    pub cbBlockSize: ULONG,
}

/// Answer to SECPKG_ATTR_KEY_INFO. Both names are freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_KeyInfoA {
    /// The signature algorithm.
    pub sSignatureAlgorithmName: *mut SEC_CHAR,
    /// The cipher, empty without one.
    pub sEncryptAlgorithmName: *mut SEC_CHAR,
    /// The key's length in bits.
    pub KeySize: ULONG,
    /// ALG_ID of the signature.
    pub SignatureAlgorithm: ULONG,
    /// ALG_ID of the cipher, 0 without one.
    pub EncryptAlgorithm: ULONG,
}

/// Answer to SECPKG_ATTR_KEY_INFO. Both names are freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_KeyInfoW {
    /// The signature algorithm.
    pub sSignatureAlgorithmName: *mut SEC_WCHAR,
    /// The cipher, empty without one.
    pub sEncryptAlgorithmName: *mut SEC_WCHAR,
    /// The key's length in bits.
    pub KeySize: ULONG,
    /// ALG_ID of the signature.
    pub SignatureAlgorithm: ULONG,
    /// ALG_ID of the cipher, 0 without one.
    pub EncryptAlgorithm: ULONG,
}

/// Answer to SECPKG_ATTR_NAMES, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_NamesA {
    /// The account, to be compared as it is, unit for unit. Of a server of Digest never the same for
    /// two: `realm\user`, where in the realm `%` stands as `%25` and a backslash as `%5C`; of the
    /// empty realm the user alone, behind a backslash where it has one itself. Of a client of Digest
    /// the user. Of Kerberos and Negotiate the client's principal.
    pub sUserName: *mut SEC_CHAR,
}

/// Answer to SECPKG_ATTR_NAMES, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_NamesW {
    /// The account, to be compared as it is, unit for unit. Of a server of Digest never the same for
    /// two: `realm\user`, where in the realm `%` stands as `%25` and a backslash as `%5C`; of the
    /// empty realm the user alone, behind a backslash where it has one itself. Of a client of Digest
    /// the user. Of Kerberos and Negotiate the client's principal.
    pub sUserName: *mut SEC_WCHAR,
}

/// Answer to SECPKG_ATTR_AUTHORITY, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_AuthorityA {
    /// The realm as it is, to be compared unit for unit; empty where the client named none.
    pub sAuthorityName: *mut SEC_CHAR,
}

/// Answer to SECPKG_ATTR_AUTHORITY, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_AuthorityW {
    /// The realm as it is, to be compared unit for unit; empty where the client named none.
    pub sAuthorityName: *mut SEC_WCHAR,
}

/// Answer to SECPKG_ATTR_LIFESPAN.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_Lifespan {
    /// When the context was made.
    pub tsStart: TimeStamp,
    /// When it ends.
    pub tsExpiry: TimeStamp,
}

/// Answer to SECPKG_ATTR_PASSWORD_EXPIRY.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_PasswordExpiry {
    /// When the password expires.
    pub tsPasswordExpires: TimeStamp,
}

/// Answer to SECPKG_ATTR_FLAGS.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_Flags {
    /// The attributes that the last call on the context returned.
    pub Flags: ULONG,
}

/// Answer to SECPKG_ATTR_SESSION_KEY, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_SessionKey {
    /// Its length in bytes.
    pub SessionKeyLength: ULONG,
    /// The key.
    pub SessionKey: *mut UCHAR,
}

/// Answer to SECPKG_ATTR_PACKAGE_INFO, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_PackageInfoA {
    /// The package.
    pub PackageInfo: *mut SecPkgInfoA,
}

/// Answer to SECPKG_ATTR_PACKAGE_INFO, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_PackageInfoW {
    /// The package.
    pub PackageInfo: *mut SecPkgInfoW,
}

/// Answer to SECPKG_ATTR_NEGOTIATION_INFO, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_NegotiationInfoA {
    /// The package.
    pub PackageInfo: *mut SecPkgInfoA,
    /// SECPKG_NEGOTIATION_COMPLETE, 0.
    pub NegotiationState: ULONG,
}

/// Answer to SECPKG_ATTR_NEGOTIATION_INFO, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_NegotiationInfoW {
    /// The package.
    pub PackageInfo: *mut SecPkgInfoW,
    /// SECPKG_NEGOTIATION_COMPLETE, 0.
    pub NegotiationState: ULONG,
}

/// Answer to SECPKG_ATTR_TARGET, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_Target {
    /// Its length in bytes.
    pub TargetLength: ULONG,
    /// The digest-uri as received, not terminated. For programs to compare: with their service and
    /// host, over HTTP with the request's URI. The library itself compares nothing but what
    /// `http_check_uri` of secur32.toml asks for.
    pub Target: *mut c_char,
}

/// Answer to SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_ClientSpecifiedTarget {
    /// The name, UTF-16 also for the A functions.
    pub sTargetName: *mut SEC_WCHAR,
}

/// Answer to SECPKG_ATTR_ACCESS_TOKEN.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgContext_AccessToken {
    /// The token.
    pub AccessToken: *mut c_void,
}

/// Answer to SECPKG_CRED_ATTR_NAMES, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgCredentials_NamesA {
    /// The user.
    pub sUserName: *mut SEC_CHAR,
}

/// Answer to SECPKG_CRED_ATTR_NAMES, freed with FreeContextBuffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecPkgCredentials_NamesW {
    /// The user.
    pub sUserName: *mut SEC_WCHAR,
}

/// The length of a pointer, in which the layouts below are counted.
const WORD: usize = size_of::<usize>();

const _: () = {
    assert!(WORD == 8 || WORD == 4);
    assert!(size_of::<SecHandle>() == 2 * WORD && offset_of!(SecHandle, dwUpper) == WORD);
    assert!(size_of::<SECURITY_INTEGER>() == 8 && offset_of!(SECURITY_INTEGER, HighPart) == 4);
    assert!(size_of::<SecBuffer>() == 8 + WORD && offset_of!(SecBuffer, BufferType) == 4);
    assert!(offset_of!(SecBuffer, pvBuffer) == 8);
    assert!(size_of::<SecBufferDesc>() == 8 + WORD && offset_of!(SecBufferDesc, cBuffers) == 4);
    assert!(offset_of!(SecBufferDesc, pBuffers) == 8);
    assert!(offset_of!(SecPkgInfoW, wVersion) == 4 && offset_of!(SecPkgInfoW, wRPCID) == 6);
    assert!(offset_of!(SecPkgInfoW, cbMaxToken) == 8);
    assert!(offset_of!(SecPkgInfoW, Name) == if WORD == 8 { 16 } else { 12 });
    assert!(size_of::<SecPkgInfoW>() == offset_of!(SecPkgInfoW, Name) + 2 * WORD);
    assert!(size_of::<SecPkgInfoA>() == size_of::<SecPkgInfoW>());
    assert!(offset_of!(SecPkgInfoA, Comment) == offset_of!(SecPkgInfoW, Comment));
    assert!(size_of::<SecPkgContext_Sizes>() == 16);
    assert!(size_of::<SecPkgContext_StreamSizes>() == 20);
    assert!(size_of::<SecPkgContext_KeyInfoW>() == if WORD == 8 { 32 } else { 20 });
    assert!(offset_of!(SecPkgContext_KeyInfoW, KeySize) == 2 * WORD);
    assert!(size_of::<SecPkgContext_KeyInfoA>() == size_of::<SecPkgContext_KeyInfoW>());
    assert!(size_of::<SecPkgContext_Lifespan>() == 16);
    assert!(size_of::<SecPkgContext_PasswordExpiry>() == 8);
    assert!(size_of::<SecPkgContext_Flags>() == 4);
    assert!(size_of::<SecPkgContext_SessionKey>() == 2 * WORD);
    assert!(offset_of!(SecPkgContext_SessionKey, SessionKey) == WORD);
    assert!(size_of::<SecPkgContext_NegotiationInfoW>() == 2 * WORD);
    assert!(size_of::<SecPkgContext_NegotiationInfoA>() == 2 * WORD);
    assert!(offset_of!(SecPkgContext_NegotiationInfoW, NegotiationState) == WORD);
    assert!(size_of::<SecPkgContext_Target>() == 2 * WORD);
    assert!(offset_of!(SecPkgContext_Target, Target) == WORD);
};
