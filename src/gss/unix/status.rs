//! From GSSAPI's major and minor statuses to the status that Windows gives, with the library's own
//! words for the log.

use super::buffer::OwnedBuffer;
use super::library::GssFunctions;
use super::types::{ERROR_BITS, KERBEROS, MAJOR_CODE, MINOR_CODE, ORDER_BITS};
use crate::error::{Error, Result, Status};

/// What was being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    /// A credential was being made.
    Acquire,
    /// A client's step was being taken.
    Initialize,
    /// A server's step was being taken.
    Accept,
    /// A message was signed or sealed, or the context was asked something.
    Message,
    /// A message of the peer's was verified or opened.
    Received,
}

impl Doing {
    const fn word(self) -> &'static str {
        match self {
            Self::Acquire => "credential",
            Self::Initialize => "initialize",
            Self::Accept => "accept",
            Self::Message | Self::Received => "message",
        }
    }
}

/// Whether a call succeeded, and the refusal where it did not.
pub(super) fn check(functions: &GssFunctions, doing: Doing, major: u32, minor: u32) -> Result<()> {
    if major & ERROR_BITS == 0 {
        return Ok(());
    }
    Err(error(functions, doing, major, minor))
}

/// A message that came before, late, or after one that did not: intact, but not in its turn.
pub(super) fn check_order(major: u32) -> Result<()> {
    if major & ORDER_BITS == 0 {
        return Ok(());
    }
    let reason = "message: seen before, or not the next one (RFC 2743 §1.2.3)";
    Err(Error::new(Status::OUT_OF_SEQUENCE, reason))
}

/// The refusal for a failed call.
fn error(functions: &GssFunctions, doing: Doing, major: u32, minor: u32) -> Error {
    let major_words = words(functions, major, MAJOR_CODE);
    let minor_words = if minor == 0 { String::new() } else { words(functions, minor, MINOR_CODE) };
    let reason = format!("{}: {major_words}: {minor_words}", doing.word());
    Error::new(status(doing, major, minor), reason.trim_end_matches([':', ' ']).to_owned())
}

/// The first line of the library's words for a status.
fn words(functions: &GssFunctions, value: u32, kind: i32) -> String {
    let mut minor = 0;
    let mut more = 0;
    let mut buffer = OwnedBuffer::empty(functions);
    // SAFETY: pointers to live locals of the right types.
    let major = unsafe {
        (functions.gss_display_status)(
            &raw mut minor,
            value,
            kind,
            &raw const KERBEROS,
            &raw mut more,
            buffer.fill(),
        )
    };
    match buffer.bytes() {
        bytes if major == 0 && !bytes.is_empty() => {
            // MIT's library may count a terminator.
            String::from_utf8_lossy(bytes).trim_end_matches('\0').trim().to_owned()
        }
        _ => format!("0x{value:08X}"),
    }
}

/// The status for a failed call. Kerberos tells more by its minor status than by the major one.
fn status(doing: Doing, major: u32, minor: u32) -> Status {
    if !matches!(doing, Doing::Message | Doing::Received)
        && let Some(status) = of_kerberos(doing, minor)
    {
        return status;
    }
    // RFC 2744 §3.9.1: the routine errors.
    match (major >> 16) & 0xFF {
        1 if doing == Doing::Acquire => Status::SECPKG_NOT_FOUND,
        // A server has its credential: what is missing is one for the token's mechanism.
        7 if doing == Doing::Accept => Status::INVALID_TOKEN,
        1 | 9 => Status::INVALID_TOKEN,
        2 | 3 if doing == Doing::Acquire => Status::UNKNOWN_CREDENTIALS,
        2 | 3 => Status::TARGET_UNKNOWN,
        4 => Status::BAD_BINDINGS,
        6 => Status::MESSAGE_ALTERED,
        7 => Status::NO_CREDENTIALS,
        8 => Status::INVALID_HANDLE,
        10 | 15 => Status::LOGON_DENIED,
        11 | 12 => Status::CONTEXT_EXPIRED,
        14 => Status::QOP_NOT_SUPPORTED,
        16 => Status::UNSUPPORTED_FUNCTION,
        13 if doing == Doing::Acquire => Status::NO_CREDENTIALS,
        13 if doing == Doing::Accept => Status::INVALID_TOKEN,
        // Heimdal's library says so of what was altered.
        13 if doing == Doing::Received && matches!(minor, ALTERED | EINVAL) => {
            Status::MESSAGE_ALTERED
        }
        _ => Status::INTERNAL_ERROR,
    }
}

/// `ERROR_TABLE_BASE_krb5`, -1765328384.
const KERBEROS_BASE: u32 = 0x96C7_3A00;

/// `KRB5KRB_AP_ERR_BAD_INTEGRITY`.
const ALTERED: u32 = KERBEROS_BASE + 31;
/// A checksum of another length than its kind has.
const EINVAL: u32 = 22;

/// What a Kerberos error says; its number is RFC 4120 §7.5.9's up to 127, `krb5_err`'s from there.
fn of_kerberos(doing: Doing, minor: u32) -> Option<Status> {
    Some(match minor.wrapping_sub(KERBEROS_BASE) {
        7 => Status::TARGET_UNKNOWN,
        // The client is unknown, revoked, locked or its password expired or wrong.
        1 | 6 | 12 | 18 | 20 | 21 | 23 | 24 | 31 | 45 | KRB5_PREAUTH_FAILED => Status::LOGON_DENIED,
        32 => Status::CONTEXT_EXPIRED,
        33 | 37 | KRB5_KDCREP_SKEW => Status::TIME_SKEW,
        34 => Status::OUT_OF_SEQUENCE,
        // What came was made with another key: to a client the server is then an impostor.
        36 | 41 | 44 if doing == Doing::Initialize => Status::WRONG_PRINCIPAL,
        36 | 41 | 44 => Status::LOGON_DENIED,
        // The ticket is for somebody whose key the keytab does not have.
        35 | KRB5KRB_AP_WRONG_PRINC | KRB5_KT_NOTFOUND | KRB5_KT_END | KRB5_KT_KVNONOTFOUND
            if doing == Doing::Accept =>
        {
            Status::LOGON_DENIED
        }
        KRB5_REALM_UNKNOWN | KRB5_KDC_UNREACH | KRB5_REALM_CANT_RESOLVE => {
            Status::NO_AUTHENTICATING_AUTHORITY
        }
        KRB5_CC_NOTFOUND | KRB5_FCC_NOFILE | KRB5_NO_TKT_IN_RLM => Status::NO_CREDENTIALS,
        _ => return None,
    })
}

// Numbers of `krb5_err`, from its base.
const KRB5_CC_NOTFOUND: u32 = 141;
const KRB5KRB_AP_WRONG_PRINC: u32 = 144;
const KRB5_KDCREP_SKEW: u32 = 148;
const KRB5_REALM_UNKNOWN: u32 = 154;
const KRB5_KDC_UNREACH: u32 = 156;
const KRB5_KT_NOTFOUND: u32 = 181;
const KRB5_KT_END: u32 = 182;
const KRB5_NO_TKT_IN_RLM: u32 = 185;
const KRB5_FCC_NOFILE: u32 = 195;
const KRB5_PREAUTH_FAILED: u32 = 210;
const KRB5_REALM_CANT_RESOLVE: u32 = 220;
const KRB5_KT_KVNONOTFOUND: u32 = 230;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_alone() {
        for (doing, routine, expected) in [
            (Doing::Accept, 9, Status::INVALID_TOKEN),
            (Doing::Accept, 4, Status::BAD_BINDINGS),
            (Doing::Accept, 7, Status::INVALID_TOKEN),
            (Doing::Initialize, 7, Status::NO_CREDENTIALS),
            (Doing::Accept, 10, Status::LOGON_DENIED),
            (Doing::Accept, 13, Status::INVALID_TOKEN),
            (Doing::Initialize, 2, Status::TARGET_UNKNOWN),
            (Doing::Initialize, 11, Status::CONTEXT_EXPIRED),
            (Doing::Initialize, 13, Status::INTERNAL_ERROR),
            (Doing::Acquire, 2, Status::UNKNOWN_CREDENTIALS),
            (Doing::Acquire, 13, Status::NO_CREDENTIALS),
            (Doing::Message, 6, Status::MESSAGE_ALTERED),
            (Doing::Message, 9, Status::INVALID_TOKEN),
            (Doing::Message, 12, Status::CONTEXT_EXPIRED),
            (Doing::Received, 6, Status::MESSAGE_ALTERED),
            (Doing::Received, 9, Status::INVALID_TOKEN),
            (Doing::Message, 14, Status::QOP_NOT_SUPPORTED),
        ] {
            assert_eq!(status(doing, routine << 16, 0), expected, "{doing:?} {routine}");
        }
    }

    #[test]
    fn kerberos_tells_more() {
        const FAILURE: u32 = 13 << 16;
        for (doing, code, expected) in [
            (Doing::Initialize, 7, Status::TARGET_UNKNOWN),
            (Doing::Initialize, 24, Status::LOGON_DENIED),
            (Doing::Initialize, 32, Status::CONTEXT_EXPIRED),
            (Doing::Initialize, 37, Status::TIME_SKEW),
            (Doing::Initialize, 41, Status::WRONG_PRINCIPAL),
            (Doing::Accept, 41, Status::LOGON_DENIED),
            (Doing::Accept, 34, Status::OUT_OF_SEQUENCE),
            (Doing::Accept, KRB5_KT_KVNONOTFOUND, Status::LOGON_DENIED),
            // As Heimdal says it.
            (Doing::Accept, KRB5_KT_END, Status::LOGON_DENIED),
            (Doing::Acquire, KRB5_KT_NOTFOUND, Status::NO_CREDENTIALS),
            (Doing::Initialize, KRB5_KDC_UNREACH, Status::NO_AUTHENTICATING_AUTHORITY),
            (Doing::Initialize, KRB5_FCC_NOFILE, Status::NO_CREDENTIALS),
            // As Heimdal says it, of the peer's messages alone.
            (Doing::Received, 31, Status::MESSAGE_ALTERED),
            (Doing::Received, EINVAL.wrapping_sub(KERBEROS_BASE), Status::MESSAGE_ALTERED),
            (Doing::Received, 41, Status::INTERNAL_ERROR),
            (Doing::Message, 31, Status::INTERNAL_ERROR),
            (Doing::Message, EINVAL.wrapping_sub(KERBEROS_BASE), Status::INTERNAL_ERROR),
            (Doing::Acquire, 31, Status::LOGON_DENIED),
            // A message's status says more than its cause.
            (Doing::Message, 41, Status::INTERNAL_ERROR),
        ] {
            let minor = KERBEROS_BASE.wrapping_add(code);
            assert_eq!(status(doing, FAILURE, minor), expected, "{doing:?} {code}");
        }
    }
}
