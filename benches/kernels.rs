//! `cargo bench --bench kernels [-- FILTER]`: each kernel of src/kernels beside what it stands in for, in turns
//! within one run. Medians of processor time and their ratio, which docs/performance.md keeps.
#![allow(unsafe_code)]

use std::env;
use std::hint::black_box;
use std::slice::from_ref;
use std::time::Duration;

use des::cipher::{
    Block as CipherBlock, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit, StreamCipher as _,
};
use secur32::kernels::des::{Cbc, Des, TripleDes};
use secur32::kernels::md5::{Block, INITIAL, compress, compress4};
use secur32::kernels::rc4::Rc4;
use secur32::kernels::rc4_md5::Stream;
use secur32::kernels::{des_md5, hex, scan};

const ROUNDS: usize = 41;
const LONG: usize = 16384;
const KEY: [u8; 24] = *b"0123456789abcdefghijklmn";

fn main() {
    let filter = env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    println!("{:<44}{:>10}{:>12}{:>8}", "ns, kernel and baseline; their ratio", "", "", "");
    md5(&filter);
    rc4(&filter);
    chains::<1, des::Des>(&filter, "des", &KEY[..8], || Des::new([part(0)], part(16)));
    let double = [&KEY[..16], &KEY[..8]].concat();
    let new = || TripleDes::new([part(0), part(8)], part(16));
    chains::<2, des::TdesEde3>(&filter, "3des", &double, new);
    strings(&filter);
}

/// Takes both in turns, `times` of each a round, and prints the medians of what one time takes.
fn compare(
    filter: &str,
    name: &str,
    times: u32,
    mut kernel: impl FnMut(),
    mut plain: impl FnMut(),
) {
    if !name.contains(filter) {
        return;
    }
    let time = |work: &mut dyn FnMut()| {
        let start = processor_time();
        (0..times).for_each(|_| work());
        processor_time().saturating_sub(start).as_secs_f64() * 1e9 / f64::from(times)
    };
    let (mut of_kernel, mut of_plain) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        of_kernel.push(time(&mut kernel));
        of_plain.push(time(&mut plain));
    }
    let (kernel, plain) = (median(of_kernel), median(of_plain));
    println!("{name:<44}{kernel:>10.1}{plain:>12.1}{:>8.2}", plain / kernel);
}

/// What this thread has had of a processor: others on the machine do not count.
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes, as clock_gettime asks.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn part(at: usize) -> [u8; 8] {
    KEY.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default()
}

fn md5(filter: &str) {
    let blocks = vec![[0x5A; 64]; LONG / 64];
    let (mut ours, mut theirs) = (INITIAL, INITIAL);
    compare(
        filter,
        "md5: one stream, 16 KiB; the crate md-5",
        20,
        || compress(&mut ours, black_box(&blocks)),
        || md5::block_api::compress(&mut theirs, black_box(&blocks)),
    );
    let block: Block = [0x5A; 64];
    let (mut four, mut one) = ([INITIAL; 4], [INITIAL; 4]);
    compare(
        filter,
        "md5: four blocks in lanes; one after another",
        2000,
        || compress4(&mut four, black_box([&block; 4])),
        || one.iter_mut().for_each(|state| compress(state, black_box(from_ref(&block)))),
    );
}

fn rc4(filter: &str) {
    let key: [u8; 16] = *b"0123456789abcdef";
    let mut bytes = vec![0; LONG];
    let mut same = bytes.clone();
    let mut ours = Rc4::new(&key);
    let Ok(mut theirs) = ::rc4::Rc4::new_from_slice(&key) else { return };
    compare(
        filter,
        "rc4: 16 KiB; the crate rc4",
        20,
        || ours.apply(black_box(&mut bytes)),
        || theirs.apply_keystream(black_box(&mut same)),
    );
    let (mut stream, mut apart) = (Stream::new(&key), Rc4::new(&key));
    let (mut state, mut other) = (INITIAL, INITIAL);
    let mut blocks = vec![[0x5A; 64]; LONG / 64];
    let mut as_many = blocks.clone();
    compare(
        filter,
        "rc4+md5: 16 KiB in one pass; one by one",
        20,
        || stream.seal(&mut state, black_box(&mut blocks)),
        || {
            compress(&mut other, black_box(&as_many));
            apart.apply(as_many.as_flattened_mut());
        },
    );
}

fn chains<const KEYS: usize, C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt>(
    filter: &str,
    name: &str,
    key: &[u8],
    new: impl Fn() -> Cbc<KEYS>,
) {
    let Ok(cipher) = C::new_from_slice(key) else { return };
    let mut bytes = vec![0x5A; LONG];
    let mut same = bytes.clone();
    let mut chain = new();
    let mut vector = part(16);
    compare(
        filter,
        &format!("{name}: 16 KiB encrypted; the crate des"),
        3,
        || chain.encrypt(black_box(&mut bytes)),
        || {
            for block in black_box(&mut same).as_chunks_mut::<8>().0 {
                block.iter_mut().zip(vector).for_each(|(byte, before)| *byte ^= before);
                if let Ok(block) = <&mut CipherBlock<C>>::try_from(&mut block[..]) {
                    cipher.encrypt_block(block);
                }
                vector = *block;
            }
        },
    );
    let mut chain = new();
    compare(
        filter,
        &format!("{name}: 16 KiB decrypted; the crate des"),
        3,
        || chain.decrypt(black_box(&mut bytes)),
        || {
            for block in black_box(&mut same).as_chunks_mut::<8>().0 {
                let sealed = *block;
                if let Ok(block) = <&mut CipherBlock<C>>::try_from(&mut block[..]) {
                    cipher.decrypt_block(block);
                }
                block.iter_mut().zip(vector).for_each(|(byte, before)| *byte ^= before);
                vector = sealed;
            }
        },
    );
    let (mut together, mut apart) = (new(), new());
    let (mut state, mut other) = (INITIAL, INITIAL);
    compare(
        filter,
        &format!("{name}+md5: 16 KiB sealed in one pass; one by one"),
        3,
        || {
            des_md5::seal(&mut together, &mut state, black_box(&mut bytes), 0);
        },
        || {
            compress(&mut other, black_box(same.as_chunks().0));
            apart.encrypt(&mut same);
        },
    );
}

fn strings(filter: &str) {
    let hash: [u8; 16] = *b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF";
    let (mut digits, mut same) = ([0; 32], [0; 32]);
    compare(
        filter,
        "hex: 16 bytes; digit by digit",
        5000,
        || hex::write(black_box(&hash), &mut digits),
        || {
            for (pair, byte) in
                black_box(&mut same).as_chunks_mut().0.iter_mut().zip(black_box(hash))
            {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
                *pair = [digit(byte >> 4), digit(byte & 15)];
            }
        },
    );
    let bytes = [b'x'; 16];
    let stops = [b'"', b'\\', 0x7F];
    compare(
        filter,
        "scan: 16 bytes; byte by byte",
        5000,
        || {
            black_box(scan::marks(black_box(&bytes), stops));
        },
        || {
            let ends = |byte: &u8| *byte < b' ' || stops.contains(byte);
            black_box(black_box(&bytes).iter().position(ends));
        },
    );
}
