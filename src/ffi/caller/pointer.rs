//! A caller's pointers: read and written without asking for alignment, NULL where that is allowed.

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{SecHandle, TimeStamp};
use crate::handle::Handle;

/// What `pointer` points to; `None` for NULL.
///
/// # Safety
/// Not NULL, `pointer` can be read.
pub(crate) unsafe fn read<T: Copy>(pointer: *const T) -> Option<T> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: readable (the caller's promise).
    Some(unsafe { pointer.read_unaligned() })
}

/// Writes `value`; NULL means that the caller does not want it.
///
/// # Safety
/// Not NULL, `pointer` can be written.
pub(crate) unsafe fn write<T>(pointer: *mut T, value: T) {
    if !pointer.is_null() {
        // SAFETY: writable (the caller's promise).
        unsafe { pointer.write_unaligned(value) };
    }
}

/// `length` bytes at `start`: none for NULL with length 0.
///
/// # Errors
/// `status` for NULL with a length, and for a length that no memory has.
///
/// # Safety
/// Not NULL, `start` can be read for `length` bytes while the slice lives, and nobody writes them.
pub(crate) unsafe fn bytes<'a>(
    start: *const u8,
    length: usize,
    status: Status,
) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    check_range(start, length, status)?;
    // SAFETY: checked above, and the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(start, length) })
}

/// Refuses with `status` what cannot be memory: NULL, or a range beyond the end of all addresses.
pub(crate) fn check_range(start: *const u8, length: usize, status: Status) -> Result<()> {
    if start.is_null() {
        return Err(Error::new(status, "memory: NULL with a length"));
    }
    if isize::try_from(length).is_err() || start.addr().checked_add(length).is_none() {
        return Err(Error::new(status, "memory: longer than the address space"));
    }
    Ok(())
}

/// Refuses NULL with `INVALID_PARAMETER`.
pub(crate) fn required<T>(pointer: *const T) -> Result<()> {
    if pointer.is_null() {
        return Err(Error::new(Status::INVALID_PARAMETER, "pointer: NULL where a result goes"));
    }
    Ok(())
}

/// Refuses with `BUFFER_TOO_SMALL` a stated `size` in bytes that is less than a `T` has.
pub(crate) fn sized<T>(size: Option<u32>) -> Result<()> {
    let enough =
        size.is_none_or(|size| usize::try_from(size).is_ok_and(|size| size >= size_of::<T>()));
    if enough {
        return Ok(());
    }
    Err(Error::new(Status::BUFFER_TOO_SMALL, "query: less room than the attribute's structure"))
}

/// The handle at `pointer`.
///
/// # Errors
/// `INVALID_HANDLE` for NULL.
///
/// # Safety
/// As [`read`].
pub(crate) unsafe fn handle(pointer: *const SecHandle) -> Result<Handle> {
    // SAFETY: the caller's promise.
    match unsafe { read(pointer) } {
        Some(words) => Ok(Handle { lower: words.dwLower, upper: words.dwUpper }),
        None => Err(Error::new(Status::INVALID_HANDLE, "handle: NULL")),
    }
}

/// A handle as C sees it.
pub(crate) fn words(handle: Handle) -> SecHandle {
    SecHandle { dwLower: handle.lower, dwUpper: handle.upper }
}

/// A FILETIME value as C sees it.
pub(crate) fn time(value: u64) -> TimeStamp {
    let (lower, upper) = (value & 0xFFFF_FFFF, value >> 32);
    TimeStamp {
        LowPart: u32::try_from(lower).unwrap_or(u32::MAX),
        HighPart: u32::try_from(upper).unwrap_or(u32::MAX).cast_signed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unaligned_memory_is_read_and_written() {
        let mut memory = [0u64; 2];
        let inside = memory.as_mut_ptr().wrapping_byte_add(1);
        // SAFETY: eight bytes follow.
        unsafe { write(inside, 0x0102) };
        // SAFETY: eight bytes follow.
        assert_eq!(unsafe { read(inside) }, Some(0x0102));
        assert_eq!(memory[0].to_ne_bytes()[0], 0);
    }

    #[cfg(miri)]
    #[test]
    #[ignore = "undefined behaviour, for .ci/miri to see that it is reported"]
    fn what_miri_must_report() {
        let memory = vec![0_u8; 4];
        // SAFETY: none: eight bytes are read, and there are four.
        let _ = unsafe { read(memory.as_ptr().cast::<u64>()) };
    }

    #[test]
    fn null_and_wrapping_ranges_are_refused() {
        let status = Status::INVALID_TOKEN;
        assert_eq!(check_range(std::ptr::null(), 1, status).unwrap_err().status(), status);
        let high = std::ptr::without_provenance(usize::MAX - 1);
        assert_eq!(check_range(high, 4, status).unwrap_err().status(), status);
        let low = std::ptr::without_provenance(16);
        assert_eq!(check_range(low, usize::MAX - 32, status).unwrap_err().status(), status);
    }

    #[test]
    fn the_latest_time_has_the_halves_windows_returns() {
        let latest = time(crate::sspi::MAXIMUM_TIME);
        assert_eq!((latest.LowPart, latest.HighPart), (0xFFFF_FFFF, 0x7FFF_FFFF));
    }
}
