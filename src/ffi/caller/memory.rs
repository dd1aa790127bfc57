//! The memory that C receives from the library and gives back with `FreeContextBuffer`.
//!
//! Every block is entered in a register, so that a pointer that is not ours, or not ours any more,
//! is refused instead of harming the heap. The blocks come from the C heap (Windows: the process
//! heap), and hold exactly the length asked for, which Windows programs measure.

use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::ptr::NonNull;

use zeroize::Zeroize;

use crate::error::{Error, Result, Status};
use crate::system::fork::{Gated, GatedGuard};
use crate::system::location;

/// Shards of the register; threads meet in one only by chance.
const SHARDS: usize = 32;

/// What the register knows of a block.
#[derive(Clone, Copy)]
struct RegisteredBlock {
    /// Length in bytes.
    size: usize,
    /// Whether C has it: a block that is still being filled is not C's to free.
    released: bool,
}

type BlockRegister = HashMap<usize, RegisteredBlock, BuildHasherDefault<DefaultHasher>>;

static REGISTER: [Gated<BlockRegister>; SHARDS] =
    [const { Gated::new(BlockRegister::with_hasher(BuildHasherDefault::new())) }; SHARDS];

fn shard(address: usize) -> GatedGuard<'static, BlockRegister> {
    // Blocks are 16 bytes apart at least, and their neighbours belong to the same thread.
    let index = (address >> 4) ^ (address >> 12);
    REGISTER[index % SHARDS].lock()
}

fn no_memory() -> Error {
    Error::new(Status::INSUFFICIENT_MEMORY, "memory: the system has none to give")
}

fn not_ours() -> Error {
    Error::new(Status::INVALID_HANDLE, "memory: the pointer is not a block handed out, or no more")
}

/// A zeroed block of memory on its way to C. Dropped before [`ContextBuffer::release`], it is wiped and
/// freed.
#[derive(Debug)]
pub(crate) struct ContextBuffer {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: a block is the only owner of its memory, as a boxed slice is.
unsafe impl Send for ContextBuffer {}

impl ContextBuffer {
    /// A block of `size` bytes, all zero.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(crate) fn zeroed(size: usize) -> Result<Self> {
        if isize::try_from(size).is_err() {
            return Err(no_memory());
        }
        // Even an empty block needs an address of its own.
        let start = NonNull::new(heap::zeroed(size.max(1))).ok_or_else(no_memory)?;
        let address = start.as_ptr().addr();
        let mut register = shard(address);
        if crate::system::heap::reserve(&mut register).is_err() {
            // SAFETY: the block was allocated above and nobody else knows it.
            unsafe { heap::free(start.as_ptr()) };
            return Err(no_memory());
        }
        register.insert(address, RegisteredBlock { size, released: false });
        Ok(Self { start, size })
    }

    /// A block that holds a copy of `bytes`.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(crate) fn holding(bytes: &[u8]) -> Result<Self> {
        let mut block = Self::zeroed(bytes.len())?;
        block.bytes_mut().copy_from_slice(bytes);
        Ok(block)
    }

    /// The block's memory.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `size` initialised bytes are at `start`, and `self` is their only owner.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.size) }
    }

    /// The address that C will see; for pointers from one block, or one part of it, to another.
    #[must_use]
    pub(crate) fn address(&self) -> *mut c_void {
        self.start.as_ptr().cast()
    }

    /// Hands the block to C, which frees it with `FreeContextBuffer`.
    #[must_use]
    pub(crate) fn release(self) -> *mut c_void {
        let start = self.start.as_ptr();
        if location::is_provider() {
            // Whoever has it gives it back to the heap, and does not tell.
            shard(start.addr()).remove(&start.addr());
        } else if let Some(entry) = shard(start.addr()).get_mut(&start.addr()) {
            entry.released = true;
        }
        std::mem::forget(self);
        start.cast()
    }
}

impl Drop for ContextBuffer {
    fn drop(&mut self) {
        shard(self.start.as_ptr().addr()).remove(&self.start.as_ptr().addr());
        self.bytes_mut().zeroize();
        // SAFETY: the block came from this heap and is freed once, here.
        unsafe { heap::free(self.start.as_ptr()) };
    }
}

/// Takes a block back from C, wipes and frees it. NULL is nothing to free.
///
/// # Errors
/// `INVALID_HANDLE` when `pointer` is not the start of a block that C has; nothing is touched.
pub(crate) fn free(pointer: *mut c_void) -> Result<()> {
    let Some(start) = NonNull::new(pointer.cast::<u8>()) else {
        return Ok(());
    };
    let address = start.as_ptr().addr();
    let size = match shard(address).entry(address) {
        std::collections::hash_map::Entry::Occupied(entry) if entry.get().released => {
            let size = entry.get().size;
            // Back to being ours alone: of two threads that free it, one comes here.
            entry.into_mut().released = false;
            size
        }
        _ if location::is_provider() => {
            // SAFETY: released blocks are not in the register then; the pointer is the caller's to
            // answer for, as with every function that frees.
            unsafe { heap::free(start.as_ptr()) };
            return Ok(());
        }
        _ => return Err(not_ours()),
    };
    if heap::holds(start.as_ptr(), size) {
        drop(ContextBuffer { start, size });
        return Ok(());
    }
    // Somebody gave it back to the heap past this library.
    shard(address).remove(&address);
    Err(not_ours())
}

/// The length in bytes of a block that C has; `None` for every other pointer.
#[must_use]
pub(crate) fn size_of(pointer: *const c_void) -> Option<usize> {
    let address = pointer.addr();
    let size = shard(address).get(&address).filter(|entry| entry.released)?.size;
    heap::holds(pointer.cast(), size).then_some(size)
}

#[cfg(unix)]
mod heap {
    /// `size` zeroed bytes, or NULL.
    pub(crate) fn zeroed(size: usize) -> *mut u8 {
        // SAFETY: calloc takes any sizes.
        unsafe { libc::calloc(1, size) }.cast()
    }

    /// Whether the heap has a block of `size` bytes at `start`: only this library frees it.
    pub(crate) fn holds(_start: *const u8, _size: usize) -> bool {
        true
    }

    /// Frees a block.
    ///
    /// # Safety
    /// `start` came from [`zeroed`] and was not freed since.
    pub(crate) unsafe fn free(start: *mut u8) {
        // SAFETY: a block of this heap, not freed yet (the caller's promise).
        unsafe { libc::free(start.cast()) };
    }
}

#[cfg(windows)]
mod heap {
    use std::ffi::c_void;

    const HEAP_ZERO_MEMORY: u32 = 8;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn GetProcessHeap() -> *mut c_void;
        fn HeapAlloc(heap: *mut c_void, flags: u32, size: usize) -> *mut c_void;
        fn HeapSize(heap: *mut c_void, flags: u32, start: *const c_void) -> usize;
        fn HeapFree(heap: *mut c_void, flags: u32, start: *mut c_void) -> i32;
    }

    /// `size` zeroed bytes, or NULL.
    pub(crate) fn zeroed(size: usize) -> *mut u8 {
        // SAFETY: the process heap exists as long as the process.
        unsafe { HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size) }.cast()
    }

    /// Whether the heap has a block of `size` bytes at `start`. Other DLLs of the system give our
    /// memory back to the heap themselves, and its place is then somebody else's.
    pub(crate) fn holds(start: *const u8, size: usize) -> bool {
        // SAFETY: the heap looks for the block before it tells its size.
        let found = unsafe { HeapSize(GetProcessHeap(), 0, start.cast()) };
        found == size.max(1)
    }

    /// Frees a block.
    ///
    /// # Safety
    /// `start` came from [`zeroed`] and was not freed since.
    pub(crate) unsafe fn free(start: *mut u8) {
        // SAFETY: a block of this heap, not freed yet (the caller's promise).
        unsafe { HeapFree(GetProcessHeap(), 0, start.cast()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::exports::memory::FreeContextBuffer;

    fn free_status(pointer: *mut c_void) -> u32 {
        // SAFETY: any pointer may be given.
        unsafe { FreeContextBuffer(pointer) }.cast_unsigned()
    }

    #[test]
    fn r62_null_is_ok() {
        assert_eq!(free_status(std::ptr::null_mut()), 0);
    }

    #[test]
    fn r62_twice_is_invalid_handle() {
        let pointer = ContextBuffer::holding(b"token").unwrap().release();
        assert_eq!(size_of(pointer), Some(5));
        assert_eq!(free_status(pointer), 0);
        assert_eq!(free_status(pointer), Status::INVALID_HANDLE.code());
        assert_eq!(size_of(pointer), None);
    }

    #[test]
    fn r62_stack_and_interior_pointers_are_invalid_handle() {
        let mut local = 0u64;
        assert_eq!(free_status((&raw mut local).cast()), Status::INVALID_HANDLE.code());
        let pointer = ContextBuffer::zeroed(64).unwrap().release();
        let interior = pointer.wrapping_byte_add(16);
        assert_eq!(free_status(interior), Status::INVALID_HANDLE.code());
        assert_eq!(free_status(pointer), 0);
    }

    #[test]
    fn r61_freed_by_many_threads_is_freed_once() {
        for _ in 0..if cfg!(miri) { 2 } else { 200 } {
            // Too large to share an address with what other tests allocate meanwhile.
            let address = ContextBuffer::zeroed(1 << 20).unwrap().release().expose_provenance();
            let freed: usize = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(move || {
                            free(std::ptr::with_exposed_provenance_mut(address)).is_ok()
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
            });
            assert_eq!(freed, 1);
        }
    }

    #[test]
    fn a_block_not_handed_out_cannot_be_freed_by_c() {
        let mut block = ContextBuffer::zeroed(4).unwrap();
        let pointer = block.address();
        assert_eq!(free_status(pointer), Status::INVALID_HANDLE.code());
        assert_eq!(size_of(pointer), None);
        assert_eq!(block.bytes_mut(), [0; 4]);
    }

    #[test]
    fn empty_blocks_differ() {
        let (one, other) = (ContextBuffer::zeroed(0).unwrap(), ContextBuffer::zeroed(0).unwrap());
        assert_ne!(one.address(), other.address());
    }

    #[test]
    fn absurd_sizes_are_insufficient_memory() {
        for size in [usize::MAX, isize::MAX.cast_unsigned()] {
            if cfg!(miri) && size != usize::MAX {
                continue;
            }
            let status = ContextBuffer::zeroed(size).unwrap_err().status();
            assert_eq!(status, Status::INSUFFICIENT_MEMORY);
        }
    }
}
