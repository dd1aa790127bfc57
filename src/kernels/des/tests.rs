//! All ways of encryption and decryption, against the `des` crate.

use ::des::cipher::{Array, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};

use super::*;

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| {
            self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            self.0.to_be_bytes()[0]
        })
    }

    fn data(&mut self, length: usize) -> Vec<u8> {
        (0..length).flat_map(|_| self.bytes::<1>()).collect()
    }
}

/// Chained encryption with the crate.
fn expected(keys: &[[u8; 8]], vector: [u8; 8], data: &[u8]) -> Vec<u8> {
    let mut chain = vector;
    let mut encrypted = Vec::new();
    for block in data.as_chunks::<8>().0 {
        let mut block = Array::from(xor(*block, chain));
        for (pass, key) in keys.iter().cycle().take(2 * keys.len() - 1).enumerate() {
            let cipher = ::des::Des::new(&Array::from(*key));
            if pass == 1 {
                cipher.decrypt_block(&mut block);
            } else {
                cipher.encrypt_block(&mut block);
            }
        }
        chain = block.into();
        encrypted.extend(chain);
    }
    encrypted
}

fn all_ways_agree<const KEYS: usize>(keys: [[u8; 8]; KEYS], vector: [u8; 8], data: &[u8]) {
    let expected = expected(&keys, vector, data);
    let mut chain = Cbc::new(keys, vector);
    let mut encrypted = data.to_vec();
    chain.encrypt(&mut encrypted);
    assert_eq!(encrypted, expected, "{keys:?}");
    let last = data.len().checked_sub(8).map_or(vector, |at| expected[at..].try_into().unwrap());
    assert_eq!(chain.vector(), last);
    for path in Path::all() {
        let mut chain = Cbc::new(keys, vector);
        let mut decrypted = expected.clone();
        chain.decrypt_by(path, &mut decrypted);
        assert!(decrypted == data, "{path:?}, {keys:?}, {} blocks", data.len() / 8);
        assert_eq!(chain.vector(), last, "{path:?}");
    }
}

#[test]
fn ciphertext_is_that_of_another_implementation_for_all_keys_and_lengths() {
    let mut numbers = Numbers(1);
    for round in 0..60 {
        for blocks in [0, 1, 2, 5, 39, 40, 64, 65] {
            let data = numbers.data(8 * blocks);
            all_ways_agree([numbers.bytes()], numbers.bytes(), &data);
            all_ways_agree([numbers.bytes(), numbers.bytes()], numbers.bytes(), &data);
        }
        if round % 20 == 0 {
            for blocks in [255, 256, 257, 300, 511, 512, 513, 1064] {
                let data = numbers.data(8 * blocks);
                all_ways_agree([numbers.bytes()], numbers.bytes(), &data);
                all_ways_agree([numbers.bytes(), numbers.bytes()], numbers.bytes(), &data);
            }
        }
    }
}

#[test]
fn every_bit_of_key_and_text_counts_the_same() {
    for bit in 0..64 {
        let one = (1_u64 << bit).to_be_bytes();
        all_ways_agree([one], [0; 8], &[0; 400]);
        all_ways_agree([[0; 8], one], [0; 8], &[0; 400]);
        all_ways_agree([[0x13; 8]], [0; 8], &one.repeat(41));
    }
}

#[test]
fn weak_keys_are_keys() {
    for byte in [0x01, 0xFE, 0x1F, 0xE0, 0x00, 0xFF] {
        all_ways_agree([[byte; 8]], [3; 8], &[7; 400]);
        all_ways_agree([[byte; 8], [!byte; 8]], [3; 8], &[7; 400]);
    }
}

#[test]
fn data_in_parts_is_the_same_data() {
    let mut numbers = Numbers(2);
    let (keys, vector) = ([numbers.bytes(), numbers.bytes()], numbers.bytes());
    let data = numbers.data(8 * 1400);
    let expected = expected(&keys, vector, &data);
    for parts in [8, 64, 320, 2048, 4096, 8000] {
        let mut chain = TripleDes::new(keys, vector);
        let mut bytes = data.clone();
        bytes.chunks_mut(parts).for_each(|part| chain.encrypt(part));
        assert_eq!(bytes, expected);
        for path in Path::all() {
            let mut chain = TripleDes::new(keys, vector);
            let mut bytes = expected.clone();
            bytes.chunks_mut(parts).for_each(|part| chain.decrypt_by(path, part));
            assert!(bytes == data, "{path:?}, {parts}");
        }
    }
}

#[test]
fn bytes_after_the_last_block_stay() {
    for path in Path::all() {
        let mut chain = Des::new([[1; 8]], [2; 8]);
        let mut bytes = [9; 8 * 50 + 3];
        chain.encrypt(&mut bytes);
        assert_eq!(bytes[400..], [9; 3]);
        chain.set_vector([2; 8]);
        chain.decrypt_by(path, &mut bytes);
        assert_eq!(bytes, [9; 8 * 50 + 3]);
    }
}

#[test]
fn states_are_small() {
    assert_eq!((size_of::<Des>(), size_of::<TripleDes>()), (136, 264));
}
