//! A credential of the machine's that contexts here were begun with.

use std::sync::Arc;

use super::context::MachineContext;
use super::credential_handle::CredentialHandle;
use super::functions::Functions;
use super::package::MachinePackage;
use super::types::SecHandle;
use crate::error::Result;
use crate::sspi::{Context, Credential, Package, Role, Usage};

/// A credential of the machine's.
pub(crate) struct MachineCredential {
    package: &'static MachinePackage,
    handle: Arc<CredentialHandle>,
}

impl MachineCredential {
    /// The credential behind a handle that the machine has given to the program.
    pub(crate) fn new(
        functions: &'static Functions,
        package: &'static MachinePackage,
        handle: SecHandle,
    ) -> Self {
        Self { package, handle: Arc::new(CredentialHandle::new(functions, handle)) }
    }

    /// Whether a context needs it.
    #[cfg(windows)]
    pub(crate) fn is_needed(&self) -> bool {
        Arc::strong_count(&self.handle) > 1
    }

    /// The program frees it; the machine is told when no context needs it any more: a context
    /// outlives the program's credential, and the machine wants the credential for every step.
    pub(crate) fn free_later(&self) {
        self.handle.free_later();
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
        Ok(Box::new(MachineContext::new(self.package, Arc::clone(&self.handle), role)))
    }
}
