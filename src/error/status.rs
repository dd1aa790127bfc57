//! The status codes of SSPI, by their names in the Windows headers.

use std::fmt;

/// A `SECURITY_STATUS`: 32 bits, the top bit set for errors.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(u32);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl Status {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The name in the Windows headers without its `SEC_E_` or `SEC_I_`, where it is one
            /// of those used here.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    /// `SEC_E_OK`.
    OK = 0x0000_0000;
    /// `SEC_I_CONTINUE_NEEDED`: send the token to the peer and call again with its answer.
    CONTINUE_NEEDED = 0x0009_0312;
    /// `SEC_I_COMPLETE_NEEDED`: call `CompleteAuthToken`.
    COMPLETE_NEEDED = 0x0009_0313;
    /// `SEC_I_COMPLETE_AND_CONTINUE`: call `CompleteAuthToken`, then go on.
    COMPLETE_AND_CONTINUE = 0x0009_0314;
    /// `SEC_E_INSUFFICIENT_MEMORY`.
    INSUFFICIENT_MEMORY = 0x8009_0300;
    /// `SEC_E_INVALID_HANDLE`: no such handle, or no longer.
    INVALID_HANDLE = 0x8009_0301;
    /// `SEC_E_UNSUPPORTED_FUNCTION`.
    UNSUPPORTED_FUNCTION = 0x8009_0302;
    /// `SEC_E_TARGET_UNKNOWN`.
    TARGET_UNKNOWN = 0x8009_0303;
    /// `SEC_E_INTERNAL_ERROR`.
    INTERNAL_ERROR = 0x8009_0304;
    /// `SEC_E_SECPKG_NOT_FOUND`.
    SECPKG_NOT_FOUND = 0x8009_0305;
    /// `SEC_E_NOT_OWNER`.
    NOT_OWNER = 0x8009_0306;
    /// `SEC_E_INVALID_TOKEN`: a token or the buffers around it are malformed.
    INVALID_TOKEN = 0x8009_0308;
    /// `SEC_E_CANNOT_PACK`.
    CANNOT_PACK = 0x8009_0309;
    /// `SEC_E_QOP_NOT_SUPPORTED`.
    QOP_NOT_SUPPORTED = 0x8009_030A;
    /// `SEC_E_NO_IMPERSONATION`.
    NO_IMPERSONATION = 0x8009_030B;
    /// `SEC_E_LOGON_DENIED`.
    LOGON_DENIED = 0x8009_030C;
    /// `SEC_E_UNKNOWN_CREDENTIALS`.
    UNKNOWN_CREDENTIALS = 0x8009_030D;
    /// `SEC_E_NO_CREDENTIALS`.
    NO_CREDENTIALS = 0x8009_030E;
    /// `SEC_E_MESSAGE_ALTERED`.
    MESSAGE_ALTERED = 0x8009_030F;
    /// `SEC_E_OUT_OF_SEQUENCE`.
    OUT_OF_SEQUENCE = 0x8009_0310;
    /// `SEC_E_NO_AUTHENTICATING_AUTHORITY`: the accounts could not be asked.
    NO_AUTHENTICATING_AUTHORITY = 0x8009_0311;
    /// `SEC_E_CONTEXT_EXPIRED`.
    CONTEXT_EXPIRED = 0x8009_0317;
    /// `SEC_E_INCOMPLETE_MESSAGE`.
    INCOMPLETE_MESSAGE = 0x8009_0318;
    /// `SEC_E_BUFFER_TOO_SMALL`.
    BUFFER_TOO_SMALL = 0x8009_0321;
    /// `SEC_E_WRONG_PRINCIPAL`: the peer did not prove that it knows the secret.
    WRONG_PRINCIPAL = 0x8009_0322;
    /// `SEC_E_TIME_SKEW`: the clocks of the peers differ by too much.
    TIME_SKEW = 0x8009_0324;
    /// `SEC_E_ENCRYPT_FAILURE`.
    ENCRYPT_FAILURE = 0x8009_0329;
    /// `SEC_E_ALGORITHM_MISMATCH`.
    ALGORITHM_MISMATCH = 0x8009_0331;
    /// `SEC_E_SECURITY_QOS_FAILED`.
    SECURITY_QOS_FAILED = 0x8009_0332;
    /// `SEC_E_WRONG_CREDENTIAL_HANDLE`.
    WRONG_CREDENTIAL_HANDLE = 0x8009_0336;
    /// `SEC_E_CRYPTO_SYSTEM_INVALID`.
    CRYPTO_SYSTEM_INVALID = 0x8009_0337;
    /// `SEC_E_BAD_BINDINGS`.
    BAD_BINDINGS = 0x8009_0346;
    /// `SEC_E_INVALID_PARAMETER`.
    INVALID_PARAMETER = 0x8009_035D;
    /// `STATUS_INVALID_PARAMETER`: a nonce count that is not a number, to the message functions.
    STATUS_INVALID_PARAMETER = 0xC000_000D;
    /// `STATUS_LOGON_FAILURE`: the context has ended, well or badly, and takes no more tokens.
    STATUS_LOGON_FAILURE = 0xC000_006D;
}

impl Status {
    /// The 32 bits, as C sees them.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0
    }

    /// Whether this is an error rather than a success or a "continue".
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 & 0x8000_0000 != 0
    }
}

impl From<u32> for Status {
    fn from(code: u32) -> Self {
        Self(code)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match *self {
            Self::STATUS_LOGON_FAILURE | Self::STATUS_INVALID_PARAMETER => "",
            _ if self.is_error() || *self == Self::OK => "SEC_E_",
            _ => "SEC_I_",
        };
        match self.name() {
            Some(name) => write!(formatter, "{prefix}{name} (0x{:08X})", self.0),
            None => write!(formatter, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
