//! A server's first leg whose token did not fit. The caller has no context yet to repeat the leg with,
//! and a client's token is not taken twice: Kerberos would call it a replay. So the context is kept for
//! the same call, made again by the same thread as its next first leg.

use std::cell::RefCell;

use crate::handle::Handle;
use crate::sasl::{Leg, Session};
use crate::sspi::Role;

/// What a first leg is known by when it is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct First<'a> {
    pub(super) credential: Handle,
    pub(super) through_sasl: bool,
    /// Not empty.
    pub(super) token: &'a [u8],
}

/// The same, to be kept.
pub(super) struct KeptFirst {
    credential: Handle,
    through_sasl: bool,
    token: Vec<u8>,
}

impl<'a> First<'a> {
    /// Of a server's leg that takes a client's token; other legs lose nothing by it.
    #[inline]
    pub(super) fn of(credential: Handle, leg: &Leg<'a>) -> Option<Self> {
        let (through_sasl, token) = (leg.through_sasl, leg.inputs.token());
        let repeatable = leg.role == Role::Server && !token.is_empty();
        repeatable.then_some(Self { credential, through_sasl, token })
    }

    /// A copy.
    pub(super) fn kept(self) -> KeptFirst {
        let Self { credential, through_sasl, token } = self;
        KeptFirst { credential, through_sasl, token: token.to_vec() }
    }
}

thread_local! {
    static KEPT: RefCell<Option<(KeptFirst, Session)>> = const { RefCell::new(None) };
}

/// Keeps the context of a leg that may be repeated.
pub(super) fn keep(first: KeptFirst, session: Session) {
    // Dropped outside of the borrow: a package's drop may come back here. A thread that is ending, and
    // has lost its place, cannot repeat the leg.
    let _before = KEPT.try_with(|place| place.borrow_mut().replace((first, session)));
}

/// The context of the leg that is repeated; what was kept for another one is gone.
pub(super) fn take(first: First<'_>) -> Option<Session> {
    // Looked at before it is moved: mostly there is none.
    let take = |place: &mut Option<_>| if place.is_some() { place.take() } else { None };
    let (kept, session) = KEPT.try_with(|place| take(&mut place.borrow_mut())).ok()??;
    let KeptFirst { credential, through_sasl, ref token } = kept;
    (First { credential, through_sasl, token } == first).then_some(session)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::double::DoubleContext;
    use super::*;

    const ONE: Handle = Handle { lower: 1, upper: 2 };

    fn first(token: &[u8]) -> First<'_> {
        First { credential: ONE, through_sasl: true, token }
    }

    /// A session to be kept, and how often its context is held: once more while it is.
    fn kept() -> Arc<()> {
        let alive = Arc::new(());
        let context = DoubleContext::beside(Arc::clone(&alive));
        keep(first(b"token").kept(), Session::imported(Box::new(context)));
        alive
    }

    #[test]
    fn the_same_leg_gets_it_once() {
        let alive = kept();
        let taken = take(first(b"token"));
        assert_eq!(Arc::strong_count(&alive), 2);
        assert!(taken.is_some());
        drop(taken);
        assert_eq!(Arc::strong_count(&alive), 1);
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
            let alive = kept();
            assert!(take(another).is_none());
            assert!(take(first(b"token")).is_none());
            assert_eq!(Arc::strong_count(&alive), 1);
        }
    }

    #[test]
    fn another_thread_does_not_get_it() {
        let _alive = kept();
        let elsewhere = std::thread::spawn(|| take(first(b"token")).is_none());
        assert!(elsewhere.join().unwrap());
        assert!(take(first(b"token")).is_some());
    }
}
