//! Tests of the exports together, and the handles that their tests begin with.

use std::sync::Arc;

use crate::ffi::abi::types::SecHandle;
use crate::ffi::caller::pointer;
use crate::ffi::tables::{CONTEXTS, CREDENTIALS, CredentialEntry};
use crate::sasl::Session;
use crate::sspi::{Role, Usage};
use crate::testing::package::{FakeContext, FakeCredential};

mod exchange;
mod http;
mod pending_steps;
mod queries;
mod sasl;
mod scram;
mod transfer;

/// A handle to a credential of the fake package's.
pub(super) fn credential(inbound: bool, outbound: bool) -> SecHandle {
    let usage = Usage { inbound, outbound };
    let entry = CredentialEntry(Arc::new(FakeCredential { usage }));
    pointer::words(CREDENTIALS.insert(entry).unwrap())
}

/// A handle to an established server context of the fake package's.
pub(super) fn established() -> SecHandle {
    let session = Session::imported(Box::new(FakeContext::new(Role::Server, 2)));
    pointer::words(CONTEXTS.insert(session).unwrap())
}
