//! Kerberos and Negotiate: on Unix by the system's GSSAPI library, on Windows by the system's own
//! secur32.dll; and what both share.

pub(crate) mod initial_token;
pub(crate) mod steps;
#[cfg(unix)]
pub mod unix;
#[cfg(any(windows, test))]
pub(crate) mod windows;
