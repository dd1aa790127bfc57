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
use crate::scram;
use crate::sspi::Package;

/// Profile and package, as Active Directory maps them, and then those of SCRAM.
const PROFILES: [(&str, &str); 10] = [
    ("GSSAPI", "Kerberos"),
    ("GSS-SPNEGO", "Negotiate"),
    ("EXTERNAL", "Schannel"),
    ("DIGEST-MD5", "WDigest"),
    of_scram(0),
    of_scram(1),
    of_scram(2),
    of_scram(3),
    of_scram(4),
    of_scram(5),
];

/// How many are listed where the configuration does not say.
const LISTED: usize = 4;

const fn of_scram(index: usize) -> (&'static str, &'static str) {
    let name = scram::PACKAGES[index].name();
    (name, name)
}

/// Packages, in the order in which they are enumerated.
pub struct Packages {
    /// This library's, whether or not this machine has them.
    own: &'static [&'static dyn Package],
    /// Windows' and Wine's, which profiles stand for; their credentials are not this library's.
    system: &'static [&'static dyn Package],
    available: OnceBox<Vec<&'static dyn Package>>,
}

static OWN: [&dyn Package; if cfg!(unix) { 9 } else { 7 }] = [
    #[cfg(unix)]
    &gss::unix::NEGOTIATE,
    #[cfg(unix)]
    &gss::unix::KERBEROS,
    &digest::WDigest,
    &scram::PACKAGES[0],
    &scram::PACKAGES[1],
    &scram::PACKAGES[2],
    &scram::PACKAGES[3],
    &scram::PACKAGES[4],
    &scram::PACKAGES[5],
];

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

    /// This library's packages that this machine has, without those that have to be listed.
    #[must_use]
    pub fn available(&self) -> &[&'static dyn Package] {
        let there = |package: &&dyn Package| !package.has_to_be_listed() && package.available();
        self.available.get_or_init(|| Box::new(self.own().filter(there).collect()))
    }

    /// The packages to enumerate: those that are available, then those that the configuration lists, in its
    /// order. One that is wrong is reported by the call that acquires.
    #[must_use]
    pub fn enumerated(&self) -> Vec<&'static dyn Package> {
        let mut packages = self.available().to_vec();
        for profile in
            self.configuration().and_then(|it| configured_profiles(&it)).unwrap_or_default()
        {
            packages
                .extend(self.own().filter(|it| it.has_to_be_listed() && is_called(*it, profile)));
        }
        packages
    }

    /// Whether `name` is the name of a package that is this library's, or one to be listed while what is
    /// configured is wrong: that is for this library to say.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        !self.find(name).is_err_and(|error| error.status() == Status::SECPKG_NOT_FOUND)
    }

    /// The package of this library called `name`, compared without regard to case.
    ///
    /// # Errors
    /// `SECPKG_NOT_FOUND`; what is wrong with the configuration, where that has to list the package.
    pub fn find(&self, name: &str) -> Result<&'static dyn Package> {
        self.listed(find(self.own(), name)?)
    }

    /// The same package, where it does not have to be listed, or is.
    fn listed(&self, package: &'static dyn Package) -> Result<&'static dyn Package> {
        if package.has_to_be_listed() {
            let profiles = configured_profiles(&self.configuration()?)?;
            if !profiles.into_iter().any(|profile| is_called(package, profile)) {
                return Err(not_found("package: sasl.profiles does not list it"));
            }
        }
        Ok(package)
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
        // Packages of one kind read the same tables.
        let mut tables: Vec<&'static str> = vec![];
        let mut readers: Vec<&dyn Package> = vec![];
        for package in self.own() {
            if package.tables().iter().any(|table| !tables.contains(table)) {
                tables.extend(package.tables());
                readers.push(package);
            }
        }
        tables.extend([SASL[0].table, config::LOG[0].table]);
        document.check_tables(&tables)?;
        configured_profiles(document)?;
        let read = reader.map(Package::tables);
        let mut others = readers.into_iter().filter(|package| Some(package.tables()) != read);
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
        self.listed(find(self.all(), package)?)
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
            return self.listed(find(self.all(), package)?);
        }
        if let Some(bound) = scram::is_bound(token) {
            return self.identify_scram(bound);
        }
        let known = self.all().find(|package| package.recognizes(token));
        known
            .filter(|package| package.available())
            .ok_or_else(|| not_found("SASL: no package knows this token"))
    }

    /// The package of a SCRAM client's first message, which names no hash: where all that are listed have
    /// one hash, the one that is with channel bindings as the message is, or the only one.
    fn identify_scram(&self, bound: bool) -> Result<&'static dyn Package> {
        let profiles = configured_profiles(&self.configuration()?)?;
        let listed: Vec<_> = profiles.into_iter().filter_map(scram::named).collect();
        let fitting = listed.iter().find(|package| package.plus() == bound || listed.len() == 1);
        let fitting = fitting.filter(|one| listed.iter().all(|other| other.hash() == one.hash()));
        let fitting = fitting.ok_or_else(|| not_found("SASL: SCRAM, of no hash or of any"))?;
        find(self.own(), fitting.name())
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

fn is_called(package: &dyn Package, name: &str) -> bool {
    package.info().name.eq_ignore_ascii_case(name)
}

/// The package called `name`, whosever it is.
fn find(
    mut packages: impl Iterator<Item = &'static dyn Package>,
    name: &str,
) -> Result<&'static dyn Package> {
    let named = |package: &&dyn Package| is_called(*package, name);
    // The others need not be there, nor be looked for.
    let found = packages.find(named).filter(|package| package.available());
    found.ok_or_else(|| not_found("package: no package of that name on this machine"))
}

/// What the table of SASL says.
#[derive(Debug)]
pub struct SaslSettings {
    profiles: Vec<&'static str>,
    /// Whether the program passes channel bindings.
    channel_bindings: bool,
}

/// The table of SASL.
pub const SASL: [Key<SaslSettings>; 2] = [
    Key {
        table: "sasl",
        name: "profiles",
        expected: "a list of different ones of GSSAPI, GSS-SPNEGO, EXTERNAL, DIGEST-MD5, \
                   SCRAM-SHA-512-PLUS, SCRAM-SHA-512, SCRAM-SHA-256-PLUS, SCRAM-SHA-256, \
                   SCRAM-SHA-1-PLUS, SCRAM-SHA-1",
        shown: "[\"GSSAPI\", \"GSS-SPNEGO\", \"EXTERNAL\", \"DIGEST-MD5\"]",
        doc: "what programs are shown, in this order; also SCRAM-SHA-512-PLUS, SCRAM-SHA-512, SCRAM-SHA-256-PLUS, SCRAM-SHA-256, SCRAM-SHA-1-PLUS, SCRAM-SHA-1, which are packages only where they are listed",
        read: |settings, value| value.choice(profile).map(|chosen| settings.profiles = chosen),
    },
    Key {
        table: "sasl",
        name: "channel_bindings",
        expected: "0 or 1",
        shown: "1",
        doc: "0: no -PLUS is shown, for programs that pass no SECBUFFER_CHANNEL_BINDINGS; a server that lists one has to pass bindings to each accepting call, and to list one for each hash",
        read: |settings, value| value.flag().map(|on| settings.channel_bindings = on),
    },
];

/// The profiles to list, whether or not this machine has them.
///
/// # Errors
/// As [`Packages::configuration`].
pub fn configured_profiles(document: &Document) -> Result<Vec<&'static str>> {
    let profiles = PROFILES.iter().take(LISTED).map(|(profile, _)| *profile).collect();
    let mut settings = SaslSettings { profiles, channel_bindings: true };
    document.read(&SASL, &mut settings)?;
    let SaslSettings { mut profiles, channel_bindings } = settings;
    profiles.retain(|profile| {
        channel_bindings || scram::named(profile).is_none_or(|package| !package.plus())
    });
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
