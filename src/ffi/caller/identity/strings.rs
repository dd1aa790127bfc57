//! What the identity functions do with names: comparing, joining, and taking hosts from targets.

use std::borrow::Cow;

use subtle::ConstantTimeEq;

use crate::error::{Result, Status};
use crate::ffi::caller::identity::layout::refused;
use crate::sspi::Identity;

/// `STATUS_NO_SUCH_USER`.
const STATUS_NO_SUCH_USER: u32 = 0xC000_0064;
/// `STATUS_WRONG_PASSWORD`.
const STATUS_WRONG_PASSWORD: u32 = 0xC000_006A;
/// `ERROR_LOGON_FAILURE`.
const ERROR_LOGON_FAILURE: u32 = 1326;

/// Whether both name the same user in the same domain, without regard to case.
pub(crate) fn same_user(one: &Identity, other: &Identity) -> bool {
    same_name(one.user.as_deref(), other.user.as_deref())
        && same_name(one.domain.as_deref(), other.domain.as_deref())
}

/// Whether both have the same password; the time it takes tells at most their lengths.
pub(crate) fn same_password(one: &Identity, other: &Identity) -> bool {
    match (&one.password, &other.password) {
        (Some(one), Some(other)) => {
            bool::from(one.expose().as_bytes().ct_eq(other.expose().as_bytes()))
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn same_name(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.chars().flat_map(char::to_lowercase).eq(other.chars().flat_map(char::to_lowercase))
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// `domain\user`, or the user alone where the domain is absent or empty.
///
/// # Errors
/// `INVALID_PARAMETER` without a user.
pub(crate) fn account_name(identity: &Identity) -> Result<Cow<'_, str>> {
    let user = identity.user.as_deref().filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| refused("identity: no user name"))?;
    Ok(match identity.domain.as_deref() {
        None | Some("") => Cow::Borrowed(user),
        Some(domain) => Cow::Owned(format!("{domain}\\{user}")),
    })
}

/// The host in `target`: of `service/host[:port][/name]` the host, and anything else as it is.
///
/// # Errors
/// `INVALID_PARAMETER` where nothing is left.
pub(crate) fn target_host(target: &str) -> Result<&str> {
    let mut pieces = target.split('/');
    let host = match (pieces.next(), pieces.next()) {
        (Some(_), Some(host)) => without_port(host),
        _ => target,
    };
    if host.is_empty() { Err(refused("the target names no host")) } else { Ok(host) }
}

/// `host` without `:port`. The colons of an IPv6 address stay, whether in brackets or not.
fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.find(']').and_then(|end| host.get(..=end)).unwrap_or(host);
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

/// Whether other credentials may help after `code` (a SECURITY_STATUS, NTSTATUS or Win32 error).
pub(crate) fn prompting_helps(code: u32) -> bool {
    let statuses = [
        Status::NO_CREDENTIALS,
        Status::LOGON_DENIED,
        Status::UNKNOWN_CREDENTIALS,
        Status::STATUS_LOGON_FAILURE,
    ];
    statuses.into_iter().any(|status| status.code() == code)
        || [STATUS_NO_SUCH_USER, STATUS_WRONG_PASSWORD, ERROR_LOGON_FAILURE].contains(&code)
}
