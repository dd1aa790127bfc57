//! What a context keeps once the exchange has succeeded, and its answers to queries.

use super::message::MAX_TOKEN;
use crate::error::{Error, Result, Status};
use crate::sspi::{Attribute, AttributeId, MAXIMUM_TIME, Sizes};
use crate::system::time_zone;

/// Who was authenticated.
pub(super) struct Established {
    /// The user: as the accounts have the name, or as the client's credential has it.
    pub(super) user: Vec<u8>,
    /// Server: for whom the client acts; empty where it did not say.
    pub(super) authorization: Vec<u8>,
    /// FILETIME, UTC.
    pub(super) started: u64,
}

/// The answer of a context, which is established or not.
pub(super) fn query(
    established: Option<&Established>,
    attribute: AttributeId,
) -> Result<Attribute> {
    match attribute {
        AttributeId::SIZES => {
            let max_token = u32::try_from(MAX_TOKEN).unwrap_or(u32::MAX);
            return Ok(Attribute::Sizes(Sizes { max_token, ..Sizes::default() }));
        }
        AttributeId::TARGET | AttributeId::CLIENT_SPECIFIED_TARGET => {
            return Err(Error::new(Status::TARGET_UNKNOWN, "query: SCRAM names no target"));
        }
        AttributeId::NAMES | AttributeId::LIFESPAN | AttributeId::PASSWORD_EXPIRY => {}
        _ => {
            let reason = "query: not an attribute of SCRAM, which agrees on no key and no layer";
            return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
        }
    }
    let established = established.ok_or_else(|| {
        Error::new(Status::INVALID_HANDLE, "query: the context is not established")
    })?;
    Ok(match attribute {
        AttributeId::NAMES => {
            Attribute::Names(String::from_utf8_lossy(&established.user).into_owned())
        }
        AttributeId::LIFESPAN => {
            let start = time_zone::filetime_to_local(established.started);
            Attribute::Lifespan(start, MAXIMUM_TIME)
        }
        _ => Attribute::PasswordExpiry(MAXIMUM_TIME),
    })
}
