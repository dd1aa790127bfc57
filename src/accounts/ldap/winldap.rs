//! What is wldap32.dll's own: functions for UTF-16, whose names differ; codes; options.

mod connect;

use std::ffi::{c_char, c_int, c_void};
use std::time::Instant;

use libloading::Library;
use libloading::os::windows::{LOAD_LIBRARY_SEARCH_SYSTEM32, Library as Windows};

use super::library::{Bytes, Pointer, declared};

/// A character of names and filters, which are UTF-16.
pub(super) type Character = u16;

pub(super) const NAMES: [&str; 1] = ["wldap32.dll"];

/// Whether a result says that there is no connection. Wine gives Winsock's numbers for some.
pub(super) const fn is_lost(code: c_int) -> bool {
    matches!(code, SERVER_DOWN | CONNECT_ERROR | WINSOCK..)
}

/// `LDAP_CONNECT_ERROR`, and the first of Winsock's errors, `WSABASEERR`.
const CONNECT_ERROR: c_int = 0x5B;
const WINSOCK: c_int = 10_000;

/// `LDAP_SERVER_DOWN`, `LDAP_TIMEOUT`, `LDAP_NO_MEMORY`.
pub(super) const SERVER_DOWN: c_int = 0x51;
pub(super) const TIMEOUT: c_int = 0x55;
pub(super) const NO_MEMORY: c_int = 0x5A;

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

impl Functions {
    /// Options are refused only where the library does not know them.
    fn set(&self, ldap: Pointer, option: c_int, value: *const c_void) {
        // SAFETY: the connection lives, and the value is of the type that the option has.
        unsafe { (self.set_option)(ldap, option, value) };
    }

    /// Calls have limits of their own here.
    #[allow(clippy::unused_self)] // OpenLDAP's are the connection's
    pub(super) fn limit(&self, _: Pointer, _: Instant) {}

    /// Ends a connection, once.
    pub(super) fn end(&self, ldap: Pointer) {
        // SAFETY: made by `initialize` or `initialize_tls`, and nothing uses it any more.
        unsafe { (self.unbind)(ldap) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_not_there_has_several_names() {
        assert!([0x51, 0x5B, 10_057, 10_061].into_iter().all(is_lost));
        assert!(![0, 0x31, 0x55, 0x5A].into_iter().any(is_lost));
    }
}
