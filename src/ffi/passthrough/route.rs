//! Whose a call is.

use std::ffi::c_void;

use crate::error::Status;
use crate::ffi::abi::types::{SECURITY_STATUS, SecHandle};
use crate::ffi::caller::memory;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::Foreign;
use crate::ffi::guard::guard_value;
use crate::ffi::passthrough::handles::Handles;
use crate::ffi::passthrough::{packages, wrapped};
use crate::handle::Handle;
use crate::system::module;
use crate::system::secur32::{Address, machine};

static CREDENTIALS: Handles = Handles::new();
static CONTEXTS: Handles = Handles::new();

/// Where a call goes.
pub(crate) enum Route {
    /// To the export's own work.
    Ours,
    /// To the machine's own function.
    Theirs(Address),
    /// It would be the machine's, which has no such function: the answer.
    Nobodys(SECURITY_STATUS),
}

/// Where the call on the export `name` goes, that is the machine's when `theirs` says so.
pub(crate) fn of(name: &'static str, theirs: impl FnOnce() -> bool) -> Route {
    guard_value(name, Route::Ours, || {
        Ok(match machine() {
            Some(machine) if theirs() => machine.function(name).map_or_else(
                || Route::Nobodys(Status::UNSUPPORTED_FUNCTION.code().cast_signed()),
                Route::Theirs,
            ),
            _ => Route::Ours,
        })
    })
}

/// Does what is to be done after the machine's own function has returned.
pub(crate) fn after(name: &'static str, work: impl FnOnce()) {
    guard_value(name, (), || {
        work();
        Ok(())
    });
}

/// A function's address as a function of the same type as `ours`.
///
/// # Safety
/// The function at `address` has that type.
pub(crate) unsafe fn typed<F: Copy>(ours: F, address: Address) -> F {
    let _ = ours;
    const { assert!(size_of::<F>() == size_of::<*mut ()>(), "a function pointer") };
    let pointer = address.pointer();
    // SAFETY: both are pointers to code, and the caller's promise.
    unsafe { std::mem::transmute_copy(&pointer) }
}

/// The machine's own function table, when it is the machine's own DLL that calls `ours`.
///
/// Wine's asks the provider of its own Schannel for a table, which is schannel.dll, which forwards
/// the question to whatever secur32.dll the process has; only when the answer is its own table it
/// knows that it has found itself. With ours, Schannel's calls would go round in circles.
pub(crate) fn their_table<T>(
    name: &str,
    ours: unsafe extern "system" fn() -> *mut T,
) -> Option<*mut T> {
    let caller = module::caller().and_then(module::base_name)?;
    if !caller.eq_ignore_ascii_case("secur32.dll") {
        return None;
    }
    // SAFETY: the function of that name has that type.
    let theirs = unsafe { typed(ours, machine()?.function(name)?) };
    // SAFETY: it takes nothing.
    Some(unsafe { theirs() })
}

/// The words of a handle; `None` for NULL.
pub(crate) fn words(handle: *const SecHandle) -> Option<Handle> {
    // SAFETY: the exports ask for NULL or a handle that can be read.
    unsafe { pointer::handle(handle) }.ok()
}

/// Whether a credential is one of the machine's.
pub(crate) fn credential(handle: *const SecHandle) -> bool {
    words(handle).is_some_and(|handle| CREDENTIALS.contains(handle))
}

/// Whether a credential is one of the machine's that no context of ours needs.
pub(crate) fn idle(handle: *const SecHandle) -> bool {
    credential(handle) && !words(handle).is_some_and(wrapped::is_needed)
}

/// Whether a context is one of the machine's.
pub(crate) fn context(handle: *const SecHandle) -> bool {
    words(handle).is_some_and(|handle| CONTEXTS.contains(handle))
}

/// Whether a leg is of an exchange of the machine's packages.
///
/// Beside a context of theirs, a credential that was freed meanwhile goes along where its upper word
/// is the context's: Wine needs that word only, and Windows looks for itself.
pub(crate) fn leg(credential: *const SecHandle, context: *const SecHandle) -> bool {
    const NONE: Handle = Handle { lower: 0, upper: 0 };
    let credential = words(credential).filter(|handle| *handle != NONE);
    match words(context).filter(|handle| *handle != NONE) {
        None => credential.is_some_and(|handle| CREDENTIALS.contains(handle)),
        Some(context) => {
            let usable =
                |handle: Handle| CREDENTIALS.contains(handle) || handle.upper == context.upper;
            CONTEXTS.contains(context) && credential.is_none_or(usable)
        }
    }
}

/// Whether a package is the machine's: every one but ours. The NULL name is nobody's, but only
/// they know what to say to it.
pub(crate) fn package(name: Foreign) -> bool {
    // SAFETY: the exports ask for NULL or a text that can be read.
    match unsafe { name.read(Status::SECPKG_NOT_FOUND) } {
        Ok(Some(name)) => !packages::is_ours(&name),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// Whether memory is none of ours, so that the machine's own may have handed it out.
pub(crate) fn memory(start: *const c_void) -> bool {
    !start.is_null() && memory::size_of(start).is_none()
}

/// After a call that may have loaded a package.
pub(crate) fn asked() {
    if let Some(machine) = machine() {
        machine.cure_the_loader();
    }
}

/// Remembers a credential that a successful call has made.
pub(crate) fn acquired(package: Foreign, new: *const SecHandle, status: SECURITY_STATUS) {
    asked();
    if let Some(handle) = words(new).filter(|_| status >= 0) {
        CREDENTIALS.remember(handle);
        wrapped::acquired(package, handle);
    }
}

/// Remembers the handle of a context that a successful leg has begun, or has given a further one.
pub(crate) fn begun(before: Option<Handle>, new: *const SecHandle, status: SECURITY_STATUS) {
    let Some(handle) = words(new).filter(|new| status >= 0 && before != Some(*new)) else {
        return;
    };
    match before.filter(|before| CONTEXTS.contains(*before)) {
        Some(before) => CONTEXTS.rename(before, handle),
        None => CONTEXTS.remember(handle),
    }
}

/// Remembers a context that a successful call has imported.
pub(crate) fn imported(_: Foreign, new: *const SecHandle, status: SECURITY_STATUS) {
    asked();
    begun(None, new, status);
}

/// Forgets a credential that a successful call has freed.
pub(crate) fn freed(before: Option<Handle>, status: SECURITY_STATUS) {
    if let Some(handle) = before.filter(|_| status >= 0) {
        CREDENTIALS.forget(handle);
        wrapped::freed(handle);
    }
}

/// Frees a credential of the machine's that contexts of ours still need, when they have ended. Whether
/// it is one.
pub(crate) fn free_later(handle: *const SecHandle) -> bool {
    let kept = words(handle).filter(|handle| wrapped::free_later(*handle));
    if let Some(handle) = kept {
        CREDENTIALS.forget(handle);
    }
    kept.is_some()
}

/// Forgets a context that a successful call has deleted.
pub(crate) fn deleted(before: Option<Handle>, status: SECURITY_STATUS) {
    if let Some(handle) = before.filter(|_| status >= 0) {
        CONTEXTS.forget(handle);
    }
}
