//! DES or triple DES in cipher block chaining, and MD5, in one pass: two chains of steps of which
//! neither waits for the other, so that hashing costs next to nothing beside encryption.

use super::des::Cbc;
use super::md5::{Block, State, compress_beside};

/// Encrypts the first `64 * n` octets of `text`, and takes as many into the MD5 state `state`, which
/// begin `ahead` octets further and are hashed as they were before. Returns that number: as much as
/// `text` has for both.
pub fn seal<const KEYS: usize>(
    chain: &mut Cbc<KEYS>,
    state: &mut State,
    text: &mut [u8],
    ahead: usize,
) -> usize {
    let mut done = 0;
    while let Some(block) = text.get(done + ahead..).and_then(|rest| rest.first_chunk()).copied()
        && let Some(part) = text.get_mut(done..).and_then(|rest| rest.first_chunk_mut())
    {
        let block: Block = block;
        let mut group = chain.group(part);
        compress_beside(state, &block, &mut group);
        let (ciphertext, last) = group.ciphertext();
        *part = ciphertext;
        chain.set_vector(last);
        done += size_of::<Block>();
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::des::{BLOCK, Des, TripleDes};
    use crate::kernels::md5::compress;

    fn compare<const KEYS: usize>(new: impl Fn() -> Cbc<KEYS>) {
        for length in (0..400_usize).step_by(BLOCK) {
            for ahead in [0, 1, 4, 60, 64] {
                let text: Vec<u8> = (0..length).map(|n| n.to_le_bytes()[0] ^ 0x5A).collect();
                let (mut alone, mut together) = (new(), new());
                let (mut hash, mut state) = ([1, 2, 3, 4], [1, 2, 3, 4]);
                let mut sealed = text.clone();
                let done = seal(&mut together, &mut state, &mut sealed, ahead);
                assert_eq!(done, text.len().saturating_sub(ahead) / 64 * 64);
                let hashed = text.get(ahead..ahead + done).unwrap_or_default();
                compress(&mut hash, hashed.as_chunks().0);
                assert_eq!(state, hash, "{length} octets, {ahead} ahead");
                together.encrypt(&mut sealed[done..]);
                let mut expected = text;
                alone.encrypt(&mut expected);
                assert_eq!(sealed, expected, "{length} octets, {ahead} ahead");
            }
        }
    }

    #[test]
    fn together_they_give_what_they_give_one_after_the_other() {
        compare(|| Des::new([*b"13579bdf"], *b"vector__"));
        compare(|| TripleDes::new([*b"13579bdf", *b"02468ace"], *b"vector__"));
    }
}
