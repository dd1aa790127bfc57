//! A hash that has begun: its state after whole blocks, and what is left of the text.

use sha2::block_api::compress256;
use zeroize::Zeroize;

use super::a2::A2;
use super::formulas::{Counted, Digits, Hash};
use crate::digest::message::hex;
use crate::kernels::md5::{self, Block, INITIAL, Md5State, PaddedMessage, compress, compress_all};

/// The compression function of a hash with blocks of 64 bytes.
pub(super) trait Compression {
    /// Words between blocks.
    type State: Copy + Zeroize;
    /// The hash.
    type Bytes: AsRef<[u8]> + AsMut<[u8]>;

    const HASH: Hash;
    /// The state before the first block.
    const INITIAL: Self::State;

    fn compress(state: &mut Self::State, blocks: &[Block]);

    /// Two messages that do not wait for one another.
    fn compress_both(states: &mut [Self::State; 2], messages: [&[Block]; 2]);

    /// The end of a padded message of this many bits.
    fn end(bits: u64) -> [u8; 8];

    /// The hash that the state stands for, once the padded message is through.
    fn bytes(state: &Self::State) -> Self::Bytes;
}

/// MD5.
pub(super) enum Md5 {}

impl Compression for Md5 {
    type State = Md5State;
    type Bytes = [u8; 16];

    const HASH: Hash = Hash::Md5;
    const INITIAL: Md5State = INITIAL;

    fn compress(state: &mut Md5State, blocks: &[Block]) {
        compress(state, blocks);
    }

    fn compress_both([first, second]: &mut [Md5State; 2], [one, other]: [&[Block]; 2]) {
        let mut states = [*first, *second, INITIAL, INITIAL];
        compress_all(&mut states, [one, other, &[], &[]]);
        [*first, *second, ..] = states;
    }

    fn end(bits: u64) -> [u8; 8] {
        bits.to_le_bytes()
    }

    fn bytes(state: &Md5State) -> [u8; 16] {
        md5::bytes_of(state)
    }
}

/// SHA-256.
pub(super) enum Sha256 {}

impl Compression for Sha256 {
    type State = [u32; 8];
    type Bytes = [u8; 32];

    const HASH: Hash = Hash::Sha256;
    /// FIPS 180-4 §5.3.3.
    const INITIAL: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    fn compress(state: &mut [u32; 8], blocks: &[Block]) {
        compress256(state, blocks);
    }

    fn compress_both([one, other]: &mut [[u32; 8]; 2], messages: [&[Block]; 2]) {
        compress256(one, messages[0]);
        compress256(other, messages[1]);
    }

    fn end(bits: u64) -> [u8; 8] {
        bits.to_be_bytes()
    }

    fn bytes(state: &[u32; 8]) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
        bytes
    }
}

/// The state after whole blocks, and what is left of the text. It stands for a password, and is
/// wiped when dropped.
pub(super) struct Blocks<H: Compression> {
    state: H::State,
    /// Bytes in the state.
    hashed: u64,
    rest: Block,
    /// Bytes in the rest.
    length: usize,
}

impl<H: Compression> Blocks<H> {
    /// Begins with `parts`; `None` where they are too long. What it keeps of them meanwhile is
    /// wiped.
    pub(super) fn new(parts: &[&[u8]]) -> Option<Self> {
        let mut bytes = [[0; 64]; 4];
        let length = parts.iter().try_fold(0, |length, part| {
            let end = length + part.len();
            bytes.as_flattened_mut().get_mut(length..end)?.copy_from_slice(part);
            Some(end)
        });
        let blocks = length.and_then(|length| Self::of(&bytes, length));
        // A1's hash.
        bytes[0].zeroize();
        blocks
    }

    fn of(bytes: &[Block; 4], length: usize) -> Option<Self> {
        let (whole, left) = bytes.split_at_checked(length / 64)?;
        let mut state = H::INITIAL;
        H::compress(&mut state, whole);
        let hashed = 64 * whole.len() as u64;
        let rest = left.first().copied().unwrap_or([0; 64]);
        Some(Self { state, hashed, rest, length: length % 64 })
    }

    /// The response to a request; `None` for a client's nonce that is too long.
    pub(super) fn response(
        &self,
        counted: Option<Counted<'_>>,
        covered: &A2<'_>,
    ) -> Option<Digits> {
        let mut text = PaddedMessage::<4>::new();
        text.push(self.rest.get(..self.length)?)?;
        if let Some(Counted { nc, cnonce, qop }) = counted {
            for part in [nc.as_slice(), b":", cnonce, b":", qop, b":"] {
                text.push(part)?;
            }
        }
        let end = text.len();
        text.push([0; 64].get(..H::HASH.digits())?)?;
        let blocks = finish::<H, 4>(&mut text, self.hashed)?;
        let (common, last) = blocks.split_at_mut_checked(end / 64)?;
        let place = last.as_flattened_mut().get_mut(end % 64..)?.get_mut(..H::HASH.digits())?;
        let mut states = [self.state, H::INITIAL];
        Self::hash_request(&mut states, common, covered, place);
        let [state, _] = &mut states;
        H::compress(state, last);
        let digits = Digits::of(H::bytes(state).as_mut());
        state.zeroize();
        if self.hashed == 0 {
            // Then A1's hash is in the text.
            text.wipe(self.length);
        }
        Some(digits)
    }

    /// Takes further blocks into the first state; and beside them, hashes A2 in the second. Its
    /// digits go to `place`.
    fn hash_request(
        states: &mut [H::State; 2],
        blocks: &[Block],
        covered: &A2<'_>,
        place: &mut [u8],
    ) {
        let mut text = PaddedMessage::<3>::new();
        let request = covered.write(&mut text).and_then(|()| finish::<H, 3>(&mut text, 0));
        if let Some(request) = request {
            H::compress_both(states, [blocks, request]);
            hex::write(H::bytes(&states[1]).as_ref(), place);
        } else {
            H::compress(&mut states[0], blocks);
            place.copy_from_slice(&covered.hash(H::HASH));
        }
    }
}

impl<H: Compression> Drop for Blocks<H> {
    fn drop(&mut self) {
        self.state.zeroize();
        self.rest.zeroize();
    }
}

/// Pads a text as the end of one of which `before` bytes were hashed already; `None` where the
/// padding has no room.
fn finish<H: Compression, const N: usize>(
    text: &mut PaddedMessage<N>,
    before: u64,
) -> Option<&mut [Block]> {
    let bits = (before + text.len() as u64) << 3;
    let blocks = text.finish(before)?;
    *blocks.last_mut()?.last_chunk_mut()? = H::end(bits);
    Some(blocks)
}
