//! The cipher state of one direction, whichever cipher it is.

use zeroize::Zeroizing;

use super::keys::{self, Key};
use super::mac::{Mac, RunningMac};
use super::segments::{Body, Segments};
use crate::digest::message::qop::Cipher;
use crate::error::{Error, Result, Status};
use crate::kernels::des::{BLOCK, Cbc, Des, TripleDes};
use crate::kernels::des_md5;
use crate::kernels::md5::Block;
use crate::kernels::rc4_md5::Stream;
use crate::system::heap;

/// One direction's cipher for the life of a context. Key schedules are large and slow, and many
/// contexts never carry a message: they are made at the first.
pub(super) enum CipherState {
    /// auth-int.
    None,
    /// No message yet.
    Fresh(Cipher),
    Rc4(Box<Stream>),
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

impl CipherState {
    /// A state with its key schedule made.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(super) fn scheduled(cipher: Cipher, key: &Key) -> Result<Self> {
        Ok(match cipher {
            Cipher::Des => Self::Des(heap::boxed(des(key))?),
            Cipher::TripleDes => Self::TripleDes(heap::boxed(triple_des(key))?),
            Cipher::Rc4 | Cipher::Rc4With56Bits | Cipher::Rc4With40Bits => {
                Self::Rc4(heap::boxed(Stream::new(key))?)
            }
        })
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

    /// Takes a message's text into `mac`, and encrypts its whole blocks, where the cipher has blocks.
    /// Returns the MAC.
    #[inline]
    pub(super) fn seal(&mut self, mac: &mut RunningMac<'_>, text: &mut [u8]) -> Mac {
        match self {
            Self::None | Self::Fresh(_) => {
                mac.update(text);
                mac.finish()
            }
            Self::Rc4(stream) => seal_stream(stream, mac, text),
            Self::Des(chain) => seal_chained(chain, mac, text),
            Self::TripleDes(chain) => seal_chained(chain, mac, text),
        }
    }

    /// Takes a part of a message's text into `mac`, and encrypts it: whole blocks, where the cipher
    /// has blocks.
    pub(super) fn seal_part(&mut self, mac: &mut RunningMac<'_>, text: &mut [u8]) {
        match self {
            Self::None | Self::Fresh(_) => mac.update(text),
            Self::Rc4(stream) => pass_stream(stream, mac, text),
            Self::Des(chain) => {
                mac.update(text);
                chain.encrypt(text);
            }
            Self::TripleDes(chain) => {
                mac.update(text);
                chain.encrypt(text);
            }
        }
    }

    /// Decrypts a message, whole blocks, where the cipher has blocks, and takes all but its last
    /// `tail` bytes into `mac`.
    #[inline]
    pub(super) fn open(&mut self, mac: &mut RunningMac<'_>, sealed: &mut impl Body, tail: usize) {
        match self {
            Self::None | Self::Fresh(_) => sealed.each_part_without(tail, |part| mac.update(part)),
            Self::Rc4(stream) => open_stream(stream, mac, sealed, tail),
            Self::Des(chain) => open_chained(chain, mac, sealed, tail),
            Self::TripleDes(chain) => open_chained(chain, mac, sealed, tail),
        }
    }

    /// The MAC of an opened message, all of whose text `mac` has seen.
    pub(super) fn finish(&mut self, mac: &mut RunningMac<'_>) -> Mac {
        match self {
            Self::Rc4(stream) => mac.finish_by(|hash, blocks| stream.compress(hash, blocks)),
            Self::None | Self::Fresh(_) | Self::Des(_) | Self::TripleDes(_) => mac.finish(),
        }
    }

    /// Where the state stands.
    pub(super) fn mark(&self) -> Mark {
        let vector = match self {
            Self::None | Self::Fresh(_) | Self::Rc4(_) => [0; BLOCK],
            Self::Des(chain) => chain.vector(),
            Self::TripleDes(chain) => chain.vector(),
        };
        Mark(Zeroizing::new(u64::from_ne_bytes(vector)))
    }

    /// Undoes the decryption of `body`, the only one since `mark`: bytes and state are as then.
    pub(super) fn undo(&mut self, mark: &Mark, body: &mut impl Body) {
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
    fn set_vector(&mut self, vector: [u8; BLOCK]) {
        match self {
            Self::None | Self::Fresh(_) | Self::Rc4(_) => (),
            Self::Des(chain) => chain.set_vector(vector),
            Self::TripleDes(chain) => chain.set_vector(vector),
        }
    }

    /// The position in the stream or chain: nothing before the first message.
    pub(super) fn serialize(&self) -> Vec<u8> {
        match self {
            Self::None | Self::Fresh(_) => Vec::new(),
            Self::Rc4(stream) => stream.serialize(),
            Self::Des(chain) => chain.vector().to_vec(),
            Self::TripleDes(chain) => chain.vector().to_vec(),
        }
    }

    /// The state of `cipher` at a serialized position.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for a position that is none of that cipher; `INSUFFICIENT_MEMORY`.
    pub(super) fn deserialize(cipher: Cipher, key: &Key, position: &[u8]) -> Result<Self> {
        if position.is_empty() {
            return Ok(Self::Fresh(cipher));
        }
        if !is_padded(cipher) {
            let stream = Stream::deserialize(position).ok_or_else(no_position)?;
            return heap::boxed(stream).map(Self::Rc4);
        }
        let vector = position.try_into().map_err(|_| no_position())?;
        let mut state = Self::scheduled(cipher, key)?;
        state.set_vector(vector);
        Ok(state)
    }
}

pub(super) fn no_position() -> Error {
    Error::new(Status::INVALID_TOKEN, "import: not a position of the cipher")
}

/// Takes `text` into `mac`, which ends there, and encrypts it.
#[inline(never)]
fn seal_stream(stream: &mut Stream, mac: &mut RunningMac<'_>, text: &mut [u8]) -> Mac {
    pass_stream(stream, mac, text);
    mac.finish_by(|hash, blocks| stream.compress(hash, blocks))
}

/// Takes `text` into `mac`, and encrypts it.
#[inline]
fn pass_stream(stream: &mut Stream, mac: &mut RunningMac<'_>, text: &mut [u8]) {
    let (start, blocks, rest) = by_length(stream, mac, text);
    if !blocks.is_empty() {
        mac.update(start);
        stream.drain(start);
        stream.seal(mac.blocks(blocks.len()), blocks);
    }
    by_blocks(mac.missing(), rest, |part| {
        mac.update_by(part, |hash, blocks| stream.compress(hash, blocks));
        stream.apply(part);
    });
}

/// Decrypts `sealed`, and takes all but its last `tail` bytes into `mac`.
#[inline(never)]
fn open_stream(stream: &mut Stream, mac: &mut RunningMac<'_>, sealed: &mut impl Body, tail: usize) {
    let mut left = sealed.len().saturating_sub(tail);
    sealed.each_run(1, |run| {
        let (text, tail) = run.split_at_mut(left.min(run.len()));
        left -= text.len();
        let (start, blocks, rest) = by_length(stream, mac, text);
        if !blocks.is_empty() {
            stream.drain(start);
            mac.update(start);
            stream.open(mac.blocks(blocks.len()), blocks);
        }
        by_blocks(mac.missing(), rest, |part| {
            stream.apply(part);
            mac.update_by(part, |hash, blocks| stream.compress(hash, blocks));
        });
        stream.apply(tail);
    });
}

/// Decrypts `sealed`, and takes all but its last `tail` bytes into `mac`.
#[inline(never)]
fn open_chained<const KEYS: usize>(
    chain: &mut Cbc<KEYS>,
    mac: &mut RunningMac<'_>,
    sealed: &mut impl Body,
    tail: usize,
) {
    let mut left = sealed.len().saturating_sub(tail);
    sealed.each_run(BLOCK, |run| {
        chain.decrypt(run);
        let (text, _) = run.split_at(left.min(run.len()));
        mac.update(text);
        left -= text.len();
    });
}

/// Where `text` is long: its start, which takes all that is ready up to where `mac` has whole blocks,
/// the blocks, and what is left; otherwise all is left.
fn by_length<'t>(
    stream: &Stream,
    mac: &RunningMac<'_>,
    text: &'t mut [u8],
) -> (&'t mut [u8], &'t mut [Block], &'t mut [u8]) {
    const LONG: usize = 256;
    let head = mac.missing();
    let start = head + stream.ready().saturating_sub(head).next_multiple_of(size_of::<Block>());
    if text.len() < start + LONG {
        return (&mut [], &mut [], text);
    }
    let (start, rest) = text.split_at_mut(start);
    let (blocks, rest) = rest.as_chunks_mut();
    (start, blocks, rest)
}

/// Passes `text` to `work`: its first `head` bytes, then blocks, then what is left.
fn by_blocks(head: usize, text: &mut [u8], mut work: impl FnMut(&mut [u8])) {
    let (head, rest) = text.split_at_mut(head.min(text.len()));
    work(head);
    rest.chunks_mut(size_of::<Block>()).for_each(work);
}

/// Takes `text` into `mac`, which ends there, and encrypts its whole blocks meanwhile: what is hashed
/// goes ahead of what is encrypted.
#[inline(never)]
fn seal_chained<const KEYS: usize>(
    chain: &mut Cbc<KEYS>,
    mac: &mut RunningMac<'_>,
    text: &mut [u8],
) -> Mac {
    let mut done = 0;
    let head = mac.missing().min(text.len());
    if mac.fill(text.split_at(head).0) {
        mac.settle(|hash, blocks| {
            done += des_md5::seal_few(chain, hash, blocks, text.split_at_mut(done).1);
        });
    }
    let blocks = (text.len() - head) / size_of::<Block>();
    done += des_md5::seal(chain, mac.blocks(blocks), text.split_at_mut(done).1, head - done);
    mac.fill(text.split_at(head + blocks * size_of::<Block>()).1);
    let mac = mac.finish_by(|hash, blocks| {
        done += des_md5::seal_few(chain, hash, blocks, text.split_at_mut(done).1);
    });
    chain.encrypt(text.split_at_mut(done).1);
    mac
}

/// Encrypts what is made of whole blocks.
fn encrypt_chained<const KEYS: usize>(chain: &mut Cbc<KEYS>, text: &mut impl Body) {
    text.each_run(BLOCK, |run| chain.encrypt(run));
}

/// DES with the first seven bytes of a sealing key.
pub(super) fn des(key: &Key) -> Des {
    let [first, _] = *keys::des_pair(key);
    Des::new([first], keys::first_vector(key))
}

/// Triple DES with the first fourteen bytes of a sealing key.
pub(super) fn triple_des(key: &Key) -> TripleDes {
    TripleDes::new(*keys::des_pair(key), keys::first_vector(key))
}
