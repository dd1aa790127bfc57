//! What contexts of either kind answer to queries for what they do not have (yet).

use super::message::limits::MAX_TOKEN;
use crate::error::{Error, Result, Status};
use crate::sspi::{Attribute, AttributeId, Sizes};

/// What a context that is not established yet answers.
pub(super) fn query_unfinished(attribute: AttributeId) -> Result<Attribute> {
    match attribute {
        AttributeId::SIZES => {
            Ok(Attribute::Sizes(Sizes { max_token: MAX_TOKEN, ..Sizes::default() }))
        }
        AttributeId::TARGET | AttributeId::CLIENT_SPECIFIED_TARGET => Err(no_target()),
        AttributeId::NAMES
        | AttributeId::LIFESPAN
        | AttributeId::STREAM_SIZES
        | AttributeId::KEY_INFO
        | AttributeId::AUTHORITY
        | AttributeId::PASSWORD_EXPIRY
        | AttributeId::SESSION_KEY => {
            let reason = "query: the context is not established";
            Err(Error::new(Status::INVALID_HANDLE, reason))
        }
        _ => Err(unknown_attribute()),
    }
}

pub(super) fn no_target() -> Error {
    Error::new(Status::TARGET_UNKNOWN, "query: the peer has named no target")
}

pub(super) fn unknown_attribute() -> Error {
    Error::new(Status::UNSUPPORTED_FUNCTION, "query: not an attribute of this context")
}
