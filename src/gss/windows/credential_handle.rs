//! The system's handle of a credential, as long as a program or a context needs it.

use std::sync::atomic::{AtomicBool, Ordering};

use super::functions::SspiFunctions;
use super::types::SecHandle;

/// The system's handle of a credential.
pub(super) struct CredentialHandle {
    functions: &'static SspiFunctions,
    handle: SecHandle,
    /// Whether the program has freed it, and the system has not been told.
    freed: AtomicBool,
}

impl CredentialHandle {
    pub(super) fn new(functions: &'static SspiFunctions, handle: SecHandle) -> Self {
        Self { functions, handle, freed: AtomicBool::new(false) }
    }

    /// The system is told when the last owner goes.
    pub(super) fn free_later(&self) {
        self.freed.store(true, Ordering::Relaxed);
    }

    pub(super) fn functions(&self) -> &'static SspiFunctions {
        self.functions
    }

    pub(super) fn handle(&self) -> SecHandle {
        self.handle
    }
}

impl Drop for CredentialHandle {
    fn drop(&mut self) {
        if *self.freed.get_mut() {
            // SAFETY: the system's handle, freed once: the program's own call was not passed on.
            unsafe { (self.functions.free_credential)(&raw const self.handle) };
        }
    }
}
