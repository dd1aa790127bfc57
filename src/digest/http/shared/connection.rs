//! One connection to Redis or Valkey, and what can go wrong on it.

use std::time::{Duration, Instant};

use ::redis::{Cmd, Connection, RedisError, RedisResult, Value, cmd};

use super::engine::unavailable;
use crate::error::Error;

/// The result of an exchange.
pub(super) type Result<T> = std::result::Result<T, Fault>;

/// How much later than the deadline an exchange may end, so that not each call sets a limit anew: that
/// costs two system calls.
const SLACK: Duration = Duration::from_millis(5);

/// What is used of a connection.
pub(super) trait Line {
    /// Sends a command, or several.
    fn send(&mut self, packed: &[u8]) -> RedisResult<()>;

    /// Reads one answer.
    fn read(&mut self) -> RedisResult<Value>;

    /// Has each system call that reads or writes end after so long.
    fn limit(&self, limit: Duration) -> RedisResult<()>;
}

impl Line for Connection {
    fn send(&mut self, packed: &[u8]) -> RedisResult<()> {
        self.send_packed_command(packed)
    }

    fn read(&mut self) -> RedisResult<Value> {
        self.recv_response()
    }

    fn limit(&self, limit: Duration) -> RedisResult<()> {
        self.set_read_timeout(Some(limit))?;
        self.set_write_timeout(Some(limit))
    }
}

/// A connection that has been logged in on and found good.
pub(super) struct Open<L = Connection> {
    line: L,
    /// The name of the engine's process.
    pub(super) run_id: Vec<u8>,
    /// When the question ends that is being asked.
    deadline: Instant,
    /// How long the calls of [`Line`] may take now.
    limit: Option<Duration>,
}

/// What went wrong in an exchange.
pub(super) enum Fault {
    /// The connection was closed by the engine.
    Closed,
    /// Anything else: why.
    Other(Error),
}

impl<L: Line> Open<L> {
    /// One that is connected and nothing more.
    pub(super) fn new(line: L, deadline: Instant) -> Self {
        Self { line, run_id: Vec::new(), deadline, limit: None }
    }

    /// Has all that is sent and read from now on end at the deadline.
    pub(super) fn bound(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// What is left of the question's time.
    pub(super) fn left(&self) -> Result<Duration> {
        remaining(self.deadline)
    }

    /// Has the next call end at the deadline.
    fn limit(&mut self) -> Result<()> {
        let left = self.left()?;
        if self.limit.is_some_and(|limit| (left..=left + SLACK).contains(&limit)) {
            return Ok(());
        }
        let limit = left + SLACK;
        self.line.limit(limit).map_err(|error| lost(&error))?;
        self.limit = Some(limit);
        Ok(())
    }

    pub(super) fn send(&mut self, packed: &[u8]) -> Result<()> {
        self.limit()?;
        self.line.send(packed).map_err(|error| lost(&error))
    }

    pub(super) fn read(&mut self) -> Result<Value> {
        self.limit()?;
        self.line.read().map_err(|error| lost(&error))
    }

    /// One command and its answer, which is no error.
    pub(super) fn ask(&mut self, command: &Cmd) -> Result<Value> {
        self.send(&command.get_packed_command())?;
        checked(self.read()?)
    }
}

/// A field of a section of INFO.
pub(super) fn info(open: &mut Open, section: &str, field: &str) -> Result<Vec<u8>> {
    let answer = open.ask(cmd("INFO").arg(section)).map_err(|fault| match fault {
        Fault::Other(error) if error.reason().ends_with("NOPERM") => Fault::Other(unavailable(
            "shared: the engine answers NOPERM to INFO: its ACL lacks +info",
        )),
        fault => fault,
    })?;
    let Value::BulkString(text) = answer else { return Err(not_understood()) };
    let value = text
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.trim_ascii_end().strip_prefix(field.as_bytes())?.strip_prefix(b":"));
    value.map(<[u8]>::to_vec).ok_or_else(not_understood)
}

/// An answer that is no error. Of an error only the first word is told: the sentence may hold keys.
pub(super) fn checked(answer: Value) -> Result<Value> {
    match answer {
        Value::ServerError(error) => {
            let is_word = |byte: u8| byte.is_ascii_uppercase();
            let word =
                Some(error.code()).filter(|word| word.len() <= 20 && word.bytes().all(is_word));
            let word = word.unwrap_or("an error");
            Err(Fault::Other(unavailable(format!("shared: the engine answers {word}"))))
        }
        answer => Ok(answer),
    }
}

/// What is left until the deadline; never nothing, which would mean no bound at all.
pub(super) fn remaining(deadline: Instant) -> Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left < Duration::from_millis(1) { Err(Fault::Other(late())) } else { Ok(left) }
}

/// An exchange that broke off. After a time-out nothing is tried again: the claim may still be carried
/// out, and a late answer must not be taken for another's.
fn lost(error: &RedisError) -> Fault {
    if error.is_timeout() {
        Fault::Other(late())
    } else if error.is_connection_dropped() {
        Fault::Closed
    } else {
        Fault::Other(unavailable(format!("shared: the exchange failed: {}", in_short(error))))
    }
}

fn late() -> Error {
    unavailable("shared: the engine did not answer within `timeout`")
}

pub(super) fn not_understood() -> Fault {
    Fault::Other(unavailable("shared: the engine's answer is not understood"))
}

/// The system's words for an error, or its kind; neither holds a key.
pub(super) fn in_short(error: &RedisError) -> String {
    if error.is_io_error() { error.to_string() } else { error.category().to_owned() }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Answers each question, and remembers how long it was to take.
    #[derive(Default)]
    struct Willing {
        limits: RefCell<Vec<Duration>>,
    }

    impl Line for Willing {
        fn send(&mut self, _: &[u8]) -> RedisResult<()> {
            Ok(())
        }

        fn read(&mut self) -> RedisResult<Value> {
            Ok(Value::Okay)
        }

        fn limit(&self, limit: Duration) -> RedisResult<()> {
            self.limits.borrow_mut().push(limit);
            Ok(())
        }
    }

    const LONG: Duration = Duration::from_secs(1000);

    #[test]
    fn each_call_has_what_is_left_of_its_question_and_no_more() {
        let begun = Instant::now();
        let mut open = Open::new(Willing::default(), begun + LONG);
        assert!(open.read().is_ok());
        for left in [600, 300, 100, 200, 1000] {
            // As if so much of the question's time had passed since, or another had begun.
            open.bound(begun + Duration::from_secs(left));
            assert!(open.ask(&cmd("PING")).is_ok());
            let last = *open.line.limits.borrow().last().unwrap();
            assert!(last <= Duration::from_secs(left) + SLACK, "{last:?} of {left} s");
            assert!(last > Duration::from_secs(left - 50), "{last:?} of {left} s");
        }
        open.bound(begun);
        assert!(matches!(open.read(), Err(Fault::Other(_))));
        assert!(matches!(open.send(b""), Err(Fault::Other(_))));
    }

    #[test]
    fn a_limit_that_will_do_is_not_set_again() {
        let mut open = Open::new(Willing::default(), Instant::now() + LONG);
        for _ in 0..1000 {
            open.bound(Instant::now() + LONG);
            assert!(open.ask(&cmd("PING")).is_ok());
        }
        // Where the machine stands still in between, once more.
        let set = open.line.limits.borrow().len();
        assert!((1..500).contains(&set), "{set}");
    }
}
