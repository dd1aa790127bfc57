//! RC4, a state that can go back.
//!
//! The `rc4` crate can neither be copied nor rewound, and a message that turns out to be forged
//! must leave the key stream where it stood (RFC 2831 §2.4 keeps one stream for the life of a
//! context). Starting again from the key would let one forged message cost as much as all the
//! messages before it. A step of RC4 only swaps two cells, which can be swapped back.
//!
//! Cells are 32 bits wide, so that no store is narrower than a load that follows it, and the cell of
//! the next step is read before this step's cells are written, so that steps do not wait for each
//! other's writes. Where the two are one cell, the value is put right by selection, not by a
//! branch: the only thing that depends on secrets is which cells are touched, as RC4 has it.

use std::hint::select_unpredictable;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::md5::{Block, State, compress_beside};

/// Octets of a packed state: the two indices, then the permutation.
const PACKED: usize = 258;

/// A key stream: 1028 octets, wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Rc4 {
    cells: [u32; 256],
    i: u8,
    j: u8,
}

/// The stream on its way through a message, in registers.
///
/// `low` is the cell at `i + 1`, as it will be when step `i + 1` begins.
pub(super) struct Steps<'a> {
    cells: &'a mut [u32; 256],
    i: u32,
    j: u32,
    low: u32,
}

/// The low octet of a word.
#[inline]
fn octet_of(word: u32) -> u8 {
    word.to_le_bytes()[0]
}

impl Steps<'_> {
    /// The next octet of the stream.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a call for each octet would cost more than the octet
    pub(super) fn octet(&mut self) -> u8 {
        self.step((self.i + 1) & 0xFF, (self.i + 2) & 0xFF)
    }

    /// The same, where `i` is at most 253.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn octet_inside(&mut self) -> u8 {
        self.step(self.i + 1, self.i + 2)
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn step(&mut self, here: u32, after: u32) -> u8 {
        let cells = &mut *self.cells;
        let next = cells[after as usize];
        let low = self.low;
        let sum = self.j.wrapping_add(low);
        let j = sum & 0xFF;
        let high = cells[j as usize];
        cells[here as usize] = high;
        cells[j as usize] = low;
        let octet = cells[((low + high) & 0xFF) as usize];
        self.low = select_unpredictable(octet_of(sum) == octet_of(after), low, next);
        (self.i, self.j) = (here, sum);
        octet_of(octet)
    }

    /// The next 64 octets of the stream, while `block` is taken into the MD5 state `hash`. Mostly
    /// `i`, which is no secret, does not come to its end among them.
    pub(super) fn beside(&mut self, hash: &mut State, block: &Block) -> Block {
        let mut stream = [0; 64];
        // In registers: to the compiler, the cells might be the indices.
        let mut steps = Steps { cells: &mut *self.cells, i: self.i, j: self.j, low: self.low };
        if steps.i <= 253 - 63 {
            compress_beside(hash, block, |step| stream[step & 63] = steps.octet_inside());
        } else {
            compress_beside(hash, block, |step| stream[step & 63] = steps.octet());
        }
        (self.i, self.j, self.low) = (steps.i, steps.j, steps.low);
        stream
    }

    /// Where the stream stands now.
    pub(super) fn indices(&self) -> [u8; 2] {
        [octet_of(self.i), octet_of(self.j)]
    }
}

impl Rc4 {
    /// The stream of a key of 16 octets, at its start.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        let mut cells = [0_u32; 256];
        for (value, cell) in (0..=255).zip(&mut cells) {
            *cell = value;
        }
        let mut j = 0_u8;
        for (i, octet) in key.iter().cycle().take(256).enumerate() {
            let [low, ..] = cells[i].to_le_bytes();
            j = j.wrapping_add(low).wrapping_add(*octet);
            cells.swap(i, usize::from(j));
        }
        Self { cells, i: 0, j: 0 }
    }

    /// Encrypts or decrypts `text` with the next octets of the stream.
    pub fn apply(&mut self, text: &mut [u8]) {
        let mut steps = self.begin();
        let (words, rest) = text.as_chunks_mut::<8>();
        for word in words {
            let mut stream = [0; 8];
            for octet in &mut stream {
                *octet = steps.octet();
            }
            *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(stream)).to_ne_bytes();
        }
        for octet in rest {
            *octet ^= steps.octet();
        }
        let indices = steps.indices();
        self.end(indices);
    }

    /// The stream, to be taken octet by octet; [`Rc4::end`] takes the indices back.
    pub(super) fn begin(&mut self) -> Steps<'_> {
        let low = self.cells[usize::from(self.i.wrapping_add(1))];
        Steps { cells: &mut self.cells, i: self.i.into(), j: self.j.into(), low }
    }

    pub(super) fn end(&mut self, indices: [u8; 2]) {
        [self.i, self.j] = indices;
    }

    /// Undoes the last [`Rc4::apply`], which was to `text`: text and stream are as before it.
    pub fn undo(&mut self, text: &mut [u8]) {
        let at = |cells: &[u32; 256], index: u8| cells[usize::from(index)].to_le_bytes()[0];
        for octet in text.iter_mut().rev() {
            let (i, j) = (self.i, self.j);
            let sum = at(&self.cells, i).wrapping_add(at(&self.cells, j));
            *octet ^= at(&self.cells, sum);
            self.cells.swap(usize::from(i), usize::from(j));
            self.j = j.wrapping_sub(at(&self.cells, i));
            self.i = i.wrapping_sub(1);
        }
    }

    /// The state, for [`Rc4::unpack`]: the indices, then the 256 cells, an octet each.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(PACKED);
        packed.extend([self.i, self.j]);
        packed.extend(self.cells.iter().map(|cell| cell.to_le_bytes()[0]));
        packed
    }

    /// The stream of a packed state; none for octets that are not one.
    #[must_use]
    pub fn unpack(packed: &[u8]) -> Option<Self> {
        let (indices, cells) = packed.split_first_chunk::<2>()?;
        let cells: &[u8; 256] = cells.try_into().ok()?;
        let mut seen = [false; 256];
        for cell in cells {
            seen[usize::from(*cell)] = true;
        }
        let [i, j] = *indices;
        let state = || Self { cells: cells.map(u32::from), i, j };
        seen.iter().all(|seen| *seen).then(state)
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
                let mut text = vec![seed; length];
                ours.apply(&mut text);
                assert_eq!(text, expected, "seed {seed}, length {length}");
            }
        }
    }

    #[test]
    fn undo_gives_back_text_and_state() {
        let mut stream = Rc4::new(&key(9));
        stream.apply(&mut [0; 1000]);
        for length in [0, 1, 7, 256, 3000] {
            let before = stream.pack();
            let original: Vec<u8> = (0..=255).cycle().take(length).collect();
            let mut text = original.clone();
            stream.apply(&mut text);
            stream.undo(&mut text);
            assert_eq!(text, original);
            assert_eq!(stream.pack(), before);
            stream.apply(&mut text);
        }
    }

    #[test]
    fn only_permutations_are_unpacked() {
        let mut stream = Rc4::new(&key(3));
        stream.apply(&mut [0; 77]);
        let packed = stream.pack();
        assert_eq!(packed.len(), PACKED);
        assert_eq!(Rc4::unpack(&packed).unwrap().pack(), packed);
        assert!(Rc4::unpack(&packed[..257]).is_none());
        assert!(Rc4::unpack(&[packed.as_slice(), &[0]].concat()).is_none());
        assert!(Rc4::unpack(&[]).is_none());
        let mut twice = packed;
        twice[2] = twice[3];
        assert!(Rc4::unpack(&twice).is_none());
    }
}
