//! A Digest context: the state of its exchange, and the package's functions over it.

#![allow(clippy::disallowed_types, reason = "only tried, and set by who has it")]

use std::sync::{Arc, Mutex, OnceLock};

use super::sasl::client::{self, Responded};
use super::sasl::established::Established;
use super::sasl::layer::Protection;
use super::sasl::messages;
use super::sasl::response::Response;
use super::sasl::rspauth;
use super::sasl::serialized;
use super::sasl::server::{self, Challenged};
use crate::digest::credential::DigestCredential;
use crate::digest::http;
use crate::digest::http::context::HttpContext;
use crate::digest::message::limits::RSPAUTH_LENGTH;
use crate::digest::message::nonce::{self, Nonce};
use crate::digest::settings::Settings;
use crate::digest::unfinished_attributes;
use crate::error::{Error, Result, Status};
use crate::log;
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Flags, Message, Outcome, Package, Role, SharedFlags,
    Step, TokenSink, is_repeatable,
};
use crate::system::{heap, stack};

/// How far the exchange has come.
enum Progress {
    /// No step was taken.
    Fresh,
    /// Server: waits for the response.
    Challenged(Challenged),
    /// Client: waits for the server's proof.
    Responded(Box<Responded>),
    /// Succeeded: [`DigestContext::settled`] is set.
    Done,
    /// Failed; takes no more tokens.
    Closed,
}

/// One end of a Digest exchange. The first step that succeeds decides whether it is SASL's
/// DIGEST-MD5 or HTTP's Digest.
pub(super) struct DigestContext {
    credential: Arc<DigestCredential>,
    role: Role,
    /// Held while a step is taken. Nobody waits for it: steps come one after another.
    progress: Mutex<Progress>,
    /// Of the last step.
    flags: SharedFlags,
    settled: OnceLock<Settled>,
}

/// What a context has become.
enum Settled {
    /// Established, in SASL mode.
    Sasl(Established),
    /// In HTTP mode, which has its own steps.
    Http(Box<HttpContext>),
}

// HTTP mode costs a SASL context no memory.
const _: () = assert!(size_of::<Settled>() == size_of::<Established>());

impl DigestContext {
    pub(super) fn new(credential: Arc<DigestCredential>, role: Role) -> Self {
        Self {
            credential,
            role,
            progress: Mutex::new(Progress::Fresh),
            flags: SharedFlags::default(),
            settled: OnceLock::new(),
        }
    }

    /// An established context from what [`Context::export`] made.
    pub(super) fn import(
        package: &'static dyn Package,
        bytes: &[u8],
        settings: Arc<Settings>,
    ) -> Result<Self> {
        let read = serialized::deserialize(bytes, &settings);
        stack::wipe();
        let (established, role, flags) = read?;
        Ok(Self {
            credential: heap::shared(DigestCredential::of_nobody(package, settings))?,
            role,
            progress: Mutex::new(Progress::Done),
            flags: SharedFlags::new(flags),
            settled: OnceLock::from(Settled::Sasl(established)),
        })
    }

    /// The state after the exchange.
    fn finished(&self) -> Result<&Established> {
        match self.settled.get() {
            Some(Settled::Sasl(established)) => Ok(established),
            Some(Settled::Http(_)) => {
                let reason = "message: HTTP Digest protects no messages but requests";
                Err(Error::new(Status::QOP_NOT_SUPPORTED, reason))
            }
            None => {
                let reason = "context: the exchange has not succeeded (yet)";
                Err(Error::new(Status::INVALID_HANDLE, reason))
            }
        }
    }

    /// The state in SASL mode after the exchange.
    fn sasl(&self) -> Option<&Established> {
        match self.settled.get() {
            Some(Settled::Sasl(established)) => Some(established),
            _ => None,
        }
    }

    /// The state in HTTP mode.
    fn http(&self) -> Option<&HttpContext> {
        match self.settled.get() {
            Some(Settled::Http(http)) => Some(http),
            _ => None,
        }
    }

    /// Takes a step that is not a further one in HTTP mode.
    #[inline(never)] // so that what it leaves on the stack lies below its caller
    fn take(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let mut progress = self.progress.try_lock().map_err(|_| closed())?;
        match self.advance(&mut progress, call, output) {
            Ok(step) => {
                self.flags.set(step.flags);
                Ok(step)
            }
            Err(error) => {
                // What is done stays done, and what is not for want of room or memory can be.
                if !is_repeatable(&error, output) && !matches!(*progress, Progress::Done) {
                    *progress = Progress::Closed;
                }
                Err(error)
            }
        }
    }

    /// Takes a first step in HTTP mode, which the context is in if it succeeds.
    fn begin_http(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        let room = heap::room()?;
        let (http, step) = HttpContext::begin(self.role, &self.credential, call, output)?;
        // Steps are taken one at a time, and this was the first.
        let _ = self.settled.set(Settled::Http(Box::write(room, http)));
        Ok(step)
    }

    /// Takes a step. `progress` changes on success alone.
    fn advance(
        &self,
        progress: &mut Progress,
        call: &Call<'_>,
        output: &mut dyn TokenSink,
    ) -> Result<Step> {
        let credential = &*self.credential;
        match progress {
            Progress::Fresh if http::is_asked_for(self.role, call) => {
                client::check_flags(self.role, call)?;
                let step = self.begin_http(call, output)?;
                *progress = Progress::Done;
                Ok(step)
            }
            Progress::Fresh if self.role == Role::Server => {
                check_first_token(call)?;
                challenge(progress, credential, call, false, output)
            }
            Progress::Fresh => {
                client::check_flags(self.role, call)?;
                if call.inputs.token().is_empty() {
                    return Ok(continues(call));
                }
                respond(progress, credential, call, output)
            }
            Progress::Challenged(challenged) => {
                let policy = server::policy(call)?;
                let verified = challenged.verify(credential, call, &policy, nonce::now())?;
                if verified.stale {
                    return challenge(progress, credential, call, true, output);
                }
                output.space(RSPAUTH_LENGTH)?.copy_from_slice(&rspauth::text(&verified.rspauth));
                Ok(self.establish(progress, verified.established, call))
            }
            Progress::Responded(responded) => {
                if client::is_stale_challenge(call.inputs.token())? {
                    return respond(progress, credential, call, output);
                }
                responded.verify(call.inputs.token())?;
                if let Progress::Responded(responded) = std::mem::replace(progress, Progress::Done)
                {
                    return Ok(self.establish(progress, responded.established, call));
                }
                Err(closed())
            }
            Progress::Done | Progress::Closed => Err(closed()),
        }
    }

    fn establish(
        &self,
        progress: &mut Progress,
        established: Established,
        call: &Call<'_>,
    ) -> Step {
        let proven = call.flags & Flags::MUTUAL_AUTH;
        let flags = echoed(call.flags) | proven | established.terms.flags();
        log::note(|| format!("{:?}: established by DIGEST-MD5, {}", self.role, established.terms));
        // Steps are taken one at a time and none after this one: it is the first value.
        let _ = self.settled.set(Settled::Sasl(established));
        *progress = Progress::Done;
        Step { outcome: Outcome::Done, flags }
    }
}

/// A first token may be empty, or a response to an earlier challenge (RFC 2831 §2.2.2), which
/// Windows answers with a challenge of its own.
fn check_first_token(call: &Call<'_>) -> Result<()> {
    server::policy(call)?;
    match call.inputs.token() {
        [] => Ok(()),
        token => Response::parse(token).map(|_| ()),
    }
}

fn challenge(
    progress: &mut Progress,
    credential: &DigestCredential,
    call: &Call<'_>,
    stale: bool,
    output: &mut dyn TokenSink,
) -> Result<Step> {
    let nonce = Nonce::issue(nonce::now())?;
    let qops = server::challenge(credential, call.flags, stale, &nonce, output)?;
    *progress = Progress::Challenged(Challenged { nonce, qops });
    Ok(continues(call))
}

fn respond(
    progress: &mut Progress,
    credential: &DigestCredential,
    call: &Call<'_>,
    output: &mut dyn TokenSink,
) -> Result<Step> {
    let room = heap::room()?;
    let responded = client::respond(credential, call, output)?;
    *progress = Progress::Responded(Box::write(room, responded));
    Ok(continues(call))
}

fn continues(call: &Call<'_>) -> Step {
    Step { outcome: Outcome::Continue, flags: echoed(call.flags) }
}

/// The attributes that say nothing of security and are returned as asked for.
fn echoed(requested: Flags) -> Flags {
    requested & (Flags::CONNECTION | Flags::EXTENDED_ERROR | Flags::STREAM)
}

fn closed() -> Error {
    let reason = "context: the exchange has ended, or a step is being taken on another thread";
    Error::new(Status::STATUS_LOGON_FAILURE, reason)
}

impl Context for DigestContext {
    fn package(&self) -> &'static dyn Package {
        self.credential.package
    }

    fn role(&self) -> Role {
        self.role
    }

    /// A step that finds another one being taken, on another thread or by a source of accounts that
    /// calls back, is refused, as one is after a panic.
    fn step(&self, call: &Call<'_>, output: &mut dyn TokenSink) -> Result<Step> {
        if let Some(http) = self.http() {
            client::check_flags(self.role, call)?;
            let step = http.step(&self.credential, call, output)?;
            self.flags.set(step.flags);
            return Ok(step);
        }
        let result = self.take(call, output);
        // HTTP, where a step may cost less than this, does it where it has to do with secrets.
        if !call.inputs.token().is_empty() && self.http().is_none() {
            stack::wipe();
        }
        result
    }

    fn complete(&self, message: &mut Message<'_, '_>) -> Result<()> {
        let Some(http) = self.http() else {
            let reason = "complete: SASL has nothing to complete";
            return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
        };
        http.complete(&self.credential, message)
    }

    fn flags(&self) -> Flags {
        self.http().and_then(HttpContext::flags).unwrap_or_else(|| self.flags.get())
    }

    fn established(&self) -> bool {
        match self.settled.get() {
            Some(Settled::Sasl(_)) => true,
            Some(Settled::Http(http)) => http.established(),
            None => false,
        }
    }

    fn authorization(&self) -> Vec<u8> {
        let established = self.sasl();
        established
            .map(|established| established.parties().authorization.to_vec())
            .unwrap_or_default()
    }

    fn query(&self, attribute: AttributeId) -> Result<Attribute> {
        match self.settled.get() {
            Some(Settled::Sasl(established)) => established.query(attribute, self.role),
            Some(Settled::Http(http)) => http.query(attribute),
            None => unfinished_attributes::query_unfinished(attribute),
        }
    }

    fn sign(&self, _qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        if let Some(http) = self.http() {
            return http.sign(message);
        }
        messages::sign(self.finished()?.layer()?, message)
    }

    fn verify(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        if let Some(http) = self.http() {
            return http.verify(&self.credential, message);
        }
        messages::verify(self.finished()?.layer()?, message)
    }

    fn seal(&self, qop: u32, message: &mut Message<'_, '_>) -> Result<()> {
        let layer = self.finished()?.layer()?;
        if qop == messages::WRAP_NO_ENCRYPT && layer.protection() != Protection::Integrity {
            let reason = "encrypt: auth-conf has no message that is signed alone";
            return Err(Error::new(Status::QOP_NOT_SUPPORTED, reason));
        }
        messages::seal(layer, message)
    }

    fn open(&self, message: &mut Message<'_, '_>) -> Result<u32> {
        messages::open(self.finished()?.layer()?, message)
    }

    fn export(&self, reset: bool) -> Result<Vec<u8>> {
        let established = self.sasl().ok_or_else(|| {
            Error::new(Status::CANNOT_PACK, "export: not established, or in HTTP mode")
        })?;
        let serialized = serialized::serialize(
            established,
            self.role,
            self.flags(),
            reset,
            self.credential.settings(),
        );
        stack::wipe();
        serialized
    }
}
