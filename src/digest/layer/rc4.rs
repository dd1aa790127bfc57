//! RC4, a state that can go back.
//!
//! The `rc4` crate can neither be copied nor rewound, and a message that turns out to be forged
//! must leave the key stream where it stood (RFC 2831 §2.4 keeps one stream for the life of a
//! context). Starting again from the key would let one forged message cost as much as all the
//! messages before it. A step of RC4 only swaps two cells, which can be swapped back.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::keys::Key;

/// Octets of a packed state: the two indices, then the permutation.
pub(super) const PACKED: usize = 258;

/// The key stream of one direction.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Rc4 {
    cells: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    /// The stream of all 16 octets of a sealing key, at its start.
    pub(super) fn new(key: &Key) -> Self {
        let mut cells = [0; 256];
        for (value, cell) in (0..=255).zip(&mut cells) {
            *cell = value;
        }
        let mut j = 0_u8;
        for (i, octet) in key.iter().cycle().take(256).enumerate() {
            j = j.wrapping_add(cells[i]).wrapping_add(*octet);
            cells.swap(i, usize::from(j));
        }
        Self { cells, i: 0, j: 0 }
    }

    /// Encrypts or decrypts `text` with the next octets of the stream.
    ///
    /// The cell of the next step is read before this step's cells are written, so that the steps
    /// do not wait for each other's writes; where the two are one cell, it is put right.
    pub(super) fn apply(&mut self, text: &mut [u8]) {
        let (mut i, mut j) = (self.i, self.j);
        let cells = &mut self.cells;
        let mut low = cells[usize::from(i.wrapping_add(1))];
        for octet in text {
            i = i.wrapping_add(1);
            let after = i.wrapping_add(1);
            let next = cells[usize::from(after)];
            j = j.wrapping_add(low);
            let high = cells[usize::from(j)];
            cells[usize::from(i)] = high;
            cells[usize::from(j)] = low;
            *octet ^= cells[usize::from(low.wrapping_add(high))];
            low = if j == after { low } else { next };
        }
        (self.i, self.j) = (i, j);
    }

    /// Undoes the last [`Rc4::apply`], which was to `text`: text and stream are as before it.
    pub(super) fn undo(&mut self, text: &mut [u8]) {
        for octet in text.iter_mut().rev() {
            let (i, j) = (usize::from(self.i), usize::from(self.j));
            let sum = self.cells[i].wrapping_add(self.cells[j]);
            *octet ^= self.cells[usize::from(sum)];
            self.cells.swap(i, j);
            self.j = self.j.wrapping_sub(self.cells[i]);
            self.i = self.i.wrapping_sub(1);
        }
    }

    /// The state, for [`Rc4::unpack`].
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(PACKED);
        packed.extend([self.i, self.j]);
        packed.extend(self.cells);
        packed
    }

    /// The stream of a packed state, unless it is not one.
    pub(super) fn unpack(packed: &[u8]) -> Option<Self> {
        let (indices, cells) = packed.split_first_chunk::<2>()?;
        let cells: &[u8; 256] = cells.try_into().ok()?;
        let mut seen = [false; 256];
        for cell in cells {
            seen[usize::from(*cell)] = true;
        }
        let [i, j] = *indices;
        seen.iter().all(|seen| *seen).then_some(Self { cells: *cells, i, j })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::rc4::{KeyInit as _, StreamCipher as _};

    fn key(seed: u8) -> Key {
        let mut next = seed.wrapping_mul(31);
        Key::new(std::array::from_fn(|_| {
            next = next.wrapping_add(7);
            next
        }))
    }

    #[test]
    fn the_stream_is_that_of_another_implementation() {
        for seed in 0..20 {
            let key = key(seed);
            let mut other = ::rc4::Rc4::new_from_slice(key.as_slice()).unwrap();
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
