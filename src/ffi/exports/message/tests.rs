//! Messages through the exports, with a fake package behind them.

use super::*;
use crate::error::Status;
use crate::ffi::abi::types::SecBuffer;
use crate::ffi::tests::{credential, established};
use crate::sspi::buffer_type::{READONLY, READONLY_WITH_CHECKSUM};
use crate::testing::calls::*;
use crate::testing::package::MASK;

const PADDING: u32 = 9;
const STREAM: u32 = 10;
const EMPTY: u32 = 0;

#[derive(Clone, Copy, Debug)]
enum Call {
    Sign,
    Verify,
    Seal,
    Open,
}

/// Calls an export on `buffers`; returns its status and the quality of protection it wrote.
fn call(call: Call, mut context: CtxtHandle, buffers: &mut [SecBuffer]) -> (u32, u32) {
    let mut message = descriptor(buffers);
    let (context, message) = (&raw mut context, &raw mut message);
    let mut qop = 0xDEAD;
    // SAFETY: every pointer is to what the header says.
    let status = unsafe {
        match call {
            Call::Sign => MakeSignature(context, 0, message, 0),
            Call::Verify => VerifySignature(context, message, 0, &raw mut qop),
            Call::Seal => EncryptMessage(context, 0, message, 0),
            Call::Open => DecryptMessage(context, message, 0, &raw mut qop),
        }
    };
    (status.cast_unsigned(), qop)
}

const ALL: [Call; 4] = [Call::Sign, Call::Verify, Call::Seal, Call::Open];

#[test]
fn a_signature_is_written_and_its_length_set() {
    let context = established();
    let (mut data, mut token) = (Memory::of(b"message"), Memory::of(&[0; 20]));
    let mut buffers = [data.buffer(DATA | READONLY), token.buffer(TOKEN)];
    assert_eq!(call(Call::Sign, context, &mut buffers).0, 0);
    assert_eq!((buffers[0].cbBuffer, buffers[1].cbBuffer), (7, 16));
    assert_eq!(data.bytes(), b"message");
    assert_eq!(token.bytes(), [[9; 16].as_slice(), &[0; 4]].concat());
    let mut buffers = [data.buffer(DATA | READONLY), token.buffer(TOKEN)];
    assert_eq!(call(Call::Verify, context, &mut buffers), (0, 0));
    let mut altered = Memory::of(&[1; 16]);
    let mut buffers = [data.buffer(DATA), altered.buffer(TOKEN)];
    let altered = Status::MESSAGE_ALTERED.code();
    assert_eq!(call(Call::Verify, context, &mut buffers), (altered, 0xDEAD), "qop untouched");
}

#[test]
fn r60_too_small_for_a_signature_changes_nothing() {
    let (mut data, mut token) = (Memory::of(b"message"), Memory::of(&[0; 15]));
    let mut buffers = [data.buffer(DATA), token.buffer(TOKEN)];
    let status = call(Call::Sign, established(), &mut buffers).0;
    assert_eq!(status, Status::BUFFER_TOO_SMALL.code());
    assert_eq!((buffers[1].cbBuffer, token.bytes()), (15, &[0; 15][..]));
}

#[test]
fn input_alone_may_share_its_memory() {
    let (mut data, mut token, mut method) =
        (Memory::of(b"message"), Memory::of(&[0; 16]), Memory::of(b"GET"));
    for (kind, status) in [(3, Status::OK), (16, Status::OK), (TOKEN, Status::INVALID_TOKEN)] {
        let (one, other) = (method.buffer(kind), method.buffer(kind));
        let mut buffers = [data.buffer(DATA), token.buffer(TOKEN), one, other];
        let answer = call(Call::Sign, established(), &mut buffers).0;
        assert_eq!(answer, status.code(), "buffers of type {kind}");
    }
}

#[test]
fn a_message_is_sealed_and_opened_in_place() {
    let context = established();
    let (mut data, mut padding) = (Memory::of(b"plain"), Memory::of(&[0; 24]));
    let mut buffers = [data.buffer(DATA), padding.buffer(PADDING)];
    assert_eq!(call(Call::Seal, context, &mut buffers).0, 0);
    assert_eq!((buffers[0].cbBuffer, buffers[1].cbBuffer), (5, 0));
    assert_eq!(data.bytes(), b"plain".map(|byte| byte ^ MASK));
    let mut buffers = [data.buffer(DATA)];
    assert_eq!(call(Call::Open, context, &mut buffers), (0, 0x8000_0001));
    assert_eq!(data.bytes(), b"plain");
}

#[test]
fn beside_a_stream_a_data_buffer_only_receives_a_pointer() {
    let context = established();
    // Before the call it may hold anything: no memory, the stream's own, a length without memory.
    for garbage in [0, 1, 2] {
        let mut stream = Memory::of(&b"+plain".map(|byte| byte ^ MASK));
        let whole = stream.buffer(STREAM);
        let (pointer, length) = match garbage {
            0 => (NOTHING, 0),
            1 => (whole.pvBuffer, 6),
            _ => (std::ptr::without_provenance_mut(8), u32::MAX),
        };
        let data = SecBuffer { cbBuffer: length, BufferType: DATA, pvBuffer: pointer };
        let empty = SecBuffer { BufferType: EMPTY, ..data };
        let mut buffers = [whole, data, empty, empty];
        assert_eq!(call(Call::Open, context, &mut buffers).0, 0);
        assert_eq!(buffers[1].pvBuffer, whole.pvBuffer.wrapping_byte_add(1));
        // SAFETY: inside the stream.
        assert_eq!(unsafe { pointed(buffers[1]) }, b"plain");
        assert_eq!((buffers[0].cbBuffer, buffers[2].cbBuffer), (6, length), "the rest stays");
    }
}

#[test]
fn a_package_that_points_outside_is_an_internal_error() {
    let mut stream = Memory::of(&b"!plain".map(|byte| byte ^ MASK));
    let data = SecBuffer { cbBuffer: 0, BufferType: DATA, pvBuffer: NOTHING };
    let mut buffers = [stream.buffer(STREAM), data];
    let (status, qop) = call(Call::Open, established(), &mut buffers);
    assert_eq!((status, qop), (Status::INTERNAL_ERROR.code(), 0xDEAD));
    assert!(buffers[1].pvBuffer.is_null());
}

#[test]
fn r60_malformed_buffers_are_invalid_token() {
    let context = established();
    let mut memory = Memory::of(&[0; 32]);
    let whole = memory.buffer(DATA);
    let part = |kind, offset, length| SecBuffer {
        cbBuffer: length,
        BufferType: kind,
        pvBuffer: whole.pvBuffer.wrapping_byte_add(offset),
    };
    let rows = [
        ("overlapping", vec![part(DATA, 0, 16), part(TOKEN, 15, 16)]),
        ("the same", vec![part(TOKEN, 0, 16), part(DATA, 0, 16)]),
        ("one inside the other", vec![part(DATA, 0, 32), part(TOKEN, 8, 16)]),
        ("read-only and written", vec![part(DATA | READONLY, 0, 16), part(TOKEN, 0, 16)]),
        ("NULL with a length", vec![SecBuffer { pvBuffer: NOTHING, ..part(DATA, 0, 1) }]),
        ("no buffer", vec![]),
        ("an unknown type alone", vec![part(77, 0, 16)]),
        ("33 buffers", vec![part(EMPTY, 0, 0); 33]),
        (
            "beyond the last address",
            vec![SecBuffer {
                pvBuffer: std::ptr::without_provenance_mut(usize::MAX - 3),
                ..part(DATA, 0, 8)
            }],
        ),
    ];
    for (name, mut buffers) in rows {
        for which in [Call::Sign, Call::Seal, Call::Open] {
            let (status, qop) = call(which, context, &mut buffers);
            assert_eq!(status, Status::INVALID_TOKEN.code(), "{name}: {which:?}");
            assert_eq!(qop, 0xDEAD);
        }
    }
    assert_eq!(memory.bytes(), [0; 32]);
}

#[test]
fn r60_buffers_may_touch_and_not_overlap() {
    let context = established();
    let mut memory = Memory::of(&[0; 24]);
    let whole = memory.buffer(DATA);
    let part = |kind, offset: u32, length| SecBuffer {
        cbBuffer: length,
        BufferType: kind,
        pvBuffer: whole.pvBuffer.wrapping_byte_add(offset as usize),
    };
    let unused = SecBuffer { cbBuffer: 9, BufferType: EMPTY, pvBuffer: whole.pvBuffer };
    for (offset, length) in (0..=24).flat_map(|at| (0..=24 - at).map(move |length| (at, length))) {
        let apart = length == 0 || offset + length <= 8 || offset >= 16;
        for bits in [0, READONLY] {
            let (data, other) = (part(DATA, 8, 8), part(TOKEN | bits, offset, length));
            // One more than there are places for is another way through.
            for mut buffers in [vec![data, other], vec![data, unused, other], vec![other, data]] {
                let status = call(Call::Seal, context, &mut buffers).0;
                let expected = if apart { Status::OK } else { Status::INVALID_TOKEN };
                assert_eq!(status, expected.code(), "{length} bytes at {offset}");
                let mut expected = [0; 24];
                if apart {
                    expected[8..16].fill(MASK);
                }
                assert_eq!(memory.bytes(), expected, "{length} bytes at {offset}");
                if apart {
                    assert_eq!(call(Call::Seal, context, &mut [part(DATA, 8, 8)]).0, 0);
                }
            }
        }
    }
}

#[test]
fn the_array_of_buffers_is_no_message() {
    for count in [2, 3] {
        let unused = SecBuffer { cbBuffer: 0, BufferType: EMPTY, pvBuffer: NOTHING };
        let mut array = vec![unused; count as usize];
        let start = array.as_mut_ptr();
        // The last byte of it is enough.
        let end = start.wrapping_byte_add(16 * count as usize - 1);
        for place in [start, end] {
            // SAFETY: inside the vector.
            unsafe {
                *start = SecBuffer { cbBuffer: 16, BufferType: DATA, pvBuffer: place.cast() }
            };
            let mut message = SecBufferDesc { ulVersion: 0, cBuffers: count, pBuffers: start };
            let mut context = established();
            // SAFETY: every pointer is to what the header says.
            let status = unsafe { EncryptMessage(&raw mut context, 0, &raw mut message, 0) };
            check(status, Status::INVALID_TOKEN);
        }
    }
}

#[test]
fn no_message_is_invalid_token_and_no_context_invalid_handle() {
    let null = std::ptr::null_mut();
    for (mut context, expected) in [
        (established(), Status::INVALID_TOKEN),
        (ONES, Status::INVALID_HANDLE),
        (ZERO, Status::INVALID_HANDLE),
        (credential(true, true), Status::INVALID_HANDLE),
    ] {
        let context = &raw mut context;
        // SAFETY: NULL is refused.
        check(unsafe { MakeSignature(context, 0, null, 0) }, expected);
        // SAFETY: as above.
        check(unsafe { VerifySignature(context, null, 0, std::ptr::null_mut()) }, expected);
        // SAFETY: as above.
        check(unsafe { SealMessage(context, 0, null, 0) }, expected);
        // SAFETY: as above.
        check(unsafe { UnsealMessage(context, null, 0, std::ptr::null_mut()) }, expected);
    }
}

#[test]
fn read_only_buffers_may_overlap_and_are_not_written() {
    let context = established();
    let mut memory = Memory::of(&[3; 16]);
    let mut token = Memory::of(&[0; 16]);
    for bit in [READONLY, READONLY_WITH_CHECKSUM] {
        let both = memory.buffer(DATA | bit);
        let mut buffers = [both, both, token.buffer(TOKEN)];
        assert_eq!(call(Call::Sign, context, &mut buffers).0, 0);
        assert_eq!(call(Call::Seal, context, &mut buffers).0, Status::INVALID_TOKEN.code());
        assert_eq!(memory.bytes(), [3; 16]);
    }
}

#[test]
fn as_many_buffers_as_are_allowed_are_seen() {
    let context = established();
    for count in [1, 2, 3, 4, 5, 8, 9, 32] {
        let mut data = Memory::of(b"last");
        let unused = SecBuffer { cbBuffer: 0, BufferType: EMPTY, pvBuffer: NOTHING };
        let mut buffers = vec![unused; count];
        buffers[count - 1] = data.buffer(DATA);
        assert_eq!(call(Call::Seal, context, &mut buffers).0, 0, "{count}");
        assert_eq!(data.bytes(), b"last".map(|byte| byte ^ MASK), "{count}");
    }
}

#[test]
fn empty_messages_are_messages() {
    let context = established();
    for pointer in [NOTHING, std::ptr::without_provenance_mut(1)] {
        let data = SecBuffer { cbBuffer: 0, BufferType: DATA, pvBuffer: pointer };
        assert_eq!(call(Call::Seal, context, &mut [data]).0, 0);
        assert_eq!(call(Call::Open, context, &mut [data]).0, 0);
    }
}

#[test]
fn before_the_end_of_the_exchange_every_call_is_refused() {
    let mut token = Memory::of(&[0; 8]);
    let mut first = Accept::first(credential(true, false));
    first.output = vec![token.buffer(TOKEN)];
    check(first.call(), Status::CONTINUE_NEEDED);
    for which in ALL {
        let mut data = Memory::of(&[9; 16]);
        let status = call(which, first.new_context, &mut [data.buffer(DATA)]).0;
        assert_eq!(status, Status::INVALID_HANDLE.code(), "{which:?}");
    }
}
