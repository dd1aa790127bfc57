//! Steps of an exchange through the exports, with a fake package behind them.

use super::*;
use crate::ffi::abi::types::{SecBuffer, SecHandle};
use crate::ffi::caller::memory::size_of;
use crate::ffi::exports::memory::FreeContextBuffer;
use crate::ffi::tests::{credential, established};
use crate::handle::{Handle, Table};
use crate::sasl::Session;
use crate::sspi::buffer_type::READONLY;
use crate::testing::calls::*;

const ALLOCATE: u32 = 0x100;

fn delete(mut context: SecHandle) -> SECURITY_STATUS {
    // SAFETY: a handle.
    unsafe { DeleteSecurityContext(&raw mut context) }
}

#[test]
fn an_exchange_goes_through_in_the_callers_memory() {
    let mut token = Memory::of(&[0xFF; 6]);
    let mut first = Accept::first(credential(true, false));
    first.output = vec![token.buffer(TOKEN)];
    check(first.call(), Status::CONTINUE_NEEDED);
    assert_eq!(first.output[0].cbBuffer, 5);
    assert_eq!(token.bytes(), b"hello\0", "and a terminator, as there is room");
    assert_eq!(first.attributes, 0x800 | 0x2_0000);
    let context = first.new_context;

    let (mut input, mut exact) = (Memory::of(b"answer"), Memory::of(&[0xFF; 6]));
    let mut second = Accept { context, ..Accept::first(first.credential) };
    second.input = vec![input.buffer(TOKEN)];
    second.output = vec![exact.buffer(TOKEN)];
    check(second.call(), Status::OK);
    assert_eq!(second.new_context, context, "subsequent steps write the same handle");
    assert_eq!((exact.bytes(), second.output[0].cbBuffer), (&b"answer"[..], 6));
    check(delete(context), Status::OK);
}

#[test]
fn r60_a_buffer_one_byte_too_small_is_told_the_length_and_nothing_else_is_written() {
    for capacity in [0, 4] {
        let mut token = Memory::of(&vec![0xFF; capacity]);
        let mut first = Accept::first(credential(true, false));
        first.output = vec![token.buffer(TOKEN)];
        check(first.call(), Status::BUFFER_TOO_SMALL);
        assert_eq!(first.output[0].cbBuffer, 5);
        assert_eq!(token.bytes(), vec![0xFF; capacity]);
        assert_eq!((first.new_context, first.attributes), (UNTOUCHED, 0xDEAD));
        let mut larger = Memory::of(&[0xFF; 5]);
        first.output = vec![larger.buffer(TOKEN)];
        check(first.call(), Status::CONTINUE_NEEDED);
        assert_eq!(larger.bytes(), b"hello");
        check(delete(first.new_context), Status::OK);
    }
}

#[test]
fn r60_malformed_descriptors_are_invalid_token() {
    let mut memory = Memory::of(&[0; 8]);
    let good = memory.buffer(TOKEN);
    let null_with_length = SecBuffer { pvBuffer: NOTHING, ..good };
    let rows = [
        ("NULL with a length", vec![null_with_length]),
        ("33 buffers", vec![good; 33]),
        ("only a DATA buffer", vec![SecBuffer { BufferType: DATA, ..good }]),
        ("only a read-only TOKEN", vec![SecBuffer { BufferType: TOKEN | READONLY, ..good }]),
        ("no buffer", vec![]),
    ];
    for (name, output) in rows {
        let mut first = Accept { output, ..Accept::first(credential(true, false)) };
        let status = first.call();
        assert_eq!(status.cast_unsigned(), Status::INVALID_TOKEN.code(), "{name}");
        assert_eq!((first.new_context, first.attributes), (UNTOUCHED, 0xDEAD), "{name}");
    }
    let mut first = Accept::first(credential(true, false));
    first.input = vec![null_with_length];
    first.output = vec![good];
    check(first.call(), Status::INVALID_TOKEN);
}

#[test]
fn r60_counts_and_addresses_of_the_array_are_checked() {
    let mut aligned = vec![SecBuffer { cbBuffer: 0, BufferType: 0, pvBuffer: NOTHING }; 2];
    let unaligned = aligned.as_mut_ptr().wrapping_byte_add(1);
    let array = aligned.as_mut_ptr();
    let rows = [(u32::MAX, array), (33, array), (1, std::ptr::null_mut()), (1, unaligned)];
    for (count, buffers) in rows {
        let mut descriptor = SecBufferDesc { ulVersion: 0, cBuffers: count, pBuffers: buffers };
        let mut inbound = credential(true, false);
        let mut context = UNTOUCHED;
        // SAFETY: all pointers but the tested ones are good.
        let status = unsafe {
            AcceptSecurityContext(
                &raw mut inbound,
                std::ptr::null_mut(),
                &raw mut descriptor,
                0,
                0,
                &raw mut context,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        check(status, Status::INVALID_TOKEN);
        assert_eq!(context, UNTOUCHED);
    }
}

#[test]
fn r60_unknown_types_bits_and_versions_are_passed_over() {
    let (mut odd, mut token) = (Memory::of(b"odd"), Memory::of(&[0xFF; 5]));
    let mut first = Accept::first(credential(true, false));
    first.request = 0xE000_0200;
    first.input = vec![odd.buffer(77)];
    first.output = vec![odd.buffer(78), token.buffer(TOKEN)];
    let mut input = descriptor(&mut first.input);
    input.ulVersion = 99;
    let mut output = descriptor(&mut first.output);
    output.ulVersion = u32::MAX;
    // SAFETY: every pointer is to what the header says.
    let status = unsafe {
        AcceptSecurityContext(
            &raw mut first.credential,
            std::ptr::null_mut(),
            &raw mut input,
            first.request,
            7,
            &raw mut first.new_context,
            &raw mut output,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    check(status, Status::CONTINUE_NEEDED);
    assert_eq!((token.bytes(), odd.bytes()), (&b"hello"[..], &b"odd"[..]));
}

#[test]
fn a_read_only_token_buffer_is_passed_over_for_the_next() {
    let (mut fixed, mut token) = (Memory::of(&[1; 8]), Memory::of(&[0xFF; 5]));
    let mut first = Accept::first(credential(true, false));
    first.output = vec![fixed.buffer(TOKEN | READONLY), token.buffer(TOKEN)];
    check(first.call(), Status::CONTINUE_NEEDED);
    assert_eq!((fixed.bytes(), token.bytes()), (&[1; 8][..], &b"hello"[..]));
}

#[test]
fn allocated_tokens_are_the_callers_to_free() {
    let mut first = Accept::first(credential(true, false));
    first.request = ALLOCATE;
    // What pvBuffer and cbBuffer hold is ignored.
    let garbage = std::ptr::without_provenance_mut(0x10);
    first.output = vec![SecBuffer { cbBuffer: 9, BufferType: TOKEN, pvBuffer: garbage }];
    check(first.call(), Status::CONTINUE_NEEDED);
    // SAFETY: just allocated.
    assert_eq!(unsafe { pointed(first.output[0]) }, b"hello");
    assert_eq!(first.attributes, 0x100 | 0x800 | 0x2_0000);
    assert!(size_of(first.output[0].pvBuffer).is_some());
    // SAFETY: just allocated.
    check(unsafe { FreeContextBuffer(first.output[0].pvBuffer) }, Status::OK);
}

#[test]
fn without_a_token_nothing_is_allocated() {
    let mut silence = Memory::of(b"silence");
    for (request, pointer) in
        [(ALLOCATE, std::ptr::null_mut()), (0, silence.buffer(TOKEN).pvBuffer)]
    {
        let mut input = Memory::of(b"silence");
        let mut first = Accept::first(credential(true, false));
        first.request = request;
        first.input = vec![input.buffer(TOKEN)];
        first.output = vec![silence.buffer(TOKEN)];
        check(first.call(), Status::CONTINUE_NEEDED);
        assert_eq!((first.output[0].cbBuffer, first.output[0].pvBuffer), (0, pointer));
        assert_eq!(first.attributes & 0x100, 0);
        first.output.clear();
        check(first.call(), Status::CONTINUE_NEEDED);
    }
}

#[test]
fn a_refusal_or_a_panic_writes_nothing_and_allocates_nothing() {
    for (word, status) in
        [(&b"refuse"[..], Status::LOGON_DENIED), (b"panic", Status::INTERNAL_ERROR)]
    {
        let (mut input, mut token) = (Memory::of(word), Memory::of(&[0xFF; 8]));
        let mut first = Accept::first(credential(true, false));
        first.input = vec![input.buffer(TOKEN)];
        first.output = vec![token.buffer(TOKEN)];
        check(first.call(), status);
        assert_eq!((first.new_context, first.attributes), (UNTOUCHED, 0xDEAD));
        assert_eq!((token.bytes(), first.output[0].cbBuffer), (&[0xFF; 8][..], 8));
        // A subsequent step's context stays the caller's, and the handle stays good.
        first.input.clear();
        check(first.call(), Status::CONTINUE_NEEDED);
        first.context = first.new_context;
        first.input = vec![input.buffer(TOKEN)];
        check(first.call(), status);
        check(delete(first.context), Status::OK);
    }
}

#[test]
fn input_and_output_may_be_the_same_memory() {
    let mut memory = Memory::of(b"in place");
    let mut first = Accept::first(credential(true, false));
    first.output = vec![memory.buffer(TOKEN)];
    check(first.call(), Status::CONTINUE_NEEDED);
    first.context = first.new_context;
    let mut memory = Memory::of(b"in place....");
    let whole = memory.buffer(TOKEN);
    first.input = vec![SecBuffer { cbBuffer: 8, ..whole }];
    // The output begins in the midst of the input.
    let shifted = whole.pvBuffer.wrapping_byte_add(3);
    first.output = vec![SecBuffer { cbBuffer: 9, pvBuffer: shifted, ..whole }];
    check(first.call(), Status::OK);
    assert_eq!(memory.bytes(), b"in in place\0");
}

#[test]
fn r61_every_handle_but_a_live_one_is_invalid_handle() {
    let (inbound, context) = (credential(true, false), established());
    let stale = established();
    check(delete(stale), Status::OK);
    check(delete(stale), Status::INVALID_HANDLE);
    let swapped = SecHandle { dwLower: context.dwUpper, dwUpper: context.dwLower };
    for handle in [ONES, stale, swapped, inbound] {
        let mut call = Accept { context: handle, ..Accept::first(inbound) };
        check(call.call(), Status::INVALID_HANDLE);
        assert_eq!((call.new_context, call.attributes), (UNTOUCHED, 0xDEAD));
        check(delete(handle), Status::INVALID_HANDLE);
    }
    check(delete(ZERO), Status::INVALID_HANDLE);
    for handle in [ONES, ZERO, context] {
        check(Accept::first(handle).call(), Status::INVALID_HANDLE);
    }
    // SAFETY: NULL is refused.
    check(unsafe { DeleteSecurityContext(std::ptr::null_mut()) }, Status::INVALID_HANDLE);
    check(delete(context), Status::OK);
}

#[test]
fn a_copied_handle_is_as_good_as_the_first() {
    let context = established();
    let copy = context;
    check(delete(copy), Status::OK);
    check(delete(context), Status::INVALID_HANDLE);
}

#[test]
fn r61_deleted_by_many_threads_is_deleted_once() {
    let context = established();
    let deleted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| delete(context) == 0)).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!(deleted, 1);
}

#[test]
fn a_first_call_needs_a_credential_and_a_place_for_the_handle() {
    use std::ptr::null_mut as null;
    let (mut inbound, mut place) = (credential(true, false), UNTOUCHED);
    let (inbound, place) = (&raw mut inbound, &raw mut place);
    for (credential, new_context) in [(null(), place), (inbound, null())] {
        // SAFETY: NULL is refused.
        let status = unsafe {
            AcceptSecurityContext(
                credential,
                null(),
                null(),
                0,
                0,
                new_context,
                null(),
                null(),
                null(),
            )
        };
        check(status, Status::INVALID_HANDLE);
    }
    check(Accept::first(credential(false, true)).call(), Status::NO_CREDENTIALS);
}

#[test]
fn a_client_is_given_its_target_in_both_encodings() {
    let mut outbound = credential(false, true);
    let mut wide: Vec<u16> = "imap/höst\0".encode_utf16().collect();
    let mut narrow = Memory::of("imap/höst\0".as_bytes());
    let (mut input, mut token) = (Memory::of(b"target"), Memory::of(&[0; 10]));
    for form in 0..3 {
        let (mut inputs, mut outputs) = ([input.buffer(TOKEN)], [token.buffer(TOKEN)]);
        let (mut inputs, mut outputs) = (descriptor(&mut inputs), descriptor(&mut outputs));
        let (mut context, mut attributes) = (UNTOUCHED, 0);
        let mut expiry = TimeStamp { LowPart: 0, HighPart: 0 };
        wide[5] = if form == 2 { 0xD800 } else { 0x68 };
        let target = narrow.buffer(0).pvBuffer.cast();
        let null = std::ptr::null_mut();
        // SAFETY: every pointer is to what the header says.
        let status = unsafe {
            match form {
                0 => InitializeSecurityContextA(
                    &raw mut outbound,
                    null,
                    target,
                    0,
                    0,
                    0,
                    &raw mut inputs,
                    0,
                    &raw mut context,
                    &raw mut outputs,
                    &raw mut attributes,
                    &raw mut expiry,
                ),
                _ => InitializeSecurityContextW(
                    &raw mut outbound,
                    null,
                    wide.as_mut_ptr(),
                    0,
                    0,
                    0,
                    &raw mut inputs,
                    0,
                    &raw mut context,
                    &raw mut outputs,
                    &raw mut attributes,
                    &raw mut expiry,
                ),
            }
        };
        if form == 2 {
            check(status, Status::TARGET_UNKNOWN);
            assert_eq!((context, attributes), (UNTOUCHED, 0));
            continue;
        }
        check(status, Status::CONTINUE_NEEDED);
        assert_eq!(token.bytes(), "imap/höst".as_bytes());
        assert_eq!(attributes, 0x800 | 0x1_0000, "the ISC numbering");
        assert_eq!((expiry.LowPart, expiry.HighPart), (u32::MAX, i32::MAX));
        check(delete(context), Status::OK);
    }
}

#[test]
fn what_no_package_does_is_unsupported_and_bad_handles_still_are() {
    for (mut handle, expected) in
        [(established(), Status::UNSUPPORTED_FUNCTION), (ONES, Status::INVALID_HANDLE)]
    {
        let null = std::ptr::null_mut();
        // SAFETY: a handle, and what is not used.
        check(unsafe { CompleteAuthToken(&raw mut handle, null) }, expected);
        // SAFETY: as above.
        check(unsafe { ApplyControlToken(&raw mut handle, null) }, expected);
    }
}

#[test]
fn a_context_deleted_during_a_call_lives_until_its_end() {
    let context = established();
    let session = CONTEXTS.get(Handle { lower: context.dwLower, upper: context.dwUpper }).unwrap();
    check(delete(context), Status::OK);
    assert!(session.context().established());
}

#[test]
fn a_session_takes_one_line_of_the_cache() {
    assert_eq!(Table::<Session>::BYTES, 64);
}
