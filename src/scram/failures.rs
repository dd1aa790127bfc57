//! Why servers refuse, as server-final says it (`e=`, RFC 5802 §7), and what that is to SSPI.

use crate::error::{Error, Result, Status};

/// Characters of a value that the log shows at most.
const SHOWN: usize = 64;

/// The status of each value; a server sends the first one of its status.
const VALUES: [(&str, Status); 11] = [
    ("invalid-proof", Status::LOGON_DENIED),
    ("unknown-user", Status::LOGON_DENIED),
    ("channel-bindings-dont-match", Status::BAD_BINDINGS),
    ("server-does-support-channel-binding", Status::BAD_BINDINGS),
    ("channel-binding-not-supported", Status::BAD_BINDINGS),
    ("unsupported-channel-binding-type", Status::BAD_BINDINGS),
    ("invalid-encoding", Status::INVALID_TOKEN),
    ("invalid-username-encoding", Status::INVALID_TOKEN),
    ("extensions-not-supported", Status::UNSUPPORTED_FUNCTION),
    ("no-resources", Status::NO_AUTHENTICATING_AUTHORITY),
    ("no-resources", Status::INSUFFICIENT_MEMORY),
];

/// The server-final message of a refusal.
pub(super) fn message(status: Status) -> String {
    let known = VALUES.iter().find(|(_, of)| *of == status);
    format!("e={}", known.map_or("other-error", |(value, _)| value))
}

/// What a client makes of a refusal.
pub(super) fn refused<T>(value: &[u8]) -> Result<T> {
    let known = VALUES.iter().find(|(name, _)| name.as_bytes() == value);
    let status = known.map_or(Status::LOGON_DENIED, |(_, status)| *status);
    let shown = value.get(..SHOWN).unwrap_or(value).escape_ascii();
    Err(Error::new(status, format!("server-final: the server refuses: e={shown}")))
}
