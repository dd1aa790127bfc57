//! Messages by the system's functions, in the buffers that the caller has.

use super::established::{EstablishedContext, succeeded};
use super::types::{SecBuffer, SecBufferDesc};
use crate::error::{Error, Result, Status};
use crate::sspi::{Data, MAX_BUFFERS, Message, MessageBuffer, Placement, buffer_type};

/// `MakeSignature`.
pub(super) fn sign(
    context: &EstablishedContext<'_>,
    qop: u32,
    message: &mut Message<'_, '_>,
) -> Result<()> {
    let handle = context.handle;
    let function = context.functions.sign;
    with_buffers("signature", message, |buffers| {
        // SAFETY: the system's handle; buffers over memory that is as long as they say, and
        // writable where they are not marked READONLY.
        unsafe { function(&raw const handle, qop, buffers, 0) }
    })
}

/// `VerifySignature`.
pub(super) fn verify(
    context: &EstablishedContext<'_>,
    message: &mut Message<'_, '_>,
) -> Result<u32> {
    let handle = context.handle;
    let function = context.functions.verify;
    let mut qop = 0;
    with_buffers("verify", message, |buffers| {
        // SAFETY: as above.
        unsafe { function(&raw const handle, buffers, 0, &raw mut qop) }
    })?;
    Ok(qop)
}

/// `EncryptMessage`.
pub(super) fn seal(
    context: &EstablishedContext<'_>,
    qop: u32,
    message: &mut Message<'_, '_>,
) -> Result<()> {
    let handle = context.handle;
    let function = context.functions.seal;
    with_buffers("encrypt", message, |buffers| {
        // SAFETY: as above.
        unsafe { function(&raw const handle, qop, buffers, 0) }
    })
}

/// `DecryptMessage`.
pub(super) fn open(context: &EstablishedContext<'_>, message: &mut Message<'_, '_>) -> Result<u32> {
    let handle = context.handle;
    let function = context.functions.open;
    let mut qop = 0;
    with_buffers("decrypt", message, |buffers| {
        // SAFETY: as above.
        unsafe { function(&raw const handle, buffers, 0, &raw mut qop) }
    })?;
    Ok(qop)
}

/// Calls with the message's buffers as C has them, and takes over what the call changed of them.
fn with_buffers(
    doing: &'static str,
    message: &mut Message<'_, '_>,
    call: impl FnOnce(*mut SecBufferDesc) -> u32,
) -> Result<()> {
    let mut array = [SecBuffer::EMPTY; MAX_BUFFERS];
    let buffers = array
        .get_mut(..message.0.len())
        .ok_or_else(|| Error::new(Status::INVALID_TOKEN, "message: too many buffers"))?;
    for (place, buffer) in buffers.iter_mut().zip(message.0.iter_mut()) {
        *place = as_c(buffer);
    }
    let before = array;
    let (before, buffers) = (&before[..message.0.len()], &mut array[..message.0.len()]);
    let mut description = SecBufferDesc::of(buffers);
    let status = call(&raw mut description);
    let too_small = Status::from(status) == Status::BUFFER_TOO_SMALL;
    if too_small || !Status::from(status).is_error() {
        for (index, (now, buffer)) in buffers.iter().zip(message.0.iter_mut()).enumerate() {
            take_over(before, index, now, buffer, too_small)?;
        }
    }
    succeeded(doing, status)
}

fn as_c(buffer: &mut MessageBuffer<'_>) -> SecBuffer {
    let passed_over = if buffer.passed_over { buffer_type::READONLY_WITH_CHECKSUM } else { 0 };
    match &mut buffer.data {
        Data::ReadOnly(bytes) => {
            // What takes no part is handed on as such, and not as something to be kept; and what is to
            // be signed not as something that is not.
            let apart = if bytes.is_empty() { 0 } else { buffer_type::READONLY };
            let attribute = if buffer.passed_over { passed_over } else { apart };
            SecBuffer::over(buffer.kind | attribute, bytes)
        }
        Data::Writable(bytes) => SecBuffer::over_mut(buffer.kind | passed_over, bytes),
    }
}

/// Takes over a buffer's new length, or its new place inside another one's memory.
fn take_over(
    before: &[SecBuffer],
    index: usize,
    now: &SecBuffer,
    buffer: &mut MessageBuffer<'_>,
    too_small: bool,
) -> Result<()> {
    let Some(old) = before.get(index) else { return Ok(()) };
    let length = now.length();
    if now.memory == old.memory {
        if length > old.length() && !too_small {
            return Err(elsewhere());
        }
        if length != old.length() {
            buffer.length = Some(length);
        }
        return Ok(());
    }
    let place = before.iter().enumerate().find_map(|(holder, memory)| {
        let offset = now.memory.addr().checked_sub(memory.memory.addr())?;
        let inside = !memory.memory.is_null() && offset.checked_add(length)? <= memory.length();
        inside.then_some(Placement { buffer: holder, offset, length })
    });
    match place {
        Some(place) => buffer.placement = Some(place),
        None if length == 0 => buffer.length = Some(0),
        None => return Err(elsewhere()),
    }
    Ok(())
}

fn elsewhere() -> Error {
    Error::new(Status::INTERNAL_ERROR, "message: the system's package put it somewhere else")
}
