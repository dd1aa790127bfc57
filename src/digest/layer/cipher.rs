//! The cipher state of one direction, whichever cipher it is.

use zeroize::Zeroizing;

use super::cbc;
use super::keys::Key;
use super::mac::RunningMac;
use super::segments::Segments;
use crate::digest::qop::Cipher;
use crate::kernels::des::{Cbc, Des, TripleDes};
use crate::kernels::des_md5;
use crate::kernels::md5::Block;
use crate::kernels::rc4::Rc4;
use crate::kernels::rc4_md5;

/// One direction's cipher for the life of a context. Key schedules are large and slow, and many
/// contexts never carry a message: they are made at the first.
pub(super) enum State {
    /// auth-int.
    None,
    /// No message yet.
    Fresh(Cipher),
    Rc4(Box<Rc4>),
    Des(Box<Des>),
    TripleDes(Box<TripleDes>),
}

/// Whether `cipher` works on blocks, and its messages are padded.
pub(super) fn is_padded(cipher: Cipher) -> bool {
    match cipher {
        Cipher::Des | Cipher::TripleDes => true,
        Cipher::Rc4 | Cipher::Rc4With56Bits | Cipher::Rc4With40Bits => false,
    }
}

/// Where a state stood before a message, as far as going back needs it.
pub(super) struct Mark(Zeroizing<u64>);

impl State {
    /// A state with its key schedule made.
    pub(super) fn scheduled(cipher: Cipher, key: &Key) -> Self {
        match cipher {
            Cipher::Des => Self::Des(Box::new(cbc::des(key))),
            Cipher::TripleDes => Self::TripleDes(Box::new(cbc::triple_des(key))),
            Cipher::Rc4 | Cipher::Rc4With56Bits | Cipher::Rc4With40Bits => {
                Self::Rc4(Box::new(Rc4::new(key)))
            }
        }
    }

    /// Encrypts the end of a message, which lies in two places: whole blocks, where the cipher has
    /// blocks.
    pub(super) fn encrypt(&mut self, first: &mut [u8], second: &mut [u8]) {
        match self {
            Self::None | Self::Fresh(_) => (),
            Self::Rc4(stream) => {
                stream.apply(first);
                stream.apply(second);
            }
            Self::Des(chain) => encrypt_chained(chain, &mut Segments::new(first, second)),
            Self::TripleDes(chain) => encrypt_chained(chain, &mut Segments::new(first, second)),
        }
    }

    /// Takes the next octets of the direction into `mac` and encrypts them.
    pub(super) fn seal(&mut self, mac: &mut RunningMac<'_>, text: &mut [u8]) {
        match self {
            Self::None | Self::Fresh(_) => mac.update(text),
            Self::Rc4(stream) => seal_stream(stream, mac, text),
            Self::Des(chain) => seal_chained(chain, mac, text),
            Self::TripleDes(chain) => seal_chained(chain, mac, text),
        }
    }

    /// Decrypts a message, whole blocks, where the cipher has blocks, and takes all but its last
    /// `tail` octets into `mac`.
    pub(super) fn open(
        &mut self,
        mac: &mut RunningMac<'_>,
        sealed: &mut Segments<'_>,
        tail: usize,
    ) {
        let mut left = sealed.len().saturating_sub(tail);
        let mut hashed = |run: &[u8]| {
            let hashed = left.min(run.len());
            left -= hashed;
            hashed
        };
        match self {
            Self::None | Self::Fresh(_) => {
                sealed.each_run(1, |run| mac.update(run.split_at(hashed(run)).0));
            }
            Self::Rc4(stream) => sealed.each_run(1, |run| {
                let (text, rest) = run.split_at_mut(hashed(run));
                open_stream(stream, mac, text);
                stream.apply(rest);
            }),
            Self::Des(chain) => sealed.each_run(cbc::BLOCK, |run| {
                chain.decrypt(run);
                mac.update(run.split_at(hashed(run)).0);
            }),
            Self::TripleDes(chain) => sealed.each_run(cbc::BLOCK, |run| {
                chain.decrypt(run);
                mac.update(run.split_at(hashed(run)).0);
            }),
        }
    }

    /// Where the state stands.
    pub(super) fn mark(&self) -> Mark {
        let vector = match self {
            Self::None | Self::Fresh(_) | Self::Rc4(_) => [0; cbc::BLOCK],
            Self::Des(chain) => chain.vector(),
            Self::TripleDes(chain) => chain.vector(),
        };
        Mark(Zeroizing::new(u64::from_ne_bytes(vector)))
    }

    /// Undoes the decryption of `body`, the only one since `mark`: octets and state are as then.
    pub(super) fn undo(&mut self, mark: &Mark, body: &mut Segments<'_>) {
        self.set_vector(mark.0.to_ne_bytes());
        // Ciphertext is made again from the text and the vector that it was made from.
        match self {
            Self::None | Self::Fresh(_) => (),
            Self::Rc4(stream) => body.each_backwards(|text| stream.undo(text)),
            Self::Des(chain) => encrypt_chained(chain, body),
            Self::TripleDes(chain) => encrypt_chained(chain, body),
        }
        self.set_vector(mark.0.to_ne_bytes());
    }

    /// Sets the vector, where the cipher has one.
    fn set_vector(&mut self, vector: [u8; cbc::BLOCK]) {
        match self {
            Self::None | Self::Fresh(_) | Self::Rc4(_) => (),
            Self::Des(chain) => chain.set_vector(vector),
            Self::TripleDes(chain) => chain.set_vector(vector),
        }
    }

    /// The position in the stream or chain: nothing before the first message.
    pub(super) fn pack(&self) -> Vec<u8> {
        match self {
            Self::None | Self::Fresh(_) => Vec::new(),
            Self::Rc4(stream) => stream.pack(),
            Self::Des(chain) => chain.vector().to_vec(),
            Self::TripleDes(chain) => chain.vector().to_vec(),
        }
    }

    /// The state of `cipher` at a packed position, unless it is none of that cipher.
    pub(super) fn unpack(cipher: Cipher, key: &Key, position: &[u8]) -> Option<Self> {
        if position.is_empty() {
            return Some(Self::Fresh(cipher));
        }
        if !is_padded(cipher) {
            return Rc4::unpack(position).map(|stream| Self::Rc4(Box::new(stream)));
        }
        let vector = position.try_into().ok()?;
        let mut state = Self::scheduled(cipher, key);
        state.set_vector(vector);
        Some(state)
    }
}

/// Takes `text` into `mac` and encrypts it.
fn seal_stream(stream: &mut Rc4, mac: &mut RunningMac<'_>, text: &mut [u8]) {
    let (head, blocks, tail) = by_blocks(mac, text);
    mac.update(head);
    stream.apply(head);
    rc4_md5::seal(stream, mac.blocks(blocks.len()), blocks);
    mac.update(tail);
    stream.apply(tail);
}

/// Decrypts `text` and takes it into `mac`.
fn open_stream(stream: &mut Rc4, mac: &mut RunningMac<'_>, text: &mut [u8]) {
    let (head, blocks, tail) = by_blocks(mac, text);
    stream.apply(head);
    mac.update(head);
    rc4_md5::open(stream, mac.blocks(blocks.len()), blocks);
    stream.apply(tail);
    mac.update(tail);
}

/// Takes `text` into `mac` and encrypts it.
fn seal_chained<const KEYS: usize>(
    chain: &mut Cbc<KEYS>,
    mac: &mut RunningMac<'_>,
    text: &mut [u8],
) {
    let head = mac.missing().min(text.len());
    mac.update(text.split_at(head).0);
    let blocks = (text.len() - head) / size_of::<Block>();
    let done = des_md5::seal(chain, mac.blocks(blocks), text, head);
    mac.update(text.split_at(head + done).1);
    chain.encrypt(text.split_at_mut(done).1);
}

/// Encrypts what is made of whole blocks.
fn encrypt_chained<const KEYS: usize>(chain: &mut Cbc<KEYS>, text: &mut Segments<'_>) {
    text.each_run(cbc::BLOCK, |run| chain.encrypt(run));
}

/// `text` up to where `mac` has whole blocks, the blocks, and what is after them.
fn by_blocks<'t>(
    mac: &RunningMac<'_>,
    text: &'t mut [u8],
) -> (&'t mut [u8], &'t mut [Block], &'t mut [u8]) {
    let (head, rest) = text.split_at_mut(mac.missing().min(text.len()));
    let (blocks, tail) = rest.as_chunks_mut();
    (head, blocks, tail)
}
