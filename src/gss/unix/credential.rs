//! A credential: makes contexts.

use std::sync::Arc;

use super::context::{GssContext, Packages};
use super::local_principal::LocalPrincipal;
use crate::error::{Error, Result, Status};
use crate::sspi::{Context, Credential, Package, Role, Usage};

/// A credential of Kerberos or Negotiate.
pub(super) struct GssCredential {
    packages: Packages,
    principal: Arc<LocalPrincipal>,
}

impl GssCredential {
    pub(super) fn new(packages: Packages, principal: LocalPrincipal) -> Self {
        Self { packages, principal: Arc::new(principal) }
    }
}

impl Credential for GssCredential {
    fn package(&self) -> &'static dyn Package {
        self.packages.own
    }

    fn usage(&self) -> Usage {
        self.principal.usage()
    }

    fn name(&self) -> String {
        self.principal.name()
    }

    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>> {
        let serves = match role {
            Role::Server => self.usage().inbound,
            Role::Client => self.usage().outbound,
        };
        if !serves {
            let reason = "context: the credential was acquired for the other direction";
            return Err(Error::new(Status::NO_CREDENTIALS, reason));
        }
        let principal = Arc::clone(&self.principal);
        Ok(Box::new(GssContext::new(self.packages, principal, role)))
    }
}
