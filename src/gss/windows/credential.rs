//! A credential of the system's that contexts here are made with.

use std::sync::Arc;

use super::context::WindowsContext;
use super::credential_handle::CredentialHandle;
use super::functions::SspiFunctions;
use super::package::WindowsPackage;
use super::types::SecHandle;
use crate::error::Result;
use crate::sspi::{Context, Credential, Package, Role, Usage};

/// A credential of the system's.
pub(crate) struct WindowsCredential {
    package: &'static WindowsPackage,
    handle: Arc<CredentialHandle>,
}

impl WindowsCredential {
    /// The credential behind a handle that the system has given to the program.
    pub(crate) fn new(
        functions: &'static SspiFunctions,
        package: &'static WindowsPackage,
        handle: SecHandle,
    ) -> Self {
        Self { package, handle: Arc::new(CredentialHandle::new(functions, handle)) }
    }

    /// Whether a context needs it.
    #[cfg(windows)]
    pub(crate) fn is_needed(&self) -> bool {
        Arc::strong_count(&self.handle) > 1
    }

    /// The program frees it; the system is told when no context needs it any more: a context
    /// outlives the program's credential, and the system wants the credential for every step.
    pub(crate) fn free_later(&self) {
        self.handle.free_later();
    }
}

impl Credential for WindowsCredential {
    fn package(&self) -> &'static dyn Package {
        self.package
    }

    /// Both: the system knows which, and says so in the first step.
    fn usage(&self) -> Usage {
        Usage { inbound: true, outbound: true }
    }

    /// None: programs ask the system's own function for it.
    fn name(&self) -> String {
        String::new()
    }

    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>> {
        Ok(Box::new(WindowsContext::new(self.package, Arc::clone(&self.handle), role)))
    }
}
