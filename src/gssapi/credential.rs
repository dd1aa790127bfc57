//! A credential: the keytab, the credential cache, or a user with a password.

use std::sync::Arc;

use super::calls::{Cred, Name};
use super::context::GssContext;
use super::library::Functions;
use super::package::Unix;
use super::status::Doing;
use crate::sspi::{
    Context, Credential, CredentialRequest, Error, Identity, Package, Result, Role, Status, Usage,
};

/// A credential of Kerberos or Negotiate.
pub(super) struct GssCredential {
    functions: &'static Functions,
    package: &'static Unix,
    usage: Usage,
    /// What accepts: of the keytab.
    inbound: Option<Cred>,
    /// What initializes; `None` for whomever the credential cache speaks for at the time.
    outbound: Option<Cred>,
    /// The user of `pAuthData`.
    user: Option<String>,
}

impl GssCredential {
    /// An inbound credential needs its keytab now. An outbound one of the process's user is made
    /// also while there is no ticket: as on Windows the first leg finds out.
    pub(super) fn acquire(
        functions: &'static Functions,
        package: &'static Unix,
        request: &CredentialRequest,
    ) -> Result<Self> {
        let CredentialRequest { usage, principal, identity, .. } = request;
        let mechanism = package.mechanism();
        let name = principal.as_deref().filter(|name| !name.is_empty());
        let name = name.map(|name| Name::service(functions, Doing::Acquire, name)).transpose()?;
        let inbound = usage
            .inbound
            .then(|| Cred::acquire(functions, mechanism, name.as_ref(), true))
            .transpose()?;
        let user = identity.as_ref().map(full_name).transpose()?.flatten();
        let password = identity.as_ref().and_then(|identity| identity.password.as_ref());
        let outbound = match (&user, password, &name) {
            _ if !usage.outbound => None,
            (Some(user), password, _) => {
                let name = Name::principal(functions, Doing::Acquire, user)?;
                Some(match password {
                    Some(password) => Cred::with_password(functions, mechanism, &name, password)?,
                    None => Cred::acquire(functions, mechanism, Some(&name), false)?,
                })
            }
            (None, Some(_), _) => {
                let reason = "credential: a password without a user";
                return Err(Error::new(Status::UNKNOWN_CREDENTIALS, reason));
            }
            (None, None, Some(name)) => {
                Some(Cred::acquire(functions, mechanism, Some(name), false)?)
            }
            (None, None, None) => None,
        };
        Ok(Self { functions, package, usage: *usage, inbound, outbound, user })
    }

    pub(super) fn functions(&self) -> &'static Functions {
        self.functions
    }

    pub(super) fn owner(&self) -> &'static Unix {
        self.package
    }

    pub(super) fn of(&self, role: Role) -> Option<&Cred> {
        match role {
            Role::Server => self.inbound.as_ref(),
            Role::Client => self.outbound.as_ref(),
        }
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
        if let Some(user) = &self.user {
            return user.clone();
        }
        let of_machine = || {
            Cred::acquire(self.functions, self.package.mechanism(), None, false)
                .and_then(|cred| cred.name())
        };
        let name = match self.outbound.as_ref().or(self.inbound.as_ref()) {
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
