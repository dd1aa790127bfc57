use std::slice::from_ref;

use md5::{Digest, Md5};

use super::*;

/// Bytes that look random, the same in each run.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// A message with the padding of RFC 1321 §3.1 and §3.2.
fn padded(message: &[u8]) -> Vec<Block> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    bytes.resize((bytes.len() + 8).next_multiple_of(64) - 8, 0);
    bytes.extend((message.len() as u64 * 8).to_le_bytes());
    bytes.as_chunks().0.to_vec()
}

type Four = fn(&mut [Md5State; 4], [&Block; 4]);

/// Each way to hash four blocks that this machine has.
fn paths() -> Vec<(&'static str, Four)> {
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut))]
    let mut paths: Vec<(&str, Four)> = vec![("chosen", compress4)];
    #[cfg(target_arch = "x86_64")]
    {
        paths.push(("sse2", sse2::compress4));
        if avx512::is_there() {
            paths.push(("avx512", |states, blocks| avx512::compress4(states, blocks).unwrap()));
        }
    }
    paths
}

/// Work that says which steps it did, in their order.
#[derive(Clone, Copy)]
struct Counted(usize);

impl Interleaved for Counted {
    fn step(&mut self, step: usize) {
        assert_eq!(step, self.0);
        self.0 += 1;
    }
}

type Together = fn(&mut Md5State, &Block, &mut Counted);

/// Each way to hash a block interleaved with other work that this machine has.
fn interleaved_paths() -> Vec<(&'static str, Together)> {
    let mut paths: Vec<(&str, Together)> =
        vec![("any", compress_interleaved), ("in order", compress_interleaved_in_order)];
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    paths.push(("scalar", scalar::compress_interleaved_in_order));
    #[cfg(target_arch = "x86_64")]
    if avx512::is_there() {
        paths.push(("avx512", |state, block, work| {
            avx512::compress_interleaved_in_order(state, block, work).unwrap();
        }));
    }
    paths
}

#[test]
fn a_block_interleaved_with_work_is_hashed_and_the_work_is_done() {
    for (name, path) in interleaved_paths() {
        let (mut state, mut expected) = (INITIAL, INITIAL);
        for seed in 0..50 {
            let block = *noise(64, seed).first_chunk().unwrap();
            let mut work = Counted(0);
            path(&mut state, &block, &mut work);
            compress(&mut expected, from_ref(&block));
            assert_eq!(state, expected, "{name}, block {seed}");
            assert_eq!(work.0, 64);
        }
    }
}

#[test]
fn one_stream_is_that_of_the_crate_for_every_length() {
    for length in 0..300 {
        let message = noise(length, length as u64);
        let mut state = INITIAL;
        compress(&mut state, &padded(&message));
        let expected: [u8; 16] = Md5::digest(&message).into();
        assert_eq!(bytes_of(&state), expected, "{length} bytes");
    }
}

#[test]
fn blocks_may_come_in_any_portions() {
    let blocks = padded(&noise(2000, 1));
    let mut whole = INITIAL;
    compress(&mut whole, &blocks);
    for size in 1..blocks.len() {
        let mut state = INITIAL;
        blocks.chunks(size).for_each(|some| compress(&mut state, some));
        assert_eq!(state, whole, "{size} at a time");
    }
    compress(&mut whole, &[]);
    assert_eq!(bytes_of(&whole), <[u8; 16]>::from(Md5::digest(noise(2000, 1))));
}

#[test]
fn four_streams_are_each_that_of_the_crate_on_every_path() {
    for (name, four) in paths() {
        for round in 0..300 {
            let messages: [_; 4] = std::array::from_fn(|lane| noise(round, lane as u64 + 7));
            let blocks = messages.each_ref().map(|message| padded(message));
            let mut states = [INITIAL; 4];
            for index in 0..blocks[0].len() {
                four(&mut states, blocks.each_ref().map(|blocks| &blocks[index]));
            }
            for (lane, message) in messages.iter().enumerate() {
                let expected: [u8; 16] = Md5::digest(message).into();
                assert_eq!(bytes_of(&states[lane]), expected, "{name}, {round} bytes, lane {lane}");
            }
        }
    }
}

#[test]
fn lanes_do_not_touch_one_another() {
    for (name, four) in paths() {
        for round in 0..1000_u64 {
            let start: [Md5State; 4] = std::array::from_fn(|lane| {
                let bytes = noise(16, round * 4 + lane as u64);
                std::array::from_fn(|word| u32::from_le_bytes(bytes.as_chunks::<4>().0[word]))
            });
            let blocks: [Block; 4] = std::array::from_fn(|lane| {
                noise(64, round * 4 + lane as u64 + 100_000).try_into().unwrap()
            });
            let mut states = start;
            four(&mut states, blocks.each_ref());
            for lane in 0..4 {
                let mut expected = start[lane];
                md5::block_api::compress(&mut expected, &blocks[lane..=lane]);
                assert_eq!(states[lane], expected, "{name}, round {round}, lane {lane}");
            }
        }
    }
}

#[test]
fn messages_of_any_lengths_are_hashed_side_by_side() {
    for round in 0..200_usize {
        let lengths = [round, 300 - round, round * 7 % 120, round * 13 % 250];
        let messages = lengths.map(|length| noise(length, length as u64));
        let blocks = messages.each_ref().map(|message| padded(message));
        let mut states = [INITIAL; 4];
        compress_all(&mut states, blocks.each_ref().map(Vec::as_slice));
        for (state, message) in states.iter().zip(&messages) {
            assert_eq!(bytes_of(state), <[u8; 16]>::from(Md5::digest(message)), "{lengths:?}");
        }
    }
}

#[test]
fn lanes_are_used_as_long_as_two_messages_go_on() {
    for code in 0..256 {
        let lengths = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6];
        let mut sorted = lengths;
        sorted.sort_unstable();
        assert_eq!(second(lengths), sorted[2], "{lengths:?}");
    }
}

#[test]
fn parts_of_a_message_follow_colons_and_none_is_cut_off() {
    let mut text = PaddedMessage::<1>::new();
    text.push_with(|bytes: &mut [u8; 3]| *bytes = *b"abc").unwrap();
    text.push_part(b"").unwrap();
    text.push_part(b"defg").unwrap();
    assert_eq!(text.len(), 9);
    assert_eq!(text.push_with(|_: &mut [u8; 56]| panic!("there is no room")), None);
    assert_eq!(text.push_part(&[b'x'; 55]), None);
    assert_eq!(text.len(), 9);
    assert_eq!(text.finish(0).unwrap(), padded(b"abc::defg"));
    let mut full = PaddedMessage::<1>::new();
    full.push_part(&[b'x'; 63]).unwrap();
    assert_eq!((full.push_part(b""), full.len()), (None, 64));
}

#[test]
fn a_message_is_padded_in_place_or_has_no_room() {
    for length in 0..=130 {
        let message = noise(length, 3);
        let mut text = PaddedMessage::<2>::new();
        let fits = message.chunks(7).all(|part| text.push(part).is_some());
        assert_eq!(fits, length <= 128);
        match text.finish(0) {
            Some(blocks) => {
                assert!(length <= 119, "{length}");
                assert_eq!(blocks, padded(&message), "{length}");
            }
            None => assert!(length > 119, "{length}"),
        }
    }
}
