//! Kerberos and Negotiate on Unix, by the system's own GSSAPI library (RFC 2743, RFC 2744): MIT's
//! or Heimdal's, loaded when it is first asked for, so that a machine without one has neither
//! package. What the library reads is its own affair: krb5.conf, `KRB5_KTNAME`, `KRB5CCNAME`.

#![allow(unsafe_code)]

mod bindings;
mod buffer;
mod context;
mod credential;
mod gss_cred;
mod holder;
mod iov_buffers;
mod key;
mod library;
mod local_principal;
mod name;
mod open;
mod package;
mod seal;
mod signature;
mod sizes;
mod state;
mod status;
mod step;
mod times;
mod types;

pub use package::{GssPackage, KERBEROS, NEGOTIATE};
