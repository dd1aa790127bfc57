//! What is `OpenLDAP`'s own: names, codes, options.

mod connect;

use std::ffi::{CString, c_char, c_int, c_void};
use std::time::Instant;

use libloading::Library;

use super::library::{Bytes, Pointer, declared, time_until};

/// A character of names and filters, which are UTF-8.
pub(super) type Character = c_char;

/// Versions from 2.4 on, whose functions these are; of 2.4 the one for threads.
pub(super) const NAMES: [&str; 5] = [
    "libldap.so.2",
    "libldap-2.6.so.0",
    "libldap-2.5.so.0",
    "libldap_r-2.4.so.2",
    "libldap.2.dylib",
];

/// Whether a result says that there is no connection.
pub(super) const fn is_lost(code: c_int) -> bool {
    code == SERVER_DOWN
}

/// `LDAP_SERVER_DOWN`, `LDAP_TIMEOUT`, `LDAP_NO_MEMORY`.
pub(super) const SERVER_DOWN: c_int = -1;
pub(super) const TIMEOUT: c_int = -5;
pub(super) const NO_MEMORY: c_int = -10;

/// `LDAP_OPT_REFERRALS`, `LDAP_OPT_RESTART`, `LDAP_OPT_PROTOCOL_VERSION`, `LDAP_OPT_TIMEOUT`,
/// `LDAP_OPT_NETWORK_TIMEOUT`.
const OPT_REFERRALS: c_int = 0x08;
const OPT_RESTART: c_int = 0x09;
const OPT_VERSION: c_int = 0x11;
const OPT_TIMEOUT: c_int = 0x5002;
const OPT_NETWORK_TIMEOUT: c_int = 0x5005;

declared! {
    initialize = "ldap_initialize" (*mut Pointer, *const c_char) -> c_int;
    set_option = "ldap_set_option" (Pointer, c_int, *const c_void) -> c_int;
    start_tls = "ldap_start_tls" (Pointer, *mut Pointer, *mut Pointer, *mut c_int) -> c_int;
    install_tls = "ldap_install_tls" (Pointer) -> c_int;
    sasl_bind = "ldap_sasl_bind" (Pointer, *const c_char, *const c_char, *const Bytes, *mut Pointer,
        *mut Pointer, *mut c_int) -> c_int;
    result = "ldap_result" (Pointer, c_int, c_int, *const libc::timeval, *mut Pointer) -> c_int;
    parse_result = "ldap_parse_result" (Pointer, Pointer, *mut c_int, *mut Pointer, *mut Pointer,
        *mut Pointer, *mut Pointer, c_int) -> c_int;
    search = "ldap_search_ext_s" (Pointer, *const c_char, c_int, *const c_char, *const *const c_char,
        c_int, *mut Pointer, *mut Pointer, *const libc::timeval, c_int, *mut Pointer) -> c_int;
    count_entries = "ldap_count_entries" (Pointer, Pointer) -> c_int;
    first_entry = "ldap_first_entry" (Pointer, Pointer) -> Pointer;
    get_values = "ldap_get_values_len" (Pointer, Pointer, *const c_char) -> *mut *mut Bytes;
    free_values = "ldap_value_free_len" (*mut *mut Bytes);
    free_message = "ldap_msgfree" (Pointer) -> c_int;
    unbind = "ldap_unbind_ext" (Pointer, *mut Pointer, *mut Pointer) -> c_int;
    words = "ldap_err2string" (c_int) -> *const c_char;
}

pub(super) fn open(name: &str) -> Option<Library> {
    // SAFETY: by the system's search path, as a program linked with it would have it; its
    // initializers are those of a library that any program may load.
    unsafe { Library::new(name) }.ok()
}

/// Text of the configuration or a filter, which have no NUL, with a terminator.
pub(super) fn terminated(text: &str) -> Vec<Character> {
    let text = CString::new(text).unwrap_or_default();
    // Signed on some machines, unsigned on others.
    text.as_bytes_with_nul().iter().map(|byte| Character::from_ne_bytes([*byte])).collect()
}

impl Functions {
    /// Options are refused only where the library does not know them.
    fn set(&self, ldap: Pointer, option: c_int, value: *const c_void) {
        // SAFETY: the connection lives, and the value is of the type that the option has.
        unsafe { (self.set_option)(ldap, option, value) };
    }

    /// No system call on this connection takes longer than until then.
    pub(super) fn limit(&self, ldap: Pointer, until: Instant) {
        let left = time_until(until);
        self.set(ldap, OPT_NETWORK_TIMEOUT, (&raw const left).cast());
        self.set(ldap, OPT_TIMEOUT, (&raw const left).cast());
    }

    /// Ends a connection, once.
    pub(super) fn end(&self, ldap: Pointer) {
        // SAFETY: made by `initialize`, and nothing uses it any more.
        unsafe { (self.unbind)(ldap, std::ptr::null_mut(), std::ptr::null_mut()) };
    }
}
