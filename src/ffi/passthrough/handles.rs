//! The handles that the system's packages gave out.
//!
//! Their values are the packages' own, and Wine's secur32.dll takes a handle's upper word for a
//! pointer without a look: only what is remembered here may be handed to it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::handle::Handle;

type HandleWords = (usize, usize);
type HandleRegister = HashMap<HandleWords, KnownHandle, BuildHasherDefault<DefaultHasher>>;

/// What is known of a handle.
#[derive(Default)]
struct KnownHandle {
    /// How often it was given out.
    count: usize,
    /// The handles beside it that stand for the same object.
    others: Vec<HandleWords>,
}

/// A set of handles.
pub(super) struct SystemHandles(RwLock<HandleRegister>);

impl SystemHandles {
    pub(super) const fn new() -> Self {
        Self(RwLock::new(HandleRegister::with_hasher(BuildHasherDefault::new())))
    }

    /// Enters a handle once more. Those that no package gives out are left aside.
    pub(super) fn remember(&self, handle: Handle) {
        if may_be_one(handle) {
            self.write().entry(key(handle)).or_default().count += 1;
        }
    }

    /// Enters a handle that a call has given out for an object that had another one. Both are good:
    /// Wine's NTLM gives a context a handle for each step.
    pub(super) fn rename(&self, old: Handle, new: Handle) {
        self.remember(new);
        let mut register = self.write();
        for (one, other) in [(old, new), (new, old)] {
            if let Some(known) = register.get_mut(&key(one)) {
                known.others.push(key(other));
            }
        }
    }

    /// Takes a handle out once, and with it those that stand for the same object.
    pub(super) fn forget(&self, handle: Handle) {
        let mut register = self.write();
        let mut group = vec![key(handle)];
        let mut next = 0;
        while let Some(member) = group.get(next).copied() {
            next += 1;
            let Some(known) = register.get_mut(&member) else { continue };
            for other in std::mem::take(&mut known.others) {
                if !group.contains(&other) {
                    group.push(other);
                }
            }
            known.count -= 1;
            if known.count == 0 {
                register.remove(&member);
            }
        }
    }

    pub(super) fn contains(&self, handle: Handle) -> bool {
        self.read().contains_key(&key(handle))
    }

    fn read(&self) -> RwLockReadGuard<'_, HandleRegister> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HandleRegister> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(handle: Handle) -> HandleWords {
    (handle.lower, handle.upper)
}

fn may_be_one(handle: Handle) -> bool {
    ![0, usize::MAX].contains(&handle.upper) || ![0, usize::MAX].contains(&handle.lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_given_out_twice_is_known_until_it_was_taken_back_twice() {
        let handles = SystemHandles::new();
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
    fn all_handles_of_an_object_go_with_any_one_of_them() {
        let steps = [1, 2, 3].map(|lower| Handle { lower, upper: 9 });
        for ended in steps {
            let handles = SystemHandles::new();
            handles.remember(steps[0]);
            handles.rename(steps[0], steps[1]);
            handles.rename(steps[1], steps[2]);
            assert!(steps.iter().all(|handle| handles.contains(*handle)));
            handles.forget(ended);
            assert!(!steps.iter().any(|handle| handles.contains(*handle)));
        }
    }

    #[test]
    fn handles_that_are_none_are_never_known() {
        let handles = SystemHandles::new();
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
