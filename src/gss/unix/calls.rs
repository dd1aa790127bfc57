//! The library's buffers, names and credentials as Rust values that release themselves.

use zeroize::Zeroize;

use super::library::Functions;
use super::status::{self, Doing};
use super::types::{
    ACCEPT, Buffer, BufferSet, CREDENTIALS_EXPIRED, ERROR_BITS, Handle, INDEFINITE, INITIATE,
    KERBEROS, NO_CI_FLAGS, Oid, OidSet, PRINCIPAL_NAME, SERVICE_NAME, SPNEGO, bytes,
};
use crate::error::{Error, Result, Status};
use crate::secret::Secret;

/// Whether a call succeeded, and the refusal where it did not.
pub(super) fn check(functions: &Functions, doing: Doing, major: u32, minor: u32) -> Result<()> {
    if major & ERROR_BITS == 0 {
        return Ok(());
    }
    Err(status::error(functions, doing, major, minor))
}

/// A buffer that the library fills; wiped and released when dropped.
pub(super) struct Owned<'f> {
    functions: &'f Functions,
    buffer: Buffer,
}

impl<'f> Owned<'f> {
    pub(super) fn empty(functions: &'f Functions) -> Self {
        Self { functions, buffer: Buffer::EMPTY }
    }

    /// For a function to fill; once.
    pub(super) fn fill(&mut self) -> *mut Buffer {
        &raw mut self.buffer
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: empty, or what the library filled it with, which lives until it is released.
        unsafe { bytes(self.buffer.value.cast(), self.buffer.length) }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).trim_end_matches('\0').to_owned()
    }
}

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        if !self.buffer.value.is_null() && self.buffer.length > 0 {
            let (start, length) = (self.buffer.value.cast::<u8>(), self.buffer.length);
            // SAFETY: the library's memory, which is ours until the release below.
            unsafe { std::slice::from_raw_parts_mut(start, length) }.zeroize();
        }
        let mut minor = 0;
        // SAFETY: filled by the library, or empty; not used afterwards.
        unsafe { (self.functions.gss_release_buffer)(&raw mut minor, &raw mut self.buffer) };
    }
}

/// A set of buffers that the library makes; released when dropped.
pub(super) struct OwnedSet<'f> {
    functions: &'f Functions,
    set: *mut BufferSet,
}

impl<'f> OwnedSet<'f> {
    pub(super) fn empty(functions: &'f Functions) -> Self {
        Self { functions, set: std::ptr::null_mut() }
    }

    /// For a function to fill; once.
    pub(super) fn fill(&mut self) -> *mut *mut BufferSet {
        &raw mut self.set
    }

    /// The buffer of that number.
    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        if self.set.is_null() {
            return None;
        }
        // SAFETY: not null, so what the library filled it with.
        let BufferSet { count, elements } = unsafe { self.set.read() };
        if index >= count {
            return None;
        }
        // SAFETY: one of `count`.
        let Buffer { length, value } = unsafe { elements.wrapping_add(index).read() };
        // SAFETY: the library's memory, until the set is released.
        Some(unsafe { bytes(value.cast(), length) })
    }
}

impl Drop for OwnedSet<'_> {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: filled by the library, or null; not used afterwards.
        unsafe { (self.functions.gss_release_buffer_set)(&raw mut minor, &raw mut self.set) };
    }
}

/// A name in the library's form; released when dropped.
pub(super) struct Name {
    functions: &'static Functions,
    handle: Handle,
}

// SAFETY: a name is read only once it is made (RFC 2744 has no call that changes one).
unsafe impl Send for Name {}

impl Name {
    /// The name of a service as Windows and as GSSAPI write it, or of a principal:
    ///
    /// * `service/host` and `service@host` are host-based, so that the site's krb5.conf finds the
    ///   realm and decides whether DNS may replace the host;
    /// * all others, such as `service/host@REALM` and `user@REALM`, are taken as they are.
    pub(super) fn service(functions: &'static Functions, doing: Doing, text: &str) -> Result<Self> {
        match text.split_once('/') {
            Some((service, host)) if !host.contains(['@', '/']) => {
                Self::import(functions, doing, &format!("{service}@{host}"), &SERVICE_NAME)
            }
            None if is_service_at_host(text) => Self::import(functions, doing, text, &SERVICE_NAME),
            _ => Self::principal(functions, doing, text),
        }
    }

    /// The name of a principal.
    pub(super) fn principal(
        functions: &'static Functions,
        doing: Doing,
        text: &str,
    ) -> Result<Self> {
        Self::import(functions, doing, text, &PRINCIPAL_NAME)
    }

    fn import(
        functions: &'static Functions,
        doing: Doing,
        text: &str,
        kind: &'static Oid,
    ) -> Result<Self> {
        if text.is_empty() || text.contains('\0') {
            let status = match doing {
                Doing::Acquire => Status::UNKNOWN_CREDENTIALS,
                _ => Status::TARGET_UNKNOWN,
            };
            return Err(Error::new(status, "name: empty, or has a NUL in it"));
        }
        let mut name = Self { functions, handle: std::ptr::null_mut() };
        let mut minor = 0;
        let buffer = Buffer::over(text.as_bytes());
        // SAFETY: pointers to live values; the text is only read.
        let major = unsafe {
            (functions.gss_import_name)(
                &raw mut minor,
                &raw const buffer,
                &raw const *kind,
                &raw mut name.handle,
            )
        };
        check(functions, doing, major, minor)?;
        Ok(name)
    }

    /// A name whose handle a function fills.
    pub(super) fn empty(functions: &'static Functions) -> Self {
        Self { functions, handle: std::ptr::null_mut() }
    }

    /// For a function to fill; once.
    pub(super) fn fill(&mut self) -> *mut Handle {
        &raw mut self.handle
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle
    }

    /// The name for people: of Kerberos, the principal.
    pub(super) fn text(&self) -> Result<String> {
        let mut minor = 0;
        let mut buffer = Owned::empty(self.functions);
        let mut kind = std::ptr::null();
        // SAFETY: the name is live, the others point to live locals.
        let major = unsafe {
            (self.functions.gss_display_name)(
                &raw mut minor,
                self.handle,
                buffer.fill(),
                &raw mut kind,
            )
        };
        check(self.functions, Doing::Message, major, minor)?;
        Ok(buffer.text())
    }
}

/// Whether this is GSSAPI's form `service@host` and not `user@REALM`, which is written in capitals.
fn is_service_at_host(text: &str) -> bool {
    text.split_once('@').is_some_and(|(_, host)| host.chars().any(char::is_lowercase))
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.handle.is_null() {
            return;
        }
        let mut minor = 0;
        // SAFETY: the library's, released once.
        unsafe { (self.functions.gss_release_name)(&raw mut minor, &raw mut self.handle) };
    }
}

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
    functions: &'static Functions,
    handle: Handle,
}

// SAFETY: RFC 2744 leaves it open, MIT and Heimdal lock their credentials.
unsafe impl Send for Cred {}
// SAFETY: as above.
unsafe impl Sync for Cred {}

impl Cred {
    /// A credential of the machine's: the keytab for `inbound`, else the credential cache.
    pub(super) fn acquire(
        functions: &'static Functions,
        mechanism: Mechanism,
        name: Option<&Name>,
        inbound: bool,
    ) -> Result<Self> {
        let mut cred = Self { functions, handle: std::ptr::null_mut() };
        let mut minor = 0;
        let name = name.map_or(std::ptr::null_mut(), Name::handle);
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
        functions: &'static Functions,
        mechanism: Mechanism,
        name: &Name,
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
        let mut name = Name::empty(self.functions);
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
        if name.handle().is_null() { Ok(String::new()) } else { name.text() }
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
