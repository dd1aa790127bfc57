//! The exported functions and structures as C declares them in `secur32.h`, written down once more:
//! the targets see nothing of the library that a C program does not.
#![allow(non_snake_case)]

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

/// Pulls in the library whose exported symbols the declarations below name.
use secur32 as _;

/// `SecHandle`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecHandle {
    pub lower: usize,
    pub upper: usize,
}

impl SecHandle {
    /// Words that a failed call must leave as they are.
    pub const UNTOUCHED: Self = Self { lower: 0x5EED_0001, upper: 0x5EED_0002 };
}

/// `SecBuffer`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecBuffer {
    pub length: u32,
    pub kind: u32,
    pub memory: *mut c_void,
}

/// `SecBufferDesc`.
#[repr(C)]
pub struct SecBufferDesc {
    pub version: u32,
    pub count: u32,
    pub buffers: *mut SecBuffer,
}

impl SecBufferDesc {
    /// The description of these buffers, which must outlive it.
    pub fn of(buffers: &mut [SecBuffer]) -> Self {
        let count = u32::try_from(buffers.len()).unwrap();
        let start = if buffers.is_empty() { ptr::null_mut() } else { buffers.as_mut_ptr() };
        Self { version: 0, count, buffers: start }
    }
}

/// `SEC_WINNT_AUTH_IDENTITY_A` and `_W`.
#[repr(C)]
pub struct Identity {
    pub user: *const c_void,
    pub user_length: u32,
    pub domain: *const c_void,
    pub domain_length: u32,
    pub password: *const c_void,
    pub password_length: u32,
    pub flags: u32,
}

/// `SEC_WINNT_AUTH_IDENTITY_EXA` and `_EXW`.
#[repr(C)]
pub struct IdentityEx {
    pub version: u32,
    pub length: u32,
    pub identity: Identity,
    pub packages: *const c_void,
    pub packages_length: u32,
}

/// `SecPkgContext_Sizes`.
#[repr(C)]
#[derive(Default, Clone, Copy, Debug)]
pub struct Sizes {
    pub max_token: u32,
    pub max_signature: u32,
    pub block: u32,
    pub security_trailer: u32,
}

/// `SecPkgContext_StreamSizes`.
#[repr(C)]
#[derive(Default, Clone, Copy, Debug)]
pub struct StreamSizes {
    pub header: u32,
    pub trailer: u32,
    pub maximum_message: u32,
    pub buffers: u32,
    pub block: u32,
}

/// `SEC_GET_KEY_FN`.
pub type GetKey = unsafe extern "C" fn(*mut c_void, *mut c_void, u32, *mut *mut c_void, *mut i32);

pub const OK: i32 = 0;
pub const CONTINUE_NEEDED: i32 = 0x0009_0312;
pub const COMPLETE_NEEDED: i32 = 0x0009_0313;
pub const INVALID_TOKEN: i32 = 0x8009_0308_u32.cast_signed();
pub const INTERNAL_ERROR: i32 = 0x8009_0304_u32.cast_signed();
pub const INVALID_HANDLE: i32 = 0x8009_0301_u32.cast_signed();
pub const LOGON_DENIED: i32 = 0x8009_030C_u32.cast_signed();
pub const MESSAGE_ALTERED: i32 = 0x8009_030F_u32.cast_signed();
pub const OUT_OF_SEQUENCE: i32 = 0x8009_0310_u32.cast_signed();
pub const NO_AUTHENTICATING_AUTHORITY: i32 = 0x8009_0311_u32.cast_signed();
pub const BUFFER_TOO_SMALL: i32 = 0x8009_0321_u32.cast_signed();
pub const QOP_NOT_SUPPORTED: i32 = 0x8009_030A_u32.cast_signed();
pub const UNSUPPORTED_FUNCTION: i32 = 0x8009_0302_u32.cast_signed();
pub const WRONG_PRINCIPAL: i32 = 0x8009_0322_u32.cast_signed();
pub const ALGORITHM_MISMATCH: i32 = 0x8009_0331_u32.cast_signed();
pub const SECURITY_QOS_FAILED: i32 = 0x8009_0332_u32.cast_signed();
pub const BAD_BINDINGS: i32 = 0x8009_0346_u32.cast_signed();
pub const STATUS_LOGON_FAILURE: i32 = 0xC000_006D_u32.cast_signed();
pub const INVALID_PARAMETER: i32 = 0x8009_035D_u32.cast_signed();

pub const DATA: u32 = 1;
pub const TOKEN: u32 = 2;
pub const PKG_PARAMS: u32 = 3;
pub const PADDING: u32 = 9;
pub const STREAM: u32 = 10;
pub const CHANNEL_BINDINGS: u32 = 14;
pub const TARGET_HOST: u32 = 16;

pub const INBOUND: u32 = 1;
pub const OUTBOUND: u32 = 2;

pub const ASC_REPLAY: u32 = 0x4;
pub const ASC_CONFIDENTIALITY: u32 = 0x10;
pub const ASC_ALLOCATE: u32 = 0x100;
pub const ASC_EXTENDED_ERROR: u32 = 0x8000;
pub const ASC_PROXY: u32 = 0x0400_0000;
pub const ASC_INTEGRITY: u32 = 0x2_0000;
pub const ASC_ALLOW_MISSING: u32 = 0x1000_0000;
pub const ASC_HTTP: u32 = 0x1000_0000;
pub const ISC_CONFIDENTIALITY: u32 = 0x10;
pub const ISC_ALLOCATE: u32 = 0x100;
pub const ISC_INTEGRITY: u32 = 0x1_0000;
pub const ISC_HTTP: u32 = 0x1000_0000;

pub const ATTR_SIZES: u32 = 0;
pub const ATTR_NAMES: u32 = 1;
pub const ATTR_STREAM_SIZES: u32 = 4;

pub const OPTION_AUTHZ_STRING: u32 = 3;
pub const OPTION_AUTHZ_PROCESSING: u32 = 4;

pub const IDENTITY_ANSI: u32 = 1;
pub const IDENTITY_UNICODE: u32 = 2;

unsafe extern "C" {
    pub fn AcquireCredentialsHandleA(
        principal: *mut c_char,
        package: *mut c_char,
        usage: u32,
        logon: *mut c_void,
        identity: *mut c_void,
        get_key: Option<GetKey>,
        argument: *mut c_void,
        credential: *mut SecHandle,
        expiry: *mut i64,
    ) -> i32;
    pub fn FreeCredentialsHandle(credential: *mut SecHandle) -> i32;
    pub fn AcceptSecurityContext(
        credential: *mut SecHandle,
        context: *mut SecHandle,
        input: *mut SecBufferDesc,
        flags: u32,
        representation: u32,
        new_context: *mut SecHandle,
        output: *mut SecBufferDesc,
        attributes: *mut u32,
        expiry: *mut i64,
    ) -> i32;
    pub fn SaslAcceptSecurityContext(
        credential: *mut SecHandle,
        context: *mut SecHandle,
        input: *mut SecBufferDesc,
        flags: u32,
        representation: u32,
        new_context: *mut SecHandle,
        output: *mut SecBufferDesc,
        attributes: *mut u32,
        expiry: *mut i64,
    ) -> i32;
    pub fn InitializeSecurityContextA(
        credential: *mut SecHandle,
        context: *mut SecHandle,
        target: *mut c_char,
        flags: u32,
        reserved: u32,
        representation: u32,
        input: *mut SecBufferDesc,
        reserved2: u32,
        new_context: *mut SecHandle,
        output: *mut SecBufferDesc,
        attributes: *mut u32,
        expiry: *mut i64,
    ) -> i32;
    pub fn SaslInitializeSecurityContextA(
        credential: *mut SecHandle,
        context: *mut SecHandle,
        target: *mut c_char,
        flags: u32,
        reserved: u32,
        representation: u32,
        input: *mut SecBufferDesc,
        reserved2: u32,
        new_context: *mut SecHandle,
        output: *mut SecBufferDesc,
        attributes: *mut u32,
        expiry: *mut i64,
    ) -> i32;
    pub fn SaslSetContextOption(
        context: *mut SecHandle,
        option: u32,
        value: *mut c_void,
        size: u32,
    ) -> i32;
    pub fn SaslGetContextOption(
        context: *mut SecHandle,
        option: u32,
        value: *mut c_void,
        size: u32,
        needed: *mut u32,
    ) -> i32;
    pub fn CompleteAuthToken(context: *mut SecHandle, token: *mut SecBufferDesc) -> i32;
    pub fn DeleteSecurityContext(context: *mut SecHandle) -> i32;
    pub fn FreeContextBuffer(memory: *mut c_void) -> i32;
    pub fn QueryContextAttributesA(context: *mut SecHandle, which: u32, into: *mut c_void) -> i32;
    pub fn MakeSignature(
        context: *mut SecHandle,
        qop: u32,
        message: *mut SecBufferDesc,
        sequence: u32,
    ) -> i32;
    pub fn VerifySignature(
        context: *mut SecHandle,
        message: *mut SecBufferDesc,
        sequence: u32,
        qop: *mut u32,
    ) -> i32;
    pub fn EncryptMessage(
        context: *mut SecHandle,
        qop: u32,
        message: *mut SecBufferDesc,
        sequence: u32,
    ) -> i32;
    pub fn DecryptMessage(
        context: *mut SecHandle,
        message: *mut SecBufferDesc,
        sequence: u32,
        qop: *mut u32,
    ) -> i32;
    pub fn ExportSecurityContext(
        context: *mut SecHandle,
        flags: u32,
        packed: *mut SecBuffer,
        token: *mut *mut c_void,
    ) -> i32;
    pub fn ImportSecurityContextA(
        package: *mut c_char,
        packed: *mut SecBuffer,
        token: *mut c_void,
        context: *mut SecHandle,
    ) -> i32;
    pub fn SspiEncodeStringsAsAuthIdentity(
        user: *const u16,
        domain: *const u16,
        password: *const u16,
        identity: *mut *mut c_void,
    ) -> i32;
    pub fn SspiEncodeAuthIdentityAsStrings(
        identity: *mut c_void,
        user: *mut *const u16,
        domain: *mut *const u16,
        password: *mut *const u16,
    ) -> i32;
    pub fn SspiValidateAuthIdentity(identity: *mut c_void) -> i32;
    pub fn SspiCopyAuthIdentity(identity: *mut c_void, copy: *mut *mut c_void) -> i32;
    pub fn SspiFreeAuthIdentity(identity: *mut c_void);
    pub fn SspiZeroAuthIdentity(identity: *mut c_void);
    pub fn SspiLocalFree(memory: *mut c_void);
    pub fn SspiCompareAuthIdentities(
        one: *mut c_void,
        other: *mut c_void,
        same_user: *mut u8,
        same_identity: *mut u8,
    ) -> i32;
    pub fn SspiEncryptAuthIdentity(identity: *mut c_void) -> i32;
    pub fn SspiDecryptAuthIdentity(identity: *mut c_void) -> i32;
    pub fn SspiIsAuthIdentityEncrypted(identity: *mut c_void) -> u8;
    pub fn SspiMarshalAuthIdentity(
        identity: *mut c_void,
        length: *mut u32,
        bytes: *mut *mut c_char,
    ) -> i32;
    pub fn SspiUnmarshalAuthIdentity(
        length: u32,
        bytes: *mut c_char,
        identity: *mut *mut c_void,
    ) -> i32;
    pub fn SspiExcludePackage(
        identity: *mut c_void,
        package: *const u16,
        changed: *mut *mut c_void,
    ) -> i32;
    pub fn SspiPrepareForCredWrite(
        identity: *mut c_void,
        target: *const u16,
        kind: *mut u32,
        target_name: *mut *const u16,
        user_name: *mut *const u16,
        blob: *mut *mut u8,
        blob_size: *mut u32,
    ) -> i32;
    pub fn SspiGetTargetHostName(target: *const u16, host: *mut *mut u16) -> i32;
}

/// The name of who is at the other end of an established context (SECPKG_ATTR_NAMES).
pub fn name_of(context: &mut SecHandle) -> Vec<u8> {
    let mut name: *mut c_char = ptr::null_mut();
    // SAFETY: the structure of that attribute is one pointer, freed below.
    unsafe {
        let into = (&raw mut name).cast();
        assert_eq!(QueryContextAttributesA(context, ATTR_NAMES, into), OK);
        let bytes = CStr::from_ptr(name).to_bytes().to_vec();
        assert_eq!(FreeContextBuffer(name.cast()), OK);
        bytes
    }
}
