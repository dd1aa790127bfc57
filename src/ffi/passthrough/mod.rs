//! Calls that are the system's: on Windows, and under Wine, its own secur32.dll has packages and exports
//! that this library does not have. Elsewhere there is no such DLL, and nothing of this.
//!
//! Which calls go where:
//!
//! * Exports that are not about packages (`LsaLogonUser`, `GetUserNameExW`, ...) go to the system's
//!   function of their name: the rows of `forward.rs`.
//! * An export that packages share says in front of its own work what it is about, by
//!   [`pass_through!`]; [`Subject`] says when that is the system's, and `route.rs` looks. The system's
//!   function of the export's name then gets the caller's own arguments.
//! * `handles.rs` remembers the handles that the system's packages gave out, `wrapped.rs` those of its
//!   packages that the `Sasl*` functions run over, and `packages.rs` puts both lists of packages
//!   together.

use std::ffi::c_void;

#[cfg(windows)]
use crate::ffi::abi::types::SecHandle;
use crate::ffi::abi::types::{CredHandle, CtxtHandle};
#[cfg(windows)]
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::CallerString;
#[cfg(windows)]
use crate::handle::Handle;

#[cfg(windows)]
mod forward;
#[cfg(any(windows, test))]
mod handles;
#[cfg(windows)]
pub(super) mod packages;
#[cfg(windows)]
pub(super) mod route;
#[cfg(windows)]
pub(super) mod wrapped;

/// The words of a handle; `None` for NULL.
#[cfg(windows)]
fn words(handle: *const SecHandle) -> Option<Handle> {
    // SAFETY: the exports ask for NULL or a handle that can be read.
    unsafe { pointer::handle(handle) }.ok()
}

/// What a call is about, and when that makes it the system's.
#[derive(Clone, Copy)]
#[cfg_attr(not(windows), expect(dead_code, reason = "only Windows has another secur32.dll"))]
pub(super) enum Subject {
    /// A credential: where the system gave out its handle.
    Credential(*const CredHandle),
    /// The end of a credential: likewise, unless contexts of this library still need it.
    FreedCredential(*const CredHandle),
    /// A context: where the system gave out its handle.
    Context(*const CtxtHandle),
    /// A context: likewise, and where the system's context stands behind one of this library's (`true`).
    ContextBehind(*const CtxtHandle, bool),
    /// The end of a context: as for `Context`.
    DeletedContext(*const CtxtHandle),
    /// A step with a credential and a context, which may begin a context: where they are the system's.
    Step(*const CredHandle, *const CtxtHandle, *const CtxtHandle),
    /// A step through SASL: likewise, unless this library runs SASL over the system's package.
    SaslStep(*const CredHandle, *const CtxtHandle, *const CtxtHandle),
    /// A package: where this library has none of the name, or the configuration prefers the system's.
    Package(CallerString),
    /// A credential to be made: as its package.
    AcquiredCredential(CallerString, *const CredHandle),
    /// A context to be made: as its package.
    ImportedContext(CallerString, *const CtxtHandle),
    /// Memory to be freed: where this library did not hand it out.
    Memory(*const c_void),
}

/// In front of an export's own work: where the call is the system's, its function gets the caller's
/// arguments, and the export returns what it returned. It runs outside of the guard, since nothing of it
/// is Rust's.
macro_rules! pass_through {
    (@any $argument:ident) => { _ };
    // A context that the system's may stand behind, whose handle then is the argument.
    (ContextBehind($handle:ident) => $name:ident($($argument:ident),*)) => {
        #[cfg(windows)]
        let behind = $crate::ffi::passthrough::wrapped::SystemContext::behind($handle);
        #[cfg(windows)]
        let ($handle, is_behind) = (behind.handle(), behind.is_held());
        #[cfg(not(windows))]
        let is_behind = false;
        pass_through!(ContextBehind($handle, is_behind) => $name($($argument),*));
    };
    // The same, asked for an attribute; what the Sasl functions change of the answers is this library's.
    (QueriedContext($handle:ident, $attribute:ident) => $name:ident($($argument:ident),*)) => {
        #[cfg(windows)]
        let behind = $crate::ffi::passthrough::wrapped::SystemContext::queried($handle, $attribute);
        #[cfg(windows)]
        let ($handle, is_behind) = (behind.handle(), behind.is_held());
        #[cfg(not(windows))]
        let is_behind = false;
        pass_through!(ContextBehind($handle, is_behind) => $name($($argument),*));
    };
    ($subject:ident($($about:expr),*) => $name:ident($($argument:ident),*)) => {
        // Elsewhere it is checked by the compiler alone.
        #[cfg(not(windows))]
        let _ = || $crate::ffi::passthrough::Subject::$subject($($about),*);
        #[cfg(windows)]
        {
            use $crate::ffi::passthrough::route::{Route, typed};
            let subject = $crate::ffi::passthrough::Subject::$subject($($about),*);
            match Route::of(stringify!($name), subject) {
                Route::Own => {}
                Route::Missing(status) => return status,
                Route::System(call) => {
                    let own: unsafe extern "system" fn($(pass_through!(@any $argument)),*) -> _ =
                        $name;
                    // SAFETY: the system's function of this export's name has this export's type.
                    let function = unsafe { typed(own, call.function) };
                    // SAFETY: the caller's arguments, as they are.
                    let status = unsafe { function($($argument),*) };
                    call.returned(status);
                    return status;
                }
            }
        }
    };
}
pub(super) use pass_through;
