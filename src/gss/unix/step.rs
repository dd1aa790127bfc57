//! One step of an exchange, taken by the library.

use super::bindings;
use super::buffer::OwnedBuffer;
use super::gss_cred::Cred;
use super::local_principal::LocalPrincipal;
use super::name::GssName;
use super::state::LibraryContext;
use super::status::{Doing, check};
use super::times::expiry;
use super::types::{Buffer, CONTINUE_NEEDED, ChannelBindings, Oid, flag};
use crate::error::{Error, Result, Status};
use crate::sspi::{Call, Flags, Outcome, Role, Step};

/// The two numberings of context attributes.
const FLAGS: [(Flags, u32); 7] = [
    (Flags::DELEGATE, flag::DELEGATE),
    (Flags::MUTUAL_AUTH, flag::MUTUAL),
    (Flags::REPLAY_DETECT, flag::REPLAY),
    (Flags::SEQUENCE_DETECT, flag::SEQUENCE),
    (Flags::CONFIDENTIALITY, flag::CONFIDENTIALITY),
    (Flags::INTEGRITY, flag::INTEGRITY),
    (Flags::IDENTIFY, flag::IDENTIFY),
];

fn to_gss(flags: Flags) -> u32 {
    // Nothing is encrypted here without being signed.
    let sealed = flags.contains(Flags::CONFIDENTIALITY);
    let flags = if sealed { flags | Flags::INTEGRITY } else { flags };
    FLAGS.iter().filter(|row| flags.contains(row.0)).fold(0, |bits, row| bits | row.1)
}

fn from_gss(bits: u32) -> Flags {
    let set = FLAGS.iter().filter(|row| bits & row.1 != 0);
    set.fold(Flags::NONE, |flags, row| flags | row.0)
}

/// The library's answer to a step.
struct StepAnswer<'f> {
    token: OwnedBuffer<'f>,
    major: u32,
    bits: u32,
    lifetime: u32,
}

impl LibraryContext {
    fn initialize(
        &mut self,
        principal: &LocalPrincipal,
        call: &Call<'_>,
    ) -> Result<StepAnswer<'static>> {
        let functions = self.functions;
        let target = call.target.filter(|target| !target.is_empty()).ok_or_else(|| {
            Error::new(Status::TARGET_UNKNOWN, "initialize: the target is missing")
        })?;
        let target = GssName::service(functions, Doing::Initialize, target)?;
        let bindings = bindings::of_inputs(call.inputs)?;
        let input = Buffer::over(call.inputs.token());
        let mut answer =
            StepAnswer { token: OwnedBuffer::empty(functions), major: 0, bits: 0, lifetime: 0 };
        let mut minor = 0;
        let begins = self.cred.is_none();
        if begins {
            self.cred = Some(principal.outbound()?);
        }
        let cred = self.cred.as_ref().map_or(std::ptr::null_mut(), |cred| cred.handle());
        let mechanism: *const Oid = principal.mechanism().oid();
        // SAFETY: every pointer is to a live value of its type; the library replaces the null
        // context of the first step.
        answer.major = unsafe {
            (functions.gss_init_sec_context)(
                &raw mut minor,
                cred,
                &raw mut self.handle,
                target.handle(),
                mechanism,
                to_gss(call.flags),
                0,
                pointer_to(bindings.as_ref()),
                &raw const input,
                std::ptr::null_mut(),
                answer.token.fill(),
                &raw mut answer.bits,
                &raw mut answer.lifetime,
            )
        };
        check(functions, Doing::Initialize, answer.major, minor)?;
        if begins {
            principal.confirm()?;
        }
        Ok(answer)
    }

    fn accept(
        &mut self,
        principal: &LocalPrincipal,
        call: &Call<'_>,
    ) -> Result<StepAnswer<'static>> {
        let functions = self.functions;
        let bindings = bindings::of_inputs(call.inputs)?;
        let input = Buffer::over(call.inputs.token());
        let mut answer =
            StepAnswer { token: OwnedBuffer::empty(functions), major: 0, bits: 0, lifetime: 0 };
        let mut minor = 0;
        // SAFETY: every pointer is to a live value of its type, or null where RFC 2744 §5.1
        // allows it; a delegated credential that is not asked for is not kept.
        answer.major = unsafe {
            (functions.gss_accept_sec_context)(
                &raw mut minor,
                &raw mut self.handle,
                principal.inbound().map_or(std::ptr::null_mut(), Cred::handle),
                &raw const input,
                pointer_to(bindings.as_ref()),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                answer.token.fill(),
                &raw mut answer.bits,
                &raw mut answer.lifetime,
                std::ptr::null_mut(),
            )
        };
        check(functions, Doing::Accept, answer.major, minor)?;
        let finished = answer.major & CONTINUE_NEEDED == 0;
        let lenient = call.flags.contains(Flags::HTTP); // ASC_REQ_ALLOW_MISSING_BINDINGS
        if finished && bindings.is_some() && !lenient && answer.bits & flag::CHANNEL_BOUND == 0 {
            let reason = "accept: the client has not bound itself to the channel";
            return Err(Error::new(Status::BAD_BINDINGS, reason));
        }
        Ok(answer)
    }

    pub(super) fn advance(
        &mut self,
        principal: &LocalPrincipal,
        role: Role,
        call: &Call<'_>,
    ) -> Result<(Vec<u8>, Step)> {
        let answer = match role {
            Role::Client => self.initialize(principal, call)?,
            Role::Server => self.accept(principal, call)?,
        };
        let echoed = call.flags & (Flags::CONNECTION | Flags::EXTENDED_ERROR | Flags::STREAM);
        let flags = from_gss(answer.bits) | echoed;
        let finished = answer.major & CONTINUE_NEEDED == 0;
        let outcome = if finished { Outcome::Done } else { Outcome::Continue };
        if finished {
            self.times.1 = expiry(answer.lifetime);
        }
        Ok((answer.token.bytes().to_vec(), Step { outcome, flags }))
    }
}

fn pointer_to(bindings: Option<&ChannelBindings>) -> *const ChannelBindings {
    bindings.map_or(std::ptr::null(), std::ptr::from_ref)
}
