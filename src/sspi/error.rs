//! What a refused call carries: the status C sees, and one line for the log that says why.

use std::borrow::Cow;
use std::fmt;

use super::Status;

/// The result of anything that C could see fail.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal: the status that C receives, and the reason for the log with the clause it rests on
/// (for example `response: the nonce is not the one offered (RFC 2831 §2.1.2)`).
///
/// The reason never holds a password, a hash, a key or plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    status: Status,
    reason: Cow<'static, str>,
}

impl Error {
    /// A refusal with `status` and its `reason`.
    pub fn new(status: Status, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, reason: reason.into() }
    }

    /// The status that C receives.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The reason, one line, for the log.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.status, self.reason)
    }
}

impl std::error::Error for Error {}
