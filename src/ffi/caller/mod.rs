//! Checked views of the caller's memory: what comes in is read through them, and what goes out is
//! written through them or handed out as a block that `FreeContextBuffer` takes back.

pub(crate) mod buffers;
pub(crate) mod callback;
pub(crate) mod identity;
pub(crate) mod memory;
pub(crate) mod output;
pub(crate) mod package_info;
pub(crate) mod pointer;
pub(crate) mod string;
