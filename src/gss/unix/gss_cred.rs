//! The library's credentials as Rust values that release themselves.

use super::library::GssFunctions;
use super::name::GssName;
use super::status::{Doing, check};
use super::types::{
    ACCEPT, Buffer, CREDENTIALS_EXPIRED, ERROR_BITS, Handle, INDEFINITE, INITIATE, KERBEROS,
    NO_CI_FLAGS, Oid, OidSet, SPNEGO,
};
use crate::error::Result;
use crate::secret::Secret;

/// Which mechanisms a credential is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mechanism {
    /// Kerberos alone.
    Kerberos,
    /// SPNEGO; accepts bare Kerberos tokens too.
    Negotiate,
}

impl Mechanism {
    /// The mechanism that a client starts.
    pub(super) fn oid(self) -> &'static Oid {
        match self {
            Self::Kerberos => &KERBEROS,
            Self::Negotiate => &SPNEGO,
        }
    }
}

/// A credential of the library's; released when dropped.
pub(super) struct Cred {
    functions: &'static GssFunctions,
    handle: Handle,
}

// SAFETY: RFC 2744 leaves it open, MIT and Heimdal lock their credentials.
unsafe impl Send for Cred {}
// SAFETY: as above.
unsafe impl Sync for Cred {}

impl Cred {
    /// A credential of the system's: the keytab for `inbound`, else the credential cache.
    pub(super) fn acquire(
        functions: &'static GssFunctions,
        mechanism: Mechanism,
        name: Option<&GssName>,
        inbound: bool,
    ) -> Result<Self> {
        let mut cred = Self { functions, handle: std::ptr::null_mut() };
        let mut minor = 0;
        let name = name.map_or(std::ptr::null_mut(), GssName::handle);
        let usage = if inbound { ACCEPT } else { INITIATE };
        let major = with_mechanisms(mechanism, |set| {
            // SAFETY: pointers to live values; null where RFC 2744 §5.2 allows it.
            unsafe {
                (functions.gss_acquire_cred)(
                    &raw mut minor,
                    name,
                    0,
                    set,
                    usage,
                    &raw mut cred.handle,
                    std::ptr::null_mut(),
                    std::ptr::null_mut(),
                )
            }
        });
        check(functions, Doing::Acquire, major, minor)?;
        Ok(cred)
    }

    /// A client's credential by its password.
    pub(super) fn with_password(
        functions: &'static GssFunctions,
        mechanism: Mechanism,
        name: &GssName,
        password: &Secret<String>,
    ) -> Result<Self> {
        let mut cred = Self { functions, handle: std::ptr::null_mut() };
        let mut minor = 0;
        let password = Buffer::over(password.expose().as_bytes());
        let major = with_mechanisms(mechanism, |set| {
            // SAFETY: pointers to live values; null where the function allows it.
            unsafe {
                (functions.gss_acquire_cred_with_password)(
                    &raw mut minor,
                    name.handle(),
                    &raw const password,
                    0,
                    set,
                    INITIATE,
                    &raw mut cred.handle,
                    std::ptr::null_mut(),
                    std::ptr::null_mut(),
                )
            }
        });
        check(functions, Doing::Acquire, major, minor)?;
        Ok(cred)
    }

    /// A client's credential, whose contexts have the protection that is asked for: without this
    /// Kerberos adds integrity and confidentiality to every request, and GSS-SPNEGO's layer follows
    /// from those. A library that does not know the option goes on as ever.
    pub(super) fn limited_to_request(mut self) -> Self {
        let mut minor = 0;
        let empty = Buffer::EMPTY;
        // SAFETY: pointers to live values.
        unsafe {
            (self.functions.gss_set_cred_option)(
                &raw mut minor,
                &raw mut self.handle,
                &raw const NO_CI_FLAGS,
                &raw const empty,
            )
        };
        self
    }

    /// A credential of Negotiate by which nothing but Kerberos is agreed on: a library may have further
    /// mechanisms, of plugins. One that cannot be told (Heimdal's) goes on as ever.
    pub(super) fn with_kerberos_alone(self) -> Result<Self> {
        let Some(choose) = self.functions.gss_set_neg_mechs else { return Ok(self) };
        let kerberos = KERBEROS.copy();
        let set = OidSet { count: 1, elements: &raw const kerberos };
        let mut minor = 0;
        // SAFETY: the credential is live, the set and its element outlive the call.
        let major = unsafe { choose(&raw mut minor, self.handle, &raw const set) };
        check(self.functions, Doing::Acquire, major, minor)?;
        Ok(self)
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle
    }

    /// Whether its ticket has ended. One that has not been fetched yet has no end.
    pub(super) fn expired(&self) -> bool {
        let (mut minor, mut lifetime, none) = (0, INDEFINITE, std::ptr::null_mut());
        // SAFETY: the credential is live; null where RFC 2744 §5.21 allows it.
        let major = unsafe {
            (self.functions.gss_inquire_cred)(
                &raw mut minor,
                self.handle,
                none,
                &raw mut lifetime,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        lifetime == 0 || major & ERROR_BITS == CREDENTIALS_EXPIRED
    }

    /// Whom it speaks for.
    pub(super) fn name(&self) -> Result<String> {
        let mut minor = 0;
        let mut name = GssName::empty(self.functions);
        // SAFETY: the credential is live; null where RFC 2744 §5.21 allows it.
        let major = unsafe {
            (self.functions.gss_inquire_cred)(
                &raw mut minor,
                self.handle,
                name.fill(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        check(self.functions, Doing::Acquire, major, minor)?;
        if name.handle().is_null() { Ok(String::new()) } else { name.display() }
    }
}

/// Calls with the set of identifiers that a credential of `mechanism` is for.
fn with_mechanisms(mechanism: Mechanism, call: impl FnOnce(*const OidSet) -> u32) -> u32 {
    let both = [SPNEGO.copy(), KERBEROS.copy()];
    let elements = match mechanism {
        Mechanism::Kerberos => &both[1..],
        Mechanism::Negotiate => &both[..],
    };
    let set = OidSet { count: elements.len(), elements: elements.as_ptr() };
    call(&raw const set)
}

impl Drop for Cred {
    fn drop(&mut self) {
        if self.handle.is_null() {
            return;
        }
        let mut minor = 0;
        // SAFETY: the library's, released once.
        unsafe { (self.functions.gss_release_cred)(&raw mut minor, &raw mut self.handle) };
    }
}
