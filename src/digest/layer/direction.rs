//! One direction of a layer: its MAC key, its counter, its cipher.

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeLess as _};
use zeroize::Zeroizing;

use super::cbc;
use super::cipher::{State, is_padded};
use super::keys::{self, Flow};
use super::mac::{self, MAC, Mac, PreparedMac, RunningMac, SUFFIX};
use super::segments::Segments;
use super::{PackedDirection, Protection};
use crate::digest::qop::Cipher;
use crate::sspi::{Error, Result, Secret, Status};

/// The most that may follow a message's text before the suffix: padding and MAC.
const TAIL: usize = cbc::BLOCK + MAC;

/// The state of one direction, for messages in their order.
pub(super) struct Direction {
    mac: PreparedMac,
    sequence: u32,
    cipher: State,
}

impl Direction {
    /// Before the first message.
    pub(super) fn new(mac: PreparedMac, protection: Protection) -> Self {
        let cipher = match protection {
            Protection::Integrity => State::None,
            Protection::Confidentiality(cipher) => State::Fresh(cipher),
        };
        Self { mac, sequence: 0, cipher }
    }

    /// At a packed position, if it is one.
    pub(super) fn unpack(
        mac: PreparedMac,
        h_a1: &[u8; 16],
        flow: Flow,
        protection: Protection,
        packed: &PackedDirection,
    ) -> Option<Self> {
        let mut direction = Self::new(mac, protection);
        direction.sequence = packed.sequence;
        let position = packed.position.expose();
        match protection {
            Protection::Integrity if !position.is_empty() => return None,
            Protection::Integrity => (),
            Protection::Confidentiality(cipher) => {
                let key = keys::sealing(h_a1, flow, cipher);
                direction.cipher = State::unpack(cipher, &key, position)?;
            }
        }
        Some(direction)
    }

    /// The position, for [`Direction::unpack`].
    pub(super) fn pack(&self) -> PackedDirection {
        PackedDirection { sequence: self.sequence, position: Secret::new(self.cipher.pack()) }
    }

    /// Makes the key schedule, where there is one to make and it is not made.
    #[inline]
    pub(super) fn schedule(&mut self, h_a1: &[u8; 16], flow: Flow) {
        if let State::Fresh(cipher) = self.cipher {
            self.schedule_for(cipher, h_a1, flow);
        }
    }

    #[cold]
    fn schedule_for(&mut self, cipher: Cipher, h_a1: &[u8; 16], flow: Flow) {
        self.cipher = State::scheduled(cipher, &keys::sealing(h_a1, flow, cipher));
    }

    /// The MAC block of the next message; counts it.
    pub(super) fn sign<'p>(
        &mut self,
        parts: impl IntoIterator<Item = &'p [u8]>,
    ) -> [u8; mac::BLOCK] {
        let block = self.mac_of(parts).block(self.sequence);
        count(&mut self.sequence);
        block
    }

    /// Checks the MAC block of the next message; counts it if it is good.
    pub(super) fn verify<'p>(
        &mut self,
        parts: impl IntoIterator<Item = &'p [u8]>,
        block: &[u8; mac::BLOCK],
    ) -> Result<()> {
        self.check_suffix(block.last_chunk().copied().unwrap_or_default())?;
        let received = block.first_chunk().copied().unwrap_or_default();
        if bool::from(self.mac_of(parts).equals(Mac::received(received))) {
            count(&mut self.sequence);
            return Ok(());
        }
        Err(altered("signature: the MAC is not that of the message (RFC 2831 §2.3)"))
    }

    fn mac_of<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> Mac {
        let mut running = self.mac.begin(self.sequence);
        for part in parts {
            running.update(part);
        }
        running.finish()
    }

    /// Encrypts `data` and fills `trailer`, whose length is what the message's length makes it.
    pub(super) fn seal(&mut self, padded: bool, data: &mut [u8], trailer: &mut [u8]) {
        let Some((padding, block)) = trailer.split_last_chunk_mut() else { return };
        let mac = self.cipher.seal(&mut self.mac.begin(self.sequence), data);
        if padded {
            padding.fill(u8::try_from(padding.len()).unwrap_or_default());
        }
        *block = mac.block(self.sequence);
        let rest = if padded { data.len() % cbc::BLOCK } else { 0 };
        let (_, rest) = data.split_at_mut(data.len() - rest);
        let (tail, _) = trailer.split_at_mut(trailer.len() - SUFFIX);
        self.cipher.encrypt(rest, tail);
        count(&mut self.sequence);
    }

    /// Decrypts the body of the next message and returns its text's length, or leaves it as it is.
    pub(super) fn open(&mut self, padded: bool, body: Segments<'_>) -> Result<usize> {
        if body.len() < mac::BLOCK {
            return Err(Error::new(
                Status::INCOMPLETE_MESSAGE,
                "message: shorter than a MAC block (RFC 2831 §2.3)",
            ));
        }
        self.check_suffix(body.last())?;
        let mut sealed = body.without_last(SUFFIX);
        if padded && (!sealed.len().is_multiple_of(cbc::BLOCK) || sealed.len() <= MAC) {
            return Err(altered("message: not made of whole blocks (RFC 2831 §2.4)"));
        }
        let mark = self.cipher.mark();
        let mut mac = self.mac.begin(self.sequence);
        self.cipher.open(&mut mac, &mut sealed, if padded { TAIL } else { MAC });
        let length = if padded {
            padded_length(&mut mac, &sealed)
        } else {
            let mac = self.cipher.finish(&mut mac);
            bool::from(mac.equals(Mac::received(sealed.last()))).then(|| sealed.len() - MAC)
        };
        let Some(length) = length else {
            self.cipher.undo(&mark, &mut sealed);
            return Err(altered("message: the MAC is not that of the text (RFC 2831 §2.3, §2.4)"));
        };
        count(&mut self.sequence);
        Ok(length)
    }

    fn check_suffix(&self, suffix: [u8; SUFFIX]) -> Result<()> {
        match mac::sequence(suffix) {
            None => Err(altered("message: its type is not 1 (RFC 2831 §2.3)")),
            Some(sequence) if sequence != self.sequence => Err(Error::new(
                Status::OUT_OF_SEQUENCE,
                "message: its sequence number is not the next (RFC 2831 §2.3)",
            )),
            Some(_) => Ok(()),
        }
    }
}

fn count(sequence: &mut u32) {
    *sequence = sequence.wrapping_add(1);
}

/// The text's length, if padding and MAC are right. `mac` has seen all but the last [`TAIL`] octets.
///
/// A wrong padding must look like a wrong MAC from outside (RFC 2831 has the padding inside the
/// encryption and outside the MAC): the MAC is computed for both, then as if one octet were padding.
fn padded_length(mac: &mut RunningMac<'_>, opened: &Segments<'_>) -> Option<usize> {
    let tail: Zeroizing<[u8; TAIL]> = Zeroizing::new(opened.last());
    let (text, _) = tail.split_at(cbc::BLOCK);
    let text: [u8; cbc::BLOCK] = text.try_into().unwrap_or_default();
    let (padding, right) = padding_of(text);
    let padding = usize::from(padding);
    // In front of a short body's tail there are zeros, which are neither text nor padding.
    let absent = TAIL.saturating_sub(opened.len());
    mac.update(text.get(absent..cbc::BLOCK - padding).unwrap_or_default());
    let good = right & mac.finish().equals(Mac::received(opened.last()));
    bool::from(good).then(|| opened.len() - MAC - padding)
}

/// How many octets at the end of `text` are padding, and whether they are right: 1 where they are
/// not. A zero is never padding.
///
/// All eight octets are looked at together, in a word whose lowest octet is the last.
fn padding_of(text: [u8; cbc::BLOCK]) -> (u8, Choice) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const DISTANCES: u64 = 0x0706_0504_0302_0100;
    let [.., claimed] = text;
    // The highest bit of an octet: whether its distance from the end is less than what is claimed,
    // of which four bits are enough here.
    let inside = EACH * 0x7F + EACH * u64::from(claimed & 15) - DISTANCES;
    let mask = (inside >> 7 & EACH) * 0xFF;
    let wrong = (u64::from_be_bytes(text) ^ (EACH * u64::from(claimed))) & mask;
    let right = wrong.ct_eq(&0) & claimed.wrapping_sub(1).ct_lt(&8);
    (u8::conditional_select(&1, &claimed, right), right)
}

/// How many octets of padding a text of `length` octets gets: never none for a block cipher.
pub(super) fn padding_length(protection: Protection, length: usize) -> usize {
    match protection {
        Protection::Confidentiality(cipher) if is_padded(cipher) => {
            cbc::BLOCK - (length % cbc::BLOCK + MAC) % cbc::BLOCK
        }
        Protection::Confidentiality(_) | Protection::Integrity => 0,
    }
}

fn altered(reason: &'static str) -> Error {
    Error::new(Status::MESSAGE_ALTERED, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_right_where_each_octet_of_it_tells_its_length() {
        for claimed in 0..=255_u8 {
            let right = (1..=8).contains(&claimed);
            let mut text = [0xA5; cbc::BLOCK];
            let inside = usize::from(claimed.min(8)).max(1);
            text[cbc::BLOCK - inside..].fill(claimed);
            let (padding, good) = padding_of(text);
            assert_eq!(bool::from(good), right, "{claimed}");
            assert_eq!(padding, if right { claimed } else { 1 });
            for (at, octet) in (0..cbc::BLOCK - 1).zip(text) {
                let mut other = text;
                other[at] = octet ^ 0x80;
                let (_, good) = padding_of(other);
                assert_eq!(bool::from(good), right && at < cbc::BLOCK - inside, "{claimed}, {at}");
            }
        }
    }
}
