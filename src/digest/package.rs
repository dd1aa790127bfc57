//! WDigest as a package: its name, what it says of itself, and the way to its credentials.

use std::sync::Arc;

use super::credential::DigestCredential;
use super::message::tokenizer;
use super::settings::Settings;
use crate::config::Document;
use crate::digest::context::DigestContext;
use crate::error::Result;
use crate::sspi::{Context, Credential, CredentialRequest, Package, PackageInfo, capability};
use crate::system::heap;

/// The largest token: `cbMaxToken`, and the largest response (RFC 2831 §2.1.2).
pub(super) const MAX_TOKEN: u32 = 4096;

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

impl Package for WDigest {
    fn info(&self) -> &PackageInfo {
        &INFO
    }

    fn recognizes(&self, token: &[u8]) -> bool {
        let first = tokenizer::directives(token).next();
        first.and_then(Result::ok).is_some_and(|directive| {
            FIRST_DIRECTIVES.iter().any(|name| directive.name.eq_ignore_ascii_case(name))
        })
    }

    fn tables(&self) -> &'static [&'static str] {
        &["WDigest", "server", "sql", "ldap", "client"]
    }

    fn check_settings(&self, configuration: &Document) -> Result<()> {
        Settings::read(configuration).map(drop)
    }

    fn acquire(&self, request: CredentialRequest) -> Result<Arc<dyn Credential>> {
        Ok(heap::shared(DigestCredential::acquire(request)?)?)
    }

    fn import(&self, packed: &[u8], configuration: &Document) -> Result<Box<dyn Context>> {
        let settings = Arc::new(Settings::read(configuration)?);
        Ok(heap::boxed(DigestContext::import(packed, settings)?)?)
    }
}
