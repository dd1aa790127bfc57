//! How a connection is made and binds.

use std::ffi::{c_char, c_int};
use std::ptr;
use std::time::Instant;

use super::{Functions, OPT_REFERRALS, OPT_RESTART, OPT_VERSION, terminated};
use crate::accounts::ldap::libldap::{Connection, Fault, Target};
use crate::accounts::ldap::library::Bytes;

impl Connection {
    /// One for this URI, which is not connected yet.
    pub(in crate::accounts::ldap) fn begin(
        functions: &'static Functions,
        target: &Target<'_>,
    ) -> Result<Self, Fault> {
        let uri = terminated(target.uri);
        let mut ldap = ptr::null_mut();
        // SAFETY: the place can be written, and the text is terminated.
        let result = unsafe { (functions.initialize)(&raw mut ldap, uri.as_ptr()) };
        Fault::check(functions, "reading the URI", result)?;
        let connection = Self { ldap, functions };
        let version: c_int = 3;
        functions.set(ldap, OPT_VERSION, (&raw const version).cast());
        // Others' servers are not asked, and with no name of ours.
        functions.set(ldap, OPT_REFERRALS, ptr::null());
        // A signal of the program's does not end a call.
        functions.set(ldap, OPT_RESTART, ptr::without_provenance(1));
        Ok(connection)
    }

    /// Goes over to TLS, until `until`.
    pub(in crate::accounts::ldap) fn secure(&self, until: Instant) -> Result<(), Fault> {
        const DOING: &str = "starting TLS";
        self.functions.limit(self.ldap, until);
        let (none, mut number) = (ptr::null_mut(), 0);
        // SAFETY: the connection lives, there are no controls, and the place can be written.
        let result = unsafe { (self.functions.start_tls)(self.ldap, none, none, &raw mut number) };
        Fault::check(self.functions, DOING, result)?;
        self.wait_for(DOING, number, until)?;
        self.functions.limit(self.ldap, until);
        // SAFETY: the connection lives, and its server has agreed.
        let result = unsafe { (self.functions.install_tls)(self.ldap) };
        Fault::check(self.functions, DOING, result)
    }

    /// Connects where that has not been done, and binds, until `until`.
    pub(in crate::accounts::ldap) fn bind(
        &self,
        target: &Target<'_>,
        until: Instant,
    ) -> Result<(), Fault> {
        const DOING: &str = "binding";
        self.functions.limit(self.ldap, until);
        let (name, mut number) = (terminated(target.bind_dn), 0);
        let password = Bytes {
            length: target.password.len().try_into().unwrap_or(0),
            start: target.password.as_ptr().cast::<c_char>().cast_mut(),
        };
        // SAFETY: the connection lives; the name is terminated, the password has so many bytes, which
        // are only read; there are no controls, and the place can be written.
        let result = unsafe {
            (self.functions.sasl_bind)(
                self.ldap,
                name.as_ptr(),
                ptr::null(),
                &raw const password,
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut number,
            )
        };
        Fault::check(self.functions, DOING, result)?;
        self.wait_for(DOING, number, until)
    }
}
