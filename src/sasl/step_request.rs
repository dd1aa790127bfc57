//! One step of an exchange, as a C function passed it.

use crate::sspi::{Call, Flags, Inputs, Role};

/// One step of an exchange, as a C function passed it.
#[derive(Clone, Copy)]
pub struct StepRequest<'a> {
    /// Whether an accepting or an initializing function was called.
    pub role: Role,
    /// Whether it was the `Sasl*` form.
    pub through_sasl: bool,
    /// The input buffers.
    pub inputs: Inputs<'a>,
    /// The attributes asked for.
    pub flags: Flags,
    /// `pszTargetName`.
    pub target: Option<&'a str>,
}

impl<'a> StepRequest<'a> {
    /// The same for the package, with what the context's options say of authorization identities.
    pub(super) fn call(&self, authorization_allowed: bool, authorization: &'a [u8]) -> Call<'a> {
        Call {
            inputs: self.inputs,
            flags: self.flags,
            target: self.target,
            authorization_allowed,
            authorization,
        }
    }
}
