//! What `QueryContextAttributes` can be asked, and the answers, before they take C's shape.

use crate::secret::Secret;

/// The `SECPKG_ATTR_*` number of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttributeId(pub u32);

impl AttributeId {
    /// `SECPKG_ATTR_SIZES`.
    pub const SIZES: Self = Self(0);
    /// `SECPKG_ATTR_NAMES`.
    pub const NAMES: Self = Self(1);
    /// `SECPKG_ATTR_LIFESPAN`.
    pub const LIFESPAN: Self = Self(2);
    /// `SECPKG_ATTR_STREAM_SIZES`.
    pub const STREAM_SIZES: Self = Self(4);
    /// `SECPKG_ATTR_KEY_INFO`.
    pub const KEY_INFO: Self = Self(5);
    /// `SECPKG_ATTR_AUTHORITY`.
    pub const AUTHORITY: Self = Self(6);
    /// `SECPKG_ATTR_PASSWORD_EXPIRY`.
    pub const PASSWORD_EXPIRY: Self = Self(8);
    /// `SECPKG_ATTR_SESSION_KEY`.
    pub const SESSION_KEY: Self = Self(9);
    /// `SECPKG_ATTR_PACKAGE_INFO`.
    pub const PACKAGE_INFO: Self = Self(10);
    /// `SECPKG_ATTR_NEGOTIATION_INFO`.
    pub const NEGOTIATION_INFO: Self = Self(12);
    /// `SECPKG_ATTR_FLAGS`.
    pub const FLAGS: Self = Self(14);
    /// `SECPKG_ATTR_ACCESS_TOKEN`.
    pub const ACCESS_TOKEN: Self = Self(18);
    /// `SECPKG_ATTR_TARGET`.
    pub const TARGET: Self = Self(19);
    /// `SECPKG_ATTR_CLIENT_SPECIFIED_TARGET`.
    pub const CLIENT_SPECIFIED_TARGET: Self = Self(27);
}

/// The latest time a `TimeStamp` can hold, which Digest reports as every expiry
/// (`LowPart` 0xFFFFFFFF, `HighPart` 0x7FFFFFFF).
pub const MAXIMUM_TIME: u64 = 0x7FFF_FFFF_FFFF_FFFF;

/// `SecPkgContext_Sizes`, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    /// The largest token of the exchange.
    pub max_token: u32,
    /// The largest signature of `MakeSignature`.
    pub max_signature: u32,
    /// The block size that messages are padded to; 1 for stream ciphers.
    pub block_size: u32,
    /// The trailer that `EncryptMessage` needs beside padding.
    pub security_trailer: u32,
}

/// `SecPkgContext_StreamSizes`, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StreamSizes {
    /// Bytes before the data.
    pub header: u32,
    /// Bytes after the data, padding included.
    pub trailer: u32,
    /// The largest plaintext that the peer takes.
    pub maximum_message: u32,
    /// Buffers that a message needs.
    pub buffers: u32,
    /// As in [`Sizes`].
    pub block_size: u32,
}

/// `SecPkgContext_KeyInfo`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// The signature algorithm's name.
    pub signature_name: &'static str,
    /// The cipher's name, empty without one.
    pub encryption_name: &'static str,
    /// The key's length in bits.
    pub key_bits: u32,
    /// `ALG_ID` of the signature; of Kerberos the checksum's type (RFC 3961 §8).
    pub signature_algorithm: u32,
    /// `ALG_ID` of the cipher, 0 without one; of Kerberos the encryption type.
    pub encryption_algorithm: u32,
}

/// A context's answer to a query. `PACKAGE_INFO`, `NEGOTIATION_INFO` and `FLAGS` are answered by
/// the caller of the package, from [`super::Package::info`] and the last step's flags.
#[derive(Clone, Debug)]
pub enum Attribute {
    /// `SIZES`.
    Sizes(Sizes),
    /// `NAMES`: the user.
    Names(String),
    /// `LIFESPAN`: start and expiry as FILETIME values in local time.
    Lifespan(u64, u64),
    /// `STREAM_SIZES`.
    StreamSizes(StreamSizes),
    /// `KEY_INFO`.
    KeyInfo(KeyInfo),
    /// `AUTHORITY`: the realm.
    Authority(String),
    /// `PASSWORD_EXPIRY` as a FILETIME value.
    PasswordExpiry(u64),
    /// `SESSION_KEY`.
    SessionKey(Secret<Vec<u8>>),
    /// `TARGET`: the digest-uri or uri, as received.
    Target(Vec<u8>),
    /// `CLIENT_SPECIFIED_TARGET`: the service name.
    ClientSpecifiedTarget(String),
}
