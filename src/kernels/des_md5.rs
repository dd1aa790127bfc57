//! DES or triple DES in cipher block chaining, and MD5, in one pass: two chains of steps of which
//! neither waits for the other, so that both take little longer than encryption alone.

use std::slice::from_ref;

use super::des::{BLOCK, Cbc};
use super::md5::{Block, Md5State, compress, compress_interleaved};

/// Blocks of a cipher that are encrypted while one of the hash is taken.
const MANY: usize = size_of::<Block>() / BLOCK;
/// The same, where there are not so many.
const FEW: usize = 4;

/// Encrypts the first `64 * n` bytes of `data`, and takes as many into the MD5 state `state`, which
/// begin `ahead` bytes further and are hashed as they were before. Returns that number: as much as
/// `data` has for both.
pub fn seal<const KEYS: usize>(
    chain: &mut Cbc<KEYS>,
    state: &mut Md5State,
    data: &mut [u8],
    ahead: usize,
) -> usize {
    let mut done = 0;
    while let Some(block) = data.get(done + ahead..).and_then(|rest| rest.first_chunk()).copied()
        && let Some(part) = data.split_at_mut(done).1.as_chunks_mut().0.first_chunk_mut()
    {
        interleaved::<KEYS, MANY>(chain, state, &block, part);
        done += size_of::<Block>();
    }
    done
}

/// Takes `blocks` into the MD5 state `state`, and encrypts some of the first blocks of `data`, where
/// it has enough. Returns how many bytes.
pub fn seal_few<const KEYS: usize>(
    chain: &mut Cbc<KEYS>,
    state: &mut Md5State,
    blocks: &[Block],
    data: &mut [u8],
) -> usize {
    let mut done = 0;
    for block in blocks {
        if let Some(part) = data.split_at_mut(done).1.as_chunks_mut().0.first_chunk_mut() {
            interleaved::<KEYS, FEW>(chain, state, block, part);
            done += FEW * BLOCK;
        } else {
            compress(state, from_ref(block));
        }
    }
    done
}

#[inline]
fn interleaved<const KEYS: usize, const COUNT: usize>(
    chain: &mut Cbc<KEYS>,
    state: &mut Md5State,
    block: &Block,
    data: &mut [[u8; BLOCK]; COUNT],
) {
    let mut group = chain.group(data);
    compress_interleaved(state, block, &mut group);
    let (ciphertext, last) = group.ciphertext();
    *data = ciphertext;
    chain.set_vector(last);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::des::{BLOCK, Des, TripleDes};
    use crate::kernels::md5::compress;

    fn compare_few<const KEYS: usize>(new: impl Fn() -> Cbc<KEYS>) {
        let blocks: Vec<Block> = (0..3).map(|n| [n; 64]).collect();
        for length in 0..=130 {
            let (mut alone, mut together) = (new(), new());
            let (mut hash, mut state) = ([1, 2, 3, 4], [1, 2, 3, 4]);
            let (mut expected, mut data) = (vec![0x5A; length], vec![0x5A; length]);
            compress(&mut hash, &blocks);
            alone.encrypt(&mut expected);
            let done = seal_few(&mut together, &mut state, &blocks, &mut data);
            assert_eq!(state, hash);
            assert_eq!(done, (length / BLOCK / FEW).min(blocks.len()) * FEW * BLOCK);
            together.encrypt(&mut data[done..]);
            assert_eq!(data, expected, "{length} bytes");
        }
    }

    fn compare<const KEYS: usize>(new: impl Fn() -> Cbc<KEYS>) {
        for length in (0..400_usize).step_by(BLOCK) {
            for ahead in [0, 1, 4, 60, 64] {
                let data: Vec<u8> = (0..length).map(|n| n.to_le_bytes()[0] ^ 0x5A).collect();
                let (mut alone, mut together) = (new(), new());
                let (mut hash, mut state) = ([1, 2, 3, 4], [1, 2, 3, 4]);
                let mut sealed = data.clone();
                let done = seal(&mut together, &mut state, &mut sealed, ahead);
                assert_eq!(done, data.len().saturating_sub(ahead) / 64 * 64);
                let hashed = data.get(ahead..ahead + done).unwrap_or_default();
                compress(&mut hash, hashed.as_chunks().0);
                assert_eq!(state, hash, "{length} bytes, {ahead} ahead");
                together.encrypt(&mut sealed[done..]);
                let mut expected = data;
                alone.encrypt(&mut expected);
                assert_eq!(sealed, expected, "{length} bytes, {ahead} ahead");
            }
        }
    }

    #[test]
    fn together_they_give_what_they_give_one_after_the_other() {
        compare(|| Des::new([*b"13579bdf"], *b"vector__"));
        compare(|| TripleDes::new([*b"13579bdf", *b"02468ace"], *b"vector__"));
    }

    #[test]
    fn short_messages_are_interleaved_with_a_hash_too() {
        compare_few(|| Des::new([*b"13579bdf"], *b"vector__"));
        compare_few(|| TripleDes::new([*b"13579bdf", *b"02468ace"], *b"vector__"));
    }
}
