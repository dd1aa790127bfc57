//! A credential: the keytab, the credential cache, or a user with a password.

use std::sync::{Arc, Mutex, PoisonError};

use super::calls::{Cred, Name};
use super::context::GssContext;
use super::library::Functions;
use super::package::Unix;
use super::status::Doing;
use crate::sspi::{
    Context, Credential, CredentialRequest, Error, Identity, Package, Result, Role, Secret, Status,
    Usage,
};

/// A credential of Kerberos or Negotiate.
pub(super) struct GssCredential {
    functions: &'static Functions,
    package: &'static Unix,
    usage: Usage,
    /// What accepts: of the keytab.
    inbound: Option<Cred>,
    /// Whom a client speaks for, and by which password; `None` for whomever the credential cache
    /// has at the time.
    client: Option<(String, Option<Secret<String>>)>,
    /// What initializes for `client`, from when it was needed until it has expired.
    outbound: Mutex<Option<Arc<Cred>>>,
}

impl GssCredential {
    /// An inbound credential needs its keytab now. Whether an outbound one is good the first leg
    /// finds out, as on Windows.
    pub(super) fn acquire(
        functions: &'static Functions,
        package: &'static Unix,
        request: CredentialRequest,
    ) -> Result<Self> {
        let CredentialRequest { usage, principal, identity, .. } = request;
        let principal = principal.filter(|name| !name.is_empty());
        let inbound = usage.inbound.then(|| {
            let name = |text: &String| Name::service(functions, Doing::Acquire, text);
            let name = principal.as_ref().map(name).transpose()?;
            Cred::acquire(functions, package.mechanism(), name.as_ref(), true)
        });
        let inbound = inbound.transpose()?;
        let user = identity.as_ref().map(full_name).transpose()?.flatten();
        let password = identity.and_then(|identity| identity.password);
        let client = match (user, password) {
            _ if !usage.outbound => None,
            (Some(user), password) => Some((user, password)),
            (None, Some(_)) => {
                let reason = "credential: a password without a user";
                return Err(Error::new(Status::UNKNOWN_CREDENTIALS, reason));
            }
            (None, None) => principal.map(|principal| (principal, None)),
        };
        Ok(Self { functions, package, usage, inbound, client, outbound: Mutex::default() })
    }

    pub(super) fn functions(&self) -> &'static Functions {
        self.functions
    }

    pub(super) fn owner(&self) -> &'static Unix {
        self.package
    }

    /// What accepts.
    pub(super) fn inbound(&self) -> Option<&Cred> {
        self.inbound.as_ref()
    }

    /// What initializes: by the password or the named user's tickets, or else the credential cache's
    /// as it is now. What has expired is had anew: a program may keep a credential for longer than a
    /// ticket lives.
    ///
    /// # Errors
    /// `NO_CREDENTIALS` where there is no ticket, `LOGON_DENIED` for a wrong password.
    pub(super) fn outbound(&self) -> Result<Arc<Cred>> {
        let Some((user, password)) = &self.client else {
            let cred = Cred::acquire(self.functions, self.package.mechanism(), None, false)?;
            return Ok(Arc::new(cred.limited_to_request()));
        };
        let held = || self.outbound.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cred) = held().as_ref().filter(|cred| !cred.expired()) {
            return Ok(Arc::clone(cred));
        }
        // The KDC is asked without the lock. Of two threads that ask at once, the last one's stays.
        let fresh = Arc::new(self.log_in(user, password.as_ref())?);
        *held() = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    fn log_in(&self, user: &str, password: Option<&Secret<String>>) -> Result<Cred> {
        let (functions, mechanism) = (self.functions, self.package.mechanism());
        let name = Name::principal(functions, Doing::Acquire, user)?;
        let cred = match password {
            Some(password) => Cred::with_password(functions, mechanism, &name, password)?,
            None => Cred::acquire(functions, mechanism, Some(&name), false)?,
        };
        Ok(cred.limited_to_request())
    }
}

/// The principal of an identity; `None` where it names nobody. A domain becomes a realm, which is
/// written in capitals (RFC 4120 §6.1); Windows does not tell them apart.
fn full_name(identity: &Identity) -> Result<Option<String>> {
    let user = identity.user.as_deref().unwrap_or_default();
    let (user, domain) = match (user.split_once('\\'), identity.domain.as_deref()) {
        (Some((domain, user)), None | Some("")) => (user, domain),
        (_, domain) => (user, domain.unwrap_or_default()),
    };
    if user.is_empty() {
        return match domain {
            "" => Ok(None),
            _ => {
                Err(Error::new(Status::UNKNOWN_CREDENTIALS, "credential: a domain without a user"))
            }
        };
    }
    Ok(Some(match domain {
        "" => user.to_owned(),
        domain => format!("{user}@{}", domain.to_uppercase()),
    }))
}

impl Credential for GssCredential {
    fn package(&self) -> &'static dyn Package {
        self.package
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn name(&self) -> String {
        if let Some((user, _)) = &self.client {
            return user.clone();
        }
        let of_machine = || {
            Cred::acquire(self.functions, self.package.mechanism(), None, false)
                .and_then(|cred| cred.name())
        };
        let name = match self.inbound.as_ref() {
            Some(cred) => cred.name(),
            None => of_machine(),
        };
        name.unwrap_or_default()
    }

    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>> {
        let serves = match role {
            Role::Server => self.usage.inbound,
            Role::Client => self.usage.outbound,
        };
        if !serves {
            let reason = "context: the credential was acquired for the other direction";
            return Err(Error::new(Status::NO_CREDENTIALS, reason));
        }
        Ok(Box::new(GssContext::new(self, role)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_become_principals() {
        for (user, domain, expected) in [
            (Some("alice"), None, Some("alice")),
            (Some("alice"), Some(""), Some("alice")),
            (Some("alice"), Some("example.org"), Some("alice@EXAMPLE.ORG")),
            (Some("alice@Example.org"), None, Some("alice@Example.org")),
            (Some("example\\alice"), None, Some("alice@EXAMPLE")),
            (None, None, None),
            (Some(""), Some(""), None),
        ] {
            let [user, domain] = [user, domain].map(|text| text.map(str::to_owned));
            let identity = Identity { user, domain, password: None };
            assert_eq!(full_name(&identity).unwrap().as_deref(), expected, "{identity:?}");
        }
        let identity = Identity { domain: Some("example.org".to_owned()), ..Identity::default() };
        let status = full_name(&identity).unwrap_err().status();
        assert_eq!(status, Status::UNKNOWN_CREDENTIALS);
    }
}
