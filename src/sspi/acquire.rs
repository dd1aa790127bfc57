//! Acquiring a credential, for which the identity's package list has a say.

use std::sync::Arc;

use super::{Context, Credential, CredentialRequest, Package, Role, Usage};
use crate::error::{Error, Result, Status};

/// Makes a credential of `package`. Where the request's list keeps the package from it, the first step
/// fails, as on Windows.
///
/// # Errors
/// As [`Package::acquire`].
pub fn acquire(
    package: &'static dyn Package,
    request: CredentialRequest,
) -> Result<Arc<dyn Credential>> {
    let allowed = request.packages.allows(package.names_in_lists());
    let credential = package.acquire(request)?;
    Ok(if allowed { credential } else { Arc::new(Excluded(credential)) })
}

/// A credential whose package may not use its identity.
struct Excluded(Arc<dyn Credential>);

impl Credential for Excluded {
    fn package(&self) -> &'static dyn Package {
        self.0.package()
    }

    fn usage(&self) -> Usage {
        self.0.usage()
    }

    fn name(&self) -> String {
        self.0.name()
    }

    fn context(self: Arc<Self>, _role: Role) -> Result<Box<dyn Context>> {
        let reason =
            "context: the identity's package list excludes this package, or names others only";
        Err(Error::new(Status::NO_CREDENTIALS, reason))
    }
}
