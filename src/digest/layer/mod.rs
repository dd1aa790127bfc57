//! The security layers of auth-int and auth-conf (RFC 2831 §2.3 and §2.4).
//!
//! ```text
//! Layer -> Direction (one each way, each behind its own lock)
//!            mac      HMAC-MD5 with its pads hashed once
//!            cipher   none, or rc4 or cbc, scheduled at the first message
//!          keys       Kic, Kis, Kcc, Kcs from H(A1)
//!          signers    the two MACs of an exchange
//!          segments   a body in a data buffer and a trailer buffer
//! ```
//!
//! The four octets of length in front of a body are the application's.

mod cbc;
mod cipher;
mod direction;
mod keys;
mod mac;
mod segments;
mod signers;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::direction::Direction;
use self::keys::Flow;
use self::segments::Segments;
pub use self::signers::{Fork, Signers};
use super::qop::Cipher;
use crate::sspi::{Error, Result, Role, Secret, Status};

/// What a layer does to messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protection {
    /// auth-int: a MAC follows the message.
    Integrity,
    /// auth-conf: message and MAC are encrypted.
    Confidentiality(Cipher),
}

impl Protection {
    fn is_padded(self) -> bool {
        matches!(self, Self::Confidentiality(cipher) if cipher::is_padded(cipher))
    }
}

/// The security layer of an established context. What is sent and what is received have their own
/// counters, ciphers and locks, so that one thread may seal while another opens.
///
/// A message that is refused changes nothing: the next good one still opens (RFC 2831 §2.3).
pub struct Layer {
    h_a1: Secret<[u8; 16]>,
    protection: Protection,
    role: Role,
    sending: Mutex<Direction>,
    receiving: Mutex<Direction>,
}

impl Layer {
    /// The layer of the exchange whose `H(A1)` is `h_a1`, before its first message; `role` is the
    /// end of the conversation that we are, and `signers` are those of `h_a1`.
    #[must_use]
    pub fn new(h_a1: &[u8; 16], signers: Signers, protection: Protection, role: Role) -> Self {
        let [sending, receiving] = signers.of(role).map(|mac| Direction::new(mac, protection));
        Self::of(h_a1, protection, role, sending, receiving)
    }

    fn of(
        h_a1: &[u8; 16],
        protection: Protection,
        role: Role,
        sending: Direction,
        receiving: Direction,
    ) -> Self {
        Self {
            h_a1: Secret::new(*h_a1),
            protection,
            role,
            sending: Mutex::new(sending),
            receiving: Mutex::new(receiving),
        }
    }

    /// What the layer does to messages.
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// The MAC block of the next message to send, whose text is `parts` one after another: ten
    /// octets of HMAC, message type, sequence number (RFC 2831 §2.3). Nothing is encrypted, and
    /// signed and sealed messages are counted together.
    #[must_use = "the message is counted, and the peer will miss it"]
    pub fn sign<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; 16] {
        lock(&self.sending).sign(parts)
    }

    /// Checks the MAC block of the next message received, whose text is `parts` one after another.
    ///
    /// # Errors
    /// `MESSAGE_ALTERED` when the message type is not 1 or the MAC is not that of the text,
    /// `OUT_OF_SEQUENCE` when the sequence number is not the next. Nothing changes then.
    pub fn verify<'p>(
        &self,
        parts: impl IntoIterator<Item = &'p [u8]>,
        block: &[u8; 16],
    ) -> Result<()> {
        lock(&self.receiving).verify(parts, block)
    }

    /// How many octets of trailer [`Layer::seal`] makes for `data_length` octets of data.
    #[must_use]
    pub fn trailer_length(&self, data_length: usize) -> usize {
        direction::padding_length(self.protection, data_length) + mac::BLOCK
    }

    /// Seals the next message to send: encrypts `data` in place, writes padding, MAC, message type
    /// and sequence number to the front of `trailer`, and returns how many octets that were. With
    /// integrity alone `data` stays as it is.
    ///
    /// # Errors
    /// `BUFFER_TOO_SMALL` when `trailer` is shorter than [`Layer::trailer_length`]; nothing has
    /// changed then.
    pub fn seal(&self, data: &mut [u8], trailer: &mut [u8]) -> Result<usize> {
        let length = self.trailer_length(data.len());
        let Some((trailer, _)) = trailer.split_at_mut_checked(length) else {
            return Err(Error::new(
                Status::BUFFER_TOO_SMALL,
                "message: no room for padding and MAC (RFC 2831 §2.3, §2.4)",
            ));
        };
        let mut sending = lock(&self.sending);
        sending.schedule(self.h_a1.expose(), Flow::sent_by(self.role));
        sending.seal(self.protection.is_padded(), data, trailer);
        Ok(length)
    }

    /// Opens the next message received, whose body is `first` and `second` one after the other,
    /// divided anywhere: decrypts it in place and returns the text's length, counted from the
    /// start of `first`. What follows the text (padding, MAC) is of no use.
    ///
    /// # Errors
    /// `INCOMPLETE_MESSAGE` for a body of less than 16 octets, `MESSAGE_ALTERED` when the message
    /// type is not 1, the ciphertext not made of whole blocks, or padding or MAC are not right,
    /// `OUT_OF_SEQUENCE` when the sequence number is not the next. Both buffers hold what they
    /// held, and the layer stands where it stood.
    pub fn open(&self, first: &mut [u8], second: &mut [u8]) -> Result<usize> {
        let mut receiving = lock(&self.receiving);
        receiving.schedule(self.h_a1.expose(), Flow::received_by(self.role));
        receiving.open(self.protection.is_padded(), Segments::new(first, second))
    }

    /// Octets of the largest signature: `cbMaxSignature`.
    #[must_use]
    pub fn max_signature(&self) -> u32 {
        16
    }

    /// What messages are padded to, 1 for no padding: `cbBlockSize`.
    #[must_use]
    pub fn block_size(&self) -> u32 {
        if self.protection.is_padded() { 8 } else { 1 }
    }

    /// Octets of trailer beside padding: `cbSecurityTrailer`.
    #[must_use]
    pub fn security_trailer(&self) -> u32 {
        16
    }

    /// The layer's state, for [`Layer::import`]; with `reset`, as it was before the first message.
    #[must_use]
    pub fn export(&self, reset: bool) -> Packed {
        let position = |direction: &Mutex<Direction>| {
            if reset { PackedDirection::default() } else { lock(direction).pack() }
        };
        Packed {
            h_a1: self.h_a1.clone(),
            protection: self.protection,
            role: self.role,
            sending: position(&self.sending),
            receiving: position(&self.receiving),
        }
    }

    /// The layer whose state `packed` is.
    ///
    /// # Errors
    /// `INVALID_TOKEN` when the position of a cipher is none that this cipher can have.
    pub fn import(packed: &Packed) -> Result<Self> {
        let h_a1 = packed.h_a1.expose();
        let Packed { protection, role, .. } = *packed;
        let direction = |mac, flow, packed| {
            Direction::unpack(mac, h_a1, flow, protection, packed).ok_or_else(|| {
                Error::new(Status::INVALID_TOKEN, "import: not a position of the cipher")
            })
        };
        let [sending, receiving] = Signers::new(h_a1).of(role);
        let sending = direction(sending, Flow::sent_by(role), &packed.sending)?;
        let receiving = direction(receiving, Flow::received_by(role), &packed.receiving)?;
        Ok(Self::of(h_a1, protection, role, sending, receiving))
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Layer({:?}, {:?})", self.protection, self.role)
    }
}

/// A layer's state outside of the layer.
#[derive(Clone, Debug)]
pub struct Packed {
    /// `H(A1)`, which all keys are derived from.
    pub h_a1: Secret<[u8; 16]>,
    /// What the layer does.
    pub protection: Protection,
    /// Which end it is.
    pub role: Role,
    /// What is sent.
    pub sending: PackedDirection,
    /// What is received.
    pub receiving: PackedDirection,
}

/// Where one direction of a layer stands. The default is before the first message.
#[derive(Clone, Debug, Default)]
pub struct PackedDirection {
    /// The sequence number of the next message.
    pub sequence: u32,
    /// The cipher's position: empty before the first message and without a cipher, the last 8
    /// octets of ciphertext for des and 3des, the 258 octets of its state for rc4.
    pub position: Secret<Vec<u8>>,
}

/// A lock whose holder died protects a state that no step leaves half made: it is taken over.
fn lock(direction: &Mutex<Direction>) -> MutexGuard<'_, Direction> {
    direction.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
