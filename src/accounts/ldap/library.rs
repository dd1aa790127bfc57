//! The system's libldap, which is `OpenLDAP`'s, loaded when it is first asked for.

use std::ffi::{c_char, c_int, c_ulong, c_void};

use libloading::Library;
use once_cell::race::OnceBox;

use crate::accounts::Unavailable;

/// `LDAP *` and `LDAPMessage *`.
pub(super) type Pointer = *mut c_void;

/// `struct berval`.
#[repr(C)]
pub(super) struct Bytes {
    pub(super) length: c_ulong,
    pub(super) start: *mut c_char,
}

/// Versions from 2.4 on, whose functions these are; of 2.4 the one for threads.
const NAMES: [&str; 5] = [
    "libldap.so.2",
    "libldap-2.6.so.0",
    "libldap-2.5.so.0",
    "libldap_r-2.4.so.2",
    "libldap.2.dylib",
];

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
    // SAFETY: by the system's search path, as a program linked with it would have it; its
    // initializers are those of a library that any program may load.
    let library = unsafe { Library::new(name) }.ok()?;
    let found = Functions::of(&library)?;
    // It stays: handlers of exit point into it.
    std::mem::forget(library);
    Some(found)
}

macro_rules! functions {
    ($($name:ident($($argument:ty),*) $(-> $answer:ty)?;)*) => {
        /// The functions used, each by its name in C.
        #[allow(clippy::struct_field_names)] // the names are C's
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $answer)?,)*
        }

        impl Functions {
            /// `None` when one of them is missing.
            fn of(library: &Library) -> Option<Self> {
                $(
                    // SAFETY: the type is the one that the function has in ldap.h of OpenLDAP.
                    let $name = *unsafe { library.get(stringify!($name).as_bytes()) }.ok()?;
                )*
                Some(Self { $($name,)* })
            }
        }
    };
}

functions! {
    ldap_initialize(*mut Pointer, *const c_char) -> c_int;
    ldap_set_option(Pointer, c_int, *const c_void) -> c_int;
    ldap_start_tls_s(Pointer, *mut Pointer, *mut Pointer) -> c_int;
    ldap_sasl_bind_s(Pointer, *const c_char, *const c_char, *const Bytes, *mut Pointer, *mut Pointer,
        *mut *mut Bytes) -> c_int;
    ldap_search_ext_s(Pointer, *const c_char, c_int, *const c_char, *const *const c_char, c_int,
        *mut Pointer, *mut Pointer, *const libc::timeval, c_int, *mut Pointer) -> c_int;
    ldap_count_entries(Pointer, Pointer) -> c_int;
    ldap_first_entry(Pointer, Pointer) -> Pointer;
    ldap_get_values_len(Pointer, Pointer, *const c_char) -> *mut *mut Bytes;
    ldap_value_free_len(*mut *mut Bytes);
    ldap_msgfree(Pointer) -> c_int;
    ldap_unbind_ext(Pointer, *mut Pointer, *mut Pointer) -> c_int;
    ldap_err2string(c_int) -> *const c_char;
}
