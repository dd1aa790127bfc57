//! The exports of secur32.dll that are not about packages: each goes on to the system's
//! function of its name with all its arguments as they are.
//!
//! The arguments are words here, whatever they are: each takes four bytes on 32-bit x86 and one
//! register or slot elsewhere, and so does what is returned. The guard covers the look-up; the
//! system's function runs outside of it, since nothing of it is Rust's.

use crate::error::Status;
use crate::ffi::guard::guard_value;
use crate::system::windows_secur32::{Address, system_dll};
use windows_sys::Win32::Foundation::{
    ERROR_CALL_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED, SetLastError,
};

/// What is returned where the system has no such function, by the family.
#[derive(Clone, Copy)]
enum Absent {
    /// `NTSTATUS`: `STATUS_NOT_SUPPORTED`.
    Nt,
    /// `SECURITY_STATUS`: `SEC_E_UNSUPPORTED_FUNCTION`.
    Sspi,
    /// `BOOLEAN`: FALSE, and the reason by `GetLastError`.
    Boolean,
    /// An error of `GetLastError`'s kind.
    Error,
    /// Nothing is returned.
    Nothing,
}

impl Absent {
    fn answer(self) -> usize {
        let word = |status: u32| usize::try_from(status).unwrap_or(usize::MAX);
        match self {
            Self::Nt => word(STATUS_NOT_SUPPORTED.cast_unsigned()),
            Self::Sspi => word(Status::UNSUPPORTED_FUNCTION.code()),
            Self::Boolean => {
                // SAFETY: takes any number.
                unsafe { SetLastError(ERROR_CALL_NOT_IMPLEMENTED) };
                0
            }
            Self::Error => word(ERROR_CALL_NOT_IMPLEMENTED),
            Self::Nothing => 0,
        }
    }
}

fn find(name: &'static str) -> Option<Address> {
    guard_value(name, None, || Ok(system_dll().and_then(|dll| dll.function(name))))
}

macro_rules! forward {
    ($($name:ident($($argument:ident)*) $absent:ident;)*) => {$(
        #[unsafe(no_mangle)]
        pub(super) unsafe extern "system" fn $name($($argument: usize),*) -> usize {
            let Some(address) = find(stringify!($name)) else {
                return Absent::$absent.answer();
            };
            let own: unsafe extern "system" fn($(forward!(@word $argument)),*) -> usize = $name;
            // SAFETY: the function of this name takes as many words.
            let function = unsafe { crate::ffi::passthrough::route::typed(own, address) };
            // SAFETY: the caller's arguments, as they are.
            unsafe { function($($argument),*) }
        }
    )*};
    (@word $argument:ident) => { usize };
}

// The name, its arguments, and what the answer is where the system has no such function.
forward! {
    CloseLsaPerformanceData() Error;
    CollectLsaPerformanceData(a b c d) Error;
    CredMarshalTargetInfo(a b c) Nt;
    CredParseUserNameWithType(a b c d) Error;
    CredUnmarshalTargetInfo(a b c d) Nt;
    GetComputerObjectNameA(a b c) Boolean;
    GetComputerObjectNameW(a b c) Boolean;
    GetSecurityUserInfo(a b c) Nt;
    GetUserNameExA(a b c) Boolean;
    GetUserNameExW(a b c) Boolean;
    LsaCallAuthenticationPackage(a b c d e f g) Nt;
    LsaConnectUntrusted(a) Nt;
    LsaDeregisterLogonProcess(a) Nt;
    LsaEnumerateLogonSessions(a b) Nt;
    LsaFreeReturnBuffer(a) Nt;
    LsaGetLogonSessionData(a b) Nt;
    LsaLogonUser(a b c d e f g h i j k l m n) Nt;
    LsaLookupAuthenticationPackage(a b c) Nt;
    LsaRegisterLogonProcess(a b c) Nt;
    LsaRegisterPolicyChangeNotification(a b) Nt;
    LsaUnregisterPolicyChangeNotification(a b) Nt;
    OpenLsaPerformanceData(a) Error;
    SecCacheSspiPackages() Sspi;
    SecDeleteUserModeContext(a) Sspi;
    SecInitUserModeContext(a b) Sspi;
    SeciAllocateAndSetCallFlags(a b) Sspi;
    SeciAllocateAndSetIPAddress(a b c) Sspi;
    SeciFreeCallContext() Nothing;
    SecpFreeMemory(a) Nothing;
    SecpTranslateName(a b c d e f) Boolean;
    SecpTranslateNameEx(a b c d e f) Boolean;
    TranslateNameA(a b c d e) Boolean;
    TranslateNameW(a b c d e) Boolean;
}
