//! types.
#![allow(non_camel_case_types)]
/// `SECURITY_STATUS`.
pub type SECURITY_STATUS = i32;
