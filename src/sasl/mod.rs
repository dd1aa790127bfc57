//! What the `Sasl*` functions add to any package: context options, and (for packages with
//! GSSAPI semantics) cookies. Knows no mechanism's insides.

mod cookie;
mod exchange;
mod options;
mod session;
mod step_request;
pub(crate) mod wrap;

pub use options::{OptionId, OptionValue};
pub use session::Session;
pub use step_request::StepRequest;
