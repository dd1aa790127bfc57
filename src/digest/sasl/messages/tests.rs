//! Messages in every shape of buffers.

use super::*;
use crate::digest::message::qop::{Cipher, Named};
use crate::digest::sasl::layer::{Maxbuf, Protection, Signers};
use crate::sspi::Role;

const KEY: [u8; 16] = *b"sixteen of H(A1)";
const EMPTY: u32 = 0;
const MAXBUF: Maxbuf = Maxbuf { peer: 65_536, own: None };

/// One buffer, in memory of exactly its size.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Memory {
    kind: u32,
    flag: Flag,
    bytes: Vec<u8>,
    /// What the call made of its length.
    length: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flag {
    None,
    ReadOnly,
    WithChecksum,
}

use Flag::{ReadOnly, WithChecksum};

fn buffer(kind: u32, bytes: &[u8]) -> Memory {
    Memory { kind, flag: Flag::None, bytes: bytes.to_vec(), length: None }
}

fn data(text: &[u8]) -> Memory {
    buffer(DATA, text)
}

fn room(kind: u32, length: usize) -> Memory {
    buffer(kind, &vec![0xEE; length])
}

fn header(flag: Flag) -> Memory {
    Memory { flag, ..data(b"HEAD") }
}

/// Runs `call` on the buffers; their lengths are set only where it succeeds, or tells what is needed.
fn with<R>(
    buffers: &mut [Memory],
    call: impl FnOnce(&mut Message<'_, '_>) -> Result<R>,
) -> Result<R> {
    let mut views: Vec<MessageBuffer<'_>> = buffers
        .iter_mut()
        .map(|memory| MessageBuffer {
            kind: memory.kind,
            passed_over: memory.flag == WithChecksum,
            data: match memory.flag {
                Flag::None => Data::Writable(&mut memory.bytes),
                ReadOnly | WithChecksum => Data::ReadOnly(&memory.bytes),
            },
            length: None,
            placement: None,
        })
        .collect();
    let result = call(&mut Message(&mut views));
    let lengths: Vec<Option<usize>> = views.iter().map(|view| view.length).collect();
    for (memory, length) in buffers.iter_mut().zip(lengths) {
        memory.length = length;
        if result.is_ok() {
            let length = length.unwrap_or(memory.bytes.len());
            memory.bytes.truncate(length);
        }
    }
    result
}

fn all_protections() -> impl Iterator<Item = Protection> {
    std::iter::once(Protection::Integrity)
        .chain(Cipher::ALL.iter().map(|(cipher, _)| Protection::Confidentiality(*cipher)))
}

fn ends(protection: Protection) -> [Layer; 2] {
    [Role::Client, Role::Server]
        .map(|role| Layer::new(&KEY, Signers::new(&KEY), protection, role, MAXBUF))
}

/// The body as it is sent: in the order of the buffers, or with DATA in front of the others.
fn body(buffers: &[Memory], data_first: bool) -> Vec<u8> {
    let sent = || buffers.iter().filter(|memory| memory.flag == Flag::None && memory.kind != EMPTY);
    let of = |wanted: bool| sent().filter(move |memory| (memory.kind == DATA) == wanted);
    let join = |memory: &Memory| memory.bytes.clone();
    if data_first {
        of(true).chain(of(false)).flat_map(join).collect()
    } else {
        sent().flat_map(join).collect()
    }
}

fn texts(buffers: &[Memory]) -> Vec<u8> {
    let texts = buffers.iter().filter(|memory| memory.flag == Flag::None && memory.kind == DATA);
    texts.flat_map(|memory| memory.bytes.clone()).collect()
}

/// Shapes, and whether the body is DATA first instead of in order.
fn shapes() -> Vec<(Vec<Memory>, bool)> {
    let long: Vec<u8> = (0..=255).cycle().take(700).collect();
    let tiny: Vec<Memory> = (0..29_u8).map(|byte| data(&[byte])).collect();
    let mut shapes = vec![
        (vec![data(b"one"), room(PADDING, 24)], false),
        (vec![data(b"one"), room(TOKEN, 64)], false),
        (vec![room(PADDING, 24), data(b"one")], true),
        (vec![room(TOKEN, 24), data(b"one")], true),
        (vec![data(b"first part "), data(b"second part"), room(PADDING, 64)], false),
        (vec![data(b"first"), room(TOKEN, 24), data(b"second")], true),
        (vec![data(b""), data(b"x"), data(b""), data(b""), room(PADDING, 24)], false),
        (vec![data(&long), data(b""), data(&long[..13]), data(&long), room(TOKEN, 24)], false),
        ([tiny, vec![room(PADDING, 30)]].concat(), false),
        (vec![data(b""), room(PADDING, 24)], false),
        (vec![data(b""), data(b""), room(PADDING, 24)], false),
        // As for any package.
        (vec![room(TOKEN, 16), data(b"generic"), room(PADDING, 8)], false),
        (vec![room(TOKEN, 16), data(b""), room(PADDING, 8)], false),
        (vec![room(TOKEN, 16), data(&long), data(b"and"), data(&long), room(PADDING, 8)], false),
        (vec![room(TOKEN, 64), data(b"generic"), room(PADDING, 0)], false),
        (vec![room(TOKEN, 0), data(b"generic"), room(PADDING, 24)], false),
        (vec![room(TOKEN, 16), data(b"generic"), room(PADDING, 30)], false),
        (vec![data(b"generic"), room(TOKEN, 16), room(PADDING, 8)], false),
        (vec![data(b"generic"), room(PADDING, 8), room(TOKEN, 16)], false),
        (vec![room(EMPTY, 3), room(TOKEN, 16), data(b"generic"), room(PADDING, 8)], false),
        // Two DATA, of which the second is the trailer.
        (vec![data(b"text"), room(DATA, 30)], false),
    ];
    for flag in [ReadOnly, WithChecksum] {
        let text = || data(b"hello");
        shapes.extend([
            (vec![header(flag), text(), room(TOKEN, 24)], false),
            (vec![header(flag), text(), room(PADDING, 24)], false),
            (vec![text(), header(flag), room(TOKEN, 24)], false),
            (vec![text(), room(PADDING, 24), header(flag)], false),
            (
                vec![header(flag), text(), header(flag), text(), room(TOKEN, 24), header(flag)],
                false,
            ),
            (vec![header(flag), room(TOKEN, 16), text(), header(flag), room(PADDING, 8)], false),
            (vec![header(flag), text(), room(DATA, 24)], false),
            (vec![room(TOKEN, 24), header(flag), text()], true),
        ]);
    }
    shapes
}

#[test]
fn every_shape_is_one_body_and_opens_in_every_shape() {
    for protection in all_protections() {
        let [client, server] = ends(protection);
        for (shape, data_first) in shapes() {
            let mut text = texts(&shape);
            if shape.iter().all(|memory| [DATA, EMPTY].contains(&memory.kind)) {
                text.truncate(
                    text.len() - shape.iter().rfind(|m| m.flag == Flag::None).unwrap().bytes.len(),
                );
            }
            let name = format!("{protection:?}: {shape:?}");
            let seal_it = || {
                let mut sealed = shape.clone();
                with(&mut sealed, |message| seal(&client, message)).expect(&name);
                for (before, after) in shape.iter().zip(&sealed) {
                    match (after.kind, after.flag) {
                        (DATA, Flag::None) if after.length.is_none() => {
                            assert_eq!(before.bytes.len(), after.bytes.len(), "{name}");
                        }
                        (_, ReadOnly | WithChecksum) | (EMPTY, _) => {
                            assert_eq!(before, after, "{name}");
                        }
                        _ => (),
                    }
                }
                sealed
            };
            // In the same buffers.
            let mut parts = seal_it();
            with(&mut parts, |message| open(&server, message)).expect(&name);
            assert_eq!(texts(&parts), text, "{name}");
            // Joined, as DATA alone.
            let joined = body(&seal_it(), data_first);
            let expected = client.trailer_length(text.len()).unwrap() + text.len();
            assert_eq!(joined.len(), expected, "{name}");
            let mut alone = [data(&joined)];
            with(&mut alone, |message| open(&server, message)).expect(&name);
            assert_eq!(alone[0].bytes, text, "{name}");
            // Joined, as STREAM, with read-only DATA around.
            let joined = body(&seal_it(), data_first);
            let mut stream =
                [header(ReadOnly), buffer(STREAM, &joined), header(WithChecksum), data(b"")];
            let place = with(&mut stream, |message| {
                open(&server, message)?;
                Ok(message.0[3].placement)
            });
            assert_eq!(
                place,
                Ok(Some(Placement { buffer: 1, offset: 0, length: text.len() })),
                "{name}"
            );
            assert_eq!(stream[1].bytes[..text.len()], text, "{name}");
        }
    }
}

#[test]
fn nothing_writable_is_left_readable() {
    for (cipher, _) in Cipher::ALL {
        let [client, _] = ends(Protection::Confidentiality(*cipher));
        for shape in [
            vec![data(b"the first part"), data(b"the second part"), room(PADDING, 64)],
            vec![
                room(TOKEN, 16),
                data(b"the first part"),
                data(b"the second part"),
                room(PADDING, 8),
            ],
            vec![data(b"the first part"), room(TOKEN, 24), data(b"the second part")],
        ] {
            let mut sealed = shape;
            with(&mut sealed, |message| seal(&client, message)).unwrap();
            let body = body(&sealed, false);
            for part in [&b"first"[..], b"second"] {
                assert!(!body.windows(part.len()).any(|window| window == part), "{cipher:?}");
            }
        }
        // What is left for the trailer has no end that would stay in clear.
        let mut three = [data(b"one"), data(b"two"), data(&[b'3'; 64])];
        let before = three.clone();
        let status = with(&mut three, |message| seal(&client, message)).unwrap_err().status();
        assert_eq!((status, &three), (Status::INVALID_TOKEN, &before));
    }
}

#[test]
fn what_is_too_small_is_told_and_nothing_changes() {
    for protection in all_protections() {
        let [client, server] = ends(protection);
        // 16 bytes, and padding of 7 where there is any.
        let needed = client.trailer_length(7).unwrap();
        for (shape, told, length) in [
            (vec![data(b"a text!"), room(PADDING, 15)], 1, needed),
            (vec![data(b"a "), data(b"text!"), room(TOKEN, 15)], 2, needed),
            (vec![room(PADDING, 0), data(b"a text!")], 0, needed),
            (vec![room(TOKEN, 10), data(b"a text!"), room(PADDING, 5)], 2, needed - 10),
            (vec![data(b"a text!"), room(PADDING, 10), room(TOKEN, 5)], 2, needed - 10),
            (vec![header(ReadOnly), data(b"a text!"), room(DATA, 15)], 2, needed),
        ] {
            let mut sealed = shape.clone();
            let status = with(&mut sealed, |message| seal(&client, message)).unwrap_err().status();
            assert_eq!(status, Status::BUFFER_TOO_SMALL, "{shape:?}");
            for (index, (before, after)) in shape.iter().zip(&sealed).enumerate() {
                assert_eq!(before.bytes, after.bytes, "{shape:?}");
                assert_eq!(after.length, (index == told).then_some(length), "{shape:?}");
            }
        }
        let mut whole = [data(b"next"), room(PADDING, 24)];
        with(&mut whole, |message| seal(&client, message)).unwrap();
        with(&mut whole, |message| open(&server, message)).unwrap();
        assert_eq!(whole[0].bytes, b"next", "nothing was counted");
    }
}

#[test]
fn buffers_that_make_no_message_are_refused() {
    let [client, _] = ends(Protection::Confidentiality(Cipher::Rc4));
    for shape in [
        vec![],
        vec![room(TOKEN, 32), room(PADDING, 32)],
        vec![data(b"text")],
        vec![header(ReadOnly), room(PADDING, 32)],
        vec![header(WithChecksum), room(PADDING, 32)],
        vec![header(ReadOnly), header(WithChecksum), data(b"text")],
        vec![data(b"text"), Memory { flag: ReadOnly, ..room(PADDING, 32) }],
        vec![data(b"text"), data(b"text"), Memory { flag: ReadOnly, ..room(TOKEN, 32) }],
        vec![data(b"text"), Memory { flag: ReadOnly, ..room(DATA, 32) }],
    ] {
        let mut sealed = shape.clone();
        let status = with(&mut sealed, |message| seal(&client, message)).unwrap_err().status();
        assert_eq!((status, &sealed), (Status::INVALID_TOKEN, &shape));
    }
}

#[test]
fn a_frame_of_nothing_or_too_little_is_told_as_such() {
    for protection in all_protections() {
        let [_, server] = ends(protection);
        for length in [0, 1, 15] {
            let some = vec![7; length];
            for (shape, expected) in [
                (vec![data(&some)], Status::INCOMPLETE_MESSAGE),
                (vec![buffer(STREAM, &some), data(b"")], Status::INCOMPLETE_MESSAGE),
                (vec![data(b""), buffer(STREAM, &some)], Status::INCOMPLETE_MESSAGE),
                (vec![data(b""), data(&some)], Status::INCOMPLETE_MESSAGE),
                (vec![header(ReadOnly), data(&some)], Status::INCOMPLETE_MESSAGE),
                (vec![room(TOKEN, 0), data(&some), room(PADDING, 0)], Status::INCOMPLETE_MESSAGE),
                (
                    vec![buffer(TOKEN, &some), data(b""), room(PADDING, 0)],
                    Status::INCOMPLETE_MESSAGE,
                ),
                (vec![data(b""), buffer(PADDING, &some)], Status::BUFFER_TOO_SMALL),
                (vec![data(b""), buffer(TOKEN, &some)], Status::BUFFER_TOO_SMALL),
                (vec![buffer(TOKEN, &some), data(b"")], Status::BUFFER_TOO_SMALL),
                (vec![data(b""), data(b""), buffer(PADDING, &some)], Status::BUFFER_TOO_SMALL),
            ] {
                let mut opened = shape.clone();
                let status =
                    with(&mut opened, |message| open(&server, message)).unwrap_err().status();
                assert_eq!((status, &opened), (expected, &shape), "{protection:?}");
            }
        }
    }
}

#[test]
fn a_changed_message_is_refused_in_every_shape_and_the_good_one_opens() {
    for protection in all_protections() {
        let [client, server] = ends(protection);
        for (shape, _) in shapes() {
            let mut sealed = shape.clone();
            with(&mut sealed, |message| seal(&client, message)).unwrap();
            for index in 0..sealed.len() {
                if sealed[index].flag != Flag::None || sealed[index].kind == EMPTY {
                    continue;
                }
                let length = sealed[index].bytes.len();
                for at in (0..length).step_by(1 + length / 3) {
                    let mut changed = sealed.clone();
                    changed[index].bytes[at] ^= 0x20;
                    let before = changed.clone();
                    let result = with(&mut changed, |message| open(&server, message));
                    assert!(result.is_err(), "{protection:?}: {shape:?}, {index} {at}");
                    for (before, after) in before.iter().zip(&changed) {
                        assert_eq!(before.bytes, after.bytes, "{protection:?}: {shape:?}");
                    }
                }
            }
            with(&mut sealed, |message| open(&server, message)).unwrap();
        }
    }
}

#[test]
fn parts_that_were_cut_elsewhere_open_where_the_text_has_room() {
    for protection in all_protections() {
        let [client, server] = ends(protection);
        for front in 0..=40 {
            let text: Vec<u8> = (0..40).collect();
            let mut sealed = [data(&text), room(PADDING, 24)];
            with(&mut sealed, |message| seal(&client, message)).unwrap();
            let body = body(&sealed, false);
            let overhead = body.len() - text.len();
            let mut parts = [buffer(TOKEN, &body[..front]), data(&body[front..]), room(PADDING, 0)];
            let before = parts.clone();
            match with(&mut parts, |message| open(&server, message)) {
                Ok(_) => {
                    assert!(front <= overhead);
                    assert_eq!(parts[1].bytes, text, "{protection:?} {front}");
                }
                Err(error) => {
                    assert!(front > overhead, "{protection:?} {front}");
                    assert_eq!(error.status(), Status::BUFFER_TOO_SMALL);
                    assert_eq!(parts, before);
                    let mut whole = [data(&body)];
                    with(&mut whole, |message| open(&server, message)).unwrap();
                    assert_eq!(whole[0].bytes, text);
                }
            }
        }
    }
}

/// As callers have it that let the header stand for itself: TOKEN and DATA.
#[test]
fn a_token_before_data_may_be_either_end() {
    for protection in all_protections() {
        let [client, server] = ends(protection);
        let mut sealed = [room(TOKEN, 16), data(b"generic"), room(PADDING, 8)];
        with(&mut sealed, |message| seal(&client, message)).unwrap();
        let [token, text, padding] = sealed;
        let mut parts = [token, data(&[text.bytes, padding.bytes].concat())];
        with(&mut parts, |message| open(&server, message)).unwrap();
        assert_eq!(parts[1].bytes, b"generic", "{protection:?}");
    }
}

#[test]
fn a_signature_covers_the_same_buffers_when_it_is_verified() {
    let [client, server] = ends(Protection::Integrity);
    for shape in [
        vec![data(b"one"), data(b"two"), room(TOKEN, 16)],
        vec![room(TOKEN, 16), header(ReadOnly), data(b""), data(b"two"), room(PADDING, 1)],
        vec![header(WithChecksum), data(b"one"), room(TOKEN, 16), header(WithChecksum)],
        vec![header(WithChecksum), room(TOKEN, 16)],
        vec![header(ReadOnly), room(TOKEN, 16)],
        vec![room(TOKEN, 16)],
        vec![room(TOKEN, 16), room(PADDING, 1)],
    ] {
        let mut signed = shape.clone();
        with(&mut signed, |message| sign(&client, message)).unwrap();
        for (index, memory) in signed.iter().enumerate() {
            let covered =
                memory.kind == DATA && memory.flag != WithChecksum && !memory.bytes.is_empty();
            if covered {
                let mut changed = signed.clone();
                changed[index].bytes[0] ^= 1;
                let refused = with(&mut changed, |message| verify(&server, message)).unwrap_err();
                assert_eq!(refused.status(), Status::MESSAGE_ALTERED, "{shape:?}");
            }
        }
        with(&mut signed, |message| verify(&server, message)).unwrap();
    }
    // Without TOKEN the signature is at the end of the last DATA, and covers all before.
    let mut token = [data(b"one"), data(b"two"), room(TOKEN, 16)];
    with(&mut token, |message| sign(&client, message)).unwrap();
    let joined = [b"two".as_slice(), &token[2].bytes].concat();
    for (first, good) in [(b"One", false), (b"one", true)] {
        let mut buffers = [data(first), data(&joined)];
        let result = with(&mut buffers, |message| verify(&server, message));
        assert_eq!(result.is_ok(), good, "{first:?}");
    }
}
