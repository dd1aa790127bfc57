//! A credential: makes contexts.

use std::sync::Arc;

use super::context::{GssContext, Packages};
use super::credentials::Credentials;
use crate::error::{Error, Result, Status};
use crate::sspi::{Context, Credential, Package, Role, Usage};

/// A credential of Kerberos or Negotiate.
pub(super) struct GssCredential {
    packages: Packages,
    credentials: Arc<Credentials>,
}

impl GssCredential {
    pub(super) fn new(packages: Packages, credentials: Credentials) -> Self {
        Self { packages, credentials: Arc::new(credentials) }
    }
}

impl Credential for GssCredential {
    fn package(&self) -> &'static dyn Package {
        self.packages.own
    }

    fn usage(&self) -> Usage {
        self.credentials.usage()
    }

    fn name(&self) -> String {
        self.credentials.name()
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
        let credentials = Arc::clone(&self.credentials);
        Ok(Box::new(GssContext::new(self.packages, credentials, role)))
    }
}
