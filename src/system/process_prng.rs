//! `ProcessPrng` for the whole library, without bcryptprimitives.dll.
//!
//! Rust's standard library (for the keys of its hash maps) and getrandom import that function from
//! that DLL, which came with Windows 8 and which Wine has since version 9.5: a library that imports
//! it does not load in Wine 8. The linker takes a symbol from an import library only where nothing
//! else defines it, so that the definitions here replace the import; they ask `RtlGenRandom`, which
//! every Windows and Wine has. Neither symbol is exported from the DLL.

use windows_sys::Win32::Security::Authentication::Identity::RtlGenRandom;

/// Fills `length` bytes at `bytes` with random ones; whether it did.
///
/// `RtlGenRandom` fails in no known circumstances, `ProcessPrng` in none: where the callers take no
/// failure into account, the process must not go on.
///
/// # Safety
/// `bytes` can be written for `length` bytes.
unsafe extern "system" fn process_prng(bytes: *mut u8, length: usize) -> i32 {
    let (mut start, mut left) = (bytes, length);
    while left > 0 {
        let count = u32::try_from(left).unwrap_or(u32::MAX);
        // SAFETY: `count` bytes at `start` are part of the caller's.
        if !unsafe { RtlGenRandom(start.cast(), count) } {
            return 0;
        }
        let count = usize::try_from(count).unwrap_or(left);
        start = start.wrapping_add(count);
        left -= count;
    }
    1
}

// By the assembler, since rustc exports from a DLL whatever has a name of its own in Rust. The
// second symbol is the pointer that calls by an import library go through.
#[cfg(target_pointer_width = "64")]
std::arch::global_asm!(
    ".globl ProcessPrng",
    ".set ProcessPrng, {function}",
    ".section .rdata,\"dr\"",
    ".globl __imp_ProcessPrng",
    ".balign 8",
    "__imp_ProcessPrng:",
    ".quad {function}",
    ".text",
    function = sym process_prng,
);

// Rust names such imports without the marks of 32-bit x86.
#[cfg(target_pointer_width = "32")]
std::arch::global_asm!(
    ".globl ProcessPrng",
    ".set ProcessPrng, {function}",
    ".section .rdata,\"dr\"",
    ".globl __imp_ProcessPrng",
    ".balign 4",
    "__imp_ProcessPrng:",
    ".long {function}",
    ".text",
    function = sym process_prng,
);
