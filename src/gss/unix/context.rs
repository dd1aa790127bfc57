//! A context: what it does, and what it tells of itself.

use std::sync::Arc;

use super::local_principal::LocalPrincipal;
use super::name::GssName;
use super::state::{ContextState, LibraryContext};
use super::status::{Doing, check};
use super::times::now;
use super::types::{self, Oid};
use super::{key, open, seal, signature, sizes};
use crate::error::{Error, Result, Status};
use crate::gss::steps::ExchangeSteps;
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Flags, MAXIMUM_TIME, Message, Package, Role, Step,
    TokenSink,
};
use crate::system::fork::{Mutex, MutexGuard};

/// The packages that a context names.
#[derive(Clone, Copy)]
pub(super) struct Packages {
    /// Whose credential it was made with.
    pub(super) own: &'static dyn Package,
    /// What Negotiate can agree on.
    pub(super) kerberos: &'static dyn Package,
}

/// The realm of a principal (RFC 1964 §2.1.1), in whose name an `@` is escaped.
fn realm(principal: &str) -> &str {
    principal.rsplit_once('@').map_or("", |(_, realm)| realm)
}

/// One end of an exchange of Kerberos or Negotiate.
pub(super) struct GssContext {
    packages: Packages,
    principal: Arc<LocalPrincipal>,
    role: Role,
    state: Mutex<ContextState>,
}

impl GssContext {
    pub(super) fn new(packages: Packages, principal: Arc<LocalPrincipal>, role: Role) -> Self {
        let library = LibraryContext {
            functions: principal.functions(),
            handle: std::ptr::null_mut(),
            cred: None,
            times: (now(), MAXIMUM_TIME),
        };
        let state = Mutex::new(ContextState { steps: ExchangeSteps::new(), library });
        Self { packages, principal, role, state }
    }

    fn lock(&self) -> Result<MutexGuard<'_, ContextState>> {
        self.state.lock()
    }

    /// The client's name and the mechanism that was agreed.
    fn inquire(state: &ContextState) -> Result<(GssName, bool)> {
        let functions = state.functions();
        let mut name = GssName::empty(functions);
        let mut mechanism: *const Oid = std::ptr::null();
        let (mut minor, none) = (0, std::ptr::null_mut());
        let handle = state.established()?;
        // SAFETY: the context is live; null where RFC 2744 §5.21 allows it.
        let major = unsafe {
            (functions.gss_inquire_context)(
                &raw mut minor,
                handle,
                name.fill(),
                none,
                std::ptr::null_mut(),
                &raw mut mechanism,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        check(functions, Doing::Message, major, minor)?;
        // SAFETY: null, or one of the library's constants.
        let mechanism = unsafe { mechanism.as_ref() };
        // SAFETY: the library's constants and ours have as many bytes as they say.
        let kerberos = mechanism.is_some_and(|oid| unsafe { oid.is(&types::KERBEROS) });
        Ok((name, kerberos))
    }
}

impl Context for GssContext {
    fn package(&self) -> &'static dyn Package {
        self.packages.own
    }

    /// What Negotiate has agreed on.
    fn negotiated(&self) -> &'static dyn Package {
        match self.lock().and_then(|state| Self::inquire(&state)) {
            Ok((_, true)) => self.packages.kerberos,
            _ => self.packages.own,
        }
    }

    fn role(&self) -> Role {
        self.role
    }

    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let mut state = self.lock()?;
        let ContextState { steps, library } = &mut *state;
        let advance = || library.advance(&self.principal, self.role, call);
        steps.take(call.inputs.token(), output, advance)
    }

    fn flags(&self) -> Flags {
        self.lock().map_or(Flags::NONE, |state| state.flags())
    }

    fn established(&self) -> bool {
        self.lock().is_ok_and(|state| state.steps.established())
    }

    fn expiry(&self) -> u64 {
        self.lock().map_or(MAXIMUM_TIME, |state| state.library.times.1)
    }

    fn query(&self, attribute: AttributeId) -> Result<Attribute> {
        let state = self.lock()?;
        Ok(match attribute {
            AttributeId::SIZES => Attribute::Sizes(sizes::of(&state, self.package().info())?),
            AttributeId::NAMES => Attribute::Names(Self::inquire(&state)?.0.display()?),
            AttributeId::LIFESPAN => {
                Attribute::Lifespan(state.library.times.0, state.library.times.1)
            }
            AttributeId::SESSION_KEY => Attribute::SessionKey(key::session(&state)?),
            AttributeId::KEY_INFO => Attribute::KeyInfo(key::info(&state)?),
            AttributeId::AUTHORITY => {
                let name = Self::inquire(&state)?.0.display()?;
                Attribute::Authority(realm(&name).to_owned())
            }
            _ => {
                let reason = "query: not an attribute of this package";
                return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
            }
        })
    }

    fn sign(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        signature::sign(&*self.lock()?, qop, message)
    }

    fn verify(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        signature::verify(&*self.lock()?, message)
    }

    fn sealed_length(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<usize> {
        seal::sealed_length(&*self.lock()?, qop, message)
    }

    fn seal(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        seal::seal(&*self.lock()?, qop, message)
    }

    fn open(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        open::open(&*self.lock()?, message)
    }
}
