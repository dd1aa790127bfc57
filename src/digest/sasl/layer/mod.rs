//! The security layers of auth-int and auth-conf (RFC 2831 §2.3 and §2.4).
//!
//! ```text
//! Layer -> Direction (one each way, each behind its own lock)
//!            mac      HMAC-MD5 with its pads hashed once
//!            cipher   none, or rc4 or cbc, scheduled at the first message
//!          keys       Kic, Kis, Kcc, Kcs from H(A1)
//!          signers    the two MACs of an exchange
//!          segments   a body in a data buffer and a trailer buffer
//!          scattered  a body in any number of buffers
//! ```
//!
//! The four bytes of length in front of a body are the application's.

mod cipher;
mod direction;
mod keys;
mod mac;
mod scattered;
mod segments;
mod signers;

use std::fmt;

use self::direction::Direction;
use self::keys::Flow;
pub use self::scattered::Scattered;
use self::segments::{Body, Segments};
pub use self::signers::{Fork, Signers};
use crate::digest::message::qop::Cipher;
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::sspi::Role;
use crate::system::fork::Mutex;

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

/// Bytes of the largest bodies (RFC 2831 §2.1.1, §2.1.2: maxbuf).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Maxbuf {
    /// What the peer takes.
    pub peer: u32,
    /// What was told to the peer, if anything was.
    pub own: Option<u32>,
}

/// The security layer of an established context. What is sent and what is received have their own
/// counters, ciphers and locks, so that one thread may seal while another opens.
///
/// A message that is refused changes nothing: the next good one still opens (RFC 2831 §2.3).
pub struct Layer {
    h_a1: Secret<[u8; 16]>,
    protection: Protection,
    role: Role,
    maxbuf: Maxbuf,
    sending: Mutex<Direction>,
    receiving: Mutex<Direction>,
}

impl Layer {
    /// The layer of the exchange whose `H(A1)` is `h_a1`, before its first message; `role` is the
    /// end of the conversation that we are, and `signers` are those of `h_a1`.
    #[must_use]
    pub fn new(
        h_a1: &[u8; 16],
        signers: Signers,
        protection: Protection,
        role: Role,
        maxbuf: Maxbuf,
    ) -> Self {
        let directions = signers.of(role).map(|mac| Direction::new(mac, protection));
        Self::of(h_a1, protection, role, maxbuf, directions)
    }

    fn of(
        h_a1: &[u8; 16],
        protection: Protection,
        role: Role,
        maxbuf: Maxbuf,
        [sending, receiving]: [Direction; 2],
    ) -> Self {
        Self {
            h_a1: Secret::new(*h_a1),
            protection,
            role,
            maxbuf,
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
    /// bytes of HMAC, message type, sequence number (RFC 2831 §2.3). Nothing is encrypted, and
    /// signed and sealed messages are counted together.
    ///
    /// # Errors
    /// `CONTEXT_EXPIRED` after 2^32 messages. Here and below `INVALID_HANDLE` in a forked child, where
    /// another thread of its parent's was at a message of this direction.
    pub fn sign<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> Result<[u8; 16]> {
        self.sending.lock()?.sign(parts)
    }

    /// Checks the MAC block of the next message received, whose text is `parts` one after another.
    ///
    /// # Errors
    /// `MESSAGE_ALTERED` when the message type is not 1 or the MAC is not that of the text,
    /// `OUT_OF_SEQUENCE` when the sequence number is not the next, `CONTEXT_EXPIRED` after 2^32
    /// messages. Nothing changes then.
    pub fn verify<'p>(
        &self,
        parts: impl IntoIterator<Item = &'p [u8]>,
        block: &[u8; 16],
    ) -> Result<()> {
        self.receiving.lock()?.verify(parts, block)
    }

    /// How many bytes of trailer [`Layer::seal`] makes for `data_length` bytes of data.
    ///
    /// # Errors
    /// `INVALID_TOKEN` when the peer does not take so large a body (RFC 2831 §2.1.2, maxbuf).
    #[inline]
    pub fn trailer_length(&self, data_length: usize) -> Result<usize> {
        let length =
            direction::padding_length(self.protection.is_padded(), data_length) + mac::BLOCK;
        // Mostly what is to be sealed is far below.
        if data_length.saturating_add(length) > self.maxbuf.peer as usize {
            return Err(self.too_long(data_length));
        }
        Ok(length)
    }

    #[cold]
    fn too_long(&self, length: usize) -> Error {
        let peer_maxbuf = self.maxbuf.peer;
        let fits = self.longest_text();
        let reason = format!(
            "encrypt: {length} bytes, and the peer takes messages of {peer_maxbuf} (maxbuf), of {fits} \
             bytes before they are sealed"
        );
        Error::new(Status::INVALID_TOKEN, reason)
    }

    /// Bytes of the largest text that fits into what the peer takes, whatever its padding:
    /// `cbMaximumMessage`.
    #[must_use]
    pub fn longest_text(&self) -> u32 {
        let padding = if self.protection.is_padded() { self.block_size() } else { 0 };
        self.maxbuf.peer.saturating_sub(self.security_trailer() + padding)
    }

    /// Seals the next message to send: encrypts `data` in place, writes padding, MAC, message type
    /// and sequence number to the front of `trailer`, and returns how many bytes that were. With
    /// integrity alone `data` stays as it is.
    ///
    /// # Errors
    /// Those of [`Layer::trailer_length`]; `BUFFER_TOO_SMALL` when `trailer` is shorter than that,
    /// `CONTEXT_EXPIRED` after 2^32 messages; nothing has changed then.
    pub fn seal(&self, data: &mut [u8], trailer: &mut [u8]) -> Result<usize> {
        let length = self.trailer_length(data.len())?;
        let Some((trailer, _)) = trailer.split_at_mut_checked(length) else {
            return Err(no_room());
        };
        let mut sending = self.sending.lock()?;
        sending.schedule(self.h_a1.expose(), Flow::sent_by(self.role))?;
        sending.seal(self.protection.is_padded(), data, trailer)?;
        Ok(length)
    }

    /// Seals the next message to send in memory that is exactly as large as its body: the text
    /// stands there from byte `front` on, and has as many bytes as [`Layer::trailer_length`] leaves
    /// for it. With integrity alone the text is moved to the start, and stays as it is.
    ///
    /// # Errors
    /// Those of [`Layer::seal`].
    pub fn seal_scattered(
        &self,
        body: &mut Scattered<'_>,
        front: usize,
        length: usize,
    ) -> Result<()> {
        if body.len() != length.saturating_add(self.trailer_length(length)?) {
            return Err(no_room());
        }
        let mut sending = self.sending.lock()?;
        sending.schedule(self.h_a1.expose(), Flow::sent_by(self.role))?;
        sending.seal_scattered(self.protection.is_padded(), body, front, length)
    }

    /// Opens the next message received, whose body is `first` and `second` one after the other,
    /// divided anywhere: decrypts it in place and returns the text's length, counted from the
    /// start of `first`. What follows the text (padding, MAC) is of no use.
    ///
    /// # Errors
    /// `INCOMPLETE_MESSAGE` for a body of less than 16 bytes, `MESSAGE_ALTERED` when the message
    /// type is not 1, the ciphertext not made of whole blocks, or padding or MAC are not right,
    /// `OUT_OF_SEQUENCE` when the sequence number is not the next, `CONTEXT_EXPIRED` after 2^32
    /// messages, `INVALID_TOKEN` for a longer body than the peer was told to send. Both buffers hold
    /// what they held, and the layer stands where it stood.
    pub fn open(&self, first: &mut [u8], second: &mut [u8]) -> Result<usize> {
        self.check_received(first.len().saturating_add(second.len()))?;
        let mut receiving = self.receiving.lock()?;
        receiving.schedule(self.h_a1.expose(), Flow::received_by(self.role))?;
        let mut body = Segments::new(first, second);
        receiving.open(self.protection.is_padded(), &mut body, usize::MAX)
    }

    #[inline]
    fn check_received(&self, length: usize) -> Result<()> {
        match self.maxbuf.own {
            Some(own) if length > own as usize => Err(too_much(length, own)),
            _ => Ok(()),
        }
    }

    /// Opens the next message received, whose body lies in any number of pieces, and moves the text
    /// to begin at byte `front` of them. Returns its length.
    ///
    /// # Errors
    /// Those of [`Layer::open`]; `BUFFER_TOO_SMALL` when there is no room for the text behind
    /// `front`.
    pub fn open_scattered(&self, body: &mut Scattered<'_>, front: usize) -> Result<usize> {
        let all = body.len();
        self.check_received(all)?;
        let length = {
            let mut receiving = self.receiving.lock()?;
            receiving.schedule(self.h_a1.expose(), Flow::received_by(self.role))?;
            receiving.open(self.protection.is_padded(), body, all.saturating_sub(front))?
        };
        body.restore(all);
        if front > 0 {
            body.move_from_start(front, length);
        }
        Ok(length)
    }

    /// Whether `body` ends as the next message received does.
    #[must_use]
    pub fn is_next(&self, body: &Scattered<'_>) -> bool {
        self.receiving.lock().is_ok_and(|receiving| receiving.is_next(body.last()))
    }

    /// Bytes of the largest signature: `cbMaxSignature`.
    #[must_use]
    pub fn max_signature(&self) -> u32 {
        16
    }

    /// What messages are padded to, 1 for no padding: `cbBlockSize`.
    #[must_use]
    pub fn block_size(&self) -> u32 {
        if self.protection.is_padded() { 8 } else { 1 }
    }

    /// Bytes of trailer beside padding: `cbSecurityTrailer`.
    #[must_use]
    pub fn security_trailer(&self) -> u32 {
        16
    }

    /// The layer's state, for [`Layer::import`]; with `reset`, as it was before the first message.
    ///
    /// # Errors
    /// As [`Layer::sign`].
    pub fn export(&self, reset: bool) -> Result<SerializedLayer> {
        let position = |direction: &Mutex<Direction>| {
            if reset {
                Ok(SerializedDirection::default())
            } else {
                Ok(direction.lock()?.serialize())
            }
        };
        Ok(SerializedLayer {
            h_a1: self.h_a1.clone(),
            protection: self.protection,
            role: self.role,
            maxbuf: self.maxbuf,
            sending: position(&self.sending)?,
            receiving: position(&self.receiving)?,
        })
    }

    /// The layer whose state `serialized` is.
    ///
    /// # Errors
    /// `INVALID_TOKEN` when a sequence number, or the position of a cipher, is none that there is.
    pub fn import(serialized: &SerializedLayer) -> Result<Self> {
        let h_a1 = serialized.h_a1.expose();
        let SerializedLayer { protection, role, maxbuf, .. } = *serialized;
        let direction =
            |mac, flow, serialized| Direction::deserialize(mac, h_a1, flow, protection, serialized);
        let [sending, receiving] = Signers::new(h_a1).of(role);
        let sending = direction(sending, Flow::sent_by(role), &serialized.sending)?;
        let receiving = direction(receiving, Flow::received_by(role), &serialized.receiving)?;
        Ok(Self::of(h_a1, protection, role, maxbuf, [sending, receiving]))
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Layer({:?}, {:?})", self.protection, self.role)
    }
}

/// A layer's state outside of the layer.
#[derive(Clone, Debug)]
pub struct SerializedLayer {
    /// `H(A1)`, which all keys are derived from.
    pub h_a1: Secret<[u8; 16]>,
    /// What the layer does.
    pub protection: Protection,
    /// Which end it is.
    pub role: Role,
    /// Bytes of the largest bodies.
    pub maxbuf: Maxbuf,
    /// What is sent.
    pub sending: SerializedDirection,
    /// What is received.
    pub receiving: SerializedDirection,
}

/// Where one direction of a layer stands. The default is before the first message.
#[derive(Clone, Debug, Default)]
pub struct SerializedDirection {
    /// The sequence number of the next message; 2^32 when none is left.
    pub sequence: u64,
    /// The cipher's position: empty before the first message and without a cipher, the last 8
    /// bytes of ciphertext for des and 3des, the 258 bytes of its state for rc4.
    pub position: Secret<Vec<u8>>,
}

#[cold]
fn too_much(length: usize, own: u32) -> Error {
    let reason = format!("message: {length} bytes, and the peer was told to send {own} (maxbuf)");
    Error::new(Status::INVALID_TOKEN, reason)
}

#[cold]
fn no_room() -> Error {
    let reason = "message: no room for padding and MAC (RFC 2831 §2.3, §2.4)";
    Error::new(Status::BUFFER_TOO_SMALL, reason)
}

#[cfg(test)]
mod tests;
