//! The system's functions that contexts are made of.

use std::ffi::c_void;

#[cfg(windows)]
use once_cell::sync::OnceCell;

use super::types::{SecBufferDesc, SecHandle, TimeStamp};
#[cfg(windows)]
use crate::system::windows_secur32::{SystemDll, system_dll};

macro_rules! functions {
    ($($field:ident = $name:literal ($($argument:ty),* $(,)?);)*) => {
        /// The functions used, each with the type that it has in `sspi.h`. All return a status.
        pub(crate) struct SspiFunctions {
            $(pub(crate) $field: unsafe extern "system" fn($($argument),*) -> u32,)*
            /// Whether they are Wine's, whose Kerberos has ways of its own.
            pub(crate) wine: bool,
        }

        #[cfg(windows)]
        impl SspiFunctions {
            fn of(dll: &SystemDll) -> Option<Self> {
                $(
                    let address = dll.function($name)?.pointer();
                    // SAFETY: the function of that name has that type.
                    let $field = unsafe {
                        std::mem::transmute::<
                            *mut c_void,
                            unsafe extern "system" fn($($argument),*) -> u32,
                        >(address)
                    };
                )*
                Some(Self { $($field,)* wine: dll.is_wine() })
            }
        }
    };
}

functions! {
    accept = "AcceptSecurityContext"(*const SecHandle, *const SecHandle, *mut SecBufferDesc, u32,
        u32, *mut SecHandle, *mut SecBufferDesc, *mut u32, *mut TimeStamp);
    initialize = "InitializeSecurityContextW"(*const SecHandle, *const SecHandle, *const u16, u32,
        u32, u32, *mut SecBufferDesc, u32, *mut SecHandle, *mut SecBufferDesc, *mut u32,
        *mut TimeStamp);
    delete_context = "DeleteSecurityContext"(*const SecHandle);
    free_credential = "FreeCredentialsHandle"(*const SecHandle);
    query = "QueryContextAttributesW"(*const SecHandle, u32, *mut c_void);
    sign = "MakeSignature"(*const SecHandle, u32, *mut SecBufferDesc, u32);
    verify = "VerifySignature"(*const SecHandle, *mut SecBufferDesc, u32, *mut u32);
    seal = "EncryptMessage"(*const SecHandle, u32, *mut SecBufferDesc, u32);
    open = "DecryptMessage"(*const SecHandle, *mut SecBufferDesc, u32, *mut u32);
}

/// The system's functions; `None` where it lacks one.
#[cfg(windows)]
pub(crate) fn functions() -> Option<&'static SspiFunctions> {
    static FUNCTIONS: OnceCell<Option<SspiFunctions>> = OnceCell::new();
    let dll = system_dll()?;
    FUNCTIONS.get_or_init(|| SspiFunctions::of(dll)).as_ref()
}
