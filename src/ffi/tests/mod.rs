//! Tests of the exports together, and what their tests share.

mod exchange;
mod http;
mod queries;
pub(crate) mod support;
