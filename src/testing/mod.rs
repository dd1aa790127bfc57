//! What tests stand in the place of: packages, a system's library, a caller's memory, directories.

#![allow(unsafe_code)] // it plays C's side of the boundary

pub(crate) mod calls;
pub(crate) mod mechanism;
pub(crate) mod package;
pub(crate) mod scratch;
pub(crate) mod system_package;
