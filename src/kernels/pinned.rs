//! The order of sums, where compilers would regroup them and make a chain of steps longer, and of steps that
//! are interleaved.
#![allow(unsafe_code)]

/// `sum`, computed as it stands before what it is used in.
#[inline]
pub(super) fn pinned(sum: u32) -> u32 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        let result;
        // SAFETY: no instruction is emitted; a register is named.
        unsafe {
            std::arch::asm!("/* {0:e} */", inlateout(reg) sum => result,
                options(pure, nomem, nostack, preserves_flags));
        }
        result
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    {
        let result;
        // SAFETY: no instruction is emitted; a register is named.
        unsafe {
            std::arch::asm!("/* {0:w} */", inlateout(reg) sum => result,
                options(pure, nomem, nostack, preserves_flags));
        }
        result
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    sum
}

/// `word`, computed before the steps in assembly that stand behind it, and after those before. Compilers would
/// otherwise put all steps of one kind first, as these do not wait for the others.
#[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
#[inline]
pub(super) fn in_order(word: u32) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        let result;
        // SAFETY: no instruction is emitted; a register is named.
        unsafe {
            std::arch::asm!("/* {0:e} */", inlateout(reg) word => result,
                options(nomem, nostack, preserves_flags));
        }
        result
    }
    #[cfg(not(target_arch = "x86_64"))]
    word
}
