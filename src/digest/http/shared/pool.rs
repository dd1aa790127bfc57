//! The connections of a process, which its threads share, and the back-off after a failure.
//!
//! A thread takes a connection for one exchange and gives it back. Where all are taken it waits in
//! line, and is handed the next that is free. While the engine does not answer, one call at a time asks
//! again, after a pause that doubles; all others are refused at once, those in line too. A child of a fork
//! drops what it finds here, which closes the descriptors of its own and writes nothing to them; its
//! parent goes on with them. (One that another thread was using at the fork stays open in the child:
//! nobody there can tell what state it is in.)

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::system::fork::{self, Gated};
use crate::system::heap;

/// The pause after a first failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Connections, or places for them.
pub(super) struct Pool<C> {
    limit: usize,
    state: Gated<State<C>>,
}

struct State<C> {
    /// The process that all of this is of.
    process: u64,
    idle: Vec<C>,
    /// Taken, or about to be made.
    taken: usize,
    waiting: VecDeque<Arc<Waiting<C>>>,
    /// After a failure.
    pause: Option<Pause>,
}

/// What a child finds of its parent's.
type Left<C> = (Vec<C>, VecDeque<Arc<Waiting<C>>>);

struct Pause {
    until: Instant,
    length: Duration,
    /// Whether a call is asking again.
    probing: bool,
}

/// A thread in line.
struct Waiting<C> {
    thread: Thread,
    turn: Gated<Turn<C>>,
}

enum Turn<C> {
    /// Has not come.
    Ahead,
    /// Has come, with a connection or a place for one.
    Come(Option<C>),
    /// Will not come: the engine does not answer.
    Refused,
    /// Has been given up, or taken.
    Over,
}

/// Why there is no connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// The engine did not answer a moment ago.
    Pausing,
    /// All were taken for as long as a call may wait.
    Busy,
}

/// A connection that is taken, or the place for one. Dropped without [`Lease::give_back`], it is closed.
pub(super) struct Lease<'a, C> {
    pool: &'a Pool<C>,
    process: u64,
    /// The connection, where there was one.
    pub(super) connection: Option<C>,
    given_back: bool,
}

impl<C> Pool<C> {
    /// Without connections, for at most `limit`.
    pub(super) fn new(limit: usize) -> Self {
        let state = State {
            process: fork::epoch(),
            idle: Vec::new(),
            taken: 0,
            waiting: VecDeque::new(),
            pause: None,
        };
        Self { limit, state: Gated::new(state) }
    }

    /// Takes a connection that is free or the place for one; waits for it until `deadline`.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(super) fn take(
        &self,
        deadline: Instant,
    ) -> Result<std::result::Result<Lease<'_, C>, Refusal>> {
        let process = fork::epoch();
        let lease = |connection| Lease { pool: self, process, connection, given_back: false };
        let waiting = {
            let mut state = self.state.lock();
            let parents = state.renew(process);
            if state.is_pausing() {
                drop(state);
                drop(parents);
                return Ok(Err(Refusal::Pausing));
            }
            if let Some(connection) = state.idle.pop() {
                state.taken += 1;
                return Ok(Ok(lease(Some(connection))));
            }
            if state.taken < self.limit {
                state.taken += 1;
                drop(state);
                drop(parents);
                return Ok(Ok(lease(None)));
            }
            let turn = Gated::new(Turn::Ahead);
            let waiting = heap::shared(Waiting { thread: std::thread::current(), turn });
            let waiting = waiting.inspect_err(|_| state.probe_is_over())?;
            state.waiting.push_back(Arc::clone(&waiting));
            waiting
        };
        loop {
            let now = Instant::now();
            let over = now >= deadline;
            let turn = {
                let mut turn = waiting.turn.lock();
                match &*turn {
                    Turn::Ahead if !over => Turn::Ahead,
                    _ => std::mem::replace(&mut *turn, Turn::Over),
                }
            };
            match turn {
                Turn::Come(connection) => return Ok(Ok(lease(connection))),
                Turn::Refused => return Ok(Err(Refusal::Pausing)),
                _ if over => {
                    self.state.lock().probe_is_over();
                    return Ok(Err(Refusal::Busy));
                }
                _ => std::thread::park_timeout(deadline - now),
            }
        }
    }

    /// The engine answers.
    pub(super) fn succeeded(&self) {
        let mut state = self.state.lock();
        if state.pause.is_some() {
            state.pause = None;
        }
    }

    /// The engine does not answer: nobody asks for a while, and who is in line is refused.
    pub(super) fn failed(&self) {
        let (waiting, idle) = {
            let mut state = self.state.lock();
            let length = match &state.pause {
                // Of several calls that fail at once, the first begins the pause.
                Some(pause) if !pause.probing => pause.length,
                Some(pause) => (pause.length * 2).min(LONGEST_PAUSE),
                None => FIRST_PAUSE,
            };
            let until = Instant::now() + length;
            state.pause = Some(Pause { until, length, probing: false });
            (std::mem::take(&mut state.waiting), std::mem::take(&mut state.idle))
        };
        for waiting in waiting {
            waiting.hand(Turn::Refused);
        }
        drop(idle);
    }

    /// Hands a connection, or the place for one, to whoever is first in line.
    fn release(&self, process: u64, mut connection: Option<C>) {
        loop {
            let mut state = self.state.lock();
            // Taken in the parent, and given back in the child: there it has no place.
            if state.process != process {
                drop(state);
                return;
            }
            let Some(first) = state.waiting.pop_front() else {
                state.taken = state.taken.saturating_sub(1);
                if let Some(connection) = connection {
                    state.idle.push(connection);
                }
                return;
            };
            drop(state);
            match first.hand(Turn::Come(connection)) {
                Turn::Come(unwanted) => connection = unwanted,
                _ => return,
            }
        }
    }
}

impl<C> State<C> {
    /// Forgets what is another process's, which is returned to be dropped without the lock.
    fn renew(&mut self, process: u64) -> Option<Left<C>> {
        if self.process == process {
            return None;
        }
        self.process = process;
        self.taken = 0;
        self.pause = None;
        Some((std::mem::take(&mut self.idle), std::mem::take(&mut self.waiting)))
    }

    /// Whether this call must not ask; else, after a failure, it is the one that does.
    fn is_pausing(&mut self) -> bool {
        let Some(pause) = &mut self.pause else { return false };
        if pause.probing || Instant::now() < pause.until {
            return true;
        }
        pause.probing = true;
        false
    }

    /// Whoever asked again has learned nothing: another may.
    fn probe_is_over(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.probing = false;
        }
    }
}

impl<C> Waiting<C> {
    /// Hands over a turn; what it was is returned where nobody waits for it any more.
    fn hand(&self, turn: Turn<C>) -> Turn<C> {
        let unwanted = {
            let mut place = self.turn.lock();
            match &*place {
                Turn::Ahead => std::mem::replace(&mut *place, turn),
                _ => turn,
            }
        };
        self.thread.unpark();
        unwanted
    }
}

impl<C> Lease<'_, C> {
    /// The connection is good for the next.
    pub(super) fn give_back(mut self) {
        self.given_back = true;
        self.pool.release(self.process, self.connection.take());
    }
}

impl<C> Drop for Lease<'_, C> {
    fn drop(&mut self) {
        if !self.given_back {
            drop(self.connection.take());
            self.pool.state.lock().probe_is_over();
            self.pool.release(self.process, None);
        }
    }
}

#[cfg(test)]
mod tests;
