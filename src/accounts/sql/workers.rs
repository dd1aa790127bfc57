//! Threads that ask a database, since no attribute of ODBC bounds a call: whoever waits for an answer
//! does so until its deadline, and no longer, whatever the driver does.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::accounts::Unavailable;
use crate::log;
use crate::system::fork::{self, Gated};
use crate::system::thread;

/// What one thread does, with a connection of its own.
pub(super) trait Asker: Send {
    type Question: Send + 'static;
    type Answer: Send + 'static;

    /// Takes its time.
    fn ask(&mut self, question: &Self::Question) -> Result<Self::Answer, Unavailable>;
}

/// Up to so many threads, begun when they are first wanted. They end with this.
pub(super) struct Workers<A: Asker> {
    make: Box<dyn Fn() -> A + Send + Sync>,
    most: usize,
    timeout: Duration,
    state: Gated<State<A>>,
    /// For the threads.
    own: Weak<Self>,
    spawn: fn(&str, thread::Work) -> io::Result<()>,
}

struct State<A: Asker> {
    /// Whose threads they are: a forked child has none of them.
    epoch: u64,
    threads: usize,
    /// Threads that wait for something to do.
    idle: Vec<mpsc::Sender<Job<A>>>,
    /// Until when the answers are waited for that the others work on.
    busy: Vec<Instant>,
    waiting: VecDeque<Job<A>>,
}

struct Job<A: Asker> {
    question: A::Question,
    answer: mpsc::Sender<Result<A::Answer, Unavailable>>,
    until: Instant,
}

impl<A: Asker> State<A> {
    fn new(epoch: u64) -> Self {
        let (idle, busy, waiting) = (Vec::new(), Vec::new(), VecDeque::new());
        Self { epoch, threads: 0, idle, busy, waiting }
    }

    /// Makes it this process's.
    fn adopt(&mut self, epoch: u64) {
        if self.epoch != epoch {
            // The parent's threads hold the other ends: nothing of that may be touched here.
            std::mem::forget(std::mem::replace(self, Self::new(epoch)));
        }
    }

    fn has_ended(&mut self, until: Instant) {
        if let Some(index) = self.busy.iter().position(|busy| *busy == until) {
            self.busy.swap_remove(index);
        }
    }
}

/// In a forked child the ends of the parent's threads are left alone.
impl<A: Asker> Drop for Workers<A> {
    fn drop(&mut self) {
        self.state.lock().adopt(fork::epoch());
    }
}

impl<A: Asker + 'static> Workers<A> {
    /// `make` makes what a thread asks by; calls wait for `timeout`.
    pub(super) fn new(
        most: usize,
        timeout: Duration,
        make: impl Fn() -> A + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            make: Box::new(make),
            most,
            timeout,
            state: Gated::new(State::new(fork::epoch())),
            own: Weak::clone(own),
            spawn: thread::spawn,
        })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What the asker says, or that there was no answer in time. Where every thread is late already
    /// nothing is waited for.
    pub(super) fn ask(&self, question: A::Question) -> Result<A::Answer, Unavailable> {
        let until = Instant::now() + self.timeout;
        let (answer, answers) = mpsc::channel();
        self.submit(Job { question, answer, until })?;
        match answers.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                Err(Unavailable(format!("no answer within {} ms", self.timeout.as_millis())))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(Unavailable("the thread that asked has ended".to_owned()))
            }
        }
    }

    fn submit(&self, mut job: Job<A>) -> Result<(), Unavailable> {
        let epoch = fork::epoch();
        loop {
            let mut state = self.state.lock();
            state.adopt(epoch);
            if let Some(thread) = state.idle.pop() {
                state.busy.push(job.until);
                drop(state);
                match thread.send(job) {
                    Ok(()) => return Ok(()),
                    // It is gone, and has said so.
                    Err(mpsc::SendError(unsent)) => job = unsent,
                }
                self.state.lock().has_ended(job.until);
            } else if state.threads < self.most {
                state.threads += 1;
                state.busy.push(job.until);
                drop(state);
                return self.begin(job, epoch);
            } else {
                let now = Instant::now();
                if state.busy.iter().all(|until| *until <= now) {
                    return Err(Unavailable("every connection is late with an answer".to_owned()));
                }
                state.waiting.try_reserve(1).map_err(|_| Unavailable::no_memory())?;
                state.waiting.push_back(job);
                return Ok(());
            }
        }
    }

    fn begin(&self, job: Job<A>, epoch: u64) -> Result<(), Unavailable> {
        let until = job.until;
        let place = Place { workers: Weak::clone(&self.own), epoch };
        let asker = (self.make)();
        let work = Box::new(move || place.work(asker, job));
        (self.spawn)("secur32-sql", work).map_err(|error| {
            self.state.lock().has_ended(until);
            Unavailable(format!("no thread: {error}"))
        })
    }
}

/// The right to be one of the threads, given back when it is dropped.
struct Place<A: Asker> {
    workers: Weak<Workers<A>>,
    epoch: u64,
}

/// What a thread does next.
enum Next<A: Asker> {
    Ask(Job<A>),
    WaitFor(mpsc::Receiver<Job<A>>),
    /// Nobody can want anything any more.
    End,
}

impl<A: Asker> Place<A> {
    fn work(self, mut asker: A, first: Job<A>) {
        let mut job = first;
        loop {
            let Job { question, answer, until } = job;
            let result = (Instant::now() < until).then(|| asker.ask(&question));
            // First, so that whoever gets the answer and asks again finds this thread idle.
            let next = self.next(until);
            if result.is_some_and(|result| answer.send(result).is_err()) {
                log::note(|| "accounts: an answer of the database came too late".to_owned());
            }
            let next = match next {
                Next::Ask(job) => Some(job),
                Next::WaitFor(jobs) => jobs.recv().ok(),
                Next::End => None,
            };
            let Some(next) = next else { return };
            job = next;
        }
    }

    /// After the job that was waited for until then.
    fn next(&self, until: Instant) -> Next<A> {
        let Some(workers) = self.workers.upgrade() else { return Next::End };
        let mut state = workers.state.lock();
        state.has_ended(until);
        if let Some(job) = state.waiting.pop_front() {
            state.busy.push(job.until);
            return Next::Ask(job);
        }
        let (sender, jobs) = mpsc::channel();
        state.idle.push(sender);
        Next::WaitFor(jobs)
    }
}

impl<A: Asker> Drop for Place<A> {
    fn drop(&mut self) {
        let Some(workers) = self.workers.upgrade() else { return };
        let mut state = workers.state.lock();
        if state.epoch == self.epoch {
            state.threads = state.threads.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests;
