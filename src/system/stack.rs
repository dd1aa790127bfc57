//! The stack below a function: where the functions that it has called leave what they worked with.

use std::mem::MaybeUninit;

/// How deep the calls of an exchange go, in bytes; without optimization, everything is copied about.
const DEPTH: usize = if cfg!(debug_assertions) { 128 << 10 } else { 12 << 10 };

/// Overwrites with zeros what lies below the caller's frame: the copies that moving a secret from
/// function to function leaves, and what the compiler has put aside, which no destructor knows of.
#[inline(never)]
pub fn wipe() {
    let mut below = MaybeUninit::<[u8; DEPTH]>::uninit();
    // SAFETY: zeros are bytes, and there is room for as many.
    unsafe { below.as_mut_ptr().write_bytes(0, 1) };
    zeroize::optimization_barrier(&below);
}
