//! A context of the system's: its steps, its sizes, and the way to its messages.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::credential_handle::CredentialHandle;
use super::established::{ChecksumLength, EstablishedContext, succeeded};
use super::functions::SspiFunctions;
use super::types::{
    NATIVE_DREP, SecBuffer, SecBufferDesc, SecHandle, SizesStructure, StreamSizesStructure,
    TimeStamp,
};
use super::{messages, wine};
use crate::error::{Error, Result, Status};
use crate::gss::steps::ExchangeSteps;
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Flags, MAXIMUM_TIME, Message, Outcome, Package, Role,
    Sizes, Step, StreamSizes, TokenSink, buffer_type,
};

/// Room for a token: no package makes a longer one.
const TOKEN_ROOM: usize = 0x1_0000;

/// What changes from step to step.
struct ContextState {
    steps: ExchangeSteps,
    system: SystemState,
}

/// What the system's steps left.
struct SystemState {
    /// The system's handle, from the first step that went well. Wine makes a new one with each step.
    handle: Option<SecHandle>,
    expiry: u64,
    /// Whether a token of NTLM went by, which Negotiate can agree on.
    ntlm: bool,
}

/// A context of the system's; deleted there when dropped.
pub(crate) struct WindowsContext {
    package: &'static dyn Package,
    credential: Arc<CredentialHandle>,
    role: Role,
    state: Mutex<ContextState>,
    checksum: ChecksumLength,
}

impl WindowsContext {
    pub(super) fn new(
        package: &'static dyn Package,
        credential: Arc<CredentialHandle>,
        role: Role,
    ) -> Self {
        let system = SystemState { handle: None, expiry: MAXIMUM_TIME, ntlm: false };
        let state = Mutex::new(ContextState { steps: ExchangeSteps::new(), system });
        Self { package, credential, role, state, checksum: ChecksumLength::default() }
    }

    /// The system's own handle, once there is one.
    #[cfg(windows)]
    pub(crate) fn handle(&self) -> Option<SecHandle> {
        self.lock().system.handle
    }

    fn functions(&self) -> &'static SspiFunctions {
        self.credential.functions()
    }

    fn lock(&self) -> MutexGuard<'_, ContextState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The system's context for messages, once the exchange has succeeded.
    fn established_context(&self) -> Result<EstablishedContext<'_>> {
        let state = self.lock();
        state.steps.require_established()?;
        let missing = || Error::new(Status::INTERNAL_ERROR, "context: without a handle");
        let handle = state.system.handle.ok_or_else(missing)?;
        let (functions, flags) = (self.credential.functions(), state.steps.flags());
        Ok(EstablishedContext { functions, handle, flags, checksum: &self.checksum })
    }

    /// Whether messages are those of Wine's Kerberos.
    fn speaks_wine(&self) -> bool {
        self.functions().wine && !self.lock().system.ntlm
    }

    /// Asks the system for an attribute.
    fn ask<T: Default>(&self, attribute: AttributeId) -> Result<T> {
        let handle = self.established_context()?.handle;
        let mut answer = T::default();
        let place = (&raw mut answer).cast::<c_void>();
        // SAFETY: the system's handle, and the structure that belongs to the attribute.
        let status = unsafe { (self.functions().query)(&raw const handle, attribute.0, place) };
        succeeded("query", status).map(|()| answer)
    }

    /// Before the end of the exchange the largest token alone.
    fn sizes(&self) -> Result<Sizes> {
        if !self.established() {
            let max_token = self.package().info().max_token;
            return Ok(Sizes { max_token, ..Sizes::default() });
        }
        let SizesStructure { max_token, max_signature, block_size, security_trailer } =
            self.ask(AttributeId::SIZES)?;
        let sizes = Sizes { max_token, max_signature, block_size, security_trailer };
        Ok(if self.speaks_wine() { wine::sizes(sizes, self.checksum.get()) } else { sizes })
    }

    fn stream_sizes(&self) -> Result<StreamSizes> {
        let StreamSizesStructure { header, trailer, maximum_message, buffers, block_size } =
            self.ask(AttributeId::STREAM_SIZES)?;
        Ok(StreamSizes { header, trailer, maximum_message, buffers, block_size })
    }
}

impl SystemState {
    /// Takes a step at the system's.
    fn advance(
        &mut self,
        credential: &CredentialHandle,
        role: Role,
        call: &Call<'_>,
    ) -> Result<(Vec<u8>, Step)> {
        let mut token = vec![0; TOKEN_ROOM];
        let mut output = [SecBuffer::over_mut(buffer_type::TOKEN, &mut token)];
        // A client's first call has no token, which is not the same as an empty one to Windows.
        let first = role == Role::Client && self.handle.is_none();
        let absent = |kind, data: &[u8]| first && kind == buffer_type::TOKEN && data.is_empty();
        let inputs = call.inputs.0.iter().filter(|given| !absent(given.kind, given.data));
        let mut input: Vec<SecBuffer> =
            inputs.map(|given| SecBuffer::over(given.kind, given.data)).collect();
        let (status, flags) = self.call(credential, role, call, &mut input, &mut output);
        let outcome = match status {
            Status::OK => Outcome::Done,
            Status::CONTINUE_NEEDED => Outcome::Continue,
            Status::COMPLETE_NEEDED => Outcome::Complete,
            Status::COMPLETE_AND_CONTINUE => Outcome::CompleteAndContinue,
            status => return Err(Error::new(status, "step: the system's package refused it")),
        };
        token.truncate(output[0].length());
        let is_ntlm = |token: &[u8]| token.starts_with(b"NTLMSSP\0");
        self.ntlm |= is_ntlm(&token) || is_ntlm(call.inputs.token());
        Ok((token, Step { outcome, flags }))
    }

    fn call(
        &mut self,
        credential: &CredentialHandle,
        role: Role,
        call: &Call<'_>,
        input: &mut [SecBuffer],
        output: &mut [SecBuffer],
    ) -> (Status, Flags) {
        let functions = credential.functions();
        let credential = credential.handle();
        let before = self.handle;
        let context = before.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        let mut new = before.unwrap_or_default();
        let mut inputs = SecBufferDesc::of(input);
        let inputs = match inputs.count {
            0 => std::ptr::null_mut(),
            _ => &raw mut inputs,
        };
        let mut outputs = SecBufferDesc::of(output);
        let (mut bits, mut expiry) = (0, TimeStamp::default());
        // The token comes into memory of this call's.
        let asked = call.flags - Flags::ALLOCATE_MEMORY;
        let target = call.target.map(|target| target.encode_utf16().chain([0]).collect::<Vec<_>>());
        let target = target.as_ref().map_or(std::ptr::null(), Vec::as_ptr);
        let status = match role {
            // SAFETY: every pointer is to a live value of its type, or NULL where sspi.h allows it.
            Role::Server => unsafe {
                (functions.accept)(
                    &raw const credential,
                    context,
                    inputs,
                    asked.to_asc(),
                    NATIVE_DREP,
                    &raw mut new,
                    &raw mut outputs,
                    &raw mut bits,
                    &raw mut expiry,
                )
            },
            // SAFETY: as above; the target is terminated.
            Role::Client => unsafe {
                (functions.initialize)(
                    &raw const credential,
                    context,
                    target,
                    asked.to_isc(),
                    0,
                    NATIVE_DREP,
                    inputs,
                    0,
                    &raw mut new,
                    &raw mut outputs,
                    &raw mut bits,
                    &raw mut expiry,
                )
            },
        };
        let status = Status::from(status);
        if !status.is_error() {
            self.handle = Some(new);
        }
        if status == Status::OK {
            self.expiry = expiry.filetime();
        }
        let flags = match role {
            Role::Server => Flags::from_asc(bits),
            Role::Client => Flags::from_isc(bits),
        };
        (status, flags - Flags::ALLOCATE_MEMORY)
    }
}

impl Drop for WindowsContext {
    fn drop(&mut self) {
        if let Some(handle) = self.lock().system.handle {
            // SAFETY: the system's handle, deleted once.
            unsafe { (self.functions().delete_context)(&raw const handle) };
        }
    }
}

impl Context for WindowsContext {
    fn package(&self) -> &'static dyn Package {
        self.package
    }

    fn role(&self) -> Role {
        self.role
    }

    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let mut state = self.lock();
        let ContextState { steps, system } = &mut *state;
        let advance = || system.advance(&self.credential, self.role, call);
        steps.take(call.inputs.token(), output, advance)
    }

    fn flags(&self) -> Flags {
        self.lock().steps.flags()
    }

    fn established(&self) -> bool {
        self.lock().steps.established()
    }

    fn expiry(&self) -> u64 {
        self.lock().system.expiry
    }

    /// What the `Sasl*` functions need to know; programs ask the system for the rest.
    fn query(&self, attribute: AttributeId) -> Result<Attribute> {
        match attribute {
            AttributeId::SIZES => self.sizes().map(Attribute::Sizes),
            AttributeId::STREAM_SIZES => self.stream_sizes().map(Attribute::StreamSizes),
            _ => Err(Error::new(
                Status::UNSUPPORTED_FUNCTION,
                "query: an attribute that the system is asked for",
            )),
        }
    }

    fn sign(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        if self.speaks_wine() {
            return wine::sign(&self.established_context()?, qop, message);
        }
        messages::sign(&self.established_context()?, qop, message)
    }

    fn verify(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        if self.speaks_wine() {
            return wine::verify(&self.established_context()?, message);
        }
        messages::verify(&self.established_context()?, message)
    }

    fn seal(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        if self.speaks_wine() {
            wine::check_qop(qop)?;
            return wine::seal(&self.established_context()?, qop, message);
        }
        messages::seal(&self.established_context()?, qop, message)
    }

    fn open(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        if self.speaks_wine() {
            return wine::open(&self.established_context()?, message);
        }
        messages::open(&self.established_context()?, message)
    }
}
