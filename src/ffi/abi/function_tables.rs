//! The function tables of `<sspi.h>`.

use std::ffi::c_void;
use std::mem::{offset_of, size_of};

use crate::ffi::abi::credential_function_types::{
    ACQUIRE_CREDENTIALS_HANDLE_FN_A, ACQUIRE_CREDENTIALS_HANDLE_FN_W, ADD_CREDENTIALS_FN_A,
    ADD_CREDENTIALS_FN_W, FREE_CREDENTIALS_HANDLE_FN, QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A,
    QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W, QUERY_CREDENTIALS_ATTRIBUTES_FN_A,
    QUERY_CREDENTIALS_ATTRIBUTES_FN_W, SET_CREDENTIALS_ATTRIBUTES_FN_A,
    SET_CREDENTIALS_ATTRIBUTES_FN_W,
};
use crate::ffi::abi::function_types::{
    ACCEPT_SECURITY_CONTEXT_FN, APPLY_CONTROL_TOKEN_FN, CHANGE_PASSWORD_FN_A, CHANGE_PASSWORD_FN_W,
    COMPLETE_AUTH_TOKEN_FN, DECRYPT_MESSAGE_FN, DELETE_SECURITY_CONTEXT_FN, ENCRYPT_MESSAGE_FN,
    ENUMERATE_SECURITY_PACKAGES_FN_A, ENUMERATE_SECURITY_PACKAGES_FN_W, EXPORT_SECURITY_CONTEXT_FN,
    FREE_CONTEXT_BUFFER_FN, IMPERSONATE_SECURITY_CONTEXT_FN, IMPORT_SECURITY_CONTEXT_FN_A,
    IMPORT_SECURITY_CONTEXT_FN_W, INITIALIZE_SECURITY_CONTEXT_FN_A,
    INITIALIZE_SECURITY_CONTEXT_FN_W, MAKE_SIGNATURE_FN, QUERY_CONTEXT_ATTRIBUTES_EX_FN_A,
    QUERY_CONTEXT_ATTRIBUTES_EX_FN_W, QUERY_CONTEXT_ATTRIBUTES_FN_A, QUERY_CONTEXT_ATTRIBUTES_FN_W,
    QUERY_SECURITY_CONTEXT_TOKEN_FN, QUERY_SECURITY_PACKAGE_INFO_FN_A,
    QUERY_SECURITY_PACKAGE_INFO_FN_W, REVERT_SECURITY_CONTEXT_FN, SET_CONTEXT_ATTRIBUTES_FN_A,
    SET_CONTEXT_ATTRIBUTES_FN_W, VERIFY_SIGNATURE_FN,
};
use crate::ffi::abi::types::ULONG;

/// The functions of the interface in their UTF-16 forms, as InitSecurityInterfaceW returns them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecurityFunctionTableW {
    /// SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION, 1.
    pub dwVersion: ULONG,
    /// EnumerateSecurityPackagesW.
    pub EnumerateSecurityPackagesW: ENUMERATE_SECURITY_PACKAGES_FN_W,
    /// QueryCredentialsAttributesW.
    pub QueryCredentialsAttributesW: QUERY_CREDENTIALS_ATTRIBUTES_FN_W,
    /// AcquireCredentialsHandleW.
    pub AcquireCredentialsHandleW: ACQUIRE_CREDENTIALS_HANDLE_FN_W,
    /// FreeCredentialsHandle.
    pub FreeCredentialsHandle: FREE_CREDENTIALS_HANDLE_FN,
    /// NULL.
    pub Reserved2: *mut c_void,
    /// InitializeSecurityContextW.
    pub InitializeSecurityContextW: INITIALIZE_SECURITY_CONTEXT_FN_W,
    /// AcceptSecurityContext.
    pub AcceptSecurityContext: ACCEPT_SECURITY_CONTEXT_FN,
    /// CompleteAuthToken.
    pub CompleteAuthToken: COMPLETE_AUTH_TOKEN_FN,
    /// DeleteSecurityContext.
    pub DeleteSecurityContext: DELETE_SECURITY_CONTEXT_FN,
    /// ApplyControlToken.
    pub ApplyControlToken: APPLY_CONTROL_TOKEN_FN,
    /// QueryContextAttributesW.
    pub QueryContextAttributesW: QUERY_CONTEXT_ATTRIBUTES_FN_W,
    /// ImpersonateSecurityContext.
    pub ImpersonateSecurityContext: IMPERSONATE_SECURITY_CONTEXT_FN,
    /// RevertSecurityContext.
    pub RevertSecurityContext: REVERT_SECURITY_CONTEXT_FN,
    /// MakeSignature.
    pub MakeSignature: MAKE_SIGNATURE_FN,
    /// VerifySignature.
    pub VerifySignature: VERIFY_SIGNATURE_FN,
    /// FreeContextBuffer.
    pub FreeContextBuffer: FREE_CONTEXT_BUFFER_FN,
    /// QuerySecurityPackageInfoW.
    pub QuerySecurityPackageInfoW: QUERY_SECURITY_PACKAGE_INFO_FN_W,
    /// EncryptMessage by its former name.
    pub Reserved3: *mut c_void,
    /// DecryptMessage by its former name.
    pub Reserved4: *mut c_void,
    /// ExportSecurityContext.
    pub ExportSecurityContext: EXPORT_SECURITY_CONTEXT_FN,
    /// ImportSecurityContextW.
    pub ImportSecurityContextW: IMPORT_SECURITY_CONTEXT_FN_W,
    /// AddCredentialsW.
    pub AddCredentialsW: ADD_CREDENTIALS_FN_W,
    /// NULL.
    pub Reserved8: *mut c_void,
    /// QuerySecurityContextToken.
    pub QuerySecurityContextToken: QUERY_SECURITY_CONTEXT_TOKEN_FN,
    /// EncryptMessage.
    pub EncryptMessage: ENCRYPT_MESSAGE_FN,
    /// DecryptMessage.
    pub DecryptMessage: DECRYPT_MESSAGE_FN,
    /// SetContextAttributesW.
    pub SetContextAttributesW: SET_CONTEXT_ATTRIBUTES_FN_W,
    /// SetCredentialsAttributesW.
    pub SetCredentialsAttributesW: SET_CREDENTIALS_ATTRIBUTES_FN_W,
    /// ChangeAccountPasswordW.
    pub ChangeAccountPasswordW: CHANGE_PASSWORD_FN_W,
    /// QueryContextAttributesExW.
    pub QueryContextAttributesExW: QUERY_CONTEXT_ATTRIBUTES_EX_FN_W,
    /// QueryCredentialsAttributesExW.
    pub QueryCredentialsAttributesExW: QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W,
}

/// The functions of the interface in their ANSI forms, as InitSecurityInterfaceA returns them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SecurityFunctionTableA {
    /// SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION, 1.
    pub dwVersion: ULONG,
    /// EnumerateSecurityPackagesA.
    pub EnumerateSecurityPackagesA: ENUMERATE_SECURITY_PACKAGES_FN_A,
    /// QueryCredentialsAttributesA.
    pub QueryCredentialsAttributesA: QUERY_CREDENTIALS_ATTRIBUTES_FN_A,
    /// AcquireCredentialsHandleA.
    pub AcquireCredentialsHandleA: ACQUIRE_CREDENTIALS_HANDLE_FN_A,
    /// FreeCredentialsHandle.
    pub FreeCredentialsHandle: FREE_CREDENTIALS_HANDLE_FN,
    /// NULL.
    pub Reserved2: *mut c_void,
    /// InitializeSecurityContextA.
    pub InitializeSecurityContextA: INITIALIZE_SECURITY_CONTEXT_FN_A,
    /// AcceptSecurityContext.
    pub AcceptSecurityContext: ACCEPT_SECURITY_CONTEXT_FN,
    /// CompleteAuthToken.
    pub CompleteAuthToken: COMPLETE_AUTH_TOKEN_FN,
    /// DeleteSecurityContext.
    pub DeleteSecurityContext: DELETE_SECURITY_CONTEXT_FN,
    /// ApplyControlToken.
    pub ApplyControlToken: APPLY_CONTROL_TOKEN_FN,
    /// QueryContextAttributesA.
    pub QueryContextAttributesA: QUERY_CONTEXT_ATTRIBUTES_FN_A,
    /// ImpersonateSecurityContext.
    pub ImpersonateSecurityContext: IMPERSONATE_SECURITY_CONTEXT_FN,
    /// RevertSecurityContext.
    pub RevertSecurityContext: REVERT_SECURITY_CONTEXT_FN,
    /// MakeSignature.
    pub MakeSignature: MAKE_SIGNATURE_FN,
    /// VerifySignature.
    pub VerifySignature: VERIFY_SIGNATURE_FN,
    /// FreeContextBuffer.
    pub FreeContextBuffer: FREE_CONTEXT_BUFFER_FN,
    /// QuerySecurityPackageInfoA.
    pub QuerySecurityPackageInfoA: QUERY_SECURITY_PACKAGE_INFO_FN_A,
    /// EncryptMessage by its former name.
    pub Reserved3: *mut c_void,
    /// DecryptMessage by its former name.
    pub Reserved4: *mut c_void,
    /// ExportSecurityContext.
    pub ExportSecurityContext: EXPORT_SECURITY_CONTEXT_FN,
    /// ImportSecurityContextA.
    pub ImportSecurityContextA: IMPORT_SECURITY_CONTEXT_FN_A,
    /// AddCredentialsA.
    pub AddCredentialsA: ADD_CREDENTIALS_FN_A,
    /// NULL.
    pub Reserved8: *mut c_void,
    /// QuerySecurityContextToken.
    pub QuerySecurityContextToken: QUERY_SECURITY_CONTEXT_TOKEN_FN,
    /// EncryptMessage.
    pub EncryptMessage: ENCRYPT_MESSAGE_FN,
    /// DecryptMessage.
    pub DecryptMessage: DECRYPT_MESSAGE_FN,
    /// SetContextAttributesA.
    pub SetContextAttributesA: SET_CONTEXT_ATTRIBUTES_FN_A,
    /// SetCredentialsAttributesA.
    pub SetCredentialsAttributesA: SET_CREDENTIALS_ATTRIBUTES_FN_A,
    /// ChangeAccountPasswordA.
    pub ChangeAccountPasswordA: CHANGE_PASSWORD_FN_A,
    /// QueryContextAttributesExA.
    pub QueryContextAttributesExA: QUERY_CONTEXT_ATTRIBUTES_EX_FN_A,
    /// QueryCredentialsAttributesExA.
    pub QueryCredentialsAttributesExA: QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A,
}

const _: () = {
    // A version and 31 members (sspi.h), in both forms.
    const WORD: usize = size_of::<usize>();
    assert!(size_of::<SecurityFunctionTableW>() == 32 * WORD);
    assert!(size_of::<SecurityFunctionTableA>() == 32 * WORD);
    assert!(offset_of!(SecurityFunctionTableW, EnumerateSecurityPackagesW) == WORD);
    assert!(offset_of!(SecurityFunctionTableW, Reserved3) == 18 * WORD);
    assert!(offset_of!(SecurityFunctionTableW, QueryCredentialsAttributesExW) == 31 * WORD);
    assert!(offset_of!(SecurityFunctionTableA, Reserved8) == 23 * WORD);
};
