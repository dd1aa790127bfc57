//! The system's LDAP library, loaded when it is first asked for.

use std::ffi::{c_char, c_ulong, c_void};

use once_cell::race::OnceBox;

use super::dialect::{Functions, NAMES, open};
use crate::accounts::Unavailable;

/// `LDAP *` and `LDAPMessage *`.
pub(super) type Pointer = *mut c_void;

/// `struct berval`.
#[repr(C)]
pub(super) struct Bytes {
    pub(super) length: c_ulong,
    pub(super) start: *mut c_char,
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

/// The functions used, each with its name in the library.
macro_rules! declared {
    ($($name:ident = $symbol:literal ($($argument:ty),* $(,)?) $(-> $answer:ty)?;)*) => {
        /// The functions used.
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $answer)?,)*
        }

        impl Functions {
            /// `None` when one of them is missing.
            pub(super) fn of(library: &libloading::Library) -> Option<Self> {
                $(
                    // SAFETY: the type is the one that the library's header gives the function.
                    let $name = *unsafe { library.get(concat!($symbol, "\0").as_bytes()) }.ok()?;
                )*
                Some(Self { $($name,)* })
            }
        }
    };
}

pub(super) use declared;
