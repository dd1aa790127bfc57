//! Channel bindings (RFC 5802 §6): which the caller has, what a client says of them, and what a server
//! makes of that.

use super::message::{Flag, is_binding_name};
use crate::error::{Error, Result, Status};
use crate::sspi::{ChannelBindings, Flags, Inputs, buffer_type};
use crate::system::heap;

/// The types that are known by name: what ends at another machine is taken for one of these.
const KNOWN: [&[u8]; 3] = [b"tls-server-end-point", b"tls-unique", b"tls-exporter"];

/// Bindings of one type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Binding<'a> {
    /// `cb-name`.
    pub(super) name: &'a [u8],
    /// `cb-data`; not empty.
    pub(super) data: &'a [u8],
}

impl<'a> Binding<'a> {
    /// Divides a block's application data, which is `NAME:DATA`.
    fn of(application: &'a [u8]) -> Result<Self> {
        let divided = || {
            let (name, rest) = application.split_at_checked(memchr::memchr(b':', application)?)?;
            let data = rest.get(1..).filter(|data| !data.is_empty())?;
            is_binding_name(name).then_some(Self { name, data })
        };
        divided().ok_or_else(|| {
            let reason = "bindings: the application's data is not NAME:DATA";
            Error::new(Status::INVALID_TOKEN, reason)
        })
    }
}

/// The bindings that come with a call, or have come with an earlier one.
#[derive(Default)]
pub(super) struct Given<'a>(Vec<Binding<'a>>);

impl<'a> Given<'a> {
    /// Those of the input buffers, in their order.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for one that is malformed.
    pub(super) fn of_inputs(inputs: Inputs<'a>) -> Result<Self> {
        let blocks = || {
            let is_block =
                |kind, data: &[u8]| kind == buffer_type::CHANNEL_BINDINGS && !data.is_empty();
            inputs.0.iter().filter(move |buffer| is_block(buffer.kind, buffer.data))
        };
        let mut bindings = heap::list(blocks().count())?;
        for block in blocks() {
            bindings.push(Binding::of(ChannelBindings::parse(block.data)?.application)?);
        }
        Ok(Self(bindings))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy for later calls.
    pub(super) fn kept(&self) -> Result<Kept> {
        let mut copies = heap::list(self.0.len())?;
        for Binding { name, data } in &self.0 {
            copies.push((heap::copied(name)?, heap::copied(data)?));
        }
        Ok(Kept(copies))
    }

    /// What a client says, and the data that it will repeat.
    ///
    /// # Errors
    /// `BAD_BINDINGS` where the mechanism wants bindings and there are none.
    pub(super) fn of_client(&self, plus: bool) -> Result<(Flag<'a>, &'a [u8])> {
        match (self.0.first(), plus) {
            (Some(binding), true) => Ok((Flag::Used(binding.name), binding.data)),
            (None, true) => Err(bad("initialize: a -PLUS mechanism needs channel bindings")),
            (Some(_), false) => Ok((Flag::Unoffered, &[])),
            (None, false) => Ok((Flag::None, &[])),
        }
    }

    /// What a server expects to find behind the header that a client repeats, after this flag.
    ///
    /// # Errors
    /// `BAD_BINDINGS` for a flag that the server does not take; `SECURITY_QOS_FAILED` where missing
    /// bindings are allowed and demanded at once.
    pub(super) fn expected(
        &self,
        plus: bool,
        flag: Flag<'_>,
        requested: Flags,
    ) -> Result<Expected> {
        let missing_allowed = requested.contains(Flags::HTTP);
        let proxy = requested.contains(Flags::PROXY_BINDINGS);
        if proxy && missing_allowed {
            let reason = "accept: ASC_REQ_PROXY_BINDINGS and ASC_REQ_ALLOW_MISSING_BINDINGS both";
            return Err(Error::new(Status::SECURITY_QOS_FAILED, reason));
        }
        match flag {
            Flag::Used(name) if proxy && KNOWN.contains(&name) => Ok(Expected::Unchecked),
            Flag::Used(name) => {
                let own = self.0.iter().find(|own| own.name == name).filter(|_| !proxy);
                let own = own.ok_or_else(|| {
                    bad("client-first: channel bindings of a type that the server has not")
                })?;
                Ok(Expected::Data(heap::copied(own.data)?))
            }
            _ if plus || proxy => {
                Err(bad("client-first: no channel bindings, and they are demanded"))
            }
            _ if self.is_empty() => Ok(Expected::Nothing),
            // Somebody has taken the -PLUS mechanisms out of the server's list.
            Flag::Unoffered => Err(bad(
                "client-first: it takes the server for one without channel bindings: a downgrade \
                 (RFC 5802 §6)",
            )),
            Flag::None if missing_allowed => Ok(Expected::Nothing),
            Flag::None => Err(bad("client-first: no channel bindings, and the server has some")),
        }
    }
}

/// Bindings of an earlier call.
pub(super) struct Kept(Vec<(Vec<u8>, Vec<u8>)>);

impl Kept {
    /// The same as they were given.
    pub(super) fn given(&self) -> Result<Given<'_>> {
        let mut bindings = heap::list(self.0.len())?;
        bindings.extend(self.0.iter().map(|(name, data)| Binding { name, data }));
        Ok(Given(bindings))
    }
}

/// What stands behind the header that a client repeats.
pub(super) enum Expected {
    /// Nothing.
    Nothing,
    /// These bytes.
    Data(Vec<u8>),
    /// Bindings of a channel that ends at another machine.
    Unchecked,
}

/// The refusal of bindings.
pub(super) fn bad(reason: &'static str) -> Error {
    Error::new(Status::BAD_BINDINGS, reason)
}

#[cfg(test)]
pub(crate) mod tests;
