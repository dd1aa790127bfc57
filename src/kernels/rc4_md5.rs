//! RC4 and MD5 in one pass: a step of each in turn. Neither waits for the other, so that together
//! they take little longer than the slower alone.
//!
//! What depends on secrets is what does in RC4 alone: the cells that it touches.

use super::md5::{Block, State, compress};
use super::rc4::Rc4;

/// Takes the text of `blocks` into the MD5 state `state` and encrypts it.
pub fn seal(stream: &mut Rc4, state: &mut State, blocks: &mut [Block]) {
    let mut steps = stream.begin();
    for block in blocks {
        let mask = steps.beside(state, block);
        mix(block, &mask);
    }
    let indices = steps.indices();
    stream.end(indices);
}

/// Decrypts `blocks` and takes their text into the MD5 state `state`.
pub fn open(stream: &mut Rc4, state: &mut State, blocks: &mut [Block]) {
    // A block is hashed while the next is decrypted.
    let Some((first, rest)) = blocks.split_first_mut() else { return };
    stream.apply(first);
    let mut steps = stream.begin();
    let mut before = first;
    for block in rest {
        let mask = steps.beside(state, before);
        mix(block, &mask);
        before = block;
    }
    compress(state, std::slice::from_ref(before));
    let indices = steps.indices();
    stream.end(indices);
}

fn mix(block: &mut Block, mask: &Block) {
    for (octet, mask) in block.iter_mut().zip(mask) {
        *octet ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_they_give_what_they_give_one_after_the_other() {
        for count in [0, 1, 2, 3, 40] {
            let text: Vec<Block> =
                (0..count).map(|n| std::array::from_fn(|at| at.to_le_bytes()[0] ^ n)).collect();
            let (mut alone, mut sealing, mut opening) =
                (Rc4::new(&[7; 16]), Rc4::new(&[7; 16]), Rc4::new(&[7; 16]));
            let mut hash = [1, 2, 3, 4];
            compress(&mut hash, &text);
            let mut sealed = text.clone();
            alone.apply(sealed.as_flattened_mut());

            let (mut blocks, mut state) = (text.clone(), [1, 2, 3, 4]);
            seal(&mut sealing, &mut state, &mut blocks);
            assert_eq!((&blocks, state), (&sealed, hash));
            let mut state = [1, 2, 3, 4];
            open(&mut opening, &mut state, &mut blocks);
            assert_eq!((&blocks, state), (&text, hash));
            assert_eq!((sealing.pack(), opening.pack()), (alone.pack(), alone.pack()));
        }
    }
}
