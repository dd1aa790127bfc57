//! The types of pointers to the functions of contexts, messages and packages, by their names in `<sspi.h>`.
#![allow(non_camel_case_types)]

use std::ffi::c_void;

use crate::ffi::abi::types::{
    BOOLEAN, CredHandle, CtxtHandle, SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecBuffer,
    SecBufferDesc, SecPkgInfoA, SecPkgInfoW, TimeStamp, ULONG,
};

/// Pointer to EnumerateSecurityPackagesW.
pub type ENUMERATE_SECURITY_PACKAGES_FN_W = Option<
    unsafe extern "system" fn(
        pcPackages: *mut ULONG,
        ppPackageInfo: *mut *mut SecPkgInfoW,
    ) -> SECURITY_STATUS,
>;

/// Pointer to EnumerateSecurityPackagesA.
pub type ENUMERATE_SECURITY_PACKAGES_FN_A = Option<
    unsafe extern "system" fn(
        pcPackages: *mut ULONG,
        ppPackageInfo: *mut *mut SecPkgInfoA,
    ) -> SECURITY_STATUS,
>;

/// Pointer to InitializeSecurityContextW.
pub type INITIALIZE_SECURITY_CONTEXT_FN_W = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        phContext: *mut CtxtHandle,
        pszTargetName: *mut SEC_WCHAR,
        fContextReq: ULONG,
        Reserved1: ULONG,
        TargetDataRep: ULONG,
        pInput: *mut SecBufferDesc,
        Reserved2: ULONG,
        phNewContext: *mut CtxtHandle,
        pOutput: *mut SecBufferDesc,
        pfContextAttr: *mut ULONG,
        ptsExpiry: *mut TimeStamp,
    ) -> SECURITY_STATUS,
>;

/// Pointer to InitializeSecurityContextA.
pub type INITIALIZE_SECURITY_CONTEXT_FN_A = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        phContext: *mut CtxtHandle,
        pszTargetName: *mut SEC_CHAR,
        fContextReq: ULONG,
        Reserved1: ULONG,
        TargetDataRep: ULONG,
        pInput: *mut SecBufferDesc,
        Reserved2: ULONG,
        phNewContext: *mut CtxtHandle,
        pOutput: *mut SecBufferDesc,
        pfContextAttr: *mut ULONG,
        ptsExpiry: *mut TimeStamp,
    ) -> SECURITY_STATUS,
>;

/// Pointer to AcceptSecurityContext.
pub type ACCEPT_SECURITY_CONTEXT_FN = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        phContext: *mut CtxtHandle,
        pInput: *mut SecBufferDesc,
        fContextReq: ULONG,
        TargetDataRep: ULONG,
        phNewContext: *mut CtxtHandle,
        pOutput: *mut SecBufferDesc,
        pfContextAttr: *mut ULONG,
        ptsExpiry: *mut TimeStamp,
    ) -> SECURITY_STATUS,
>;

/// Pointer to CompleteAuthToken.
pub type COMPLETE_AUTH_TOKEN_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        pToken: *mut SecBufferDesc,
    ) -> SECURITY_STATUS,
>;

/// Pointer to DeleteSecurityContext.
pub type DELETE_SECURITY_CONTEXT_FN =
    Option<unsafe extern "system" fn(phContext: *mut CtxtHandle) -> SECURITY_STATUS>;

/// Pointer to ApplyControlToken.
pub type APPLY_CONTROL_TOKEN_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        pInput: *mut SecBufferDesc,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QueryContextAttributesW.
pub type QUERY_CONTEXT_ATTRIBUTES_FN_W = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QueryContextAttributesA.
pub type QUERY_CONTEXT_ATTRIBUTES_FN_A = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
    ) -> SECURITY_STATUS,
>;

/// Pointer to ImpersonateSecurityContext.
pub type IMPERSONATE_SECURITY_CONTEXT_FN =
    Option<unsafe extern "system" fn(phContext: *mut CtxtHandle) -> SECURITY_STATUS>;

/// Pointer to RevertSecurityContext.
pub type REVERT_SECURITY_CONTEXT_FN =
    Option<unsafe extern "system" fn(phContext: *mut CtxtHandle) -> SECURITY_STATUS>;

/// Pointer to MakeSignature.
pub type MAKE_SIGNATURE_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        fQOP: ULONG,
        pMessage: *mut SecBufferDesc,
        MessageSeqNo: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to VerifySignature.
pub type VERIFY_SIGNATURE_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        pMessage: *mut SecBufferDesc,
        MessageSeqNo: ULONG,
        pfQOP: *mut ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to FreeContextBuffer.
pub type FREE_CONTEXT_BUFFER_FN =
    Option<unsafe extern "system" fn(pvContextBuffer: *mut c_void) -> SECURITY_STATUS>;

/// Pointer to QuerySecurityPackageInfoW.
pub type QUERY_SECURITY_PACKAGE_INFO_FN_W = Option<
    unsafe extern "system" fn(
        pszPackageName: *mut SEC_WCHAR,
        ppPackageInfo: *mut *mut SecPkgInfoW,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QuerySecurityPackageInfoA.
pub type QUERY_SECURITY_PACKAGE_INFO_FN_A = Option<
    unsafe extern "system" fn(
        pszPackageName: *mut SEC_CHAR,
        ppPackageInfo: *mut *mut SecPkgInfoA,
    ) -> SECURITY_STATUS,
>;

/// Pointer to EncryptMessage.
pub type ENCRYPT_MESSAGE_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        fQOP: ULONG,
        pMessage: *mut SecBufferDesc,
        MessageSeqNo: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to DecryptMessage.
pub type DECRYPT_MESSAGE_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        pMessage: *mut SecBufferDesc,
        MessageSeqNo: ULONG,
        pfQOP: *mut ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to ExportSecurityContext.
pub type EXPORT_SECURITY_CONTEXT_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        fFlags: ULONG,
        pPackedContext: *mut SecBuffer,
        pToken: *mut *mut c_void,
    ) -> SECURITY_STATUS,
>;

/// Pointer to ImportSecurityContextW.
pub type IMPORT_SECURITY_CONTEXT_FN_W = Option<
    unsafe extern "system" fn(
        pszPackage: *mut SEC_WCHAR,
        pPackedContext: *mut SecBuffer,
        Token: *mut c_void,
        phContext: *mut CtxtHandle,
    ) -> SECURITY_STATUS,
>;

/// Pointer to ImportSecurityContextA.
pub type IMPORT_SECURITY_CONTEXT_FN_A = Option<
    unsafe extern "system" fn(
        pszPackage: *mut SEC_CHAR,
        pPackedContext: *mut SecBuffer,
        Token: *mut c_void,
        phContext: *mut CtxtHandle,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QuerySecurityContextToken.
pub type QUERY_SECURITY_CONTEXT_TOKEN_FN = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        Token: *mut *mut c_void,
    ) -> SECURITY_STATUS,
>;

/// Pointer to SetContextAttributesW.
pub type SET_CONTEXT_ATTRIBUTES_FN_W = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to SetContextAttributesA.
pub type SET_CONTEXT_ATTRIBUTES_FN_A = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to ChangeAccountPasswordW.
pub type CHANGE_PASSWORD_FN_W = Option<
    unsafe extern "system" fn(
        pszPackageName: *mut SEC_WCHAR,
        pszDomainName: *mut SEC_WCHAR,
        pszAccountName: *mut SEC_WCHAR,
        pszOldPassword: *mut SEC_WCHAR,
        pszNewPassword: *mut SEC_WCHAR,
        bImpersonating: BOOLEAN,
        dwReserved: ULONG,
        pOutput: *mut SecBufferDesc,
    ) -> SECURITY_STATUS,
>;

/// Pointer to ChangeAccountPasswordA.
pub type CHANGE_PASSWORD_FN_A = Option<
    unsafe extern "system" fn(
        pszPackageName: *mut SEC_CHAR,
        pszDomainName: *mut SEC_CHAR,
        pszAccountName: *mut SEC_CHAR,
        pszOldPassword: *mut SEC_CHAR,
        pszNewPassword: *mut SEC_CHAR,
        bImpersonating: BOOLEAN,
        dwReserved: ULONG,
        pOutput: *mut SecBufferDesc,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QueryContextAttributesExW.
pub type QUERY_CONTEXT_ATTRIBUTES_EX_FN_W = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QueryContextAttributesExA.
pub type QUERY_CONTEXT_ATTRIBUTES_EX_FN_A = Option<
    unsafe extern "system" fn(
        phContext: *mut CtxtHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;
