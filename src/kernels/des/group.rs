//! Eight blocks of a chain, encrypted with other work between them.

use super::table::Halves;
use super::{BLOCK, Cbc};
use crate::kernels::md5::Beside;

/// Blocks of a group.
const BLOCKS: usize = 8;
/// Steps of the other work to a block: not so many that the processor could not look past them.
const STEPS: usize = 64 / BLOCKS;

/// A group on its way: as work beside a hash, which then costs next to nothing beside encryption.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Group<'a, const KEYS: usize> {
    chain: &'a Cbc<KEYS>,
    /// Ciphertext up to the next block, plaintext from it on.
    blocks: [[u8; BLOCK]; BLOCKS],
    /// The block before.
    last: Halves,
}

impl<const KEYS: usize> Cbc<KEYS> {
    /// The group of these octets, the next of the chain.
    #[inline]
    pub(in crate::kernels) fn group(&self, text: &[u8; BLOCK * BLOCKS]) -> Group<'_, KEYS> {
        let mut blocks = [[0; BLOCK]; BLOCKS];
        blocks.as_flattened_mut().copy_from_slice(text);
        Group { chain: self, blocks, last: Halves::of(self.vector) }
    }

    // It is kept out of the 64 steps, which have it in eight places.
    #[inline(never)]
    fn next(&self, block: [u8; BLOCK], last: Halves) -> Halves {
        self.encrypted(Halves::of(block).mixed(last))
    }
}

impl<const KEYS: usize> Group<'_, KEYS> {
    /// The ciphertext, once all steps are done, and its last block.
    #[inline]
    pub(in crate::kernels) fn ciphertext(&self) -> ([u8; BLOCK * BLOCKS], [u8; BLOCK]) {
        let mut octets = [0; BLOCK * BLOCKS];
        octets.copy_from_slice(self.blocks.as_flattened());
        (octets, self.blocks[BLOCKS - 1])
    }
}

impl<const KEYS: usize> Beside for Group<'_, KEYS> {
    #[inline]
    fn step(&mut self, step: usize) {
        if step.is_multiple_of(STEPS) {
            let block = &mut self.blocks[step / STEPS % BLOCKS];
            self.last = self.chain.next(*block, self.last);
            *block = self.last.block();
        }
    }
}
