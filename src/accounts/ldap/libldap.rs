//! Connections to a directory: the calls, and the memory that they are given. Unsafe stands here and in
//! `library` alone.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::time::{Duration, Instant};

use super::library::{Bytes, Functions, Pointer, functions};
use crate::accounts::Unavailable;
use crate::secret::Secret;
use crate::system::sigpipe;

/// `LDAP_SERVER_DOWN`.
const SERVER_DOWN: c_int = -1;
/// `LDAP_TIMEOUT`.
const TIMEOUT: c_int = -5;
/// `LDAP_NO_MEMORY`.
const NO_MEMORY: c_int = -10;
/// `LDAP_SIZELIMIT_EXCEEDED`.
const SIZE_LIMIT: c_int = 4;

/// `LDAP_OPT_REFERRALS`, `LDAP_OPT_RESTART`, `LDAP_OPT_PROTOCOL_VERSION`, `LDAP_OPT_TIMEOUT`,
/// `LDAP_OPT_NETWORK_TIMEOUT`.
const OPT_REFERRALS: c_int = 0x08;
const OPT_RESTART: c_int = 0x09;
const OPT_VERSION: c_int = 0x11;
const OPT_TIMEOUT: c_int = 0x5002;
const OPT_NETWORK_TIMEOUT: c_int = 0x5005;

/// `LDAP_SCOPE_SUBTREE`.
const SUBTREE: c_int = 2;

/// Two entries are too many, and more need not come.
const MOST_ENTRIES: c_int = 2;

/// Why a call has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    /// What was being done.
    doing: &'static str,
    code: c_int,
    /// The library's words for the code.
    words: String,
}

impl Fault {
    /// Whether the connection has been lost, so that another may do.
    pub(super) fn is_lost(&self) -> bool {
        self.code == SERVER_DOWN
    }

    /// Whether the connection is as good as before.
    pub(super) fn is_late(&self) -> bool {
        self.code == TIMEOUT
    }

    pub(super) fn unavailable(self) -> Unavailable {
        if self.code == NO_MEMORY {
            return Unavailable::no_memory();
        }
        let Self { doing, code, words } = self;
        Unavailable(format!("[ldap]: {doing}: result {code}: {words}"))
    }
}

/// What a search has found.
pub(super) enum Found {
    Nobody,
    /// One entry's values of the attributes, in their order.
    Entry([Vec<Secret<Vec<u8>>>; 2]),
    Several,
}

/// A connection, which one thread at a time uses.
pub(super) struct Connection {
    ldap: Pointer,
    functions: &'static Functions,
}

// SAFETY: the library lets any thread use a connection, one at a time.
unsafe impl Send for Connection {}

/// How to reach a directory.
pub(super) struct Target<'a> {
    pub(super) uri: &'a CStr,
    pub(super) starttls: bool,
    pub(super) bind_dn: &'a CStr,
    pub(super) password: &'a [u8],
}

/// Loads the library.
///
/// # Errors
/// There is none.
pub(super) fn load() -> Result<(), Unavailable> {
    functions().map(drop)
}

impl Connection {
    /// Connects and binds, until `until`.
    pub(super) fn open(target: &Target<'_>, until: Instant) -> Result<Self, Fault> {
        let functions = functions().map_err(|Unavailable(words)| Fault {
            doing: "loading the library",
            code: NO_MEMORY + 1,
            words,
        })?;
        let _blocked = sigpipe::Blocked::begin();
        let mut ldap = ptr::null_mut();
        // SAFETY: the place can be written, and the text is terminated.
        let result = unsafe { (functions.ldap_initialize)(&raw mut ldap, target.uri.as_ptr()) };
        check(functions, "reading the URI", result)?;
        let connection = Self { ldap, functions };
        let version: c_int = 3;
        connection.set(OPT_VERSION, (&raw const version).cast());
        // Others' servers are not asked, and with no name of ours.
        connection.set(OPT_REFERRALS, ptr::null());
        // A signal of the program's does not end a call.
        connection.set(OPT_RESTART, ptr::without_provenance(1));
        if target.starttls {
            connection.limit(until);
            let none = ptr::null_mut();
            // SAFETY: the connection lives; there are no controls.
            let result = unsafe { (functions.ldap_start_tls_s)(connection.ldap, none, none) };
            check(functions, "starting TLS", result)?;
        }
        connection.limit(until);
        let password = Bytes {
            length: target.password.len().try_into().unwrap_or(0),
            start: target.password.as_ptr().cast::<c_char>().cast_mut(),
        };
        // SAFETY: the connection lives; texts are terminated, the password has so many bytes, which are
        // only read; there are no controls, and the server's answer is not wanted.
        let result = unsafe {
            (functions.ldap_sasl_bind_s)(
                connection.ldap,
                target.bind_dn.as_ptr(),
                ptr::null(),
                &raw const password,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        check(functions, "binding", result)?;
        Ok(connection)
    }

    /// Options are refused only where the library does not know them.
    fn set(&self, option: c_int, value: *const c_void) {
        // SAFETY: the connection lives, and the value is of the type that the option has.
        unsafe { (self.functions.ldap_set_option)(self.ldap, option, value) };
    }

    /// Nothing on this connection is waited for longer than until then.
    fn limit(&self, until: Instant) {
        let left = time_until(until);
        self.set(OPT_NETWORK_TIMEOUT, (&raw const left).cast());
        self.set(OPT_TIMEOUT, (&raw const left).cast());
    }

    /// Searches below `base` for the one entry of an account.
    pub(super) fn search(
        &self,
        base: &CStr,
        filter: &CStr,
        attributes: [&CStr; 2],
        until: Instant,
    ) -> Result<Found, Fault> {
        let functions = self.functions;
        let _blocked = sigpipe::Blocked::begin();
        self.limit(until);
        let left = time_until(until);
        let names = [attributes[0].as_ptr(), attributes[1].as_ptr(), ptr::null()];
        let mut message = ptr::null_mut();
        // SAFETY: the connection lives, texts are terminated, the list of them by NULL; there are no
        // controls, and the place can be written.
        let result = unsafe {
            (functions.ldap_search_ext_s)(
                self.ldap,
                base.as_ptr(),
                SUBTREE,
                filter.as_ptr(),
                names.as_ptr(),
                0,
                ptr::null_mut(),
                ptr::null_mut(),
                &raw const left,
                MOST_ENTRIES,
                &raw mut message,
            )
        };
        let message = Message { message, functions };
        if result == SIZE_LIMIT {
            return Ok(Found::Several);
        }
        check(functions, "searching", result)?;
        // SAFETY: the connection and its message live.
        match unsafe { (functions.ldap_count_entries)(self.ldap, message.message) } {
            0 => return Ok(Found::Nobody),
            1 => {}
            _ => return Ok(Found::Several),
        }
        // SAFETY: as above.
        let entry = unsafe { (functions.ldap_first_entry)(self.ldap, message.message) };
        Ok(Found::Entry(attributes.map(|name| self.values(entry, name))))
    }

    /// Values of an attribute of an entry; none where it has no such attribute.
    fn values(&self, entry: Pointer, name: &CStr) -> Vec<Secret<Vec<u8>>> {
        let mut values = Vec::new();
        // SAFETY: the connection and the entry live, and the text is terminated.
        let list = unsafe { (self.functions.ldap_get_values_len)(self.ldap, entry, name.as_ptr()) };
        let mut place = list;
        while !place.is_null() {
            // SAFETY: in the list, whose end has not been seen yet.
            let value = unsafe { *place };
            if value.is_null() {
                break;
            }
            // SAFETY: not the end, so that it points to a value of the list.
            let Bytes { length, start } = *unsafe { &*value };
            let length = usize::try_from(length).unwrap_or(0);
            if !start.is_null() && length > 0 {
                // SAFETY: the value has so many bytes.
                let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) };
                values.push(Secret::new(bytes.to_vec()));
            }
            place = place.wrapping_add(1);
        }
        if !list.is_null() {
            // SAFETY: the library's own list, which nothing refers to any more.
            unsafe { (self.functions.ldap_value_free_len)(list) };
        }
        values
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _blocked = sigpipe::Blocked::begin();
        // SAFETY: made by `open`, dropped once.
        unsafe { (self.functions.ldap_unbind_ext)(self.ldap, ptr::null_mut(), ptr::null_mut()) };
    }
}

/// What a search has answered, freed when it is dropped.
struct Message {
    message: Pointer,
    functions: &'static Functions,
}

impl Drop for Message {
    fn drop(&mut self) {
        if !self.message.is_null() {
            // SAFETY: the library's own, dropped once.
            unsafe { (self.functions.ldap_msgfree)(self.message) };
        }
    }
}

fn check(functions: &Functions, doing: &'static str, code: c_int) -> Result<(), Fault> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: any number may be asked for.
    let words = unsafe { (functions.ldap_err2string)(code) };
    let words = if words.is_null() {
        String::new()
    } else {
        // SAFETY: a text of the library's, which is terminated and stays.
        unsafe { CStr::from_ptr(words) }.to_string_lossy().into_owned()
    };
    Err(Fault { doing, code, words })
}

/// At least a millisecond: zero would be no limit.
fn time_until(until: Instant) -> libc::timeval {
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    libc::timeval {
        tv_sec: left.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_usec: libc::suseconds_t::from(left.subsec_micros().cast_signed()),
    }
}

/// A text of the configuration or a filter, which have no NUL.
pub(super) fn terminated(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
