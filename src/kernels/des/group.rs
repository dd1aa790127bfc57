//! Some blocks of a chain, encrypted with other work between them.

use super::table::Halves;
use super::{BLOCK, Cbc};
use crate::kernels::md5::Interleaved;

/// `COUNT` blocks on their way: interleaved with a hash, both take little longer than encryption
/// alone. Between two there should not be so much of the hash that the processor could not look
/// past it, but where there are few blocks, all the hash is better spread between them.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Group<'a, const KEYS: usize, const COUNT: usize> {
    chain: &'a Cbc<KEYS>,
    /// Ciphertext up to the next block, plaintext from it on.
    blocks: [[u8; BLOCK]; COUNT],
    /// The block before.
    last: Halves,
}

impl<const KEYS: usize> Cbc<KEYS> {
    /// The group of these blocks, the next of the chain.
    #[inline]
    pub(in crate::kernels) fn group<const COUNT: usize>(
        &self,
        blocks: &[[u8; BLOCK]; COUNT],
    ) -> Group<'_, KEYS, COUNT> {
        Group { chain: self, blocks: *blocks, last: Halves::of(self.vector) }
    }

    // It is kept out of the 64 steps, which have it in several places.
    #[inline(never)]
    fn next(&self, block: [u8; BLOCK], last: Halves) -> Halves {
        self.encrypted(Halves::of(block).mixed(last))
    }
}

impl<const KEYS: usize, const COUNT: usize> Group<'_, KEYS, COUNT> {
    /// The ciphertext, once all steps are done, and its last block.
    #[inline]
    pub(in crate::kernels) fn ciphertext(&self) -> ([[u8; BLOCK]; COUNT], [u8; BLOCK]) {
        (self.blocks, self.blocks[COUNT - 1])
    }
}

impl<const KEYS: usize, const COUNT: usize> Interleaved for Group<'_, KEYS, COUNT> {
    #[inline]
    fn step(&mut self, step: usize) {
        let between = const { 64_usize.div_ceil(COUNT) };
        if step.is_multiple_of(between) {
            let block = &mut self.blocks[step / between % COUNT];
            self.last = self.chain.next(*block, self.last);
            *block = self.last.block();
        }
    }
}
