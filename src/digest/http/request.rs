//! What a call asks for, and what a handle was granted for a request.

use std::ops::Deref;

use crate::digest::message::bindings::{Claim, Policy};
use crate::error::Result;
use crate::sspi::Flags;
use crate::system::heap;

/// What a caller asked for.
pub(super) struct Asked {
    pub(super) flags: Flags,
    /// What a client's claim is held to, where the call named a channel.
    policy: Option<Box<Policy>>,
}

impl Asked {
    /// What a call with these flags and this `SEC_CHANNEL_BINDINGS` block asks for.
    ///
    /// # Errors
    /// As [`Policy::of`].
    pub(super) fn of(flags: Flags, bindings: &[u8]) -> Result<Self> {
        let mut asked = Self { flags, policy: None };
        if !bindings.is_empty() {
            asked.policy = Some(heap::boxed(Policy::of(flags, bindings, true)?)?);
        }
        Ok(asked)
    }

    /// As [`Policy::check`].
    pub(super) fn check(&self, claim: &Claim) -> Result<()> {
        match &self.policy {
            Some(policy) => policy.check(claim),
            None => Policy::of(self.flags, &[], true)?.check(claim),
        }
    }
}

/// The uri of a request, at the end of a text that may have more before it.
pub(super) struct Uri {
    pub(super) text: Box<[u8]>,
    pub(super) start: usize,
}

impl Uri {
    /// A copy.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(super) fn of(bytes: &[u8]) -> Result<Self> {
        Ok(Self { text: heap::copied(bytes)?.into_boxed_slice(), start: 0 })
    }
}

impl Deref for Uri {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.text.get(self.start..).unwrap_or_default()
    }
}

/// What a handle was granted.
pub(super) struct Granted {
    /// The uri of the request.
    pub(super) uri: Uri,
    /// The service that the client named.
    pub(super) service: Option<Box<[u8]>>,
    /// The attributes.
    pub(super) flags: Flags,
    /// The attributes asked for, which later requests on this handle are held to as well.
    pub(super) requested: Flags,
}
