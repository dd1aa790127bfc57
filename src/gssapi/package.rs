//! The two packages: what they say of themselves, and which tokens are theirs.

use std::sync::Arc;

use super::calls::Mechanism;
use super::credential::GssCredential;
use super::library::{self, Functions};
use crate::sspi::{
    Credential, CredentialRequest, Error, Package, PackageInfo, Result, SaslSemantics, Status,
};

/// What Windows enumerates for Kerberos.
const KERBEROS_INFO: PackageInfo = PackageInfo {
    name: "Kerberos",
    comment: "Microsoft Kerberos V1.0",
    capabilities: 0x008F_3BBF,
    version: 1,
    rpc_id: 16,
    max_token: 48000,
};

/// What Windows enumerates for Negotiate.
const NEGOTIATE_INFO: PackageInfo = PackageInfo {
    name: "Negotiate",
    comment: "Microsoft Package Negotiator",
    capabilities: 0x0008_3BB3,
    version: 1,
    rpc_id: 9,
    max_token: 48256,
};

/// A package behind which the GSSAPI library stands.
pub struct Unix {
    mechanism: Mechanism,
    info: PackageInfo,
}

/// The Kerberos package.
pub static KERBEROS: Unix = Unix { mechanism: Mechanism::Kerberos, info: KERBEROS_INFO };
/// The Negotiate package.
pub static NEGOTIATE: Unix = Unix { mechanism: Mechanism::Negotiate, info: NEGOTIATE_INFO };

impl Unix {
    pub(super) fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    fn functions() -> Result<&'static Functions> {
        library::functions().ok_or_else(|| {
            let reason = "package: this machine has no GSSAPI library";
            Error::new(Status::SECPKG_NOT_FOUND, reason)
        })
    }
}

impl Package for Unix {
    fn info(&self) -> &PackageInfo {
        &self.info
    }

    fn available(&self) -> bool {
        library::functions().is_some()
    }

    /// GSS-SPNEGO has no cookies: its layer follows from the context's flags.
    fn sasl_semantics(&self) -> SaslSemantics {
        match self.mechanism {
            Mechanism::Kerberos => SaslSemantics::Gssapi,
            Mechanism::Negotiate => SaslSemantics::Plain,
        }
    }

    fn recognizes(&self, token: &[u8]) -> bool {
        match self.mechanism {
            Mechanism::Kerberos => begins_with(token, &KERBEROS_OIDS),
            Mechanism::Negotiate => begins_with(token, &[SPNEGO_OID]),
        }
    }

    fn acquire(&self, request: CredentialRequest) -> Result<Arc<dyn Credential>> {
        let package = if self.mechanism == Mechanism::Kerberos { &KERBEROS } else { &NEGOTIATE };
        Ok(Arc::new(GssCredential::acquire(Self::functions()?, package, &request)?))
    }
}

/// 1.2.840.113554.1.2.2, and 1.2.840.48018.1.2.2 as an early Windows wrote it.
const KERBEROS_OIDS: [&[u8]; 2] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02",
    b"\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02",
];
/// 1.3.6.1.5.5.2.
const SPNEGO_OID: &[u8] = b"\x06\x06\x2b\x06\x01\x05\x05\x02";

/// Whether a token has the frame of RFC 2743 §3.1 with one of `identifiers`: 0x60, a DER length,
/// the identifier.
fn begins_with(token: &[u8], identifiers: &[&[u8]]) -> bool {
    let Some((&0x60, rest)) = token.split_first() else { return false };
    let Some((&length, rest)) = rest.split_first() else { return false };
    let more = if length & 0x80 == 0 { 0 } else { usize::from(length & 0x7F) };
    let body = rest.get(more..).filter(|_| more <= 4).unwrap_or_default();
    identifiers.iter().any(|identifier| body.starts_with(identifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart_by_their_identifier() {
        let frame = |length: &[u8], body: &[u8]| [b"\x60", length, body].concat();
        let rows = [
            (frame(b"\x10", KERBEROS_OIDS[0]), true, false),
            (frame(b"\x82\x01\x00", KERBEROS_OIDS[0]), true, false),
            (frame(b"\x82\x01\x00", KERBEROS_OIDS[1]), true, false),
            (frame(b"\x81\x80", SPNEGO_OID), false, true),
            (frame(b"\x84\0\0\x01\0", SPNEGO_OID), false, true),
            (frame(b"\x85\0\0\0\x01\0", SPNEGO_OID), false, false),
            (frame(b"\x82\x01", b""), false, false),
            (frame(b"", b""), false, false),
            (b"realm=\"x\"".to_vec(), false, false),
            (Vec::new(), false, false),
        ];
        for (token, kerberos, negotiate) in rows {
            assert_eq!(KERBEROS.recognizes(&token), kerberos, "{token:02x?}");
            assert_eq!(NEGOTIATE.recognizes(&token), negotiate, "{token:02x?}");
        }
    }
}
