//! A caller's `SEC_CHANNEL_BINDINGS` block as GSSAPI takes it (RFC 2744 §3.11).

use super::types::{Buffer, ChannelBindings};
use crate::error::Result;
use crate::sspi::{self, Inputs, buffer_type};

/// The bindings among the input buffers; they point into those.
pub(super) fn of_inputs(inputs: Inputs<'_>) -> Result<Option<ChannelBindings>> {
    let block = match inputs.first(buffer_type::CHANNEL_BINDINGS) {
        None | Some([]) => return Ok(None),
        Some(block) => sspi::ChannelBindings::parse(block)?,
    };
    let part = |bytes: &[u8]| if bytes.is_empty() { Buffer::EMPTY } else { Buffer::over(bytes) };
    Ok(Some(ChannelBindings {
        initiator_type: block.initiator_type,
        initiator: part(block.initiator),
        acceptor_type: block.acceptor_type,
        acceptor: part(block.acceptor),
        application: part(block.application),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sspi::InputBuffer;

    #[test]
    fn the_application_s_data_is_where_the_block_has_it() {
        let numbers = [0, 0, 0, 0, 0, 0, 4, 32u32];
        let mut block: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
        block.extend_from_slice(b"data");
        let of = |data: &[u8]| {
            let buffer = InputBuffer { kind: buffer_type::CHANNEL_BINDINGS, data };
            of_inputs(Inputs(&[buffer]))
        };
        let bindings = of(&block).unwrap().unwrap();
        assert_eq!((bindings.application.length, bindings.initiator.length), (4, 0));
        assert_eq!(bindings.application.value.addr(), block.as_ptr().addr() + 32);
        assert!(of(&[]).unwrap().is_none());
        assert!(of(&block[..35]).is_err());
    }
}
