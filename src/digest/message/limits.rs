//! The sizes that RFC 2831 and Windows set for messages, and the numbers of tries.

use std::ops::RangeInclusive;

/// The largest token in bytes: `cbMaxToken`, and the largest response (RFC 2831 §2.1.2).
pub const MAX_TOKEN: u32 = 4096;

/// A digest-challenge is shorter than this, in bytes (RFC 2831 §2.1.1).
pub const CHALLENGE_LIMIT: usize = 2048;

/// A digest-response is shorter than this, in bytes (RFC 2831 §2.1.2).
pub const RESPONSE_LIMIT: usize = 4096;

/// A response-auth as it is sent, in bytes: `rspauth=` and 32 digits (RFC 2831 §2.1.3).
pub const RSPAUTH_LENGTH: usize = 40;

/// maxbuf where the directive is absent, in bytes (RFC 2831 §2.1.1).
pub const DEFAULT_MAXBUF: u32 = 65_536;

/// The legal values of maxbuf, in bytes: more than the 16 of a signature, and what the three
/// bytes of a SASL security layer's size can say (RFC 2831 §2.1.1).
pub const MAXBUF: RangeInclusive<u32> = 17..=16_777_215;

/// The candidates of one response's names, at most ([`super::names::candidates`]).
pub const NAME_CANDIDATES: usize = 4;

/// The hashes that one response may cost where the password is known in clear text. A server stops
/// after so many tries, over all candidates.
pub const TRIES: usize = 3;
