//! A context: its steps, and what it tells of itself afterwards.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::bindings;
use super::calls::{Cred, Name, Owned, check};
use super::credential::GssCredential;
use super::library::Functions;
use super::package::{KERBEROS, Unix};
use super::status::Doing;
use super::types::{self, Buffer, CONTINUE_NEEDED, ChannelBindings, Handle, INDEFINITE, Oid, flag};
use super::{key, messages, sizes};
use crate::error::{Error, Result, Status};
use crate::gss::steps::Steps;
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Flags, MAXIMUM_TIME, Message, Outcome, Package, Role,
    Step, TokenSink,
};
use crate::system::clock;
use crate::system::fork::{Mutex, MutexGuard};

/// The two numberings of context attributes.
const FLAGS: [(Flags, u32); 7] = [
    (Flags::DELEGATE, flag::DELEGATE),
    (Flags::MUTUAL_AUTH, flag::MUTUAL),
    (Flags::REPLAY_DETECT, flag::REPLAY),
    (Flags::SEQUENCE_DETECT, flag::SEQUENCE),
    (Flags::CONFIDENTIALITY, flag::CONFIDENTIALITY),
    (Flags::INTEGRITY, flag::INTEGRITY),
    (Flags::IDENTIFY, flag::IDENTIFY),
];

fn to_gss(flags: Flags) -> u32 {
    // Nothing is encrypted here without being signed.
    let sealed = flags.contains(Flags::CONFIDENTIALITY);
    let flags = if sealed { flags | Flags::INTEGRITY } else { flags };
    FLAGS.iter().filter(|row| flags.contains(row.0)).fold(0, |bits, row| bits | row.1)
}

fn from_gss(bits: u32) -> Flags {
    let set = FLAGS.iter().filter(|row| bits & row.1 != 0);
    set.fold(Flags::NONE, |flags, row| flags | row.0)
}

/// What changes from step to step. The library's contexts take one call at a time.
pub(super) struct State {
    steps: Steps,
    library: Library,
}

impl State {
    pub(super) fn functions(&self) -> &'static Functions {
        self.library.functions
    }

    pub(super) fn flags(&self) -> Flags {
        self.steps.flags()
    }

    /// The context, once it protects messages.
    pub(super) fn established(&self) -> Result<Handle> {
        self.steps.require_established().map(|()| self.library.handle)
    }
}

/// What the library holds for a context.
struct Library {
    functions: &'static Functions,
    handle: Handle,
    /// The credential that the context was begun with: a program's may get a new ticket meanwhile.
    cred: Option<Arc<Cred>>,
    times: (u64, u64),
}

// SAFETY: a GSSAPI context belongs to no thread; the mutex around it lets one in at a time.
unsafe impl Send for Library {}

impl Drop for Library {
    fn drop(&mut self) {
        if self.handle.is_null() {
            return;
        }
        let (mut minor, none) = (0, std::ptr::null_mut());
        // SAFETY: the library's, deleted once; no last token is wanted (RFC 2744 §5.9).
        unsafe {
            (self.functions.gss_delete_sec_context)(&raw mut minor, &raw mut self.handle, none)
        };
    }
}

/// The library's answer to a step.
struct Answer<'f> {
    token: Owned<'f>,
    major: u32,
    bits: u32,
    lifetime: u32,
}

impl Library {
    fn initialize(
        &mut self,
        credential: &GssCredential,
        call: &Call<'_>,
    ) -> Result<Answer<'static>> {
        let functions = self.functions;
        let target = call.target.filter(|target| !target.is_empty()).ok_or_else(|| {
            Error::new(Status::TARGET_UNKNOWN, "initialize: the target is missing")
        })?;
        let target = Name::service(functions, Doing::Initialize, target)?;
        let bindings = bindings::of_inputs(call.inputs)?;
        let input = Buffer::over(call.inputs.token());
        let mut answer = Answer { token: Owned::empty(functions), major: 0, bits: 0, lifetime: 0 };
        let mut minor = 0;
        let begins = self.cred.is_none();
        if begins {
            self.cred = Some(credential.outbound()?);
        }
        let cred = self.cred.as_ref().map_or(std::ptr::null_mut(), |cred| cred.handle());
        let mechanism: *const Oid = credential.owner().mechanism().oid();
        // SAFETY: every pointer is to a live value of its type; the library replaces the null
        // context of the first step.
        answer.major = unsafe {
            (functions.gss_init_sec_context)(
                &raw mut minor,
                cred,
                &raw mut self.handle,
                target.handle(),
                mechanism,
                to_gss(call.flags),
                0,
                pointer_to(bindings.as_ref()),
                &raw const input,
                std::ptr::null_mut(),
                answer.token.fill(),
                &raw mut answer.bits,
                &raw mut answer.lifetime,
            )
        };
        check(functions, Doing::Initialize, answer.major, minor)?;
        if begins {
            credential.confirm()?;
        }
        Ok(answer)
    }

    fn accept(&mut self, credential: &GssCredential, call: &Call<'_>) -> Result<Answer<'static>> {
        let functions = self.functions;
        let bindings = bindings::of_inputs(call.inputs)?;
        let input = Buffer::over(call.inputs.token());
        let mut answer = Answer { token: Owned::empty(functions), major: 0, bits: 0, lifetime: 0 };
        let mut minor = 0;
        // SAFETY: every pointer is to a live value of its type, or null where RFC 2744 §5.1
        // allows it; a delegated credential that is not asked for is not kept.
        answer.major = unsafe {
            (functions.gss_accept_sec_context)(
                &raw mut minor,
                &raw mut self.handle,
                credential.inbound().map_or(std::ptr::null_mut(), Cred::handle),
                &raw const input,
                pointer_to(bindings.as_ref()),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                answer.token.fill(),
                &raw mut answer.bits,
                &raw mut answer.lifetime,
                std::ptr::null_mut(),
            )
        };
        check(functions, Doing::Accept, answer.major, minor)?;
        let finished = answer.major & CONTINUE_NEEDED == 0;
        let lenient = call.flags.contains(Flags::HTTP); // ASC_REQ_ALLOW_MISSING_BINDINGS
        if finished && bindings.is_some() && !lenient && answer.bits & flag::CHANNEL_BOUND == 0 {
            let reason = "accept: the client has not bound itself to the channel";
            return Err(Error::new(Status::BAD_BINDINGS, reason));
        }
        Ok(answer)
    }

    fn advance(
        &mut self,
        credential: &GssCredential,
        role: Role,
        call: &Call<'_>,
    ) -> Result<(Vec<u8>, Step)> {
        let answer = match role {
            Role::Client => self.initialize(credential, call)?,
            Role::Server => self.accept(credential, call)?,
        };
        let echoed = call.flags & (Flags::CONNECTION | Flags::EXTENDED_ERROR | Flags::STREAM);
        let flags = from_gss(answer.bits) | echoed;
        let finished = answer.major & CONTINUE_NEEDED == 0;
        let outcome = if finished { Outcome::Done } else { Outcome::Continue };
        if finished {
            self.times.1 = expiry(answer.lifetime);
        }
        Ok((answer.token.bytes().to_vec(), Step { outcome, flags }))
    }
}

fn pointer_to(bindings: Option<&ChannelBindings>) -> *const ChannelBindings {
    bindings.map_or(std::ptr::null(), std::ptr::from_ref)
}

/// The realm of a principal (RFC 1964 §2.1.1), in whose name an `@` is escaped.
fn realm(principal: &str) -> &str {
    principal.rsplit_once('@').map_or("", |(_, realm)| realm)
}

/// Now, as a FILETIME value in local time.
fn now() -> u64 {
    filetime(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos())
}

/// FILETIME of nanoseconds since 1970, in local time.
fn filetime(nanoseconds: u128) -> u64 {
    /// 100 ns intervals between 1601 and 1970.
    const EPOCH: u64 = 116_444_736_000_000_000;
    let since = u64::try_from(nanoseconds / 100).unwrap_or(MAXIMUM_TIME);
    clock::filetime_to_local(since.saturating_add(EPOCH))
}

/// When a context of `lifetime` more seconds ends.
fn expiry(lifetime: u32) -> u64 {
    if lifetime == INDEFINITE {
        return MAXIMUM_TIME;
    }
    now().saturating_add(u64::from(lifetime) * 10_000_000)
}

/// One end of an exchange of Kerberos or Negotiate.
pub(super) struct GssContext {
    credential: Arc<GssCredential>,
    role: Role,
    state: Mutex<State>,
}

impl GssContext {
    pub(super) fn new(credential: Arc<GssCredential>, role: Role) -> Self {
        let library = Library {
            functions: credential.functions(),
            handle: std::ptr::null_mut(),
            cred: None,
            times: (now(), MAXIMUM_TIME),
        };
        Self { credential, role, state: Mutex::new(State { steps: Steps::new(), library }) }
    }

    fn lock(&self) -> Result<MutexGuard<'_, State>> {
        self.state.lock()
    }

    /// The client's name and the mechanism that was agreed.
    fn inquire(state: &State) -> Result<(Name, bool)> {
        let functions = state.functions();
        let mut name = Name::empty(functions);
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
        self.credential.owner()
    }

    /// What Negotiate has agreed on.
    fn negotiated(&self) -> &'static dyn Package {
        let own: &'static Unix = self.credential.owner();
        match self.lock().and_then(|state| Self::inquire(&state)) {
            Ok((_, true)) => &KERBEROS,
            _ => own,
        }
    }

    fn role(&self) -> Role {
        self.role
    }

    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let mut state = self.lock()?;
        let State { steps, library } = &mut *state;
        let advance = || library.advance(&self.credential, self.role, call);
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
            AttributeId::NAMES => Attribute::Names(Self::inquire(&state)?.0.text()?),
            AttributeId::LIFESPAN => {
                Attribute::Lifespan(state.library.times.0, state.library.times.1)
            }
            AttributeId::SESSION_KEY => Attribute::SessionKey(key::session(&state)?),
            AttributeId::KEY_INFO => Attribute::KeyInfo(key::info(&state)?),
            AttributeId::AUTHORITY => {
                let name = Self::inquire(&state)?.0.text()?;
                Attribute::Authority(realm(&name).to_owned())
            }
            _ => {
                let reason = "query: not an attribute of this package";
                return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
            }
        })
    }

    fn sign(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        messages::sign(&*self.lock()?, qop, message)
    }

    fn verify(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        messages::verify(&*self.lock()?, message)
    }

    fn sealed_length(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<usize> {
        messages::sealed_length(&*self.lock()?, qop, message)
    }

    fn seal(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        messages::seal(&*self.lock()?, qop, message)
    }

    fn open(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        messages::open(&*self.lock()?, message)
    }
}
