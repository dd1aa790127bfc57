//! The block behind a `SECBUFFER_CHANNEL_BINDINGS` buffer.

use crate::error::{Error, Result, Status};

/// What a `SEC_CHANNEL_BINDINGS` block says: eight 32-bit numbers {initiator type, length, offset, acceptor
/// type, length, offset, application length, offset}, offsets from its start, and the bytes that they name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelBindings<'a> {
    /// The type of the initiator's address.
    pub initiator_type: u32,
    /// The initiator's address.
    pub initiator: &'a [u8],
    /// The type of the acceptor's address.
    pub acceptor_type: u32,
    /// The acceptor's address.
    pub acceptor: &'a [u8],
    /// The application's data: the bindings proper.
    pub application: &'a [u8],
}

impl<'a> ChannelBindings<'a> {
    /// Reads a block.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for one that is cut off or names bytes outside it.
    pub fn parse(block: &'a [u8]) -> Result<Self> {
        Self::read(block).ok_or_else(|| {
            let reason = "bindings: the block is not SEC_CHANNEL_BINDINGS";
            Error::new(Status::INVALID_TOKEN, reason)
        })
    }

    fn read(block: &'a [u8]) -> Option<Self> {
        let head: &[u8; 32] = block.first_chunk()?;
        let mut numbers = head.as_chunks().0.iter().map(|bytes| u32::from_ne_bytes(*bytes));
        let part = |length: u32, offset: u32| {
            if length == 0 {
                return Some(&[][..]);
            }
            let start = usize::try_from(offset).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            block.get(start..end)
        };
        let initiator_type = numbers.next()?;
        let initiator = part(numbers.next()?, numbers.next()?)?;
        let acceptor_type = numbers.next()?;
        let acceptor = part(numbers.next()?, numbers.next()?)?;
        let application = part(numbers.next()?, numbers.next()?)?;
        Some(Self { initiator_type, initiator, acceptor_type, acceptor, application })
    }
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
        let good = block([1, 2, 36, 3, 1, 38, 4, 32], b"dataABC");
        let expected = ChannelBindings {
            initiator_type: 1,
            initiator: b"AB",
            acceptor_type: 3,
            acceptor: b"C",
            application: b"data",
        };
        assert_eq!(ChannelBindings::parse(&good).unwrap(), expected);
        for bad in [
            block([0, 0, 0, 0, 0, 0, 5, 32], b"data"),
            block([0, 0, 0, 0, 0, 0, 4, u32::MAX], b"data"),
            block([0, u32::MAX, u32::MAX, 0, 0, 0, 0, 0], b""),
            block([0, 0, 0, 0, 1, 32, 0, 0], b""),
            block([0; 8], b"")[..31].to_vec(),
        ] {
            let status = ChannelBindings::parse(&bad).unwrap_err().status();
            assert_eq!(status, Status::INVALID_TOKEN);
        }
    }
}
