//! How much is logged.

use crate::error::Status;

/// How much is logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Level {
    /// Nothing.
    #[default]
    Off,
    /// What the machine's own set-up made fail: a wrong configuration, accounts out of reach.
    Error,
    /// That, and each refusal of a peer or caller with its reason.
    Debug,
}

impl Level {
    /// The level that `name` stands for: `off`, `error` or `debug`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Error, Self::Debug].into_iter().find(|level| level.name() == name)
    }

    /// The name of the level.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Debug => "debug",
        }
    }

    /// The level of a refusal with this status.
    pub(super) const fn of(status: Status) -> Self {
        match status {
            Status::INTERNAL_ERROR
            | Status::NO_AUTHENTICATING_AUTHORITY
            | Status::INSUFFICIENT_MEMORY => Self::Error,
            _ => Self::Debug,
        }
    }
}
