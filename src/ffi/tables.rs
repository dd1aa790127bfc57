//! What exported functions begin with: the handle tables, which are what C holds, and the packages.

use std::sync::Arc;

use crate::error::Result;
use crate::ffi::abi::types::CtxtHandle;
use crate::ffi::caller::pointer;
use crate::handle::{Kind, Table, Use};
use crate::packages::{INSTALLED, Packages};
use crate::sasl::Session;
use crate::sspi::Credential;

/// A credential that C holds.
pub(super) struct CredentialEntry(pub(super) Arc<dyn Credential>);

/// The credentials that C holds.
pub(super) static CREDENTIALS: Table<CredentialEntry> = Table::new(Kind::Credential);

/// The contexts that C holds.
pub(super) static CONTEXTS: Table<Session> = Table::new(Kind::Context);

/// The packages that calls find. A test gives its thread others, by `testing::package::inject`.
pub(super) fn packages() -> &'static Packages {
    #[cfg(test)]
    if let Some(injected) = crate::testing::package::injected() {
        return injected;
    }
    &INSTALLED
}

/// The session behind a handle.
///
/// # Safety
/// Not NULL, `context` can be read.
#[inline]
pub(super) unsafe fn session(context: *const CtxtHandle) -> Result<Use<'static, Session>> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    CONTEXTS.get(unsafe { pointer::handle(context) }?)
}
