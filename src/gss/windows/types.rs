//! C's structures as the machine's functions take them. Their layout is the same on every machine,
//! so that the tests of this module run on all of them.

use std::ffi::c_void;

/// `SecHandle`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SecHandle {
    /// `dwLower`.
    pub(crate) lower: usize,
    /// `dwUpper`.
    pub(crate) upper: usize,
}

/// `SecBuffer`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct SecBuffer {
    pub(super) length: u32,
    pub(super) kind: u32,
    pub(super) memory: *mut c_void,
}

impl SecBuffer {
    pub(super) const EMPTY: Self = Self { length: 0, kind: 0, memory: std::ptr::null_mut() };

    /// A buffer over `bytes`, which the machine reads, and writes where they are writable.
    pub(super) fn over(kind: u32, bytes: &[u8]) -> Self {
        let memory = match bytes {
            [] => std::ptr::null_mut(),
            bytes => bytes.as_ptr().cast_mut().cast(),
        };
        Self { length: u32::try_from(bytes.len()).unwrap_or(u32::MAX), kind, memory }
    }

    /// As [`Self::over`], of memory that is written.
    pub(super) fn over_mut(kind: u32, bytes: &mut [u8]) -> Self {
        let memory = match bytes.len() {
            0 => std::ptr::null_mut(),
            _ => bytes.as_mut_ptr().cast(),
        };
        Self { length: u32::try_from(bytes.len()).unwrap_or(u32::MAX), kind, memory }
    }

    pub(super) fn length(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }
}

/// `SecBufferDesc`.
#[repr(C)]
#[derive(Debug)]
pub(super) struct SecBufferDesc {
    pub(super) version: u32,
    pub(super) count: u32,
    pub(super) buffers: *mut SecBuffer,
}

impl SecBufferDesc {
    pub(super) fn of(buffers: &mut [SecBuffer]) -> Self {
        let count = u32::try_from(buffers.len()).unwrap_or_default();
        Self { version: 0, count, buffers: buffers.as_mut_ptr() }
    }
}

/// `TimeStamp`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct TimeStamp {
    pub(super) low: u32,
    pub(super) high: u32,
}

impl TimeStamp {
    pub(super) fn filetime(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

/// `SecPkgContext_Sizes`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct SizesStructure {
    pub(super) max_token: u32,
    pub(super) max_signature: u32,
    pub(super) block_size: u32,
    pub(super) security_trailer: u32,
}

/// `SecPkgContext_StreamSizes`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct StreamSizesStructure {
    pub(super) header: u32,
    pub(super) trailer: u32,
    pub(super) maximum_message: u32,
    pub(super) buffers: u32,
    pub(super) block_size: u32,
}

/// `SECURITY_NATIVE_DREP`.
pub(super) const NATIVE_DREP: u32 = 0x10;
/// `SECQOP_WRAP_NO_ENCRYPT`.
pub(super) const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;
