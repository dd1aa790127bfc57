//! One leg of an exchange, as all accepting and initializing functions take it: pointers become a
//! session, buffers and flags, and what comes of them goes back.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{CredHandle, CtxtHandle, SecBufferDesc, SecHandle, TimeStamp, ULONG};
use crate::ffi::caller::buffers::{Slots, with_inputs};
use crate::ffi::caller::output::Output;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::Foreign;
use crate::ffi::pending::{self, First};
use crate::ffi::tables::CONTEXTS;
use crate::ffi::tables::{CREDENTIALS, CredentialEntry};
use crate::handle::{Handle, Use};
use crate::sasl::{Session, StepRequest};
use crate::sspi::{Flags, Outcome, Role, Step};
use crate::system::library;

/// The pointers that all accepting and initializing functions take.
///
/// The last ones come on the stack. They are kept apart from one another, so that none are copied as
/// a pair: a processor has to wait for two that were written one by one.
#[repr(C)]
pub(super) struct Pointers {
    pub(super) output: *const SecBufferDesc,
    pub(super) credential: *const CredHandle,
    pub(super) attributes: *mut ULONG,
    pub(super) context: *const CtxtHandle,
    pub(super) expiry: *mut TimeStamp,
    pub(super) input: *const SecBufferDesc,
    pub(super) new_context: *mut CtxtHandle,
}

/// Which of those functions was called, and its other arguments.
pub(super) struct Entry {
    pub(super) role: Role,
    pub(super) through_sasl: bool,
    pub(super) request: ULONG,
    pub(super) target: Foreign,
}

/// Takes one leg. Nothing of the caller's is written when it fails, except the needed length of an
/// output token that was too long.
///
/// # Safety
/// The pointers are what the header says of the exported functions' parameters.
pub(super) unsafe fn take_leg(pointers: &Pointers, entry: &Entry) -> Result<Status> {
    // SAFETY: the caller's promise.
    let known = unsafe { known_context(pointers.context) }?;
    // SAFETY: the caller's promise.
    let credential = unsafe { credential(pointers.credential) }?;
    let credential = credential.as_deref();
    let mut output = Output::absent();
    let (handle, expiry, step) = if let Some(handle) = known {
        let session = CONTEXTS.get(handle)?;
        let credential = credential.map(|entry| &*entry.0);
        let take =
            |leg: &StepRequest<'_>, output: &mut Output| session.step(credential, leg, output);
        // SAFETY: the caller's promise.
        let step = unsafe { with_leg(pointers, entry, &mut output, take) }?;
        (handle, session.context().expiry(), step)
    } else {
        // SAFETY: the caller's promise.
        unsafe { first_leg(credential, pointers, entry, &mut output) }?
    };
    let mut flags = step.flags - Flags::ALLOCATE_MEMORY;
    if output.finish(true) {
        flags |= Flags::ALLOCATE_MEMORY;
    }
    let bits = match entry.role {
        Role::Server => flags.to_asc(),
        Role::Client => flags.to_isc(),
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::write(pointers.new_context, pointer::words(handle)) };
    // SAFETY: the caller's promise.
    unsafe { pointer::write(pointers.attributes, bits) };
    // SAFETY: the caller's promise.
    unsafe { pointer::write(pointers.expiry, pointer::time(expiry)) };
    Ok(match step.outcome {
        Outcome::Done => Status::OK,
        Outcome::Continue => Status::CONTINUE_NEEDED,
        Outcome::Complete => Status::COMPLETE_NEEDED,
        Outcome::CompleteAndContinue => Status::COMPLETE_AND_CONTINUE,
    })
}

/// Has `take` take a leg; after a refusal `output` has told the caller what was needed.
///
/// # Safety
/// As [`take_leg`].
#[inline(always)]
#[expect(clippy::inline_always, reason = "measured: what is handed over in memory is waited for")]
unsafe fn with_leg(
    pointers: &Pointers,
    entry: &Entry,
    output: &mut Output,
    take: impl FnOnce(&StepRequest<'_>, &mut Output) -> Result<Step>,
) -> Result<Step> {
    // SAFETY: the caller's promise.
    let target = unsafe { entry.target.read(Status::TARGET_UNKNOWN) }?;
    let flags = match entry.role {
        Role::Server => Flags::from_asc(entry.request),
        Role::Client => Flags::from_isc(entry.request),
    };
    // SAFETY: the caller's promise.
    let input = unsafe { Slots::of(pointers.input) }?;
    // SAFETY: the caller's promise.
    let slots = unsafe { Slots::of(pointers.output) }?;
    // SAFETY: the caller's promise; inputs that overlap it are copied below.
    unsafe { output.open(slots, flags.contains(Flags::ALLOCATE_MEMORY)) }?;
    let writable = output.range();
    // SAFETY: the caller's promise.
    let result = unsafe {
        with_inputs(input, &writable, |inputs| {
            let (role, through_sasl) = (entry.role, entry.through_sasl);
            let leg = StepRequest { role, through_sasl, inputs, flags, target: target.as_deref() };
            take(&leg, output)
        })
    };
    match result {
        // Part by part: the whole, handed over in memory, would be waited for.
        Ok(Step { outcome, flags }) => Ok(Step { outcome, flags }),
        Err(error) => {
            output.finish(false);
            Err(error)
        }
    }
}

/// Takes a leg with a new session, or with the one that is pending since this leg's token did not fit.
/// Returns its handle and end too.
///
/// # Safety
/// As [`take_leg`].
unsafe fn first_leg(
    credential: Option<&CredentialEntry>,
    pointers: &Pointers,
    entry: &Entry,
    output: &mut Output,
) -> Result<(Handle, u64, Step)> {
    let mut session = begin(credential, pointers.new_context, entry)?;
    // Before anything happens that cannot happen twice.
    let place = CONTEXTS.reserve()?;
    // SAFETY: the caller's promise.
    let words = unsafe { pointer::handle(pointers.credential) }?;
    let credential = credential.map(|entry| &*entry.0);
    let mut unfit = None;
    let take = |leg: &StepRequest<'_>, output: &mut Output| {
        let first = First::of(words, leg);
        if let Some(waiting) = first.and_then(pending::take) {
            session = waiting;
        }
        let result = session.step(credential, leg, output);
        if result.is_err() && output.refused() {
            // Looked at before anything is told: the caller's input may be where the output is.
            unfit = first.map(First::reserve).transpose()?;
        }
        result
    };
    // SAFETY: the caller's promise.
    let step = match (unsafe { with_leg(pointers, entry, output, take) }, unfit) {
        (Ok(step), _) => step,
        (Err(error), None) => return Err(error),
        (Err(error), Some(place)) => {
            pending::keep(place, session);
            // SAFETY: the caller's promise.
            if unsafe { self::credential(pointers.credential) }.is_err() {
                // Freed during the call: nobody can repeat the leg.
                pending::forget(words);
            }
            return Err(error);
        }
    };
    let expiry = session.context().expiry();
    let handle = place.fill(session)?;
    // SAFETY: the caller's promise.
    Ok((unsafe { seen_by_caller(handle, pointers.credential) }, expiry, step))
}

/// A new context's handle as the caller has to see it. Wine's secur32.dll finds the package of a
/// handle by its upper word, which it writes itself only after some of the successes; the
/// credential's has it already.
///
/// # Safety
/// Not NULL, `credential` can be read.
unsafe fn seen_by_caller(handle: Handle, credential: *const SecHandle) -> Handle {
    if !library::is_provider() {
        return handle;
    }
    // SAFETY: the caller's promise.
    let credential = unsafe { pointer::handle(credential) };
    Handle { upper: credential.map_or(handle.upper, |credential| credential.upper), ..handle }
}

/// A credential as long as a leg is taken with it.
enum Lent {
    Ours(Use<'static, CredentialEntry>),
    /// The machine's, under a handle of its own.
    #[cfg(windows)]
    Theirs(CredentialEntry),
}

impl Deref for Lent {
    type Target = CredentialEntry;

    fn deref(&self) -> &CredentialEntry {
        match self {
            Self::Ours(credential) => credential,
            #[cfg(windows)]
            Self::Theirs(credential) => credential,
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
    // SAFETY: the caller's promise.
    let handle = unsafe { pointer::handle(context) }?;
    Ok((handle != Handle { lower: 0, upper: 0 }).then_some(handle))
}

/// # Safety
/// Not NULL, `credential` can be read.
unsafe fn credential(credential: *const SecHandle) -> Result<Option<Lent>> {
    if credential.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let handle = unsafe { pointer::handle(credential) }?;
    #[cfg(windows)]
    if let Some(theirs) = crate::ffi::passthrough::wrapped::credential(handle) {
        return Ok(Some(Lent::Theirs(CredentialEntry(theirs))));
    }
    CREDENTIALS.get(handle).map(Lent::Ours).map(Some)
}

fn begin(
    credential: Option<&CredentialEntry>,
    new_context: *const SecHandle,
    entry: &Entry,
) -> Result<Session> {
    let Some(credential) = credential else {
        return Err(Error::new(Status::INVALID_HANDLE, "first call: no credential"));
    };
    if new_context.is_null() {
        let reason = "first call: nowhere to put the context's handle";
        return Err(Error::new(Status::INVALID_HANDLE, reason));
    }
    Session::begin(Arc::clone(&credential.0), entry.role, entry.through_sasl)
}
