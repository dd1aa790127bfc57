//! The handles that the machine's own packages gave out.
//!
//! Their values are the packages' own, and Wine's secur32.dll takes a handle's upper word for a
//! pointer without a look: only what is remembered here may be handed to it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::handle::Handle;

type Counts = HashMap<(usize, usize), usize, BuildHasherDefault<DefaultHasher>>;

/// A set of handles, each with how often it was given out.
pub(super) struct Handles(RwLock<Counts>);

impl Handles {
    pub(super) const fn new() -> Self {
        Self(RwLock::new(Counts::with_hasher(BuildHasherDefault::new())))
    }

    /// Enters a handle once more. Those that no package gives out are left aside.
    pub(super) fn remember(&self, handle: Handle) {
        if ![0, usize::MAX].contains(&handle.upper) || ![0, usize::MAX].contains(&handle.lower) {
            *self.write().entry(key(handle)).or_default() += 1;
        }
    }

    /// Takes a handle out once.
    pub(super) fn forget(&self, handle: Handle) {
        let mut counts = self.write();
        if let Some(count) = counts.get_mut(&key(handle)) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&key(handle));
            }
        }
    }

    pub(super) fn contains(&self, handle: Handle) -> bool {
        self.read().contains_key(&key(handle))
    }

    fn read(&self) -> RwLockReadGuard<'_, Counts> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Counts> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(handle: Handle) -> (usize, usize) {
    (handle.lower, handle.upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_given_out_twice_is_known_until_it_was_taken_back_twice() {
        let handles = Handles::new();
        let handle = Handle { lower: 1, upper: 2 };
        handles.remember(handle);
        handles.remember(handle);
        handles.forget(handle);
        assert!(handles.contains(handle));
        handles.forget(handle);
        handles.forget(handle);
        assert!(!handles.contains(handle));
    }

    #[test]
    fn handles_that_are_none_are_never_known() {
        let handles = Handles::new();
        for words in [0, usize::MAX] {
            let handle = Handle { lower: words, upper: words };
            handles.remember(handle);
            assert!(!handles.contains(handle));
        }
        let other = Handle { lower: 2, upper: 1 };
        handles.remember(Handle { lower: 1, upper: 2 });
        assert!(!handles.contains(other));
    }
}
