//! A SCRAM context: the state of its exchange, and the package's functions over it.

#![allow(clippy::disallowed_types, reason = "only tried, and set by who has it")]

use std::sync::{Arc, Mutex, OnceLock};

use super::bindings::{Given, Kept};
use super::client::{self, FinalSent, FirstSent};
use super::credential::ScramCredential;
use super::established::{self, Established};
use super::failures;
use super::message::{server_final, server_final_length};
use super::server::{self, Challenged};
use crate::error::{Error, Result, Status};
use crate::log;
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Flags, Message, Outcome, Package, Role, SharedFlags,
    Step, TokenSink, buffer_type, is_repeatable,
};
use crate::system::{clock, heap, stack};

/// How far the exchange has come.
enum Progress {
    /// No message of the client's has been made or seen. A server keeps bindings that came early.
    Start(Option<Box<Kept>>),
    /// Server: has made server-first.
    Challenged(Box<Challenged>),
    /// Client: has made client-first.
    FirstSent(Box<FirstSent>),
    /// Client: has sent client-final.
    FinalSent(Box<FinalSent>),
    /// Succeeded: [`ScramContext::established`] is set.
    Done,
    /// Failed; takes no more messages. Whether it was for the proof.
    Dead { denied: bool },
}

/// One end of a SCRAM exchange.
pub(super) struct ScramContext {
    credential: Arc<ScramCredential>,
    role: Role,
    /// Held while a step is taken. Nobody waits for it: steps come one after another.
    progress: Mutex<Progress>,
    /// Of the last step.
    flags: SharedFlags,
    established: OnceLock<Box<Established>>,
}

impl ScramContext {
    pub(super) fn new(credential: Arc<ScramCredential>, role: Role) -> Self {
        Self {
            credential,
            role,
            progress: Mutex::new(Progress::Start(None)),
            flags: SharedFlags::default(),
            established: OnceLock::new(),
        }
    }

    #[inline(never)] // so that what it leaves on the stack lies below its caller
    fn take(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let mut progress = self.progress.try_lock().map_err(|_| ended())?;
        let taken = match self.role {
            Role::Server => self.accept(&mut progress, call, output),
            Role::Client => self.initialize(&mut progress, call, output),
        };
        match taken {
            Ok(step) => {
                self.flags.set(step.flags);
                Ok(step)
            }
            Err(error) => {
                // What is done stays done, and what is not for want of room or memory can be.
                if !is_repeatable(&error, output) && !matches!(*progress, Progress::Done) {
                    let denied = error.status() == Status::LOGON_DENIED
                        || matches!(*progress, Progress::Dead { denied: true });
                    *progress = Progress::Dead { denied };
                }
                Err(error)
            }
        }
    }

    fn accept(
        &self,
        progress: &mut Progress,
        call: &Call<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let credential = &*self.credential;
        match progress {
            Progress::Start(kept) => {
                check_accept(call)?;
                let given = Given::of_inputs(call.inputs)?;
                if call.inputs.token().is_empty() {
                    if !given.is_empty() {
                        *kept = Some(heap::boxed(given.kept()?)?);
                    }
                    return Ok(continues(call));
                }
                let given = match kept {
                    Some(kept) if given.is_empty() => kept.given()?,
                    _ => given,
                };
                let room = heap::room()?;
                let challenged = server::challenge(credential, call, &given)?;
                let challenged = Box::write(room, challenged);
                *progress = Progress::Challenged(challenged);
                deliver(progress, call, output)
            }
            Progress::Challenged(challenged) if !challenged.delivered => {
                // Nothing went out: the same message gets the same answer, another one is the first.
                if challenged.client_first() == call.inputs.token() {
                    return deliver(progress, call, output);
                }
                *progress = Progress::Start(None);
                self.accept(progress, call, output)
            }
            Progress::Challenged(challenged) => {
                let length = server_final_length(credential.hash.size());
                output.space(length)?;
                let room = heap::room()?;
                let verified = challenged.verify(credential, call);
                let (established, signature) = verified.inspect_err(|error| {
                    tell(call, error.status(), output);
                })?;
                server_final(signature.bytes(), output.space(length)?);
                Ok(self.establish(progress, Box::write(room, established), call))
            }
            Progress::Dead { denied: false } => Err(dead()),
            _ => Err(ended()),
        }
    }

    fn initialize(
        &self,
        progress: &mut Progress,
        call: &Call<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let (credential, token) = (&*self.credential, call.inputs.token());
        match progress {
            Progress::Start(_) => {
                client::check_call(call)?;
                if !token.is_empty() {
                    let reason = "initialize: a message before client-first (RFC 5802 §5)";
                    return Err(Error::new(Status::INVALID_TOKEN, reason));
                }
                begin(progress, credential, call, output)
            }
            // A server that takes no initial response asks for it.
            Progress::FirstSent(sent) if token.is_empty() => {
                if !sent.is_for(call.authorization) {
                    return begin(progress, credential, call, output);
                }
                send(sent, call, output)
            }
            Progress::FirstSent(sent) => {
                let room = heap::room()?;
                let responded = sent.respond(credential, call, output)?;
                *progress = Progress::FinalSent(Box::write(room, responded));
                Ok(continues(call))
            }
            Progress::FinalSent(sent) => {
                // Success without the server's signature is none.
                sent.verify(token)?;
                let room = heap::room()?;
                let user = heap::copied(credential.user_name().as_bytes())?;
                let (authorization, started) = (Vec::new(), clock::filetime());
                let established = Established { user, authorization, started };
                if let Progress::FinalSent(sent) = std::mem::replace(progress, Progress::Done)
                    && let Some(salted) = sent.into_salted()
                {
                    credential.keep(salted);
                }
                Ok(self.establish(progress, Box::write(room, established), call))
            }
            Progress::Dead { .. } => Err(dead()),
            _ => Err(ended()),
        }
    }

    fn establish(
        &self,
        progress: &mut Progress,
        established: Box<Established>,
        call: &Call<'_>,
    ) -> Step {
        let name = self.credential.package.info().name;
        log::note(|| format!("{:?}: established by {name}", self.role));
        // Steps are taken one at a time and none after this one: it is the first value.
        let _ = self.established.set(established);
        *progress = Progress::Done;
        let flags = echoed(call.flags) | (call.flags & Flags::MUTUAL_AUTH);
        Step { outcome: Outcome::Done, flags }
    }

    /// What the message functions say: there is nothing that they could do.
    fn no_layer<T>(&self) -> Result<T> {
        Err(if self.established() {
            Error::new(Status::QOP_NOT_SUPPORTED, "message: SCRAM protects no messages")
        } else {
            let reason = "context: the exchange has not succeeded (yet)";
            Error::new(Status::INVALID_HANDLE, reason)
        })
    }
}

/// Refuses what SCRAM cannot do for a server. Bit 0x10000000 is `ASC_REQ_ALLOW_MISSING_BINDINGS` here.
fn check_accept(call: &Call<'_>) -> Result<()> {
    if call.inputs.first(buffer_type::PKG_PARAMS).is_some() {
        let reason = "accept: SCRAM over HTTP (RFC 7804) is not supported";
        return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
    }
    Ok(())
}

/// Sends server-first.
fn deliver(progress: &mut Progress, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
    let Progress::Challenged(challenged) = progress else { return Err(ended()) };
    let message = challenged.server_first();
    output.space(message.len())?.copy_from_slice(message);
    challenged.delivered = true;
    Ok(continues(call))
}

/// Makes client-first, and sends it.
fn begin(
    progress: &mut Progress,
    credential: &ScramCredential,
    call: &Call<'_>,
    output: &mut dyn TokenSink,
) -> Result<Step> {
    let sent = heap::boxed(client::first(credential, call)?)?;
    *progress = Progress::FirstSent(sent);
    match progress {
        Progress::FirstSent(sent) => send(sent, call, output),
        _ => Err(ended()),
    }
}

fn send(sent: &FirstSent, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
    output.space(sent.message.len())?.copy_from_slice(&sent.message);
    Ok(continues(call))
}

/// Writes why client-final is refused, for a caller who wants to tell the client.
fn tell(call: &Call<'_>, status: Status, output: &mut dyn TokenSink) {
    if call.flags.contains(Flags::EXTENDED_ERROR) {
        output.write_failure(failures::message(status).as_bytes());
    }
}

fn continues(call: &Call<'_>) -> Step {
    Step { outcome: Outcome::Continue, flags: echoed(call.flags) }
}

/// The attributes that say nothing of security and are returned as asked for.
fn echoed(requested: Flags) -> Flags {
    requested & (Flags::CONNECTION | Flags::EXTENDED_ERROR)
}

fn ended() -> Error {
    let reason = "context: the exchange has ended, or a step is being taken on another thread";
    Error::new(Status::STATUS_LOGON_FAILURE, reason)
}

fn dead() -> Error {
    Error::new(Status::INVALID_TOKEN, "context: the exchange has failed before")
}

impl Context for ScramContext {
    fn package(&self) -> &'static dyn Package {
        self.credential.package
    }

    fn role(&self) -> Role {
        self.role
    }

    /// A step that finds another one being taken, on another thread or by a source of accounts that
    /// calls back, is refused, as one is after a panic.
    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let result = self.take(call, output);
        if !call.inputs.token().is_empty() {
            stack::wipe();
        }
        result
    }

    fn flags(&self) -> Flags {
        self.flags.get()
    }

    fn established(&self) -> bool {
        self.established.get().is_some()
    }

    fn authorization(&self) -> Vec<u8> {
        let established = self.established.get();
        established.map(|established| established.authorization.clone()).unwrap_or_default()
    }

    fn query(&self, attribute: AttributeId) -> Result<Attribute> {
        established::query(self.established.get().map(|established| &**established), attribute)
    }

    fn sign(&self, _qop: u32, _message: &mut Message<'_, '_>) -> Result<()> {
        self.no_layer()
    }

    fn verify(&self, _message: &mut Message<'_, '_>) -> Result<u32> {
        self.no_layer()
    }

    fn seal(&self, _qop: u32, _message: &mut Message<'_, '_>) -> Result<()> {
        self.no_layer()
    }

    fn open(&self, _message: &mut Message<'_, '_>) -> Result<u32> {
        self.no_layer()
    }
}
