//! The library's names as Rust values that release themselves.

use super::buffer::OwnedBuffer;
use super::library::GssFunctions;
use super::status::{Doing, check};
use super::types::{Buffer, Handle, Oid, PRINCIPAL_NAME, SERVICE_NAME};
use crate::error::{Error, Result, Status};

/// A name in the library's form; released when dropped.
pub(super) struct GssName {
    functions: &'static GssFunctions,
    handle: Handle,
}

// SAFETY: a name is read only once it is made (RFC 2744 has no call that changes one).
unsafe impl Send for GssName {}

impl GssName {
    /// The name of a service as Windows and as GSSAPI write it, or of a principal:
    ///
    /// * `service/host` and `service@host` are host-based, so that the site's krb5.conf finds the
    ///   realm and decides whether DNS may replace the host;
    /// * all others, such as `service/host@REALM` and `user@REALM`, are taken as they are.
    pub(super) fn service(
        functions: &'static GssFunctions,
        doing: Doing,
        string: &str,
    ) -> Result<Self> {
        match string.split_once('/') {
            Some((service, host)) if !host.contains(['@', '/']) => {
                Self::import(functions, doing, &format!("{service}@{host}"), &SERVICE_NAME)
            }
            None if is_service_at_host(string) => {
                Self::import(functions, doing, string, &SERVICE_NAME)
            }
            _ => Self::principal(functions, doing, string),
        }
    }

    /// The name of a principal.
    pub(super) fn principal(
        functions: &'static GssFunctions,
        doing: Doing,
        string: &str,
    ) -> Result<Self> {
        Self::import(functions, doing, string, &PRINCIPAL_NAME)
    }

    fn import(
        functions: &'static GssFunctions,
        doing: Doing,
        string: &str,
        kind: &'static Oid,
    ) -> Result<Self> {
        if string.is_empty() || string.contains('\0') {
            let status = match doing {
                Doing::Acquire => Status::UNKNOWN_CREDENTIALS,
                _ => Status::TARGET_UNKNOWN,
            };
            return Err(Error::new(status, "name: empty, or has a NUL in it"));
        }
        let mut name = Self { functions, handle: std::ptr::null_mut() };
        let mut minor = 0;
        let buffer = Buffer::over(string.as_bytes());
        // SAFETY: pointers to live values; the string is only read.
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
    pub(super) fn empty(functions: &'static GssFunctions) -> Self {
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
    pub(super) fn display(&self) -> Result<String> {
        let mut minor = 0;
        let mut buffer = OwnedBuffer::empty(self.functions);
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
        Ok(buffer.string())
    }
}

/// Whether this is GSSAPI's form `service@host` and not `user@REALM`, which is written in capitals.
fn is_service_at_host(string: &str) -> bool {
    string.split_once('@').is_some_and(|(_, host)| host.chars().any(char::is_lowercase))
}

impl Drop for GssName {
    fn drop(&mut self) {
        if self.handle.is_null() {
            return;
        }
        let mut minor = 0;
        // SAFETY: the library's, released once.
        unsafe { (self.functions.gss_release_name)(&raw mut minor, &raw mut self.handle) };
    }
}
