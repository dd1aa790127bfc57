//! Sixty-four blocks in parallel lanes, on any processor.

use super::circuits::by_pairs;
use super::schedule::Masks;
use super::slices::{PLACES, TARGETS, lower_halves, passes, sliced};

#[allow(clippy::trivially_copy_pass_by_ref)] // as its wider kin
fn load(blocks: &[u64; 1]) -> u64 {
    u64::from_le(blocks[0])
}

fn store(word: u64, blocks: &mut [u64; 1]) {
    blocks[0] = word.to_le();
}

fn splat(word: u64) -> u64 {
    word
}

fn xor(a: u64, b: u64) -> u64 {
    a ^ b
}

fn and(a: u64, b: u64) -> u64 {
    a & b
}

fn or(a: u64, b: u64) -> u64 {
    a | b
}

fn and_not(a: u64, b: u64) -> u64 {
    a & !b
}

fn not(a: u64) -> u64 {
    !a
}

fn left<const DISTANCE: u32>(word: u64) -> u64 {
    word << DISTANCE
}

fn differ<const DISTANCE: u32>(low: u64, high: u64, mask: u64) -> u64 {
    (low >> DISTANCE ^ high) & mask
}

sliced!(u64, 1, by_pairs);
