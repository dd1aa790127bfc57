//! First steps whose token did not fit, through the exports.

use crate::error::Status;
use crate::ffi::abi::types::{SecBuffer, SecHandle};
use crate::ffi::exports::context::*;
use crate::ffi::exports::credentials::FreeCredentialsHandle;
use crate::ffi::pending_first_steps::{self as pending, FirstStep};
use crate::ffi::tests::credential;
use crate::handle::Handle;
use crate::sasl::StepRequest;
use crate::sspi::{Flags, InputBuffer, Inputs, Role};
use crate::testing::calls::*;

/// Whether a first step with the token `abcd` is pending; then no longer.
fn was_pending(credential: SecHandle) -> bool {
    let credential = Handle { lower: credential.dwLower, upper: credential.dwUpper };
    let inputs = Inputs(&[InputBuffer { kind: TOKEN, data: b"abcd" }]);
    let (role, flags) = (Role::Server, Flags::NONE);
    let step = StepRequest { role, through_sasl: false, inputs, flags, target: None };
    FirstStep::of(credential, &step).and_then(pending::take).is_some()
}

#[test]
fn a_first_step_is_pending_under_the_token_that_came_where_input_and_output_are_the_same() {
    let mut memory = Memory::of(b"abcd");
    let mut buffers = vec![memory.buffer(TOKEN)];
    let mut described = descriptor(&mut buffers);
    let both = &raw mut described;
    let (null, mut context) = (std::ptr::null_mut(), UNTOUCHED);
    let mut inbound = credential(true, false);
    let given = &raw mut inbound;
    // SAFETY: the pointers are to live locals, or NULL where that is allowed.
    let status = unsafe {
        let (flags, new) = (0, &raw mut context);
        AcceptSecurityContext(given, null, both, flags, 0, new, both, null.cast(), null.cast())
    };
    check(status, Status::BUFFER_TOO_SMALL);
    assert_eq!(buffers[0].cbBuffer, 5);
    assert!(was_pending(inbound));
}

#[test]
fn a_repetition_that_cannot_be_written_to_leaves_the_first_step_pending() {
    let (mut token, mut small) = (Memory::of(b"abcd"), Memory::of(&[0; 2]));
    let mut first = Accept::first(credential(true, false));
    first.input = vec![token.buffer(TOKEN)];
    first.output = vec![small.buffer(TOKEN)];
    check(first.call(), Status::BUFFER_TOO_SMALL);
    first.output = vec![SecBuffer { cbBuffer: 9, BufferType: TOKEN, pvBuffer: NOTHING }];
    check(first.call(), Status::INVALID_TOKEN);
    assert!(was_pending(first.credential));
}

#[test]
fn a_first_step_without_an_output_is_pending_too() {
    let mut token = Memory::of(b"abcd");
    let mut first = Accept::first(credential(true, false));
    first.input = vec![token.buffer(TOKEN)];
    check(first.call(), Status::INVALID_TOKEN);
    assert!(was_pending(first.credential));
}

#[test]
fn a_freed_credential_has_no_pending_steps() {
    let (mut token, mut small) = (Memory::of(b"abcd"), Memory::of(&[0; 2]));
    let mut first = Accept::first(credential(true, false));
    first.input = vec![token.buffer(TOKEN)];
    first.output = vec![small.buffer(TOKEN)];
    check(first.call(), Status::BUFFER_TOO_SMALL);
    // SAFETY: the handle is a live local.
    check(unsafe { FreeCredentialsHandle(&raw mut first.credential) }, Status::OK);
    assert!(!was_pending(first.credential));
}
