//! Cipher block chaining over DES blocks, from one message to the next (RFC 2831 §2.4: the last
//! block of a message is the initialization vector of the next).

use des::cipher::consts::U8;
use des::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit as _};
use des::{Des, TdesEde2};
use zeroize::{Zeroize as _, Zeroizing};

use super::keys::{self, Key};

/// Octets of a block.
pub(super) const BLOCK: usize = 8;

/// One direction's cipher and the block that the next is chained to.
pub(super) struct Cbc<C> {
    cipher: C,
    vector: [u8; BLOCK],
}

impl<C> Drop for Cbc<C> {
    // The first vector is a part of the key. The ciphers wipe themselves.
    fn drop(&mut self) {
        self.vector.zeroize();
    }
}

impl Cbc<Des> {
    /// DES with the first seven octets of a sealing key.
    pub(super) fn des(key: &Key) -> Self {
        let mut half = Zeroizing::new([0; BLOCK]);
        half.copy_from_slice(keys::des_pair(key).split_at(BLOCK).0);
        let cipher = Des::new(<&Array<u8, _>>::from(&*half));
        Self { cipher, vector: keys::first_vector(key) }
    }
}

impl Cbc<TdesEde2> {
    /// Triple DES with the first fourteen octets of a sealing key.
    pub(super) fn triple_des(key: &Key) -> Self {
        let cipher = TdesEde2::new(<&Array<u8, _>>::from(&*keys::des_pair(key)));
        Self { cipher, vector: keys::first_vector(key) }
    }
}

impl<C> Cbc<C>
where
    C: BlockSizeUser<BlockSize = U8> + BlockCipherEncrypt + BlockCipherDecrypt,
{
    /// The last block of ciphertext; of the first message, the initialization vector.
    pub(super) fn vector(&self) -> [u8; BLOCK] {
        self.vector
    }

    /// Chains the next block to `vector`.
    pub(super) fn set_vector(&mut self, vector: [u8; BLOCK]) {
        self.vector = vector;
    }

    /// Encrypts the whole blocks of `text` in place.
    pub(super) fn encrypt(&mut self, text: &mut [u8]) {
        let mut chain = u64::from_ne_bytes(self.vector);
        for block in text.as_chunks_mut::<BLOCK>().0 {
            let mixed = (u64::from_ne_bytes(*block) ^ chain).to_ne_bytes();
            let mut mixed = Array::from(mixed);
            self.cipher.encrypt_block(&mut mixed);
            *block = mixed.into();
            chain = u64::from_ne_bytes(*block);
        }
        self.vector = chain.to_ne_bytes();
    }

    /// Decrypts the whole blocks of `text` in place.
    pub(super) fn decrypt(&mut self, text: &mut [u8]) {
        let mut chain = u64::from_ne_bytes(self.vector);
        for block in text.as_chunks_mut::<BLOCK>().0 {
            let next = u64::from_ne_bytes(*block);
            let mut plain = Array::from(*block);
            self.cipher.decrypt_block(&mut plain);
            *block = (u64::from_ne_bytes(plain.into()) ^ chain).to_ne_bytes();
            chain = next;
        }
        self.vector = chain.to_ne_bytes();
    }
}
