//! One step of an exchange, as the accepting and initializing functions take it: pointers become a
//! session, buffers and flags, and what comes of them goes back.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{CredHandle, CtxtHandle, SecBufferDesc, SecHandle, TimeStamp, ULONG};
use crate::ffi::caller::buffers::{BufferSlots, Copies, InputViews};
use crate::ffi::caller::output::Output;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::CallerString;
use crate::ffi::pending_first_steps::{self as pending, FirstStep};
use crate::ffi::tables::{CONTEXTS, CREDENTIALS, CredentialEntry};
use crate::handle::{Handle, Place, Use};
use crate::sasl::{Session, StepRequest};
use crate::sspi::{Flags, Outcome, Role, Step, TokenSink};
use crate::system::location;

/// The two sets of functions that take steps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StepFunctions {
    /// `AcceptSecurityContext` and `InitializeSecurityContext`.
    Plain,
    /// `SaslAcceptSecurityContext` and `SaslInitializeSecurityContext`.
    Sasl,
}

/// A call of one of these functions.
struct StepCall {
    role: Role,
    functions: StepFunctions,
    credential: *const CredHandle,
    context: *const CtxtHandle,
    target: CallerString,
    request: ULONG,
    input: *const SecBufferDesc,
    new_context: *mut CtxtHandle,
    output: *const SecBufferDesc,
    attributes: *mut ULONG,
    expiry: *mut TimeStamp,
}

/// What a step was taken with.
enum StepSession {
    /// The context that the call named.
    Known(Handle, Use<'static, Session>),
    /// A first step's: a session, and the place for it in the handle table.
    New(Session, Place<'static, Session>),
}

/// What the caller is told of a step that succeeded.
struct TakenStep {
    handle: Handle,
    expiry: u64,
    step: Step,
}

/// What the accepting functions do. Nothing of the caller's is written when it fails, except the needed
/// length of an output token that was too long.
///
/// # Safety
/// The pointers are what the header says of `AcceptSecurityContext`'s parameters.
#[inline]
pub(super) unsafe fn accept(
    functions: StepFunctions,
    credential: *const CredHandle,
    context: *const CtxtHandle,
    input: *const SecBufferDesc,
    request: ULONG,
    new_context: *mut CtxtHandle,
    output: *const SecBufferDesc,
    attributes: *mut ULONG,
    expiry: *mut TimeStamp,
) -> Result<Status> {
    let (role, target) = (Role::Server, CallerString::Absent);
    let call = StepCall {
        role,
        functions,
        credential,
        context,
        target,
        request,
        input,
        new_context,
        output,
        attributes,
        expiry,
    };
    // SAFETY: the pointers are the header's, as this function's caller promises.
    unsafe { take(&call) }
}

/// What the initializing functions do, as [`accept`].
///
/// # Safety
/// The pointers are what the header says of `InitializeSecurityContextW`'s parameters.
#[inline]
pub(super) unsafe fn initialize(
    functions: StepFunctions,
    credential: *const CredHandle,
    context: *const CtxtHandle,
    target: CallerString,
    request: ULONG,
    input: *const SecBufferDesc,
    new_context: *mut CtxtHandle,
    output: *const SecBufferDesc,
    attributes: *mut ULONG,
    expiry: *mut TimeStamp,
) -> Result<Status> {
    let role = Role::Client;
    let call = StepCall {
        role,
        functions,
        credential,
        context,
        target,
        request,
        input,
        new_context,
        output,
        attributes,
        expiry,
    };
    // SAFETY: the pointers are the header's, as this function's caller promises.
    unsafe { take(&call) }
}

/// # Safety
/// The pointers are what the header says of the functions' parameters.
unsafe fn take(call: &StepCall) -> Result<Status> {
    // SAFETY: `context` is NULL or a handle (`take`'s promise).
    let known = unsafe { known_context(call.context) }?;
    // SAFETY: `credential` is NULL or a handle (`take`'s promise).
    let credential = unsafe { credential(call.credential) }?;
    let credential = credential.as_deref();
    let object = match known {
        Some(handle) => StepSession::Known(handle, CONTEXTS.get(handle)?),
        None => begin(call, credential)?,
    };
    let mut output = Output::absent();
    // SAFETY: the pointers are the header's (`take`'s promise).
    match unsafe { take_with(call, credential, object, &mut output) } {
        Ok(taken) => {
            let allocated = output.finish(true);
            // SAFETY: where results go is NULL or can be written (`take`'s promise).
            Ok(unsafe { tell(call, &taken, allocated) })
        }
        Err(error) => {
            output.finish(false);
            Err(error)
        }
    }
}

/// The object of a first step, before anything happens that cannot happen twice.
fn begin(call: &StepCall, credential: Option<&CredentialEntry>) -> Result<StepSession> {
    let Some(credential) = credential else {
        return Err(Error::new(Status::INVALID_HANDLE, "first call: no credential"));
    };
    if call.new_context.is_null() {
        let reason = "first call: nowhere to put the context's handle";
        return Err(Error::new(Status::INVALID_HANDLE, reason));
    }
    let through_sasl = call.functions == StepFunctions::Sasl;
    let session = Session::begin(Arc::clone(&credential.0), call.role, through_sasl)?;
    Ok(StepSession::New(session, CONTEXTS.reserve()?))
}

/// Takes the step of the session in `object`; what does not fit, `output` knows.
///
/// # Safety
/// As [`take`].
unsafe fn take_with(
    call: &StepCall,
    credential: Option<&CredentialEntry>,
    object: StepSession,
    output: &mut Output,
) -> Result<TakenStep> {
    // SAFETY: `target` is NULL or terminated (`take`'s promise).
    let target = unsafe { call.target.read(Status::TARGET_UNKNOWN) }?;
    let flags = match call.role {
        Role::Server => Flags::from_asc(call.request),
        Role::Client => Flags::from_isc(call.request),
    };
    // SAFETY: `input` is NULL or a descriptor (`take`'s promise).
    let input = unsafe { BufferSlots::of(call.input) }?;
    // SAFETY: `output` is NULL or a descriptor (`take`'s promise).
    let slots = unsafe { BufferSlots::of(call.output) }?;
    // SAFETY: output buffers can be written (`take`'s promise), and inputs that overlap them are
    // copied first.
    unsafe { output.open(slots, flags.contains(Flags::ALLOCATE_MEMORY)) }?;
    // SAFETY: input buffers can be read (`take`'s promise).
    let copies = unsafe { Copies::of(input, &output.range()) }?;
    let mut views = InputViews::new();
    // SAFETY: input buffers can be read during the call (`take`'s promise), and what is written
    // meanwhile has been copied.
    let inputs = unsafe { views.fill(input, &copies) }?;
    let through_sasl = call.functions == StepFunctions::Sasl;
    let request =
        StepRequest { role: call.role, through_sasl, inputs, flags, target: target.as_deref() };
    match object {
        StepSession::Known(handle, session) => {
            let step = session.step(credential.map(|entry| &*entry.0), &request, output)?;
            Ok(TakenStep { handle, expiry: session.context().expiry(), step })
        }
        StepSession::New(session, place) => {
            // SAFETY: `credential` is NULL or a handle (`take`'s promise).
            unsafe { first_step(call, credential, session, place, &request, output) }
        }
    }
}

/// Takes a first step with `session`, or with the one that is pending since this step's token did not
/// fit.
///
/// # Safety
/// As [`take`].
unsafe fn first_step(
    call: &StepCall,
    credential: Option<&CredentialEntry>,
    mut session: Session,
    place: Place<'static, Session>,
    request: &StepRequest<'_>,
    output: &mut Output,
) -> Result<TakenStep> {
    // SAFETY: `credential` can be read (the caller's promise).
    let words = unsafe { pointer::handle(call.credential) }?;
    let first = FirstStep::of(words, request);
    if let Some(pending) = first.and_then(pending::take) {
        session = pending;
    }
    match session.step(credential.map(|entry| &*entry.0), request, output) {
        Ok(step) => {
            let expiry = session.context().expiry();
            let handle = seen_by_caller(place.fill(session)?, words);
            Ok(TakenStep { handle, expiry, step })
        }
        Err(error) => {
            if let Some(first) = first.filter(|_| output.refused()) {
                pending::add(first.reserve()?, session);
                // SAFETY: `credential` can be read (the caller's promise).
                if unsafe { self::credential(call.credential) }.is_err() {
                    // Freed during the call: nobody can repeat the step.
                    pending::forget(words);
                }
            }
            Err(error)
        }
    }
}

/// Writes the results of a step, and returns its status.
///
/// # Safety
/// The pointers where results go are NULL or can be written.
unsafe fn tell(call: &StepCall, taken: &TakenStep, allocated: bool) -> Status {
    let mut flags = taken.step.flags - Flags::ALLOCATE_MEMORY;
    if allocated {
        flags |= Flags::ALLOCATE_MEMORY;
    }
    let bits = match call.role {
        Role::Server => flags.to_asc(),
        Role::Client => flags.to_isc(),
    };
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(call.new_context, pointer::words(taken.handle)) };
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(call.attributes, bits) };
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(call.expiry, pointer::time(taken.expiry)) };
    match taken.step.outcome {
        Outcome::Done => Status::OK,
        Outcome::Continue => Status::CONTINUE_NEEDED,
        Outcome::Complete => Status::COMPLETE_NEEDED,
        Outcome::CompleteAndContinue => Status::COMPLETE_AND_CONTINUE,
    }
}

/// A new context's handle as the caller has to see it. Wine's secur32.dll finds the package of a
/// handle by its upper word, which it writes itself only after some of the successes; the
/// credential's has it already.
fn seen_by_caller(handle: Handle, credential: Handle) -> Handle {
    if location::is_provider() { Handle { upper: credential.upper, ..handle } } else { handle }
}

/// A credential as long as a step is taken with it.
enum UsedCredential {
    Own(Use<'static, CredentialEntry>),
    /// The system's, under a handle of its own.
    #[cfg(windows)]
    System(CredentialEntry),
}

impl Deref for UsedCredential {
    type Target = CredentialEntry;

    fn deref(&self) -> &CredentialEntry {
        match self {
            Self::Own(credential) => credential,
            #[cfg(windows)]
            Self::System(credential) => credential,
        }
    }
}

/// The context that a call goes on with; `None` on a first call, which NULL says, and also {0, 0}:
/// wrappers pass their zeroed handle.
///
/// # Safety
/// Not NULL, `context` can be read.
unsafe fn known_context(context: *const SecHandle) -> Result<Option<Handle>> {
    if context.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and so readable (the caller's promise).
    let handle = unsafe { pointer::handle(context) }?;
    Ok((handle != Handle { lower: 0, upper: 0 }).then_some(handle))
}

/// # Safety
/// Not NULL, `credential` can be read.
unsafe fn credential(credential: *const SecHandle) -> Result<Option<UsedCredential>> {
    if credential.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and so readable (the caller's promise).
    let handle = unsafe { pointer::handle(credential) }?;
    #[cfg(windows)]
    if let Some(systems) = super::passthrough::wrapped::credential(handle) {
        return Ok(Some(UsedCredential::System(CredentialEntry(systems))));
    }
    CREDENTIALS.get(handle).map(UsedCredential::Own).map(Some)
}
