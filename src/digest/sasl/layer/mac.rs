//! The MAC of a message: HMAC-MD5 over its sequence number and text, ten bytes of it, then the
//! message type and the sequence number (RFC 2831 §2.3).

use std::slice::from_ref;

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeLess as _};
use zeroize::{Zeroize, Zeroizing};

use crate::kernels::md5::{Block, Md5State, compress, halves};

/// Bytes of the HMAC that are sent.
pub(super) const MAC: usize = 10;
/// Bytes of message type and sequence number.
pub(super) const SUFFIX: usize = 6;
/// Bytes of a whole MAC block.
pub(super) const BLOCK: usize = MAC + SUFFIX;

/// The message type, the same for every message (RFC 2831 §2.3).
const TYPE: [u8; 2] = [0, 1];

/// A key whose two pads are hashed already (RFC 2104 §4): two states of 16 bytes.
pub(super) struct PreparedMac {
    inner: Md5State,
    outer: Md5State,
}

impl PreparedMac {
    /// The MAC of a key whose [`pads`] were taken into these states.
    pub(super) fn new(inner: Md5State, outer: Md5State) -> Self {
        Self { inner, outer }
    }

    /// The MAC of message number `sequence`, before its text.
    #[inline]
    pub(super) fn begin(&self, sequence: u32) -> RunningMac<'_> {
        let mut partial = [0; 64];
        put(&mut partial, sequence.to_be_bytes());
        // The pad was a block.
        let length = PAD + size_of_val(&sequence) as u64;
        RunningMac { state: self.inner, outer: &self.outer, partial, length }
    }
}

impl Drop for PreparedMac {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The pads of a key, the inner first: the key filled up with zeros, exclusive-or a byte.
pub(super) fn pads(key: &[u8; 16]) -> [Block; 2] {
    [0x36, 0x5C].map(|byte| {
        let mut block = [byte; 64];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    })
}

/// The MAC of a message whose text is still coming.
pub(super) struct RunningMac<'m> {
    state: Md5State,
    outer: &'m Md5State,
    /// The text since the last whole block, then zeros.
    partial: Block,
    /// Bytes hashed so far.
    length: u64,
}

impl RunningMac<'_> {
    /// Takes the next of the text.
    #[inline]
    pub(super) fn update(&mut self, text: &[u8]) {
        self.update_by(text, compress);
    }

    /// The same, with something that takes blocks into the hash, as [`compress`] does.
    #[inline]
    pub(super) fn update_by(
        &mut self,
        text: &[u8],
        mut compress: impl FnMut(&mut Md5State, &[Block]),
    ) {
        let (head, rest) = text.split_at(text.len().min(64 - self.filled()));
        if !self.fill(head) {
            return;
        }
        self.settle(&mut compress);
        let (blocks, rest) = rest.as_chunks();
        if !blocks.is_empty() {
            compress(self.blocks(blocks.len()), blocks);
        }
        self.fill(rest);
    }

    /// Adds text that the partial block has room for; says whether the block is whole now.
    #[inline]
    pub(super) fn fill(&mut self, text: &[u8]) -> bool {
        let filled = self.filled();
        self.length += text.len() as u64;
        // Mostly the first block is filled after the sequence number: by a number that is known.
        match (self.partial.last_chunk_mut::<60>(), text.try_into()) {
            (Some(space), Ok(text)) if filled == 4 => *space = text,
            _ => {
                if let Some(space) = self.partial.get_mut(filled..filled + text.len()) {
                    space.copy_from_slice(text);
                }
            }
        }
        filled + text.len() == 64
    }

    /// Takes the partial block, which is whole.
    #[inline]
    pub(super) fn settle(&mut self, mut compress: impl FnMut(&mut Md5State, &[Block])) {
        compress(&mut self.state, from_ref(&self.partial));
        self.partial = [0; 64];
    }

    /// Bytes up to the next whole block.
    pub(super) fn missing(&self) -> usize {
        (64 - self.filled()) % 64
    }

    /// The hash, to take `count` blocks into, when no bytes are missing up to a whole block.
    pub(super) fn blocks(&mut self, count: usize) -> &mut Md5State {
        self.length += 64 * count as u64;
        &mut self.state
    }

    /// The MAC of all text, which ends here. It is a method of a reference so that the text in the
    /// partial block is not left behind by a move.
    #[inline]
    pub(super) fn finish(&mut self) -> Mac {
        self.finish_by(compress)
    }

    /// The same, as in [`RunningMac::update_by`]. Two blocks are taken at least.
    #[inline]
    pub(super) fn finish_by(&mut self, mut compress: impl FnMut(&mut Md5State, &[Block])) -> Mac {
        let filled = self.filled();
        put_mark(&mut self.partial, filled);
        if filled >= LENGTH_AT {
            self.settle(&mut compress);
        }
        put_length(&mut self.partial, self.length);
        self.settle(&mut compress);
        self.finish_outer(compress)
    }

    /// The same after the first `count` bytes of `text`, 7 at most. What is hashed, and in how many
    /// blocks, is the same for every `count`: as much as the longest text needs.
    #[inline]
    pub(super) fn finish_within(
        &mut self,
        text: u64,
        count: u32,
        mut compress: impl FnMut(&mut Md5State, &[Block]),
    ) -> Mac {
        const MOST: usize = size_of::<u64>() - 1;
        const WORD: usize = size_of::<u64>();
        let filled = self.filled();
        let marked = text & ((1 << (8 * count)) - 1) | 0x80 << (8 * count);
        let length = self.length + u64::from(count);
        let mut blocks = Zeroizing::new([[0; 64]; 2]);
        let [first, _] = &mut *blocks;
        *first = self.partial;
        if let Some(place) = blocks.as_flattened_mut().get_mut(filled..filled + WORD) {
            place.copy_from_slice(&marked.to_le_bytes());
        }
        let [first, second] = &mut *blocks;
        self.partial = [0; 64];
        if filled + MOST < LENGTH_AT {
            put_length(first, length);
            compress(&mut self.state, from_ref(first));
            return self.finish_outer(compress);
        }
        // Whether the text ends so early that its length stands in the first of the two.
        let short = (filled as u64 + u64::from(count)).ct_lt(&(LENGTH_AT as u64));
        let in_first = u64::conditional_select(&0, &(length << 3), short);
        let (_, place) = first.split_at_mut(LENGTH_AT);
        for (to, from) in place.iter_mut().zip(in_first.to_le_bytes()) {
            *to |= from;
        }
        put_length(second, length);
        compress(&mut self.state, from_ref(first));
        let mut longer = Zeroizing::new(self.state);
        compress(&mut longer, from_ref(second));
        for (state, longer) in self.state.iter_mut().zip(&*longer) {
            state.conditional_assign(longer, !short);
        }
        self.finish_outer(compress)
    }

    /// The MAC, when the inner hash is made and the partial block is empty.
    #[inline]
    fn finish_outer(&mut self, mut compress: impl FnMut(&mut Md5State, &[Block])) -> Mac {
        let inner = halves(&self.state);
        for (bytes, half) in self.partial.as_chunks_mut().0.iter_mut().zip(inner) {
            *bytes = half.to_le_bytes();
        }
        put_mark(&mut self.partial, size_of_val(&inner));
        put_length(&mut self.partial, PAD + size_of_val(&inner) as u64);
        self.state = *self.outer;
        self.settle(&mut compress);
        Mac::of(&self.state)
    }

    /// Bytes in the partial block.
    fn filled(&self) -> usize {
        (self.length % 64) as usize
    }
}

/// Bytes of a pad, which is a block.
const PAD: u64 = 64;
/// Where in the last block the message's length stands.
const LENGTH_AT: usize = 56;

/// Writes `bytes` to the start of a block.
#[inline]
fn put<const N: usize>(block: &mut Block, bytes: [u8; N]) {
    block.split_at_mut(N).0.copy_from_slice(&bytes);
}

/// Writes the mark of a message's end (RFC 1321 §3.1) after the first `filled` bytes of a block, as
/// a part of the word that it is in: the hash, which reads whole words, would have to wait for an
/// byte by itself.
fn put_mark(block: &mut Block, filled: usize) {
    if let Some(bytes) = block.as_chunks_mut().0.get_mut(filled / 4) {
        let word = u32::from_le_bytes(*bytes);
        *bytes = (word | 0x80 << (filled % 4 * 8)).to_le_bytes();
    }
}

/// Writes the length of a message, given in bytes, to its last block (RFC 1321 §3.2).
fn put_length(block: &mut Block, length: u64) {
    let (_, end) = block.split_at_mut(LENGTH_AT);
    end.copy_from_slice(&(length << 3).to_le_bytes());
}

/// The text in the partial block may be a secret. Slices are wiped by more than a byte at a time.
impl Drop for RunningMac<'_> {
    fn drop(&mut self) {
        self.partial.as_mut_slice().zeroize();
        self.state.as_mut_slice().zeroize();
    }
}

/// The ten bytes of a MAC, as little-endian numbers.
#[derive(Clone, Copy)]
pub(super) struct Mac {
    start: u64,
    end: u16,
}

impl Mac {
    fn of(state: &Md5State) -> Self {
        let [start, rest] = halves(state);
        let [first, second, ..] = rest.to_le_bytes();
        Self { start, end: u16::from_le_bytes([first, second]) }
    }

    /// A MAC that was received.
    pub(super) fn received(bytes: [u8; MAC]) -> Self {
        let (start, end) = (bytes.first_chunk(), bytes.last_chunk());
        Self {
            start: start.copied().map_or(0, u64::from_le_bytes),
            end: end.copied().map_or(0, u16::from_le_bytes),
        }
    }

    /// Whether two are one: whole words are compared, of which one comparison passes a barrier.
    pub(super) fn equals(self, other: Self) -> Choice {
        (self.start ^ other.start | u64::from(self.end ^ other.end)).ct_eq(&0)
    }

    /// The whole block: the MAC, message type and sequence number.
    pub(super) fn block(self, sequence: u32) -> [u8; BLOCK] {
        let rest = u64::from(self.end)
            | u64::from(u16::from_le_bytes(TYPE)) << 16
            | u64::from(sequence.swap_bytes()) << 32;
        (u128::from(self.start) | u128::from(rest) << 64).to_le_bytes()
    }
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
    use crate::digest::sasl::layer::keys::Key;
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
                    let block = mac.finish().block(7);
                    assert_eq!(block[..MAC], expected, "{length} bytes by {portion}");
                    assert_eq!(block[MAC..], [0, 1, 0, 0, 0, 7]);
                }
            }
        }
    }

    /// What a wrong padding must not change (cf. CVE-2013-0169, "Lucky Thirteen").
    #[test]
    fn a_text_that_ends_within_eight_bytes_costs_the_same_wherever_it_ends() {
        let key = Zeroizing::new([0x11; 16]);
        let mut states = [INITIAL; 2];
        for (state, pad) in states.iter_mut().zip(pads(&key)) {
            compress(state, &[pad]);
        }
        let [inner, outer] = states;
        let prepared = PreparedMac::new(inner, outer);
        let text: Vec<u8> = (0..200).map(|n: u32| (n * 31 % 251) as u8).collect();
        for before in 0..=130 {
            let blocks = [0, 1, 2, 3, 4, 5, 6, 7].map(|count: usize| {
                let mut mac = prepared.begin(7);
                mac.update(&text[..before]);
                let last = u64::from_le_bytes(text[before..before + 8].try_into().unwrap());
                let mut blocks = 0;
                let mac = mac.finish_within(last, u32::try_from(count).unwrap(), |state, more| {
                    blocks += more.len();
                    compress(state, more);
                });
                let expected = expected(&key, 7, &text[..before + count]);
                assert_eq!(mac.block(7)[..MAC], expected, "{before} and {count}");
                blocks
            });
            assert_eq!(blocks, [blocks[0]; 8], "{before}");
        }
    }

    #[test]
    fn macs_are_equal_in_every_byte_or_not_at_all() {
        let mac = [7; MAC];
        let equal = |other| bool::from(Mac::received(mac).equals(Mac::received(other)));
        assert!(equal(mac));
        for at in 0..MAC {
            let mut other = mac;
            other[at] ^= 1;
            assert!(!equal(other), "{at}");
        }
    }
}
