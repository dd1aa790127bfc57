//! The object behind a context handle: a package's context, and what SASL adds to it.

use std::sync::Arc;

use once_cell::race::OnceBox;

use super::cookie::{Agreed, Layer};
use super::exchange::CookieExchange;
use super::options::{OptionId, OptionValue, Options};
use super::step_request::StepRequest;
use super::wrap::WRAP_NO_ENCRYPT;
use crate::error::{Error, Result, Status};
use crate::sspi::{
    Context, Credential, Flags, Message, Outcome, Role, SaslSemantics, Step, TokenSink,
};
use crate::system::fork::Gated;
use crate::system::heap;

/// A package's context, and the SASL state of one that a `Sasl*` function made.
pub struct Session {
    context: Box<dyn Context>,
    role: Role,
    wrapper: Wrapper,
    /// Whether SASL takes its layer from the context's attributes.
    layer_by_attributes: bool,
}

/// What SASL adds to a package's context.
enum Wrapper {
    /// Nothing: contexts of the plain functions are not "in the SASL list".
    Absent,
    /// Its options.
    Options(SparseOptions),
    /// Its options, and the state of its cookies.
    Cookies(Box<(SparseOptions, CookieExchange)>),
}

/// Absent as long as all have their defaults, as in most contexts they always have.
type SparseOptions = OnceBox<Gated<Options>>;

impl Session {
    /// A session before its first step.
    ///
    /// # Errors
    /// `NO_CREDENTIALS` when the credential does not serve `role`.
    #[inline]
    pub fn begin(credential: Arc<dyn Credential>, role: Role, through_sasl: bool) -> Result<Self> {
        let semantics = credential.package().sasl_semantics();
        let wrapper = match semantics {
            _ if !through_sasl => Wrapper::Absent,
            SaslSemantics::Plain | SaslSemantics::Attributes => Wrapper::Options(OnceBox::new()),
            SaslSemantics::Gssapi => {
                Wrapper::Cookies(heap::boxed((OnceBox::new(), CookieExchange::new()))?)
            }
        };
        let layer_by_attributes = through_sasl && semantics == SaslSemantics::Attributes;
        Ok(Self { context: credential.context(role)?, role, wrapper, layer_by_attributes })
    }

    /// A session around an imported context, which is established and has no SASL state.
    #[must_use]
    pub fn imported(context: Box<dyn Context>) -> Self {
        let wrapper = Wrapper::Absent;
        Self { role: context.role(), context, wrapper, layer_by_attributes: false }
    }

    /// The package's context.
    #[must_use]
    pub fn context(&self) -> &dyn Context {
        &*self.context
    }

    /// Takes one step. `credential` may be absent on all but the first.
    ///
    /// # Errors
    /// `INVALID_HANDLE` when the context is of the other role, or a `Sasl*` function meets a
    /// context that none of them made; `WRONG_CREDENTIAL_HANDLE` for a credential of another
    /// package; otherwise the package's own.
    pub fn step(
        &self,
        credential: Option<&dyn Credential>,
        request: &StepRequest<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let step = self.take_step(credential, request, output)?;
        if matches!(step.outcome, Outcome::Done | Outcome::Complete) {
            let logins = self.context.package().logins();
            match self.role {
                Role::Server => logins.accepted(),
                Role::Client => logins.initialized(),
            }
        }
        Ok(step)
    }

    fn take_step(
        &self,
        credential: Option<&dyn Credential>,
        request: &StepRequest<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        self.check(credential, request)?;
        let Some(options) = self.sparse_options() else {
            return self.context.step(&request.call(true, &[]), output);
        };
        // Copied, so that no lock is held while the package asks a source of accounts.
        let options = copied(options)?;
        if let Wrapper::Cookies(cookies) = &self.wrapper {
            return cookies.1.step(self.context(), &options.unwrap_or_default(), request, output);
        }
        let Some(options) = options else {
            return self.context.step(&request.call(true, &[]), output);
        };
        let call = request.call(options.authorization_allowed, &options.authorization);
        self.context.step(&call, output)
    }

    /// The attributes of the last step.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let flags = self.context.flags();
        self.agreed().map_or(flags, |agreed| agreed.layer.mask(flags))
    }

    /// `MakeSignature`.
    ///
    /// # Errors
    /// As [`Context::sign`]; after cookies `QOP_NOT_SUPPORTED` where they chose no layer, and
    /// `INVALID_HANDLE` before their end.
    pub fn sign(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        self.protection()?;
        self.context.sign(qop, message)
    }

    /// `VerifySignature`; returns the quality of protection.
    ///
    /// # Errors
    /// As [`Context::verify`] and [`Session::sign`].
    pub fn verify(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        self.protection()?;
        self.context.verify(message)
    }

    /// `EncryptMessage`, in place. Where SASL's layer is the one that signs only, that is what it
    /// does.
    ///
    /// # Errors
    /// As [`Context::seal`] and [`Session::sign`]; `INVALID_TOKEN` for more than the peer's cookie
    /// says that it takes.
    pub fn seal(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        let signs = self.protection()? == Some(Layer::Integrity) || self.attributes_sign();
        let qop = if signs && qop == 0 { WRAP_NO_ENCRYPT } else { qop };
        if let Some(agreed) = self.agreed() {
            let (length, most) = (self.context.sealed_length(qop, message)?, agreed.peer_size);
            if length > usize::try_from(most).unwrap_or(usize::MAX) {
                return Err(too_long(length, message.plaintext_length(), most));
            }
        }
        self.context.seal(qop, message)
    }

    /// Whether the layer is that of attributes with integrity and without confidentiality.
    fn attributes_sign(&self) -> bool {
        self.layer_by_attributes && {
            let flags = self.context.flags();
            flags.contains(Flags::INTEGRITY) && !flags.contains(Flags::CONFIDENTIALITY)
        }
    }

    /// `DecryptMessage`, in place; returns the quality of protection.
    ///
    /// # Errors
    /// As [`Context::open`] and [`Session::sign`].
    pub fn open(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        self.protection()?;
        self.context.open(message)
    }

    /// The layer that cookies chose; `None` for a context without cookies, whose package knows what
    /// it has agreed on. The cookies themselves go around this: they are protected before there is
    /// a layer.
    fn protection(&self) -> Result<Option<Layer>> {
        let Wrapper::Cookies(cookies) = &self.wrapper else { return Ok(None) };
        match cookies.1.agreed().map(|agreed| agreed.layer) {
            None => Err(Error::new(
                Status::INVALID_HANDLE,
                "message: the exchange of cookies has not succeeded (yet)",
            )),
            Some(Layer::None) => Err(Error::new(
                Status::QOP_NOT_SUPPORTED,
                "message: the cookies chose no security layer (RFC 4752 §3.3)",
            )),
            layer => Ok(layer),
        }
    }

    fn agreed(&self) -> Option<&Agreed> {
        match &self.wrapper {
            Wrapper::Cookies(cookies) => cookies.1.agreed(),
            Wrapper::Absent | Wrapper::Options(_) => None,
        }
    }

    fn options(&self) -> Result<&SparseOptions> {
        self.sparse_options().ok_or_else(not_sasl)
    }

    fn sparse_options(&self) -> Option<&SparseOptions> {
        match &self.wrapper {
            Wrapper::Absent => None,
            Wrapper::Options(options) => Some(options),
            Wrapper::Cookies(cookies) => Some(&cookies.0),
        }
    }

    fn check(&self, credential: Option<&dyn Credential>, request: &StepRequest<'_>) -> Result<()> {
        if request.role != self.role {
            let reason = "context: an accepting context cannot initialize, nor the reverse";
            return Err(Error::new(Status::INVALID_HANDLE, reason));
        }
        if request.through_sasl {
            self.options()?;
        }
        let own = || self.context.package().info().name;
        if credential.is_some_and(|credential| credential.package().info().name != own()) {
            let reason = "context: the credential is of another package";
            return Err(Error::new(Status::WRONG_CREDENTIAL_HANDLE, reason));
        }
        Ok(())
    }

    /// Sets an option. Effective for the steps that follow.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for contexts that no `Sasl*` function made, `BUFFER_TOO_SMALL` for a short
    /// value, `UNSUPPORTED_FUNCTION` for an unknown option or value, and for the authorization
    /// identity while those are forbidden.
    pub fn set_option(&self, option: OptionId, value: &[u8]) -> Result<()> {
        let options = self.options()?.get_or_try_init(|| heap::boxed(Gated::default()))?;
        options.lock().set(option, value)
    }

    /// Reads an option.
    ///
    /// # Errors
    /// As [`Session::set_option`].
    pub fn option(&self, option: OptionId) -> Result<OptionValue> {
        let options = copied(self.options()?)?;
        options.unwrap_or_default().get(option, self.context(), self.agreed())
    }
}

#[cold]
fn too_long(length: usize, plaintext: usize, most: u32) -> Error {
    let fits = u64::from(most).saturating_sub(length.saturating_sub(plaintext) as u64);
    let reason = format!(
        "encrypt: {length} bytes when sealed, and the peer takes messages of {most} (RFC 4752 §3), of \
         {fits} bytes before they are sealed"
    );
    Error::new(Status::INVALID_TOKEN, reason)
}

fn copied(options: &SparseOptions) -> Result<Option<Options>> {
    options.get().map(|options| options.lock().copied()).transpose()
}

fn not_sasl() -> Error {
    let reason = "SASL: the context was not made by a Sasl* function";
    Error::new(Status::INVALID_HANDLE, reason)
}

#[cfg(test)]
mod tests;
