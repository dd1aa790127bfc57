//! An established context as its message functions take it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::functions::SspiFunctions;
use super::types::SecHandle;
use crate::error::{Error, Result, Status};
use crate::sspi::Flags;

/// The system's context, and what is known of its messages.
pub(super) struct EstablishedContext<'c> {
    pub(super) functions: &'static SspiFunctions,
    pub(super) handle: SecHandle,
    pub(super) flags: Flags,
    pub(super) checksum: &'c ChecksumLength,
}

impl EstablishedContext<'_> {
    /// How long a checksum in Kerberos' messages is, where one was seen.
    pub(super) fn checksum(&self) -> Option<usize> {
        self.checksum.get()
    }

    pub(super) fn learn_checksum(&self, length: usize) {
        self.checksum.set(length);
    }
}

/// The length of the checksum in Kerberos' messages, once one was seen; 0 before that.
#[derive(Default)]
pub(super) struct ChecksumLength(AtomicUsize);

impl ChecksumLength {
    /// How long a checksum in Kerberos' messages is, where one was seen.
    pub(super) fn get(&self) -> Option<usize> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            length => Some(length),
        }
    }

    fn set(&self, length: usize) {
        self.0.store(length, Ordering::Relaxed);
    }
}

/// A call of the system's that went well, or its refusal.
pub(super) fn succeeded(doing: &'static str, status: u32) -> Result<()> {
    match Status::from(status) {
        status if status.is_error() => {
            Err(Error::new(status, format!("{doing}: the system's package refused it")))
        }
        _ => Ok(()),
    }
}
