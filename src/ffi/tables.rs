//! The handle tables: what C holds.

use std::sync::Arc;

use crate::error::Result;
use crate::ffi::abi::types::CtxtHandle;
use crate::ffi::caller::pointer;
use crate::handle::{Kind, Table, Use};
use crate::sasl::Session;
use crate::sspi::Credential;

/// A credential that C holds.
pub(super) struct CredentialEntry(pub(super) Arc<dyn Credential>);

/// The credentials that C holds.
pub(super) static CREDENTIALS: Table<CredentialEntry> = Table::new(Kind::Credential);

/// The contexts that C holds.
pub(super) static CONTEXTS: Table<Session> = Table::new(Kind::Context);

/// The session behind a handle.
///
/// # Safety
/// Not NULL, `context` can be read.
#[inline]
pub(super) unsafe fn session(context: *const CtxtHandle) -> Result<Use<'static, Session>> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    CONTEXTS.get(unsafe { pointer::handle(context) }?)
}
