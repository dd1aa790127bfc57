//! What a Digest credential holds: the configuration as it was when the credential was made, the
//! user it speaks for, and the accounts it checks against.

use std::sync::Arc;

use once_cell::race::OnceBox;

use super::http::nonce::NonceIssuer;
use super::http::shared::{self, Engine};
use super::sasl::challenge_template::Challenges;
use crate::accounts::Source;
use crate::digest::settings::Settings;
use crate::error::{Error, Result, Status};
use crate::sspi::{CredentialRequest, Identity, Package, Usage};
use crate::system::heap;

/// A credential of the WDigest package. Contexts made from it keep it alive.
pub(super) struct DigestCredential {
    /// The package that it is one of.
    pub(super) package: &'static dyn Package,
    pub(super) usage: Usage,
    settings: Arc<Settings>,
    identity: Option<Identity>,
    source: Option<Arc<dyn Source>>,
    /// Of inbound credentials.
    challenges: Option<Challenges>,
    /// Made for the first HTTP challenge.
    issuer: OnceBox<NonceIssuer>,
    /// That of `[shared]`, once it was asked for.
    engine: OnceBox<Arc<dyn Engine>>,
}

impl DigestCredential {
    /// Reads the configuration; an inbound credential also needs accounts and a realm that fits
    /// into a challenge.
    pub(super) fn acquire(
        package: &'static dyn Package,
        request: CredentialRequest,
    ) -> Result<Self> {
        let settings = Settings::read(&request.configuration)?;
        Self::with_settings(package, request, Arc::new(settings))
    }

    /// As [`Self::acquire`], with a configuration at hand.
    pub(super) fn with_settings(
        package: &'static dyn Package,
        request: CredentialRequest,
        settings: Arc<Settings>,
    ) -> Result<Self> {
        let CredentialRequest { usage, identity, source, .. } = request;
        let source = match source {
            _ if !usage.inbound => None,
            Some(source) => Some(source),
            None => Some(settings.source()?),
        };
        let challenges = if usage.inbound { Some(Challenges::of(&settings)?) } else { None };
        let (issuer, engine) = (OnceBox::new(), OnceBox::new());
        Ok(Self { package, usage, settings, identity, source, challenges, issuer, engine })
    }

    /// The credential of an imported context, which takes no steps.
    pub(super) fn of_nobody(package: &'static dyn Package, settings: Arc<Settings>) -> Self {
        let usage = Usage { inbound: false, outbound: false };
        let (issuer, engine) = (OnceBox::new(), OnceBox::new());
        Self {
            package,
            usage,
            settings,
            identity: None,
            source: None,
            challenges: None,
            issuer,
            engine,
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where users are looked up.
    pub(super) fn source(&self) -> Result<&dyn Source> {
        self.shared_source().map(|source| &**source)
    }

    /// The same, to be kept.
    pub(super) fn shared_source(&self) -> Result<&Arc<dyn Source>> {
        self.source.as_ref().ok_or_else(not_inbound)
    }

    /// The challenges to send.
    pub(super) fn challenges(&self) -> Result<&Challenges> {
        self.challenges.as_ref().ok_or_else(not_inbound)
    }

    /// What issues and checks the nonces of HTTP.
    pub(super) fn issuer(&self) -> Result<&NonceIssuer> {
        self.issuer.get_or_try_init(|| heap::boxed(NonceIssuer::new(&self.settings)?))
    }

    /// The name of the user to speak for, with the domain where there is one; empty for nobody.
    pub(super) fn user_name(&self) -> String {
        let Some(Identity { user: Some(user), domain, .. }) = &self.identity else {
            return String::new();
        };
        match domain.as_deref() {
            None | Some("") => user.clone(),
            Some(domain) => format!("{domain}\\{user}"),
        }
    }

    /// Where many processes keep nonce counts, if the configuration says so.
    pub(super) fn engine(&self) -> Result<Option<&dyn Engine>> {
        let Some(settings) = &self.settings.shared else { return Ok(None) };
        let engine = self.engine.get_or_try_init(|| {
            // A issuer whose configuration has the table has an id.
            let realm_id = self.issuer()?.shared_realm_id().unwrap_or_default();
            heap::boxed(shared::engine(settings, realm_id)?)
        })?;
        Ok(Some(&**engine))
    }

    /// With an engine of a test's.
    #[cfg(test)]
    pub(super) fn with_engine(self, engine: Arc<dyn Engine>) -> Self {
        Self { engine: OnceBox::with_value(Box::new(engine)), ..self }
    }

    /// The user to speak for.
    ///
    /// Windows keeps no password of the logged-on user for Digest any more, so that without
    /// supplied credentials there is nobody to speak for.
    pub(super) fn identity(&self) -> Result<&Identity> {
        let usable = |identity: &&Identity| identity.user.is_some() && identity.password.is_some();
        self.identity.as_ref().filter(usable).ok_or_else(|| {
            let reason = "initialize: the credential has no user name and password";
            Error::new(Status::NO_CREDENTIALS, reason)
        })
    }
}

fn not_inbound() -> Error {
    Error::new(Status::NO_CREDENTIALS, "accept: the credential is not an inbound one")
}
