//! One connection to Redis or Valkey, and what can go wrong on it.

use std::time::{Duration, Instant};

use ::redis::{Cmd, Connection, ConnectionLike, RedisError, Value, cmd};

use super::engine::unavailable;
use crate::error::Error;

/// The result of an exchange.
pub(super) type Result<T> = std::result::Result<T, Fault>;

/// A connection that has been logged in on and found good.
pub(super) struct Open {
    connection: Connection,
    /// The name of the engine's process.
    pub(super) run_id: Vec<u8>,
    /// Whether reads and writes are bounded by the settings' own time-out.
    bounded: bool,
}

/// What went wrong in an exchange.
pub(super) enum Fault {
    /// The connection was closed by the engine.
    Closed,
    /// Anything else: why.
    Other(Error),
}

impl Open {
    /// One that is connected and nothing more.
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, run_id: Vec::new(), bounded: false }
    }

    /// Has reads and writes end at the deadline.
    pub(super) fn bound(&mut self, deadline: Instant, timeout: Duration) -> Result<()> {
        // What little of it has passed does not matter; setting it costs two system calls.
        let left = remaining(deadline)?;
        let whole = timeout.saturating_sub(left) < Duration::from_millis(5);
        if whole && self.bounded {
            return Ok(());
        }
        let limit = Some(if whole { timeout } else { left });
        let set = self.connection.set_read_timeout(limit);
        set.and_then(|()| self.connection.set_write_timeout(limit))
            .map_err(|error| lost(&error))?;
        self.bounded = whole;
        Ok(())
    }

    pub(super) fn send(&mut self, packed: &[u8]) -> Result<()> {
        self.connection.send_packed_command(packed).map_err(|error| lost(&error))
    }

    pub(super) fn read(&mut self) -> Result<Value> {
        self.connection.recv_response().map_err(|error| lost(&error))
    }

    /// One command and its answer, which is no error.
    pub(super) fn ask(&mut self, command: &Cmd, deadline: Instant) -> Result<Value> {
        remaining(deadline)?;
        checked(
            self.connection
                .req_packed_command(&command.get_packed_command())
                .map_err(|error| lost(&error))?,
        )
    }
}

/// A field of a section of INFO.
pub(super) fn info(
    open: &mut Open,
    section: &str,
    field: &str,
    deadline: Instant,
) -> Result<Vec<u8>> {
    let answer = open.ask(cmd("INFO").arg(section), deadline).map_err(|fault| match fault {
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
pub(super) fn lost(error: &RedisError) -> Fault {
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
