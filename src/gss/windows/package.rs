//! The system's packages: what it says of them, and what SASL adds to them.

use std::sync::Arc;

use once_cell::sync::OnceCell;

use crate::error::{Error, Result, Status};
use crate::gss::initial_token;
use crate::sspi::{Credential, CredentialRequest, Logins, Package, PackageInfo, SaslSemantics};
#[cfg(windows)]
use crate::system::windows_secur32::{Listed, list, system_dll};

/// A package of the system's.
pub(crate) struct WindowsPackage {
    /// What is known of it before the system was asked.
    unasked: PackageInfo,
    semantics: SaslSemantics,
    recognizes: fn(&[u8]) -> bool,
    /// Whether its contexts are wrapped here; else its `Sasl*` calls are the system's own affair.
    wrapped: bool,
    told: OnceCell<PackageInfo>,
    logins: Logins,
}

const fn unasked(name: &'static str) -> PackageInfo {
    PackageInfo { name, comment: "", capabilities: 0, version: 1, rpc_id: 0, max_token: 0 }
}

/// Kerberos, whose contexts exchange cookies.
pub(crate) static KERBEROS: WindowsPackage = WindowsPackage {
    unasked: unasked("Kerberos"),
    semantics: SaslSemantics::Gssapi,
    recognizes: initial_token::is_kerberos,
    wrapped: true,
    told: OnceCell::new(),
    logins: Logins::new(),
};

/// Negotiate.
pub(crate) static NEGOTIATE: WindowsPackage = WindowsPackage {
    unasked: unasked("Negotiate"),
    semantics: SaslSemantics::Plain,
    recognizes: initial_token::is_spnego,
    wrapped: true,
    told: OnceCell::new(),
    logins: Logins::new(),
};

/// Schannel: listed for EXTERNAL where the system has `Sasl*` functions that serve it.
#[cfg(windows)]
pub(crate) static SCHANNEL: WindowsPackage = WindowsPackage {
    unasked: unasked("Schannel"),
    semantics: SaslSemantics::Plain,
    recognizes: |_| false,
    wrapped: false,
    told: OnceCell::new(),
    logins: Logins::new(),
};

/// Of them, the one called `name` whose contexts are wrapped here.
#[cfg(windows)]
pub(crate) fn wrapped(name: &str) -> Option<&'static WindowsPackage> {
    [&NEGOTIATE, &KERBEROS]
        .into_iter()
        .find(|package| package.unasked.name.eq_ignore_ascii_case(name))
}

/// All packages that the system has, in its order.
#[cfg(windows)]
pub(crate) fn all() -> Vec<Listed> {
    system_dll().and_then(list).unwrap_or_default()
}

impl WindowsPackage {
    /// What the system says of it, asked once: the comment then lasts as long as the process.
    #[cfg(windows)]
    fn told(&self) -> Option<&PackageInfo> {
        let ask = || {
            let name = self.unasked.name;
            let listed = all().into_iter().find(|listed| listed.name.eq_ignore_ascii_case(name));
            let Listed { comment, capabilities, version, rpc_id, max_token, .. } =
                listed.ok_or(())?;
            let comment = Box::leak(comment.into_boxed_str());
            Ok(PackageInfo { name, comment, capabilities, version, rpc_id, max_token })
        };
        self.told.get_or_try_init::<_, ()>(ask).ok()
    }

    #[cfg(not(windows))]
    fn told(&self) -> Option<&PackageInfo> {
        self.told.get()
    }
}

impl Package for WindowsPackage {
    fn info(&self) -> &PackageInfo {
        self.told().unwrap_or(&self.unasked)
    }

    fn logins(&self) -> &Logins {
        &self.logins
    }

    fn available(&self) -> bool {
        #[cfg(windows)]
        let served = self.wrapped
            || system_dll().is_some_and(|own| own.function("SaslAcceptSecurityContext").is_some());
        #[cfg(not(windows))]
        let served = self.wrapped;
        served && self.told().is_some()
    }

    fn sasl_semantics(&self) -> SaslSemantics {
        self.semantics
    }

    fn recognizes(&self, token: &[u8]) -> bool {
        (self.recognizes)(token)
    }

    /// Refuses: credentials of these packages are acquired by the system's own functions, to which
    /// such calls go before this library looks at them.
    fn acquire(&self, _: CredentialRequest) -> Result<Arc<dyn Credential>> {
        let reason = "package: its credentials are the system's own";
        Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason))
    }
}
