//! The six packages: one for each mechanism, since no function is told which one was chosen.

use std::sync::Arc;

use super::context::ScramContext;
use super::credential::ScramCredential;
use super::hash::Hash;
use super::message::{ClientFirst, Flag, MAX_TOKEN};
use super::settings::{self, Settings};
use crate::config::Document;
use crate::error::{Error, Result, Status};
use crate::sspi::{
    Context, Credential, CredentialRequest, Logins, Package, PackageInfo, Role, Usage, capability,
};
use crate::system::heap;

/// `cbMaxToken`.
const LARGEST_TOKEN: u32 = 4096;
const _: () = assert!(LARGEST_TOKEN as usize == MAX_TOKEN);

/// The package of one mechanism.
pub struct ScramPackage {
    info: PackageInfo,
    /// The mechanism's hash.
    pub(super) hash: Hash,
    /// Whether it is the mechanism with channel bindings.
    pub(super) plus: bool,
    logins: &'static Logins,
}

/// Outside of the packages, whose names are constants.
static LOGINS: [Logins; 6] = [const { Logins::new() }; 6];

/// The packages, the best first.
pub static PACKAGES: [ScramPackage; 6] = [
    ScramPackage::new("SCRAM-SHA-512-PLUS", Hash::Sha512, true, &LOGINS[0]),
    ScramPackage::new("SCRAM-SHA-512", Hash::Sha512, false, &LOGINS[1]),
    ScramPackage::new("SCRAM-SHA-256-PLUS", Hash::Sha256, true, &LOGINS[2]),
    ScramPackage::new("SCRAM-SHA-256", Hash::Sha256, false, &LOGINS[3]),
    ScramPackage::new("SCRAM-SHA-1-PLUS", Hash::Sha1, true, &LOGINS[4]),
    ScramPackage::new("SCRAM-SHA-1", Hash::Sha1, false, &LOGINS[5]),
];

/// Whether `token`, a client-first message, is with channel bindings; `None` where it is no such message.
#[must_use]
pub fn is_bound(token: &[u8]) -> Option<bool> {
    ClientFirst::parse(token).ok().map(|first| matches!(first.flag, Flag::Used(_)))
}

/// The package of this name, compared without regard to case.
#[must_use]
pub fn named(name: &str) -> Option<&'static ScramPackage> {
    PACKAGES.iter().find(|package| package.info.name.eq_ignore_ascii_case(name))
}

impl ScramPackage {
    const fn new(name: &'static str, hash: Hash, plus: bool, logins: &'static Logins) -> Self {
        let info = PackageInfo {
            name,
            comment: "Salted Challenge Response (RFC 5802)",
            capabilities: capability::TOKEN_ONLY | capability::CONNECTION | capability::MUTUAL_AUTH,
            version: 1,
            rpc_id: 0xFFFF,
            max_token: LARGEST_TOKEN,
        };
        Self { info, hash, plus, logins }
    }

    /// Its name, which is the mechanism's.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.info.name
    }

    /// The mechanism's hash.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Whether it is the mechanism with channel bindings.
    #[must_use]
    pub const fn plus(&self) -> bool {
        self.plus
    }
}

impl Package for ScramPackage {
    fn info(&self) -> &PackageInfo {
        &self.info
    }

    fn logins(&self) -> &Logins {
        self.logins
    }

    /// A client's first message names no hash: which package it is for depends on which are listed.
    fn recognizes(&self, _token: &[u8]) -> bool {
        false
    }

    fn has_to_be_listed(&self) -> bool {
        true
    }

    fn tables(&self) -> &'static [&'static str] {
        &[settings::TABLE]
    }

    fn check_settings(&self, configuration: &Document) -> Result<()> {
        Settings::read_table(configuration).map(drop)
    }

    fn acquire(&self, request: CredentialRequest) -> Result<Arc<dyn Credential>> {
        let package = named(self.info.name).ok_or_else(|| {
            Error::new(Status::SECPKG_NOT_FOUND, "SCRAM: no package of that name")
        })?;
        Ok(heap::shared(ScramCredential::acquire(package, self.hash, self.plus, request)?)?)
    }
}

impl Credential for ScramCredential {
    fn package(&self) -> &'static dyn Package {
        self.package
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn name(&self) -> String {
        self.user_name().to_owned()
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
        Ok(heap::boxed(ScramContext::new(self, role))?)
    }
}
