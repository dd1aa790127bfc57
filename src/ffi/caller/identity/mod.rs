//! `SEC_WINNT_AUTH_IDENTITY` structures of every form: read, written, and encrypted within this process.

pub(crate) mod arguments;
pub(crate) mod header;
pub(crate) mod layout;
pub(crate) mod reader;
pub(crate) mod seal;
pub(crate) mod strings;
