//! A credential of the machine's that contexts here were begun with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::context::MachineContext;
use super::functions::Functions;
use super::package::MachinePackage;
use super::types::SecHandle;
use crate::error::Result;
use crate::sspi::{Context, Credential, Package, Role, Usage};

/// A credential of the machine's.
pub(crate) struct MachineCredential {
    functions: &'static Functions,
    package: &'static MachinePackage,
    handle: SecHandle,
    /// Whether the program has freed it, and the machine has not been told.
    freed: AtomicBool,
}

impl MachineCredential {
    /// The credential behind a handle that the machine has given to the program.
    pub(crate) fn new(
        functions: &'static Functions,
        package: &'static MachinePackage,
        handle: SecHandle,
    ) -> Self {
        Self { functions, package, handle, freed: AtomicBool::new(false) }
    }

    /// The program frees it; the machine is told when no context needs it any more: a context
    /// outlives the program's credential, and the machine wants the credential for every step.
    pub(crate) fn free_later(&self) {
        self.freed.store(true, Ordering::Relaxed);
    }

    pub(super) fn functions(&self) -> &'static Functions {
        self.functions
    }

    pub(super) fn handle(&self) -> SecHandle {
        self.handle
    }
}

impl Drop for MachineCredential {
    fn drop(&mut self) {
        if *self.freed.get_mut() {
            // SAFETY: the machine's handle, freed once: the program's own call was not passed on.
            unsafe { (self.functions.free_credential)(&raw const self.handle) };
        }
    }
}

impl Credential for MachineCredential {
    fn package(&self) -> &'static dyn Package {
        self.package
    }

    /// Both: the machine knows which, and says so in the first step.
    fn usage(&self) -> Usage {
        Usage { inbound: true, outbound: true }
    }

    /// None: programs ask the machine's own function for it.
    fn name(&self) -> String {
        String::new()
    }

    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>> {
        Ok(Box::new(MachineContext::new(self, role)))
    }
}
