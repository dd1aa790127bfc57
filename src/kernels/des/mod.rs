//! DES and triple DES with two keys in cipher block chaining (FIPS 46-3, FIPS 81), as the security
//! layers use them (RFC 2831 §2.4).
//!
//! ```text
//! schedule   the round keys, 128 bytes for each key
//! table      encryption, a block at a time, and the decryption of short messages, two at a time
//! group      encryption of eight blocks with other work between them
//! slices     decryption of long messages, many blocks at once:
//!   words      64, on any processor
//!   avx2      256
//!   avx512    512
//! boxes      the S-boxes, and circuits of them
//! ```
//!
//! Encryption reads tables at places that depend on key and data, which no fast DES in chaining can
//! avoid, since its blocks wait for each other. Nothing else branches on secrets or reads at places
//! that depend on them. Weak keys are not refused, parity bits are ignored.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod boxes;
#[rustfmt::skip]
#[allow(clippy::many_single_char_names)]
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_macros, unused_imports))]
mod circuits;
mod group;
mod path;
mod schedule;
mod slices;
mod table;
mod words;

use zeroize::{Zeroize as _, Zeroizing};

use self::path::Path;
use self::schedule::{Masks, Schedule};
use self::table::Halves;

/// Bytes of a block.
pub const BLOCK: usize = 8;

/// A chain of blocks that goes on from one message to the next, in one direction: of DES with one
/// key, of triple DES (encrypt, decrypt, encrypt with the first again) with two. 136 or 264 bytes,
/// wiped on drop.
pub struct Cbc<const KEYS: usize> {
    schedules: [Schedule; KEYS],
    vector: [u8; BLOCK],
}

/// Single DES.
pub type Des = Cbc<1>;
/// Triple DES with two keys.
pub type TripleDes = Cbc<2>;

impl<const KEYS: usize> Drop for Cbc<KEYS> {
    // The first vector is a part of the key. Schedules wipe themselves.
    fn drop(&mut self) {
        self.vector.zeroize();
    }
}

impl<const KEYS: usize> Cbc<KEYS> {
    /// The chain that begins with the initialization vector `vector`.
    #[must_use]
    pub fn new(keys: [[u8; 8]; KEYS], vector: [u8; BLOCK]) -> Self {
        const { assert!(KEYS == 1 || KEYS == 2, "single DES or triple DES with two keys") };
        Self { schedules: keys.map(Schedule::new), vector }
    }

    /// The last block of ciphertext; before the first message, the initialization vector.
    #[must_use]
    pub fn vector(&self) -> [u8; BLOCK] {
        self.vector
    }

    /// Chains the next block to `vector`.
    pub fn set_vector(&mut self, vector: [u8; BLOCK]) {
        self.vector = vector;
    }

    /// Encrypts the whole blocks of `data` in place; bytes after them stay.
    pub fn encrypt(&mut self, data: &mut [u8]) {
        let mut chain = Halves::of(self.vector);
        for block in data.as_chunks_mut::<BLOCK>().0 {
            chain = self.encrypted(Halves::of(*block).mixed(chain));
            *block = chain.block();
        }
        self.vector = chain.block();
    }

    fn encrypted(&self, block: Halves) -> Halves {
        let mut block = block;
        for (pass, schedule) in self.schedules.iter().cycle().take(2 * KEYS - 1).enumerate() {
            block = if pass == 1 {
                block.rounds::<true>(schedule)
            } else {
                block.rounds::<false>(schedule)
            };
        }
        block
    }

    fn decrypted(&self, block: Halves) -> Halves {
        let mut block = block;
        for (pass, schedule) in self.schedules.iter().cycle().take(2 * KEYS - 1).enumerate() {
            block = if pass == 1 {
                block.rounds::<false>(schedule)
            } else {
                block.rounds::<true>(schedule)
            };
        }
        block
    }

    /// Two blocks decrypted interleaved.
    fn decrypted_two(&self, blocks: [Halves; 2]) -> [Halves; 2] {
        let mut blocks = blocks;
        for (pass, schedule) in self.schedules.iter().cycle().take(2 * KEYS - 1).enumerate() {
            blocks = if pass == 1 {
                Halves::rounds_of_two::<false>(blocks, schedule)
            } else {
                Halves::rounds_of_two::<true>(blocks, schedule)
            };
        }
        blocks
    }

    /// Decrypts the whole blocks of `data` in place; bytes after them stay.
    pub fn decrypt(&mut self, data: &mut [u8]) {
        self.decrypt_by(Path::best(), data);
    }

    fn decrypt_by(&mut self, path: Path, data: &mut [u8]) {
        let blocks = data.as_chunks_mut::<BLOCK>().0;
        let mut rest = blocks;
        if rest.len() >= path.worthwhile() {
            rest = self.decrypt_wide(path, rest);
        }
        let (pairs, last) = rest.as_chunks_mut::<2>();
        for pair in pairs {
            let [one, other] = *pair;
            let [plain, next] = self.decrypted_two([Halves::of(one), Halves::of(other)]);
            *pair = [xor(plain.block(), self.vector), xor(next.block(), one)];
            self.vector = other;
        }
        for block in last {
            let next = *block;
            let plain = self.decrypted(Halves::of(next)).block();
            *block = xor(plain, self.vector);
            self.vector = next;
        }
    }

    /// Decrypts batches while they are worth it; returns what is left.
    fn decrypt_wide<'t>(
        &mut self,
        path: Path,
        blocks: &'t mut [[u8; BLOCK]],
    ) -> &'t mut [[u8; BLOCK]] {
        let mut masks = Zeroizing::new([[[0; 48]; 16]; KEYS]);
        for (schedule, masks) in self.schedules.iter().zip(masks.iter_mut()) {
            schedule.masks(masks);
        }
        let mut rest = blocks;
        while rest.len() >= path.worthwhile() {
            let (batch, after) = rest.split_at_mut(path.batch().min(rest.len()));
            self.vector = decrypt_batch(path, &*masks, batch, self.vector);
            rest = after;
        }
        rest
    }
}

/// Decrypts at most a batch; returns the last block of ciphertext.
fn decrypt_batch(
    path: Path,
    masks: &[Masks],
    batch: &mut [[u8; BLOCK]],
    vector: [u8; BLOCK],
) -> [u8; BLOCK] {
    let mut plain = [0; path::WIDEST];
    for (to, from) in plain.iter_mut().zip(&*batch) {
        *to = u64::from_ne_bytes(*from);
    }
    path.decrypt(masks, &mut plain);
    let mut chain = vector;
    for (block, plain) in batch.iter_mut().zip(plain) {
        let next = *block;
        *block = xor(plain.to_ne_bytes(), chain);
        chain = next;
    }
    chain
}

#[inline]
fn xor(one: [u8; BLOCK], other: [u8; BLOCK]) -> [u8; BLOCK] {
    (u64::from_ne_bytes(one) ^ u64::from_ne_bytes(other)).to_ne_bytes()
}

#[cfg(test)]
mod tests;
