//! The function tables: all plain functions behind one symbol.

use std::cell::UnsafeCell;
use std::ffi::c_void;

use crate::ffi::abi::function_tables::{SecurityFunctionTableA, SecurityFunctionTableW};
use crate::ffi::exports::attributes::{
    QueryContextAttributesA, QueryContextAttributesExA, QueryContextAttributesExW,
    QueryContextAttributesW, SetContextAttributesA, SetContextAttributesW,
};
use crate::ffi::exports::context::{
    AcceptSecurityContext, ApplyControlToken, CompleteAuthToken, DeleteSecurityContext,
    InitializeSecurityContextA, InitializeSecurityContextW,
};
use crate::ffi::exports::credentials::{
    AcquireCredentialsHandleA, AcquireCredentialsHandleW, AddCredentialsA, AddCredentialsW,
    FreeCredentialsHandle, QueryCredentialsAttributesA, QueryCredentialsAttributesExA,
    QueryCredentialsAttributesExW, QueryCredentialsAttributesW, SetCredentialsAttributesA,
    SetCredentialsAttributesW,
};
use crate::ffi::exports::impersonation::{
    ImpersonateSecurityContext, QuerySecurityContextToken, RevertSecurityContext,
};
use crate::ffi::exports::memory::FreeContextBuffer;
use crate::ffi::exports::message::{
    DecryptMessage, EncryptMessage, MakeSignature, VerifySignature,
};
use crate::ffi::exports::packages::{
    EnumerateSecurityPackagesA, EnumerateSecurityPackagesW, QuerySecurityPackageInfoA,
    QuerySecurityPackageInfoW,
};
use crate::ffi::exports::password::{ChangeAccountPasswordA, ChangeAccountPasswordW};
use crate::ffi::exports::transfer::{
    ExportSecurityContext, ImportSecurityContextA, ImportSecurityContextW,
};
use crate::ffi::guard::guard_value;
#[cfg(windows)]
use crate::ffi::passthrough::route::system_table;

/// `SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION`; what Windows puts there, although its tables
/// have the members of later versions.
const VERSION: u32 = 1;

/// A table in writable memory: programs that wrap a function replace it there.
#[repr(transparent)]
struct WritableTable<T>(UnsafeCell<T>);

// SAFETY: the library itself never reads or writes a table after it was set up.
unsafe impl<T> Sync for WritableTable<T> {}

static TABLE_W: WritableTable<SecurityFunctionTableW> =
    WritableTable(UnsafeCell::new(SecurityFunctionTableW {
        dwVersion: VERSION,
        EnumerateSecurityPackagesW: Some(EnumerateSecurityPackagesW),
        QueryCredentialsAttributesW: Some(QueryCredentialsAttributesW),
        AcquireCredentialsHandleW: Some(AcquireCredentialsHandleW),
        FreeCredentialsHandle: Some(FreeCredentialsHandle),
        Reserved2: std::ptr::null_mut(),
        InitializeSecurityContextW: Some(InitializeSecurityContextW),
        AcceptSecurityContext: Some(AcceptSecurityContext),
        CompleteAuthToken: Some(CompleteAuthToken),
        DeleteSecurityContext: Some(DeleteSecurityContext),
        ApplyControlToken: Some(ApplyControlToken),
        QueryContextAttributesW: Some(QueryContextAttributesW),
        ImpersonateSecurityContext: Some(ImpersonateSecurityContext),
        RevertSecurityContext: Some(RevertSecurityContext),
        MakeSignature: Some(MakeSignature),
        VerifySignature: Some(VerifySignature),
        FreeContextBuffer: Some(FreeContextBuffer),
        QuerySecurityPackageInfoW: Some(QuerySecurityPackageInfoW),
        Reserved3: EncryptMessage as *mut c_void,
        Reserved4: DecryptMessage as *mut c_void,
        ExportSecurityContext: Some(ExportSecurityContext),
        ImportSecurityContextW: Some(ImportSecurityContextW),
        AddCredentialsW: Some(AddCredentialsW),
        Reserved8: std::ptr::null_mut(),
        QuerySecurityContextToken: Some(QuerySecurityContextToken),
        EncryptMessage: Some(EncryptMessage),
        DecryptMessage: Some(DecryptMessage),
        SetContextAttributesW: Some(SetContextAttributesW),
        SetCredentialsAttributesW: Some(SetCredentialsAttributesW),
        ChangeAccountPasswordW: Some(ChangeAccountPasswordW),
        QueryContextAttributesExW: Some(QueryContextAttributesExW),
        QueryCredentialsAttributesExW: Some(QueryCredentialsAttributesExW),
    }));

static TABLE_A: WritableTable<SecurityFunctionTableA> =
    WritableTable(UnsafeCell::new(SecurityFunctionTableA {
        dwVersion: VERSION,
        EnumerateSecurityPackagesA: Some(EnumerateSecurityPackagesA),
        QueryCredentialsAttributesA: Some(QueryCredentialsAttributesA),
        AcquireCredentialsHandleA: Some(AcquireCredentialsHandleA),
        FreeCredentialsHandle: Some(FreeCredentialsHandle),
        Reserved2: std::ptr::null_mut(),
        InitializeSecurityContextA: Some(InitializeSecurityContextA),
        AcceptSecurityContext: Some(AcceptSecurityContext),
        CompleteAuthToken: Some(CompleteAuthToken),
        DeleteSecurityContext: Some(DeleteSecurityContext),
        ApplyControlToken: Some(ApplyControlToken),
        QueryContextAttributesA: Some(QueryContextAttributesA),
        ImpersonateSecurityContext: Some(ImpersonateSecurityContext),
        RevertSecurityContext: Some(RevertSecurityContext),
        MakeSignature: Some(MakeSignature),
        VerifySignature: Some(VerifySignature),
        FreeContextBuffer: Some(FreeContextBuffer),
        QuerySecurityPackageInfoA: Some(QuerySecurityPackageInfoA),
        Reserved3: EncryptMessage as *mut c_void,
        Reserved4: DecryptMessage as *mut c_void,
        ExportSecurityContext: Some(ExportSecurityContext),
        ImportSecurityContextA: Some(ImportSecurityContextA),
        AddCredentialsA: Some(AddCredentialsA),
        Reserved8: std::ptr::null_mut(),
        QuerySecurityContextToken: Some(QuerySecurityContextToken),
        EncryptMessage: Some(EncryptMessage),
        DecryptMessage: Some(DecryptMessage),
        SetContextAttributesA: Some(SetContextAttributesA),
        SetCredentialsAttributesA: Some(SetCredentialsAttributesA),
        ChangeAccountPasswordA: Some(ChangeAccountPasswordA),
        QueryContextAttributesExA: Some(QueryContextAttributesExA),
        QueryCredentialsAttributesExA: Some(QueryCredentialsAttributesExA),
    }));

/// Returns the table of the plain functions in their UTF-16 forms. It is the same for every caller
/// and every call, and is never freed.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn InitSecurityInterfaceW() -> *mut SecurityFunctionTableW {
    guard_value("InitSecurityInterfaceW", std::ptr::null_mut(), || {
        #[cfg(windows)]
        if let Some(table) = system_table("InitSecurityInterfaceW", InitSecurityInterfaceW) {
            return Ok(table);
        }
        Ok(TABLE_W.0.get())
    })
}

/// As InitSecurityInterfaceW, in their ANSI forms.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn InitSecurityInterfaceA() -> *mut SecurityFunctionTableA {
    guard_value("InitSecurityInterfaceA", std::ptr::null_mut(), || {
        #[cfg(windows)]
        if let Some(table) = system_table("InitSecurityInterfaceA", InitSecurityInterfaceA) {
            return Ok(table);
        }
        Ok(TABLE_A.0.get())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_are_one_each_and_of_version_1() {
        // SAFETY: no parameters.
        let (one, other) = unsafe { (InitSecurityInterfaceW(), InitSecurityInterfaceW()) };
        assert_eq!(one, other);
        // SAFETY: the table exists as long as the process, and no test writes to it.
        let wide = unsafe { &*one };
        // SAFETY: as above.
        let narrow = unsafe { &*InitSecurityInterfaceA() };
        assert_eq!((wide.dwVersion, narrow.dwVersion), (1, 1));
        assert!(wide.Reserved2.is_null() && wide.Reserved8.is_null());
        assert!(narrow.Reserved2.is_null() && narrow.Reserved8.is_null());
        if cfg!(miri) {
            return; // There each mention of a function has an address of its own.
        }
        let encrypt = EncryptMessage as *mut c_void;
        let decrypt = DecryptMessage as *mut c_void;
        assert_eq!((wide.Reserved3, wide.Reserved4), (encrypt, decrypt));
        assert_eq!((narrow.Reserved3, narrow.Reserved4), (encrypt, decrypt));
    }
}
