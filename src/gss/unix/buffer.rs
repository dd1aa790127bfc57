//! The library's buffers as Rust values that release themselves.

use zeroize::Zeroize;

use super::library::GssFunctions;
use super::types::{Buffer, BufferSet, bytes};

/// A buffer that the library fills; wiped and released when dropped.
pub(super) struct OwnedBuffer<'f> {
    functions: &'f GssFunctions,
    buffer: Buffer,
}

impl<'f> OwnedBuffer<'f> {
    pub(super) fn empty(functions: &'f GssFunctions) -> Self {
        Self { functions, buffer: Buffer::EMPTY }
    }

    /// For a function to fill; once.
    pub(super) fn fill(&mut self) -> *mut Buffer {
        &raw mut self.buffer
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: empty, or what the library filled it with, which lives until it is released.
        unsafe { bytes(self.buffer.value.cast(), self.buffer.length) }
    }

    pub(super) fn string(&self) -> String {
        String::from_utf8_lossy(self.bytes()).trim_end_matches('\0').to_owned()
    }
}

impl Drop for OwnedBuffer<'_> {
    fn drop(&mut self) {
        if !self.buffer.value.is_null() && self.buffer.length > 0 {
            let (start, length) = (self.buffer.value.cast::<u8>(), self.buffer.length);
            // SAFETY: the library's memory, which is ours until the release below.
            unsafe { std::slice::from_raw_parts_mut(start, length) }.zeroize();
        }
        let mut minor = 0;
        // SAFETY: filled by the library, or empty; not used afterwards.
        unsafe { (self.functions.gss_release_buffer)(&raw mut minor, &raw mut self.buffer) };
    }
}

/// A set of buffers that the library makes; released when dropped.
pub(super) struct OwnedBufferSet<'f> {
    functions: &'f GssFunctions,
    set: *mut BufferSet,
}

impl<'f> OwnedBufferSet<'f> {
    pub(super) fn empty(functions: &'f GssFunctions) -> Self {
        Self { functions, set: std::ptr::null_mut() }
    }

    /// For a function to fill; once.
    pub(super) fn fill(&mut self) -> *mut *mut BufferSet {
        &raw mut self.set
    }

    /// The buffer of that number.
    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        if self.set.is_null() {
            return None;
        }
        // SAFETY: not null, so what the library filled it with.
        let BufferSet { count, elements } = unsafe { self.set.read() };
        if index >= count {
            return None;
        }
        // SAFETY: one of `count`.
        let Buffer { length, value } = unsafe { elements.wrapping_add(index).read() };
        // SAFETY: the library's memory, until the set is released.
        Some(unsafe { bytes(value.cast(), length) })
    }
}

impl Drop for OwnedBufferSet<'_> {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: filled by the library, or null; not used afterwards.
        unsafe { (self.functions.gss_release_buffer_set)(&raw mut minor, &raw mut self.set) };
    }
}
