//! A caller's `SEC_CHANNEL_BINDINGS` block as GSSAPI takes it (RFC 2744 §3.11).

use super::types::{Buffer, ChannelBindings};
use crate::error::{Error, Result, Status};
use crate::sspi::{Inputs, buffer_type};

/// The structure's eight numbers, before the bytes that they point to.
const HEAD: usize = 32;

/// The bindings among the input buffers; they point into those.
pub(super) fn of_inputs(inputs: Inputs<'_>) -> Result<Option<ChannelBindings>> {
    match inputs.first(buffer_type::CHANNEL_BINDINGS) {
        None | Some([]) => Ok(None),
        Some(block) => parse(block).map(Some).ok_or_else(|| {
            let reason = "channel bindings: the block is shorter than it says";
            Error::new(Status::INVALID_TOKEN, reason)
        }),
    }
}

fn parse(block: &[u8]) -> Option<ChannelBindings> {
    let head: &[u8; HEAD] = block.first_chunk()?;
    let mut numbers = head.as_chunks().0.iter().map(|bytes| u32::from_ne_bytes(*bytes));
    let initiator_type = numbers.next()?;
    let initiator = part(block, numbers.next()?, numbers.next()?)?;
    let acceptor_type = numbers.next()?;
    let acceptor = part(block, numbers.next()?, numbers.next()?)?;
    let application = part(block, numbers.next()?, numbers.next()?)?;
    Some(ChannelBindings { initiator_type, initiator, acceptor_type, acceptor, application })
}

/// `length` bytes at `offset` from the block's start.
fn part(block: &[u8], length: u32, offset: u32) -> Option<Buffer> {
    if length == 0 {
        return Some(Buffer::EMPTY);
    }
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    block.get(start..end).map(Buffer::over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(numbers: [u32; 8], rest: &[u8]) -> Vec<u8> {
        let mut block: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
        block.extend_from_slice(rest);
        block
    }

    #[test]
    fn parts_lie_inside_the_block() {
        let good = block([0, 0, 0, 0, 0, 0, 4, 32], b"data");
        let bindings = parse(&good).unwrap();
        assert_eq!((bindings.application.length, bindings.initiator.length), (4, 0));
        assert_eq!(bindings.application.value.addr(), good.as_ptr().addr() + 32);
        for bad in [
            block([0, 0, 0, 0, 0, 0, 5, 32], b"data"),
            block([0, 0, 0, 0, 0, 0, 4, u32::MAX], b"data"),
            block([0, u32::MAX, u32::MAX, 0, 0, 0, 0, 0], b""),
            block([0; 8], b"")[..31].to_vec(),
        ] {
            assert!(parse(&bad).is_none());
        }
    }
}
