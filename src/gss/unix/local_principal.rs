//! Whom this end speaks for, and by what it proves that: the keytab, the credential cache, or a password.

use std::sync::Arc;

use once_cell::race::OnceBox;

use super::gss_cred::{Cred, Mechanism};
use super::holder;
use super::library::{self, GssFunctions};
use super::name::GssName;
use super::status::Doing;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::sspi::{CredentialRequest, Identity, Usage};
use crate::system::fork::Gated;

/// Whom a credential of Kerberos or Negotiate is for.
pub(super) struct LocalPrincipal {
    functions: &'static GssFunctions,
    mechanism: Mechanism,
    usage: Usage,
    /// What accepts: of the keytab.
    inbound: Option<Cred>,
    /// Whom a client speaks for, and by which password, where the program named somebody.
    client: Option<(String, Option<Secret<String>>)>,
    /// Where it did not, whom the credential cache was for when the credential was acquired or, where
    /// there was no cache, when it was first needed. Whoever logs in there later is somebody else.
    holder: OnceBox<String>,
    /// Whether a package list has a say, so that Negotiate may have no mechanism but its own.
    limited: bool,
    /// What initializes by a password, from when it was needed until it has expired.
    outbound: Gated<Option<Arc<Cred>>>,
}

impl LocalPrincipal {
    /// An inbound credential needs its keytab now. Whether an outbound one is good the first step
    /// finds out, as on Windows.
    pub(super) fn acquire(
        functions: &'static GssFunctions,
        mechanism: Mechanism,
        request: CredentialRequest,
    ) -> Result<Self> {
        let CredentialRequest { usage, principal, identity, packages, .. } = request;
        let limited = mechanism == Mechanism::Negotiate && packages.restricts();
        let principal = principal.filter(|name| !name.is_empty());
        let inbound = usage.inbound.then(|| {
            let name = |string: &String| GssName::service(functions, Doing::Acquire, string);
            let name = principal.as_ref().map(name).transpose()?;
            let cred = Cred::acquire(functions, mechanism, name.as_ref(), true)?;
            if limited { cred.with_kerberos_alone() } else { Ok(cred) }
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
        let (holder, outbound) = (OnceBox::new(), Gated::default());
        let this = Self { functions, mechanism, usage, inbound, client, holder, limited, outbound };
        if usage.outbound && this.client.is_none() {
            this.holder();
        }
        Ok(this)
    }

    /// Whom the credential cache was for; `None` as long as there is none.
    fn holder(&self) -> Option<&str> {
        let look = || library::krb5().and_then(holder::of_default_cache).map(Box::new).ok_or(());
        self.holder.get_or_try_init(look).ok().map(String::as_str)
    }

    /// Whom a client speaks for, and by which password.
    fn client(&self) -> Option<(&str, Option<&Secret<String>>)> {
        match &self.client {
            Some((user, password)) => Some((user, password.as_ref())),
            None => self.holder().map(|user| (user, None)),
        }
    }

    pub(super) fn functions(&self) -> &'static GssFunctions {
        self.functions
    }

    pub(super) fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// What accepts.
    pub(super) fn inbound(&self) -> Option<&Cred> {
        self.inbound.as_ref()
    }

    /// What initializes: by the password, or the tickets of the user that was named or that the cache
    /// was for. What a password has fetched is kept until it has expired: a program may keep a credential
    /// for longer than a ticket lives. A cache is looked into each time, for others may have logged in
    /// there.
    ///
    /// # Errors
    /// `NO_CREDENTIALS` where there is no ticket, or those of somebody else; `LOGON_DENIED` for a wrong
    /// password.
    pub(super) fn outbound(&self) -> Result<Arc<Cred>> {
        let Some((user, password)) = self.client() else {
            if self.limited {
                // Refused here by its own status, where Negotiate alone would not say why.
                Cred::acquire(self.functions, Mechanism::Kerberos, None, false)?;
            }
            let cred = Cred::acquire(self.functions, self.mechanism, None, false)?;
            return self.client_cred(cred).map(Arc::new);
        };
        if password.is_none() {
            return self.log_in(user, None).map(Arc::new);
        }
        let held = self.outbound.lock().clone();
        if let Some(cred) = held.filter(|cred| !cred.expired()) {
            return Ok(cred);
        }
        // The KDC is asked without the lock. Of two threads that ask at once, the last one's stays.
        let fresh = Arc::new(self.log_in(user, password)?);
        let _old = self.outbound.lock().replace(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// After a first step: whether its tickets were those of that user. The library has read them
    /// after [`Self::outbound`] looked, and Heimdal's takes those of whoever is there.
    ///
    /// # Errors
    /// `NO_CREDENTIALS`.
    pub(super) fn confirm(&self) -> Result<()> {
        match self.client() {
            Some((user, None)) => self.log_in(user, None).map(drop),
            _ => Ok(()),
        }
    }

    /// Whom it speaks for; empty where that is nobody.
    pub(super) fn name(&self) -> String {
        if let Some((user, _)) = &self.client {
            return user.clone();
        }
        match self.inbound.as_ref() {
            Some(cred) => cred.name().unwrap_or_default(),
            None => self.holder().unwrap_or_default().to_owned(),
        }
    }

    fn log_in(&self, user: &str, password: Option<&Secret<String>>) -> Result<Cred> {
        let (functions, mechanism) = (self.functions, self.mechanism);
        let name = GssName::principal(functions, Doing::Acquire, user)?;
        let cred = match password {
            Some(password) => Cred::with_password(functions, mechanism, &name, password)?,
            None => Cred::acquire(functions, mechanism, Some(&name), false)?,
        };
        self.client_cred(cred)
    }

    fn client_cred(&self, cred: Cred) -> Result<Cred> {
        let cred = cred.limited_to_request();
        if self.limited { cred.with_kerberos_alone() } else { Ok(cred) }
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
            let [user, domain] = [user, domain].map(|string| string.map(str::to_owned));
            let identity = Identity { user, domain, password: None };
            assert_eq!(full_name(&identity).unwrap().as_deref(), expected, "{identity:?}");
        }
        let identity = Identity { domain: Some("example.org".to_owned()), ..Identity::default() };
        let status = full_name(&identity).unwrap_err().status();
        assert_eq!(status, Status::UNKNOWN_CREDENTIALS);
    }
}
