//! The machine's GSSAPI library, loaded when it is first asked for.

use libloading::Library;
use once_cell::sync::OnceCell;

use super::types::{Buffer, BufferSet, ChannelBindings, Handle, IovBuffer, Oid, OidSet};

/// MIT's library, then Heimdal's. Apple's systems lay the C structures out in another way.
#[cfg(not(target_vendor = "apple"))]
const NAMES: [&str; 2] = ["libgssapi_krb5.so.2", "libgssapi.so.3"];
#[cfg(target_vendor = "apple")]
const NAMES: [&str; 0] = [];

/// The library's functions, or `None` on a machine that has neither library. The library stays
/// loaded: credentials and contexts of programs point into it.
pub(super) fn functions() -> Option<&'static Functions> {
    static FUNCTIONS: OnceCell<Option<Functions>> = OnceCell::new();
    FUNCTIONS.get_or_init(|| NAMES.iter().find_map(|name| load(name))).as_ref()
}

fn load(name: &str) -> Option<Functions> {
    // SAFETY: by the system's search path, as a program linked with it would have it; its
    // initializers are those of a library that any program may load.
    let library = unsafe { Library::new(name) }.ok()?;
    let functions = Functions::of(&library)?;
    std::mem::forget(library);
    Some(functions)
}

macro_rules! functions {
    ($($name:ident($($argument:ty),*);)*) => {
        /// The functions used, each by its name in C. All return a major status.
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) -> u32,)*
        }

        impl Functions {
            /// `None` when one of them is missing: then the library is too old.
            fn of(library: &Library) -> Option<Self> {
                $(
                    // SAFETY: the type is the one that the function has in gssapi.h and
                    // gssapi_ext.h, of MIT and of Heimdal.
                    let $name = *unsafe { library.get(stringify!($name).as_bytes()) }.ok()?;
                )*
                Some(Self { $($name,)* })
            }
        }
    };
}

functions! {
    gss_acquire_cred(*mut u32, Handle, u32, *const OidSet, i32, *mut Handle, *mut *mut OidSet,
        *mut u32);
    gss_acquire_cred_with_password(*mut u32, Handle, *const Buffer, u32, *const OidSet, i32,
        *mut Handle, *mut *mut OidSet, *mut u32);
    gss_inquire_cred(*mut u32, Handle, *mut Handle, *mut u32, *mut i32, *mut *mut OidSet);
    gss_release_cred(*mut u32, *mut Handle);
    gss_import_name(*mut u32, *const Buffer, *const Oid, *mut Handle);
    gss_display_name(*mut u32, Handle, *mut Buffer, *mut *const Oid);
    gss_release_name(*mut u32, *mut Handle);
    gss_release_buffer(*mut u32, *mut Buffer);
    gss_release_buffer_set(*mut u32, *mut *mut BufferSet);
    gss_display_status(*mut u32, u32, i32, *const Oid, *mut u32, *mut Buffer);
    gss_init_sec_context(*mut u32, Handle, *mut Handle, Handle, *const Oid, u32, u32,
        *const ChannelBindings, *const Buffer, *mut *const Oid, *mut Buffer, *mut u32, *mut u32);
    gss_accept_sec_context(*mut u32, *mut Handle, Handle, *const Buffer, *const ChannelBindings,
        *mut Handle, *mut *const Oid, *mut Buffer, *mut u32, *mut u32, *mut Handle);
    gss_delete_sec_context(*mut u32, *mut Handle, *mut Buffer);
    gss_inquire_context(*mut u32, Handle, *mut Handle, *mut Handle, *mut u32, *mut *const Oid,
        *mut u32, *mut i32, *mut i32);
    gss_inquire_sec_context_by_oid(*mut u32, Handle, *const Oid, *mut *mut BufferSet);
    gss_get_mic(*mut u32, Handle, u32, *const Buffer, *mut Buffer);
    gss_verify_mic(*mut u32, Handle, *const Buffer, *const Buffer, *mut u32);
    gss_unwrap(*mut u32, Handle, *const Buffer, *mut Buffer, *mut i32, *mut u32);
    gss_wrap_iov(*mut u32, Handle, i32, u32, *mut i32, *mut IovBuffer, i32);
    gss_wrap_iov_length(*mut u32, Handle, i32, u32, *mut i32, *mut IovBuffer, i32);
    gss_unwrap_iov(*mut u32, Handle, *mut i32, *mut u32, *mut IovBuffer, i32);
}
