//! A token that was made and did not fit into what the caller had. The step cannot be taken again: it would be
//! counted again, or refused as a replay.

use super::{Step, TokenSink};
use crate::error::Result;

/// The answer to an input, until the same input comes again.
pub(crate) struct PendingToken {
    input: Vec<u8>,
    token: Vec<u8>,
    step: Step,
}

impl PendingToken {
    /// `token`, which answers `input`, and what the step came to.
    pub(crate) fn new(input: &[u8], token: Vec<u8>, step: Step) -> Self {
        Self { input: input.to_vec(), token, step }
    }

    /// Whether it is the answer to `input`.
    pub(crate) fn answers(&self, input: &[u8]) -> bool {
        self.input == input
    }

    /// Writes the token.
    ///
    /// # Errors
    /// Those of [`TokenSink::space`]; it is still pending then.
    pub(crate) fn deliver(&self, output: &mut dyn TokenSink) -> Result<Step> {
        output.space(self.token.len())?.copy_from_slice(&self.token);
        Ok(self.step)
    }
}
