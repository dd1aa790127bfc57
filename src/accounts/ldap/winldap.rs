//! What is wldap32.dll's own about connecting: functions for UTF-16, whose names differ; hosts in place of
//! URIs; a call that connects.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::time::Instant;

use libloading::Library;
use libloading::os::windows::{LOAD_LIBRARY_SEARCH_SYSTEM32, Library as Windows};

use super::libldap::{Connection, Fault, Target, time_until};
use super::library::{Bytes, Pointer, declared};
use crate::secret::Secret;

/// A character of names and filters, which are UTF-16.
pub(super) type Character = u16;

pub(super) const NAMES: [&str; 1] = ["wldap32.dll"];

/// `LDAP_SERVER_DOWN`, `LDAP_TIMEOUT`, `LDAP_NO_MEMORY`.
pub(super) const SERVER_DOWN: c_int = 0x51;
pub(super) const TIMEOUT: c_int = 0x55;
pub(super) const NO_MEMORY: c_int = 0x5A;
/// `LDAP_PARAM_ERROR`.
const PARAM_ERROR: c_int = 0x59;

/// `LDAP_OPT_REFERRALS`, `LDAP_OPT_VERSION`.
const OPT_REFERRALS: c_int = 0x08;
const OPT_VERSION: c_int = 0x11;

declared! {
    initialize = "ldap_initW" (*const u16, u32) -> Pointer;
    initialize_tls = "ldap_sslinitW" (*const u16, u32, c_int) -> Pointer;
    set_option = "ldap_set_optionW" (Pointer, c_int, *const c_void) -> c_int;
    connect = "ldap_connect" (Pointer, *const libc::timeval) -> c_int;
    start_tls = "ldap_start_tls_sW" (Pointer, *mut c_int, *mut Pointer, *mut Pointer, *mut Pointer) -> c_int;
    simple_bind = "ldap_simple_bindW" (Pointer, *const u16, *const u16) -> c_int;
    last_error = "LdapGetLastError" () -> c_int;
    result = "ldap_result" (Pointer, c_int, c_int, *const libc::timeval, *mut Pointer) -> c_int;
    parse_result = "ldap_parse_resultW" (Pointer, Pointer, *mut c_int, *mut Pointer, *mut Pointer,
        *mut Pointer, *mut Pointer, c_int) -> c_int;
    search = "ldap_search_ext_sW" (Pointer, *const u16, c_int, *const u16, *const *const u16, c_int,
        *mut Pointer, *mut Pointer, *const libc::timeval, c_int, *mut Pointer) -> c_int;
    count_entries = "ldap_count_entries" (Pointer, Pointer) -> c_int;
    first_entry = "ldap_first_entry" (Pointer, Pointer) -> Pointer;
    get_values = "ldap_get_values_lenW" (Pointer, Pointer, *const u16) -> *mut *mut Bytes;
    free_values = "ldap_value_free_len" (*mut *mut Bytes);
    free_message = "ldap_msgfree" (Pointer) -> c_int;
    unbind = "ldap_unbind" (Pointer) -> c_int;
    words = "ldap_err2stringA" (c_int) -> *const c_char;
}

/// From the system's own directory alone.
pub(super) fn open(name: &str) -> Option<Library> {
    // SAFETY: the system's own library, which any program may load.
    let library = unsafe { Windows::load_with_flags(name, LOAD_LIBRARY_SEARCH_SYSTEM32) };
    library.ok().map(Into::into)
}

/// Text of the configuration or a filter, which have no NUL, with a terminator.
pub(super) fn terminated(text: &str) -> Vec<Character> {
    // At once as large as it can become, so that a secret is in one place.
    let mut units = Vec::with_capacity(text.len() + 1);
    units.extend(text.encode_utf16());
    units.push(0);
    units
}

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
    pub(super) fn begin(functions: &'static Functions, target: &Target<'_>) -> Result<Self, Fault> {
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
        connection.set(OPT_VERSION, (&raw const version).cast());
        // Others' servers are not asked, and with no name of ours.
        connection.set(OPT_REFERRALS, ptr::null());
        Ok(connection)
    }

    fn connect(&self, doing: &'static str, until: Instant) -> Result<(), Fault> {
        let left = time_until(until);
        // SAFETY: the connection lives, and the time is only read.
        let result = unsafe { (self.functions.connect)(self.ldap, &raw const left) };
        Fault::check(self.functions, doing, result)
    }

    /// Goes over to TLS.
    pub(super) fn secure(&self, until: Instant) -> Result<(), Fault> {
        const DOING: &str = "starting TLS";
        self.connect(DOING, until)?;
        let none = ptr::null_mut();
        // SAFETY: the connection lives; neither the server's answer nor controls are wanted.
        let result =
            unsafe { (self.functions.start_tls)(self.ldap, ptr::null_mut(), none, none, none) };
        Fault::check(self.functions, DOING, result)
    }

    /// Connects where that has not been done, and binds, until `until`.
    pub(super) fn bind(&self, target: &Target<'_>, until: Instant) -> Result<(), Fault> {
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

    /// Options are refused only where the library does not know them.
    fn set(&self, option: c_int, value: *const c_void) {
        // SAFETY: the connection lives, and the value is of the type that the option has.
        unsafe { (self.functions.set_option)(self.ldap, option, value) };
    }

    /// Calls have limits of their own here.
    #[allow(clippy::unused_self)] // OpenLDAP's are the connection's
    pub(super) fn limit(&self, _: Instant) {}

    pub(super) fn end(&self) {
        // SAFETY: made by `begin`, ended once, when it is dropped.
        unsafe { (self.functions.unbind)(self.ldap) };
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
