//! So many connections, each used by one caller at a time; further callers wait for their turn.

use std::collections::VecDeque;
use std::sync::mpsc;
use std::time::Instant;

use crate::accounts::Unavailable;
use crate::system::fork::{self, Gated};

/// Connections of the process that uses them.
pub(super) struct Connections<C> {
    most: usize,
    state: Gated<State<C>>,
}

struct State<C> {
    /// Whose connections they are: a forked child has none of them.
    epoch: u64,
    /// How many callers have a place.
    taken: usize,
    idle: Vec<C>,
    waiting: VecDeque<Waiter<C>>,
    /// How many have waited.
    waiters: u64,
}

struct Waiter<C> {
    number: u64,
    turn: mpsc::Sender<Option<C>>,
}

/// A caller's place, with the connection that it has found or made: given back when it is dropped.
pub(super) struct Place<'a, C> {
    connections: &'a Connections<C>,
    epoch: u64,
    pub(super) connection: Option<C>,
}

impl<C> State<C> {
    fn new(epoch: u64) -> Self {
        Self { epoch, taken: 0, idle: Vec::new(), waiting: VecDeque::new(), waiters: 0 }
    }

    /// Makes it this process's.
    fn adopt(&mut self, epoch: u64) {
        if self.epoch != epoch {
            // The parent's, which goes on using them: they may not even be closed here.
            std::mem::forget(std::mem::replace(self, Self::new(epoch)));
        }
    }
}

impl<C> Connections<C> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, state: Gated::new(State::new(fork::epoch())) }
    }

    /// A place, and a kept connection where there is one. Waits until `until`.
    ///
    /// # Errors
    /// There was none in time.
    pub(super) fn take(&self, until: Instant) -> Result<Place<'_, C>, Unavailable> {
        let epoch = fork::epoch();
        let mut state = self.state.lock();
        state.adopt(epoch);
        if state.taken < self.most {
            state.taken += 1;
            let connection = state.idle.pop();
            return Ok(Place { connections: self, epoch, connection });
        }
        let (sender, turn) = mpsc::channel();
        state.waiting.try_reserve(1).map_err(|_| Unavailable::no_memory())?;
        state.waiters += 1;
        let number = state.waiters;
        state.waiting.push_back(Waiter { number, turn: sender });
        drop(state);
        let mut had = turn.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
        if had.is_none() {
            // Turns are given under the lock: from here on none comes any more.
            self.state.lock().waiting.retain(|waiter| waiter.number != number);
            had = turn.try_recv().ok();
        }
        let in_use = || Unavailable("[ldap]: every connection is in use for too long".to_owned());
        let connection = had.ok_or_else(in_use)?;
        Ok(Place { connections: self, epoch, connection })
    }
}

impl<C> Drop for Place<'_, C> {
    fn drop(&mut self) {
        let mut connection = self.connection.take();
        let mut state = self.connections.state.lock();
        if state.epoch != self.epoch {
            std::mem::forget(connection);
            return;
        }
        while let Some(next) = state.waiting.pop_front() {
            match next.turn.send(connection) {
                Ok(()) => return,
                // Its thread is gone.
                Err(mpsc::SendError(unsent)) => connection = unsent,
            }
        }
        state.taken = state.taken.saturating_sub(1);
        if state.idle.len() < self.connections.most {
            state.idle.extend(connection);
        }
    }
}

/// In a forked child the parent's connections are left alone: closing one would say goodbye for it.
impl<C> Drop for Connections<C> {
    fn drop(&mut self) {
        self.state.lock().adopt(fork::epoch());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_connection_is_kept_for_the_next_and_a_lost_one_is_not() {
        let connections = Connections::new(1);
        let mut place = connections.take(soon()).unwrap();
        assert_eq!(place.connection, None);
        place.connection = Some(1);
        drop(place);
        let mut place = connections.take(soon()).unwrap();
        assert_eq!(place.connection.take(), Some(1));
        drop(place);
        assert_eq!(connections.take(soon()).unwrap().connection, None);
    }

    #[test]
    fn whoever_waits_gets_the_connection_of_whoever_has_done() {
        let connections = Connections::new(1);
        let mut place = connections.take(soon()).unwrap();
        place.connection = Some(1);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| connections.take(soon()).unwrap().connection.take());
            while connections.state.lock().waiting.is_empty() {
                std::thread::yield_now();
            }
            drop(place);
            assert_eq!(waiter.join().unwrap(), Some(1));
        });
        assert_eq!(connections.state.lock().taken, 0);
    }

    #[test]
    fn nobody_waits_longer_than_until_then_nor_loses_what_comes_later() {
        let connections = Connections::new(1);
        let mut place = connections.take(soon()).unwrap();
        place.connection = Some(1);
        assert!(connections.take(Instant::now()).is_err());
        drop(place);
        assert_eq!(connections.take(soon()).unwrap().connection, Some(1));
    }
}
