//! Connections to a directory: the calls that all libraries have alike, and the memory that they are given.
//! Unsafe stands here, in `library` and in the dialects alone.

use std::ffi::{CStr, c_int};
use std::ptr;
use std::time::Instant;

use once_cell::race::OnceBox;

use super::dialect::{self, Character, Functions, NAMES, NO_MEMORY, SERVER_DOWN, TIMEOUT, open};
use super::library::{Bytes, Pointer, time_until};
use crate::accounts::Unavailable;
use crate::secret::Secret;
use crate::system::sigpipe;

/// `LDAP_SIZELIMIT_EXCEEDED`.
const SIZE_LIMIT: c_int = 4;

/// `LDAP_SCOPE_SUBTREE`.
const SUBTREE: c_int = 2;

/// `LDAP_MSG_ALL`.
const WHOLE: c_int = 1;

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
    pub(super) fn new(functions: &Functions, doing: &'static str, code: c_int) -> Self {
        // SAFETY: any number may be asked for.
        let words = unsafe { (functions.words)(code) };
        let words = if words.is_null() {
            String::new()
        } else {
            // SAFETY: text of the library's, which is terminated and stays.
            unsafe { CStr::from_ptr(words) }.to_string_lossy().into_owned()
        };
        Self { doing, code, words }
    }

    /// The fault that a result is, if it is one.
    pub(super) fn check(
        functions: &Functions,
        doing: &'static str,
        code: c_int,
    ) -> Result<(), Self> {
        if code == 0 { Ok(()) } else { Err(Self::new(functions, doing, code)) }
    }

    /// There is no library.
    pub(super) fn missing(Unavailable(words): Unavailable) -> Self {
        Self { doing: "loading the library", code: NO_MEMORY + 1, words }
    }

    /// Whether the connection has been lost, so that another may do.
    pub(super) fn is_lost(&self) -> bool {
        dialect::is_lost(self.code)
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
    pub(super) ldap: Pointer,
    pub(super) functions: &'static Functions,
}

// SAFETY: the library lets any thread use a connection, one at a time.
unsafe impl Send for Connection {}

/// How to reach a directory.
pub(super) struct Target<'a> {
    pub(super) uri: &'a str,
    pub(super) starttls: bool,
    pub(super) bind_dn: &'a str,
    pub(super) password: &'a [u8],
}

/// The library's functions.
///
/// # Errors
/// The system has none of those that are known, whose names are told.
pub(super) fn functions() -> Result<&'static Functions, Unavailable> {
    static LOADED: OnceBox<Option<Functions>> = OnceBox::new();
    LOADED.get_or_init(|| Box::new(NAMES.iter().find_map(|name| load(name)))).as_ref().ok_or_else(
        || {
            let names = NAMES.join(", ");
            Unavailable(format!("no LDAP library is installed; looked for {names}"))
        },
    )
}

fn load(name: &str) -> Option<Functions> {
    let library = open(name)?;
    let found = Functions::of(&library)?;
    // It stays: its handlers of exit point into it.
    std::mem::forget(library);
    Some(found)
}

impl Connection {
    /// Waits until `until` for the answer to the request of this number, which may be a refusal.
    pub(super) fn wait_for(
        &self,
        doing: &'static str,
        number: c_int,
        until: Instant,
    ) -> Result<(), Fault> {
        let functions = self.functions;
        let left = time_until(until);
        let mut message = ptr::null_mut();
        // SAFETY: the connection lives, the time is only read, and the place can be written.
        let kind = unsafe {
            (functions.result)(self.ldap, number, WHOLE, &raw const left, &raw mut message)
        };
        let message = Message { message, functions };
        match kind {
            0 => return Err(Fault::new(functions, doing, TIMEOUT)),
            -1 => return Err(Fault::new(functions, doing, SERVER_DOWN)),
            _ => {}
        }
        let (none, mut code) = (ptr::null_mut(), 0);
        // SAFETY: the connection and its message live; nothing but the code is wanted, whose place can
        // be written, and the message stays.
        let result = unsafe {
            (functions.parse_result)(
                self.ldap,
                message.message,
                &raw mut code,
                none,
                none,
                none.cast(),
                none.cast(),
                0,
            )
        };
        Fault::check(functions, doing, if result == 0 { code } else { result })
    }

    /// Searches below `base` for the one entry of an account.
    pub(super) fn search(
        &self,
        base: &[Character],
        filter: &[Character],
        attributes: [&[Character]; 2],
        until: Instant,
    ) -> Result<Found, Fault> {
        let functions = self.functions;
        let _blocked = sigpipe::Blocked::begin();
        functions.limit(self.ldap, until);
        let left = time_until(until);
        let names = [attributes[0].as_ptr(), attributes[1].as_ptr(), ptr::null()];
        let mut message = ptr::null_mut();
        // SAFETY: the connection lives, texts are terminated, the list of them by NULL; there are no
        // controls, and the place can be written.
        let result = unsafe {
            (functions.search)(
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
        Fault::check(functions, "searching", result)?;
        // SAFETY: the connection and its message live.
        match unsafe { (functions.count_entries)(self.ldap, message.message) } {
            0 => return Ok(Found::Nobody),
            1 => {}
            _ => return Ok(Found::Several),
        }
        // SAFETY: as above.
        let entry = unsafe { (functions.first_entry)(self.ldap, message.message) };
        Ok(Found::Entry(attributes.map(|name| self.values(entry, name))))
    }

    /// Values of an attribute of an entry; none where it has no such attribute.
    fn values(&self, entry: Pointer, name: &[Character]) -> Vec<Secret<Vec<u8>>> {
        let mut values = Vec::new();
        // SAFETY: the connection and the entry live, and the text is terminated.
        let list = unsafe { (self.functions.get_values)(self.ldap, entry, name.as_ptr()) };
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
            unsafe { (self.functions.free_values)(list) };
        }
        values
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _blocked = sigpipe::Blocked::begin();
        self.functions.end(self.ldap);
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
            unsafe { (self.functions.free_message)(self.message) };
        }
    }
}
