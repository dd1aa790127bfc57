//! Channel binding and service name in Digest: what a client claims, and whether a server takes it.
//!
//! A client that knows of channel bindings puts a hash of its claim into its nonce, which the
//! response covers: `+Upgraded+v1`, the hash's digits, random digits. The claim itself stands in
//! the directives `hashed-dirs`, `service-name` and `channel-binding` ("Channel binding for HTTP
//! Digest", Santesson, Damour and Hallin, 2008).

use super::hex;
use super::nonce;
use super::printer::{Printer, check_bytes};
use super::tokenizer::{Name, directives};
use crate::digest::http::without_scheme;
use crate::digest::sasl::formulas::joined;
use crate::error::{Error, Result, Status};
use crate::sspi::{ChannelBindings, Flags};
use crate::system::heap;
use md5::Md5;

/// What an upgraded cnonce begins with.
const PREFIX: &[u8; 12] = nonce::PREFIX;
/// What the nonce of a server that reads claims begins with, whatever its version.
const UPGRADED: &[u8] = b"+Upgraded+";
/// Digits of an MD5 hash.
const DIGITS: usize = 32;
/// What stands for a channel in the claim of a client that has none.
const NO_CHANNEL: [u8; DIGITS] = [b'0'; DIGITS];

/// The hash of a channel, as digits.
pub type ChannelHash = [u8; DIGITS];

/// The hash of a `SEC_CHANNEL_BINDINGS` block.
///
/// # Errors
/// `INVALID_TOKEN` for a block that is cut off or names bytes outside it.
#[inline(never)]
pub fn channel_hash(block: &[u8]) -> Result<ChannelHash> {
    let bindings = ChannelBindings::parse(block)?;
    // None is longer than the block, whose length is a ULONG.
    let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes();
    let hash = joined::<Md5>(&[
        &bindings.initiator_type.to_le_bytes(),
        &length(bindings.initiator),
        bindings.initiator,
        &bindings.acceptor_type.to_le_bytes(),
        &length(bindings.acceptor),
        bindings.acceptor,
        &length(bindings.application),
        bindings.application,
    ]);
    Ok(hex::of_hash(&hash.into()))
}

/// What a client says of its channel and of the service it wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Nothing: it knows no bindings.
    Legacy,
    /// It knows bindings.
    Upgraded {
        /// The channel's hash; `None` where it has no channel.
        channel: Option<ChannelHash>,
        /// The service's name; empty where it gives none.
        service: Box<[u8]>,
    },
}

impl Claim {
    /// Whether a client with this cnonce claims nothing.
    #[must_use]
    pub fn is_legacy(cnonce: &[u8]) -> bool {
        !cnonce.starts_with(PREFIX)
    }

    /// The claim in a response with this cnonce.
    ///
    /// # Errors
    /// `LOGON_DENIED` where the cnonce does not cover what the directives say; `INVALID_TOKEN` for
    /// text against the grammar.
    pub fn read(token: &[u8], cnonce: &[u8]) -> Result<Self> {
        let Some(covered) = cnonce.strip_prefix(PREFIX) else { return Ok(Self::Legacy) };
        let denied = |reason: &'static str| Error::new(Status::LOGON_DENIED, reason);
        let said = Said::collect(token)?;
        let (mut channel, mut service) = (NO_CHANNEL, Box::default());
        let (mut has_service, mut has_channel) = (false, false);
        let mut joined_values = heap::list(said.service.len() + said.channel.len() + 1)?;
        for (position, name) in said.names.split(|byte| *byte == b',').enumerate() {
            if position > 0 {
                joined_values.push(b':');
            }
            match Name::of(name.trim_ascii()) {
                // Each once: a list of names makes no longer text than the directives are.
                SERVICE_NAME if !has_service => {
                    has_service = true;
                    joined_values.extend_from_slice(&said.service);
                    service = heap::copied(&said.service)?.into_boxed_slice();
                }
                CHANNEL_BINDING if !has_channel => {
                    has_channel = true;
                    joined_values.extend_from_slice(&said.channel);
                    channel = said.channel.as_slice().try_into().map_err(|_| {
                        denied("bindings: channel-binding has not the digits of a hash")
                    })?;
                }
                _ => return Err(denied("bindings: hashed-dirs names what is not known, or twice")),
            }
        }
        let digits = hex::of_hash(&joined::<Md5>(&[&joined_values]).into());
        if covered.get(..DIGITS) != Some(&digits) {
            return Err(denied("bindings: the cnonce does not cover what the directives say"));
        }
        let channel = (channel != NO_CHANNEL).then_some(channel);
        Ok(Self::Upgraded { channel, service })
    }

    /// The service's name, where the client gave one.
    #[must_use]
    pub fn into_service(self) -> Option<Box<[u8]>> {
        match self {
            Self::Upgraded { service, .. } if !service.is_empty() => Some(service),
            _ => None,
        }
    }
}

const HASHED_DIRS: Name = Name::of(b"hashed-dirs");
const SERVICE_NAME: Name = Name::of(b"service-name");
const CHANNEL_BINDING: Name = Name::of(b"channel-binding");

/// The directives of a claim.
#[derive(Default)]
struct Said {
    names: Vec<u8>,
    service: Vec<u8>,
    channel: Vec<u8>,
}

impl Said {
    fn collect(token: &[u8]) -> Result<Self> {
        let (mut names, mut service, mut channel) = (None, None, None);
        let mut directives = directives(without_scheme(token));
        while let Some(directive) = directives.take_next()? {
            let field = match directive.id {
                HASHED_DIRS => &mut names,
                SERVICE_NAME => &mut service,
                CHANNEL_BINDING => &mut channel,
                _ => continue,
            };
            if field.replace(directive.value.unquoted().into_owned()).is_some() {
                return Err(crate::digest::message::fields::repeated("response", directive));
            }
        }
        let (service, channel) = (service.unwrap_or_default(), channel.unwrap_or_default());
        Ok(Self { names: names.unwrap_or_default(), service, channel })
    }
}

/// What a server demands of a client's claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// The hash of the server's end of the channel.
    channel: Option<ChannelHash>,
    /// `ASC_REQ_ALLOW_MISSING_BINDINGS`.
    legacy_allowed: bool,
    /// `ASC_REQ_PROXY_BINDINGS`: the channel ends at another machine.
    proxy: bool,
}

impl Policy {
    /// The policy of an accepting call with these flags and this `SEC_CHANNEL_BINDINGS` block.
    /// With `http`, bit 0x10000000 stands for `ASC_REQ_HTTP` too, so that nothing can follow from
    /// it but that clients without bindings are allowed.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for a malformed block; `SECURITY_QOS_FAILED` when missing bindings are
    /// allowed and demanded at once.
    #[inline]
    pub fn of(flags: Flags, block: &[u8], http: bool) -> Result<Self> {
        let channel = if block.is_empty() { None } else { Some(channel_hash(block)?) };
        let legacy_allowed = flags.contains(Flags::HTTP);
        let proxy = flags.contains(Flags::PROXY_BINDINGS);
        if proxy && legacy_allowed && !http {
            let reason = "accept: ASC_REQ_PROXY_BINDINGS and ASC_REQ_ALLOW_MISSING_BINDINGS both";
            return Err(Error::new(Status::SECURITY_QOS_FAILED, reason));
        }
        Ok(Self { channel, legacy_allowed, proxy })
    }

    /// Checks a claim whose response is right.
    ///
    /// # Errors
    /// `BAD_BINDINGS` where the policy does not take it.
    pub fn check(&self, claim: &Claim) -> Result<()> {
        let claimed = match claim {
            Claim::Legacy => None,
            Claim::Upgraded { channel, .. } => Some(*channel),
        };
        let taken = match (self.channel, claimed) {
            (None, Some(Some(_))) => true,
            (None, _) => !self.proxy,
            (Some(_), None) => self.legacy_allowed && !self.proxy,
            (Some(expected), Some(claimed)) => claimed == Some(expected),
        };
        if taken {
            return Ok(());
        }
        let reason = "bindings: the client's channel is not the server's, or it names none";
        Err(Error::new(Status::BAD_BINDINGS, reason))
    }
}

/// A client's claim, and the cnonce that covers it.
pub struct ClaimText {
    service: Box<[u8]>,
    channel: ChannelHash,
    cnonce: [u8; PREFIX.len() + 2 * DIGITS],
}

impl ClaimText {
    /// The claim of a client that was given a service's name or a block of bindings, towards a
    /// server whose nonce says that it reads claims. `None` where either is not so.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for a malformed block or a name with control characters, `INTERNAL_ERROR`
    /// when the system gives no randomness.
    pub fn new(nonce: &[u8], service: &[u8], block: &[u8]) -> Result<Option<Self>> {
        if !nonce.starts_with(UPGRADED) || (service.is_empty() && block.is_empty()) {
            return Ok(None);
        }
        check_bytes(service)?;
        let channel = if block.is_empty() { NO_CHANNEL } else { channel_hash(block)? };
        Ok(Some(Self::with_random(service, channel, &nonce::cnonce()?)))
    }

    fn with_random(service: &[u8], channel: ChannelHash, random: &[u8; DIGITS]) -> Self {
        let hash = joined::<Md5>(&[service, b":", &channel]);
        let mut cnonce = [0; PREFIX.len() + 2 * DIGITS];
        let (prefix, rest) = cnonce.split_at_mut(PREFIX.len());
        let (digits, end) = rest.split_at_mut(DIGITS);
        prefix.copy_from_slice(PREFIX);
        digits.copy_from_slice(&hex::of_hash(&hash.into()));
        end.copy_from_slice(random);
        Self { service: service.into(), channel, cnonce }
    }

    /// The cnonce.
    #[must_use]
    pub fn cnonce(&self) -> &[u8] {
        &self.cnonce
    }

    /// Prints the claim's directives.
    pub fn print(&self, printer: &mut Printer<'_>) {
        printer.quoted("hashed-dirs", b"service-name,channel-binding");
        printer.quoted("service-name", &self.service);
        printer.quoted("channel-binding", &self.channel);
    }
}

#[cfg(test)]
mod tests;
