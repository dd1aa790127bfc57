//! The object behind a context handle: a package's context, and what SASL keeps beside it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::options::{OptionId, OptionValue, Options};
use crate::sspi::{
    Call, Context, Credential, Error, Flags, Inputs, Result, Role, SaslSemantics, Status, Step,
    TokenSink,
};

/// One leg of an exchange, as a C function passed it.
#[derive(Clone, Copy)]
pub struct Leg<'a> {
    /// Whether an accepting or an initializing function was called.
    pub role: Role,
    /// Whether it was the `Sasl*` form.
    pub through_sasl: bool,
    /// The input buffers.
    pub inputs: Inputs<'a>,
    /// The attributes asked for.
    pub flags: Flags,
    /// `pszTargetName`.
    pub target: Option<&'a str>,
}

/// A package's context, and the SASL state of one that a `Sasl*` function made.
pub struct Session {
    context: Box<dyn Context>,
    /// Whether a `Sasl*` function made it: others are not "in the SASL list".
    through_sasl: bool,
    /// `None` as long as all have their defaults, as in most contexts they always have.
    options: Mutex<Option<Box<Options>>>,
}

impl Session {
    /// A session before its first leg.
    ///
    /// # Errors
    /// `NO_CREDENTIALS` when the credential does not serve `role`; `UNSUPPORTED_FUNCTION` for
    /// packages whose cookies are not built yet.
    pub fn begin(credential: Arc<dyn Credential>, role: Role, through_sasl: bool) -> Result<Self> {
        if through_sasl && credential.package().sasl_semantics() == SaslSemantics::Gssapi {
            let reason = "SASL: cookies of GSSAPI packages (RFC 4752 §3) are not built yet";
            return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
        }
        let context = credential.context(role)?;
        Ok(Self { context, through_sasl, options: Mutex::default() })
    }

    /// A session around an imported context, which is established and has no SASL state.
    #[must_use]
    pub fn imported(context: Box<dyn Context>) -> Self {
        Self { context, through_sasl: false, options: Mutex::default() }
    }

    /// The package's context.
    #[must_use]
    pub fn context(&self) -> &dyn Context {
        &*self.context
    }

    /// Takes one leg. `credential` may be absent on all but the first.
    ///
    /// # Errors
    /// `INVALID_HANDLE` when the context is of the other role, or a `Sasl*` function meets a
    /// context that none of them made; `WRONG_CREDENTIAL_HANDLE` for a credential of another
    /// package; otherwise the package's own.
    pub fn step(
        &self,
        credential: Option<&dyn Credential>,
        leg: &Leg<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        self.check(credential, leg)?;
        // Copied, so that no lock is held while the package asks a source of accounts.
        let Some(options) = lock(&self.options).clone() else {
            return self.context.step(&call(leg, true, &[]), output);
        };
        let (allowed, authorization) = (options.authorization_allowed, &options.authorization);
        self.context.step(&call(leg, allowed, authorization), output)
    }

    fn check(&self, credential: Option<&dyn Credential>, leg: &Leg<'_>) -> Result<()> {
        if leg.role != self.context.role() {
            let reason = "context: an accepting context cannot initialize, nor the reverse";
            return Err(Error::new(Status::INVALID_HANDLE, reason));
        }
        if leg.through_sasl {
            self.check_sasl()?;
        }
        let own = self.context.package().info().name;
        if credential.is_some_and(|credential| credential.package().info().name != own) {
            let reason = "context: the credential is of another package";
            return Err(Error::new(Status::WRONG_CREDENTIAL_HANDLE, reason));
        }
        Ok(())
    }

    fn check_sasl(&self) -> Result<()> {
        if self.through_sasl { Ok(()) } else { Err(not_sasl()) }
    }

    /// Sets an option. Effective for the legs that follow.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for contexts that no `Sasl*` function made, `BUFFER_TOO_SMALL` for a short
    /// value, `UNSUPPORTED_FUNCTION` for an unknown option or value, and for the authorization
    /// identity while those are forbidden.
    pub fn set_option(&self, option: OptionId, value: &[u8]) -> Result<()> {
        self.check_sasl()?;
        lock(&self.options).get_or_insert_default().set(option, value)
    }

    /// Reads an option.
    ///
    /// # Errors
    /// As [`Session::set_option`].
    pub fn option(&self, option: OptionId) -> Result<OptionValue> {
        self.check_sasl()?;
        let options = lock(&self.options).clone();
        options.unwrap_or_default().get(option, self.context())
    }
}

fn call<'a>(leg: &Leg<'a>, authorization_allowed: bool, authorization: &'a [u8]) -> Call<'a> {
    Call {
        inputs: leg.inputs,
        flags: leg.flags,
        target: leg.target,
        authorization_allowed,
        authorization,
    }
}

fn lock(options: &Mutex<Option<Box<Options>>>) -> MutexGuard<'_, Option<Box<Options>>> {
    options.lock().unwrap_or_else(PoisonError::into_inner)
}

fn not_sasl() -> Error {
    let reason = "SASL: the context was not made by a Sasl* function";
    Error::new(Status::INVALID_HANDLE, reason)
}
