//! Whether a call is the system's, and what is remembered of it.

use std::ffi::c_void;

use crate::error::Status;
use crate::ffi::abi::types::{SECURITY_STATUS, SecHandle};
use crate::ffi::caller::memory;
use crate::ffi::caller::string::CallerString;
use crate::ffi::guard::guard_value;
use crate::ffi::passthrough::handles::SystemHandles;
use crate::ffi::passthrough::{Subject, words};
use crate::ffi::passthrough::{packages, wrapped};
use crate::handle::Handle;
use crate::system::module;
use crate::system::process;
use crate::system::windows_secur32::{Address, system_dll};

static CREDENTIALS: SystemHandles = SystemHandles::new();
static CONTEXTS: SystemHandles = SystemHandles::new();

/// Where a call goes.
pub(crate) enum Route {
    /// To the export's own work.
    Own,
    /// To the system's function.
    System(SystemCall),
    /// It would be the system's, which has no such function: the status to return.
    Missing(SECURITY_STATUS),
}

impl Route {
    /// Where the call of the export `name` goes that is about `subject`.
    pub(crate) fn of(name: &'static str, subject: Subject) -> Self {
        // The export leaves alone whatever it is: see `guard_end`.
        if subject.is_an_end() && process::ending() {
            return Self::Own;
        }
        guard_value(name, Self::Own, || {
            Ok(match system_dll() {
                Some(system) if subject.is_the_systems() => {
                    system.function(name).map_or_else(Self::missing, |function| {
                        Self::System(SystemCall {
                            name,
                            function,
                            subject,
                            before: subject.before(),
                        })
                    })
                }
                _ => Self::Own,
            })
        })
    }

    fn missing() -> Self {
        Self::Missing(Status::UNSUPPORTED_FUNCTION.code().cast_signed())
    }
}

/// A call that the system's function gets.
pub(crate) struct SystemCall {
    name: &'static str,
    pub(crate) function: Address,
    subject: Subject,
    /// The handle before the call, where the call may change or end it.
    before: Option<Handle>,
}

impl SystemCall {
    /// After the system's function has returned `status`: its handles are remembered or forgotten.
    pub(crate) fn returned(&self, status: SECURITY_STATUS) {
        guard_value(self.name, (), || {
            match self.subject {
                Subject::Credential(_)
                | Subject::Context(_)
                | Subject::ContextBehind(..)
                | Subject::Memory(_) => {}
                Subject::FreedCredential(_) => freed(self.before, status),
                Subject::DeletedContext(_) => deleted(self.before, status),
                Subject::Step(_, _, new) | Subject::SaslStep(_, _, new) => {
                    begun(self.before, new, status);
                }
                Subject::Package(_) => package_loaded(),
                Subject::AcquiredCredential(package, new) => acquired(package, new, status),
                Subject::ImportedContext(_, new) => imported(new, status),
            }
            Ok(())
        });
    }
}

impl Subject {
    /// Whether a call about it is the system's.
    fn is_the_systems(self) -> bool {
        match self {
            Self::Credential(handle) => credential(handle),
            Self::FreedCredential(handle) => idle(handle),
            Self::Context(handle) | Self::DeletedContext(handle) => context(handle),
            Self::ContextBehind(handle, behind) => behind || context(handle),
            Self::Step(credential, context, _) => step(credential, context),
            Self::SaslStep(credential, context, _) => {
                step(credential, context) && !wrapped::is_known(credential)
            }
            Self::Package(name)
            | Self::AcquiredCredential(name, _)
            | Self::ImportedContext(name, _) => package(name),
            Self::Memory(start) => memory(start),
        }
    }

    /// Whether the call ends or frees it.
    fn is_an_end(self) -> bool {
        matches!(self, Self::FreedCredential(_) | Self::DeletedContext(_) | Self::Memory(_))
    }

    /// The handle that a call about it may change or end.
    fn before(self) -> Option<Handle> {
        match self {
            Self::FreedCredential(handle)
            | Self::DeletedContext(handle)
            | Self::Step(_, handle, _)
            | Self::SaslStep(_, handle, _) => words(handle),
            _ => None,
        }
    }
}

/// A function's address as a function of the same type as `own`.
///
/// # Safety
/// The function at `address` has that type.
pub(crate) unsafe fn typed<F: Copy>(own: F, address: Address) -> F {
    let _ = own;
    const { assert!(size_of::<F>() == size_of::<*mut ()>(), "a function pointer") };
    let pointer = address.pointer();
    // SAFETY: both are pointers to code, and the caller's promise.
    unsafe { std::mem::transmute_copy(&pointer) }
}

/// The system's function table, when it is the system's DLL that calls the export `name`.
///
/// Wine's asks the provider of its own Schannel for a table, which is schannel.dll, which forwards
/// the question to whatever secur32.dll the process has; only when the answer is its own table it
/// knows that it has found itself. With ours, Schannel's calls would go round in circles.
pub(crate) fn system_table<T>(
    name: &str,
    own: unsafe extern "system" fn() -> *mut T,
) -> Option<*mut T> {
    let caller = module::caller().and_then(module::base_name)?;
    if !caller.eq_ignore_ascii_case("secur32.dll") {
        return None;
    }
    // SAFETY: the function of that name has that type.
    let function = unsafe { typed(own, system_dll()?.function(name)?) };
    // SAFETY: it takes nothing.
    Some(unsafe { function() })
}

/// Whether a credential is one of the system's.
fn credential(handle: *const SecHandle) -> bool {
    words(handle).is_some_and(|handle| CREDENTIALS.contains(handle))
}

/// Whether a credential is one of the system's that no context of this library needs.
fn idle(handle: *const SecHandle) -> bool {
    credential(handle) && !words(handle).is_some_and(wrapped::is_needed)
}

/// Whether a context is one of the system's.
fn context(handle: *const SecHandle) -> bool {
    words(handle).is_some_and(|handle| CONTEXTS.contains(handle))
}

/// Whether a step is of an exchange of the system's packages.
///
/// Beside a context of the system's, a credential that was freed meanwhile goes along where its upper word
/// is the context's: Wine needs that word only, and Windows looks for itself.
fn step(credential: *const SecHandle, context: *const SecHandle) -> bool {
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

/// Whether a package is the system's: every one but this library's. The NULL name is no package's, but
/// only the system knows what to say to it.
fn package(name: CallerString) -> bool {
    // SAFETY: the exports ask for NULL or a string that can be read.
    match unsafe { name.read(Status::SECPKG_NOT_FOUND) } {
        Ok(Some(name)) => !packages::is_own(&name),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// Whether memory is not this library's, so that the system may have handed it out.
fn memory(start: *const c_void) -> bool {
    !start.is_null() && memory::size_of(start).is_none()
}

/// After a call that may have loaded a package.
fn package_loaded() {
    if let Some(dll) = system_dll() {
        dll.cure_the_loader();
    }
}

/// Remembers a credential that a successful call has made.
fn acquired(package: CallerString, new: *const SecHandle, status: SECURITY_STATUS) {
    package_loaded();
    if let Some(handle) = words(new).filter(|_| status >= 0) {
        CREDENTIALS.remember(handle);
        wrapped::acquired(package, handle);
    }
}

/// Remembers the handle of a context that a successful step has begun, or has given a further one.
fn begun(before: Option<Handle>, new: *const SecHandle, status: SECURITY_STATUS) {
    let Some(handle) = words(new).filter(|new| status >= 0 && before != Some(*new)) else {
        return;
    };
    match before.filter(|before| CONTEXTS.contains(*before)) {
        Some(before) => CONTEXTS.rename(before, handle),
        None => CONTEXTS.remember(handle),
    }
}

/// Remembers a context that a successful call has imported.
fn imported(new: *const SecHandle, status: SECURITY_STATUS) {
    package_loaded();
    begun(None, new, status);
}

/// Forgets a credential that a successful call has freed.
fn freed(before: Option<Handle>, status: SECURITY_STATUS) {
    if let Some(handle) = before.filter(|_| status >= 0) {
        CREDENTIALS.forget(handle);
        wrapped::freed(handle);
    }
}

/// Frees a credential of the system's that contexts of this library still need, when they have ended. Whether
/// it is one.
pub(crate) fn free_later(handle: *const SecHandle) -> bool {
    let pending = words(handle).filter(|handle| wrapped::free_later(*handle));
    if let Some(handle) = pending {
        CREDENTIALS.forget(handle);
    }
    pending.is_some()
}

/// Forgets a context that a successful call has deleted.
fn deleted(before: Option<Handle>, status: SECURITY_STATUS) {
    if let Some(handle) = before.filter(|_| status >= 0) {
        CONTEXTS.forget(handle);
    }
}
