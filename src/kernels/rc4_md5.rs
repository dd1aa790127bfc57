//! RC4 interleaved with MD5: a step of each in turn. Neither waits for the other, so that together
//! they take little longer than the slower alone: RC4, where a message is long.
//!
//! A key stream does not depend on what it encrypts. So some of it is made in advance, interleaved with
//! blocks that are hashed anyway, and a short message waits for none of it: not for what decrypts its
//! first block, which nothing can be hashed before, and not for that of its end.
//!
//! What depends on secrets is what does in RC4 alone: the cells that it touches.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::slice::from_ref;

use zeroize::Zeroize;

use super::md5::{Block, Md5State, compress};
use super::rc4::Rc4;

/// While fewer bytes than these are ready, each hashed block makes more. They are two blocks, so
/// that those which are taken for a block were written a while ago, and can be read at once.
const ENOUGH: usize = 2 * size_of::<Block>();
/// The most bytes that are ready.
const ROOM: usize = ENOUGH + size_of::<Block>();

/// A key stream, some of which is made already. Wiped on drop.
pub struct Stream {
    /// It stands behind what is ready.
    rc4: Rc4,
    ready: Ready,
}

impl Stream {
    /// The stream of a key of 16 bytes, at its start.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self::of(Rc4::new(key))
    }

    fn of(rc4: Rc4) -> Self {
        Self { rc4, ready: Ready { blocks: [[0; 64]; 3], left: 0 } }
    }

    /// Encrypts or decrypts `data` with the next bytes of the stream.
    pub fn apply(&mut self, data: &mut [u8]) {
        let mut rest = data;
        while !rest.is_empty() {
            if self.ready.left == 0 {
                let bytes = self.ready.add();
                *bytes = [0; 64];
                self.rc4.apply(bytes);
            }
            rest = self.ready.mix(rest);
        }
    }

    /// Takes `blocks` into the MD5 state `state`, and makes bytes ready meanwhile.
    pub fn compress(&mut self, state: &mut Md5State, blocks: &[Block]) {
        for block in blocks {
            if self.ready.left < ENOUGH {
                let mut steps = self.rc4.begin(cells(self.ready.add()));
                steps.advance(state, block);
                let indices = steps.indices();
                self.rc4.end(indices);
            } else {
                compress(state, from_ref(block));
            }
        }
    }

    /// How many bytes are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.left
    }

    /// The same as [`Stream::apply`], where `data` is as long as what is ready, after which nothing is ready.
    pub fn drain(&mut self, data: &mut [u8]) {
        let rest = self.ready.mix(data);
        self.rc4.apply(rest);
    }

    /// Takes `blocks` into the MD5 state `state` and encrypts them. Nothing is ready.
    pub fn seal(&mut self, state: &mut Md5State, blocks: &mut [Block]) {
        let mut mask = [0; 64];
        let stream = cells(&mut mask);
        let mut steps = self.rc4.begin(stream);
        for block in blocks {
            steps.advance(state, block);
            mix(block, stream);
        }
        let indices = steps.indices();
        self.rc4.end(indices);
        mask.as_mut_slice().zeroize();
    }

    /// Decrypts `blocks` and takes them into the MD5 state `state`. Nothing is ready.
    pub fn open(&mut self, state: &mut Md5State, blocks: &mut [Block]) {
        // A block is hashed while the next is decrypted.
        let Some((first, rest)) = blocks.split_first_mut() else { return };
        self.rc4.apply(first);
        let mut mask = [0; 64];
        let stream = cells(&mut mask);
        let mut steps = self.rc4.begin(stream);
        let mut before = first;
        for block in rest {
            steps.advance(state, before);
            mix(block, stream);
            before = block;
        }
        let indices = steps.indices();
        self.rc4.end(indices);
        mask.as_mut_slice().zeroize();
        self.compress(state, from_ref(before));
    }

    /// Undoes the last [`Stream::apply`], which was to `data`: data and stream are as before it.
    pub fn undo(&mut self, data: &mut [u8]) {
        step_back(&mut self.rc4, self.ready.left);
        self.ready.left = 0;
        self.rc4.undo(data);
    }

    /// The state, for [`Stream::deserialize`].
    #[must_use]
    pub fn serialize(&self) -> Vec<u8> {
        let mut rc4 = self.rc4.clone();
        step_back(&mut rc4, self.ready.left);
        rc4.serialize()
    }

    /// The stream of a serialized state; none for bytes that are not one.
    #[must_use]
    pub fn deserialize(serialized: &[u8]) -> Option<Self> {
        Rc4::deserialize(serialized).map(Self::of)
    }
}

fn step_back(rc4: &mut Rc4, steps: usize) {
    for _ in 0..steps {
        rc4.step_back();
    }
}

/// The next bytes of a stream. Wiped on drop.
struct Ready {
    /// The last `left` of them.
    blocks: [Block; 3],
    left: usize,
}

impl Ready {
    /// Adds a block to what is not [`ENOUGH`], for the caller to fill.
    #[inline]
    fn add(&mut self) -> &mut Block {
        let [first, second, third] = &mut self.blocks;
        (*first, *second) = (*second, *third);
        self.left += third.len();
        third
    }

    /// Adds as much as there is to `data`, and returns the rest of that.
    fn mix<'t>(&mut self, data: &'t mut [u8]) -> &'t mut [u8] {
        let (data, rest) = data.split_at_mut(data.len().min(self.left));
        let (_, mask) = self.blocks.as_flattened().split_at(ROOM - self.left);
        self.left -= data.len();
        let (words, bytes) = data.as_chunks_mut::<8>();
        let (masks, _) = mask.as_chunks::<8>();
        for (word, mask) in words.iter_mut().zip(masks) {
            *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(*mask)).to_ne_bytes();
        }
        let mask = mask.iter().skip(words.len() * 8);
        for (byte, mask) in bytes.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        rest
    }
}

/// The bytes of a block, to be written one by one while others see them.
fn cells(block: &mut Block) -> &[Cell<u8>; 64] {
    let cell = Cell::from_mut(block);
    // SAFETY: a cell has the layout of what is in it, and so an array of cells that of a cell of an array.
    unsafe { &*(&raw const *cell).cast() }
}

fn mix(block: &mut Block, mask: &[Cell<u8>; 64]) {
    for (byte, mask) in block.iter_mut().zip(mask) {
        *byte ^= mask.get();
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        self.blocks.as_flattened_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(length: usize) -> Vec<u8> {
        (0..length).map(|n| n.to_le_bytes()[0] ^ 0x5A).collect()
    }

    /// Blocks that are hashed between two messages.
    const HASHED: [usize; 5] = [0, 1, 2, 3, 40];

    #[test]
    fn together_they_give_what_they_give_one_after_the_other() {
        let (mut alone, mut stream) = (Rc4::new(&[7; 16]), Stream::new(&[7; 16]));
        let (mut hash, mut state) = ([1, 2, 3, 4], [1, 2, 3, 4]);
        for length in [0, 1, 7, 10, 60, 64, 74, 143, 144, 145, 209, 1000] {
            for (count, seed) in HASHED.iter().zip(0..) {
                let blocks = vec![[seed; 64]; *count];
                compress(&mut hash, &blocks);
                stream.compress(&mut state, &blocks);
                assert_eq!(state, hash);
                let (mut expected, mut data) = (data(length), data(length));
                alone.apply(&mut expected);
                stream.apply(&mut data);
                assert_eq!(data, expected, "{length} bytes after {count} blocks");
                assert_eq!(stream.serialize(), alone.serialize());
            }
        }
    }

    #[test]
    fn blocks_are_hashed_and_encrypted_as_one_after_the_other() {
        let (mut alone, mut sealing) = (Rc4::new(&[7; 16]), Stream::new(&[7; 16]));
        for count in [0, 1, 2, 3, 40] {
            sealing.compress(&mut [0; 4], &vec![[0; 64]; count]);
            let start = sealing.ready() + count;
            let (mut expected, mut sealed) = (data(start), data(start));
            alone.apply(&mut expected);
            sealing.drain(&mut sealed);
            assert_eq!(sealed, expected, "{start} bytes");

            let mut opening = Stream::deserialize(&sealing.serialize()).unwrap();
            let blocks: Vec<Block> = (0..count).map(|n| [n.to_le_bytes()[0]; 64]).collect();
            let mut hash = [1, 2, 3, 4];
            compress(&mut hash, &blocks);
            let mut expected = blocks.clone();
            alone.apply(expected.as_flattened_mut());
            let (mut bytes, mut state) = (blocks.clone(), [1, 2, 3, 4]);
            sealing.seal(&mut state, &mut bytes);
            assert_eq!((&bytes, state), (&expected, hash));
            let mut state = [1, 2, 3, 4];
            opening.open(&mut state, &mut bytes);
            assert_eq!((&bytes, state), (&blocks, hash));
            assert_eq!(
                (sealing.serialize(), opening.serialize()),
                (alone.serialize(), alone.serialize())
            );
        }
    }

    #[test]
    fn undo_gives_back_text_and_state() {
        let mut stream = Stream::new(&[9; 16]);
        for length in [0, 1, 10, 64, 144, 300] {
            for count in HASHED {
                stream.compress(&mut [1, 2, 3, 4], &vec![[5; 64]; count]);
                let before = stream.serialize();
                let mut bytes = data(length);
                stream.apply(&mut bytes);
                stream.compress(&mut [1, 2, 3, 4], &vec![[5; 64]; count]);
                stream.undo(&mut bytes);
                assert_eq!(bytes, data(length));
                assert_eq!(stream.serialize(), before);
                let (mut other, mut same) = (data(200), data(200));
                Stream::deserialize(&before).unwrap().apply(&mut other);
                stream.apply(&mut same);
                assert_eq!(same, other);
            }
        }
    }
}
