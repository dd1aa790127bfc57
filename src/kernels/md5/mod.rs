//! MD5's compression function (RFC 1321 §3.4), for one stream and for four at once.
//!
//! MD5 is one chain of 64 steps in a row: a stream cannot be hashed faster than the chain allows,
//! but its latency can be hidden by hashing other streams. So short messages that do not wait for
//! one another are hashed in parallel lanes ([`compress4`]), at little more than one of them costs.
//!
//! No kernel branches on what is hashed, or uses it as an index.

use zeroize::Zeroize;

use super::pinned::pinned;

#[macro_use]
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(unused_macros))]
mod rounds;

#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod scalar;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", not(miri))))]
mod sums;

/// The state before the first block (RFC 1321 §3.3).
pub const INITIAL: Md5State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// The four words A, B, C, D.
pub type Md5State = [u32; 4];

/// Sixteen words of a message, in little-endian bytes.
pub type Block = [u8; 64];

/// Takes `blocks` into `state`, one after the other.
pub fn compress(state: &mut Md5State, blocks: &[Block]) {
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    scalar::compress(state, blocks);
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    md5::block_api::compress(state, blocks);
}

/// Work that does not wait for a hash, in 64 steps. It is copied to be in registers meanwhile.
pub(super) trait Interleaved: Copy {
    /// Does step number `step`, 0 to 63.
    fn step(&mut self, step: usize);
}

/// Takes one block into `state`, interleaved with the steps of `other`: those hide the latency of
/// MD5's chain of steps.
#[inline]
pub(super) fn compress_interleaved(
    state: &mut Md5State,
    block: &Block,
    other: &mut impl Interleaved,
) {
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    scalar::compress_interleaved(state, block, other);
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    {
        compress(state, std::slice::from_ref(block));
        (0..64).for_each(|step| other.step(step));
    }
}

/// The same in fewer instructions, and in the order of the steps, for work in assembly. What compilers put in
/// order themselves, as DES, is faster by the other.
#[inline]
pub(super) fn compress_interleaved_in_order(
    state: &mut Md5State,
    block: &Block,
    other: &mut impl Interleaved,
) {
    #[cfg(target_arch = "x86_64")]
    if avx512::compress_interleaved_in_order(state, block, other).is_some() {
        return;
    }
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    scalar::compress_interleaved_in_order(state, block, other);
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    {
        compress(state, std::slice::from_ref(block));
        (0..64).for_each(|step| other.step(step));
    }
}

/// Takes one block into each of four states. It costs about as much as 1.2 of them.
pub fn compress4(states: &mut [Md5State; 4], blocks: [&Block; 4]) {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::compress4(states, blocks).is_none() {
            sse2::compress4(states, blocks);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    for (state, block) in states.iter_mut().zip(blocks) {
        compress(state, std::slice::from_ref(block));
    }
}

/// Takes each message, in whole blocks, into its state: in parallel lanes as long as there are two,
/// the rest of the longest by itself.
pub fn compress_all(states: &mut [Md5State; 4], messages: [&[Block]; 4]) {
    const IDLE: &Block = &[0; 64];
    let together = second(messages.map(<[Block]>::len));
    for index in 0..together {
        let before = *states;
        let [a, b, c, d] = messages.map(|message| message.get(index).unwrap_or(IDLE));
        compress4(states, [a, b, c, d]);
        for ((state, before), message) in states.iter_mut().zip(&before).zip(&messages) {
            if message.len() <= index {
                *state = *before;
            }
        }
    }
    for (state, message) in states.iter_mut().zip(&messages) {
        if let Some(rest @ [_, ..]) = message.get(together..) {
            compress(state, rest);
        }
    }
}

/// The second largest.
fn second([one, two, three, four]: [usize; 4]) -> usize {
    let between = one.max(two).min(three.max(four));
    between.max(one.min(two)).max(three.min(four))
}

/// The hash that a state stands for, once the padded message is through.
#[must_use]
#[inline]
pub fn bytes_of(state: &Md5State) -> [u8; 16] {
    let mut hash = [0; 16];
    for (bytes, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_le_bytes();
    }
    hash
}

/// The hash that a state stands for, as two little-endian numbers.
///
/// Each word is loaded by itself. What a kernel has just stored word by word would stall on store
/// forwarding if it were loaded by more at once, and compilers like to do that.
#[must_use]
#[inline]
pub fn halves(state: &Md5State) -> [u64; 2] {
    let [a, b, c, d] = state.map(|word| u64::from(pinned(word)));
    [a | b << 32, c | d << 32]
}

/// The sixteen words of a block.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", not(miri))))]
#[inline]
fn words(block: &Block) -> [u32; 16] {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

/// A message of at most `64 * BLOCKS - 9` bytes, put together and padded in place.
pub struct PaddedMessage<const BLOCKS: usize> {
    blocks: [Block; BLOCKS],
    length: usize,
}

impl<const BLOCKS: usize> PaddedMessage<BLOCKS> {
    /// An empty message.
    #[must_use]
    pub const fn new() -> Self {
        Self { blocks: [[0; 64]; BLOCKS], length: 0 }
    }

    /// Adds `bytes` to the message; `None` where they have no room.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let free = self.blocks.as_flattened_mut().get_mut(self.length..)?;
        free.get_mut(..bytes.len())?.copy_from_slice(bytes);
        self.length += bytes.len();
        Some(())
    }

    /// Adds as many bytes as `write` fills in.
    #[inline]
    pub fn push_with<const N: usize>(&mut self, write: impl FnOnce(&mut [u8; N])) -> Option<()> {
        write(self.blocks.as_flattened_mut().get_mut(self.length..)?.first_chunk_mut()?);
        self.length += N;
        Some(())
    }

    /// Adds a colon and `bytes`.
    #[inline]
    pub fn push_part(&mut self, bytes: &[u8]) -> Option<()> {
        let [colon, free @ ..] = self.blocks.as_flattened_mut().get_mut(self.length..)? else {
            return None;
        };
        free.get_mut(..bytes.len())?.copy_from_slice(bytes);
        *colon = b':';
        self.length += 1 + bytes.len();
        Some(())
    }

    /// Wipes the first `bytes` bytes of the message, rounded up to whole blocks.
    pub fn wipe(&mut self, bytes: usize) {
        for block in self.blocks.get_mut(..bytes.div_ceil(64)).unwrap_or_default() {
            // As a slice, whose bytes are wiped many at a time.
            block.as_mut_slice().zeroize();
        }
    }

    /// Bytes of the message.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was added yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Pads the message as the end of one of which `before` bytes were hashed already (RFC 1321
    /// §3.1 and §3.2), and returns its blocks; `None` where the padding has no room.
    pub fn finish(&mut self, before: u64) -> Option<&mut [Block]> {
        let bits = (before + self.length as u64) << 3;
        let count = (self.length + 9).div_ceil(64);
        let blocks = self.blocks.get_mut(..count)?;
        *blocks.as_flattened_mut().get_mut(self.length)? = 0x80;
        *blocks.last_mut()?.last_chunk_mut()? = bits.to_le_bytes();
        Some(blocks)
    }
}

impl<const BLOCKS: usize> Default for PaddedMessage<BLOCKS> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
