//! Which way long messages are decrypted on this processor.
#![allow(unsafe_code)]

use super::schedule::Masks;
use super::words;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
#[cfg(target_arch = "x86_64")]
use crate::kernels::AVX512;

/// Blocks of the largest batch.
pub(super) const WIDEST: usize = 512;

/// A way of decrypting many blocks at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Path {
    /// With words of 64 bits.
    Words,
    /// With AVX2, which the processor has.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// With AVX-512, which the processor has.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Path {
    /// The ways that this processor has, the best first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let special = [
            (AVX512 && is_x86_feature_detected!("avx512f")).then_some(Self::Avx512),
            is_x86_feature_detected!("avx2").then_some(Self::Avx2),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let special = [None; 0];
        special.into_iter().flatten().chain(std::iter::once(Self::Words))
    }

    /// The fastest. Tests may ask for another, which this processor has, by its name in
    /// `SECUR32_TEST_PATH`.
    pub(super) fn best() -> Self {
        #[cfg(test)]
        if let Ok(name) = std::env::var("SECUR32_TEST_PATH")
            && let Some(path) = Self::all().find(|path| format!("{path:?}") == name)
        {
            return path;
        }
        Self::all().next().unwrap_or(Self::Words)
    }

    /// Blocks that are decrypted together.
    pub(super) fn batch(self) -> usize {
        match self {
            Self::Words => words::BATCH,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::BATCH,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::BATCH,
        }
    }

    /// From how many blocks on a batch, which costs the same however few blocks are in it, is
    /// faster than a block at a time.
    pub(super) fn worthwhile(self) -> usize {
        match self {
            Self::Words => 48,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 | Self::Avx512 => 28,
        }
    }

    /// Decrypts the first batch of `blocks`, each for itself. The blocks are as they are in memory.
    pub(super) fn decrypt(self, masks: &[Masks], blocks: &mut [u64; WIDEST]) {
        match self {
            Self::Words => {
                if let Some(blocks) = blocks.first_chunk_mut() {
                    words::decrypt(masks, blocks);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                if let Some(blocks) = blocks.first_chunk_mut() {
                    // SAFETY: this value exists only where the processor has AVX2.
                    unsafe { avx2::decrypt(masks, blocks) };
                }
            }
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this value exists only where the processor has AVX-512.
            Self::Avx512 => unsafe { avx512::decrypt(masks, blocks) },
        }
    }
}
