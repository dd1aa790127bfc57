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
        if bool::from(self.mac_of(parts).ct_eq(received)) {
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
        Segments::new(blocks, &mut []).each_run(unit, |run| {
            mac.update(run);
            self.cipher.encrypt(run);
        });
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
        let (mac, tail) = self.decrypt(padded, &mut sealed);
        let Some(length) = judge(padded, sealed.len(), mac, &tail) else {
            self.cipher.undo(&mark, &mut sealed);
            return Err(altered("message: the MAC is not that of the text (RFC 2831 §2.3, §2.4)"));
        };
        self.count();
        Ok(length)
    }

    /// Decrypts `sealed` in place; returns the MAC of the text up to the tail, and the tail.
    fn decrypt(
        &mut self,
        padded: bool,
        sealed: &mut Segments<'_>,
    ) -> (RunningMac, Zeroizing<[u8; TAIL]>) {
        let (unit, tail) = if padded { (cbc::BLOCK, TAIL) } else { (1, MAC) };
        let mut mac = self.mac.begin(self.sequence);
        let mut left = sealed.len().saturating_sub(tail);
        sealed.each_run(unit, |run| {
            self.cipher.decrypt(run);
            let (text, _) = run.split_at(left.min(run.len()));
            mac.update(text);
            left -= text.len();
        });
        (mac, Zeroizing::new(sealed.last()))
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
fn judge(padded: bool, length: usize, mut mac: RunningMac, tail: &[u8; TAIL]) -> Option<usize> {
    let (text, received) = tail.split_at(cbc::BLOCK);
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
    good &= mac.finish().ct_eq(received);
    bool::from(good).then(|| length - MAC - padding)
}

/// How many octets at the end of `text`, eight of them, are padding, and whether they are right: 1
/// where they are not. A zero is never padding.
fn padding_of(text: &[u8]) -> (u8, Choice) {
    let claimed = text.last().copied().unwrap_or_default();
    let mut right = !claimed.ct_eq(&0) & claimed.ct_lt(&9);
    for (distance, octet) in (0_u8..).zip(text.iter().rev()) {
        right &= !distance.ct_lt(&claimed) | octet.ct_eq(&claimed);
    }
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
