//! The steps of an exchange that another library takes: a step cannot be taken back there, so that a
//! token for which the caller had no room is kept until the call is repeated.

use crate::error::{Error, Result, Status};
use crate::sspi::{Flags, Outcome, PendingToken, Step, TokenSink};

/// How far an exchange has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ExchangeProgress {
    Going,
    Established,
    Failed,
}

/// What is kept from step to step.
pub(crate) struct ExchangeSteps {
    progress: ExchangeProgress,
    pending: Option<PendingToken>,
    flags: Flags,
}

impl ExchangeSteps {
    /// Before the first step.
    pub(crate) fn new() -> Self {
        Self { progress: ExchangeProgress::Going, pending: None, flags: Flags::NONE }
    }

    /// The attributes of the last step.
    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether the exchange has succeeded.
    pub(crate) fn established(&self) -> bool {
        self.progress == ExchangeProgress::Established
    }

    /// Refuses what only an established context does.
    ///
    /// # Errors
    /// `INVALID_HANDLE`.
    pub(crate) fn require_established(&self) -> Result<()> {
        if self.established() {
            return Ok(());
        }
        let reason = "context: the exchange has not succeeded (yet)";
        Err(Error::new(Status::INVALID_HANDLE, reason))
    }

    /// Takes a step by `advance`, which answers with the token; or, where that one could not be
    /// handed out, repeats the answer to the same input.
    ///
    /// # Errors
    /// `INVALID_TOKEN` after the end, and for another input where the same is due; those of `advance`,
    /// after which the exchange has failed; those of `output`, after which the step may be repeated.
    pub(crate) fn take(
        &mut self,
        input: &[u8],
        output: &mut dyn TokenSink,
        advance: impl FnOnce() -> Result<(Vec<u8>, Step)>,
    ) -> Result<Step> {
        if self.progress != ExchangeProgress::Going {
            return Err(ended());
        }
        let pending = match self.pending.take() {
            Some(pending) if pending.answers(input) => pending,
            Some(_) => {
                self.progress = ExchangeProgress::Failed;
                return Err(ended());
            }
            None => {
                self.progress = ExchangeProgress::Failed;
                let (token, step) = advance()?;
                self.progress = ExchangeProgress::Going;
                PendingToken::new(input, token, step)
            }
        };
        let step = match pending.deliver(output) {
            Ok(step) => step,
            Err(error) => {
                self.pending = Some(pending);
                return Err(error);
            }
        };
        self.flags = step.flags;
        if step.outcome == Outcome::Done {
            self.progress = ExchangeProgress::Established;
        }
        Ok(step)
    }
}

fn ended() -> Error {
    Error::new(Status::INVALID_TOKEN, "context: the exchange has ended and takes no more tokens")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: Step = Step { outcome: Outcome::Done, flags: Flags::INTEGRITY };

    /// A sink that has this much room, its token, and whether it refused.
    struct Room(usize, Vec<u8>, bool);

    impl TokenSink for Room {
        fn space(&mut self, length: usize) -> Result<&mut [u8]> {
            if length > self.0 {
                self.2 = true;
                return Err(Error::new(Status::BUFFER_TOO_SMALL, "test"));
            }
            self.1.space(length)
        }

        fn refused(&self) -> bool {
            self.2
        }

        fn length(&self) -> usize {
            self.1.len()
        }
    }

    fn never() -> Result<(Vec<u8>, Step)> {
        panic!("a step was taken twice")
    }

    #[test]
    fn a_token_without_room_is_kept_for_the_same_input() {
        let mut steps = ExchangeSteps::new();
        let taken =
            steps.take(b"in", &mut Room(2, vec![], false), || Ok((b"token".to_vec(), DONE)));
        assert_eq!(taken.unwrap_err().status(), Status::BUFFER_TOO_SMALL);
        assert!(!steps.established() && steps.require_established().is_err());
        assert_eq!(
            steps.take(b"in", &mut Room(4, vec![], false), never).unwrap_err().status(),
            Status::BUFFER_TOO_SMALL
        );
        let mut room = Room(5, vec![], false);
        assert_eq!(steps.take(b"in", &mut room, never).unwrap(), DONE);
        assert_eq!((room.1.as_slice(), steps.flags()), (&b"token"[..], Flags::INTEGRITY));
        assert!(steps.established());
        assert_eq!(
            steps.take(b"in", &mut room, never).unwrap_err().status(),
            Status::INVALID_TOKEN
        );
        assert!(steps.established());
    }

    #[test]
    fn another_input_and_a_refusal_end_it() {
        let mut steps = ExchangeSteps::new();
        let taken =
            steps.take(b"in", &mut Room(0, vec![], false), || Ok((b"token".to_vec(), DONE)));
        assert!(taken.is_err());
        let mut room = Room(9, vec![], false);
        for input in [b"on", b"in"] {
            let status = steps.take(input, &mut room, never).unwrap_err().status();
            assert_eq!(status, Status::INVALID_TOKEN);
        }
        let mut steps = ExchangeSteps::new();
        let refuse = || Err(Error::new(Status::LOGON_DENIED, "test"));
        assert_eq!(
            steps.take(b"in", &mut room, refuse).unwrap_err().status(),
            Status::LOGON_DENIED
        );
        assert_eq!(
            steps.take(b"in", &mut room, never).unwrap_err().status(),
            Status::INVALID_TOKEN
        );
    }
}
