//! A server's first leg whose token did not fit. The caller has no context yet to repeat the leg with,
//! and a client's token is not taken twice: Kerberos would call it a replay. So the context is kept for
//! the same call, made again by the same thread as its next first leg.

use std::cell::RefCell;
use std::sync::Arc;

use crate::handle::Handle;
use crate::sasl::Session;

/// What a first leg has to have in common with the one that is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct First<'a> {
    pub(super) credential: Handle,
    pub(super) through_sasl: bool,
    /// Not empty.
    pub(super) token: &'a [u8],
}

struct Kept {
    credential: Handle,
    through_sasl: bool,
    token: Vec<u8>,
    session: Arc<Session>,
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// Keeps the context of a leg that may be repeated.
pub(super) fn keep(first: First<'_>, session: Arc<Session>) {
    let First { credential, through_sasl, token } = first;
    let kept = Kept { credential, through_sasl, token: token.to_vec(), session };
    // Dropped outside of the borrow: a package's drop may come back here. A thread that is ending, and
    // has lost its place, cannot repeat the leg.
    let _before = KEPT.try_with(|place| place.borrow_mut().replace(kept));
}

/// The context of the leg that is repeated; what was kept for another one is gone.
pub(super) fn take(first: First<'_>) -> Option<Arc<Session>> {
    let kept = KEPT.try_with(|place| place.borrow_mut().take()).ok()??;
    let Kept { credential, through_sasl, ref token, .. } = kept;
    (First { credential, through_sasl, token } == first).then_some(kept.session)
}

#[cfg(test)]
mod tests {
    use super::super::double::DoubleContext;
    use super::*;
    use crate::sspi::Role;

    const ONE: Handle = Handle { lower: 1, upper: 2 };

    fn first(token: &[u8]) -> First<'_> {
        First { credential: ONE, through_sasl: true, token }
    }

    fn kept() -> Arc<Session> {
        let session = Arc::new(Session::imported(Box::new(DoubleContext::new(Role::Server, 0))));
        keep(first(b"token"), Arc::clone(&session));
        session
    }

    #[test]
    fn the_same_leg_gets_it_once() {
        let session = kept();
        assert!(take(first(b"token")).is_some_and(|kept| Arc::ptr_eq(&kept, &session)));
        assert!(take(first(b"token")).is_none());
    }

    #[test]
    fn another_leg_ends_it() {
        let other = Handle { lower: 3, upper: 4 };
        for another in [
            first(b"other"),
            First { credential: other, ..first(b"token") },
            First { through_sasl: false, ..first(b"token") },
        ] {
            let session = kept();
            assert!(take(another).is_none());
            assert!(take(first(b"token")).is_none());
            assert_eq!(Arc::strong_count(&session), 1);
        }
    }

    #[test]
    fn another_thread_does_not_get_it() {
        let _session = kept();
        let elsewhere = std::thread::spawn(|| take(first(b"token")).is_none());
        assert!(elsewhere.join().unwrap());
        assert!(take(first(b"token")).is_some());
    }
}
