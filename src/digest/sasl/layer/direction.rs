//! One direction of a layer: its MAC key, its counter, its cipher.

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeLess as _};
use zeroize::Zeroizing;

use super::cipher::{CipherState, no_position};
use super::keys::{self, Flow};
use super::mac::{self, MAC, Mac, PreparedMac, RunningMac, SUFFIX};
use super::scattered::Scattered;
use super::segments::Body;
use super::{Protection, SerializedDirection};
use crate::digest::message::qop::Cipher;
use crate::error::{Error, Result, Status};
use crate::kernels::des::BLOCK;
use crate::kernels::md5::compress;
use crate::secret::Secret;
use crate::system::stack;

/// The most that may follow a message's text before the suffix: padding and MAC.
const TAIL: usize = BLOCK + MAC;

/// The number of messages that a direction has: each has its own sequence number of 32 bits.
const MESSAGES: u64 = 1 << 32;

/// The state of one direction, for messages in their order.
pub(super) struct Direction {
    mac: PreparedMac,
    /// The number of the next message, up to [`MESSAGES`], which none has.
    sequence: u64,
    cipher: CipherState,
}

impl Direction {
    /// Before the first message.
    pub(super) fn new(mac: PreparedMac, protection: Protection) -> Self {
        let cipher = match protection {
            Protection::Integrity => CipherState::None,
            Protection::Confidentiality(cipher) => CipherState::Fresh(cipher),
        };
        Self { mac, sequence: 0, cipher }
    }

    /// At a serialized position.
    ///
    /// # Errors
    /// `INVALID_TOKEN` where it is none; `INSUFFICIENT_MEMORY`.
    pub(super) fn deserialize(
        mac: PreparedMac,
        h_a1: &[u8; 16],
        flow: Flow,
        protection: Protection,
        serialized: &SerializedDirection,
    ) -> Result<Self> {
        if serialized.sequence > MESSAGES {
            return Err(no_position());
        }
        let mut direction = Self::new(mac, protection);
        direction.sequence = serialized.sequence;
        let position = serialized.position.expose();
        match protection {
            Protection::Integrity if !position.is_empty() => return Err(no_position()),
            Protection::Integrity => (),
            Protection::Confidentiality(cipher) => {
                let key = keys::sealing(h_a1, flow, cipher);
                direction.cipher = CipherState::deserialize(cipher, &key, position)?;
            }
        }
        Ok(direction)
    }

    /// The position, for [`Direction::deserialize`].
    pub(super) fn serialize(&self) -> SerializedDirection {
        SerializedDirection {
            sequence: self.sequence,
            position: Secret::new(self.cipher.serialize()),
        }
    }

    /// Makes the key schedule, where there is one to make and it is not made.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`; the direction is as it was.
    #[inline]
    pub(super) fn schedule(&mut self, h_a1: &[u8; 16], flow: Flow) -> Result<()> {
        match self.cipher {
            CipherState::Fresh(cipher) => {
                let scheduled = self.schedule_for(cipher, h_a1, flow);
                stack::wipe();
                scheduled
            }
            _ => Ok(()),
        }
    }

    #[cold]
    fn schedule_for(&mut self, cipher: Cipher, h_a1: &[u8; 16], flow: Flow) -> Result<()> {
        self.cipher = CipherState::scheduled(cipher, &keys::sealing(h_a1, flow, cipher))?;
        Ok(())
    }

    /// The sequence number of the next message to send.
    #[inline]
    fn next(&self) -> Result<u32> {
        u32::try_from(self.sequence).map_err(|_| spent())
    }

    /// The MAC block of the next message; counts it.
    pub(super) fn sign<'p>(
        &mut self,
        parts: impl IntoIterator<Item = &'p [u8]>,
    ) -> Result<[u8; mac::BLOCK]> {
        let number = self.next()?;
        let block = self.mac_of(number, parts).block(number);
        self.sequence += 1;
        Ok(block)
    }

    /// Checks the MAC block of the next message; counts it if it is good.
    pub(super) fn verify<'p>(
        &mut self,
        parts: impl IntoIterator<Item = &'p [u8]>,
        block: &[u8; mac::BLOCK],
    ) -> Result<()> {
        let number = self.check_suffix(block.last_chunk().copied().unwrap_or_default())?;
        let received = block.first_chunk().copied().unwrap_or_default();
        if bool::from(self.mac_of(number, parts).equals(Mac::received(received))) {
            self.sequence += 1;
            return Ok(());
        }
        Err(altered("signature: the MAC is not that of the message (RFC 2831 §2.3)"))
    }

    fn mac_of<'p>(&self, number: u32, parts: impl IntoIterator<Item = &'p [u8]>) -> Mac {
        let mut running = self.mac.begin(number);
        for part in parts {
            running.update(part);
        }
        running.finish()
    }

    /// Encrypts `data` and fills `trailer`, whose length is what the message's length makes it.
    pub(super) fn seal(&mut self, padded: bool, data: &mut [u8], trailer: &mut [u8]) -> Result<()> {
        let number = self.next()?;
        let Some((padding, block)) = trailer.split_last_chunk_mut() else { return Ok(()) };
        let mac = self.cipher.seal(&mut self.mac.begin(number), data);
        if padded {
            padding.fill(u8::try_from(padding.len()).unwrap_or_default());
        }
        *block = mac.block(number);
        let rest = if padded { data.len() % BLOCK } else { 0 };
        let (_, rest) = data.split_at_mut(data.len() - rest);
        let (tail, _) = trailer.split_at_mut(trailer.len() - SUFFIX);
        self.cipher.encrypt(rest, tail);
        self.sequence += 1;
        Ok(())
    }

    /// The same for a text of `length` bytes that begins at `front` in `body`, which is as long as the
    /// text's length makes it.
    pub(super) fn seal_scattered(
        &mut self,
        padded: bool,
        body: &mut Scattered<'_>,
        front: usize,
        length: usize,
    ) -> Result<()> {
        let number = self.next()?;
        if front > 0 {
            body.move_to_start(front, length);
        }
        let mut mac = self.mac.begin(number);
        let unit = if padded { BLOCK } else { 1 };
        let rest = length % unit;
        body.each_run_before(length - rest, unit, |run| self.cipher.seal_part(&mut mac, run));
        // The text's last bytes, padding, and the MAC block.
        let mut tail = Zeroizing::new([0; BLOCK + BLOCK + mac::BLOCK]);
        let used = rest + padding_length(padded, length) + mac::BLOCK;
        let (tail, _) = tail.split_at_mut(used);
        let (text, trailer) = tail.split_at_mut(rest);
        body.read(length - rest, text);
        mac.update(text);
        if let Some((padding, block)) = trailer.split_last_chunk_mut() {
            padding.fill(u8::try_from(padding.len()).unwrap_or_default());
            *block = self.cipher.finish(&mut mac).block(number);
        }
        let (encrypted, _) = tail.split_at_mut(used - SUFFIX);
        self.cipher.encrypt(encrypted, &mut []);
        body.write(length - rest, tail);
        self.sequence += 1;
        Ok(())
    }

    /// Decrypts the body of the next message and returns its text's length, `most` bytes at most, or
    /// leaves it as it is.
    pub(super) fn open(
        &mut self,
        padded: bool,
        body: &mut impl Body,
        most: usize,
    ) -> Result<usize> {
        if body.len() < mac::BLOCK {
            return Err(Error::new(
                Status::INCOMPLETE_MESSAGE,
                "message: shorter than a MAC block (RFC 2831 §2.3)",
            ));
        }
        let number = self.check_suffix(body.last())?;
        body.drop_last(SUFFIX);
        if padded && (!body.len().is_multiple_of(BLOCK) || body.len() <= MAC) {
            return Err(altered("message: not made of whole blocks (RFC 2831 §2.4)"));
        }
        let mark = self.cipher.mark();
        let mut mac = self.mac.begin(number);
        self.cipher.open(&mut mac, body, if padded { TAIL } else { MAC });
        let length = if padded {
            padded_length(&mut mac, body)
        } else {
            let mac = self.cipher.finish(&mut mac);
            bool::from(mac.equals(Mac::received(body.last()))).then(|| body.len() - MAC)
        };
        match length {
            Some(length) if length <= most => {
                self.sequence += 1;
                Ok(length)
            }
            _ => {
                self.cipher.undo(&mark, body);
                Err(refused(length))
            }
        }
    }

    /// Whether `suffix` is that of the next message.
    pub(super) fn is_next(&self, suffix: [u8; SUFFIX]) -> bool {
        mac::sequence(suffix).is_some_and(|number| u64::from(number) == self.sequence)
    }

    fn check_suffix(&self, suffix: [u8; SUFFIX]) -> Result<u32> {
        match mac::sequence(suffix) {
            None => Err(altered("message: its type is not 1 (RFC 2831 §2.3)")),
            Some(_) if self.sequence == MESSAGES => Err(spent()),
            Some(number) if u64::from(number) != self.sequence => Err(Error::new(
                Status::OUT_OF_SEQUENCE,
                "message: its sequence number is not the next (RFC 2831 §2.3)",
            )),
            Some(number) => Ok(number),
        }
    }
}

/// Why an opened message is refused, whose text has `length` bytes, or is not that of its MAC.
#[cold]
fn refused(length: Option<usize>) -> Error {
    match length {
        None => altered("message: the MAC is not that of the text (RFC 2831 §2.3, §2.4)"),
        Some(length) => Error::new(
            Status::BUFFER_TOO_SMALL,
            format!("decrypt: the text of {length} bytes does not fit into the DATA buffers"),
        ),
    }
}

/// Numbers do not start over: the MACs of the first messages would be right again.
#[cold]
fn spent() -> Error {
    let reason = "message: 2^32 messages have gone this way, and no sequence number is left";
    Error::new(Status::CONTEXT_EXPIRED, reason)
}

/// The text's length, if padding and MAC are right. `mac` has seen all but the last [`TAIL`] bytes.
///
/// A wrong padding must look like a wrong MAC from outside (RFC 2831 has the padding inside the
/// encryption and outside the MAC): the MAC is computed for both, then as if one byte were padding,
/// and as many blocks are hashed for each length of it.
fn padded_length(mac: &mut RunningMac<'_>, opened: &impl Body) -> Option<usize> {
    let tail: Zeroizing<[u8; TAIL]> = Zeroizing::new(opened.last());
    let text = tail.first_chunk::<{ BLOCK }>().copied().unwrap_or_default();
    let (padding, right) = padding_of(text);
    // In front of a short body's tail there are zeros, which are neither text nor padding.
    let absent = TAIL.saturating_sub(opened.len());
    let rest = u64::from_le_bytes(text).checked_shr(8 * u32::try_from(absent).ok()?)?;
    let count = (BLOCK - absent).saturating_sub(usize::from(padding));
    let mac = mac.finish_within(rest, u32::try_from(count).ok()?, compress);
    let good = right & mac.equals(Mac::received(opened.last()));
    bool::from(good).then(|| opened.len() - MAC - usize::from(padding))
}

/// How many bytes at the end of `text` are padding, and whether they are right: 1 where they are
/// not. A zero is never padding.
///
/// All eight bytes are looked at together, in a word whose lowest byte is the last.
fn padding_of(text: [u8; BLOCK]) -> (u8, Choice) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const DISTANCES: u64 = 0x0706_0504_0302_0100;
    let [.., claimed] = text;
    // The highest bit of a byte: whether its distance from the end is less than what is claimed,
    // of which four bits are enough here.
    let inside = EACH * 0x7F + EACH * u64::from(claimed & 15) - DISTANCES;
    let mask = (inside >> 7 & EACH) * 0xFF;
    let wrong = (u64::from_be_bytes(text) ^ (EACH * u64::from(claimed))) & mask;
    let right = wrong.ct_eq(&0) & claimed.wrapping_sub(1).ct_lt(&8);
    (u8::conditional_select(&1, &claimed, right), right)
}

/// How many bytes of padding a text of `length` bytes gets: never none for a block cipher.
pub(super) fn padding_length(padded: bool, length: usize) -> usize {
    if padded { BLOCK - (length % BLOCK + MAC) % BLOCK } else { 0 }
}

fn altered(reason: &'static str) -> Error {
    Error::new(Status::MESSAGE_ALTERED, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_right_where_each_byte_of_it_tells_its_length() {
        for claimed in 0..=255_u8 {
            let right = (1..=8).contains(&claimed);
            let mut text = [0xA5; BLOCK];
            let inside = usize::from(claimed.min(8)).max(1);
            text[BLOCK - inside..].fill(claimed);
            let (padding, good) = padding_of(text);
            assert_eq!(bool::from(good), right, "{claimed}");
            assert_eq!(padding, if right { claimed } else { 1 });
            for (at, byte) in (0..BLOCK - 1).zip(text) {
                let mut other = text;
                other[at] = byte ^ 0x80;
                let (_, good) = padding_of(other);
                assert_eq!(bool::from(good), right && at < BLOCK - inside, "{claimed}, {at}");
            }
        }
    }
}
