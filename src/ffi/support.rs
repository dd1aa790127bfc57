//! What the tests of the exports share: buffers of exactly the size asked for, so that a checker
//! sees each octet beyond them.

use std::ffi::c_void;

use super::context::AcceptSecurityContext;
use super::types::{SECURITY_STATUS, SecBuffer, SecBufferDesc, SecHandle};
use crate::sspi::Status;

pub(super) const TOKEN: u32 = 2;
pub(super) const DATA: u32 = 1;
pub(super) const ZERO: SecHandle = SecHandle { dwLower: 0, dwUpper: 0 };
pub(super) const ONES: SecHandle = SecHandle { dwLower: usize::MAX, dwUpper: usize::MAX };
/// What stands where nothing was written.
pub(super) const UNTOUCHED: SecHandle = SecHandle { dwLower: 0xDEAD, dwUpper: 0xBEEF };
pub(super) const NOTHING: *mut c_void = std::ptr::null_mut();

/// Compares a returned status with an expected one, readably.
#[track_caller]
pub(super) fn check(status: SECURITY_STATUS, expected: Status) {
    assert_eq!(Status::from(status.cast_unsigned()), expected);
}

/// Memory on the heap, of exactly this size. Like a C caller's it is known by its address, so that
/// any number of buffers may name it.
pub(super) struct Memory(*mut [u8]);

impl Memory {
    pub(super) fn of(octets: &[u8]) -> Self {
        Self(Box::into_raw(octets.into()))
    }

    /// A buffer over all of it.
    pub(super) fn buffer(&mut self, kind: u32) -> SecBuffer {
        let length = u32::try_from(self.0.len()).unwrap();
        SecBuffer { cbBuffer: length, BufferType: kind, pvBuffer: self.0.cast() }
    }

    pub(super) fn octets(&self) -> &[u8] {
        // SAFETY: the box of `of`, which no call is using now.
        unsafe { &*self.0 }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the box of `of`, dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// A descriptor of `buffers`.
pub(super) fn descriptor(buffers: &mut [SecBuffer]) -> SecBufferDesc {
    SecBufferDesc {
        ulVersion: 0,
        cBuffers: u32::try_from(buffers.len()).unwrap(),
        pBuffers: buffers.as_mut_ptr(),
    }
}

/// The octets that a buffer points to.
///
/// # Safety
/// They can be read.
pub(super) unsafe fn pointed<'a>(buffer: SecBuffer) -> &'a [u8] {
    let length = usize::try_from(buffer.cbBuffer).unwrap();
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(buffer.pvBuffer.cast::<u8>(), length) }
}

/// The arguments of an accept call, and what it left.
pub(super) struct Accept {
    pub(super) credential: SecHandle,
    pub(super) context: SecHandle,
    pub(super) request: u32,
    pub(super) input: Vec<SecBuffer>,
    pub(super) output: Vec<SecBuffer>,
    pub(super) new_context: SecHandle,
    pub(super) attributes: u32,
}

impl Accept {
    /// A first call.
    pub(super) fn first(credential: SecHandle) -> Self {
        Self {
            credential,
            context: ZERO,
            request: 0,
            input: Vec::new(),
            output: Vec::new(),
            new_context: UNTOUCHED,
            attributes: 0xDEAD,
        }
    }

    pub(super) fn call(&mut self) -> SECURITY_STATUS {
        let mut input = descriptor(&mut self.input);
        let mut output = descriptor(&mut self.output);
        // SAFETY: every pointer is to what the header says, or NULL where it allows that.
        unsafe {
            AcceptSecurityContext(
                &raw mut self.credential,
                &raw mut self.context,
                &raw mut input,
                self.request,
                0,
                &raw mut self.new_context,
                &raw mut output,
                &raw mut self.attributes,
                std::ptr::null_mut(),
            )
        }
    }
}
