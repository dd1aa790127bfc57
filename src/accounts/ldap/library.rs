//! What every LDAP library takes: pointers, bytes, a time; and how a dialect declares its functions.

use std::ffi::{c_char, c_ulong, c_void};
use std::time::{Duration, Instant};

/// `LDAP *` and `LDAPMessage *`.
pub(super) type Pointer = *mut c_void;

/// `struct berval`.
#[repr(C)]
pub(super) struct Bytes {
    pub(super) length: c_ulong,
    pub(super) start: *mut c_char,
}

/// What is left until then, and at least a millisecond: zero would be no limit.
pub(super) fn time_until(until: Instant) -> libc::timeval {
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    #[allow(clippy::useless_conversion)] // to what is not the same everywhere
    libc::timeval {
        tv_sec: left.as_secs().try_into().unwrap_or_default(),
        tv_usec: left.subsec_micros().cast_signed().into(),
    }
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
