//! What a context keeps from step to step.

use std::sync::Arc;

use super::gss_cred::Cred;
use super::library::GssFunctions;
use super::types::Handle;
use crate::error::Result;
use crate::gss::steps::ExchangeSteps;
use crate::sspi::Flags;

/// What changes from step to step. The library's contexts take one call at a time.
pub(super) struct ContextState {
    pub(super) steps: ExchangeSteps,
    pub(super) library: LibraryContext,
}

impl ContextState {
    pub(super) fn functions(&self) -> &'static GssFunctions {
        self.library.functions
    }

    pub(super) fn flags(&self) -> Flags {
        self.steps.flags()
    }

    /// The context, once it protects messages.
    pub(super) fn established(&self) -> Result<Handle> {
        self.steps.require_established().map(|()| self.library.handle)
    }
}

/// What the library holds for a context.
pub(super) struct LibraryContext {
    pub(super) functions: &'static GssFunctions,
    pub(super) handle: Handle,
    /// The credential of the first step: a program's may get a new ticket meanwhile.
    pub(super) cred: Option<Arc<Cred>>,
    /// When it began, and when it ends: FILETIME values in local time.
    pub(super) times: (u64, u64),
}

// SAFETY: a GSSAPI context belongs to no thread; the mutex around it lets one in at a time.
unsafe impl Send for LibraryContext {}

impl Drop for LibraryContext {
    fn drop(&mut self) {
        if self.handle.is_null() {
            return;
        }
        let (mut minor, none) = (0, std::ptr::null_mut());
        // SAFETY: the library's, deleted once; no last token is wanted (RFC 2744 §5.9).
        unsafe {
            (self.functions.gss_delete_sec_context)(&raw mut minor, &raw mut self.handle, none)
        };
    }
}
