//! The types of pointers to the functions of credentials, by their names in `<sspi.h>`.
#![allow(non_camel_case_types)]

use std::ffi::c_void;

use crate::ffi::abi::types::{
    CredHandle, SEC_CHAR, SEC_GET_KEY_FN, SEC_WCHAR, SECURITY_STATUS, TimeStamp, ULONG,
};

/// Pointer to QueryCredentialsAttributesW.
pub type QUERY_CREDENTIALS_ATTRIBUTES_FN_W = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QueryCredentialsAttributesA.
pub type QUERY_CREDENTIALS_ATTRIBUTES_FN_A = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
    ) -> SECURITY_STATUS,
>;

/// Pointer to AcquireCredentialsHandleW.
pub type ACQUIRE_CREDENTIALS_HANDLE_FN_W = Option<
    unsafe extern "system" fn(
        pszPrincipal: *mut SEC_WCHAR,
        pszPackage: *mut SEC_WCHAR,
        fCredentialUse: ULONG,
        pvLogonID: *mut c_void,
        pAuthData: *mut c_void,
        pGetKeyFn: SEC_GET_KEY_FN,
        pvGetKeyArgument: *mut c_void,
        phCredential: *mut CredHandle,
        ptsExpiry: *mut TimeStamp,
    ) -> SECURITY_STATUS,
>;

/// Pointer to AcquireCredentialsHandleA.
pub type ACQUIRE_CREDENTIALS_HANDLE_FN_A = Option<
    unsafe extern "system" fn(
        pszPrincipal: *mut SEC_CHAR,
        pszPackage: *mut SEC_CHAR,
        fCredentialUse: ULONG,
        pvLogonID: *mut c_void,
        pAuthData: *mut c_void,
        pGetKeyFn: SEC_GET_KEY_FN,
        pvGetKeyArgument: *mut c_void,
        phCredential: *mut CredHandle,
        ptsExpiry: *mut TimeStamp,
    ) -> SECURITY_STATUS,
>;

/// Pointer to FreeCredentialsHandle.
pub type FREE_CREDENTIALS_HANDLE_FN =
    Option<unsafe extern "system" fn(phCredential: *mut CredHandle) -> SECURITY_STATUS>;

/// Pointer to AddCredentialsW.
pub type ADD_CREDENTIALS_FN_W = Option<
    unsafe extern "system" fn(
        hCredentials: *mut CredHandle,
        pszPrincipal: *mut SEC_WCHAR,
        pszPackage: *mut SEC_WCHAR,
        fCredentialUse: ULONG,
        pAuthData: *mut c_void,
        pGetKeyFn: SEC_GET_KEY_FN,
        pvGetKeyArgument: *mut c_void,
        ptsExpiry: *mut TimeStamp,
    ) -> SECURITY_STATUS,
>;

/// Pointer to AddCredentialsA.
pub type ADD_CREDENTIALS_FN_A = Option<
    unsafe extern "system" fn(
        hCredentials: *mut CredHandle,
        pszPrincipal: *mut SEC_CHAR,
        pszPackage: *mut SEC_CHAR,
        fCredentialUse: ULONG,
        pAuthData: *mut c_void,
        pGetKeyFn: SEC_GET_KEY_FN,
        pvGetKeyArgument: *mut c_void,
        ptsExpiry: *mut TimeStamp,
    ) -> SECURITY_STATUS,
>;

/// Pointer to SetCredentialsAttributesW.
pub type SET_CREDENTIALS_ATTRIBUTES_FN_W = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to SetCredentialsAttributesA.
pub type SET_CREDENTIALS_ATTRIBUTES_FN_A = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QueryCredentialsAttributesExW.
pub type QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;

/// Pointer to QueryCredentialsAttributesExA.
pub type QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A = Option<
    unsafe extern "system" fn(
        phCredential: *mut CredHandle,
        ulAttribute: ULONG,
        pBuffer: *mut c_void,
        cbBuffer: ULONG,
    ) -> SECURITY_STATUS,
>;
