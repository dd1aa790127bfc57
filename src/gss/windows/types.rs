//! C's structures as the system's functions take them. Their layout is the same on every machine,
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
pub(crate) struct SecBuffer {
    pub(crate) length: u32,
    pub(crate) kind: u32,
    pub(crate) memory: *mut c_void,
}

impl SecBuffer {
    pub(crate) const EMPTY: Self = Self { length: 0, kind: 0, memory: std::ptr::null_mut() };

    /// A buffer over `bytes`, which the system reads, and writes where they are writable.
    pub(crate) fn over(kind: u32, bytes: &[u8]) -> Self {
        let memory = match bytes {
            [] => std::ptr::null_mut(),
            bytes => bytes.as_ptr().cast_mut().cast(),
        };
        Self { length: u32::try_from(bytes.len()).unwrap_or(u32::MAX), kind, memory }
    }

    /// As [`Self::over`], of memory that is written.
    pub(crate) fn over_mut(kind: u32, bytes: &mut [u8]) -> Self {
        let memory = match bytes.len() {
            0 => std::ptr::null_mut(),
            _ => bytes.as_mut_ptr().cast(),
        };
        Self { length: u32::try_from(bytes.len()).unwrap_or(u32::MAX), kind, memory }
    }

    pub(crate) fn length(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }
}

/// `SecBufferDesc`.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct SecBufferDesc {
    pub(crate) version: u32,
    pub(crate) count: u32,
    pub(crate) buffers: *mut SecBuffer,
}

impl SecBufferDesc {
    pub(crate) fn of(buffers: &mut [SecBuffer]) -> Self {
        let count = u32::try_from(buffers.len()).unwrap_or_default();
        Self { version: 0, count, buffers: buffers.as_mut_ptr() }
    }
}

/// `TimeStamp`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct TimeStamp {
    pub(crate) low: u32,
    pub(crate) high: u32,
}

impl TimeStamp {
    pub(crate) fn filetime(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

/// `SecPkgContext_Sizes`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct SizesStructure {
    pub(crate) max_token: u32,
    pub(crate) max_signature: u32,
    pub(crate) block_size: u32,
    pub(crate) security_trailer: u32,
}

/// `SecPkgContext_StreamSizes`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct StreamSizesStructure {
    pub(crate) header: u32,
    pub(crate) trailer: u32,
    pub(crate) maximum_message: u32,
    pub(crate) buffers: u32,
    pub(crate) block_size: u32,
}

/// `SECURITY_NATIVE_DREP`.
pub(crate) const NATIVE_DREP: u32 = 0x10;
/// `SECQOP_WRAP_NO_ENCRYPT`.
pub(crate) const WRAP_NO_ENCRYPT: u32 = 0x8000_0001;
