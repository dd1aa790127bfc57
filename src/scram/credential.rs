//! What a SCRAM credential holds: the configuration as it was when the credential was made, the user it
//! speaks for with the keys that were hashed for it, and the accounts it checks against.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::hash::{Hash, Key};
use super::settings::Settings;
use crate::accounts::Source;
use crate::error::{Error, Result, Status};
use crate::sspi::{CredentialRequest, Identity, Package, Usage};
use crate::system::fork::Gated;
use crate::system::heap;

/// A credential of one of the SCRAM packages. Contexts made from it keep it alive.
pub(super) struct ScramCredential {
    /// The package that it is one of.
    pub(super) package: &'static dyn Package,
    /// The mechanism's hash.
    pub(super) hash: Hash,
    /// Whether the mechanism has channel bindings.
    pub(super) plus: bool,
    pub(super) usage: Usage,
    pub(super) settings: Settings,
    identity: Option<Identity>,
    source: Option<Arc<dyn Source>>,
    /// Whether the source has answered with a password: then every refusal costs the hashing of one.
    told_password: AtomicBool,
    /// Of outbound credentials, the oldest first. Locked to look and to add, never while hashing.
    cache: Gated<VecDeque<Salted>>,
}

/// What a client has hashed its password to, for one salt and count.
#[derive(Clone)]
pub(super) struct Salted {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) client_key: Key,
    pub(super) server_key: Key,
}

impl ScramCredential {
    /// Reads the configuration; an inbound credential also needs accounts.
    pub(super) fn acquire(
        package: &'static dyn Package,
        hash: Hash,
        plus: bool,
        request: CredentialRequest,
    ) -> Result<Self> {
        let settings = Settings::read(&request.configuration)?;
        let CredentialRequest { usage, identity, source, .. } = request;
        let source = match source {
            _ if !usage.inbound => None,
            Some(source) => Some(source),
            None => Some(settings.source()?),
        };
        Ok(Self {
            package,
            hash,
            plus,
            usage,
            settings,
            identity,
            source,
            told_password: AtomicBool::new(false),
            cache: Gated::new(VecDeque::new()),
        })
    }

    /// Where users are looked up.
    pub(super) fn source(&self) -> Result<&dyn Source> {
        self.source.as_deref().ok_or_else(|| {
            Error::new(Status::NO_CREDENTIALS, "accept: the credential is not an inbound one")
        })
    }

    /// The name of the user to speak for; empty for nobody.
    pub(super) fn user_name(&self) -> &str {
        self.identity.as_ref().and_then(|identity| identity.user.as_deref()).unwrap_or_default()
    }

    /// The name and password of the user to speak for. The name is taken as it was given, and the domain
    /// is of no use here.
    pub(super) fn user(&self) -> Result<(&str, &str)> {
        let Some(Identity { user: Some(user), password: Some(password), .. }) = &self.identity
        else {
            let reason = "initialize: the credential has no user name and password";
            return Err(Error::new(Status::NO_CREDENTIALS, reason));
        };
        Ok((user, password.expose()))
    }

    pub(super) fn tells_passwords(&self) -> bool {
        self.told_password.load(Ordering::Relaxed)
    }

    pub(super) fn remember_password(&self) {
        self.told_password.store(true, Ordering::Relaxed);
    }

    /// What was hashed for this salt and count before.
    pub(super) fn salted(&self, salt: &[u8], iterations: u32) -> Option<Salted> {
        let cache = self.cache.lock();
        let of = |known: &&Salted| known.iterations == iterations && known.salt == salt;
        cache.iter().find(of).cloned()
    }

    /// Keeps what was hashed, once the server has shown that it is the same there.
    pub(super) fn keep(&self, salted: Salted) {
        let most = self.settings.cache;
        let mut old = None;
        let mut cache = self.cache.lock();
        let known =
            |known: &Salted| known.iterations == salted.iterations && known.salt == salted.salt;
        if most > 0 && !cache.iter().any(known) {
            if cache.len() >= most {
                old = cache.pop_front();
            }
            // What there is no memory for is hashed again.
            if cache.try_reserve(1).is_ok() {
                cache.push_back(salted);
            }
        }
        drop(cache);
        drop(old);
    }
}

impl Salted {
    pub(super) fn new(
        salt: &[u8],
        iterations: u32,
        client_key: Key,
        server_key: Key,
    ) -> Result<Self> {
        Ok(Self { salt: heap::copied(salt)?, iterations, client_key, server_key })
    }
}
