//! log (placeholder).

use crate::sspi::Error;

/// Placeholder.
pub fn refusal(_function: &str, _error: &Error) {}

/// Placeholder.
#[must_use]
pub fn enabled() -> bool {
    false
}
