//! identity (placeholder).
use std::ffi::c_void;

use crate::sspi::{Identity, Result};

/// Placeholder.
///
/// # Errors
/// Placeholder.
///
/// # Safety
/// Placeholder.
pub unsafe fn read_identity(auth_data: *const c_void) -> Result<Option<Identity>> {
    Ok((!auth_data.is_null()).then(Identity::default))
}
