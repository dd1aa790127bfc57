//! What the `Sasl*` functions add to any package: profiles, context options, and (for packages with
//! GSSAPI semantics) cookies. Knows no mechanism's insides.

mod cookie;
mod exchange;
mod options;
mod profile;
mod session;
#[cfg(test)]
mod toy;
mod wrap;

pub use options::{OptionId, OptionValue};
pub use profile::{find_package, identify, packages, profile_package, profiles};
pub use session::{Session, StepRequest};
