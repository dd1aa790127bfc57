//! RC4, a state that can go back.
//!
//! The `rc4` crate can neither be copied nor rewound, and a message that turns out to be forged
//! must leave the key stream where it stood (RFC 2831 §2.4 keeps one stream for the life of a
//! context). Starting again from the key would let one forged message cost as much as all the
//! messages before it. A step of RC4 only swaps two cells, which can be swapped back.

use std::cell::Cell;

use zeroize::Zeroize;

use super::md5::{Block, Interleaved, Md5State, compress_interleaved_in_order};

mod steps;

use steps::Rc4Steps;

/// Bytes of a serialized state: the two indices, then the permutation.
const SERIALIZED: usize = 258;

/// A key stream: 514 bytes, wiped on drop.
#[derive(Clone)]
pub struct Rc4 {
    // Cells of Rust's too, which steps on their way share.
    cells: [Cell<u16>; 256],
    i: u8,
    j: u8,
}

/// A stream on its way, 64 steps of which are interleaved with a hash at a time.
#[derive(Clone, Copy)]
pub(super) struct InterleavedSteps<'a, 'b> {
    steps: Rc4Steps<'a>,
    /// What the last of them made, byte by byte in memory: in registers they would be in the way of the hash.
    stream: &'b [Cell<u8>; 64],
}

impl InterleavedSteps<'_, '_> {
    /// Makes the next 64 bytes, while `block` is taken into the MD5 state `hash`.
    pub(super) fn advance(&mut self, hash: &mut Md5State, block: &Block) {
        compress_interleaved_in_order(hash, block, self);
    }

    /// As [`Rc4Steps::indices`].
    pub(super) fn indices(&self) -> [u8; 2] {
        self.steps.indices()
    }
}

impl Interleaved for InterleavedSteps<'_, '_> {
    #[inline(always)]
    #[allow(clippy::inline_always)] // a call for each byte would cost more than the byte
    fn step(&mut self, step: usize) {
        self.stream[step % 64].set(self.steps.byte());
    }
}

impl Rc4 {
    /// The stream of a key of 16 bytes, at its start.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        let mut stream = Self { cells: [const { Cell::new(0) }; 256], i: 0, j: 0 };
        for (value, cell) in (0..=255).zip(&stream.cells) {
            cell.set(value);
        }
        let mut j = 0_u8;
        for (i, byte) in key.iter().cycle().take(256).enumerate() {
            j = j.wrapping_add(byte_of(stream.cells[i].get())).wrapping_add(*byte);
            stream.cells.swap(i, usize::from(j));
        }
        stream
    }

    /// Encrypts or decrypts `data` with the next bytes of the stream.
    pub fn apply(&mut self, data: &mut [u8]) {
        let mut steps = Rc4Steps::begin(&self.cells, self.i, self.j);
        let (words, rest) = data.as_chunks_mut::<8>();
        for word in words {
            let stream = (0..8).fold(0, |stream, n| stream | u64::from(steps.byte()) << (8 * n));
            *word = (u64::from_le_bytes(*word) ^ stream).to_le_bytes();
        }
        for byte in rest {
            *byte ^= steps.byte();
        }
        let indices = steps.indices();
        self.end(indices);
    }

    /// The stream, whose bytes go to `stream`; [`Rc4::end`] takes the indices back.
    pub(super) fn begin<'b>(&mut self, stream: &'b [Cell<u8>; 64]) -> InterleavedSteps<'_, 'b> {
        InterleavedSteps { steps: Rc4Steps::begin(&self.cells, self.i, self.j), stream }
    }

    pub(super) fn end(&mut self, indices: [u8; 2]) {
        [self.i, self.j] = indices;
    }

    /// Undoes the last [`Rc4::apply`], which was to `data`: data and stream are as before it.
    pub fn undo(&mut self, data: &mut [u8]) {
        for byte in data.iter_mut().rev() {
            *byte ^= self.step_back();
        }
    }

    /// Takes a step back; returns the byte that it had made.
    pub(super) fn step_back(&mut self) -> u8 {
        let at = |index: u8| byte_of(self.cells[usize::from(index)].get());
        let (i, j) = (self.i, self.j);
        let byte = at(at(i).wrapping_add(at(j)));
        self.cells.swap(usize::from(i), usize::from(j));
        self.j = j.wrapping_sub(byte_of(self.cells[usize::from(i)].get()));
        self.i = i.wrapping_sub(1);
        byte
    }

    /// The state, for [`Rc4::deserialize`]: the indices, then the 256 cells, a byte each.
    #[must_use]
    pub fn serialize(&self) -> Vec<u8> {
        let mut serialized = Vec::with_capacity(SERIALIZED);
        serialized.extend([self.i, self.j]);
        serialized.extend(self.cells.iter().map(|cell| byte_of(cell.get())));
        serialized
    }

    /// The stream of a serialized state; none for bytes that are not one.
    #[must_use]
    pub fn deserialize(serialized: &[u8]) -> Option<Self> {
        let (indices, cells) = serialized.split_first_chunk::<2>()?;
        let cells: &[u8; 256] = cells.try_into().ok()?;
        let mut seen = [false; 256];
        for cell in cells {
            seen[usize::from(*cell)] = true;
        }
        let [i, j] = *indices;
        let state = || Self { cells: cells.map(|cell| Cell::new(cell.into())), i, j };
        seen.iter().all(|seen| *seen).then(state)
    }
}

fn byte_of(cell: u16) -> u8 {
    cell.to_le_bytes()[0]
}

impl Drop for Rc4 {
    fn drop(&mut self) {
        self.cells.iter_mut().for_each(|cell| cell.get_mut().zeroize());
        self.i.zeroize();
        self.j.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::rc4::{KeyInit as _, StreamCipher as _};

    fn key(seed: u8) -> [u8; 16] {
        let mut next = seed.wrapping_mul(31);
        std::array::from_fn(|_| {
            next = next.wrapping_add(7);
            next
        })
    }

    #[test]
    fn the_stream_is_that_of_another_implementation() {
        for seed in 0..20 {
            let key = key(seed);
            let mut other = ::rc4::Rc4::new_from_slice(&key).unwrap();
            let mut ours = Rc4::new(&key);
            for length in [0, 1, 2, 16, 255, 256, 257, 5000] {
                let mut expected = vec![seed; length];
                other.apply_keystream(&mut expected);
                let mut data = vec![seed; length];
                ours.apply(&mut data);
                assert_eq!(data, expected, "seed {seed}, length {length}");
            }
        }
    }

    #[test]
    fn undo_gives_back_text_and_state() {
        let mut stream = Rc4::new(&key(9));
        stream.apply(&mut [0; 1000]);
        for length in [0, 1, 7, 256, 3000] {
            let before = stream.serialize();
            let original: Vec<u8> = (0..=255).cycle().take(length).collect();
            let mut data = original.clone();
            stream.apply(&mut data);
            stream.undo(&mut data);
            assert_eq!(data, original);
            assert_eq!(stream.serialize(), before);
            stream.apply(&mut data);
        }
    }

    #[test]
    fn only_permutations_are_deserialized() {
        let mut stream = Rc4::new(&key(3));
        stream.apply(&mut [0; 77]);
        let serialized = stream.serialize();
        assert_eq!(serialized.len(), SERIALIZED);
        assert_eq!(Rc4::deserialize(&serialized).unwrap().serialize(), serialized);
        assert!(Rc4::deserialize(&serialized[..257]).is_none());
        assert!(Rc4::deserialize(&[serialized.as_slice(), &[0]].concat()).is_none());
        assert!(Rc4::deserialize(&[]).is_none());
        let mut twice = serialized;
        twice[2] = twice[3];
        assert!(Rc4::deserialize(&twice).is_none());
    }
}
