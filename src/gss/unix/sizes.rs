//! How much a message grows.

use super::iov_buffers::measure;
use super::state::ContextState;
use super::types::{Buffer, IovBuffer, iov};
use crate::error::Result;
use crate::sspi::{Flags, PackageInfo, Sizes};

/// `SECPKG_ATTR_SIZES`; before the end of the exchange the largest token alone.
pub(super) fn of(state: &ContextState, info: &PackageInfo) -> Result<Sizes> {
    let mut sizes = Sizes { max_token: info.max_token, ..Sizes::default() };
    if state.established().is_err() {
        return Ok(sizes);
    }
    let (signature, padding) = of_one_byte(state, false)?;
    sizes.max_signature = signature.saturating_add(padding);
    let sealed = state.flags().contains(Flags::CONFIDENTIALITY);
    let (header, padding) = of_one_byte(state, sealed)?;
    sizes.security_trailer = header.max(signature);
    sizes.block_size = padding.max(1);
    Ok(sizes)
}

/// Header and padding of a message of one byte: a stream cipher's need no more for longer ones,
/// and a block cipher's never more than for this one.
fn of_one_byte(state: &ContextState, confidential: bool) -> Result<(u32, u32)> {
    let data = Buffer { length: 1, ..Buffer::EMPTY };
    let mut buffers = [
        IovBuffer { kind: iov::HEADER, buffer: Buffer::EMPTY },
        IovBuffer { kind: iov::DATA, buffer: data },
        IovBuffer { kind: iov::PADDING, buffer: Buffer::EMPTY },
    ];
    measure(state, confidential, &mut buffers)?;
    let [header, _, padding] = buffers.map(|buffer| buffer.buffer.length);
    let number = |length| u32::try_from(length).unwrap_or(u32::MAX);
    Ok((number(header), number(padding)))
}
