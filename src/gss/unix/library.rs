//! The system's GSSAPI library, loaded when it is first asked for.

use std::ffi::{c_char, c_void};

use libloading::Library;
use once_cell::race::OnceBox;

use super::types::{Buffer, BufferSet, ChannelBindings, Handle, IovBuffer, Oid, OidSet};

/// MIT's library, then Heimdal's. Apple's systems lay the C structures out in another way.
#[cfg(not(target_vendor = "apple"))]
const NAMES: [&str; 2] = ["libgssapi_krb5.so.2", "libgssapi.so.3"];
#[cfg(target_vendor = "apple")]
const NAMES: [&str; 0] = [];

/// The library's functions, or `None` on a machine that has neither library. The library stays
/// loaded: credentials and contexts of programs point into it.
pub(super) fn functions() -> Option<&'static GssFunctions> {
    loaded().map(|(functions, _)| functions)
}

/// The functions of the Kerberos library beneath it.
pub(super) fn krb5() -> Option<&'static Krb5> {
    loaded().map(|(_, krb5)| krb5)
}

fn loaded() -> Option<&'static (GssFunctions, Krb5)> {
    static LOADED: OnceBox<Option<(GssFunctions, Krb5)>> = OnceBox::new();
    LOADED.get_or_init(|| Box::new(NAMES.iter().find_map(|name| load(name)))).as_ref()
}

fn load(name: &str) -> Option<(GssFunctions, Krb5)> {
    // SAFETY: by the system's search path, as a program linked with it would have it; its
    // initializers are those of a library that any program may load.
    let library = unsafe { Library::new(name) }.ok()?;
    // The loader looks for the second ones in the libraries that the first one needs.
    let found = (GssFunctions::of(&library)?, Krb5::of(&library)?);
    std::mem::forget(library);
    Some(found)
}

macro_rules! functions {
    (
        $(#[$doc:meta])*
        $functions:ident {
            $($name:ident($($argument:ty),*) $(-> $answer:ty)?;)*
        }
        optional {
            $($more:ident($($of_more:ty),*) -> $answer_of_more:ty;)*
        }
    ) => {
        $(#[$doc])*
        #[allow(clippy::struct_field_names)] // the names are C's
        pub(super) struct $functions {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $answer)?,)*
            $(pub(super) $more: Option<unsafe extern "C" fn($($of_more),*) -> $answer_of_more>,)*
        }

        impl $functions {
            /// `None` when one of them is missing: then the library is too old.
            fn of(library: &Library) -> Option<Self> {
                $(
                    // SAFETY: the type is the one that the function has in the headers of MIT and
                    // of Heimdal.
                    let $name = *unsafe { library.get(stringify!($name).as_bytes()) }.ok()?;
                )*
                $(
                    // SAFETY: as above.
                    let $more = unsafe { library.get(stringify!($more).as_bytes()) }.ok();
                    let $more = $more.map(|function| *function);
                )*
                Some(Self { $($name,)* $($more,)* })
            }
        }
    };
}

functions! {
    /// The functions used, each by its name in C. All return a major status.
    GssFunctions {
        gss_acquire_cred(*mut u32, Handle, u32, *const OidSet, i32, *mut Handle, *mut *mut OidSet,
            *mut u32) -> u32;
        gss_acquire_cred_with_password(*mut u32, Handle, *const Buffer, u32, *const OidSet, i32,
            *mut Handle, *mut *mut OidSet, *mut u32) -> u32;
        gss_inquire_cred(*mut u32, Handle, *mut Handle, *mut u32, *mut i32, *mut *mut OidSet) -> u32;
        gss_set_cred_option(*mut u32, *mut Handle, *const Oid, *const Buffer) -> u32;
        gss_release_cred(*mut u32, *mut Handle) -> u32;
        gss_import_name(*mut u32, *const Buffer, *const Oid, *mut Handle) -> u32;
        gss_display_name(*mut u32, Handle, *mut Buffer, *mut *const Oid) -> u32;
        gss_release_name(*mut u32, *mut Handle) -> u32;
        gss_release_buffer(*mut u32, *mut Buffer) -> u32;
        gss_release_buffer_set(*mut u32, *mut *mut BufferSet) -> u32;
        gss_display_status(*mut u32, u32, i32, *const Oid, *mut u32, *mut Buffer) -> u32;
        gss_init_sec_context(*mut u32, Handle, *mut Handle, Handle, *const Oid, u32, u32,
            *const ChannelBindings, *const Buffer, *mut *const Oid, *mut Buffer, *mut u32, *mut u32) -> u32;
        gss_accept_sec_context(*mut u32, *mut Handle, Handle, *const Buffer, *const ChannelBindings,
            *mut Handle, *mut *const Oid, *mut Buffer, *mut u32, *mut u32, *mut Handle) -> u32;
        gss_delete_sec_context(*mut u32, *mut Handle, *mut Buffer) -> u32;
        gss_inquire_context(*mut u32, Handle, *mut Handle, *mut Handle, *mut u32, *mut *const Oid,
            *mut u32, *mut i32, *mut i32) -> u32;
        gss_inquire_sec_context_by_oid(*mut u32, Handle, *const Oid, *mut *mut BufferSet) -> u32;
        gss_get_mic(*mut u32, Handle, u32, *const Buffer, *mut Buffer) -> u32;
        gss_verify_mic(*mut u32, Handle, *const Buffer, *const Buffer, *mut u32) -> u32;
        gss_unwrap(*mut u32, Handle, *const Buffer, *mut Buffer, *mut i32, *mut u32) -> u32;
        gss_wrap_iov(*mut u32, Handle, i32, u32, *mut i32, *mut IovBuffer, i32) -> u32;
        gss_wrap_iov_length(*mut u32, Handle, i32, u32, *mut i32, *mut IovBuffer, i32) -> u32;
        gss_unwrap_iov(*mut u32, Handle, *mut i32, *mut u32, *mut IovBuffer, i32) -> u32;    }
    optional {
        gss_set_neg_mechs(*mut u32, Handle, *const OidSet) -> u32;
    }
}

functions! {
    /// Those of the Kerberos library, whose types are opaque here. They return 0 or an error's number.
    Krb5 {
        krb5_init_context(*mut *mut c_void) -> i32;
        krb5_free_context(*mut c_void);
        krb5_cc_default(*mut c_void, *mut *mut c_void) -> i32;
        krb5_cc_get_principal(*mut c_void, *mut c_void, *mut *mut c_void) -> i32;
        krb5_cc_close(*mut c_void, *mut c_void) -> i32;
        krb5_unparse_name(*mut c_void, *const c_void, *mut *mut c_char) -> i32;
        krb5_free_principal(*mut c_void, *mut c_void);
        krb5_free_unparsed_name(*mut c_void, *mut c_char);
    }
    optional {}
}
