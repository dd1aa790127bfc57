//! Eight blocks of a chain, encrypted in 64 parts with other work between them.

use super::schedule::Schedule;
use super::table::{Halves, Keyed, PAIRS};
use super::{BLOCK, Cbc};
use crate::kernels::md5::Beside;

/// Blocks of a group.
const BLOCKS: usize = 8;

/// A group on its way: as work beside a hash, which then costs next to nothing beside encryption.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Group<'a, const KEYS: usize> {
    schedules: &'a [Schedule; KEYS],
    /// Ciphertext up to the block that is encrypted, plaintext from it on.
    blocks: [[u8; BLOCK]; BLOCKS],
    /// The block before.
    chain: Halves,
    keyed: Keyed,
}

impl<const KEYS: usize> Cbc<KEYS> {
    /// The group of these octets, the next of the chain.
    #[inline]
    pub(in crate::kernels) fn group(&self, text: &[u8; BLOCK * BLOCKS]) -> Group<'_, KEYS> {
        let mut blocks = [[0; BLOCK]; BLOCKS];
        blocks.as_flattened_mut().copy_from_slice(text);
        let chain = Halves::of(self.vector);
        let keyed = chain.keyed::<false>(&self.schedules[0]);
        Group { schedules: &self.schedules, blocks, chain, keyed }
    }
}

impl<const KEYS: usize> Group<'_, KEYS> {
    /// The ciphertext, once all parts are done, and its last block.
    #[inline]
    pub(in crate::kernels) fn ciphertext(&self) -> ([u8; BLOCK * BLOCKS], [u8; BLOCK]) {
        let mut octets = [0; BLOCK * BLOCKS];
        octets.copy_from_slice(self.blocks.as_flattened());
        (octets, self.blocks[BLOCKS - 1])
    }
}

impl<const KEYS: usize> Beside for Group<'_, KEYS> {
    /// Of one of the eight blocks, an eighth of the rounds.
    #[inline]
    fn step(&mut self, step: usize) {
        let (block, part) = (step / PAIRS % BLOCKS, step % PAIRS);
        if part == 0 {
            self.keyed = started(self.blocks[block], self.chain, &self.schedules[0]);
        }
        self.keyed = eighth(self.keyed, self.schedules, part);
        if part == PAIRS - 1 {
            self.chain = self.keyed.halves();
            self.blocks[block] = ended(self.chain);
        }
    }
}

// These are kept out of the 64 parts, which would be more code than fits into the cache with them.

#[inline(never)]
fn started(block: [u8; BLOCK], chain: Halves, schedule: &Schedule) -> Keyed {
    Halves::of(block).mixed(chain).keyed::<false>(schedule)
}

#[inline(never)]
fn ended(block: Halves) -> [u8; BLOCK] {
    block.block()
}

/// An eighth of all rounds: two, or of triple DES six.
#[inline(never)]
fn eighth<const KEYS: usize>(keyed: Keyed, schedules: &[Schedule; KEYS], part: usize) -> Keyed {
    let passes = 2 * KEYS - 1;
    let mut keyed = keyed;
    for pair in passes * part..passes * (part + 1) {
        let (pass, pair) = (pair / PAIRS, pair % PAIRS);
        let schedule = &schedules[pass % KEYS];
        keyed = match pass {
            1 => keyed.after_pass::<true>(schedule, pair).two_rounds::<true>(schedule, pair),
            2 => keyed.after_pass::<false>(schedule, pair).two_rounds::<false>(schedule, pair),
            _ => keyed.two_rounds::<false>(schedule, pair),
        };
    }
    keyed
}
