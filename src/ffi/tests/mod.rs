//! Tests of the exports together, and what their tests share.

mod exchange;
mod http;
mod pending_steps;
mod queries;
mod sasl;
pub(crate) mod support;
mod transfer;
