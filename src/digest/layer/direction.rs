//! One direction of a layer: its MAC key, its counter, its cipher.

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeLess as _};
use zeroize::Zeroizing;

use super::cbc;
use super::cipher::{State, is_padded};
use super::keys::{self, Flow};
use super::mac::{self, MAC, PreparedMac, RunningMac, SUFFIX};
use super::segments::Segments;
use super::{PackedDirection, Protection};
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
    pub(super) fn schedule(&mut self, h_a1: &[u8; 16], flow: Flow) {
        if let State::Fresh(cipher) = self.cipher {
            self.cipher = State::scheduled(cipher, &keys::sealing(h_a1, flow, cipher));
        }
    }

    /// The MAC block of the next message; counts it.
    pub(super) fn sign<'p>(
        &mut self,
        parts: impl IntoIterator<Item = &'p [u8]>,
    ) -> [u8; mac::BLOCK] {
        let mac = self.mac_of(parts);
        let mut block = [0; mac::BLOCK];
        put(&mut block, &mac, &mac::suffix(self.sequence));
        self.count();
        block
    }

    /// Checks the MAC block of the next message; counts it if it is good.
    pub(super) fn verify<'p>(
        &mut self,
        parts: impl IntoIterator<Item = &'p [u8]>,
        block: &[u8; mac::BLOCK],
    ) -> Result<()> {
        let (received, suffix) = block.split_at(MAC);
        self.check_suffix(suffix.try_into().unwrap_or_default())?;
        if bool::from(equal(&self.mac_of(parts), received)) {
            self.count();
            return Ok(());
        }
        Err(altered("signature: the MAC is not that of the message (RFC 2831 §2.3)"))
    }

    fn mac_of<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; MAC] {
        let mut running = self.mac.begin(self.sequence);
        for part in parts {
            running.update(part);
        }
        running.finish()
    }

    /// Encrypts `data` and fills `trailer`, whose length is what the message's length makes it.
    pub(super) fn seal(&mut self, padded: bool, data: &mut [u8], trailer: &mut [u8]) {
        let unit = if padded { cbc::BLOCK } else { 1 };
        let mut mac = self.mac.begin(self.sequence);
        let (blocks, rest) = data.split_at_mut(data.len() - data.len() % unit);
        Segments::new(blocks, &mut []).each_run(unit, |run| self.cipher.seal(&mut mac, run));
        mac.update(rest);
        let padding = trailer.len() - mac::BLOCK;
        let (tail, suffix) = trailer.split_at_mut(padding + MAC);
        tail.fill(u8::try_from(padding).unwrap_or_default());
        put(tail.split_at_mut(padding).1, &mac.finish(), &[]);
        Segments::new(rest, tail).each_run(unit, |run| self.cipher.encrypt(run));
        put(suffix, &mac::suffix(self.sequence), &[]);
        self.count();
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
        let tail = self.decrypt(padded, &mut mac, &mut sealed);
        let Some(length) = judge(padded, sealed.len(), &mut mac, &tail) else {
            self.cipher.undo(&mark, &mut sealed);
            return Err(altered("message: the MAC is not that of the text (RFC 2831 §2.3, §2.4)"));
        };
        self.count();
        Ok(length)
    }

    /// Decrypts `sealed` in place, takes the text up to the tail into `mac`, and returns the tail.
    fn decrypt(
        &mut self,
        padded: bool,
        mac: &mut RunningMac,
        sealed: &mut Segments<'_>,
    ) -> Zeroizing<[u8; TAIL]> {
        let (unit, tail) = if padded { (cbc::BLOCK, TAIL) } else { (1, MAC) };
        let mut left = sealed.len().saturating_sub(tail);
        sealed.each_run(unit, |run| {
            let hashed = left.min(run.len());
            self.cipher.open(mac, run, hashed);
            left -= hashed;
        });
        Zeroizing::new(sealed.last())
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

    fn count(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
    }
}

/// The text's length, if padding and MAC are right. `mac` has seen the text up to `tail`, the last
/// octets of `length`.
///
/// A wrong padding must look like a wrong MAC from outside (RFC 2831 has the padding inside the
/// encryption and outside the MAC): the MAC is computed for both, then as if one octet were padding.
fn judge(padded: bool, length: usize, mac: &mut RunningMac, tail: &[u8; TAIL]) -> Option<usize> {
    let (text, received) = tail.split_at(cbc::BLOCK);
    let text: [u8; cbc::BLOCK] = text.try_into().unwrap_or_default();
    let mut padding = 0;
    let mut good = Choice::from(1);
    if padded {
        let (count, right) = padding_of(text);
        padding = usize::from(count);
        good = right;
        // In front of a short body's tail there are zeros, which are neither text nor padding.
        let absent = TAIL.saturating_sub(length);
        mac.update(text.get(absent..cbc::BLOCK - padding).unwrap_or_default());
    }
    good &= equal(&mac.finish(), received);
    bool::from(good).then(|| length - MAC - padding)
}

/// Whether two MACs are one, compared by words: each comparison passes a barrier of its own.
fn equal(one: &[u8; MAC], other: &[u8]) -> Choice {
    let words = |mac: &[u8]| {
        let (start, end) = mac.split_first_chunk()?;
        Some((u64::from_ne_bytes(*start), u16::from_ne_bytes(end.try_into().ok()?)))
    };
    match (words(one), words(other)) {
        (Some(one), Some(other)) => one.0.ct_eq(&other.0) & one.1.ct_eq(&other.1),
        _ => Choice::from(0),
    }
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

/// Writes `one`, then `other`.
fn put(to: &mut [u8], one: &[u8], other: &[u8]) {
    for (to, from) in to.iter_mut().zip(one.iter().chain(other)) {
        *to = *from;
    }
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

    #[test]
    fn macs_are_equal_in_every_octet_or_not_at_all() {
        let mac = [7; MAC];
        assert!(bool::from(equal(&mac, &mac)));
        assert!(!bool::from(equal(&mac, &mac[1..])));
        for at in 0..MAC {
            let mut other = mac;
            other[at] ^= 1;
            assert!(!bool::from(equal(&mac, &other)), "{at}");
        }
    }
}
