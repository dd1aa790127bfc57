//! The inner loops of hashes and ciphers against the crates of the same names: every length, divided
//! anywhere, forwards and back.

use des::cipher::{
    Block as CipherBlock, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit as _, StreamCipher as _,
};
use md5::{Digest as _, Md5};
use secur32::kernels::des::{Cbc, Des, TripleDes};
use secur32::kernels::md5::{
    Block, INITIAL, Md5State, PaddedMessage, bytes_of, compress_all, compress4,
};
use secur32::kernels::rc4::Rc4;
use secur32::kernels::rc4_md5::Stream;
use secur32::kernels::{des_md5, md5 as md5_kernel};

use crate::fault;
use crate::input::Input;

/// Computes one text in every way.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let input = &mut input;
    let mut key = [0; 24];
    let given = input.bytes(24);
    key[..given.len()].copy_from_slice(given);
    let cuts = [input.byte(), input.byte(), input.byte()];
    let times = 1 + input.below(40);
    let text = input.rest().repeat(times);
    hash(&text, &cuts);
    rc4(&key, &text, &cuts);
    chain::<1, des::Des>(
        &key[..8],
        &text,
        &cuts,
        || Des::new([part(&key, 0)], part(&key, 16)),
        &key,
    );
    let double = [&key[..16], &key[..8]].concat();
    let new = || TripleDes::new([part(&key, 0), part(&key, 8)], part(&key, 16));
    chain::<2, des::TdesEde3>(&double, &text, &cuts, new, &key);
}

fn part(key: &[u8; 24], at: usize) -> [u8; 8] {
    key[at..at + 8].try_into().unwrap()
}

/// A text cut at these places, one after another.
fn pieces<'t>(text: &'t mut [u8], cuts: &[u8]) -> Vec<&'t mut [u8]> {
    let (mut parts, mut rest) = (vec![], text);
    for cut in cuts {
        let at = usize::from(*cut).min(rest.len());
        let (part, after) = rest.split_at_mut(at);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

/// A text padded for MD5.
fn padded(text: &[u8]) -> Vec<Block> {
    let mut padded = text.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&(8 * text.len() as u64).to_le_bytes());
    padded.as_chunks::<64>().0.to_vec()
}

fn hash(text: &[u8], cuts: &[u8]) {
    let expected = |text: &[u8]| -> [u8; 16] { Md5::digest(text).into() };
    let blocks = padded(text);
    let mut state = INITIAL;
    let (one, other) = blocks.split_at(usize::from(cuts[0]) % (blocks.len() + 1));
    md5_kernel::compress(&mut state, one);
    md5_kernel::compress(&mut state, other);
    if fault::is("hash-differs") {
        state[0] ^= 1;
    }
    assert_eq!(bytes_of(&state), expected(text), "ORACLE md5");
    // Four at once, of four lengths.
    let ends = [text.len(), usize::from(cuts[0]), usize::from(cuts[1]), usize::from(cuts[2])];
    let texts = ends.map(|end| &text[..end.min(text.len())]);
    let all = texts.map(padded);
    let mut states = [INITIAL; 4];
    compress_all(&mut states, all.each_ref().map(Vec::as_slice));
    for (state, text) in states.iter().zip(texts) {
        assert_eq!(bytes_of(state), expected(text), "ORACLE md5: of four");
    }
    let mut states: [Md5State; 4] = [INITIAL; 4];
    let first = all.each_ref().map(|blocks| &blocks[0]);
    compress4(&mut states, first);
    for (state, block) in states.iter().zip(first) {
        let mut alone = INITIAL;
        md5_kernel::compress(&mut alone, std::slice::from_ref(block));
        assert_eq!(*state, alone, "ORACLE md5: side by side");
    }
    let mut together = PaddedMessage::<4>::new();
    let short = &text[..text.len().min(4 * 64 - 9)];
    together.push(short).unwrap();
    let blocks = together.finish(0).unwrap();
    let mut state = INITIAL;
    md5_kernel::compress(&mut state, blocks);
    assert_eq!(bytes_of(&state), expected(short), "ORACLE md5: padded in place");
}

fn rc4(key: &[u8; 24], text: &[u8], cuts: &[u8]) {
    let key: [u8; 16] = key[..16].try_into().unwrap();
    let mut expected = text.to_vec();
    rc4::Rc4::new_from_slice(&key).unwrap().apply_keystream(&mut expected);
    let mut whole = Rc4::new(&key);
    let mut ours = text.to_vec();
    for piece in pieces(&mut ours, cuts) {
        let before = piece.to_vec();
        whole.apply(piece);
        // Undone and done once more, as after a forged message.
        whole.undo(piece);
        assert_eq!(piece, before, "ORACLE rc4: undone");
        whole = Rc4::deserialize(&whole.serialize()).expect("ORACLE rc4: a state of its own");
        whole.apply(piece);
    }
    assert_eq!(ours, expected, "ORACLE rc4");
    // Beside a hash: ready bytes_of, whole blocks, and back.
    let mut stream = Stream::new(&key);
    let mut ours = text.to_vec();
    let mut state = INITIAL;
    for piece in pieces(&mut ours, cuts) {
        let blocks = padded(piece);
        stream.compress(&mut state, &blocks);
        let before = piece.to_vec();
        stream.apply(piece);
        stream.undo(piece);
        assert_eq!(piece, before, "ORACLE rc4: undone beside a hash");
        stream.apply(piece);
        stream = Stream::deserialize(&stream.serialize()).expect("ORACLE rc4: a state of its own");
    }
    assert_eq!(ours, expected, "ORACLE rc4: beside a hash");
    blocks(&key, text);
}

/// Sealed and opened in whole blocks, with the hash of the text.
fn blocks(key: &[u8; 16], text: &[u8]) {
    let whole: Vec<Block> = text.as_chunks::<64>().0.to_vec();
    let mut hashed = INITIAL;
    md5_kernel::compress(&mut hashed, &whole);
    let mut expected = whole.concat();
    rc4::Rc4::new_from_slice(key).unwrap().apply_keystream(&mut expected);
    let mut sealed = whole.clone();
    let mut state = INITIAL;
    Stream::new(key).seal(&mut state, &mut sealed);
    assert_eq!((state, sealed.concat()), (hashed, expected), "ORACLE rc4: sealed");
    let mut state = INITIAL;
    Stream::new(key).open(&mut state, &mut sealed);
    assert_eq!((state, sealed), (hashed, whole), "ORACLE rc4: opened");
}

/// Cipher block chaining by the crate's single blocks.
fn chained<C: BlockCipherEncrypt>(cipher: &C, vector: [u8; 8], text: &mut [u8]) {
    let mut chain = vector;
    for block in text.as_chunks_mut::<8>().0 {
        block.iter_mut().zip(chain).for_each(|(byte, mask)| *byte ^= mask);
        let mut one = CipherBlock::<C>::try_from(block.as_slice()).unwrap();
        cipher.encrypt_block(&mut one);
        block.copy_from_slice(&one);
        chain = *block;
    }
}

fn chain<const KEYS: usize, C>(
    key: &[u8],
    text: &[u8],
    cuts: &[u8],
    new: impl Fn() -> Cbc<KEYS>,
    all: &[u8; 24],
) where
    C: BlockCipherEncrypt + BlockCipherDecrypt + des::cipher::KeyInit,
{
    let cipher = C::new_from_slice(key).unwrap();
    let text = &text[..text.len() & !7];
    let mut expected = text.to_vec();
    chained(&cipher, part(all, 16), &mut expected);
    let whole: Vec<u8> = cuts.iter().map(|cut| cut & !7).collect();
    let mut sealed = text.to_vec();
    let mut encrypting = new();
    for piece in pieces(&mut sealed, &whole) {
        encrypting.encrypt(piece);
    }
    assert_eq!(sealed, expected, "ORACLE des: encrypted");
    let mut decrypting = new();
    for piece in pieces(&mut sealed, &whole) {
        decrypting.decrypt(piece);
    }
    assert_eq!(sealed, text, "ORACLE des: decrypted");
    assert_eq!(decrypting.vector(), encrypting.vector(), "ORACLE des: where the chain ends");
    // Beside a hash.
    let mut together = new();
    let mut state = INITIAL;
    let done = des_md5::seal(&mut together, &mut state, &mut sealed, usize::from(cuts[1]));
    together.encrypt(&mut sealed[done..]);
    assert_eq!(sealed, expected, "ORACLE des: beside a hash");
    let hashed = text.get(usize::from(cuts[1])..).unwrap_or_default();
    let mut alone = INITIAL;
    md5_kernel::compress(&mut alone, hashed[..done].as_chunks().0);
    assert_eq!(state, alone, "ORACLE des: the hash beside it");
}
