//! The machine's packages: what it says of them, and what SASL adds to them.

use std::sync::Arc;

use once_cell::sync::OnceCell;

use crate::error::{Error, Result, Status};
use crate::gss::initial_token;
use crate::sspi::{Credential, CredentialRequest, Package, PackageInfo, SaslSemantics};
#[cfg(windows)]
use crate::system::secur32::{Listed, list, machine};

/// A package of the machine's.
pub(crate) struct MachinePackage {
    /// What is known of it before the machine was asked.
    unasked: PackageInfo,
    semantics: SaslSemantics,
    recognizes: fn(&[u8]) -> bool,
    /// Whether its contexts are wrapped here; else its `Sasl*` calls are the machine's own affair.
    wrapped: bool,
    told: OnceCell<PackageInfo>,
}

const fn unasked(name: &'static str) -> PackageInfo {
    PackageInfo { name, comment: "", capabilities: 0, version: 1, rpc_id: 0, max_token: 0 }
}

/// Kerberos, whose contexts exchange cookies.
pub(crate) static KERBEROS: MachinePackage = MachinePackage {
    unasked: unasked("Kerberos"),
    semantics: SaslSemantics::Gssapi,
    recognizes: initial_token::is_kerberos,
    wrapped: true,
    told: OnceCell::new(),
};

/// Negotiate.
pub(crate) static NEGOTIATE: MachinePackage = MachinePackage {
    unasked: unasked("Negotiate"),
    semantics: SaslSemantics::Plain,
    recognizes: initial_token::is_spnego,
    wrapped: true,
    told: OnceCell::new(),
};

/// Schannel: listed for EXTERNAL where the machine has `Sasl*` functions that serve it.
#[cfg(windows)]
pub(crate) static SCHANNEL: MachinePackage = MachinePackage {
    unasked: unasked("Schannel"),
    semantics: SaslSemantics::Plain,
    recognizes: |_| false,
    wrapped: false,
    told: OnceCell::new(),
};

/// Of them, the one called `name` whose contexts are wrapped here.
#[cfg(windows)]
pub(crate) fn wrapped(name: &str) -> Option<&'static MachinePackage> {
    [&NEGOTIATE, &KERBEROS]
        .into_iter()
        .find(|package| package.unasked.name.eq_ignore_ascii_case(name))
}

/// All packages that the machine has, in its order.
#[cfg(windows)]
pub(crate) fn all() -> Vec<Listed> {
    machine().and_then(list).unwrap_or_default()
}

impl MachinePackage {
    /// What the machine says of it, asked once: the comment then lasts as long as the process.
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

impl Package for MachinePackage {
    fn info(&self) -> &PackageInfo {
        self.told().unwrap_or(&self.unasked)
    }

    fn available(&self) -> bool {
        #[cfg(windows)]
        let served = self.wrapped
            || machine().is_some_and(|own| own.function("SaslAcceptSecurityContext").is_some());
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

    /// Refuses: credentials of these packages are acquired by the machine's own functions, to which
    /// such calls go before this library looks at them.
    fn acquire(&self, _: CredentialRequest) -> Result<Arc<dyn Credential>> {
        let reason = "package: its credentials are the machine's own";
        Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason))
    }
}
