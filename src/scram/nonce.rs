//! Nonces: 24 characters of base64, which are 18 random bytes.

use crate::base64;
use crate::error::Result;
use crate::random;
use crate::system::heap;

const BYTES: usize = 18;

/// A new nonce, of a client or a server.
///
/// # Errors
/// `INTERNAL_ERROR` when the system gives no randomness.
pub(super) fn nonce() -> Result<Vec<u8>> {
    #[cfg(test)]
    if let Some(given) = tests::given() {
        return Ok(given);
    }
    let (mut bytes, mut text) = ([0; BYTES], [0; base64::length_of(BYTES)]);
    random::fill(&mut bytes)?;
    heap::copied(base64::write(&bytes, &mut text).unwrap_or_default())
}

/// Nonces of vectors.
#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use super::nonce;

    thread_local! {
        static GIVEN: RefCell<VecDeque<Vec<u8>>> = const { RefCell::new(VecDeque::new()) };
    }

    pub(super) fn given() -> Option<Vec<u8>> {
        GIVEN.with_borrow_mut(VecDeque::pop_front)
    }

    /// Has this thread's next nonce be this one, after those that were given before.
    pub(in crate::scram) fn give(nonce: &str) {
        GIVEN.with_borrow_mut(|given| given.push_back(nonce.into()));
    }

    #[test]
    fn nonces_are_24_characters_that_never_repeat() {
        let mut nonces: Vec<_> = (0..1000).map(|_| nonce().unwrap()).collect();
        assert!(nonces.iter().all(|nonce| nonce.len() == 24 && nonce.is_ascii()));
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), 1000);
    }
}
