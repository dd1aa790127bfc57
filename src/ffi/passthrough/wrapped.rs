//! Where the `Sasl*` functions run over the system's packages: their credentials, which
//! programs hold by the system's handles, and their contexts, which stand behind handles of this library.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Status;
use crate::ffi::abi::types::{CtxtHandle, SecHandle};
use crate::ffi::caller::string::CallerString;
use crate::ffi::guard::guard_value;
use crate::ffi::passthrough::words;
use crate::ffi::tables::{CONTEXTS, packages};
use crate::gss::windows::{self, WindowsContext, WindowsCredential};
use crate::handle::{Handle, Use};
use crate::sasl::Session;
use crate::sspi::{AttributeId, Credential};

/// A credential, and how often its handle was given out.
type Credentials = BTreeMap<(usize, usize), (Arc<WindowsCredential>, usize)>;

fn credentials() -> MutexGuard<'static, Credentials> {
    static CREDENTIALS: Mutex<Credentials> = Mutex::new(BTreeMap::new());
    CREDENTIALS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(handle: Handle) -> (usize, usize) {
    (handle.lower, handle.upper)
}

/// Remembers a credential of a package that is wrapped here.
pub(super) fn acquired(package: CallerString, handle: Handle) {
    // SAFETY: the export's caller has passed NULL or a string that can be read.
    let name = unsafe { package.read(Status::SECPKG_NOT_FOUND) }.ok().flatten();
    let package = name.and_then(|name| windows::wrapped(&name));
    let (Some(package), Some(functions)) = (package, windows::functions()) else { return };
    // For the log's sake. What is wrong with the rest, calls on this library's own package say.
    let _ = packages().configuration();
    let words = windows::SecHandle { lower: handle.lower, upper: handle.upper };
    let fresh = || (Arc::new(WindowsCredential::new(functions, package, words)), 0);
    credentials().entry(key(handle)).or_insert_with(fresh).1 += 1;
}

/// Forgets a credential that was freed.
pub(super) fn freed(handle: Handle) {
    let mut credentials = credentials();
    if let Some((_, count)) = credentials.get_mut(&key(handle)) {
        *count -= 1;
        if *count == 0 {
            credentials.remove(&key(handle));
        }
    }
}

/// Whether contexts of this library still need a credential.
pub(super) fn is_needed(handle: Handle) -> bool {
    let needed = |(credential, count): &(Arc<WindowsCredential>, usize)| {
        *count == 1 && (Arc::strong_count(credential) > 1 || credential.is_needed())
    };
    credentials().get(&key(handle)).is_some_and(needed)
}

/// Forgets a credential that the program frees; the system is told when its last context has ended.
pub(super) fn free_later(handle: Handle) -> bool {
    let removed = credentials().remove(&key(handle));
    if let Some((credential, _)) = &removed {
        credential.free_later();
    }
    removed.is_some()
}

/// The credential behind a handle of the system's, of a package that is wrapped here.
pub(crate) fn credential(handle: Handle) -> Option<Arc<dyn Credential>> {
    let (credential, _) = credentials().get(&key(handle))?.clone();
    Some(credential)
}

/// Whether a credential is of a package that is wrapped here.
pub(crate) fn is_known(handle: *const SecHandle) -> bool {
    words(handle).is_some_and(|handle| credentials().contains_key(&key(handle)))
}

/// What a program's handle stands in front of, held as long as a call of the system's uses it.
pub(crate) struct SystemContext {
    given: *mut CtxtHandle,
    held: Option<(Use<'static, Session>, Box<CtxtHandle>)>,
}

impl SystemContext {
    /// The system's context behind a program's handle.
    pub(crate) fn behind(given: *mut CtxtHandle) -> Self {
        let held = guard_value("context", None, || Ok(find(given)));
        Self { given, held }
    }

    /// The system's context that is asked for an attribute; none for what is answered here.
    pub(crate) fn queried(given: *mut CtxtHandle, attribute: u32) -> Self {
        match AttributeId(attribute) {
            AttributeId::SIZES | AttributeId::PACKAGE_INFO | AttributeId::FLAGS => {
                Self { given, held: None }
            }
            _ => Self::behind(given),
        }
    }

    /// Whether there is such a context.
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The handle to call with: the system's where there is one, else the program's. It is good as
    /// long as this is.
    pub(crate) fn handle(&self) -> *mut CtxtHandle {
        match &self.held {
            Some((_, words)) => std::ptr::from_ref(&**words).cast_mut(),
            None => self.given,
        }
    }
}

fn find(given: *const CtxtHandle) -> Option<(Use<'static, Session>, Box<CtxtHandle>)> {
    let session = CONTEXTS.get(words(given)?).ok()?;
    let context: &dyn Any = session.context();
    let words = context.downcast_ref::<WindowsContext>()?.handle()?;
    let handle = CtxtHandle { dwLower: words.lower, dwUpper: words.upper };
    Some((session, Box::new(handle)))
}
