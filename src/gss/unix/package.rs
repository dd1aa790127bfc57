//! The two packages: what they say of themselves, and which tokens they recognize.

use std::sync::Arc;

use super::context::Packages;
use super::credential::GssCredential;
use super::gss_cred::Mechanism;
use super::library::{self, GssFunctions};
use super::local_principal::LocalPrincipal;
use crate::error::{Error, Result, Status};
use crate::gss::initial_token;
use crate::sspi::{Credential, CredentialRequest, Logins, Package, PackageInfo, SaslSemantics};

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
pub struct GssPackage {
    mechanism: Mechanism,
    info: PackageInfo,
    logins: Logins,
}

/// The Kerberos package.
pub static KERBEROS: GssPackage =
    GssPackage { mechanism: Mechanism::Kerberos, info: KERBEROS_INFO, logins: Logins::new() };
/// The Negotiate package.
pub static NEGOTIATE: GssPackage =
    GssPackage { mechanism: Mechanism::Negotiate, info: NEGOTIATE_INFO, logins: Logins::new() };

impl GssPackage {
    fn functions() -> Result<&'static GssFunctions> {
        library::functions().ok_or_else(|| {
            let reason = "package: this machine has no GSSAPI library";
            Error::new(Status::SECPKG_NOT_FOUND, reason)
        })
    }
}

impl Package for GssPackage {
    fn info(&self) -> &PackageInfo {
        &self.info
    }

    fn logins(&self) -> &Logins {
        &self.logins
    }

    /// Negotiate stands for the one mechanism that it has, too.
    fn names_in_lists(&self) -> &[&'static str] {
        const NAMES: [&str; 2] = [KERBEROS_INFO.name, NEGOTIATE_INFO.name];
        match self.mechanism {
            Mechanism::Kerberos => &NAMES[..1],
            Mechanism::Negotiate => &NAMES,
        }
    }

    fn available(&self) -> bool {
        library::functions().is_some()
    }

    /// GSS-SPNEGO has no cookies: its layer follows from the context's flags.
    fn sasl_semantics(&self) -> SaslSemantics {
        match self.mechanism {
            Mechanism::Kerberos => SaslSemantics::Gssapi,
            Mechanism::Negotiate => SaslSemantics::Attributes,
        }
    }

    fn recognizes(&self, token: &[u8]) -> bool {
        match self.mechanism {
            Mechanism::Kerberos => initial_token::is_kerberos(token),
            Mechanism::Negotiate => initial_token::is_spnego(token),
        }
    }

    fn acquire(&self, request: CredentialRequest) -> Result<Arc<dyn Credential>> {
        let own = if self.mechanism == Mechanism::Kerberos { &KERBEROS } else { &NEGOTIATE };
        let principal = LocalPrincipal::acquire(Self::functions()?, self.mechanism, request)?;
        Ok(Arc::new(GssCredential::new(Packages { own, kerberos: &KERBEROS }, principal)))
    }
}
