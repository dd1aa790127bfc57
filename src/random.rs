//! Random bytes for nonces and cnonces.
//!
//! Each thread has a `ChaCha20` generator seeded from the system: twenty rounds are the form that
//! nothing is known against, and at 16 bytes a nonce the rounds hardly show beside the call. A
//! generator is seeded anew after a mebibyte and in a forked child, which would
//! otherwise repeat its parent's nonces (RFC 2831 §2.1.1 wants them to differ).
//!
//! What comes out goes onto the wire in clear, so generators are not wiped when a thread ends.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use zeroize::Zeroizing;

use crate::error::{Error, Result, Status};
use crate::system::fork;

/// Bytes that a seed is good for.
const RESEED_AFTER: usize = 1 << 20;

/// A generator, and how long it may be used.
struct Generator {
    chacha: ChaCha20Rng,
    epoch: u64,
    left: usize,
}

thread_local! {
    /// Never dropped: what is to be dropped at a thread's end is kept in a list of the C library's,
    /// which ends the process where it has no memory for that.
    static GENERATOR: RefCell<Option<ManuallyDrop<Generator>>> = const { RefCell::new(None) };
}

/// Fills `bytes` with random ones, fit for secrets.
///
/// # Errors
/// `INTERNAL_ERROR` when the system gives no randomness; what is in `bytes` is not random then.
pub fn fill(bytes: &mut [u8]) -> Result<()> {
    GENERATOR
        .try_with(|generator| match generator.try_borrow_mut() {
            Ok(mut generator) => fill_from(&mut generator, bytes),
            Err(_) => fill_from_system(bytes),
        })
        // The thread is ending, and its generator has gone already.
        .unwrap_or_else(|_| fill_from_system(bytes))
}

fn fill_from(slot: &mut Option<ManuallyDrop<Generator>>, bytes: &mut [u8]) -> Result<()> {
    let epoch = fork::epoch();
    let usable = |generator: &&mut ManuallyDrop<Generator>| {
        generator.epoch == epoch && generator.left >= bytes.len()
    };
    let generator = match slot.as_mut().filter(usable) {
        Some(generator) => generator,
        None if bytes.len() > RESEED_AFTER => return fill_from_system(bytes),
        None => slot.insert(ManuallyDrop::new(seeded(epoch)?)),
    };
    generator.left -= bytes.len();
    generator.chacha.fill_bytes(bytes);
    Ok(())
}

fn seeded(epoch: u64) -> Result<Generator> {
    let mut seed = Zeroizing::new([0; 32]);
    fill_from_system(seed.as_mut_slice())?;
    Ok(Generator { chacha: ChaCha20Rng::from_seed(*seed), epoch, left: RESEED_AFTER })
}

/// Makes this thread's random bytes the same again from here on, so that what a fuzzer found can be
/// had a second time. It exists in builds with `--cfg fuzzing` alone, which nothing but a fuzzer's
/// build passes.
#[cfg(fuzzing)]
pub fn repeat(seed: [u8; 32]) {
    let chacha = ChaCha20Rng::from_seed(seed);
    let generator = Generator { chacha, epoch: fork::epoch(), left: RESEED_AFTER };
    GENERATOR.with(|slot| slot.replace(Some(ManuallyDrop::new(generator))));
}

fn fill_from_system(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|_| Error::new(Status::INTERNAL_ERROR, "random: the system gives no randomness"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sixteen() -> [u8; 16] {
        let mut bytes = [0; 16];
        fill(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn no_two_fills_are_alike_in_a_thread_or_across_threads() {
        let mut all: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..1000).map(|_| sixteen()).collect::<Vec<_>>()))
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4000);
    }

    #[test]
    fn a_seed_is_used_for_a_mebibyte_and_no_longer() {
        let mut slot = None;
        let mut bytes = [0; 4096];
        for _ in 0..RESEED_AFTER / bytes.len() {
            fill_from(&mut slot, &mut bytes).unwrap();
        }
        assert_eq!(slot.as_ref().unwrap().left, 0);
        let old = slot.as_ref().unwrap().chacha.clone();
        fill_from(&mut slot, &mut bytes).unwrap();
        assert_eq!(slot.as_ref().unwrap().left, RESEED_AFTER - bytes.len());
        let mut continued = [0; 4096];
        { old }.fill_bytes(&mut continued);
        assert_ne!(bytes, continued);
    }

    #[test]
    fn another_epoch_makes_another_seed() {
        let mut slot = Some(ManuallyDrop::new(Generator {
            chacha: ChaCha20Rng::from_seed([7; 32]),
            epoch: fork::epoch().wrapping_sub(1),
            left: RESEED_AFTER,
        }));
        let (mut bytes, mut repeated) = ([0; 16], [0; 16]);
        fill_from(&mut slot, &mut bytes).unwrap();
        ChaCha20Rng::from_seed([7; 32]).fill_bytes(&mut repeated);
        assert_ne!(bytes, repeated);
        assert_eq!(slot.unwrap().epoch, fork::epoch());
    }

    #[test]
    fn more_than_a_seed_is_good_for_comes_from_the_system() {
        let mut bytes = vec![0; RESEED_AFTER + 1];
        fill(&mut bytes).unwrap();
        assert!(bytes.iter().rev().take(64).any(|byte| *byte != 0));
    }
}
