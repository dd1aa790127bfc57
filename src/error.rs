//! What a refused call carries: the status C sees, and one line for the log that says why.

use std::borrow::Cow;
use std::fmt;

mod status;

pub use status::Status;

/// The result of anything that C could see fail.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal: the status that C receives, and the reason for the log with the clause it rests on
/// (for example `response: the nonce is not the one offered (RFC 2831 §2.1.2)`).
///
/// The reason never holds a password, a hash, a key or plaintext.
///
/// One word, so that a [`Result`] is handed over in registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Option<Box<[Refusal; 1]>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    status: Status,
    reason: Cow<'static, str>,
}

impl Error {
    /// A refusal with `status` and its `reason`; where there is no memory for it, one that says so.
    #[cold]
    pub fn new(status: Status, reason: impl Into<Cow<'static, str>>) -> Self {
        Self(boxed(Refusal { status, reason: reason.into() }))
    }

    /// A refusal for want of memory, which takes none.
    #[must_use]
    pub const fn no_memory() -> Self {
        Self(None)
    }

    /// The status that C receives.
    #[must_use]
    pub fn status(&self) -> Status {
        self.refusal().map_or(Status::INSUFFICIENT_MEMORY, |refusal| refusal.status)
    }

    /// The reason, one line, for the log.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.refusal().map_or("there is no memory", |refusal| &refusal.reason)
    }

    fn refusal(&self) -> Option<&Refusal> {
        let [refusal] = &**self.0.as_ref()?;
        Some(refusal)
    }
}

/// As `Box::new`, which would end the process where there is no memory.
fn boxed(refusal: Refusal) -> Option<Box<[Refusal; 1]>> {
    let mut place = Vec::new();
    place.try_reserve_exact(1).ok()?;
    place.push(refusal);
    place.into_boxed_slice().try_into().ok()
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.status(), self.reason())
    }
}

impl std::error::Error for Error {}
