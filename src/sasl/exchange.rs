//! The exchange of a package with GSSAPI semantics: its tokens, then the cookies (RFC 4752 §3).

#![allow(clippy::disallowed_types, reason = "set by one thread at a time, and not waited for")]

use std::sync::OnceLock;

use super::cookie::{self, Agreed, Layer, Layers};
use super::options::Options;
use super::step_request::StepRequest;
use super::wrap::{unwrap, wrap};
use crate::error::{Error, Result, Status};
use crate::log;
use crate::sspi::{Context, Flags, Outcome, PendingToken, Role, Step, TokenSink};
use crate::system::fork::Gated;

/// What comes next.
enum Phase {
    /// A token of the package's. These attributes were asked for so far.
    Package(Flags),
    /// Server: the empty answer to the package's last token.
    Empty,
    /// Server: the client's cookie, which answers this offer.
    Choice(Layers),
    /// Client: the server's cookie.
    Offer(Layer),
    /// The same input again: its answer did not fit into what the caller had.
    Pending(Box<PendingCookie>),
    /// Nothing: the exchange has succeeded.
    Done,
    /// Nothing: it has failed, or a step is being taken on another thread.
    Dead,
}

/// A cookie that was made and not handed out: protecting it again would count it again.
struct PendingCookie {
    token: PendingToken,
    next: Phase,
    /// What is settled when it is handed out.
    agreed: Option<Agreed>,
}

/// The state of an exchange with cookies.
pub(super) struct CookieExchange {
    phase: Gated<Phase>,
    agreed: OnceLock<Agreed>,
}

/// What a step leads to: the next phase, and what the caller is told.
type PhaseResult = (Phase, Result<Step>);

impl CookieExchange {
    pub(super) fn new() -> Self {
        Self { phase: Gated::new(Phase::Package(Flags::NONE)), agreed: OnceLock::new() }
    }

    /// What was settled, once it is.
    pub(super) fn agreed(&self) -> Option<&Agreed> {
        self.agreed.get()
    }

    /// Takes one step. No lock is held meanwhile; a second step at the same time finds a dead
    /// exchange, and so does the next one after a panic.
    pub(super) fn step(
        &self,
        context: &dyn Context,
        options: &Options,
        request: &StepRequest<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let phase = self.replace(Phase::Dead);
        let (next, result) = self.advance(phase, context, options, request, output);
        self.replace(next);
        result
    }

    fn replace(&self, phase: Phase) -> Phase {
        std::mem::replace(&mut *self.phase.lock(), phase)
    }

    fn advance(
        &self,
        phase: Phase,
        context: &dyn Context,
        options: &Options,
        request: &StepRequest<'_>,
        output: &mut dyn TokenSink,
    ) -> PhaseResult {
        let input = request.inputs.token();
        match phase {
            Phase::Package(asked) => {
                self.package(asked | request.flags, context, options, request, output)
            }
            Phase::Empty if input.is_empty() => self.offer(context, options, input, output),
            Phase::Empty => refused("cookie: a token where the empty one is due"),
            Phase::Choice(offered) => match self.read_choice(offered, context, options, input) {
                Ok(layer) => {
                    // Nothing is to be returned, which needs no buffer.
                    let _ = output.space(0);
                    (Phase::Done, Ok(last_step(context, layer)))
                }
                Err(error) => (Phase::Dead, Err(error)),
            },
            Phase::Offer(asked) => match Self::answer(asked, context, options, input) {
                Ok((cookie, agreed)) => {
                    let (step, next) = (last_step(context, agreed.layer), Phase::Done);
                    let (token, agreed) = (PendingToken::new(input, cookie, step), Some(agreed));
                    self.deliver(PendingCookie { token, next, agreed }, output)
                }
                Err(error) => (Phase::Dead, Err(error)),
            },
            Phase::Pending(pending) if pending.token.answers(input) => {
                self.deliver(*pending, output)
            }
            Phase::Pending(_) => refused("cookie: another token where the same one is due"),
            Phase::Done => {
                (Phase::Done, Err(invalid("cookie: the exchange has succeeded already")))
            }
            Phase::Dead => refused("cookie: the exchange has failed"),
        }
    }

    /// Server: takes the client's cookie.
    fn read_choice(
        &self,
        offered: Layers,
        context: &dyn Context,
        options: &Options,
        input: &[u8],
    ) -> Result<Layer> {
        let plain = unwrap(context, input)?;
        let (layer, peer_size, authorization) = cookie::read_choice(&plain, offered)?;
        if !authorization.is_empty() && !options.authorization_allowed {
            return Err(forbidden("cookie: the client sent an authorization identity"));
        }
        self.settle(Agreed { layer, peer_size, authorization: authorization.into() });
        Ok(layer)
    }

    /// Client: takes the server's cookie and makes its own.
    fn answer(
        asked: Layer,
        context: &dyn Context,
        options: &Options,
        input: &[u8],
    ) -> Result<(Vec<u8>, Agreed)> {
        let (offered, peer_size) = cookie::read_offer(&unwrap(context, input)?)?;
        let own = Layers::of(context.flags(), options.receive_size);
        let layer = cookie::choose(asked, offered, own)?;
        let authorization = &options.authorization;
        if !authorization.is_empty() && !options.authorization_allowed {
            return Err(forbidden("cookie: an authorization identity was set"));
        }
        let plain = cookie::choice(layer, options.receive_size, authorization);
        let cookie = wrap(context, &plain)?;
        Ok((cookie, Agreed { layer, peer_size, authorization: Box::default() }))
    }

    fn settle(&self, agreed: Agreed) {
        let Agreed { layer, peer_size, .. } = agreed;
        log::note(|| format!("cookies: {layer:?}, the peer takes {peer_size} bytes"));
        // Steps are taken one at a time and none settles after this one: it is the first value.
        let _ = self.agreed.set(agreed);
    }

    /// Takes a step of the package's, and the first one of the cookies where the package has ended.
    fn package(
        &self,
        asked: Flags,
        context: &dyn Context,
        options: &Options,
        request: &StepRequest<'_>,
        output: &mut dyn TokenSink,
    ) -> PhaseResult {
        let request_with_needs = StepRequest { flags: needed(asked, request), ..*request };
        let allowed = options.authorization_allowed;
        let call = request_with_needs.call(allowed, &options.authorization);
        let step = match context.step(&call, output) {
            Ok(step) => step,
            Err(error) if output.refused() => return (Phase::Package(asked), Err(error)),
            Err(error) => return (Phase::Dead, Err(error)),
        };
        if step.outcome != Outcome::Done {
            return (Phase::Package(asked), Ok(step));
        }
        let silent = output.length() == 0;
        let goes_on = Ok(Step { outcome: Outcome::Continue, flags: step.flags });
        match context.role() {
            Role::Server if silent => self.offer(context, options, request.inputs.token(), output),
            Role::Server => (Phase::Empty, goes_on),
            Role::Client => {
                if silent {
                    // The empty answer that the server waits for.
                    let _ = output.space(0);
                }
                (Phase::Offer(cookie::requested(asked)), goes_on)
            }
        }
    }

    /// Server: makes the cookie.
    fn offer(
        &self,
        context: &dyn Context,
        options: &Options,
        input: &[u8],
        output: &mut dyn TokenSink,
    ) -> PhaseResult {
        let layers = Layers::of(context.flags(), options.receive_size);
        let cookie = match wrap(context, &cookie::offer(layers, options.receive_size)) {
            Ok(cookie) => cookie,
            Err(error) => return (Phase::Dead, Err(error)),
        };
        let step = Step { outcome: Outcome::Continue, flags: context.flags() };
        let next = Phase::Choice(layers);
        let token = PendingToken::new(input, cookie, step);
        self.deliver(PendingCookie { token, next, agreed: None }, output)
    }

    /// Hands a cookie out; where that fails it is kept for when the step is repeated.
    fn deliver(&self, pending: PendingCookie, output: &mut dyn TokenSink) -> PhaseResult {
        match pending.token.deliver(output) {
            Ok(step) => {
                if let Some(agreed) = pending.agreed {
                    self.settle(agreed);
                }
                (pending.next, Ok(step))
            }
            Err(error) => (Phase::Pending(Box::new(pending)), Err(error)),
        }
    }
}

/// What a client has to ask of the package: cookies are signed whatever is chosen, and a layer
/// needs mutual authentication and sequence detection (RFC 4752 §3.1).
fn needed(asked: Flags, request: &StepRequest<'_>) -> Flags {
    match request.role {
        Role::Server => request.flags,
        Role::Client if cookie::requested(asked) == Layer::None => request.flags | Flags::INTEGRITY,
        Role::Client => {
            request.flags | Flags::INTEGRITY | Flags::MUTUAL_AUTH | Flags::SEQUENCE_DETECT
        }
    }
}

fn last_step(context: &dyn Context, layer: Layer) -> Step {
    Step { outcome: Outcome::Done, flags: layer.mask(context.flags()) }
}

fn refused(reason: &'static str) -> PhaseResult {
    (Phase::Dead, Err(invalid(reason)))
}

fn invalid(reason: &'static str) -> Error {
    Error::new(Status::INVALID_TOKEN, reason)
}

fn forbidden(what: &str) -> Error {
    let reason = format!("{what}, and SASL_OPTION_AUTHZ_PROCESSING forbids them");
    Error::new(Status::ALGORITHM_MISMATCH, reason)
}

#[cfg(test)]
mod tests;
