//! The list of packages: which there are, in which order, which SASL profile stands for each, and
//! whose the tables of secur32.toml are.

use once_cell::race::OnceBox;

use crate::config::{self, Document, Key};
use crate::digest;
use crate::error::{Error, Result, Status};
#[cfg(unix)]
use crate::gss;
#[cfg(windows)]
use crate::gss::windows;
use crate::sspi::Package;

/// Profile and package, as Active Directory maps them.
const PROFILES: [(&str, &str); 4] = [
    ("GSSAPI", "Kerberos"),
    ("GSS-SPNEGO", "Negotiate"),
    ("EXTERNAL", "Schannel"),
    ("DIGEST-MD5", "WDigest"),
];

/// Packages, in the order in which they are enumerated.
pub struct Packages {
    /// This library's, whether or not this machine has them.
    own: &'static [&'static dyn Package],
    /// Windows' and Wine's, which profiles stand for; their credentials are not this library's.
    system: &'static [&'static dyn Package],
    available: OnceBox<Vec<&'static dyn Package>>,
}

#[cfg(unix)]
static OWN: [&dyn Package; 3] = [&gss::unix::NEGOTIATE, &gss::unix::KERBEROS, &digest::WDigest];
#[cfg(not(unix))]
static OWN: [&dyn Package; 1] = [&digest::WDigest];

#[cfg(windows)]
static SYSTEM: [&dyn Package; 3] = [&windows::NEGOTIATE, &windows::KERBEROS, &windows::SCHANNEL];
#[cfg(not(windows))]
static SYSTEM: [&dyn Package; 0] = [];

/// The packages that there can be.
pub static INSTALLED: Packages = Packages::new(&OWN, &SYSTEM);

impl Packages {
    /// This library's packages `own`, in the order in which Windows enumerates them, and those of the system.
    #[must_use]
    pub const fn new(
        own: &'static [&'static dyn Package],
        system: &'static [&'static dyn Package],
    ) -> Self {
        Self { own, system, available: OnceBox::new() }
    }

    /// This library's packages that this machine has.
    #[must_use]
    pub fn available(&self) -> &[&'static dyn Package] {
        let available = || self.own().filter(|package| package.available()).collect();
        self.available.get_or_init(|| Box::new(available()))
    }

    /// The package of this library called `name`, compared without regard to case.
    ///
    /// # Errors
    /// `SECPKG_NOT_FOUND`.
    pub fn find(&self, name: &str) -> Result<&'static dyn Package> {
        find(self.own(), name)
    }

    /// Finds and reads the configuration, and makes the log as it says. All of it is checked, whichever
    /// package it is read for.
    ///
    /// # Errors
    /// `INTERNAL_ERROR`, with the file, line and key or the variable in the reason.
    pub fn configuration(&self) -> Result<Document> {
        let document = Document::load()?;
        self.check(&document)?;
        Ok(document)
    }

    /// The same for a package that reads its own tables at once, and then says what is wrong with them.
    ///
    /// # Errors
    /// As [`Packages::configuration`].
    pub fn configuration_for(&self, package: &dyn Package) -> Result<Document> {
        let document = Document::load()?;
        self.check_but(&document, Some(package))?;
        Ok(document)
    }

    /// Checks a configuration, whichever package's keys stand in it.
    ///
    /// # Errors
    /// As [`Packages::configuration`].
    pub fn check(&self, document: &Document) -> Result<()> {
        self.check_but(document, None)
    }

    fn check_but(&self, document: &Document, reader: Option<&dyn Package>) -> Result<()> {
        let mut tables: Vec<_> = self.own().flat_map(<dyn Package>::tables).copied().collect();
        tables.extend([SASL[0].table, config::LOG[0].table]);
        document.check_tables(&tables)?;
        configured_profiles(document)?;
        let reader = reader.map(|package| package.info().name);
        let mut others = self.own().filter(|package| Some(package.info().name) != reader);
        others.try_for_each(|package| package.check_settings(document))
    }

    /// The profiles that this machine has, in the configured order.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn profiles(&self) -> Result<Vec<&'static str>> {
        let mut profiles = configured_profiles(&self.configuration()?)?;
        profiles.retain(|profile| self.profile_package(profile).is_ok());
        Ok(profiles)
    }

    /// The package behind `profile`, compared without regard to case.
    ///
    /// # Errors
    /// `SECPKG_NOT_FOUND` for an unknown profile, or one whose package this machine does not have.
    pub fn profile_package(&self, profile: &str) -> Result<&'static dyn Package> {
        let row = PROFILES.iter().find(|(name, _)| name.eq_ignore_ascii_case(profile));
        let (_, package) = row.ok_or_else(|| not_found("SASL: no such profile"))?;
        find(self.all(), package)
    }

    /// The package whose first token, or whose profile's name, `token` begins with.
    ///
    /// # Errors
    /// `INVALID_TOKEN` for an empty token, `SECPKG_NOT_FOUND` when no package of this machine knows it.
    pub fn identify(&self, token: &[u8]) -> Result<&'static dyn Package> {
        if token.is_empty() {
            let reason = "SASL: an empty token identifies no package";
            return Err(Error::new(Status::INVALID_TOKEN, reason));
        }
        let named = PROFILES.iter().find(|(profile, _)| starts_with_profile(token, profile));
        if let Some((_, package)) = named {
            return find(self.all(), package);
        }
        let known = self.all().find(|package| package.recognizes(token));
        known
            .filter(|package| package.available())
            .ok_or_else(|| not_found("SASL: no package knows this token"))
    }

    /// Whether the configuration leaves the packages of this library to the system where that has one of
    /// the same name. One that is wrong is reported by the call that acquires.
    #[must_use]
    pub fn prefers_system(&self) -> bool {
        let document = self.configuration_for(&digest::WDigest);
        let settings = document.and_then(|document| digest::settings::Settings::read(&document));
        settings.is_ok_and(|settings| settings.use_system)
    }

    fn own(&self) -> impl Iterator<Item = &'static dyn Package> + use<> {
        self.own.iter().copied()
    }

    fn all(&self) -> impl Iterator<Item = &'static dyn Package> + use<> {
        self.own().chain(self.system.iter().copied())
    }
}

/// The package called `name`, whosever it is.
fn find(
    mut packages: impl Iterator<Item = &'static dyn Package>,
    name: &str,
) -> Result<&'static dyn Package> {
    let named = |package: &&dyn Package| package.info().name.eq_ignore_ascii_case(name);
    // The others need not be there, nor be looked for.
    let found = packages.find(named).filter(|package| package.available());
    found.ok_or_else(|| not_found("package: no package of that name on this machine"))
}

/// The table of SASL.
pub const SASL: [Key<Vec<&'static str>>; 1] = [Key {
    table: "sasl",
    name: "profiles",
    expected: "a list of different ones of GSSAPI, GSS-SPNEGO, EXTERNAL, DIGEST-MD5",
    shown: "[\"GSSAPI\", \"GSS-SPNEGO\", \"EXTERNAL\", \"DIGEST-MD5\"]",
    doc: "",
    read: |profiles, value| value.choice(profile).map(|chosen| *profiles = chosen),
}];

/// The profiles to list, whether or not this machine has them.
///
/// # Errors
/// As [`Packages::configuration`].
pub fn configured_profiles(document: &Document) -> Result<Vec<&'static str>> {
    let mut profiles = PROFILES.map(|(profile, _)| profile).to_vec();
    document.read(&SASL, &mut profiles)?;
    Ok(profiles)
}

/// A profile's own spelling of its name, which is compared without regard to case.
fn profile(name: &str) -> Option<&'static str> {
    let mut profiles = PROFILES.into_iter().map(|(profile, _)| profile);
    profiles.find(|profile| profile.eq_ignore_ascii_case(name))
}

/// Whether `token` is `profile`, or goes on after it with SP, NUL, CR or LF.
fn starts_with_profile(token: &[u8], profile: &str) -> bool {
    let Some((name, rest)) = token.split_at_checked(profile.len()) else {
        return false;
    };
    name.eq_ignore_ascii_case(profile.as_bytes())
        && rest.first().is_none_or(|next| matches!(next, b' ' | b'\0' | b'\r' | b'\n'))
}

fn not_found(reason: &'static str) -> Error {
    Error::new(Status::SECPKG_NOT_FOUND, reason)
}

#[cfg(test)]
mod tests;
