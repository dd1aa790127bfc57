//! RC4, a state that can go back.
//!
//! The `rc4` crate can neither be copied nor rewound, and a message that turns out to be forged
//! must leave the key stream where it stood (RFC 2831 §2.4 keeps one stream for the life of a
//! context). Starting again from the key would let one forged message cost as much as all the
//! messages before it. A step of RC4 only swaps two cells, which can be swapped back.
//!
//! Cells are 16 bits wide and loaded and stored as such, so that no store is narrower than a load that
//! follows it: with 32 bits a step takes a hundredth less, and a context a kilobyte more. The cell of
//! the next step is read before this step's cells are written, so that steps do not wait for each
//! other's writes. Where the two are one cell, the value is put right by selection, not by a
//! branch: the only thing that depends on secrets is which cells are touched, as RC4 has it. Both
//! values that the next `j` may have are summed before it is known which one it is, so that a step
//! follows the one before by a comparison and a selection.

use std::cell::Cell;
use std::hint::select_unpredictable;

use zeroize::Zeroize;

use super::md5::{Block, Interleaved, Md5State, compress_interleaved};
use super::pinned::pinned;

/// Bytes of a serialized state: the two indices, then the permutation.
const SERIALIZED: usize = 258;

/// A key stream: 514 bytes, wiped on drop.
#[derive(Clone)]
pub struct Rc4 {
    // Cells of Rust's too, since a stream on its way sees some of them by two ways.
    cells: [Cell<u16>; 256],
    i: u8,
    j: u8,
}

/// The stream on its way through a message.
#[derive(Clone, Copy)]
pub(super) struct Rc4Steps<'a> {
    cells: &'a [Cell<u16>; 256],
    i: u32,
    /// The cell at `i + 1`, as it will be when step `i + 1` begins.
    low: u32,
    /// What `j` will be in step `i + 1`, in its low byte.
    sum: u32,
}

/// The low byte of a word.
#[inline]
fn byte_of(word: u32) -> u8 {
    word.to_le_bytes()[0]
}

/// The low half of a word.
#[inline]
fn half_of(word: u32) -> u16 {
    let [low, high, ..] = word.to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[allow(clippy::inline_always)] // a call for each byte would cost more than the byte
impl Rc4Steps<'_> {
    /// The next byte of the stream.
    #[inline(always)]
    fn byte(&mut self) -> u8 {
        let cell = |index: u32| &self.cells[(index & 0xFF) as usize];
        self.step(cell(self.i.wrapping_add(1)), cell(self.i.wrapping_add(2)))
    }

    /// The same, with the cells at `i + 1` and `i + 2`.
    #[inline(always)]
    fn step(&mut self, here: &Cell<u16>, after: &Cell<u16>) -> u8 {
        let cell = |index: u32| &self.cells[(index & 0xFF) as usize];
        let (low, sum, next) = (self.low, self.sum, u32::from(after.get()));
        let high = cell(sum).get();
        here.set(high);
        cell(sum).set(half_of(low));
        let byte = cell(low + u32::from(high)).get();
        self.i = self.i.wrapping_add(1);
        let same = byte_of(sum) == byte_of(self.i.wrapping_add(1));
        let (if_same, if_not) = (pinned(sum.wrapping_add(low)), sum.wrapping_add(next));
        self.low = select_unpredictable(same, low, next);
        self.sum = select_unpredictable(same, if_same, if_not);
        byte_of(byte.into())
    }

    /// As [`Rc4::interleaved`].
    pub(super) fn interleaved(&mut self, hash: &mut Md5State, block: &Block) -> Block {
        let start = usize::from(byte_of(self.i));
        // Mostly `i`, which is no secret, does not come to its end among them.
        match self.cells.get(start..).and_then(|cells| cells.first_chunk()) {
            Some(near) => self.take(hash, block, Near(near)),
            None => self.take(hash, block, Anywhere),
        }
    }

    fn take(&mut self, hash: &mut Md5State, block: &Block, next: impl Next) -> Block {
        let mut work = InterleavedSteps { steps: *self, next, stream: [0; 8] };
        compress_interleaved(hash, block, &mut work);
        *self = work.steps;
        let mut bytes = [0; 64];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(work.stream) {
            *bytes = word.to_le_bytes();
        }
        work.stream.as_mut_slice().zeroize();
        bytes
    }

    /// Where the stream stands now.
    pub(super) fn indices(&self) -> [u8; 2] {
        [byte_of(self.i), byte_of(self.sum.wrapping_sub(self.low))]
    }
}

/// Takes step number `step` of 64.
trait Next: Copy {
    fn byte(self, steps: &mut Rc4Steps<'_>, step: usize) -> u8;
}

/// Where `i` does not come to its end in 64 steps: the cells from it on.
#[derive(Clone, Copy)]
struct Near<'a>(&'a [Cell<u16>; 66]);

#[derive(Clone, Copy)]
struct Anywhere;

#[allow(clippy::inline_always)] // as above
impl Next for Near<'_> {
    #[inline(always)]
    fn byte(self, steps: &mut Rc4Steps<'_>, step: usize) -> u8 {
        steps.step(&self.0[step % 64 + 1], &self.0[step % 64 + 2])
    }
}

#[allow(clippy::inline_always)] // as above
impl Next for Anywhere {
    #[inline(always)]
    fn byte(self, steps: &mut Rc4Steps<'_>, _: usize) -> u8 {
        steps.byte()
    }
}

/// 64 steps to interleave with a hash.
#[derive(Clone, Copy)]
struct InterleavedSteps<'a, N> {
    steps: Rc4Steps<'a>,
    next: N,
    /// In whole words, so that they can be loaded again as what was stored.
    stream: [u64; 8],
}

impl<N: Next> Interleaved for InterleavedSteps<'_, N> {
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn step(&mut self, step: usize) {
        let byte = self.next.byte(&mut self.steps, step);
        // Not `word >> 8 | byte << 56`, for which compilers have an instruction that some processors
        // are slow at.
        self.stream[step / 8 % 8] |= u64::from(byte) << (8 * (step % 8));
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
            j = j.wrapping_add(byte_of(stream.cells[i].get().into())).wrapping_add(*byte);
            stream.cells.swap(i, usize::from(j));
        }
        stream
    }

    /// Encrypts or decrypts `data` with the next bytes of the stream.
    pub fn apply(&mut self, data: &mut [u8]) {
        let mut steps = self.begin();
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

    /// The next 64 bytes of the stream, while `block` is taken into the MD5 state `hash`.
    pub(super) fn interleaved(&mut self, hash: &mut Md5State, block: &Block) -> Block {
        let mut steps = self.begin();
        let bytes = steps.interleaved(hash, block);
        let indices = steps.indices();
        self.end(indices);
        bytes
    }

    /// The stream, to be taken byte by byte; [`Rc4::end`] takes the indices back.
    pub(super) fn begin(&mut self) -> Rc4Steps<'_> {
        let low = u32::from(self.cells[usize::from(self.i.wrapping_add(1))].get());
        let sum = u32::from(self.j).wrapping_add(low);
        Rc4Steps { cells: &self.cells, i: self.i.into(), low, sum }
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
        let at = |index: u8| byte_of(self.cells[usize::from(index)].get().into());
        let (i, j) = (self.i, self.j);
        let byte = at(at(i).wrapping_add(at(j)));
        self.cells.swap(usize::from(i), usize::from(j));
        self.j = j.wrapping_sub(byte_of(self.cells[usize::from(i)].get().into()));
        self.i = i.wrapping_sub(1);
        byte
    }

    /// The state, for [`Rc4::deserialize`]: the indices, then the 256 cells, a byte each.
    #[must_use]
    pub fn serialize(&self) -> Vec<u8> {
        let mut serialized = Vec::with_capacity(SERIALIZED);
        serialized.extend([self.i, self.j]);
        serialized.extend(self.cells.iter().map(|cell| byte_of(cell.get().into())));
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
