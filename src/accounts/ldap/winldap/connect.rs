//! How a connection is made and binds: hosts in place of URIs, and a call that connects.

use std::ffi::c_int;
use std::ptr;
use std::time::Instant;

use super::{Functions, OPT_REFERRALS, OPT_VERSION, terminated};
use crate::accounts::ldap::libldap::{Connection, Fault, Target};
use crate::accounts::ldap::library::time_until;
use crate::secret::Secret;

/// `LDAP_PARAM_ERROR`.
const PARAM_ERROR: c_int = 0x59;

/// The host, with its port where it has one, and whether TLS is spoken.
fn host(uri: &str) -> Option<(&str, bool)> {
    let (scheme, rest) = uri.split_once("://")?;
    let tls = match scheme {
        "ldap" => false,
        "ldaps" => true,
        _ => return None,
    };
    let host = rest.split('/').next()?;
    (!host.is_empty()).then_some((host, tls))
}

impl Connection {
    /// One for this URI, which is not connected yet.
    pub(in crate::accounts::ldap) fn begin(
        functions: &'static Functions,
        target: &Target<'_>,
    ) -> Result<Self, Fault> {
        const DOING: &str = "reading the URI";
        let (host, tls) =
            host(target.uri).ok_or_else(|| Fault::new(functions, DOING, PARAM_ERROR))?;
        let host = terminated(host);
        let ldap = if tls {
            // SAFETY: the text is terminated.
            unsafe { (functions.initialize_tls)(host.as_ptr(), 636, 1) }
        } else {
            // SAFETY: as above.
            unsafe { (functions.initialize)(host.as_ptr(), 389) }
        };
        if ldap.is_null() {
            // SAFETY: takes nothing.
            return Err(Fault::new(functions, DOING, unsafe { (functions.last_error)() }));
        }
        let connection = Self { ldap, functions };
        let version: c_int = 3;
        functions.set(ldap, OPT_VERSION, (&raw const version).cast());
        // Others' servers are not asked, and with no name of ours.
        functions.set(ldap, OPT_REFERRALS, ptr::null());
        Ok(connection)
    }

    fn connect(&self, doing: &'static str, until: Instant) -> Result<(), Fault> {
        let left = time_until(until);
        // SAFETY: the connection lives, and the time is only read.
        let result = unsafe { (self.functions.connect)(self.ldap, &raw const left) };
        Fault::check(self.functions, doing, result)
    }

    /// Goes over to TLS.
    pub(in crate::accounts::ldap) fn secure(&self, until: Instant) -> Result<(), Fault> {
        const DOING: &str = "starting TLS";
        self.connect(DOING, until)?;
        let none = ptr::null_mut();
        // SAFETY: the connection lives; neither the server's answer nor controls are wanted.
        let result =
            unsafe { (self.functions.start_tls)(self.ldap, ptr::null_mut(), none, none, none) };
        Fault::check(self.functions, DOING, result)
    }

    /// Connects where that has not been done, and binds, until `until`.
    pub(in crate::accounts::ldap) fn bind(
        &self,
        target: &Target<'_>,
        until: Instant,
    ) -> Result<(), Fault> {
        const DOING: &str = "binding";
        if !target.starttls {
            self.connect(DOING, until)?;
        }
        let name = terminated(target.bind_dn);
        let password = std::str::from_utf8(target.password).unwrap_or_default();
        let password = Secret::new(terminated(password));
        // SAFETY: the connection lives, and both texts are terminated.
        let number = unsafe {
            (self.functions.simple_bind)(self.ldap, name.as_ptr(), password.expose().as_ptr())
        };
        if number == -1 {
            // SAFETY: takes nothing.
            let code = unsafe { (self.functions.last_error)() };
            return Err(Fault::new(self.functions, DOING, code));
        }
        self.wait_for(DOING, number, until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_name_a_host_and_whether_tls_is_spoken() {
        assert_eq!(host("ldap://a.example"), Some(("a.example", false)));
        assert_eq!(host("ldaps://[::1]:636/"), Some(("[::1]:636", true)));
        for wrong in ["", "ldapi:///", "ldap://", "http://x", "a.example"] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
    }
}
