//! The system's own Kerberos and Negotiate as packages of this library's, so that the `Sasl*`
//! functions do with them what they do with any package.
//!
//! Credentials stay the system's: programs get them from its own functions and hold its handles.
//! A context that a `Sasl*` function begins holds a context of the system's; programs hold a handle
//! of this library's in front of it. The contexts of the plain functions never come here.

#![allow(unsafe_code)]

mod context;
mod credential;
mod credential_handle;
mod established;
pub(crate) mod functions;
mod messages;
mod package;
#[cfg(test)]
mod tests;
pub(crate) mod types;
mod wine;

#[cfg(windows)]
pub(crate) use context::WindowsContext;
#[cfg(windows)]
pub(crate) use credential::WindowsCredential;
#[cfg(windows)]
pub(crate) use functions::functions;
#[cfg(windows)]
pub(crate) use package::{KERBEROS, NEGOTIATE, SCHANNEL, all, wrapped};
#[cfg(windows)]
pub(crate) use types::SecHandle;
