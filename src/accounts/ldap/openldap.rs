//! What is `OpenLDAP`'s own about connecting.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::time::Instant;

use libloading::Library;

use super::libldap::{Connection, Fault, Target, time_until};
use super::library::{Bytes, Pointer, declared};

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
    text.as_bytes_with_nul().iter().map(|byte| byte.cast_signed()).collect()
}

impl Connection {
    /// One for this URI, which is not connected yet.
    pub(super) fn begin(functions: &'static Functions, target: &Target<'_>) -> Result<Self, Fault> {
        let uri = terminated(target.uri);
        let mut ldap = ptr::null_mut();
        // SAFETY: the place can be written, and the text is terminated.
        let result = unsafe { (functions.initialize)(&raw mut ldap, uri.as_ptr()) };
        Fault::check(functions, "reading the URI", result)?;
        let connection = Self { ldap, functions };
        let version: c_int = 3;
        connection.set(OPT_VERSION, (&raw const version).cast());
        // Others' servers are not asked, and with no name of ours.
        connection.set(OPT_REFERRALS, ptr::null());
        // A signal of the program's does not end a call.
        connection.set(OPT_RESTART, ptr::without_provenance(1));
        Ok(connection)
    }

    /// Goes over to TLS, until `until`.
    pub(super) fn secure(&self, until: Instant) -> Result<(), Fault> {
        const DOING: &str = "starting TLS";
        self.limit(until);
        let (none, mut number) = (ptr::null_mut(), 0);
        // SAFETY: the connection lives, there are no controls, and the place can be written.
        let result = unsafe { (self.functions.start_tls)(self.ldap, none, none, &raw mut number) };
        Fault::check(self.functions, DOING, result)?;
        self.wait_for(DOING, number, until)?;
        self.limit(until);
        // SAFETY: the connection lives, and its server has agreed.
        let result = unsafe { (self.functions.install_tls)(self.ldap) };
        Fault::check(self.functions, DOING, result)
    }

    /// Connects where that has not been done, and binds, until `until`.
    pub(super) fn bind(&self, target: &Target<'_>, until: Instant) -> Result<(), Fault> {
        const DOING: &str = "binding";
        self.limit(until);
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

    /// Options are refused only where the library does not know them.
    fn set(&self, option: c_int, value: *const c_void) {
        // SAFETY: the connection lives, and the value is of the type that the option has.
        unsafe { (self.functions.set_option)(self.ldap, option, value) };
    }

    /// No system call on this connection takes longer than until then.
    pub(super) fn limit(&self, until: Instant) {
        let left = time_until(until);
        self.set(OPT_NETWORK_TIMEOUT, (&raw const left).cast());
        self.set(OPT_TIMEOUT, (&raw const left).cast());
    }

    pub(super) fn end(&self) {
        // SAFETY: made by `begin`, ended once, when it is dropped.
        unsafe { (self.functions.unbind)(self.ldap, ptr::null_mut(), ptr::null_mut()) };
    }
}
