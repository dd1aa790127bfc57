//! The MAC of a message: HMAC-MD5 over its sequence number and text, ten octets of it, then the
//! message type and the sequence number (RFC 2831 §2.3).

use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, CoreProxy};
use hmac::digest::common::Key as PaddedKey;
use hmac::{Hmac, KeyInit, Mac as _};
use md5::Md5;

use super::keys::Key;

/// Octets of the HMAC that are sent.
pub(super) const MAC: usize = 10;
/// Octets of message type and sequence number.
pub(super) const SUFFIX: usize = 6;
/// Octets of a whole MAC block.
pub(super) const BLOCK: usize = MAC + SUFFIX;

/// The message type, the same for every message (RFC 2831 §2.3).
const TYPE: [u8; 2] = [0, 1];

/// A key whose two pads are hashed already: the block-level states alone, 48 octets, against the
/// 120 of an `Hmac`, which has the room for a block of text besides.
pub(super) struct PreparedMac(HmacCore<Md5>);

impl PreparedMac {
    pub(super) fn new(key: &Key) -> Self {
        let mut padded = PaddedKey::<HmacCore<Md5>>::default();
        for (to, from) in padded.iter_mut().zip(key.iter()) {
            *to = *from;
        }
        let prepared = Self(HmacCore::new(&padded));
        zeroize::Zeroize::zeroize(padded.as_mut_slice());
        prepared
    }

    /// The MAC of message number `sequence`, before its text.
    pub(super) fn begin(&self, sequence: u32) -> RunningMac {
        let mut running = Hmac::compose(self.0.clone(), Buffer::<HmacCore<Md5>>::default());
        running.update(&sequence.to_be_bytes());
        RunningMac(running)
    }
}

/// The MAC of a message whose text is still coming.
pub(super) struct RunningMac(Hmac<Md5>);

impl RunningMac {
    pub(super) fn update(&mut self, text: &[u8]) {
        self.0.update(text);
    }

    pub(super) fn finish(self) -> [u8; MAC] {
        let whole: [u8; 16] = self.0.finalize().into_bytes().into();
        let mut mac = [0; MAC];
        mac.copy_from_slice(whole.split_at(MAC).0);
        mac
    }
}

/// What follows the MAC: message type and sequence number.
pub(super) fn suffix(sequence: u32) -> [u8; SUFFIX] {
    let mut suffix = [0; SUFFIX];
    let (kind, number) = suffix.split_at_mut(TYPE.len());
    kind.copy_from_slice(&TYPE);
    number.copy_from_slice(&sequence.to_be_bytes());
    suffix
}

/// The sequence number in a suffix, where its message type is right.
pub(super) fn sequence(suffix: [u8; SUFFIX]) -> Option<u32> {
    let number = suffix.strip_prefix(&TYPE)?;
    number.try_into().ok().map(u32::from_be_bytes)
}
