//! What the tests of the exports share: buffers of exactly the size asked for, so that a checker
//! sees each byte beyond them.

use std::ffi::c_void;

use crate::error::Status;
use crate::ffi::abi::types::{
    SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecBuffer, SecBufferDesc, SecHandle,
};
use crate::ffi::caller::string;
use crate::ffi::exports::context::AcceptSecurityContext;
use crate::ffi::exports::memory::FreeContextBuffer;

pub(crate) const TOKEN: u32 = 2;
pub(crate) const DATA: u32 = 1;
pub(crate) const ZERO: SecHandle = SecHandle { dwLower: 0, dwUpper: 0 };
pub(crate) const ONES: SecHandle = SecHandle { dwLower: usize::MAX, dwUpper: usize::MAX };
/// What stands where nothing was written.
pub(crate) const UNTOUCHED: SecHandle = SecHandle { dwLower: 0xDEAD, dwUpper: 0xBEEF };
pub(crate) const NOTHING: *mut c_void = std::ptr::null_mut();

/// Compares a returned status with an expected one, readably.
#[track_caller]
pub(crate) fn check(status: SECURITY_STATUS, expected: Status) {
    assert_eq!(Status::from(status.cast_unsigned()), expected);
}

/// Memory on the heap, of exactly this size. Like a C caller's it is known by its address, so that
/// any number of buffers may name it.
pub(crate) struct Memory(*mut [u8]);

impl Memory {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Box::into_raw(bytes.into()))
    }

    /// A buffer over all of it.
    pub(crate) fn buffer(&mut self, kind: u32) -> SecBuffer {
        let length = u32::try_from(self.0.len()).unwrap();
        SecBuffer { cbBuffer: length, BufferType: kind, pvBuffer: self.0.cast() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
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
pub(crate) fn descriptor(buffers: &mut [SecBuffer]) -> SecBufferDesc {
    SecBufferDesc {
        ulVersion: 0,
        cBuffers: u32::try_from(buffers.len()).unwrap(),
        pBuffers: buffers.as_mut_ptr(),
    }
}

/// The bytes that a buffer points to.
///
/// # Safety
/// They can be read.
pub(crate) unsafe fn pointed<'a>(buffer: SecBuffer) -> &'a [u8] {
    let length = usize::try_from(buffer.cbBuffer).unwrap();
    // SAFETY: readable for its length (the caller's promise).
    unsafe { std::slice::from_raw_parts(buffer.pvBuffer.cast::<u8>(), length) }
}

/// The arguments of an accept call, and what it left.
pub(crate) struct Accept {
    pub(crate) credential: SecHandle,
    pub(crate) context: SecHandle,
    pub(crate) request: u32,
    pub(crate) input: Vec<SecBuffer>,
    pub(crate) output: Vec<SecBuffer>,
    pub(crate) new_context: SecHandle,
    pub(crate) attributes: u32,
}

impl Accept {
    /// A first call.
    pub(crate) fn first(credential: SecHandle) -> Self {
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

    pub(crate) fn call(&mut self) -> SECURITY_STATUS {
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

#[track_caller]
pub(crate) fn free<T>(pointer: *mut T) {
    assert!(!pointer.is_null());
    // SAFETY: any pointer may be given.
    check(unsafe { FreeContextBuffer(pointer.cast()) }, Status::OK);
}

/// Reads a string and frees it.
#[track_caller]
pub(crate) fn wide(string: *mut SEC_WCHAR) -> String {
    // SAFETY: a terminated string of the library's.
    let read = unsafe { string::wide(string) }.unwrap().unwrap();
    free(string);
    read
}

/// Reads a string and frees it.
#[track_caller]
pub(crate) fn narrow(string: *mut SEC_CHAR) -> String {
    // SAFETY: a terminated string of the library's.
    let read = unsafe { string::narrow(string.cast()) }.unwrap().unwrap();
    free(string);
    read
}

pub(crate) fn narrow_name(name: &str) -> Memory {
    Memory::of(&[name.as_bytes(), b"\0"].concat())
}

pub(crate) fn wide_name(name: &str) -> Vec<u16> {
    name.encode_utf16().chain([0]).collect()
}
