//! The MAC of a message: HMAC-MD5 over its sequence number and text, ten octets of it, then the
//! message type and the sequence number (RFC 2831 §2.3).

use zeroize::Zeroize;

use crate::kernels::md5::{Block, State, compress, octets};

/// Octets of the HMAC that are sent.
pub(super) const MAC: usize = 10;
/// Octets of message type and sequence number.
pub(super) const SUFFIX: usize = 6;
/// Octets of a whole MAC block.
pub(super) const BLOCK: usize = MAC + SUFFIX;

/// The message type, the same for every message (RFC 2831 §2.3).
const TYPE: [u8; 2] = [0, 1];

/// A key whose two pads are hashed already (RFC 2104 §4): two states of 16 octets.
pub(super) struct PreparedMac {
    inner: State,
    outer: State,
}

impl PreparedMac {
    /// The MAC of a key whose [`pads`] were taken into these states.
    pub(super) fn new(inner: State, outer: State) -> Self {
        Self { inner, outer }
    }

    /// The MAC of message number `sequence`, before its text.
    pub(super) fn begin(&self, sequence: u32) -> RunningMac {
        let sequence = sequence.to_be_bytes();
        let mut partial = [0; 64];
        partial.split_at_mut(sequence.len()).0.copy_from_slice(&sequence);
        // The pad was a block.
        let length = 64 + sequence.len() as u64;
        RunningMac { state: self.inner, outer: self.outer, partial, length }
    }
}

impl Drop for PreparedMac {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The pads of a key, the inner first: the key filled up with zeros, exclusive-or an octet.
pub(super) fn pads(key: &[u8; 16]) -> [Block; 2] {
    [0x36, 0x5C].map(|octet| {
        let mut block = [octet; 64];
        for (octet, key) in block.iter_mut().zip(key) {
            *octet ^= key;
        }
        block
    })
}

/// The MAC of a message whose text is still coming.
pub(super) struct RunningMac {
    state: State,
    outer: State,
    /// The text since the last whole block, then zeros.
    partial: Block,
    /// Octets hashed so far.
    length: u64,
}

impl RunningMac {
    pub(super) fn update(&mut self, text: &[u8]) {
        let filled = self.filled();
        self.length += text.len() as u64;
        let (_, space) = self.partial.split_at_mut(filled);
        let Some((head, rest)) = text.split_at_checked(space.len()) else {
            space.split_at_mut(text.len()).0.copy_from_slice(text);
            return;
        };
        space.copy_from_slice(head);
        compress(&mut self.state, std::slice::from_ref(&self.partial));
        let (blocks, rest) = rest.as_chunks();
        compress(&mut self.state, blocks);
        self.partial = [0; 64];
        self.partial.split_at_mut(rest.len()).0.copy_from_slice(rest);
    }

    /// Octets up to the next whole block.
    pub(super) fn missing(&self) -> usize {
        (64 - self.filled()) % 64
    }

    /// The hash, to take `count` blocks into, when no octets are missing up to a whole block.
    pub(super) fn blocks(&mut self, count: usize) -> &mut State {
        self.length += 64 * count as u64;
        &mut self.state
    }

    /// The MAC of all text, which ends here. It is a method of a reference so that the text in the
    /// partial block is not left behind by a move.
    pub(super) fn finish(&mut self) -> [u8; MAC] {
        let filled = self.filled();
        if let Some(mark) = self.partial.get_mut(filled) {
            *mark = 0x80;
        }
        if filled >= LENGTH_AT {
            compress(&mut self.state, std::slice::from_ref(&self.partial));
            self.partial = [0; 64];
        }
        put_length(&mut self.partial, self.length);
        compress(&mut self.state, std::slice::from_ref(&self.partial));

        self.partial = [0; 64];
        let inner = octets(&self.state);
        let (start, rest) = self.partial.split_at_mut(inner.len());
        start.copy_from_slice(&inner);
        rest[0] = 0x80;
        // The pad was a block.
        put_length(&mut self.partial, 64 + inner.len() as u64);
        compress(&mut self.outer, std::slice::from_ref(&self.partial));
        let mut mac = [0; MAC];
        mac.copy_from_slice(octets(&self.outer).split_at(MAC).0);
        mac
    }

    /// Octets in the partial block.
    fn filled(&self) -> usize {
        (self.length % 64) as usize
    }
}

/// Where in the last block the message's length stands.
const LENGTH_AT: usize = 56;

/// Writes the length of a message, given in octets, to its last block (RFC 1321 §3.2).
fn put_length(block: &mut Block, length: u64) {
    let (_, end) = block.split_at_mut(LENGTH_AT);
    end.copy_from_slice(&(length << 3).to_le_bytes());
}

/// The text in the partial block may be a secret.
impl Drop for RunningMac {
    fn drop(&mut self) {
        self.partial.zeroize();
        self.state.zeroize();
        self.outer.zeroize();
    }
}

/// What follows the MAC: message type and sequence number.
pub(super) fn suffix(sequence: u32) -> [u8; SUFFIX] {
    let mut suffix = [0; SUFFIX];
    let (kind, number) = suffix.split_at_mut(TYPE.len());
    kind.copy_from_slice(&TYPE);
    number.copy_from_slice(&sequence.to_be_bytes());
    suffix
}

/// The sequence number in a suffix, where its message type is right.
pub(super) fn sequence(suffix: [u8; SUFFIX]) -> Option<u32> {
    let number = suffix.strip_prefix(&TYPE)?;
    number.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac as _};
    use md5::Md5;
    use zeroize::Zeroizing;

    use super::*;
    use crate::digest::layer::keys::Key;
    use crate::kernels::md5::INITIAL;

    fn expected(key: &Key, sequence: u32, text: &[u8]) -> Vec<u8> {
        let mut mac = Hmac::<Md5>::new_from_slice(key.as_slice()).unwrap();
        mac.update(&sequence.to_be_bytes());
        mac.update(text);
        mac.finalize().into_bytes()[..MAC].to_vec()
    }

    #[test]
    fn macs_are_those_of_the_crate_for_every_length_and_division() {
        let keys = [Zeroizing::new([0x11; 16]), Zeroizing::new([0xA7; 16])];
        let prepared = keys.each_ref().map(|key| {
            let mut states = [INITIAL; 2];
            for (state, pad) in states.iter_mut().zip(pads(key)) {
                compress(state, &[pad]);
            }
            let [inner, outer] = states;
            PreparedMac::new(inner, outer)
        });
        let text: Vec<u8> = (0..300).map(|n: u32| (n * 31 % 251) as u8).collect();
        for (key, prepared) in keys.iter().zip(&prepared) {
            for length in 0..=text.len() {
                let text = &text[..length];
                let expected = expected(key, 7, text);
                for portion in [1, 13, 60, 64, 65, 300] {
                    let mut mac = prepared.begin(7);
                    text.chunks(portion).for_each(|part| mac.update(part));
                    assert_eq!(mac.finish(), expected[..], "{length} octets by {portion}");
                }
            }
        }
    }
}
