//! WDigest as a package: its name, what it says of itself, and the way to its credentials.

use std::sync::Arc;

use super::credential::DigestCredential;
use super::message::limits::MAX_TOKEN;
use super::message::tokenizer;
use super::settings::Settings;
use crate::config::Document;
use crate::digest::context::DigestContext;
use crate::error::{Error, Result, Status};
use crate::sspi::{
    Context, Credential, CredentialRequest, Logins, Package, PackageInfo, Role, Usage, capability,
};
use crate::system::heap;

/// What Windows 10 enumerates for WDigest: none of the message bits, although the package has them.
const INFO: PackageInfo = PackageInfo {
    name: "WDigest",
    comment: "Digest Authentication for Windows",
    capabilities: capability::TOKEN_ONLY
        | capability::IMPERSONATION
        | capability::ACCEPT_WIN32_NAME
        | capability::APPCONTAINER_CHECKS,
    version: 1,
    rpc_id: 21,
    max_token: MAX_TOKEN,
};

/// Names that the first directive of a Digest token can have.
const FIRST_DIRECTIVES: [&[u8]; 12] = [
    b"realm",
    b"nonce",
    b"qop",
    b"cipher",
    b"algorithm",
    b"charset",
    b"maxbuf",
    b"stale",
    b"username",
    b"cnonce",
    b"nc",
    b"rspauth",
];

/// The WDigest package.
pub struct WDigest;

static LOGINS: Logins = Logins::new();

impl Package for WDigest {
    fn info(&self) -> &PackageInfo {
        &INFO
    }

    fn logins(&self) -> &Logins {
        &LOGINS
    }

    fn recognizes(&self, token: &[u8]) -> bool {
        let first = tokenizer::directives(token).next();
        first.and_then(Result::ok).is_some_and(|directive| {
            FIRST_DIRECTIVES.iter().any(|name| directive.name.eq_ignore_ascii_case(name))
        })
    }

    fn tables(&self) -> &'static [&'static str] {
        &["WDigest", "server", "sql", "ldap", "shared", "client"]
    }

    fn check_settings(&self, configuration: &Document) -> Result<()> {
        Settings::read(configuration).map(drop)
    }

    fn acquire(&self, request: CredentialRequest) -> Result<Arc<dyn Credential>> {
        Ok(heap::shared(DigestCredential::acquire(&WDigest, request)?)?)
    }

    fn import(&self, serialized: &[u8], configuration: &Document) -> Result<Box<dyn Context>> {
        let settings = Arc::new(Settings::read(configuration)?);
        Ok(heap::boxed(DigestContext::import(&WDigest, serialized, settings)?)?)
    }
}

impl Credential for DigestCredential {
    fn package(&self) -> &'static dyn Package {
        self.package
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn name(&self) -> String {
        self.user_name()
    }

    fn context(self: Arc<Self>, role: Role) -> Result<Box<dyn Context>> {
        let serves = match role {
            Role::Server => self.usage.inbound,
            Role::Client => self.usage.outbound,
        };
        if !serves {
            let reason = "context: the credential was acquired for the other direction";
            return Err(Error::new(Status::NO_CREDENTIALS, reason));
        }
        Ok(heap::boxed(DigestContext::new(self, role))?)
    }
}
