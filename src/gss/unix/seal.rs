//! `EncryptMessage`.

use super::iov_buffers::{
    Iov, NO_IOV, WRAP_NO_ENCRYPT, count, lay_out, length_of, measure, plaintext, token_of,
    too_many, too_small,
};
use super::state::ContextState;
use super::status::{Doing, check};
use super::types::IovBuffer;
use crate::error::{Error, Result, Status};
use crate::sspi::{Flags, Message, buffer_type};

/// `EncryptMessage`. The capacity is checked before the library changes anything.
pub(super) fn seal(state: &ContextState, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
    let handle = state.established()?;
    let confidential = confidentiality(state, qop)?;
    let token = token_of(message)?;
    plaintext(message)?;
    let padding = message.position(buffer_type::PADDING);
    let mut array = NO_IOV;
    let buffers = lay_out(message, &mut array, token, padding)?;
    // A copy: the library forgets where header and padding are while it measures them.
    let mut needed = NO_IOV;
    let needed = measured(state, confidential, buffers, &mut needed)?;
    for index in [Some(token), padding] {
        let (needed, place) = (length_of(needed, index), index.and_then(|i| buffers.get_mut(i)));
        let Some(place) = place else { continue };
        if needed > place.buffer.length {
            let reason = "encrypt: TOKEN or PADDING is shorter than SECPKG_ATTR_SIZES says";
            return Err(too_small(message, index, needed, reason));
        }
        place.buffer.length = needed;
    }
    let functions = state.functions();
    let (mut minor, mut sealed) = (0, 0);
    // SAFETY: the context is live; the buffers are the caller's memory, writable where the library
    // writes, and as long as they say.
    let major = unsafe {
        (functions.gss_wrap_iov)(
            &raw mut minor,
            handle,
            i32::from(confidential),
            0,
            &raw mut sealed,
            buffers.as_mut_ptr(),
            count(buffers),
        )
    };
    check(functions, Doing::Message, major, minor)?;
    if confidential && sealed == 0 {
        return Err(Error::new(Status::ENCRYPT_FAILURE, "encrypt: the library did not encrypt"));
    }
    for index in [Some(token), padding].into_iter().flatten() {
        let length = length_of(buffers, Some(index));
        if let Some(buffer) = message.0.get_mut(index) {
            buffer.length = Some(length);
        }
    }
    Ok(())
}

/// How many bytes [`seal`] makes of a message: TOKEN, DATA and PADDING together.
pub(super) fn sealed_length(
    state: &ContextState,
    qop: u32,
    message: &mut Message<'_, '_>,
) -> Result<usize> {
    let confidential = confidentiality(state, qop)?;
    let token = token_of(message)?;
    let padding = message.position(buffer_type::PADDING);
    let (mut array, mut needed) = (NO_IOV, NO_IOV);
    let buffers = lay_out(message, &mut array, token, padding)?;
    let needed = measured(state, confidential, buffers, &mut needed)?;
    let around = length_of(needed, Some(token)).saturating_add(length_of(needed, padding));
    Ok(message.plaintext_length().saturating_add(around))
}

/// Whether the message is to be encrypted; the plaintext never leaves in clear instead.
fn confidentiality(state: &ContextState, qop: u32) -> Result<bool> {
    match qop {
        WRAP_NO_ENCRYPT => Ok(false),
        0 if state.flags().contains(Flags::CONFIDENTIALITY) => Ok(true),
        0 => {
            let reason = "encrypt: the context was made without confidentiality";
            Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason))
        }
        _ => Err(Error::new(Status::QOP_NOT_SUPPORTED, "encrypt: fQOP has no such value")),
    }
}

/// The buffers as [`measure`] leaves them.
fn measured<'i>(
    state: &ContextState,
    confidential: bool,
    buffers: &[IovBuffer],
    needed: &'i mut Iov,
) -> Result<&'i [IovBuffer]> {
    let (needed, _) = needed.split_at_mut_checked(buffers.len()).ok_or_else(too_many)?;
    needed.copy_from_slice(buffers);
    measure(state, confidential, needed)?;
    Ok(needed)
}
